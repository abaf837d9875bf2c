//! Loads the records that a chunk's operations name, and lets the pure merge decide each in turn. What comes out is everything that has
//! to be written; nothing has been written yet.

use super::context::Facts;
use super::intake::IncomingOp;
use paicha_db::records::RecordRow;
use paicha_db::{DbError, Tx, ops, records};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::canonical::to_json;
use sync_protocol::ids::{FeedId, OpId, RecordId};
use sync_protocol::merge::{
    Context, Held, Outcome, Released, Scope, Settled, Status, Submission, World, decide_and_release,
};
use sync_protocol::op::{Body, Group, Op};
use sync_protocol::record::Record;
use uuid::Uuid;

/// An operation that is new to this server, with its place in the phone's sequence.
pub(super) struct Fresh<'a> {
    pub(super) op: &'a IncomingOp,
    pub(super) seq: i64,
}

/// One operation, decided.
pub(super) struct DecidedOp<'a> {
    pub(super) incoming: &'a IncomingOp,
    pub(super) seq: i64,
    /// Ledger it goes to.
    pub(super) feed: FeedId,
    /// Stored context, as JSON.
    pub(super) context: String,
    pub(super) outcome: Outcome,
    /// Earlier operations that waited for the record it brought.
    pub(super) released: Vec<ReleasedOp>,
}

impl DecidedOp<'_> {
    /// Earlier operations that waited for people and do not any more.
    pub(super) fn settles(&self) -> impl Iterator<Item = &Settled> {
        let released = self.released.iter().flat_map(|released| &released.outcome.settles);
        self.outcome.settles.iter().chain(released)
    }
}

/// An operation that had been waiting.
pub(super) struct ReleasedOp {
    pub(super) id: OpId,
    pub(super) digest: [u8; 32],
    pub(super) context: String,
    pub(super) outcome: Outcome,
}

/// Everything a chunk decided.
pub(super) struct DecidedChunk<'a> {
    pub(super) ops: Vec<DecidedOp<'a>>,
    /// Records as they are now; only changed ones are written.
    pub(super) world: World,
    /// Revision of each record that existed before.
    pub(super) before: BTreeMap<RecordId, i64>,
    pub(super) received_at: i64,
    last_event_at: Option<i64>,
}

impl DecidedChunk<'_> {
    /// Event time of the phone's newest operation, microseconds UTC.
    pub(super) fn last_event_at(&self) -> Option<i64> {
        self.last_event_at
    }

    /// Ids of all records that changed, in order.
    pub(super) fn changed(&self) -> BTreeSet<RecordId> {
        let released = self.ops.iter().flat_map(|op| op.released.iter().map(|released| &released.outcome));
        let outcomes = self.ops.iter().map(|op| &op.outcome).chain(released);
        outcomes.flat_map(|outcome| outcome.changed.iter().copied()).collect()
    }

    /// Ids of the records that this chunk made.
    pub(super) fn created(&self) -> BTreeSet<RecordId> {
        self.changed().into_iter().filter(|id| !self.before.contains_key(id)).collect()
    }
}

struct Waiting {
    held: BTreeMap<RecordId, Vec<Held>>,
    digests: BTreeMap<OpId, [u8; 32]>,
    /// As stored: a released operation keeps the one it arrived with.
    contexts: BTreeMap<OpId, String>,
}

/// Decides a chunk's new operations in order.
pub(super) async fn decide_chunk<'a>(
    tx: &mut Tx,
    facts: &Facts<'_>,
    fresh: &[Fresh<'a>],
    without_effect: bool,
) -> Result<DecidedChunk<'a>, DbError> {
    let mut facts = facts.clone();
    let mut waiting = load_waiting(tx, fresh).await?;
    let (mut world, before) = load_world(tx, fresh, &waiting).await?;
    let mut decided = Vec::with_capacity(fresh.len());
    let mut refused_groups = refused_groups(fresh);
    refused_groups.extend(facts.broken_groups());
    for Fresh { op: incoming, seq } in fresh {
        let held_by_group = incoming.group.is_some_and(|group| refused_groups.contains(&group.id));
        let (feed, context, verdict) = judge(&mut facts, incoming, held_by_group, without_effect);
        let context_text = to_json(&context);
        waiting.digests.insert(incoming.id, incoming.digest);
        let (outcome, released) = match (&incoming.op, verdict) {
            (Ok(op), None) => {
                let submission =
                    Submission { id: incoming.id, incarnation: facts.incarnation(), seq: *seq, op, context: &context };
                let (outcome, released) = decide_and_release(&mut world, &mut waiting.held, submission);
                if outcome.waits_for.is_some() {
                    waiting.contexts.insert(incoming.id, context_text.clone());
                }
                (outcome, released.into_iter().map(|released| with_digest(released, &waiting)).collect())
            }
            (Ok(_), Some(outcome)) => (outcome, Vec::new()),
            (Err(_), verdict) => {
                (verdict.unwrap_or_else(|| Outcome::without_effect(Status::Refused, "unreadable")), Vec::new())
            }
        };
        decided.push(DecidedOp { incoming, seq: *seq, feed, context: context_text, outcome, released });
    }
    Ok(DecidedChunk {
        ops: decided,
        world,
        before,
        received_at: facts.received_at().as_micros(),
        last_event_at: facts.last_event_at(),
    })
}

fn with_digest(released: Released, waiting: &Waiting) -> ReleasedOp {
    ReleasedOp {
        id: released.id,
        digest: waiting.digests.get(&released.id).copied().unwrap_or_default(),
        context: waiting.contexts.get(&released.id).cloned().unwrap_or_default(),
        outcome: released.outcome,
    }
}

/// Where an operation goes, what is known about it, and the outcome when it is not to be decided at all.
fn judge(
    facts: &mut Facts<'_>,
    incoming: &IncomingOp,
    held_by_group: bool,
    without_effect: bool,
) -> (FeedId, Context, Option<Outcome>) {
    let Ok(op) = &incoming.op else {
        let outcome = Outcome::without_effect(Status::Refused, "unreadable");
        return (FeedId::quarantine(), facts.unreadable(), Some(outcome));
    };
    let known = facts.knows_feed(&op.head.village);
    let feed = if known { op.head.village.clone() } else { FeedId::quarantine() };
    let mut context = facts.of(incoming.id, op);
    let outcome = if !incoming.digest_fits {
        Some(Outcome::without_effect(Status::Refused, "wrong_digest"))
    } else if held_by_group {
        Some(Outcome::without_effect(Status::Held, "group_refused"))
    } else if without_effect {
        Some(Outcome::without_effect(Status::Review, "server_fault"))
    } else if !known {
        context.scope = Scope::Outside;
        Some(Outcome::without_effect(Status::Review, "unknown_village"))
    } else {
        None
    };
    (feed, context, outcome)
}

/// Groups with a member that cannot be read: they stand or fall together.
fn refused_groups(fresh: &[Fresh<'_>]) -> BTreeSet<sync_protocol::ids::GroupId> {
    let refused = fresh.iter().filter(|fresh| fresh.op.op.is_err() || !fresh.op.digest_fits);
    refused.filter_map(|fresh| fresh.op.group.map(|Group { id, .. }| id)).collect()
}

/// The record that an operation may bring: one it creates, or a photo it declares.
fn brings(op: &Op) -> Option<Uuid> {
    match &op.body {
        Body::Create(_) => Some(op.head.record.0),
        Body::PhotoAttach(photo) => Some(photo.photo.0),
        Body::Patch(_)
        | Body::Transition { .. }
        | Body::Resolve { .. }
        | Body::LinkDuplicate { .. }
        | Body::Submit
        | Body::Supplement(_)
        | Body::PhotoRetract { .. }
        | Body::Unknown => None,
    }
}

/// Waiting operations read at a time. All of them are released with the record they wait for: in part would let a later operation of the
/// same phone overtake an earlier one.
const WAITING_AT_ONCE: i64 = 500;

async fn load_waiting(tx: &mut Tx, fresh: &[Fresh<'_>]) -> Result<Waiting, DbError> {
    let mut waiting = Waiting { held: BTreeMap::new(), digests: BTreeMap::new(), contexts: BTreeMap::new() };
    let mut asked: BTreeSet<Uuid> = fresh.iter().filter_map(|fresh| brings(fresh.op.op.as_ref().ok()?)).collect();
    let mut brought: Vec<Uuid> = asked.iter().copied().collect();
    // What waits may itself declare photos that others wait for, so ask again until nothing new is named.
    while !brought.is_empty() {
        let (named, mut after) = (std::mem::take(&mut brought), None);
        loop {
            let rows = ops::list_waiting(tx, &named, after, WAITING_AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.incarnation, last.seq));
            for row in rows {
                brought.extend(waiting.take(row).filter(|id| asked.insert(*id)));
            }
        }
    }
    Ok(waiting)
}

impl Waiting {
    /// Takes a stored operation that waits; answers the record that it may bring in turn.
    fn take(&mut self, row: ops::NewOp) -> Option<Uuid> {
        let op = Op::parse(&row.body).ok()?;
        let context = serde_json::from_str(&row.context).ok()?;
        let (record, id) = (RecordId::from(row.waits_for?), OpId::from(row.id));
        let brought = brings(&op);
        self.digests.insert(id, digest_of(&row.digest));
        self.contexts.insert(id, row.context);
        let held = Held { id, incarnation: row.incarnation.into(), seq: row.seq, op, context };
        self.held.entry(record).or_default().push(held);
        brought
    }
}

/// Thirty-two bytes; anything else cannot be a stored digest and compares unequal to all.
pub(super) fn digest_of(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or_default()
}

async fn load_world(
    tx: &mut Tx,
    fresh: &[Fresh<'_>],
    waiting: &Waiting,
) -> Result<(World, BTreeMap<RecordId, i64>), DbError> {
    let named = fresh.iter().filter_map(|fresh| fresh.op.op.as_ref().ok()).flat_map(Op::records);
    let awaited = waiting.held.values().flatten().flat_map(|held| held.op.records());
    let ids: BTreeSet<Uuid> = named.chain(awaited).map(|id| id.0).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut world = World::default();
    for row in records::lock_records(tx, &ids).await? {
        let record = read_record(&row)?;
        world.records.insert(record.id, record);
    }
    let before = world.records.values().map(|record| (record.id, record.rev)).collect();
    Ok((world, before))
}

/// A stored record.
///
/// # Errors
/// `Corrupt` when the stored state is not one this code wrote.
pub(crate) fn read_record(row: &RecordRow) -> Result<Record, DbError> {
    serde_json::from_str(&row.state).map_err(|error| DbError::Corrupt { source: Box::new(error) })
}
