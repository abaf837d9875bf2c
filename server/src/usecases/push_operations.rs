//! Takes a batch of operations from a phone (protocol 3.3): a short parent of named steps. Each chunk is one transaction that ends with
//! the villages' counters; what is answered is committed. It runs in a task of its own, so a phone that hangs up cannot leave it half
//! done. What a newcomer gets wrong: nothing in here decides what an operation means; `sync_protocol::merge` does.

mod chunk;
mod console;
mod context;
mod decide;
mod intake;
mod publish;
mod store;

pub use console::{console_op, new_console_op, patch, push_console_operations};
pub use context::{GRACE_DAYS, seal_anchor};
pub(crate) use decide::read_record;
pub use intake::{IncomingOp, PushBatch, Rescued, groups, rescued_life};
pub use store::store_projections;

use crate::app::App;
use crate::usecases::caller::Caller;
use chunk::{ChunkEnd, run_chunk};
use intake::plan_chunks;
use paicha_db::DbError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use sync_protocol::ids::RecordId;
use sync_protocol::limits::{CHUNK_ATTEMPTS_MAX, PUSH_BUDGET_US, PUSH_OPS_MAX};
use sync_protocol::op::Op;
use sync_protocol::push::{OpResult, Stopped};
use sync_protocol::time::{DAY_US, Micros};

/// What a push came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// This history.
    pub epoch: String,
    /// Every operation up to here is stored.
    pub consumed_to: i64,
    /// Results in sequence.
    pub results: Vec<OpResult>,
    /// Why there are fewer results than operations.
    pub stopped: Option<Stopped>,
    /// Seconds the phone should wait.
    pub backoff_s: i64,
}

/// Why a batch was not looked at; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// More operations than a batch may have.
    #[error("the batch has too many operations")]
    TooManyOps,
    /// The token belongs to another phone than the envelope.
    #[error("the envelope names another device than the token")]
    WrongDevice,
    /// The incarnation belongs to another phone: this one was cloned.
    #[error("the incarnation belongs to another device")]
    IncarnationTaken,
    /// The database cannot be used now; the phone keeps everything and tries again.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// This machine's clock contradicts this phone and what all phones said before; the phone keeps everything until it is set right.
    #[error("the clock of the server contradicts the phones")]
    ClockWrong,
    /// The task that runs the push died.
    #[error("the push task ended early")]
    Interrupted,
}

/// Takes the batch; survives the caller's going away.
///
/// # Errors
/// [`PushError`]; what was answered before stays stored.
pub async fn push_operations(app: Arc<App>, caller: Caller, batch: PushBatch) -> Result<Pushed, PushError> {
    if batch.ops.len() > PUSH_OPS_MAX {
        return Err(PushError::TooManyOps);
    }
    if !caller.server && caller.device != Some(batch.device) {
        return Err(PushError::WrongDevice);
    }
    let task = tokio::spawn(async move { push_chunks(&app, &caller, batch).await });
    task.await.map_err(|_| PushError::Interrupted)?
}

async fn push_chunks(app: &App, caller: &Caller, batch: PushBatch) -> Result<Pushed, PushError> {
    let started_us = app.clock.now_us();
    if let Some(clock) = &batch.clock
        && clock_contradicts(app, clock.wall)
    {
        tracing::error!(device = %batch.device, phone = %clock.wall, server = %app.now(),
            "ALARM: this machine's clock contradicts this phone and the phones before it; nothing is taken in until it is set right");
        return Err(PushError::ClockWrong);
    }
    let (chunks, mut stopped) = plan_chunks(&batch.ops);
    let mut results = Vec::with_capacity(batch.ops.len());
    let mut consumed_to = None;
    for chunk in chunks {
        let first = batch.ops[chunk.start].seq;
        if app.clock.now_us() - started_us > PUSH_BUDGET_US {
            stopped = Some(Stopped::Budget { expect: first });
            break;
        }
        match try_chunk(app, caller, &batch, &batch.ops[chunk]).await {
            Ok(ChunkEnd { consumed, results: more, stopped: end }) => {
                consumed_to = Some(consumed);
                results.extend(more);
                if end.is_some() {
                    stopped = end;
                    break;
                }
            }
            Err(PushError::Database(error)) if error.is_retryable() => {
                stopped = Some(Stopped::Busy { expect: first });
                break;
            }
            // What is committed is answered; the phone meets the failure again with its next batch.
            Err(error) if !results.is_empty() => {
                tracing::error!(%error, device = %batch.device, seq = first, "a chunk failed after others were stored");
                stopped = Some(Stopped::Busy { expect: first });
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let (epoch, stored_to) = chunk::consumed(app, &batch).await?;
    let consumed_to = consumed_to.unwrap_or(stored_to);
    // A group that the unreadable entry cut is cut for that reason.
    if batch.cut_off && matches!(stopped, None | Some(Stopped::GroupCut { .. })) {
        stopped = Some(Stopped::Unreadable { expect: consumed_to + 1 });
    }
    let backoff_s = if matches!(stopped, Some(Stopped::Busy { .. })) { BUSY_BACKOFF_S } else { 0 };
    app.photos_waiting.notify_one();
    Ok(Pushed { epoch, consumed_to, results, stopped, backoff_s })
}

/// How far clocks may differ before somebody must set one.
const CLOCK_APART_US: i64 = DAY_US;
/// After so long without any phone nobody can tell a jump of this machine's clock from a rest.
const CLOCK_JUMP_US: i64 = 30 * DAY_US;

/// Whether the phone and what phones said before agree that this machine's clock is wrong: it fell behind what was known (an empty battery),
/// or ran ahead while the phone goes on from where the others were. Work would be dated by it, in another month, for ever.
fn clock_contradicts(app: &App, wall: Micros) -> bool {
    let known_us = app.newest_event_us.load(Ordering::Relaxed);
    let Ok(known) = Micros::from_micros(known_us) else { return false };
    if known_us == 0 {
        return false;
    }
    let (ahead, since) = (wall.since(app.now()), app.now().since(known));
    let fell_back = ahead > CLOCK_APART_US && since < -CLOCK_APART_US;
    let ran_ahead = ahead < -CLOCK_APART_US && since > CLOCK_JUMP_US && wall.since(known) > -CLOCK_APART_US;
    fell_back || ran_ahead
}

/// Seconds a phone waits when the database was busy.
const BUSY_BACKOFF_S: i64 = 5;

/// One chunk, again after deadlocks and lock time-outs, then group by group when something else goes wrong, so that one poisonous
/// operation cannot stop a phone.
async fn try_chunk(app: &App, caller: &Caller, batch: &PushBatch, ops: &[IncomingOp]) -> Result<ChunkEnd, PushError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match run_chunk(app, caller, batch, ops, false).await {
            Err(PushError::Database(error)) if repeats(&error) && attempt < CHUNK_ATTEMPTS_MAX => {
                tokio::time::sleep(jitter(app, attempt)).await;
            }
            Err(PushError::Database(error)) if is_poison(&error) => {
                tracing::error!(%error, device = %batch.device, "a chunk cannot be stored; trying group by group");
                return isolate(app, caller, batch, ops).await;
            }
            end => return end,
        }
    }
}

/// Two phones may make the same record at once; the second finds it when it tries again.
fn repeats(error: &DbError) -> bool {
    error.is_retryable() || matches!(error, DbError::UniqueViolation)
}

/// Whether the cause is in the operations rather than in the database's health.
fn is_poison(error: &DbError) -> bool {
    matches!(
        error,
        DbError::UniqueViolation
            | DbError::ForeignKey
            | DbError::CheckViolation
            | DbError::InvalidValue { .. }
            | DbError::Decode { .. }
            | DbError::Corrupt { .. }
            | DbError::Other(_)
    )
}

fn jitter(app: &App, attempt: u32) -> std::time::Duration {
    let random = u64::from(app.ids.secret_bytes()[0]);
    std::time::Duration::from_millis(u64::from(attempt) * 10 + random / 4)
}

/// Every group alone; one that still fails is stored without effect and a person is asked.
async fn isolate(app: &App, caller: &Caller, batch: &PushBatch, ops: &[IncomingOp]) -> Result<ChunkEnd, PushError> {
    let mut whole = ChunkEnd { consumed: 0, results: Vec::new(), stopped: None };
    for group in intake::groups(ops) {
        let alone = &ops[group];
        let end = match run_chunk(app, caller, batch, alone, false).await {
            Err(PushError::Database(error)) if is_poison(&error) => {
                tracing::error!(%error, device = %batch.device, op = %alone[0].id, "stored without effect");
                run_chunk(app, caller, batch, alone, true).await?
            }
            end => end?,
        };
        whole.consumed = end.consumed;
        whole.results.extend(end.results);
        if end.stopped.is_some() {
            whole.stopped = end.stopped;
            break;
        }
    }
    Ok(whole)
}

/// Stores operations that the server itself makes: what jobs find, what timers do. Their numbers in the server's own sequence are given
/// in the transaction. Ids are the caller's, so doing it twice does nothing.
///
/// # Errors
/// [`PushError`]; then nothing was stored.
pub async fn push_server_operations(app: &App, ops: Vec<(uuid::Uuid, Op)>) -> Result<Vec<OpResult>, PushError> {
    let installation = &app.installation;
    let caller = Caller {
        user: installation.user,
        device: Some(installation.device),
        grants: Vec::new(),
        scope_version: 0,
        server: true,
    };
    let batch = PushBatch::of_server(installation, ops);
    let mut results = Vec::new();
    for chunk in plan_chunks(&batch.ops).0 {
        results.extend(try_chunk(app, &caller, &batch, &batch.ops[chunk]).await?.results);
    }
    Ok(results)
}

/// A server-made operation that sets fields of a record.
pub fn server_patch(
    app: &App,
    feed: sync_protocol::ids::FeedId,
    record: RecordId,
    set: Vec<(&str, serde_json::Value)>,
) -> Op {
    context::server_patch(app, feed, record, set)
}
