//! What waits for a person: operations without effect among the questions, with what it takes to decide, page by page.

use anyhow::Result;
use paicha_tests::app::SUBDISTRICT;
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};
use sync_protocol::role::Role;

use super::findings_rig::{Field, id, json_of};
use super::photo_rig::{OTHER_VILLAGE, Rig, VILLAGE};

const DAY_US: i64 = 24 * 3600 * 1_000_000;

fn told(reply: &Value) -> Vec<(String, String)> {
    let items = reply["items"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    items.iter().map(|item| (text(item, "why"), text(item, "village"))).collect()
}

#[tokio::test]
async fn operations_without_effect_are_listed_with_what_it_takes_to_decide() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        let create = |village: &str| json!({ "kind": "create", "type": "hazard", "village": village, "fields": {} });
        let patch = json!({ "kind": "patch", "type": "hazard", "set": { "level": { "new": "general" } } });
        assert_eq!(field.push(90, patch).await?["status"], "held");
        rig.clock.advance(1_000_000);
        assert_eq!(field.push(20, create(OTHER_VILLAGE)).await?["status"], "review");
        rig.clock.advance(1_000_000);
        assert_eq!(field.push(21, create("123456789012")).await?["status"], "review");
        rig.clock.advance(1_000_000);
        assert_eq!(field.push(22, json!({ "kind": "of_tomorrow", "type": "hazard" })).await?["status"], "held");

        let office = rig.person(Role::R3, SUBDISTRICT).await?;
        let here = rig.person(Role::R3, OTHER_VILLAGE).await?;
        let pair = |why: &str, village: &str| (why.to_owned(), village.to_owned());
        let lost = pair("out_of_scope", OTHER_VILLAGE);
        let nowhere = pair("unknown_village", "000000000000");
        let strange = pair("unknown_kind", VILLAGE);
        let reply = json_of(&rig, &office, "/v1/reviews").await?;
        assert_eq!(told(&reply), [lost.clone(), nowhere.clone(), strange.clone()]);
        let item = &reply["items"][0];
        assert_eq!(item["why_text"], "填写人当时无权在该村填报，内容已保存，未生效");
        assert_eq!((&item["record"], &item["claim"]["village"]), (&json!(id(20)), &json!(OTHER_VILLAGE)));
        for name in ["author", "author_name", "device", "made_at", "text"] {
            assert!(item["claim"][name].is_string(), "{name}: {item}");
        }
        assert!(item["op"].is_string() && item["opened_at"].is_string(), "{item}");
        assert_eq!(told(&json_of(&rig, &here, "/v1/reviews").await?), std::slice::from_ref(&lost));

        let mut paged = Vec::new();
        let mut path = "/v1/reviews?limit=1".to_owned();
        loop {
            let page = json_of(&rig, &office, &path).await?;
            paged.extend(told(&page));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/reviews?limit=1&after={next}");
        }
        assert_eq!(paged, [lost.clone(), nowhere.clone(), strange.clone()]);

        rig.clock.advance(15 * DAY_US);
        let office = rig.person(Role::R3, SUBDISTRICT).await?;
        let reply = json_of(&rig, &office, "/v1/reviews").await?;
        assert_eq!(told(&reply), [pair("unknown_record", VILLAGE), lost, nowhere, strange]);
        rig.stop().await?;
    }
    Ok(())
}
