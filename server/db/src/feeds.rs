//! Feeds: villages and the subdistrict, each with the counter that orders its ledger. The counter row is the last thing a push touches,
//! in order of id: its lock is held to the commit, so positions are dense and become visible in order (protocol 5.1). What a
//! newcomer gets wrong: reading a counter early and writing it later; only [`take_positions`] may move it.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};

/// One feed as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// 12-digit area code.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The subdistrict's feed.
    pub parent: Option<String>,
    /// Newest position.
    pub vrev: i64,
    /// Hash of the newest ledger entry, 32 bytes.
    pub head_hash: Vec<u8>,
    /// Last human number given.
    pub number_seq: i64,
    /// Records in it.
    pub check_count: i64,
    /// XOR of the records' check terms, 16 bytes.
    pub check_sum: Vec<u8>,
}

fn feed_row(row: &Row) -> Result<FeedRow, DbError> {
    Ok(FeedRow {
        id: row.text("id")?,
        name: row.text("name")?,
        parent: row.opt_text("parent")?,
        vrev: row.i64("vrev")?,
        head_hash: row.bytes("head_hash")?,
        number_seq: row.i64("number_seq")?,
        check_count: row.i64("check_count")?,
        check_sum: row.bytes("check_sum")?,
    })
}

/// Makes a feed, or renames it when it exists; its ledger is never touched.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_feed(
    tx: &mut Tx,
    id: &str,
    name: &str,
    parent: Option<&str>,
    boundary: Option<&str>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO feeds (id, name, parent, boundary, vrev, head_hash, number_seq, check_count, check_sum)
         VALUES ($1, $2, $3, $4, 0, $5, 0, 0, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, parent = excluded.parent,
             boundary = COALESCE(excluded.boundary, feeds.boundary)",
    )
    .bind(id)
    .bind(name)
    .bind(parent.map(str::to_owned))
    .bind(boundary.map(str::to_owned))
    .bind(vec![0_u8; 32])
    .bind(vec![0_u8; 16]);
    tx.execute(statement).await?;
    Ok(())
}

/// All feeds in order of id, `limit` at most.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_feeds(tx: &mut Tx, limit: i64) -> Result<Vec<FeedRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, name, parent, vrev, head_hash, number_seq, check_count, check_sum FROM feeds ORDER BY id LIMIT $1",
    )
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(feed_row).collect()
}

/// The named feeds that exist, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_feeds(tx: &mut Tx, ids: &[String]) -> Result<Vec<FeedRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, name, parent, vrev, head_hash, number_seq, check_count, check_sum FROM feeds
         WHERE id IN ($in) ORDER BY id",
    )
    .bind_list(ids.iter().map(|id| Value::from(id.as_str())).collect());
    tx.fetch_all(statement).await?.iter().map(feed_row).collect()
}

/// Boundaries of all feeds that have one: id and GeoJSON geometry, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_boundaries(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String, String)>, DbError> {
    let statement =
        Statement::new("SELECT id, name, boundary FROM feeds WHERE boundary IS NOT NULL ORDER BY id LIMIT $1")
            .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.text("id")?, row.text("name")?, row.text("boundary")?))).collect()
}

/// What one push adds to a feed's counters.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// The feed.
    pub feed: &'a str,
    /// Ledger entries to come.
    pub positions: i64,
    /// Human numbers to give.
    pub numbers: i64,
    /// Records that are new to the feed (negative: that left it).
    pub records: i64,
}

/// Moves a feed's counters and locks its row until the transaction ends. Call it last, feeds in order of id.
/// Returns the feed as it is afterwards (its hash and check sum as they were: see [`put_head`]), or nothing for an unknown feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn take_positions(tx: &mut Tx, taken: Taken<'_>) -> Result<Option<FeedRow>, DbError> {
    let statement = Statement::new(
        "UPDATE feeds SET vrev = vrev + $2, number_seq = number_seq + $3, check_count = check_count + $4 WHERE id = $1
         RETURNING id, name, parent, vrev, head_hash, number_seq, check_count, check_sum",
    )
    .bind(taken.feed)
    .bind(taken.positions)
    .bind(taken.numbers)
    .bind(taken.records);
    tx.fetch_optional(statement).await?.as_ref().map(feed_row).transpose()
}

/// Stores the ledger's newest hash and the records' check sum, in the transaction that took the positions.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_head(tx: &mut Tx, feed: &str, head_hash: &[u8], check_sum: &[u8]) -> Result<(), DbError> {
    let statement = Statement::new("UPDATE feeds SET head_hash = $2, check_sum = $3 WHERE id = $1")
        .bind(feed)
        .bind(head_hash.to_vec())
        .bind(check_sum.to_vec());
    tx.execute(statement).await?;
    Ok(())
}

/// Leaves out the next `count` human numbers of every feed: an older copy of the database does not know which of them were given.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn skip_numbers(tx: &mut Tx, count: i64) -> Result<(), DbError> {
    tx.execute(Statement::new("UPDATE feeds SET number_seq = number_seq + $1").bind(count)).await?;
    Ok(())
}

/// Ids of the villages of a subdistrict, in order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_children(tx: &mut Tx, parent: &str, limit: i64) -> Result<Vec<String>, DbError> {
    let statement =
        Statement::new("SELECT id FROM feeds WHERE parent = $1 ORDER BY id LIMIT $2").bind(parent).bind(limit);
    tx.fetch_all(statement).await?.iter().map(|row| row.text("id")).collect()
}
