//! Hazards in the caller's villages, newest finding first.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::push_operations::read_record;
use crate::usecases::reading::photos_of::{PhotoCount, photos_of};
use crate::usecases::reading::{
    Conditions, PageOf, PageQuery, ReadError, area_names, cursor, instant, narrow, readable, shows_place,
};
use paicha_db::projections::{self, HazardFilter, HazardRow, Page, find_places};
use paicha_db::{Tx, records};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::text::clean;
use sync_protocol::time::Micros;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// One hazard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HazardItem {
    /// The record.
    pub id: Uuid,
    /// 隐患编号.
    pub number: Option<String>,
    /// Village it counts for.
    pub village: String,
    /// What people call it.
    pub village_name: String,
    /// What that rests on: `registered`, `located`, `inspector`.
    pub village_basis: String,
    /// Registration and fix disagree.
    pub village_disputed: bool,
    /// The inspection that found it.
    pub inspection: Option<Uuid>,
    /// That inspection is not here or of another village, so no row of a form prints the hazard until a person settles it.
    pub inspection_elsewhere: bool,
    /// The place.
    pub place: Option<Uuid>,
    /// What people call the place; nothing for a place of another village.
    pub place_name: Option<String>,
    /// Level code.
    pub level: Option<String>,
    /// The same in words.
    pub level_text: Option<&'static str>,
    /// State code.
    pub state: String,
    /// The same in words.
    pub state_text: Option<&'static str>,
    /// Origin code.
    pub origin: Option<String>,
    /// The same in words.
    pub origin_text: Option<&'static str>,
    /// What was seen.
    pub description: Option<String>,
    /// Day, `2023-06-20`.
    pub deadline: Option<String>,
    /// When it was found, as far as that is known.
    pub found_at: Micros,
    /// When the server heard of it.
    pub received_at: Micros,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Something required is missing.
    pub incomplete: bool,
    /// Values stand side by side, or a change waits for a person.
    pub disputed: bool,
    /// How many photos it has.
    pub photos: PhotoCount,
    /// Link to a thumbnail, for a short time.
    pub thumbnail: Option<String>,
}

pub(crate) fn hazard_filter(conditions: &Conditions) -> HazardFilter {
    HazardFilter {
        state: conditions.state.clone(),
        level: conditions.level.clone(),
        place: conditions.place,
        inspection: conditions.inspection,
        from: conditions.from.map(Micros::as_micros),
        before: conditions.before.map(Micros::as_micros),
        within: conditions.within,
        text: conditions.text.clone(),
    }
}

/// One page of hazards.
///
/// # Errors
/// [`ReadError`].
pub async fn list_hazards(
    app: &App,
    caller: &Caller,
    conditions: &Conditions,
    page: &PageQuery,
) -> Result<PageOf<HazardItem>, ReadError> {
    let list = ("hazards", conditions);
    let after = cursor::open::<(i64, Uuid)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, conditions.village.as_deref()).await?;
    let filter = hazard_filter(conditions);
    let mut rows = projections::list_hazards(&mut tx, &villages, &filter, Page { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.found_at, row.id))?;
    let items = hazard_items(app, &mut tx, rows).await?;
    tx.rollback().await?;
    Ok(PageOf { items, next })
}

/// Rows with the names, numbers and photos that go with them.
pub(crate) async fn hazard_items(app: &App, tx: &mut Tx, rows: Vec<HazardRow>) -> Result<Vec<HazardItem>, ReadError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let names = area_names(tx, rows.iter().map(|row| row.village.as_str())).await?;
    let numbers: BTreeMap<Uuid, String> = records::find_numbers(tx, &ids).await?.into_iter().collect();
    let place_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.place).collect();
    let places: BTreeMap<Uuid, (String, String)> =
        find_places(tx, &place_ids).await?.into_iter().map(|place| (place.id, (place.feed, place.name))).collect();
    let visits: Vec<Uuid> = rows.iter().filter_map(|row| row.inspection).collect();
    let visits: BTreeMap<Uuid, String> = records::find_feeds_of_records(tx, &visits).await?.into_iter().collect();
    let unnamed: Vec<Uuid> = rows.iter().filter(|row| row.place.is_none()).map(|row| row.id).collect();
    let mut typed = typed_places(tx, &unnamed).await?;
    let mut photos = photos_of(app, tx, &ids).await?;
    let item = |row: HazardRow| {
        let shown = photos.remove(&row.id).unwrap_or_default();
        let place_name = row.place.and_then(|place| places.get(&place));
        let place_name = place_name.filter(|(feed, _)| shows_place(feed, &row.feed, &row.village));
        let in_words = |field: &str, code: Option<&str>| word("hazard", field, code?);
        HazardItem {
            id: row.id,
            number: numbers.get(&row.id).cloned(),
            village_name: names.get(&row.village).cloned().unwrap_or_default(),
            village: row.village,
            village_basis: row.village_basis,
            village_disputed: row.village_disputed,
            inspection_elsewhere: row.inspection.is_some_and(|visit| visits.get(&visit) != Some(&row.feed)),
            inspection: row.inspection,
            place: row.place,
            place_name: place_name.map(|(_, name)| name.clone()).or_else(|| typed.remove(&row.id)),
            level_text: in_words("level", row.level.as_deref()),
            level: row.level,
            state_text: in_words("state", Some(&row.state)),
            state: row.state,
            origin_text: in_words("origin", row.origin.as_deref()),
            origin: row.origin,
            description: row.description,
            deadline: row.deadline,
            found_at: instant(row.found_at),
            received_at: instant(row.received_at),
            lat84: row.lat84,
            lon84: row.lon84,
            incomplete: row.incomplete,
            disputed: row.disputed,
            photos: shown.count,
            thumbnail: shown.thumbnail,
        }
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Names of places that were typed by hand, by the record that says so.
pub(crate) async fn typed_places(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, String>, ReadError> {
    let mut names = BTreeMap::new();
    for row in records::find_records(tx, ids).await? {
        let free = read_record(&row)?.shown("free_place").unwrap_or_default();
        if let Some(name) = free["name"].as_str().filter(|name| !name.trim().is_empty()) {
            names.insert(row.id, clean(name).into_owned());
        }
    }
    Ok(names)
}
