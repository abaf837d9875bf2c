//! The catalogue over HTTP: by day, only what was verified, and imports over what comes with the program.

use anyhow::Context as _;
use paicha::usecases::read_catalogue::import_standard;
use paicha_tests::app::both_servers;
use serde_json::{Value, json};
use sync_protocol::role::Role;

fn codes(catalogue: &Value) -> Vec<&str> {
    catalogue["standards"].as_array().into_iter().flatten().filter_map(|standard| standard["code"].as_str()).collect()
}

#[tokio::test]
async fn a_day_has_its_standards_and_phones_get_what_was_verified() {
    both_servers(|app| async move {
        app.village("900000001001", "东山村").await?;
        let inspector = app.user("inspector", Role::R1, &["900000001001"]).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        let day = |day: &'static str, rest: &'static str| format!("/v1/catalogue?on={day}{rest}");
        let before = app.get(Some(&office), &day("2023-05-14", "&all=true")).await?.ok()?;
        assert!(codes(&before).contains(&"GM-2017") && !codes(&before).contains(&"GM-2023"), "{:?}", codes(&before));
        let after = app.get(Some(&inspector), &day("2023-05-15", "")).await?.ok()?;
        assert!(codes(&after).contains(&"GM-2023") && !codes(&after).contains(&"GM-2017"), "{:?}", codes(&after));
        assert!(!codes(&after).contains(&"JZ-2023"), "the notice was issued a week later");
        let refused = app.get(Some(&inspector), &day("2023-05-15", "&all=true")).await?;
        assert_eq!(refused.status.as_u16(), 403);
        let late = app.get(Some(&inspector), &day("2023-12-01", "")).await?.ok()?;
        let statuses: Vec<&str> = late["standards"].as_array().context("standards")?.iter()
            .flat_map(|standard| standard["items"].as_array().into_iter().flatten())
            .filter_map(|item| item["status"].as_str()).collect();
        assert!(statuses.len() > 100 && statuses.iter().all(|status| *status == "verified"), "{}", statuses.len());

        let stretch = app.get(Some(&inspector), &day("2023-05-14", "&until=2023-05-22")).await?.ok()?;
        let known = codes(&stretch);
        assert!(["GM-2017", "RQ-2023"].iter().all(|code| !known.contains(code)), "nothing verified, not in force yet: {known:?}");
        assert!(["GM-2023", "JZ-2023"].iter().all(|code| known.contains(code)), "{known:?}");
        let items = stretch["standards"].as_array().into_iter().flatten().flat_map(|standard| standard["items"].as_array());
        let forest = items.flatten().find(|item| item["code"] == "JZ-2023-F4").context("the item of forests")?;
        assert_eq!((&forest["place_types"], &forest["sectors"]), (&json!(["forest"]), &json!(["forest"])));
        let refused = app.get(Some(&inspector), &day("2023-05-14", "&until=soon")).await?;
        assert_eq!(refused.status.as_u16(), 400);

        let pack = r#"{"format":1,"code":"XX-2023","title":"演示标准","doc_no":"演示1号","effective_from":"2023-06-01","effective_to":null,
            "sector":null,"kind":"criteria","source":"虚构","items_total":null,
            "items":[{"code":"XX-2023-1","article":"1","text":"演示条文","status":"verified"}]}"#;
        let imported = import_standard(&app.app, pack, false).await?;
        assert_eq!((imported.items, imported.verified, imported.replaced), (1, 1, false));
        let now = app.get(Some(&inspector), &day("2023-06-01", "")).await?.ok()?;
        assert!(codes(&now).contains(&"XX-2023"));
        let gone = pack.replace("XX-2023-1", "XX-2023-2");
        let error = import_standard(&app.app, &gone, false).await.unwrap_err().to_string();
        assert!(error.contains("XX-2023-1"), "{error}");
        Ok(())
    })
    .await;
}
