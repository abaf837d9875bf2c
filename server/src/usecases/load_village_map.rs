//! The village map as the database holds it: every feed with a boundary, as one index.

use paicha_areas::{VillageIndex, load_villages};
use paicha_db::{Database, feeds};
use serde_json::{Value, json};
use sync_protocol::geo::Datum;

/// Boundaries that are looked at; more villages than a city has.
const BOUNDARIES_MAX: i64 = 20_000;

/// Loads the map. Boundaries were checked when they were imported.
///
/// # Errors
/// When the database fails or holds a boundary that no longer loads.
pub async fn load_village_map(database: &Database) -> anyhow::Result<VillageIndex> {
    let mut tx = database.begin_read().await?;
    let boundaries = feeds::list_boundaries(&mut tx, BOUNDARIES_MAX).await?;
    tx.rollback().await?;
    if boundaries.is_empty() {
        return Ok(VillageIndex::default());
    }
    let features = boundaries.into_iter().map(|(code, name, geometry)| {
        let geometry: Value = serde_json::from_str(&geometry)?;
        Ok(json!({ "type": "Feature", "properties": { "code": code, "name": name }, "geometry": geometry }))
    });
    let features = features.collect::<Result<Vec<Value>, serde_json::Error>>()?;
    let collection = json!({ "type": "FeatureCollection", "features": features }).to_string();
    let loaded = tokio::task::spawn_blocking(move || load_villages(collection.as_bytes(), Datum::Wgs84)).await?;
    loaded.map(|loaded| loaded.index).map_err(|error| anyhow::anyhow!("a stored boundary does not load: {error:?}"))
}
