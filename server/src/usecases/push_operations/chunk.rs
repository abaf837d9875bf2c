//! One chunk, one transaction: lock the phone's sequence, tell replays from new operations, decide the new ones, store, and take the
//! villages' positions last.

use super::decide::{Fresh, decide_chunk};
use super::intake::{IncomingOp, PushBatch};
use super::{PushError, context, publish, store};
use crate::app::App;
use crate::crash;
use crate::usecases::caller::Caller;
use crate::usecases::open_installation::find_epoch;
use paicha_db::incarnations::{self, Incarnation, Seen};
use paicha_db::ops::{self, Quarantined, StoredAnswer};
use paicha_db::{DbError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use sync_protocol::merge::{Outcome, Status};
use sync_protocol::push::{OpResult, Stopped};
use sync_protocol::time::Micros;
use uuid::Uuid;

/// What a chunk came to.
#[derive(Debug)]
pub(super) struct ChunkEnd {
    /// The phone's sequence is stored up to here.
    pub(super) consumed: i64,
    /// Results in sequence.
    pub(super) results: Vec<OpResult>,
    /// The sequence has a hole.
    pub(super) stopped: Option<Stopped>,
}

/// Operations of a chunk, told apart.
struct Sorted<'a> {
    answered: Vec<OpResult>,
    fresh: Vec<Fresh<'a>>,
    quarantined: Vec<(&'a IncomingOp, i64, &'static str)>,
    consumed: i64,
    stopped: Option<Stopped>,
}

/// Runs one chunk. `without_effect` stores its new operations without deciding them: for those that made the decision fail.
pub(super) async fn run_chunk(
    app: &App,
    caller: &Caller,
    batch: &PushBatch,
    ops: &[IncomingOp],
    without_effect: bool,
) -> Result<ChunkEnd, PushError> {
    let received_at = app.now();
    crash::point("push.before_begin");
    let mut tx = app.database.begin_write().await?;
    let life = lock(&mut tx, batch, received_at).await?;
    crash::point("push.after_lock");
    let sorted = sort(&mut tx, batch.is_numbered_here(), ops, &life).await?;
    keep_quarantined(&mut tx, app, batch, &sorted, received_at).await?;
    let facts = context::load_facts(&mut tx, app, (caller, batch), &life, &sorted.fresh, received_at).await?;
    let decided = decide_chunk(&mut tx, &facts, &sorted.fresh, without_effect).await?;
    crash::point("push.after_decide");
    store::store_chunk(&mut tx, &decided, &life).await?;
    crash::point("push.after_store");
    let fresh_results = publish::publish_chunk(&mut tx, &decided).await?;
    crash::point("push.after_publish");
    incarnations::advance_incarnation(&mut tx, life.id, sorted.consumed, decided.last_event_at()).await?;
    crash::point("push.before_commit");
    tx.commit().await?;
    app.newest_event_us.fetch_max(decided.last_event_at().unwrap_or(0), Ordering::Relaxed);
    crash::point("push.after_commit");
    let mut results: Vec<OpResult> = sorted.answered.into_iter().chain(fresh_results).collect();
    results.sort_by_key(|result| result.seq);
    Ok(ChunkEnd { consumed: sorted.consumed, results, stopped: sorted.stopped })
}

async fn lock(tx: &mut Tx, batch: &PushBatch, received_at: Micros) -> Result<Incarnation, PushError> {
    // A life may only follow another of the same phone; otherwise naming somebody's life would make their work look seen.
    let parent = match batch.parent {
        Some(parent) => {
            incarnations::find_incarnation(tx, parent.0).await?.filter(|life| life.device == batch.device.0)
        }
        None => None,
    };
    let seen = Seen {
        id: batch.incarnation.0,
        device: batch.device.0,
        parent: parent.map(|parent| parent.id),
        // What it said includes what it sent.
        pending_total: (batch.pending_total - i64::try_from(batch.ops.len()).unwrap_or(i64::MAX)).max(0),
        app: batch.app_version.clone(),
        // Somebody else brings a rescue file: the phone was heard when it made it.
        at: batch.rescued.as_ref().map_or(received_at, |rescued| rescued.made_at.min(received_at)).as_micros(),
        // A life beside a phone's is never its newest: what the phone says of itself stands in its own.
        created_at: if batch.rescued.as_ref().is_some_and(|rescued| rescued.beside) {
            0
        } else {
            received_at.as_micros()
        },
    };
    let life = incarnations::lock_incarnation(tx, seen).await?;
    if life.device == batch.device.0 { Ok(life) } else { Err(PushError::IncarnationTaken) }
}

/// The name of this history, and how far the phone's sequence is stored.
pub(super) async fn consumed(app: &App, batch: &PushBatch) -> Result<(String, i64), DbError> {
    let mut tx = app.database.begin_read().await?;
    let epoch = find_epoch(&mut tx).await?;
    let life = incarnations::find_incarnation(&mut tx, batch.incarnation.0).await?;
    tx.rollback().await?;
    Ok((epoch, life.map_or(0, |life| life.consumed)))
}

/// What a life has in quarantine that is looked at when a chunk comes again; more than a phone that works can have.
const QUARANTINED_MAX: i64 = 500;

async fn sort<'a>(
    tx: &mut Tx,
    numbered_here: bool,
    ops: &'a [IncomingOp],
    life: &Incarnation,
) -> Result<Sorted<'a>, DbError> {
    let ids: Vec<Uuid> = ops.iter().map(|op| op.id.0).collect();
    let by_id: BTreeMap<Uuid, StoredAnswer> =
        ops::find_answers(tx, &ids).await?.into_iter().map(|answer| (answer.id, answer)).collect();
    let range = ops.first().map_or(0, |op| op.seq)..=ops.last().map_or(0, |op| op.seq).min(life.consumed);
    let (by_seq, kept) = if range.is_empty() || numbered_here {
        (BTreeMap::new(), Vec::new())
    } else {
        let answers = ops::list_answers(tx, life.id, *range.start(), *range.end()).await?;
        let by_seq: BTreeMap<i64, StoredAnswer> = answers.into_iter().map(|answer| (answer.seq, answer)).collect();
        (by_seq, ops::find_quarantined(tx, life.id, range, QUARANTINED_MAX).await?)
    };
    let mut sorted = Sorted {
        answered: Vec::new(),
        fresh: Vec::new(),
        quarantined: Vec::new(),
        consumed: life.consumed,
        stopped: None,
    };
    let mut new_ids = BTreeSet::new();
    for op in ops {
        let expected = sorted.consumed + 1;
        let known = by_id.get(&op.id.0);
        if numbered_here && known.is_some() {
            sorted.answered.extend(known.filter(|known| is_same(known, op)).and_then(|known| replay(op.seq, known)));
            continue;
        }
        let seq = if numbered_here { expected } else { op.seq };
        if seq > expected {
            sorted.stopped = Some(Stopped::Gap { expect: expected });
            break;
        }
        let stored = by_seq.get(&seq).filter(|stored| is_same(stored, op)).or(known.filter(|known| is_same(known, op)));
        let kept = kept.iter().find(|kept| kept.seq == seq && kept.op == op.id.0 && kept.digest == op.digest);
        if let Some(result) = stored.and_then(|stored| replay(seq, stored)) {
            sorted.answered.push(result);
        } else if let Some(kept) = kept {
            // As it was answered: another code would make the phone think that its sequence is used.
            sorted.answered.push(refusal(seq, &kept.code, true));
        } else if seq < expected {
            sorted.refuse(op, seq, "seq_reuse");
        } else if known.is_some() || !new_ids.insert(op.id) {
            sorted.refuse(op, seq, "id_reuse");
        } else {
            sorted.fresh.push(Fresh { op, seq });
        }
        sorted.consumed = sorted.consumed.max(seq);
    }
    Ok(sorted)
}

impl<'a> Sorted<'a> {
    fn refuse(&mut self, op: &'a IncomingOp, seq: i64, code: &'static str) {
        self.quarantined.push((op, seq, code));
        self.answered.push(refusal(seq, code, false));
    }
}

fn refusal(seq: i64, code: &str, replayed: bool) -> OpResult {
    OpResult { seq, outcome: Outcome::without_effect(Status::Refused, code), vrev: None, replayed }
}

fn is_same(stored: &StoredAnswer, op: &IncomingOp) -> bool {
    stored.id == op.id.0 && stored.digest == op.digest
}

fn replay(seq: i64, stored: &StoredAnswer) -> Option<OpResult> {
    let outcome: Outcome = serde_json::from_str(&stored.outcome).ok()?;
    Some(OpResult { seq, outcome, vrev: stored.vrev, replayed: true })
}

async fn keep_quarantined(
    tx: &mut Tx,
    app: &App,
    batch: &PushBatch,
    sorted: &Sorted<'_>,
    received_at: Micros,
) -> Result<(), DbError> {
    for (op, seq, code) in &sorted.quarantined {
        tracing::warn!(device = %batch.device, incarnation = %batch.incarnation, seq, op = %op.id, code, "kept in quarantine");
        let kept = Quarantined {
            id: app.ids.new_id(),
            op: op.id.0,
            device: batch.device.0,
            incarnation: batch.incarnation.0,
            seq: *seq,
            code: (*code).to_owned(),
            digest: op.digest.to_vec(),
            body: op.bytes.clone(),
            received_at: received_at.as_micros(),
        };
        ops::create_quarantined(tx, kept).await?;
    }
    Ok(())
}
