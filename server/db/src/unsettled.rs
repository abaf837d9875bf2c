//! Operations that took no effect and wait for a person: what cannot be decided, was refused, is kept in quarantine, or waits too long for
//! its record. Read from layer one itself: the operations are the rows, so nothing here can differ from them. What a newcomer gets wrong:
//! an operation in `review` that did take effect is not here; the question it raised belongs to its record, in `reviews`.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::ops::{NewOp, Quarantined, new_op, quarantined};
use crate::projections::Villages;
use crate::statement::Statement;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// An operation without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsettledOp {
    /// Operation.
    pub id: Uuid,
    /// Ledger it is in.
    pub feed: String,
    /// The phone.
    pub device: Uuid,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// What the server knew, as JSON.
    pub context: String,
    /// First answer, as JSON.
    pub outcome: String,
    /// Microseconds UTC.
    pub received_at: i64,
}

/// A page: when the last row of the page before was received with its id, and how many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsettledPage {
    /// Last row seen.
    pub after: Option<(i64, Uuid)>,
    /// Rows wanted.
    pub limit: i64,
}

fn unsettled(row: &Row) -> Result<UnsettledOp, DbError> {
    Ok(UnsettledOp {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        device: row.uuid("device")?,
        body: row.bytes("body")?,
        context: row.text("context")?,
        outcome: row.text("outcome")?,
        received_at: row.i64("received_at")?,
    })
}

/// Operations in the ledgers of `feeds` that took no effect, received first first. One that waits for its record is among them once it was
/// received before `held_before` (microseconds UTC); one that nothing will release, at once. One whose bytes came again and took
/// effect, as they do when somebody takes it in, is a question no more. An answer without effect begins with its
/// reason, which is how it is told from one that raised questions about fields.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_unsettled_ops(
    tx: &mut Tx,
    feeds: &Villages,
    held_before: i64,
    page: UnsettledPage,
) -> Result<Vec<UnsettledOp>, DbError> {
    let (all, ids) = feeds.binds();
    let (after_at, after_id) = page.after.unwrap_or((i64::MIN, Uuid::nil()));
    let statement = Statement::new(UNSETTLED_SQL)
        .bind(after_at)
        .bind(after_id)
        .bind(held_before)
        .bind(all)
        .bind(page.limit)
        .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(unsettled).collect()
}

const UNSETTLED_SQL: &str =
    "SELECT ops.id, ops.feed, incarnations.device, ops.body, ops.context, ops.outcome, ops.received_at
     FROM ops JOIN incarnations ON incarnations.id = ops.incarnation
     WHERE ops.status IN ('review', 'held', 'refused') AND (ops.received_at, ops.id) > ($1, $2)
       AND (ops.status = 'refused'
         OR ops.status = 'review' AND (substr(ops.outcome, 1, 27) = '{\"status\":\"review\",\"reason\"'
           OR ops.outcome LIKE '%\":\"too_many\"%')
         OR ops.status = 'held' AND ops.settled IS NULL AND (ops.waits_for IS NULL OR ops.received_at < $3))
       AND ($4 OR ops.feed IN ($in))
       AND NOT EXISTS (SELECT 1 FROM ops AS again WHERE again.record = ops.record AND (again.digest = ops.digest OR ops.status = 'refused' AND again.body = ops.body)
           AND again.id <> ops.id
         AND again.outcome NOT LIKE '%\":\"too_many\"%'
         AND (again.status IN ('applied', 'merged')
           OR again.status = 'review' AND substr(again.outcome, 1, 27) <> '{\"status\":\"review\",\"reason\"'))
     ORDER BY ops.received_at, ops.id LIMIT $5";

/// Operations of one life of a phone, in one ledger, that took no effect for a reason that somebody may set right: the author had no right there, the
/// village was not known, they came damaged but can be read, another operation of the group came so, the server failed; in sequence after one.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_admissible(
    tx: &mut Tx,
    (incarnation, feed): (Uuid, &str),
    after: i64,
    limit: i64,
) -> Result<Vec<NewOp>, DbError> {
    let statement = Statement::new(
        "SELECT id, incarnation, seq, feed, record, kind, digest, body, context, status, outcome, waits_for, received_at
         FROM ops WHERE incarnation = $1 AND feed = $2 AND seq > $3
           AND (status = 'review' AND (substr(outcome, 1, 42) = '{\"status\":\"review\",\"reason\":\"out_of_scope\"'
               OR substr(outcome, 1, 45) = '{\"status\":\"review\",\"reason\":\"unknown_village\"'
               OR substr(outcome, 1, 42) = '{\"status\":\"review\",\"reason\":\"server_fault\"')
             OR status = 'refused' AND substr(outcome, 1, 43) = '{\"status\":\"refused\",\"reason\":\"wrong_digest\"'
             OR status = 'held' AND substr(outcome, 1, 41) = '{\"status\":\"held\",\"reason\":\"group_refused\"')
         ORDER BY seq LIMIT $4",
    )
    .bind(incarnation)
    .bind(feed)
    .bind(after)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(new_op).collect()
}

/// Whether an operation of this life with a number in `range` cannot be read at all: nobody can say what its save would have said with it.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn has_unreadable(tx: &mut Tx, incarnation: Uuid, range: RangeInclusive<i64>) -> Result<bool, DbError> {
    let statement = Statement::new(
        "SELECT COUNT(*) AS unreadable FROM ops WHERE incarnation = $1 AND seq BETWEEN $2 AND $3 AND status = 'refused'
           AND substr(outcome, 1, 41) = '{\"status\":\"refused\",\"reason\":\"unreadable\"'",
    )
    .bind(incarnation)
    .bind(*range.start())
    .bind(*range.end());
    Ok(tx.fetch_one(statement).await?.i64("unreadable")? > 0)
}

/// What stands in quarantine, received first first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_quarantine_page(tx: &mut Tx, page: UnsettledPage) -> Result<Vec<Quarantined>, DbError> {
    let (after_at, after_id) = page.after.unwrap_or((i64::MIN, Uuid::nil()));
    let statement = Statement::new(QUARANTINE_SQL).bind(after_at).bind(after_id).bind(page.limit);
    tx.fetch_all(statement).await?.iter().map(quarantined).collect()
}

const QUARANTINE_SQL: &str = "SELECT id, op, device, incarnation, seq, code, digest, body, received_at FROM quarantine
     WHERE (received_at, id) > ($1, $2) ORDER BY received_at, id LIMIT $3";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::sqlite_plan;

    #[tokio::test]
    async fn both_lists_walk_an_index_in_order() {
        let plan = sqlite_plan(UNSETTLED_SQL, 5, &Villages::All).await;
        assert!(plan.contains("ops USING INDEX ops_without_effect") && !plan.contains("TEMP B-TREE"), "{plan}");
        let plan = sqlite_plan(QUARANTINE_SQL, 3, &Villages::All).await;
        assert!(plan.contains("USING INDEX quarantine_by_received") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
