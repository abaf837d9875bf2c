//! The map of findings: whole reply, longitude first, WGS-84 whatever datum the phone sent.

use anyhow::Result;
use paicha_tests::databases::ENGINES;
use serde_json::json;

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
