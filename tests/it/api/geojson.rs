//! The map of findings: whole reply, longitude first, WGS-84 whatever datum the phone sent.

use anyhow::Result;
use paicha_db::feeds::put_feed;
use paicha_tests::app::both_servers;
use paicha_tests::databases::ENGINES;
use serde_json::json;
use sync_protocol::role::Role;

use super::findings_rig::{Field, stable};
use super::photo_rig::{Rig, VILLAGE};

#[tokio::test]
async fn findings_are_points_and_those_without_a_position_are_counted() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        let gcj =
            json!({ "lat": 31.945_221_63, "lon": 108.668_377_95, "crs": "gcj02", "acc_m": 8.0, "provider": "gnss" });
        field.hazard(20, 10, json!({ "fix": gcj, "found_at": "2023-05-30T09:40:00+08:00" })).await?;
        field.hazard(21, 10, json!({ "found_at": "2023-05-30T09:40:00+08:00" })).await?;
        let answer = field.get("/v1/findings.geojson").await?;
        assert_eq!(answer.headers()["content-type"], "application/geo+json");
        let mut map: serde_json::Value = answer.json().await?;
        let point = map["features"][0]["geometry"]["coordinates"].take();
        let (lon, lat) = (point[0].as_f64().unwrap_or_default(), point[1].as_f64().unwrap_or_default());
        assert!((lon - 108.664).abs() < 1e-6 && (lat - 31.9475).abs() < 1e-6, "{point}");
        insta::assert_json_snapshot!("findings_map", stable(&map));
        let empty = field.json("/v1/findings.geojson?bbox=100,20,101,21").await?;
        let nothing = json!({ "type": "FeatureCollection", "truncated": false, "without_position": 0, "features": [] });
        assert_eq!(empty, nothing);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn villages_are_drawn_by_their_boundaries_for_those_who_read_them() {
    both_servers(|app| async move {
        let square = json!({ "type": "Polygon", "coordinates": [[[108.0, 31.0], [108.1, 31.0], [108.1, 31.1], [108.0, 31.0]]] });
        let mut tx = app.app.database.begin_write().await?;
        for (code, boundary) in [("500999001207", Some(square.to_string())), ("500999001208", Some(square.to_string())), ("500999001209", None)] {
            put_feed(&mut tx, code, "演示村", None, boundary.as_deref()).await?;
        }
        tx.commit().await?;
        let head = app.user("head", Role::R2, &["500999001207", "500999001209"]).await?;
        let map = app.get(Some(&head), "/v1/villages.geojson").await?.ok()?;
        let ours = json!({ "type": "Feature", "geometry": square, "properties": { "code": "500999001207", "name": "演示村" } });
        assert_eq!(map, json!({ "type": "FeatureCollection", "features": [ours] }), "ours, and of those what has a boundary");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn figures_say_how_many_by_month_and_village() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.hazard(20, 10, json!({ "found_at": "2023-05-31T23:59:59+08:00", "level": "general" })).await?;
        field.hazard(21, 10, json!({ "found_at": "2023-06-01T00:00:00+08:00", "level": "suspected" })).await?;
        let figures = field.json("/v1/figures?from=2023-05&to=2023-07").await?;
        let months: Vec<_> =
            figures["months"].as_array().into_iter().flatten().map(|one| (&one["key"], &one["found"])).collect();
        assert_eq!(json!(months), json!([["2023-05", 1], ["2023-06", 1], ["2023-07", 0]]));
        assert_eq!((&figures["villages"][0]["key"], &figures["villages"][0]["found"]), (&json!(VILLAGE), &json!(2)));
        for wrong in ["from=2023-07&to=2023-05", "from=2020-01&to=2023-01", "from=2023&to=2023-01"] {
            assert_eq!(field.get(&format!("/v1/figures?{wrong}")).await?.status().as_u16(), 400, "{wrong}");
        }
        rig.stop().await?;
    }
    Ok(())
}
