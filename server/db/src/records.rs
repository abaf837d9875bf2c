//! Records and their entries in feeds: layers two of stored truth and what a pull reads. A record's state is opaque JSON here; what is
//! searched stands in the projections. What a newcomer gets wrong: the position of a record is in `feed_entries`, not in `records`.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its id.
    pub id: Uuid,
    /// A name in the schema table.
    pub kind: String,
    /// Feed and ledger it lives in.
    pub feed: String,
    /// Revision.
    pub rev: i64,
    /// Human number.
    pub number: Option<String>,
    /// State as JSON.
    pub state: String,
}

fn record_row(row: &Row) -> Result<RecordRow, DbError> {
    Ok(RecordRow {
        id: row.uuid("id")?,
        kind: row.text("kind")?,
        feed: row.text("feed")?,
        rev: row.i64("rev")?,
        number: row.opt_text("number")?,
        state: row.text("state")?,
    })
}

/// The named records that exist, in order of id, locked until the transaction ends.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn lock_records(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordRow>, DbError> {
    // SQLite has one writer and no row locks; PostgreSQL takes them in order of id, so two pushes cannot wait for each other.
    let statement = Statement::by_engine(
        tx.engine(),
        "SELECT id, kind, feed, rev, number, state FROM records WHERE id IN ($in) ORDER BY id",
        "SELECT id, kind, feed, rev, number, state FROM records WHERE id IN ($in) ORDER BY id FOR UPDATE",
    )
    .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(record_row).collect()
}

/// The named records that exist, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_records(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordRow>, DbError> {
    let statement =
        Statement::new("SELECT id, kind, feed, rev, number, state FROM records WHERE id IN ($in) ORDER BY id")
            .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(record_row).collect()
}

/// The feeds of those of the records that exist, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_feeds_of_records(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, DbError> {
    let statement = Statement::new("SELECT id, feed FROM records WHERE id IN ($in) ORDER BY id")
        .bind_list(ids.iter().copied().map(Value::from).collect());
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.uuid("id")?, row.text("feed")?))).collect()
}

/// Human numbers of the named records that have one, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_numbers(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, DbError> {
    let statement =
        Statement::new("SELECT id, number FROM records WHERE id IN ($in) AND number IS NOT NULL ORDER BY id")
            .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(|row| Ok((row.uuid("id")?, row.text("number")?))).collect()
}

/// All records of a feed after an id, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_records(tx: &mut Tx, feed: &str, after: Option<Uuid>, limit: i64) -> Result<Vec<RecordRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, kind, feed, rev, number, state FROM records WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(record_row).collect()
}

/// Stores records as they are now. A human number once given stays.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_records(tx: &mut Tx, records: Vec<RecordRow>) -> Result<(), DbError> {
    let rows = records.into_iter().map(|record| {
        vec![
            record.id.into(),
            record.kind.into(),
            record.feed.into(),
            record.rev.into(),
            record.number.into(),
            record.state.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO records (id, kind, feed, rev, number, state) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, state = excluded.state",
    )
    .await?;
    Ok(())
}

/// Gives records their human numbers.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_numbers(tx: &mut Tx, numbers: Vec<(Uuid, String)>) -> Result<(), DbError> {
    // Both engines name the columns of a bare VALUES list `column1`, `column2`.
    let rows = numbers.into_iter().map(|(id, number)| vec![id.into(), number.into()]);
    tx.execute_rows(
        "UPDATE records SET number = given.column2 FROM (VALUES",
        rows.collect(),
        ") AS given WHERE records.id = given.column1",
    )
    .await?;
    Ok(())
}

/// Moves records to a new position in their feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_entries(tx: &mut Tx, feed: &str, entries: &[(Uuid, i64)]) -> Result<(), DbError> {
    let rows = entries.iter().map(|(record, vrev)| vec![feed.into(), (*record).into(), (*vrev).into(), false.into()]);
    tx.execute_rows(
        "INSERT INTO feed_entries (feed, record, vrev, gone) VALUES",
        rows.collect(),
        "ON CONFLICT (feed, record) DO UPDATE SET vrev = excluded.vrev, gone = excluded.gone",
    )
    .await?;
    Ok(())
}

/// One record in a feed, for a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The record.
    pub id: Uuid,
    /// Its position.
    pub vrev: i64,
    /// It has left this feed.
    pub gone: bool,
    /// A name in the schema table.
    pub kind: String,
    /// Revision.
    pub rev: i64,
    /// Human number.
    pub number: Option<String>,
    /// State as JSON.
    pub state: String,
}

/// Records of a feed that changed after a position, in order of position, `limit` at most.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_changed(tx: &mut Tx, feed: &str, after: i64, limit: i64) -> Result<Vec<Changed>, DbError> {
    let statement = Statement::new(
        "SELECT records.id, feed_entries.vrev, feed_entries.gone, records.kind, records.rev, records.number, records.state
         FROM feed_entries JOIN records ON records.id = feed_entries.record
         WHERE feed_entries.feed = $1 AND feed_entries.vrev > $2
         ORDER BY feed_entries.vrev, feed_entries.record LIMIT $3",
    )
    .bind(feed)
    .bind(after)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(Changed {
                id: row.uuid("id")?,
                vrev: row.i64("vrev")?,
                gone: row.bool("gone")?,
                kind: row.text("kind")?,
                rev: row.i64("rev")?,
                number: row.opt_text("number")?,
                state: row.text("state")?,
            })
        })
        .collect()
}

/// Stores records that must not exist yet.
///
/// # Errors
/// `UniqueViolation` when one exists; otherwise when the database fails. The transaction is then over.
pub async fn create_records(tx: &mut Tx, records: Vec<RecordRow>) -> Result<(), DbError> {
    let rows = records.into_iter().map(|record| {
        vec![
            record.id.into(),
            record.kind.into(),
            record.feed.into(),
            record.rev.into(),
            record.number.into(),
            record.state.into(),
        ]
    });
    tx.execute_rows("INSERT INTO records (id, kind, feed, rev, number, state) VALUES", rows.collect(), "").await?;
    Ok(())
}
