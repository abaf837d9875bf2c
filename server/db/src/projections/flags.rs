//! The table `flags`: what the integrity rules found and what people said about it. What a newcomer gets wrong: a flag is part of a record
//! like everything else, this is only where lists look.

use super::Villages;
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One flag as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagRow {
    /// `record:key`.
    pub id: String,
    /// Inspection or hazard.
    pub record: Uuid,
    /// Stable name of the finding.
    pub key: String,
    /// Feed it syncs in.
    pub feed: String,
    /// Village it counts for.
    pub village: String,
    /// `R-01` to `R-23`.
    pub rule: String,
    /// `info`, `soft` or `hard`.
    pub level: String,
    /// The inspector has answered.
    pub explained: bool,
    /// The office has decided.
    pub cleared: bool,
    /// What the inspector reads.
    pub words: String,
    /// When the server found it, microseconds UTC.
    pub found_at: i64,
}

/// Which flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagFilter {
    /// `info`, `soft` or `hard`.
    pub level: Option<String>,
    /// Only those that the office has not decided.
    pub open: bool,
}

/// A page of flags: what comes after the last row of the page before, and how many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagPage {
    /// `found_at` and id of the last row seen.
    pub after: Option<(i64, String)>,
    /// Rows wanted.
    pub limit: i64,
}

fn flag_row(row: &Row) -> Result<FlagRow, DbError> {
    Ok(FlagRow {
        id: row.text("id")?,
        record: row.uuid("record")?,
        key: row.text("key")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        rule: row.text("rule")?,
        level: row.text("level")?,
        explained: row.bool("explained")?,
        cleared: row.bool("cleared")?,
        words: row.text("words")?,
        found_at: row.i64("found_at")?,
    })
}

/// Makes the flags of `records` exactly these.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_flags(tx: &mut Tx, records: &[Uuid], rows: Vec<FlagRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let ids = records.iter().copied().map(Value::from).collect();
    tx.execute(Statement::new("DELETE FROM flags WHERE record IN ($in)").bind_list(ids)).await?;
    let rows = rows.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.record.into(),
            row.key.into(),
            row.feed.into(),
            row.village.into(),
            row.rule.into(),
            row.level.into(),
            row.explained.into(),
            row.cleared.into(),
            row.words.into(),
            row.found_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO flags (id, record, key, feed, village, rule, level, explained, cleared, words, found_at) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    Ok(())
}

macro_rules! flags_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, record, key, feed, village, rule, level, explained, cleared, words, found_at FROM flags WHERE ",
            $rest
        )
    };
}

/// Flags of the villages, first found first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_flags(
    tx: &mut Tx,
    villages: &Villages,
    filter: &FlagFilter,
    page: FlagPage,
) -> Result<Vec<FlagRow>, DbError> {
    let (all, ids) = villages.binds();
    let (found_at, id) = page.after.unwrap_or((i64::MIN, String::new()));
    let statement = Statement::new(flags_sql!(
        "($3 OR village IN ($in)) AND ($4 = '' OR level = $4) AND (NOT $5 OR NOT cleared)
         AND (found_at, id) > ($1, $2) ORDER BY found_at, id LIMIT $6"
    ))
    .bind(found_at)
    .bind(id)
    .bind(all)
    .bind(filter.level.as_deref().unwrap_or_default())
    .bind(filter.open)
    .bind(page.limit)
    .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(flag_row).collect()
}

/// Flags of the records, in order of record and key.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_flags_of_records(tx: &mut Tx, records: &[Uuid], limit: i64) -> Result<Vec<FlagRow>, DbError> {
    let statement = Statement::new(flags_sql!("record IN ($in) ORDER BY record, id LIMIT $1"))
        .bind(limit)
        .bind_list(records.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(flag_row).collect()
}

/// All flags of records that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_flags_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<FlagRow>, DbError> {
    let statement = Statement::new(flags_sql!("feed = $1 AND id > $2 ORDER BY id LIMIT $3"))
        .bind(feed)
        .bind(after.unwrap_or_default())
        .bind(limit);
    tx.fetch_all(statement).await?.iter().map(flag_row).collect()
}
