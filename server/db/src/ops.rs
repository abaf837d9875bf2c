//! Operations, their results, the quarantine and the ledger: layer one of stored truth. Rows are only ever added, save the two columns
//! that say what became of a held operation. What a newcomer gets wrong: the stored outcome has no ledger position in it; the
//! ledger has, and a replayed answer is put together from both.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use std::ops::RangeInclusive;
use uuid::Uuid;

/// One stored operation, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Operation.
    pub id: Uuid,
    /// The phone database it came from.
    pub incarnation: Uuid,
    /// Place in that phone's sequence.
    pub seq: i64,
    /// SHA-256 of its bytes.
    pub digest: Vec<u8>,
    /// First answer, as JSON.
    pub outcome: String,
    /// Its place in the ledger.
    pub vrev: Option<i64>,
}

/// One operation to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOp {
    /// Operation id.
    pub id: Uuid,
    /// The phone database it came from.
    pub incarnation: Uuid,
    /// Place in that phone's sequence.
    pub seq: i64,
    /// Ledger it goes to.
    pub feed: String,
    /// Record it is about.
    pub record: Option<Uuid>,
    /// Operation kind; empty when unreadable.
    pub kind: String,
    /// SHA-256 of `body`.
    pub digest: Vec<u8>,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// What the server knew, as JSON.
    pub context: String,
    /// First answer in one word.
    pub status: String,
    /// First answer, as JSON.
    pub outcome: String,
    /// Record it waits for.
    pub waits_for: Option<Uuid>,
    /// Microseconds UTC.
    pub received_at: i64,
}

/// An operation with everything a rebuild needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerOp {
    /// Place at which it was settled, if it waited.
    pub settled_vrev: Option<i64>,
    /// Position.
    pub vrev: i64,
    /// What this entry says.
    pub effect: String,
    /// Hash of this entry.
    pub hash: Vec<u8>,
    /// Human number given.
    pub number: Option<String>,
    /// What a held operation came to when it was released, as JSON.
    pub settled: Option<String>,
    /// The operation.
    pub op: NewOp,
}

fn stored_answer(row: &Row) -> Result<StoredAnswer, DbError> {
    Ok(StoredAnswer {
        id: row.uuid("id")?,
        incarnation: row.uuid("incarnation")?,
        seq: row.i64("seq")?,
        digest: row.bytes("digest")?,
        outcome: row.text("outcome")?,
        vrev: row.opt_i64("vrev")?,
    })
}

pub(crate) fn new_op(row: &Row) -> Result<NewOp, DbError> {
    Ok(NewOp {
        id: row.uuid("id")?,
        incarnation: row.uuid("incarnation")?,
        seq: row.i64("seq")?,
        feed: row.text("feed")?,
        record: row.opt_uuid("record")?,
        kind: row.text("kind")?,
        digest: row.bytes("digest")?,
        body: row.bytes("body")?,
        context: row.text("context")?,
        status: row.text("status")?,
        outcome: row.text("outcome")?,
        waits_for: row.opt_uuid("waits_for")?,
        received_at: row.i64("received_at")?,
    })
}

/// Stored answers of one phone database for a range of its sequence, ends included, in sequence.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_answers(tx: &mut Tx, incarnation: Uuid, from: i64, to: i64) -> Result<Vec<StoredAnswer>, DbError> {
    let statement = Statement::new(
        "SELECT ops.id, ops.incarnation, ops.seq, ops.digest, ops.outcome, ledger.vrev FROM ops
         LEFT JOIN ledger ON ledger.op = ops.id AND ledger.effect <> 'released'
         WHERE ops.incarnation = $1 AND ops.seq >= $2 AND ops.seq <= $3 ORDER BY ops.seq LIMIT 1000",
    )
    .bind(incarnation)
    .bind(from)
    .bind(to);
    tx.fetch_all(statement).await?.iter().map(stored_answer).collect()
}

/// Stored answers of the named operations, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_answers(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<StoredAnswer>, DbError> {
    let statement = Statement::new(
        "SELECT ops.id, ops.incarnation, ops.seq, ops.digest, ops.outcome, ledger.vrev FROM ops
         LEFT JOIN ledger ON ledger.op = ops.id AND ledger.effect <> 'released'
         WHERE ops.id IN ($in) ORDER BY ops.id",
    )
    .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(stored_answer).collect()
}

/// Stores operations with their first answers.
///
/// # Errors
/// `UniqueViolation` when one is stored already; otherwise when the database fails. The transaction is then over.
pub async fn create_ops(tx: &mut Tx, ops: Vec<NewOp>) -> Result<(), DbError> {
    let rows = ops.into_iter().map(|op| {
        vec![
            op.id.into(),
            op.incarnation.into(),
            op.seq.into(),
            op.feed.into(),
            op.record.into(),
            op.kind.into(),
            op.digest.into(),
            op.body.into(),
            op.context.into(),
            op.status.into(),
            op.outcome.into(),
            op.waits_for.into(),
            op.received_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO ops (id, incarnation, seq, feed, record, kind, digest, body, context, status, outcome, waits_for,
         received_at) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    Ok(())
}

/// Operations that wait for one of these records, in order of phone database and sequence, after `after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_waiting(
    tx: &mut Tx,
    records: &[Uuid],
    after: Option<(Uuid, i64)>,
    limit: i64,
) -> Result<Vec<NewOp>, DbError> {
    let (after_life, after_seq) = after.unwrap_or((Uuid::nil(), i64::MIN));
    let statement = Statement::new(
        "SELECT id, incarnation, seq, feed, record, kind, digest, body, context, status, outcome, waits_for, received_at
         FROM ops WHERE waits_for IS NOT NULL AND waits_for IN ($in) AND (incarnation, seq) > ($1, $2)
         ORDER BY incarnation, seq LIMIT $3",
    )
    .bind(after_life)
    .bind(after_seq)
    .bind(limit)
    .bind_list(records.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(new_op).collect()
}

/// Whether an operation still waits for one of these records although it stands in the operation's own village. What names a record of
/// another village waits on.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_waiting_beside(tx: &mut Tx, records: &[Uuid]) -> Result<bool, DbError> {
    let statement = Statement::new(
        "SELECT ops.id FROM ops JOIN records ON records.id = ops.waits_for AND records.feed = ops.feed
         WHERE ops.waits_for IS NOT NULL AND ops.waits_for IN ($in) LIMIT 1",
    )
    .bind_list(records.iter().copied().map(Value::from).collect());
    Ok(tx.fetch_optional(statement).await?.is_some())
}

/// Says what a held operation came to.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn settle_op(tx: &mut Tx, id: Uuid, settled: &str) -> Result<(), DbError> {
    let statement =
        Statement::new("UPDATE ops SET waits_for = NULL, settled = $2 WHERE id = $1").bind(id).bind(settled);
    tx.execute(statement).await?;
    Ok(())
}

/// Says at which place of its village's ledger an operation was settled; [`settle_op`] said what it came to.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn place_settlement(tx: &mut Tx, id: Uuid, vrev: i64) -> Result<(), DbError> {
    let statement = Statement::new("UPDATE ops SET settled_vrev = $2 WHERE id = $1").bind(id).bind(vrev);
    tx.execute(statement).await?;
    Ok(())
}

/// An operation that waited and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledOp {
    /// The operation.
    pub id: Uuid,
    /// What it came to, as JSON.
    pub settled: String,
    /// The place in the ledger.
    pub vrev: i64,
}

/// A stretch of one village's ledger.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The village.
    pub feed: &'a str,
    /// Positions after this one.
    pub after: i64,
    /// Positions up to this one.
    pub to: i64,
}

/// What operations of a phone came to within a stretch of a ledger, in order of place.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_settled(
    tx: &mut Tx,
    device: Uuid,
    stretch: Stretch<'_>,
    limit: i64,
) -> Result<Vec<SettledOp>, DbError> {
    let statement = Statement::new(
        "SELECT ops.id, ops.settled, ops.settled_vrev FROM incarnations JOIN ops ON ops.incarnation = incarnations.id
         WHERE incarnations.device = $1 AND ops.feed = $2 AND ops.settled_vrev > $3 AND ops.settled_vrev <= $4
           AND ops.settled IS NOT NULL
         ORDER BY ops.settled_vrev, ops.id LIMIT $5",
    )
    .bind(device)
    .bind(stretch.feed)
    .bind(stretch.after)
    .bind(stretch.to)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    let settled = |row: &Row| {
        Ok(SettledOp { id: row.uuid("id")?, settled: row.text("settled")?, vrev: row.i64("settled_vrev")? })
    };
    rows.iter().map(settled).collect()
}

/// The last operation of a phone's life before the first one that arrived at `since` or later: all up to it are older. Microseconds UTC.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_last_seq_before(tx: &mut Tx, incarnation: Uuid, since: i64) -> Result<i64, DbError> {
    let statement = Statement::new(
        "SELECT COALESCE(MIN(seq) - 1, (SELECT consumed FROM incarnations WHERE id = $1), 0) AS last
         FROM ops WHERE incarnation = $1 AND received_at >= $2",
    )
    .bind(incarnation)
    .bind(since);
    tx.fetch_one(statement).await?.i64("last")
}

/// One stored operation with its bytes, if it exists.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_op(tx: &mut Tx, id: Uuid) -> Result<Option<NewOp>, DbError> {
    let statement = Statement::new(
        "SELECT id, incarnation, seq, feed, record, kind, digest, body, context, status, outcome, waits_for, received_at
         FROM ops WHERE id = $1",
    )
    .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(new_op).transpose()
}

/// Every operation about a record, oldest first: its timeline.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_ops_of_record(tx: &mut Tx, record: Uuid, limit: i64) -> Result<Vec<NewOp>, DbError> {
    let statement = Statement::new(
        "SELECT id, incarnation, seq, feed, record, kind, digest, body, context, status, outcome, waits_for, received_at
         FROM ops WHERE record = $1 ORDER BY received_at, id LIMIT $2",
    )
    .bind(record)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(new_op).collect()
}

/// One entry of a ledger to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLedgerEntry {
    /// The village.
    pub feed: String,
    /// Position.
    pub vrev: i64,
    /// The operation.
    pub op: Uuid,
    /// Its status, or `released`.
    pub effect: String,
    /// Human number given.
    pub number: Option<String>,
    /// Hash of this entry.
    pub hash: Vec<u8>,
}

/// Adds ledger entries.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn create_ledger_entries(tx: &mut Tx, entries: Vec<NewLedgerEntry>) -> Result<(), DbError> {
    let rows = entries.into_iter().map(|entry| {
        vec![
            entry.feed.into(),
            entry.vrev.into(),
            entry.op.into(),
            entry.effect.into(),
            entry.number.into(),
            entry.hash.into(),
        ]
    });
    tx.execute_rows("INSERT INTO ledger (feed, vrev, op, effect, number, hash) VALUES", rows.collect(), "").await?;
    Ok(())
}

/// A village's ledger after a position, in order, with the operations.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_ledger(tx: &mut Tx, feed: &str, after: i64, limit: i64) -> Result<Vec<LedgerOp>, DbError> {
    let statement = Statement::new(
        "SELECT ledger.vrev, ledger.effect, ledger.hash, ledger.number, ops.id, ops.incarnation, ops.seq, ops.feed,
             ops.record, ops.kind, ops.digest, ops.body, ops.context, ops.status, ops.outcome, ops.waits_for, ops.settled,
             ops.settled_vrev, ops.received_at
         FROM ledger JOIN ops ON ops.id = ledger.op
         WHERE ledger.feed = $1 AND ledger.vrev > $2 ORDER BY ledger.vrev LIMIT $3",
    )
    .bind(feed)
    .bind(after)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(LedgerOp {
                vrev: row.i64("vrev")?,
                effect: row.text("effect")?,
                hash: row.bytes("hash")?,
                number: row.opt_text("number")?,
                settled: row.opt_text("settled")?,
                settled_vrev: row.opt_i64("settled_vrev")?,
                op: new_op(row)?,
            })
        })
        .collect()
}

/// What a phone sent under a number or id that is taken: kept, never applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Made by the server.
    pub id: Uuid,
    /// Operation id that was sent.
    pub op: Uuid,
    /// The phone.
    pub device: Uuid,
    /// The life of its database.
    pub incarnation: Uuid,
    /// Sequence number that was sent.
    pub seq: i64,
    /// `seq_reuse` or `id_reuse`.
    pub code: String,
    /// SHA-256 of `body`.
    pub digest: Vec<u8>,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// Microseconds UTC.
    pub received_at: i64,
}

/// Keeps bytes that cannot be stored as an operation; the same ones again change nothing.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn create_quarantined(tx: &mut Tx, kept: Quarantined) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO quarantine (id, op, device, incarnation, seq, code, digest, body, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (incarnation, seq, op, digest) DO NOTHING",
    )
    .bind(kept.id)
    .bind(kept.op)
    .bind(kept.device)
    .bind(kept.incarnation)
    .bind(kept.seq)
    .bind(kept.code)
    .bind(kept.digest)
    .bind(kept.body)
    .bind(kept.received_at);
    tx.execute(statement).await?;
    Ok(())
}

/// What one life of a phone has in quarantine between two numbers of its sequence, in order of number.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_quarantined(
    tx: &mut Tx,
    incarnation: Uuid,
    numbers: RangeInclusive<i64>,
    limit: i64,
) -> Result<Vec<Quarantined>, DbError> {
    let statement = Statement::new(
        "SELECT id, op, device, incarnation, seq, code, digest, body, received_at FROM quarantine
         WHERE incarnation = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq, op, digest LIMIT $4",
    )
    .bind(incarnation)
    .bind(*numbers.start())
    .bind(*numbers.end())
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(quarantined).collect()
}

/// Everything in quarantine, oldest first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_quarantined(tx: &mut Tx, limit: i64) -> Result<Vec<Quarantined>, DbError> {
    let statement = Statement::new(
        "SELECT id, op, device, incarnation, seq, code, digest, body, received_at FROM quarantine
         ORDER BY received_at, id LIMIT $1",
    )
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(quarantined).collect()
}

pub(crate) fn quarantined(row: &Row) -> Result<Quarantined, DbError> {
    Ok(Quarantined {
        id: row.uuid("id")?,
        op: row.uuid("op")?,
        device: row.uuid("device")?,
        incarnation: row.uuid("incarnation")?,
        seq: row.i64("seq")?,
        code: row.text("code")?,
        digest: row.bytes("digest")?,
        body: row.bytes("body")?,
        received_at: row.i64("received_at")?,
    })
}
