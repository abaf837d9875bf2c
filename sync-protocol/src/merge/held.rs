//! Operations that name a record nobody has seen yet. They wait, stored, and are decided in the same transaction that brings the record,
//! in an order that respects each phone's own sequence. Pure: the caller loads the waiting ones beside the records.

use super::apply::{Submission, World, decide};
use super::context::Context;
use super::outcome::{Outcome, Status};
use crate::ids::{IncarnationId, OpId, RecordId};
use crate::op::Op;
use std::collections::{BTreeMap, VecDeque};

/// One stored operation that waits for a record.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub id: OpId,
    /// The phone database it was made in.
    pub incarnation: IncarnationId,
    /// Its place in that phone's sequence.
    pub seq: i64,
    /// What it says.
    pub op: Op,
    /// What the server knew when it arrived.
    pub context: Context,
}

/// A waiting operation that has now been decided.
#[derive(Debug, Clone)]
pub struct Released {
    /// Its id.
    pub id: OpId,
    /// What it came to.
    pub outcome: Outcome,
}

/// Decides one operation and then everything that waited for the records it may have brought (its own, and a photo it declares).
/// An operation that is held now joins `held`.
pub fn decide_and_release(
    world: &mut World,
    held: &mut BTreeMap<RecordId, Vec<Held>>,
    submission: Submission<'_>,
) -> (Outcome, Vec<Released>) {
    let absent = absent_records(world, submission.op);
    let outcome = decide(world, submission);
    if let Some(record) = outcome.waits_for {
        held.entry(record).or_default().push(Held {
            id: submission.id,
            incarnation: submission.incarnation,
            seq: submission.seq,
            op: submission.op.clone(),
            context: submission.context.clone(),
        });
    }
    let brought = absent.into_iter().filter(|id| world.records.contains_key(id)).collect();
    let released = release(world, held, brought);
    (outcome, released)
}

fn absent_records(world: &World, op: &Op) -> Vec<RecordId> {
    op.records().into_iter().filter(|id| !world.records.contains_key(id)).collect()
}

/// Decides what waited for the records in `brought`, and what waited for the records that those operations bring in turn.
fn release(
    world: &mut World,
    held: &mut BTreeMap<RecordId, Vec<Held>>,
    mut brought: VecDeque<RecordId>,
) -> Vec<Released> {
    let mut released = Vec::new();
    while let Some(record) = brought.pop_front() {
        let mut waiting = held.remove(&record).unwrap_or_default();
        waiting.sort_by_key(|held| (held.incarnation, held.seq));
        for held_op in waiting {
            let submission = Submission {
                id: held_op.id,
                incarnation: held_op.incarnation,
                seq: held_op.seq,
                op: &held_op.op,
                context: &held_op.context,
            };
            let absent = absent_records(world, &held_op.op);
            let outcome = decide(world, submission);
            if outcome.status == Status::Held {
                held.entry(record).or_default().push(held_op);
            } else {
                brought.extend(absent.into_iter().filter(|id| world.records.contains_key(id)));
                released.push(Released { id: held_op.id, outcome });
            }
        }
    }
    released
}
