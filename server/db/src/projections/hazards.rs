//! The table `hazards`: one row per hazard as it stands now.

use super::{BoundingBox, Page, Villages};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One hazard as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardRow {
    /// The record.
    pub id: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// Village it counts for.
    pub village: String,
    /// What that rests on.
    pub village_basis: String,
    /// Registration and fix disagree.
    pub village_disputed: bool,
    /// The inspection that found it.
    pub inspection: Option<Uuid>,
    /// The place.
    pub place: Option<Uuid>,
    /// Level code.
    pub level: Option<String>,
    /// State code.
    pub state: String,
    /// Origin code.
    pub origin: Option<String>,
    /// What was seen.
    pub description: Option<String>,
    /// Day, `YYYY-MM-DD`.
    pub deadline: Option<String>,
    /// Event time of the finding, microseconds UTC.
    pub found_at: i64,
    /// Microseconds UTC.
    pub received_at: i64,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Photos declared and not withdrawn.
    pub photos: i64,
    /// Something required is missing.
    pub incomplete: bool,
    /// Values stand side by side, or a change waits for a person.
    pub disputed: bool,
}

fn hazard_row(row: &Row) -> Result<HazardRow, DbError> {
    Ok(HazardRow {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        village_basis: row.text("village_basis")?,
        village_disputed: row.bool("village_disputed")?,
        inspection: row.opt_uuid("inspection")?,
        place: row.opt_uuid("place")?,
        level: row.opt_text("level")?,
        state: row.text("state")?,
        origin: row.opt_text("origin")?,
        description: row.opt_text("description")?,
        deadline: row.opt_text("deadline")?,
        found_at: row.i64("found_at")?,
        received_at: row.i64("received_at")?,
        lat84: row.opt_f64("lat84")?,
        lon84: row.opt_f64("lon84")?,
        photos: row.i64("photos")?,
        incomplete: row.bool("incomplete")?,
        disputed: row.bool("disputed")?,
    })
}

/// Stores hazards as they stand now.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_hazards(tx: &mut Tx, hazards: Vec<HazardRow>) -> Result<(), DbError> {
    let rows = hazards.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.feed.into(),
            row.village.into(),
            row.village_basis.into(),
            row.village_disputed.into(),
            row.inspection.into(),
            row.place.into(),
            row.level.into(),
            row.state.into(),
            row.origin.into(),
            row.description.into(),
            row.deadline.into(),
            row.found_at.into(),
            row.received_at.into(),
            row.lat84.into(),
            row.lon84.into(),
            row.photos.into(),
            row.incomplete.into(),
            row.disputed.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO hazards (id, feed, village, village_basis, village_disputed, inspection, place, level, state, origin,
         description, deadline, found_at, received_at, lat84, lon84, photos, incomplete, disputed) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, village = excluded.village,
         village_basis = excluded.village_basis, village_disputed = excluded.village_disputed,
         inspection = excluded.inspection, place = excluded.place, level = excluded.level, state = excluded.state,
         origin = excluded.origin, description = excluded.description, deadline = excluded.deadline,
         found_at = excluded.found_at, lat84 = excluded.lat84, lon84 = excluded.lon84, photos = excluded.photos,
         incomplete = excluded.incomplete, disputed = excluded.disputed",
    )
    .await?;
    Ok(())
}

/// What is wanted; an empty filter is everything in the villages.
#[derive(Debug, Clone, Default)]
pub struct HazardFilter {
    /// State code.
    pub state: Option<String>,
    /// Level code.
    pub level: Option<String>,
    /// The place.
    pub place: Option<Uuid>,
    /// The inspection that found it.
    pub inspection: Option<Uuid>,
    /// Found at this instant or later, microseconds UTC.
    pub from: Option<i64>,
    /// Found before this instant, microseconds UTC.
    pub before: Option<i64>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
    /// These words are in its description, in the name of its place or in its number; letter by letter.
    pub text: Option<String>,
}

/// The list, with `$lead` as the condition that an index answers, without and with words to look for. The filters behind it are the same for all.
/// `replace` finds words alike on both engines, which `LIKE` does not.
macro_rules! hazards_sql {
    ($lead:literal) => {
        [
            hazards_sql!($lead, "$16 = ''"),
            hazards_sql!(
                $lead,
                "(replace(description, $16, '') <> description
                OR place IN (SELECT id FROM places WHERE replace(name, $16, '') <> name)
                OR EXISTS (SELECT 1 FROM records
                           WHERE records.id = hazards.id AND replace(records.number, $16, '') <> records.number))"
            ),
        ]
    };
    ($lead:literal, $words:literal) => {
        concat!(
            "SELECT id, feed, village, village_basis, village_disputed, inspection, place, level, state, origin, description,
             deadline, found_at, received_at, lat84, lon84, photos, incomplete, disputed
         FROM hazards
         WHERE ",
            $lead,
            " AND (found_at, id) < ($1, $2) AND found_at >= $3 AND found_at < $4
           AND ($5 IS NULL OR state = $5) AND ($6 IS NULL OR level = $6) AND ($7 IS NULL OR place = $7)
           AND ($8 IS NULL OR inspection = $8)
           AND ",
            $words,
            " AND (NOT $9 OR (lat84 >= $10 AND lon84 >= $11 AND lat84 <= $12 AND lon84 <= $13))
         ORDER BY found_at DESC, id DESC LIMIT $14"
        )
    };
}

/// Which index answers: an inspection or a place narrows most, then one village, then several.
fn list_sql(villages: &Villages, filter: &HazardFilter) -> &'static str {
    let [plain, searched] = match (filter.inspection, filter.place, villages) {
        (Some(_), _, _) => hazards_sql!("inspection = $8 AND ($15 OR village IN ($in))"),
        (None, Some(_), _) => hazards_sql!("place = $7 AND ($15 OR village IN ($in))"),
        (None, None, Villages::All) => hazards_sql!("($15 OR village IN ($in))"),
        (None, None, Villages::Only(ids)) if ids.len() == 1 => hazards_sql!("NOT $15 AND village = ($in)"),
        (None, None, Villages::Only(_)) => hazards_sql!("NOT $15 AND village IN ($in)"),
    };
    if filter.text.is_some() { searched } else { plain }
}

/// Hazards, newest finding first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazards(
    tx: &mut Tx,
    villages: &Villages,
    filter: &HazardFilter,
    page: Page,
) -> Result<Vec<HazardRow>, DbError> {
    let (all, ids) = villages.binds();
    let after = page.after.unwrap_or((i64::MAX, Uuid::max()));
    let within = filter.within;
    let statement = Statement::new(list_sql(villages, filter))
        .bind(after.0)
        .bind(after.1)
        .bind(filter.from.unwrap_or(i64::MIN))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.state.clone())
        .bind(filter.level.clone())
        .bind(filter.place)
        .bind(filter.inspection)
        .bind(within.is_some())
        .bind(within.map_or(0.0, |within| within.south))
        .bind(within.map_or(0.0, |within| within.west))
        .bind(within.map_or(0.0, |within| within.north))
        .bind(within.map_or(0.0, |within| within.east))
        .bind(page.limit)
        .bind(all)
        .bind(filter.text.as_deref().unwrap_or_default())
        .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(hazard_row).collect()
}

/// One hazard, if there is one of that id in the villages.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_hazard(tx: &mut Tx, villages: &Villages, id: Uuid) -> Result<Option<HazardRow>, DbError> {
    let (all, ids) = villages.binds();
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, inspection, place, level, state, origin, description,
             deadline, found_at, received_at, lat84, lon84, photos, incomplete, disputed
         FROM hazards WHERE id = $1 AND ($2 OR village IN ($in))",
    )
    .bind(id)
    .bind(all)
    .bind_list(ids);
    tx.fetch_optional(statement).await?.as_ref().map(hazard_row).transpose()
}

/// Hazards that these inspections found and that sync in the same feed, in order of finding, then id: what another village says of an
/// inspection must neither print in its row nor fill the limit.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazards_of_inspections(
    tx: &mut Tx,
    inspections: &[Uuid],
    limit: i64,
) -> Result<Vec<HazardRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, inspection, place, level, state, origin, description,
             deadline, found_at, received_at, lat84, lon84, photos, incomplete, disputed
         FROM hazards WHERE inspection IN ($in)
           AND EXISTS (SELECT 1 FROM inspections WHERE inspections.id = hazards.inspection AND inspections.feed = hazards.feed)
         ORDER BY found_at, id LIMIT $1",
    )
    .bind(limit)
    .bind_list(inspections.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(hazard_row).collect()
}

/// All hazards that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazards_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<HazardRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, inspection, place, level, state, origin, description,
             deadline, found_at, received_at, lat84, lon84, photos, incomplete, disputed
         FROM hazards WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(hazard_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn plan(villages: &Villages, filter: &HazardFilter) -> String {
        crate::projections::sqlite_plan(list_sql(villages, filter), 16, villages).await
    }

    #[tokio::test]
    async fn the_common_lists_walk_an_index_in_order() {
        let one = Villages::Only(vec!["500229001201".to_owned()]);
        let two = Villages::Only(vec!["500229001201".to_owned(), "500229001202".to_owned()]);
        let filter = HazardFilter::default();
        let place = HazardFilter { place: Some(Uuid::nil()), ..HazardFilter::default() };
        let inspection = HazardFilter { inspection: Some(Uuid::nil()), ..HazardFilter::default() };
        assert_eq!(
            plan(&one, &filter).await,
            "SEARCH hazards USING INDEX hazards_by_village (village=? AND found_at>? AND (found_at,id)<(?,?))"
        );
        assert_eq!(
            plan(&two, &filter).await,
            "SEARCH hazards USING INDEX hazards_by_village (village=? AND found_at>? AND (found_at,id)<(?,?)); USE TEMP B-TREE FOR ORDER BY"
        );
        assert_eq!(
            plan(&Villages::All, &filter).await,
            "SEARCH hazards USING INDEX hazards_by_found (found_at>? AND (found_at,id)<(?,?))"
        );
        assert_eq!(
            plan(&one, &place).await,
            "SEARCH hazards USING INDEX hazards_by_place (place=? AND found_at>? AND (found_at,id)<(?,?))"
        );
        assert_eq!(
            plan(&two, &inspection).await,
            "SEARCH hazards USING INDEX hazards_by_inspection (inspection=?); USE TEMP B-TREE FOR ORDER BY"
        );
    }
}
