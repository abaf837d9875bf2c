//! The tables `visits` and `hazard_criteria`: what the integrity rules compare a record with. What a newcomer gets wrong: these are event
//! times, so a visit that arrives late stands between others that were judged already.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One inspection as the rules see it. Instants are microseconds UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitRow {
    /// The inspection.
    pub record: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// Who made it.
    pub author: Uuid,
    /// The life of the phone it was made on.
    pub incarnation: Uuid,
    /// Begin.
    pub started_at: i64,
    /// End.
    pub ended_at: i64,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Radius the phone claims, metres.
    pub acc_m: Option<f64>,
    /// Submitted without a photo, but with a reason.
    pub without_photo: bool,
}

/// A criterion that a hazard meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriterionRow {
    /// The hazard.
    pub record: Uuid,
    /// Id in the catalogue.
    pub criterion: String,
    /// Feed it syncs in.
    pub feed: String,
    /// The place.
    pub place: Option<Uuid>,
    /// Event time of the finding, microseconds UTC.
    pub found_at: i64,
}

/// Whose visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitsOf {
    /// One person's.
    Author(Uuid),
    /// One phone's.
    Phone(Uuid),
}

/// Visits of one person in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VisitCount {
    /// All.
    pub visits: i64,
    /// Without a fix, or with a radius larger than asked.
    pub poor_fixes: i64,
    /// Without a photo but with a reason.
    pub without_photo: i64,
}

fn visit_row(row: &Row) -> Result<VisitRow, DbError> {
    Ok(VisitRow {
        record: row.uuid("record")?,
        feed: row.text("feed")?,
        author: row.uuid("author")?,
        incarnation: row.uuid("incarnation")?,
        started_at: row.i64("started_at")?,
        ended_at: row.i64("ended_at")?,
        lat84: row.opt_f64("lat84")?,
        lon84: row.opt_f64("lon84")?,
        acc_m: row.opt_f64("acc_m")?,
        without_photo: row.bool("without_photo")?,
    })
}

fn criterion_row(row: &Row) -> Result<CriterionRow, DbError> {
    Ok(CriterionRow {
        record: row.uuid("record")?,
        criterion: row.text("criterion")?,
        feed: row.text("feed")?,
        place: row.opt_uuid("place")?,
        found_at: row.i64("found_at")?,
    })
}

/// Stores visits as they stand now; no two of one record.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_visits(tx: &mut Tx, visits: Vec<VisitRow>) -> Result<(), DbError> {
    let rows = visits.into_iter().map(|row| {
        vec![
            row.record.into(),
            row.feed.into(),
            row.author.into(),
            row.incarnation.into(),
            row.started_at.into(),
            row.ended_at.into(),
            row.lat84.into(),
            row.lon84.into(),
            row.acc_m.into(),
            row.without_photo.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO visits (record, feed, author, incarnation, started_at, ended_at, lat84, lon84, acc_m, without_photo) VALUES",
        rows.collect(),
        "ON CONFLICT (record) DO UPDATE SET feed = excluded.feed, author = excluded.author,
         incarnation = excluded.incarnation, started_at = excluded.started_at, ended_at = excluded.ended_at,
         lat84 = excluded.lat84, lon84 = excluded.lon84, acc_m = excluded.acc_m, without_photo = excluded.without_photo",
    )
    .await?;
    Ok(())
}

macro_rules! visits_sql {
    ($rest:literal) => {
        concat!(
            "SELECT record, feed, author, incarnation, started_at, ended_at, lat84, lon84, acc_m, without_photo FROM visits ",
            $rest
        )
    };
}

/// One visit, if there is one of that id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_visit(tx: &mut Tx, record: Uuid) -> Result<Option<VisitRow>, DbError> {
    let statement = Statement::new(visits_sql!("WHERE record = $1")).bind(record);
    tx.fetch_optional(statement).await?.as_ref().map(visit_row).transpose()
}

/// Visits that began before (`started_at`, `record`), the last first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_visits_before(
    tx: &mut Tx,
    whose: VisitsOf,
    (started_at, record): (i64, Uuid),
    limit: i64,
) -> Result<Vec<VisitRow>, DbError> {
    let (sql, id) = match whose {
        VisitsOf::Author(id) => (
            visits_sql!(
                "WHERE author = $1 AND (started_at, record) < ($2, $3) ORDER BY started_at DESC, record DESC LIMIT $4"
            ),
            id,
        ),
        VisitsOf::Phone(id) => (
            visits_sql!(
                "WHERE incarnation = $1 AND (started_at, record) < ($2, $3) ORDER BY started_at DESC, record DESC LIMIT $4"
            ),
            id,
        ),
    };
    let statement = Statement::new(sql).bind(id).bind(started_at).bind(record).bind(limit);
    tx.fetch_all(statement).await?.iter().map(visit_row).collect()
}

/// Visits that began after (`started_at`, `record`), the first first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_visits_after(
    tx: &mut Tx,
    whose: VisitsOf,
    (started_at, record): (i64, Uuid),
    limit: i64,
) -> Result<Vec<VisitRow>, DbError> {
    let (sql, id) = match whose {
        VisitsOf::Author(id) => (
            visits_sql!("WHERE author = $1 AND (started_at, record) > ($2, $3) ORDER BY started_at, record LIMIT $4"),
            id,
        ),
        VisitsOf::Phone(id) => (
            visits_sql!(
                "WHERE incarnation = $1 AND (started_at, record) > ($2, $3) ORDER BY started_at, record LIMIT $4"
            ),
            id,
        ),
    };
    let statement = Statement::new(sql).bind(id).bind(started_at).bind(record).bind(limit);
    tx.fetch_all(statement).await?.iter().map(visit_row).collect()
}

/// How many visits a person made in a span, and how many of them have no fix or one with a radius above `poor_fix_m`.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_visits(
    tx: &mut Tx,
    author: Uuid,
    (from, before): (i64, i64),
    poor_fix_m: f64,
) -> Result<VisitCount, DbError> {
    let statement = Statement::new(
        "SELECT COUNT(*) AS visits,
             CAST(COALESCE(SUM(CASE WHEN lat84 IS NULL OR acc_m > $4 THEN 1 ELSE 0 END), 0) AS BIGINT) AS poor_fixes,
             CAST(COALESCE(SUM(CASE WHEN without_photo THEN 1 ELSE 0 END), 0) AS BIGINT) AS without_photo
         FROM visits WHERE author = $1 AND started_at >= $2 AND started_at < $3",
    )
    .bind(author)
    .bind(from)
    .bind(before)
    .bind(poor_fix_m);
    let row = tx.fetch_one(statement).await?;
    Ok(VisitCount {
        visits: row.i64("visits")?,
        poor_fixes: row.i64("poor_fixes")?,
        without_photo: row.i64("without_photo")?,
    })
}

/// All visits that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_visits_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<VisitRow>, DbError> {
    let statement = Statement::new(visits_sql!("WHERE feed = $1 AND record > $2 ORDER BY record LIMIT $3"))
        .bind(feed)
        .bind(after.unwrap_or(Uuid::nil()))
        .bind(limit);
    tx.fetch_all(statement).await?.iter().map(visit_row).collect()
}

/// Makes the criteria of `records` exactly these.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_hazard_criteria(tx: &mut Tx, records: &[Uuid], rows: Vec<CriterionRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let ids = records.iter().copied().map(Value::from).collect();
    tx.execute(Statement::new("DELETE FROM hazard_criteria WHERE record IN ($in)").bind_list(ids)).await?;
    let rows = rows.into_iter().map(|row| {
        vec![row.record.into(), row.criterion.into(), row.feed.into(), row.place.into(), row.found_at.into()]
    });
    tx.execute_rows(
        "INSERT INTO hazard_criteria (record, criterion, feed, place, found_at) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    Ok(())
}

/// Hazards with a criterion that were found in a span, the last first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazards_with_criterion(
    tx: &mut Tx,
    criterion: &str,
    (from, before): (i64, i64),
    limit: i64,
) -> Result<Vec<CriterionRow>, DbError> {
    let statement = Statement::new(
        "SELECT record, criterion, feed, place, found_at FROM hazard_criteria
         WHERE criterion = $1 AND found_at >= $2 AND found_at < $3 ORDER BY found_at DESC, record LIMIT $4",
    )
    .bind(criterion)
    .bind(from)
    .bind(before)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(criterion_row).collect()
}

/// All criteria of hazards that sync in a feed after one, in order: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazard_criteria_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<(Uuid, String)>,
    limit: i64,
) -> Result<Vec<CriterionRow>, DbError> {
    let (record, criterion) = after.unwrap_or((Uuid::nil(), String::new()));
    let statement = Statement::new(
        "SELECT record, criterion, feed, place, found_at FROM hazard_criteria
         WHERE feed = $1 AND (record, criterion) > ($2, $3) ORDER BY record, criterion LIMIT $4",
    )
    .bind(feed)
    .bind(record)
    .bind(criterion)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(criterion_row).collect()
}
