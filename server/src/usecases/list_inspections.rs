//! Inspections in the caller's villages, newest visit first.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::list_hazards::typed_places;
use crate::usecases::reading::photos_of::{PhotoCount, photos_of};
use crate::usecases::reading::{
    Conditions, PageOf, PageQuery, ReadError, area_names, cursor, instant, narrow, readable, shows_place,
};
use paicha_db::Tx;
use paicha_db::projections::{self, InspectionFilter, InspectionRow, Page, find_places};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::time::Micros;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// One inspection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InspectionItem {
    /// The record.
    pub id: Uuid,
    /// Village it counts for.
    pub village: String,
    /// What people call it.
    pub village_name: String,
    /// What that rests on: `registered`, `located`, `inspector`.
    pub village_basis: String,
    /// Registration and fix disagree.
    pub village_disputed: bool,
    /// Kind code.
    pub kind: Option<String>,
    /// The same in words.
    pub kind_text: Option<&'static str>,
    /// The place.
    pub place: Option<Uuid>,
    /// What people call the place; nothing for a place of another village.
    pub place_name: Option<String>,
    /// 排查单位.
    pub inspecting_unit: Option<String>,
    /// When the visit began, as far as that is known.
    pub started_at: Micros,
    /// When the server heard of it.
    pub received_at: Micros,
    /// The inspector is done with it.
    pub submitted: bool,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Something required is missing.
    pub incomplete: bool,
    /// How many photos it has.
    pub photos: PhotoCount,
    /// Link to a thumbnail, for a short time.
    pub thumbnail: Option<String>,
}

pub(crate) fn inspection_filter(conditions: &Conditions) -> InspectionFilter {
    InspectionFilter {
        kind: conditions.kind.clone(),
        place: conditions.place,
        from: conditions.from.map(Micros::as_micros),
        before: conditions.before.map(Micros::as_micros),
        submitted: None,
        within: conditions.within,
    }
}

/// One page of inspections.
///
/// # Errors
/// [`ReadError`].
pub async fn list_inspections(
    app: &App,
    caller: &Caller,
    conditions: &Conditions,
    page: &PageQuery,
) -> Result<PageOf<InspectionItem>, ReadError> {
    let list = ("inspections", conditions);
    let after = cursor::open::<(i64, Uuid)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, conditions.village.as_deref()).await?;
    let filter = inspection_filter(conditions);
    let mut rows = projections::list_inspections(&mut tx, &villages, &filter, Page { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.started_at, row.id))?;
    let items = inspection_items(app, &mut tx, rows).await?;
    tx.rollback().await?;
    Ok(PageOf { items, next })
}

/// Rows with the names and photos that go with them.
pub(crate) async fn inspection_items(
    app: &App,
    tx: &mut Tx,
    rows: Vec<InspectionRow>,
) -> Result<Vec<InspectionItem>, ReadError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let names = area_names(tx, rows.iter().map(|row| row.village.as_str())).await?;
    let place_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.place).collect();
    let places: BTreeMap<Uuid, (String, String)> =
        find_places(tx, &place_ids).await?.into_iter().map(|place| (place.id, (place.feed, place.name))).collect();
    let unnamed: Vec<Uuid> = rows.iter().filter(|row| row.place.is_none()).map(|row| row.id).collect();
    let mut typed = typed_places(tx, &unnamed).await?;
    let mut photos = photos_of(app, tx, &ids).await?;
    let item = |row: InspectionRow| {
        let shown = photos.remove(&row.id).unwrap_or_default();
        let place_name = row.place.and_then(|place| places.get(&place));
        let place_name = place_name.filter(|(feed, _)| shows_place(feed, &row.feed, &row.village));
        InspectionItem {
            id: row.id,
            village_name: names.get(&row.village).cloned().unwrap_or_default(),
            village: row.village,
            village_basis: row.village_basis,
            village_disputed: row.village_disputed,
            kind_text: row.kind.as_deref().and_then(|code| word("inspection", "kind", code)),
            kind: row.kind,
            place: row.place,
            place_name: place_name.map(|(_, name)| name.clone()).or_else(|| typed.remove(&row.id)),
            inspecting_unit: row.inspecting_unit,
            started_at: instant(row.started_at),
            received_at: instant(row.received_at),
            submitted: row.submitted,
            lat84: row.lat84,
            lon84: row.lon84,
            incomplete: row.incomplete,
            photos: shown.count,
            thumbnail: shown.thumbnail,
        }
    };
    Ok(rows.into_iter().map(item).collect())
}
