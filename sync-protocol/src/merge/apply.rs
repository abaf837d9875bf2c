//! The decision itself: one operation against the records it names. The parent function holds the branches, the leaves write one field
//! each. An operation either takes effect (its record's revision rises by one, even if no value changed) or has no effect at all.

use super::context::{Context, Scope};
use super::enterprise::is_foreign;
use super::fields::{FieldWrite, is_owner, set_field, write_fields};
use super::outcome::{End, FieldOutcome, Outcome, Settled, Status};
use super::photos::{attach, retract};
use super::standing::{Fate, fate_of};
use super::workflow::{link_duplicate, resolve, submit, transition};
use crate::ids::{IncarnationId, OpId, RecordId};
use crate::op::{Body, Op};
use crate::record::{Entry, Record, Register, Stamp, Standing};
use crate::schema::{KindSpec, find_kind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The records an operation may touch, loaded by the caller; those that do not exist are absent.
#[derive(Debug, Default, Clone)]
pub struct World {
    /// Records by id.
    pub records: BTreeMap<RecordId, Record>,
}

/// One operation as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// Its id.
    pub id: OpId,
    /// The phone database it was made in.
    pub incarnation: IncarnationId,
    /// Its place in that phone's sequence.
    pub seq: i64,
    /// What it says.
    pub op: &'a Op,
    /// What the server knew when it arrived.
    pub context: &'a Context,
}

impl Submission<'_> {
    pub(super) fn stamp(&self, rev: i64) -> Stamp {
        Stamp {
            op: self.id,
            incarnation: self.incarnation,
            seq: self.seq,
            rev,
            hlc: self.op.head.hlc.clone(),
            author: self.op.head.author,
            at: self.context.event.at,
            grade: self.context.event.grade,
        }
    }

    /// Who the author was and what they had seen of a record that is at `rev`. A phone cannot have seen more than there is.
    pub(super) fn standing(&self, rev: i64) -> Standing {
        Standing {
            roles: self.context.roles.clone(),
            uploader: Some(self.context.uploader).filter(|uploader| *uploader != self.op.head.author),
            base_rev: self.op.head.base_rev.min(rev),
            ancestors: self.context.ancestors.clone(),
        }
    }
}

/// Decides one operation and writes its effect into `world`.
pub fn decide(world: &mut World, submission: Submission<'_>) -> Outcome {
    let head = &submission.op.head;
    if submission.context.scope == Scope::Outside {
        return Outcome::without_effect(Status::Review, "out_of_scope");
    }
    let known = world.records.get(&head.record).map(|record| record.feed.clone());
    match (&submission.op.body, known) {
        (Body::Unknown, _) => Outcome::without_effect(Status::Held, "unknown_kind"),
        // Asked first, so that the answer does not depend on whether another village brought a record of that id earlier or later.
        (Body::Create(_), _) if created_kind(submission.op).is_none() => {
            Outcome::without_effect(Status::Held, "unknown_type")
        }
        (Body::Create(fields), None) => create(world, submission, fields),
        (Body::Create(_), Some(_)) => Outcome::without_effect(Status::Review, "already_exists"),
        (_, Some(feed)) if feed == head.village => change(world, submission),
        // A record of another village is answered like one that does not exist: no oracle for ids.
        (_, Some(_) | None) => {
            let mut outcome = Outcome::without_effect(Status::Held, "unknown_record");
            outcome.waits_for = Some(head.record);
            outcome
        }
    }
}

fn created_kind(op: &Op) -> Option<&'static KindSpec> {
    op.head.record_kind.as_deref().and_then(find_kind)
}

fn create(world: &mut World, submission: Submission<'_>, fields: &BTreeMap<String, Value>) -> Outcome {
    let head = &submission.op.head;
    let Some(kind) = created_kind(submission.op) else {
        return Outcome::without_effect(Status::Held, "unknown_type");
    };
    let stamp = submission.stamp(1);
    let mut record = empty_record(&submission, kind, head.record, stamp.clone());
    let mut outcomes = BTreeMap::new();
    for (name, value) in fields {
        let write = FieldWrite { name, base: None, value };
        let outcome = set_field(&mut record, kind, &submission, write, (&Standing::default(), &stamp));
        outcomes.extend(outcome.map(|outcome| (name.clone(), outcome)));
    }
    world.records.insert(record.id, record);
    finish(world, head.record, outcomes, [head.record].into())
}

pub(super) fn empty_record(submission: &Submission<'_>, kind: &KindSpec, id: RecordId, stamp: Stamp) -> Record {
    let mut fields = BTreeMap::new();
    if let Some(state) = kind.initial_state {
        let first = Entry { value: state.into(), village: None, via: None, saw: None, stamp: stamp.clone() };
        fields.insert("state".to_owned(), Register { entries: vec![first] });
    }
    Record {
        id,
        kind: kind.name.to_owned(),
        feed: submission.op.head.village.clone(),
        rev: stamp.rev,
        created: stamp,
        received_at: submission.context.received_at,
        submitted: None,
        fields,
        past: BTreeMap::new(),
        photos: BTreeMap::new(),
        pending: Vec::new(),
        additions: Vec::new(),
        decisions: Vec::new(),
    }
}

fn change(world: &mut World, submission: Submission<'_>) -> Outcome {
    let id = submission.op.head.record;
    let Some(mut record) = world.records.remove(&id) else {
        return Outcome::without_effect(Status::Held, "unknown_record");
    };
    let stamp = submission.stamp(record.rev + 1);
    let standing = submission.standing(record.rev);
    let mut changed: BTreeSet<RecordId> = [id].into();
    let foreign = is_foreign(&record, &submission, (&standing, &stamp));
    let waited: Vec<(OpId, String)> = waiting_ops(&record);
    let outcomes = match &submission.op.body {
        Body::Patch(set) => {
            let writes = set.iter().map(|(name, change)| (name, change.base.as_ref(), &change.new));
            write_fields(&mut record, &submission, writes, (&standing, &stamp), false)
        }
        Body::Supplement(fields) => {
            let writes = fields.iter().map(|(name, value)| (name, None, value));
            write_fields(&mut record, &submission, writes, (&standing, &stamp), true)
        }
        Body::Submit => {
            let owns = submission.context.server || is_owner(&record.created, &submission);
            submit(&mut record, owns, &standing, &stamp)
        }
        Body::Transition { .. } => transition(&mut record, submission.op, foreign, &standing, &stamp),
        Body::Resolve { target, verdict, reason } => {
            resolve(&mut record, (*target, *verdict), reason.as_ref(), &standing, &stamp)
        }
        Body::LinkDuplicate { survivor, reason } => {
            let survivor = (*survivor, foreign);
            link_duplicate(world, &mut record, survivor, reason.as_ref(), &standing, &stamp)
        }
        Body::PhotoAttach(photo) => attach(world, &mut record, &submission, (photo, foreign), &stamp, &mut changed),
        Body::PhotoRetract { photo, reason } => retract(&mut record, *photo, reason.as_ref(), &standing, &stamp),
        Body::Create(_) | Body::Unknown => BTreeMap::new(),
    };
    record.rev = stamp.rev;
    let settles = settled(&record, waited);
    world.records.insert(id, record);
    let mut outcome = finish(world, id, outcomes, changed);
    outcome.settles = settles;
    outcome
}

fn waiting_ops(record: &Record) -> Vec<(OpId, String)> {
    record.waiting().into_iter().map(|waiting| (waiting.stamp.op, waiting.field.to_owned())).collect()
}

/// What became of the operations that waited before and do not any more.
fn settled(record: &Record, waited: Vec<(OpId, String)>) -> Vec<Settled> {
    if waited.is_empty() {
        return Vec::new();
    }
    let waits = waiting_ops(record);
    let ended = waited.into_iter().filter(|known| !waits.contains(known));
    let end = |(op, field): (OpId, String)| {
        let end = match fate_of(record, op, &field) {
            Fate::Stands(_) => End::Approved,
            Fate::Refused => End::Refused,
            Fate::Waits | Fate::Lacks(_) => End::Overtaken,
        };
        Settled { op, field, end }
    };
    ended.map(end).collect()
}

fn finish(world: &World, id: RecordId, fields: BTreeMap<String, FieldOutcome>, changed: BTreeSet<RecordId>) -> Outcome {
    let record = world.records.get(&id);
    let mut incomplete: Vec<String> =
        record.map(|record| record.incomplete().into_iter().map(str::to_owned).collect()).unwrap_or_default();
    if let Some(record) = record.filter(|_| fields.get("state") == Some(&FieldOutcome::Lacks)) {
        incomplete.extend(record.waiting().into_iter().flat_map(|waiting| waiting.lacks));
        incomplete.sort_unstable();
        incomplete.dedup();
    }
    Outcome {
        status: fields.values().map(|outcome| outcome.status()).max().unwrap_or(Status::Applied),
        reason: None,
        rev: record.map(|record| record.rev),
        fields,
        incomplete,
        waits_for: None,
        changed,
        settles: Vec::new(),
    }
}
