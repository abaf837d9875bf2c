//! Boundaries of villages in GeoJSON (RFC 7946): longitude first, WGS-84. What a newcomer gets wrong: a village without a boundary is not on the
//! map, and still has a ledger.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{ReadError, readable};
use paicha_db::{DbError, feeds};
use serde::Serialize;
use serde_json::Value;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use utoipa::ToSchema;

/// A GeoJSON feature collection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VillageMap {
    /// Always `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The villages, in order of code.
    pub features: Vec<VillageFeature>,
}

/// A GeoJSON feature.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VillageFeature {
    /// Always `Feature`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A polygon or several, as imported; degrees, WGS-84.
    #[schema(value_type = Object)]
    pub geometry: Value,
    /// Which village.
    pub properties: VillageProperties,
}

/// Which village a boundary belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VillageProperties {
    /// Area code, 12 digits.
    pub code: String,
    /// What people call it.
    pub name: String,
}

/// The boundaries in the caller's scope.
///
/// # Errors
/// [`ReadError`].
pub async fn list_village_map(app: &App, caller: &Caller) -> Result<VillageMap, ReadError> {
    let villages = readable(caller, Action::ReadFindings)?;
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut tx = app.database.begin_read().await?;
    let boundaries = feeds::list_boundaries(&mut tx, limit).await?;
    tx.rollback().await?;
    let ours = boundaries.into_iter().filter(|(code, ..)| villages.contain(code));
    let features = ours.map(|(code, name, geometry)| {
        let geometry = serde_json::from_str(&geometry)
            .map_err(|_| DbError::InvalidValue { reason: "a stored boundary is no JSON" })?;
        Ok(VillageFeature { kind: "Feature", geometry, properties: VillageProperties { code, name } })
    });
    let features = features.collect::<Result<_, DbError>>()?;
    Ok(VillageMap { kind: "FeatureCollection", features })
}
