//! The table `inspections`: one row per visit as it stands now, and the order in which the form prints a month.
//! What a newcomer gets wrong: `started_at` is the time of the visit, `received_at` the time the server heard of it; a month is
//! a range of the first.

use super::{BoundingBox, Page, Villages};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One inspection as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectionRow {
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
    /// Kind code.
    pub kind: Option<String>,
    /// The place.
    pub place: Option<Uuid>,
    /// Printed as 排查单位.
    pub inspecting_unit: Option<String>,
    /// Event time of the visit, microseconds UTC.
    pub started_at: i64,
    /// Microseconds UTC.
    pub received_at: i64,
    /// The inspector is done with it.
    pub submitted: bool,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Photos declared and not withdrawn.
    pub photos: i64,
    /// Something required is missing.
    pub incomplete: bool,
}

fn inspection_row(row: &Row) -> Result<InspectionRow, DbError> {
    Ok(InspectionRow {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        village_basis: row.text("village_basis")?,
        village_disputed: row.bool("village_disputed")?,
        kind: row.opt_text("kind")?,
        place: row.opt_uuid("place")?,
        inspecting_unit: row.opt_text("inspecting_unit")?,
        started_at: row.i64("started_at")?,
        received_at: row.i64("received_at")?,
        submitted: row.bool("submitted")?,
        lat84: row.opt_f64("lat84")?,
        lon84: row.opt_f64("lon84")?,
        photos: row.i64("photos")?,
        incomplete: row.bool("incomplete")?,
    })
}

/// Stores inspections as they stand now; no two of one id. When the server first heard of one stays.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_inspections(tx: &mut Tx, inspections: Vec<InspectionRow>) -> Result<(), DbError> {
    let rows = inspections.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.feed.into(),
            row.village.into(),
            row.village_basis.into(),
            row.village_disputed.into(),
            row.kind.into(),
            row.place.into(),
            row.inspecting_unit.into(),
            row.started_at.into(),
            row.received_at.into(),
            row.submitted.into(),
            row.lat84.into(),
            row.lon84.into(),
            row.photos.into(),
            row.incomplete.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO inspections (id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit,
         started_at, received_at, submitted, lat84, lon84, photos, incomplete) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, village = excluded.village,
         village_basis = excluded.village_basis, village_disputed = excluded.village_disputed, kind = excluded.kind,
         place = excluded.place, inspecting_unit = excluded.inspecting_unit, started_at = excluded.started_at,
         submitted = excluded.submitted, lat84 = excluded.lat84, lon84 = excluded.lon84, photos = excluded.photos,
         incomplete = excluded.incomplete",
    )
    .await?;
    Ok(())
}

/// What is wanted; an empty filter is everything in the villages.
#[derive(Debug, Clone, Default)]
pub struct InspectionFilter {
    /// Kind code.
    pub kind: Option<String>,
    /// The place.
    pub place: Option<Uuid>,
    /// Started at this instant or later, microseconds UTC.
    pub from: Option<i64>,
    /// Started before this instant, microseconds UTC.
    pub before: Option<i64>,
    /// Submitted or not.
    pub submitted: Option<bool>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
}

/// The list, with `$lead` as the condition that an index answers. The filters behind it are the same for all.
macro_rules! inspections_sql {
    ($lead:literal) => {
        concat!(
            "SELECT id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit, started_at, received_at,
             submitted, lat84, lon84, photos, incomplete
         FROM inspections
         WHERE ",
            $lead,
            " AND (started_at, id) < ($1, $2) AND started_at >= $3 AND started_at < $4
           AND ($5 IS NULL OR kind = $5) AND ($6 IS NULL OR place = $6) AND ($7 IS NULL OR submitted = $7)
           AND (NOT $8 OR (lat84 >= $9 AND lon84 >= $10 AND lat84 <= $11 AND lon84 <= $12))
         ORDER BY started_at DESC, id DESC LIMIT $13"
        )
    };
}

/// Which index answers: a place narrows most, then one village, then several.
fn list_sql(villages: &Villages, filter: &InspectionFilter) -> &'static str {
    match (filter.place, villages) {
        (Some(_), _) => inspections_sql!("place = $6 AND ($14 OR village IN ($in))"),
        (None, Villages::All) => inspections_sql!("($14 OR village IN ($in))"),
        (None, Villages::Only(ids)) if ids.len() == 1 => inspections_sql!("NOT $14 AND village = ($in)"),
        (None, Villages::Only(_)) => inspections_sql!("NOT $14 AND village IN ($in)"),
    }
}

/// Inspections, newest visit first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_inspections(
    tx: &mut Tx,
    villages: &Villages,
    filter: &InspectionFilter,
    page: Page,
) -> Result<Vec<InspectionRow>, DbError> {
    let (all, ids) = villages.binds();
    let after = page.after.unwrap_or((i64::MAX, Uuid::max()));
    let within = filter.within;
    let statement = Statement::new(list_sql(villages, filter))
        .bind(after.0)
        .bind(after.1)
        .bind(filter.from.unwrap_or(i64::MIN))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.kind.clone())
        .bind(filter.place)
        .bind(filter.submitted)
        .bind(within.is_some())
        .bind(within.map_or(0.0, |within| within.south))
        .bind(within.map_or(0.0, |within| within.west))
        .bind(within.map_or(0.0, |within| within.north))
        .bind(within.map_or(0.0, |within| within.east))
        .bind(page.limit)
        .bind(all)
        .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(inspection_row).collect()
}

/// One inspection, if there is one of that id in the villages.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_inspection(tx: &mut Tx, villages: &Villages, id: Uuid) -> Result<Option<InspectionRow>, DbError> {
    let (all, ids) = villages.binds();
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit, started_at, received_at,
             submitted, lat84, lon84, photos, incomplete
         FROM inspections WHERE id = $1 AND ($2 OR village IN ($in))",
    )
    .bind(id)
    .bind(all)
    .bind_list(ids);
    tx.fetch_optional(statement).await?.as_ref().map(inspection_row).transpose()
}

/// Inspections whose visit began in `from <= started_at < before` (microseconds UTC), as the form prints them: by village, then
/// oldest first. Ask for one more than may be printed: a cut list is not a form.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_inspections_of_month(
    tx: &mut Tx,
    villages: &Villages,
    from: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<InspectionRow>, DbError> {
    let (all, ids) = villages.binds();
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit, started_at, received_at,
             submitted, lat84, lon84, photos, incomplete
         FROM inspections WHERE started_at >= $1 AND started_at < $2 AND ($3 OR village IN ($in))
         ORDER BY village, started_at, id LIMIT $4",
    )
    .bind(from)
    .bind(before)
    .bind(all)
    .bind(limit)
    .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(inspection_row).collect()
}

/// Inspections of one village whose visit began in `from <= started_at < before` (microseconds UTC), oldest first, without those of the
/// kinds named, of which there must be one; a visit without a kind is listed. Ask for one more than may be printed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_inspections_for_form(
    tx: &mut Tx,
    village: &str,
    (from, before): (i64, i64),
    kinds_left_out: &[&str],
    limit: i64,
) -> Result<Vec<InspectionRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit, started_at, received_at,
             submitted, lat84, lon84, photos, incomplete
         FROM inspections
         WHERE village = $1 AND started_at >= $2 AND started_at < $3 AND (kind IS NULL OR kind NOT IN ($in))
         ORDER BY started_at, id LIMIT $4",
    )
    .bind(village)
    .bind(from)
    .bind(before)
    .bind(limit)
    .bind_list(kinds_left_out.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(inspection_row).collect()
}

/// All inspections that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_inspections_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<InspectionRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, village, village_basis, village_disputed, kind, place, inspecting_unit, started_at, received_at,
             submitted, lat84, lon84, photos, incomplete
         FROM inspections WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(inspection_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn plan(villages: &Villages, filter: &InspectionFilter) -> String {
        crate::projections::sqlite_plan(list_sql(villages, filter), 14, villages).await
    }

    #[tokio::test]
    async fn the_common_lists_walk_an_index_in_order() {
        let one = Villages::Only(vec!["500229001201".to_owned()]);
        let two = Villages::Only(vec!["500229001201".to_owned(), "500229001202".to_owned()]);
        let place = InspectionFilter { place: Some(Uuid::nil()), ..InspectionFilter::default() };
        assert_eq!(
            plan(&one, &InspectionFilter::default()).await,
            "SEARCH inspections USING INDEX inspections_by_village (village=? AND started_at>? AND (started_at,id)<(?,?))"
        );
        assert_eq!(
            plan(&two, &InspectionFilter::default()).await,
            "SEARCH inspections USING INDEX inspections_by_village (village=? AND started_at>? AND (started_at,id)<(?,?)); USE TEMP B-TREE FOR ORDER BY"
        );
        assert_eq!(
            plan(&Villages::All, &InspectionFilter::default()).await,
            "SEARCH inspections USING INDEX inspections_by_started (started_at>? AND (started_at,id)<(?,?))"
        );
        assert_eq!(
            plan(&one, &place).await,
            "SEARCH inspections USING INDEX inspections_by_place (place=? AND started_at>? AND (started_at,id)<(?,?))"
        );
    }
}
