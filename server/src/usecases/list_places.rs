//! Places in the caller's villages, in order of their names.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{PageOf, PageQuery, ReadError, area_names, cursor, narrow, readable};
use paicha_db::projections::{self, BoundingBox, PlaceFilter, PlacePage, PlaceRow};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// Conditions on places.
#[derive(Debug, Clone, Default)]
pub struct PlaceConditions {
    /// Village or subdistrict.
    pub village: Option<String>,
    /// The name begins with this.
    pub name: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// Sector code.
    pub sector: Option<String>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlaceItem {
    /// The record.
    pub id: Uuid,
    /// Village it counts for.
    pub village: String,
    /// What people call that.
    pub village_name: String,
    /// What people call the place.
    pub name: String,
    /// Type code.
    pub place_type: Option<String>,
    /// The same in words.
    pub place_type_text: Option<&'static str>,
    /// Sector code.
    pub sector: Option<String>,
    /// The same in words.
    pub sector_text: Option<&'static str>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// Where it is, in words.
    pub address: Option<String>,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Status code.
    pub status: Option<String>,
    /// The same in words.
    pub status_text: Option<&'static str>,
}

/// One page of places.
///
/// # Errors
/// [`ReadError`].
pub async fn list_places(
    app: &App,
    caller: &Caller,
    conditions: &PlaceConditions,
    page: &PageQuery,
) -> Result<PageOf<PlaceItem>, ReadError> {
    let list = ("places", conditions);
    let after = cursor::open::<(String, Uuid)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let filter = PlaceFilter {
        name_prefix: conditions.name.clone(),
        sector: conditions.sector.clone(),
        uscc: conditions.uscc.clone(),
        within: conditions.within,
        ..PlaceFilter::default()
    };
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, conditions.village.as_deref()).await?;
    let mut rows = projections::list_places(&mut tx, &villages, &filter, PlacePage { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.name.clone(), row.id))?;
    let names = area_names(&mut tx, rows.iter().map(|row| row.village.as_str())).await?;
    tx.rollback().await?;
    Ok(PageOf { items: rows.into_iter().map(|row| place_item(row, &names)).collect(), next })
}

fn place_item(row: PlaceRow, names: &BTreeMap<String, String>) -> PlaceItem {
    let in_words = |field: &str, code: &Option<String>| word("place", field, code.as_deref()?);
    PlaceItem {
        id: row.id,
        village_name: names.get(&row.village).cloned().unwrap_or_default(),
        village: row.village,
        name: row.name,
        place_type_text: in_words("place_type", &row.place_type),
        place_type: row.place_type,
        sector_text: in_words("sector", &row.sector),
        sector: row.sector,
        uscc: row.uscc,
        address: row.address,
        lat84: row.lat84,
        lon84: row.lon84,
        status_text: in_words("status", &row.status),
        status: row.status,
    }
}
