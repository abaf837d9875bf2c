//! Hazards as points on a map, in GeoJSON (RFC 7946): longitude first, WGS-84. What a newcomer gets wrong: a hazard without a position is
//! not on the map but is counted beside it, and a map that is cut says so.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::list_hazards::hazard_filter;
use crate::usecases::reading::{Conditions, ReadError, instant, narrow, readable};
use paicha_db::projections::{self, HazardRow, Page};
use paicha_db::records;
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::time::Micros;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// Hazards that are looked at for one map.
pub const MAP_HAZARDS_MAX: i64 = 5_000;

/// A GeoJSON feature collection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FindingsMap {
    /// Always `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// More hazards match than are looked at; narrow the conditions.
    pub truncated: bool,
    /// Hazards that match and have no position.
    pub without_position: usize,
    /// The points, newest finding first.
    pub features: Vec<Finding>,
}

/// A GeoJSON feature.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Finding {
    /// Always `Feature`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The record.
    pub id: Uuid,
    /// Where.
    pub geometry: Point,
    /// What.
    pub properties: FindingProperties,
}

/// A GeoJSON point.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// Always `Point`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Longitude, latitude; degrees, WGS-84.
    pub coordinates: [f64; 2],
}

/// What the map says of a hazard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FindingProperties {
    /// 隐患编号.
    pub number: Option<String>,
    /// Village it counts for.
    pub village: String,
    /// Level code.
    pub level: Option<String>,
    /// The same in words.
    pub level_text: Option<&'static str>,
    /// State code.
    pub state: String,
    /// The same in words.
    pub state_text: Option<&'static str>,
    /// What was seen.
    pub description: Option<String>,
    /// When it was found.
    pub found_at: Micros,
    /// Day, `2023-06-20`.
    pub deadline: Option<String>,
}

/// The map of the hazards that fulfil the conditions.
///
/// # Errors
/// [`ReadError`].
pub async fn list_findings_map(app: &App, caller: &Caller, conditions: &Conditions) -> Result<FindingsMap, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, conditions.village.as_deref()).await?;
    let filter = hazard_filter(conditions);
    let page = Page { after: None, limit: MAP_HAZARDS_MAX + 1 };
    let mut rows = projections::list_hazards(&mut tx, &villages, &filter, page).await?;
    let most = usize::try_from(MAP_HAZARDS_MAX).unwrap_or(usize::MAX);
    let truncated = rows.len() > most;
    rows.truncate(most);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut numbers: BTreeMap<Uuid, String> = records::find_numbers(&mut tx, &ids).await?.into_iter().collect();
    tx.rollback().await?;
    let seen = rows.len();
    let features: Vec<Finding> = rows.into_iter().filter_map(|row| finding(row, &mut numbers)).collect();
    Ok(FindingsMap { kind: "FeatureCollection", truncated, without_position: seen - features.len(), features })
}

fn finding(row: HazardRow, numbers: &mut BTreeMap<Uuid, String>) -> Option<Finding> {
    let coordinates = [row.lon84?, row.lat84?];
    Some(Finding {
        kind: "Feature",
        id: row.id,
        geometry: Point { kind: "Point", coordinates },
        properties: FindingProperties {
            number: numbers.remove(&row.id),
            village: row.village,
            level_text: row.level.as_deref().and_then(|code| word("hazard", "level", code)),
            level: row.level,
            state_text: word("hazard", "state", &row.state),
            state: row.state,
            description: row.description,
            found_at: instant(row.found_at),
            deadline: row.deadline,
        },
    })
}
