//! A 重大 that comes to a visit long after the form that prints it was handed in: asked for until that form is corrected.

use super::form_life::{Office, submit};
use anyhow::Result;
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{TestApp, both_servers};
use serde_json::{Value, json};
use uuid::Uuid;

fn checks_of<'a>(life: &'a Value, code: &str) -> Vec<&'a Value> {
    life["checks"].as_array().into_iter().flatten().filter(|check| check["code"] == code).collect()
}

/// June's form is handed in and locked with one visit that found nothing, then July's.
async fn three_months(app: &TestApp) -> Result<Office<'_>> {
    let mut here = Office::new(app, "2023-08-30T09:00:00+08:00").await?;
    let (head, office) = (here.head.clone(), here.office.clone());
    here.visit(1, "2023-06-12T09:00:00+08:00").await?;
    for month in ["2023-06", "2023-07"] {
        here.act(&head, "appendix1", month, submit()).await?;
        here.act(&office, "appendix1", month, json!({ "action": "lock" })).await?;
    }
    Ok(here)
}

#[tokio::test]
async fn a_major_hazard_of_a_visit_printed_months_ago_is_asked_for_until_that_form_is_corrected() {
    both_servers(|app| async move {
        let mut here = three_months(&app).await?;
        let (head, office, leader) = (here.head.clone(), here.office.clone(), here.leader.clone());
        assert!(checks_of(&here.life("appendix1", "2023-08").await?, "W7").is_empty());
        here.hazard_of(2, 1, "2023-06-12T09:10:00+08:00").await?;
        let august = here.life("appendix1", "2023-08").await?;
        let asked = checks_of(&august, "W7");
        assert_eq!((asked.len(), &asked[0]["hard"]), (1, &json!(true)), "{august}");
        assert_eq!(asked[0]["records"], json!([Uuid::from_u128(2)]));
        assert!(asked[0]["words"].as_str().is_some_and(|words| words.contains("2023-06第1行")), "{august}");
        let mut explained = submit();
        explained["explained"]["W7"] = json!("已知");
        let (status, refused) = here.try_act(&head, "appendix1", "2023-08", explained).await?;
        assert_eq!(status, 422, "words do not print it: {refused}");

        let late = here.life("appendix1", "2023-06").await?["late"]["text"].clone();
        assert_eq!(late, "有1行发现的隐患有变化，以后的表不会再列，请申请更正本表");
        let mut correction = submit();
        correction["action"] = json!("request_correction");
        correction["reason"] = json!("补登重大隐患");
        here.act(&office, "appendix1", "2023-06", correction).await?;
        let approved = json!({ "action": "approve_correction", "reason": "核实" });
        here.act(&leader, "appendix1", "2023-06", approved).await?;
        let printed = here.read("appendix1", "2023-06", "").await?;
        assert!(printed["rows"][0]["finding"].as_str().is_some_and(|words| words.starts_with("有。")), "{printed}");
        assert!(checks_of(&here.life("appendix1", "2023-08").await?, "W7").is_empty());
        here.act(&head, "appendix1", "2023-08", submit()).await?;
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}
