//! Lists and details of inspections and places: whole replies, conditions, and who sees them.

use anyhow::Result;
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};

use super::findings_rig::{Field, id, json_of, refusal, stable};
use super::photo_rig::{OTHER_VILLAGE, Rig, VILLAGE};

#[tokio::test]
async fn inspections_are_listed_newest_visit_first_and_told_whole() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.place(1, "演示木器厂").await?;
        field
            .visit(10, "2023-05-12T09:30:00+08:00", json!({ "place": id(1), "kind": "spot", "finding.k6a": "N" }))
            .await?;
        field.submit(10).await?;
        field.visit(11, "2023-05-13T09:30:00+08:00", json!({ "free_place": { "name": "演示沟口" } })).await?;
        let list = field.json("/v1/inspections").await?;
        insta::assert_json_snapshot!("inspections_list", stable(&list));
        let detail = field.json(&format!("/v1/inspections/{}", id(10))).await?;
        insta::assert_json_snapshot!("inspection_detail", stable(&detail));
        let spot = field.json(&format!("/v1/inspections?kind=spot&place={}", id(1))).await?;
        assert_eq!(spot["items"], json!([list["items"][1]]));
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn places_are_listed_by_name_page_by_page() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        for (number, name) in [(1, "演示乙厂"), (2, "演示甲厂"), (3, "演示乙厂"), (4, "别处茶厂")] {
            field.place(number, name).await?;
        }
        let mut there = Field::new(&rig, OTHER_VILLAGE).await?;
        there.place(5, "演示丙厂").await?;
        let ids = |reply: &Value| -> Vec<Value> {
            let items = reply["items"].as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item["id"].clone()).collect()
        };
        let first = field.json("/v1/places?name=演示&limit=2").await?;
        assert_eq!(ids(&first), [json!(id(1)), json!(id(3))], "equal names by id");
        let next = first["next"].as_str().unwrap_or_default();
        let second = field.json(&format!("/v1/places?name=演示&limit=2&after={next}")).await?;
        assert_eq!((ids(&second), &second["next"]), (vec![json!(id(2))], &Value::Null));
        insta::assert_json_snapshot!("place_item", second["items"][0]);
        assert_eq!(json_of(&rig, &field.phone, &format!("/v1/places/{}", id(2))).await?["kind_text"], first_kind());
        assert_eq!(refusal(&rig, &field.phone, &format!("/v1/places/{}", id(5))).await?.0, 404);
        rig.stop().await?;
    }
    Ok(())
}

fn first_kind() -> Value {
    json!("场所（企业、个体工商户、单位、林区等）")
}
