//! The outbox table: frozen operations, their numbers, states and answers. Rows are never deleted; archiving empties the bytes of an
//! operation that the server has in a backup, and keeps its digest. What a newcomer gets wrong: only the present life's rows
//! are sent; a new life takes over what is unanswered under new numbers (see `begin_life`).

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use sync_protocol::ids::{FeedId, GroupId, IncarnationId, OpId, RecordId};
use sync_protocol::limits::{GROUP_OPS_MAX, PUSH_OPS_MAX, RETENTION_DAYS};
use sync_protocol::op::Group;
use sync_protocol::pull::OpOutcome;
use sync_protocol::push::OpResult;
use sync_protocol::time::{DAY_US, Micros};

use super::{Store, StoreError, Tx, key, read_life, set_meta};
use crate::pure::answer::OpAnswer;
use crate::pure::life::LifeFacts;
use crate::pure::outbox::{FrozenOp, OpState, renumber};

/// Rows loaded to plan a batch: a full batch and the rest of a group that stands over its end.
const WINDOW_OPS: usize = PUSH_OPS_MAX + GROUP_OPS_MAX as usize;

/// An operation that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRow {
    /// Its id.
    pub id: OpId,
    /// Its place in the sequence.
    pub seq: i64,
    /// Its group.
    pub group: Group,
    /// Its digest.
    pub digest: String,
    /// Its frozen bytes.
    pub bytes: Vec<u8>,
}

/// One row of the outbox, for people and tests.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The operation's id.
    pub id: OpId,
    /// Life of the database that numbers it now.
    pub incarnation: IncarnationId,
    /// Its place in the sequence.
    pub seq: i64,
    /// Its group.
    pub group: Group,
    /// Base64 of the SHA-256 of the bytes.
    pub digest: String,
    /// The frozen bytes; empty once archived.
    pub bytes: Vec<u8>,
    /// The feed it names.
    pub village: FeedId,
    /// The record it is about.
    pub record: RecordId,
    /// When it was saved.
    pub made_at: Micros,
    /// Its state.
    pub state: OpState,
    /// The server's last words about it.
    pub result: Option<OpResult>,
    /// Whether a pulled page already shows its effect.
    pub seen: bool,
}

/// Adds frozen operations of `made_at` and moves the sequence on, within the caller's transaction.
pub(crate) async fn insert_ops(
    tx: &mut Tx,
    ops: &[FrozenOp],
    records: &[RecordId],
    made_at: Micros,
) -> Result<(), StoreError> {
    for (op, record) in ops.iter().zip(records) {
        sqlx::query(
            "INSERT INTO outbox (op_id, incarnation, seq, group_id, group_i, group_n, digest, bytes, village, record,
                                 made_at, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued')",
        )
        .bind(op.id.to_string())
        .bind(op.incarnation.to_string())
        .bind(op.seq)
        .bind(op.group.id.to_string())
        .bind(op.group.i)
        .bind(op.group.n)
        .bind(&op.digest)
        .bind(&op.bytes)
        .bind(op.village.as_str())
        .bind(record.to_string())
        .bind(made_at.as_micros())
        .execute(&mut **tx)
        .await?;
    }
    if let Some(last) = ops.last() {
        set_meta(tx, key::LAST_SEQ, &last.seq.to_string()).await?;
    }
    Ok(())
}

/// Writes what the server said about operations of the present life.
pub(crate) async fn write_answers(tx: &mut Tx, answers: &[OpAnswer]) -> Result<(), StoreError> {
    for answer in answers {
        let result = serde_json::to_string(&answer.result).unwrap_or_default();
        sqlx::query("UPDATE outbox SET state = $1, result = $2 WHERE op_id = $3")
            .bind(answer.state.code())
            .bind(result)
            .bind(answer.id.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Writes what became of operations that waited; they are answered now.
pub(crate) async fn write_outcomes(tx: &mut Tx, outcomes: &[OpOutcome], now: Micros) -> Result<(), StoreError> {
    for outcome in outcomes {
        sqlx::query(
            "INSERT INTO outcomes (op_id, status, text_zh, told_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (op_id) DO UPDATE SET status = excluded.status, text_zh = excluded.text_zh",
        )
        .bind(outcome.op.to_string())
        .bind(&outcome.status)
        .bind(&outcome.text_zh)
        .bind(now.as_micros())
        .execute(&mut **tx)
        .await?;
        // One that still waits, for people now, is told again when they have decided.
        if outcome.status != "review" {
            sqlx::query("UPDATE outbox SET state = 'acked' WHERE op_id = $1 AND state = 'waiting'")
                .bind(outcome.op.to_string())
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

/// Queues answered operations of the present life from `from_seq` on again, same numbers. Answers whether all of them are there: an
/// archived one has no bytes any more, and then only a new life helps.
pub(crate) async fn requeue_from(tx: &mut Tx, from_seq: i64) -> Result<bool, StoreError> {
    let life = read_life(tx).await?;
    sqlx::query(
        "UPDATE outbox SET state = 'queued', seen = 0
         WHERE incarnation = $1 AND seq >= $2 AND state NOT IN ('queued', 'archived')",
    )
    .bind(life.incarnation.to_string())
    .bind(from_seq)
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query("SELECT COUNT(*) FROM outbox WHERE incarnation = $1 AND seq >= $2 AND state = 'queued'")
        .bind(life.incarnation.to_string())
        .bind(from_seq)
        .fetch_one(&mut **tx)
        .await?;
    let queued: i64 = row.try_get(0)?;
    Ok(queued == life.last_seq - from_seq + 1)
}

/// Ends the present life: queued operations get new numbers from 1 under `incarnation`, with the same ids and bytes.
pub(crate) async fn begin_life(tx: &mut Tx, incarnation: IncarnationId) -> Result<u64, StoreError> {
    let old = read_life(tx).await?;
    // Older lives first: their operations came before everything of this one. `saved` grows in the order of saving.
    let rows =
        sqlx::query("SELECT op_id, group_id, group_i, group_n FROM outbox WHERE state = 'queued' ORDER BY saved")
            .fetch_all(&mut **tx)
            .await?;
    let queued = rows.iter().map(|row| Ok((id(row, "op_id")?, group(row)?))).collect::<Result<Vec<_>, StoreError>>()?;
    let renumbered = renumber(&queued);
    for (op, seq, group) in &renumbered {
        sqlx::query("UPDATE outbox SET incarnation = $1, seq = $2, group_i = $3, group_n = $4 WHERE op_id = $5")
            .bind(incarnation.to_string())
            .bind(seq)
            .bind(group.i)
            .bind(group.n)
            .bind(op.to_string())
            .execute(&mut **tx)
            .await?;
    }
    set_meta(tx, key::PARENT, &old.incarnation.to_string()).await?;
    set_meta(tx, key::INCARNATION, &incarnation.to_string()).await?;
    set_meta(tx, key::LAST_SEQ, &renumbered.len().to_string()).await?;
    Ok(renumbered.len() as u64)
}

/// Queues again what was answered in the last 30 days, because the server's history changed (protocol 3.8). Answers whether operations
/// of an earlier life are among them; then the caller begins a new life, so that all of them have numbers again.
pub(crate) async fn requeue_recent(tx: &mut Tx, now: Micros) -> Result<bool, StoreError> {
    let since = now.saturating_add(-RETENTION_DAYS * DAY_US).as_micros();
    // From the first recent one on, whatever a clock that was set back said of the later ones: numbers may not have holes.
    sqlx::query(
        "UPDATE outbox SET state = 'queued', seen = 0
         WHERE state NOT IN ('queued', 'archived')
           AND saved >= (SELECT MIN(saved) FROM outbox WHERE made_at >= $1 AND state <> 'archived')",
    )
    .bind(since)
    .execute(&mut **tx)
    .await?;
    let life = read_life(tx).await?;
    let row = sqlx::query("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND incarnation <> $1")
        .bind(life.incarnation.to_string())
        .fetch_one(&mut **tx)
        .await?;
    let of_earlier_lives: i64 = row.try_get(0)?;
    Ok(of_earlier_lives > 0)
}

/// Notes how far a pulled page shows this phone's own effects and how far the server is backed up; empties what may be archived.
pub(crate) async fn note_acknowledged(
    tx: &mut Tx,
    consumed_to: i64,
    durable_to: i64,
    complete: bool,
    now: Micros,
) -> Result<(), StoreError> {
    let incarnation = read_life(tx).await?.incarnation.to_string();
    // Only the last page is sure to hold every effect; before it, another village's page may still be missing.
    if complete {
        sqlx::query("UPDATE outbox SET seen = 1 WHERE incarnation = $1 AND seq <= $2 AND seen = 0")
            .bind(&incarnation)
            .bind(consumed_to)
            .execute(&mut **tx)
            .await?;
        sqlx::query("UPDATE outbox SET seen = 1 WHERE incarnation <> $1 AND state <> 'queued' AND seen = 0")
            .bind(&incarnation)
            .execute(&mut **tx)
            .await?;
    }
    set_meta(tx, key::DURABLE_TO, &durable_to.to_string()).await?;
    sqlx::query(
        "UPDATE outbox SET state = 'archived', bytes = x''
         WHERE incarnation = $1 AND seq <= $2 AND made_at < $3 AND state = 'acked' AND seen = 1",
    )
    .bind(&incarnation)
    .bind(durable_to)
    .bind(now.saturating_add(-RETENTION_DAYS * DAY_US).as_micros())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// The first unanswered operations of the present life, in sequence: enough to plan one batch.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_queued(&self) -> Result<Vec<QueuedRow>, StoreError> {
        self.list_queued_up_to(i64::try_from(WINDOW_OPS).unwrap_or(i64::MAX)).await
    }

    /// All unanswered operations of the present life, in sequence.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_all_queued(&self) -> Result<Vec<QueuedRow>, StoreError> {
        self.list_queued_up_to(i64::MAX).await
    }

    async fn list_queued_up_to(&self, limit: i64) -> Result<Vec<QueuedRow>, StoreError> {
        let mut tx = self.begin().await?;
        let life = read_life(&mut tx).await?;
        let rows = sqlx::query(
            "SELECT op_id, seq, group_id, group_i, group_n, digest, bytes FROM outbox
             WHERE state = 'queued' AND incarnation = $1 ORDER BY seq LIMIT $2",
        )
        .bind(life.incarnation.to_string())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(QueuedRow {
                    id: id(row, "op_id")?,
                    seq: row.try_get("seq")?,
                    group: group(row)?,
                    digest: row.try_get("digest")?,
                    bytes: row.try_get("bytes")?,
                })
            })
            .collect()
    }

    /// Every row of the outbox in the order of saving, at most `limit`.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_outbox(&self, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM outbox ORDER BY saved LIMIT $1").bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(outbox_row).collect()
    }

    /// The operations about one record in the order of saving.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_ops_about(&self, record: RecordId) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM outbox WHERE record = $1 ORDER BY saved")
            .bind(record.to_string())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(outbox_row).collect()
    }

    /// What people or late records made of this phone's operations, newest first: when it was told, and the sentence.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_outcomes(&self, limit: i64) -> Result<Vec<(Micros, OpId, String)>, StoreError> {
        let rows = sqlx::query("SELECT op_id, text_zh, told_at FROM outcomes ORDER BY told_at DESC, op_id LIMIT $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        let told = |row: &SqliteRow| Ok((instant(row, "told_at")?, id(row, "op_id")?, row.try_get("text_zh")?));
        rows.iter().map(told).collect()
    }

    /// How many operations are in each state; states with none are left out.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn count_by_state(&self) -> Result<Vec<(OpState, i64)>, StoreError> {
        let rows = sqlx::query("SELECT state, COUNT(*) AS n FROM outbox GROUP BY state ORDER BY state")
            .fetch_all(&self.pool)
            .await?;
        let counted = rows.iter().map(|row| {
            let state = OpState::find_by_code(row.try_get("state")?).ok_or(StoreError::Damaged("state"))?;
            Ok((state, row.try_get("n")?))
        });
        counted.collect()
    }

    /// Marks a refused operation as seen by the person. Nothing else changes; the row stays.
    ///
    /// # Errors
    /// `Database`.
    pub async fn acknowledge_refusal(&self, op: OpId) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET state = 'acknowledged' WHERE op_id = $1 AND state = 'refused'")
            .bind(op.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What a hello must know, and the digest of operation `seq` (`None` for the last one).
    pub(crate) async fn life_facts(&self, seq: Option<i64>) -> Result<(LifeFacts, Option<(i64, String)>), StoreError> {
        let mut tx = self.begin().await?;
        let life = read_life(&mut tx).await?;
        let row = sqlx::query(
            "SELECT MIN(CASE WHEN state = 'queued' THEN seq END) AS unanswered,
                    MIN(CASE WHEN state <> 'archived' THEN seq END) AS kept
             FROM outbox WHERE incarnation = $1",
        )
        .bind(life.incarnation.to_string())
        .fetch_one(&mut *tx)
        .await?;
        let facts = LifeFacts {
            last_seq: life.last_seq,
            first_unanswered: row.try_get::<Option<i64>, _>("unanswered")?.unwrap_or(life.last_seq + 1),
            first_kept: row.try_get::<Option<i64>, _>("kept")?.unwrap_or(life.last_seq + 1),
        };
        let row = sqlx::query("SELECT seq, digest FROM outbox WHERE incarnation = $1 AND seq = $2")
            .bind(life.incarnation.to_string())
            .bind(seq.unwrap_or(life.last_seq))
            .fetch_optional(&mut *tx)
            .await?;
        let named = row.map(|row| Ok::<_, StoreError>((row.try_get("seq")?, row.try_get("digest")?))).transpose()?;
        Ok((facts, named))
    }
}

/// An id in a column.
pub(super) fn id<T: std::str::FromStr>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StoreError::Damaged(column))
}

/// An instant in a column.
pub(super) fn instant(row: &SqliteRow, column: &'static str) -> Result<Micros, StoreError> {
    Micros::from_micros(row.try_get(column)?).map_err(|_| StoreError::Damaged(column))
}

fn group(row: &SqliteRow) -> Result<Group, StoreError> {
    let id: GroupId = id(row, "group_id")?;
    Ok(Group { id, i: row.try_get("group_i")?, n: row.try_get("group_n")? })
}

fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let result: Option<String> = row.try_get("result")?;
    Ok(OutboxRow {
        id: id(row, "op_id")?,
        incarnation: id(row, "incarnation")?,
        seq: row.try_get("seq")?,
        group: group(row)?,
        digest: row.try_get("digest")?,
        bytes: row.try_get("bytes")?,
        village: id(row, "village")?,
        record: id(row, "record")?,
        made_at: instant(row, "made_at")?,
        state: OpState::find_by_code(row.try_get("state")?).ok_or(StoreError::Damaged("state"))?,
        result: result.and_then(|text| serde_json::from_str(&text).ok()),
        seen: row.try_get("seen")?,
    })
}
