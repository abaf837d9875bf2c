//! The decision itself: one operation against the records it names. The parent function holds the branches, the leaves write one field
//! each. An operation either takes effect (its record's revision rises by one, even if no value changed) or has no effect at all.

use super::context::{Context, Scope};
use super::outcome::{FieldOutcome, Outcome, Status};
use super::register::{is_safer, write};
use super::view::{self, shown_field};
use crate::ids::{IncarnationId, OpId, RecordId};
use crate::limits::{ASIDES_MAX, RECORD_PHOTOS_MAX};
use crate::op::{Body, Op, PhotoAttach};
use crate::record::{Addition, Entry, Pending, Record, Register, Stamp, Via, Withdrawal};
use crate::schema::{KindSpec, MergeRule, Ownership, Writers, find_kind};
use crate::workflow::find_edge;
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
    fn stamp(&self, rev: i64) -> Stamp {
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

    /// Whether the author had seen what `stamp` wrote, given the newest revision of that record they had.
    fn had_seen(&self, stamp: &Stamp, base_rev: i64) -> bool {
        stamp.rev <= base_rev
            || (stamp.incarnation == self.incarnation && stamp.seq < self.seq)
            || self.context.ancestors.contains(&stamp.incarnation)
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
        let outcome =
            set_field(&mut record, kind, &submission, FieldWrite { name, base: None, value, base_rev: 0 }, &stamp);
        outcomes.extend(outcome.map(|outcome| (name.clone(), outcome)));
    }
    world.records.insert(record.id, record);
    finish(world, head.record, outcomes, [head.record].into())
}

fn empty_record(submission: &Submission<'_>, kind: &KindSpec, id: RecordId, stamp: Stamp) -> Record {
    let mut fields = BTreeMap::new();
    if let Some(state) = kind.initial_state {
        let first = Entry { value: state.into(), village: None, via: None, stamp: stamp.clone() };
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
        photos: BTreeMap::new(),
        pending: Vec::new(),
        additions: Vec::new(),
    }
}

fn change(world: &mut World, submission: Submission<'_>) -> Outcome {
    let id = submission.op.head.record;
    let Some(mut record) = world.records.remove(&id) else {
        return Outcome::without_effect(Status::Held, "unknown_record");
    };
    let stamp = submission.stamp(record.rev + 1);
    let mut changed: BTreeSet<RecordId> = [id].into();
    let outcomes = match &submission.op.body {
        Body::Patch(set) => {
            let writes = set.iter().map(|(name, change)| (name, change.base.as_ref(), &change.new));
            write_fields(&mut record, &submission, writes, &stamp, false)
        }
        Body::Supplement(fields) => {
            write_fields(&mut record, &submission, fields.iter().map(|(name, value)| (name, None, value)), &stamp, true)
        }
        Body::Submit => submit(&mut record, &stamp),
        Body::Transition { from, to, reason } => {
            transition(&mut record, &submission, (from, to), reason.as_ref(), &stamp)
        }
        Body::PhotoAttach(photo) => attach(world, &mut record, &submission, photo, &stamp, &mut changed),
        Body::PhotoRetract { photo, reason } => retract(&mut record, &submission, *photo, reason.as_ref(), &stamp),
        Body::Create(_) | Body::Unknown => BTreeMap::new(),
    };
    record.rev = stamp.rev;
    world.records.insert(id, record);
    finish(world, id, outcomes, changed)
}

fn finish(world: &World, id: RecordId, fields: BTreeMap<String, FieldOutcome>, changed: BTreeSet<RecordId>) -> Outcome {
    let record = world.records.get(&id);
    Outcome {
        status: fields.values().map(|outcome| outcome.status()).max().unwrap_or(Status::Applied),
        reason: None,
        rev: record.map(|record| record.rev),
        fields,
        incomplete: record
            .map(|record| record.incomplete().into_iter().map(str::to_owned).collect())
            .unwrap_or_default(),
        waits_for: None,
        changed,
    }
}

/// One value on its way into one field.
struct FieldWrite<'a> {
    name: &'a str,
    base: Option<&'a Value>,
    value: &'a Value,
    base_rev: i64,
}

fn write_fields<'a>(
    record: &mut Record,
    submission: &Submission<'_>,
    writes: impl Iterator<Item = (&'a String, Option<&'a Value>, &'a Value)>,
    stamp: &Stamp,
    supplement: bool,
) -> BTreeMap<String, FieldOutcome> {
    let Some(kind) = find_kind(&record.kind) else { return BTreeMap::new() };
    let only_adds = supplement || !may_change(record, kind, submission);
    let mut outcomes = BTreeMap::new();
    for (name, base, value) in writes {
        let write = FieldWrite { name, base, value, base_rev: submission.op.head.base_rev };
        let gathers = kind.find_field(name).is_some_and(|field| {
            matches!(field.rule, MergeRule::Union | MergeRule::BestFix | MergeRule::ServerOnly)
                || field.name.ends_with(".*") && matches!(field.rule, MergeRule::MaxDanger(_))
        });
        let outcome = if only_adds && !gathers {
            Some(add(record, &write, stamp))
        } else {
            set_field(record, kind, submission, write, stamp)
        };
        outcomes.extend(outcome.map(|outcome| (name.clone(), outcome)));
    }
    outcomes
}

/// An event record belongs to the phone that made it until that phone submits it; the answer depends on that phone's own sequence only,
/// never on what happened to arrive first.
fn may_change(record: &Record, kind: &KindSpec, submission: &Submission<'_>) -> bool {
    let owner = |stamp: &Stamp| {
        stamp.incarnation == submission.incarnation || submission.context.ancestors.contains(&stamp.incarnation)
    };
    match kind.ownership {
        Ownership::Shared => true,
        Ownership::UntilSubmitted => {
            submission.context.server || (owner(&record.created) && record.submitted.is_none())
        }
    }
}

fn add(record: &mut Record, write: &FieldWrite<'_>, stamp: &Stamp) -> FieldOutcome {
    if record.additions.len() >= ASIDES_MAX {
        return FieldOutcome::TooMany;
    }
    let addition = Addition { field: write.name.to_owned(), value: write.value.clone(), stamp: stamp.clone() };
    let key = |addition: &Addition| (addition.stamp.hlc.clone(), addition.stamp.op, addition.field.clone());
    let at = record.additions.partition_point(|old| key(old) < key(&addition));
    record.additions.insert(at, addition);
    FieldOutcome::Addition
}

fn set_field(
    record: &mut Record,
    kind: &KindSpec,
    submission: &Submission<'_>,
    field: FieldWrite<'_>,
    stamp: &Stamp,
) -> Option<FieldOutcome> {
    let spec = kind.find_field(field.name);
    let refusal = match spec {
        Some(spec) if spec.writers == Writers::Server && !submission.context.server => {
            return Some(FieldOutcome::ServerOnly);
        }
        Some(spec) if spec.writers == Writers::Declaration && !matches!(submission.op.body, Body::PhotoAttach(_)) => {
            Some(FieldOutcome::NotAllowed)
        }
        Some(_) if field.name == "state" && kind.initial_state.is_some() => Some(FieldOutcome::IllegalTransition),
        Some(spec) if !spec.holds.accepts(field.value) => Some(FieldOutcome::InvalidValue),
        Some(spec) if is_safer(spec.rule, field.base, field.value) => Some(FieldOutcome::Proposal),
        Some(_) | None => None,
    };
    if let Some(refusal) = refusal {
        return Some(set_aside(record, refusal, field.name, (field.base, field.value), None, stamp));
    }
    let village = match field.name {
        "fix" | "point" => submission.context.fix_village.clone(),
        "place" => submission.context.place_village.clone(),
        _ => None,
    };
    let entry = Entry { value: field.value.clone(), village, via: None, stamp: stamp.clone() };
    let register = record.fields.entry(field.name.to_owned()).or_default();
    let outcome = write(register, spec.map(|spec| spec.rule), entry, |old| submission.had_seen(old, field.base_rev));
    outcome.or(if spec.is_none() { Some(FieldOutcome::UnknownField) } else { None })
}

fn set_aside(
    record: &mut Record,
    why: FieldOutcome,
    field: &str,
    (base, value): (Option<&Value>, &Value),
    reason: Option<&String>,
    stamp: &Stamp,
) -> FieldOutcome {
    if record.pending.len() >= ASIDES_MAX {
        return FieldOutcome::TooMany;
    }
    let pending = Pending {
        why,
        field: field.to_owned(),
        base: base.cloned(),
        value: value.clone(),
        reason: reason.cloned(),
        stamp: stamp.clone(),
    };
    let key = |pending: &Pending| (pending.stamp.hlc.clone(), pending.stamp.op, pending.field.clone());
    let at = record.pending.partition_point(|old| key(old) < key(&pending));
    record.pending.insert(at, pending);
    why
}

fn submit(record: &mut Record, stamp: &Stamp) -> BTreeMap<String, FieldOutcome> {
    let earlier = record.submitted.as_ref().is_some_and(|old| old.order() <= stamp.order());
    if !earlier {
        record.submitted = Some(stamp.clone());
    }
    BTreeMap::new()
}

fn transition(
    record: &mut Record,
    submission: &Submission<'_>,
    (from, to): (&str, &str),
    reason: Option<&String>,
    stamp: &Stamp,
) -> BTreeMap<String, FieldOutcome> {
    let edge = find_kind(&record.kind).and_then(|kind| kind.initial_state).and_then(|_| find_edge(from, to));
    let refusal = match edge {
        None => Some(FieldOutcome::IllegalTransition),
        Some(edge) if !submission.context.roles.iter().any(|role| edge.roles.contains(role)) => {
            Some(FieldOutcome::NotAllowed)
        }
        Some(_) => None,
    };
    let (base, value) = (Value::from(from), Value::from(to));
    let outcome = match refusal {
        Some(refusal) => Some(set_aside(record, refusal, "state", (Some(&base), &value), reason, stamp)),
        None => {
            let via = Via { from: from.to_owned(), reason: reason.cloned() };
            let entry = Entry { value, village: None, via: Some(via), stamp: stamp.clone() };
            let rule = MergeRule::MostOpen(crate::schema::HAZARD_STATES);
            let register = record.fields.entry("state".to_owned()).or_default();
            let contested =
                write(register, Some(rule), entry, |old| submission.had_seen(old, submission.op.head.base_rev));
            let waits = view::edge_waits(from, to, shown_field(record, "level").as_ref().and_then(Value::as_str));
            if waits { Some(FieldOutcome::Proposal) } else { contested }
        }
    };
    outcome.map(|outcome| ("state".to_owned(), outcome)).into_iter().collect()
}

fn attach(
    world: &mut World,
    record: &mut Record,
    submission: &Submission<'_>,
    photo: &PhotoAttach,
    stamp: &Stamp,
    changed: &mut BTreeSet<RecordId>,
) -> BTreeMap<String, FieldOutcome> {
    let carries = find_kind(&record.kind).is_some_and(|kind| kind.carries_photos);
    let foreign =
        world.records.get(&photo.photo).is_some_and(|known| known.feed != record.feed || known.kind != "photo");
    if !carries || foreign || record.photos.len() >= RECORD_PHOTOS_MAX {
        let why =
            if record.photos.len() >= RECORD_PHOTOS_MAX { FieldOutcome::TooMany } else { FieldOutcome::InvalidValue };
        let value = Value::String(photo.photo.to_string());
        return [("photos".to_owned(), set_aside(record, why, "photos", (None, &value), None, stamp))].into();
    }
    link_photo(record, photo, stamp);
    // Only now: a refused attachment must not move a photo of another village, or one that does not exist, in this village's feed.
    changed.insert(photo.photo);
    declare_photo(world, submission, photo)
}

fn link_photo(record: &mut Record, photo: &PhotoAttach, stamp: &Stamp) {
    let link = record.photos.entry(photo.photo).or_default();
    let role = photo.role.clone().unwrap_or_else(|| "site".to_owned());
    if let Err(at) = link.roles.binary_search(&role) {
        link.roles.insert(at, role);
    }
    let at = link.attached.partition_point(|old| old.order() < stamp.order());
    link.attached.insert(at, stamp.clone());
}

/// Writes what the operation claims about the photo into the photo's own record, making it if need be.
fn declare_photo(
    world: &mut World,
    submission: &Submission<'_>,
    photo: &PhotoAttach,
) -> BTreeMap<String, FieldOutcome> {
    let Some(kind) = find_kind("photo") else { return BTreeMap::new() };
    let rev = world.records.get(&photo.photo).map_or(1, |known| known.rev + 1);
    let stamp = submission.stamp(rev);
    let mut record = world
        .records
        .remove(&photo.photo)
        .unwrap_or_else(|| empty_record(submission, kind, photo.photo, stamp.clone()));
    record.rev = rev;
    if stamp.order() < record.created.order() {
        // Several phones may declare one photo; who counts as its maker must not depend on who arrived first.
        record.created = stamp.clone();
        record.received_at = submission.context.received_at;
    }
    let claims = [
        ("sha256", Some(Value::from(photo.sha256.to_ascii_lowercase()))),
        ("bytes", Some(Value::from(photo.bytes))),
        ("mime", Some(Value::from(photo.mime.as_str()))),
        ("taken_at", photo.taken_at.as_ref().map(|at| serde_json::json!(at))),
        ("fix", photo.fix.as_ref().map(|fix| serde_json::json!(fix))),
        ("source", photo.source.as_deref().map(Value::from)),
        ("roles", photo.role.as_deref().map(|role| Value::from(vec![role]))),
        ("caption", photo.caption.as_deref().map(Value::from)),
    ];
    let mut outcomes = BTreeMap::new();
    for (name, value) in claims.iter().filter_map(|(name, value)| value.as_ref().map(|value| (*name, value))) {
        let outcome =
            set_field(&mut record, kind, submission, FieldWrite { name, base: None, value, base_rev: 0 }, &stamp);
        outcomes.extend(outcome.map(|outcome| (format!("photo.{name}"), outcome)));
    }
    world.records.insert(photo.photo, record);
    outcomes
}

fn retract(
    record: &mut Record,
    submission: &Submission<'_>,
    photo: RecordId,
    reason: Option<&String>,
    stamp: &Stamp,
) -> BTreeMap<String, FieldOutcome> {
    if !record.photos.contains_key(&photo) && record.photos.len() >= RECORD_PHOTOS_MAX {
        let value = Value::String(photo.to_string());
        let outcome = set_aside(record, FieldOutcome::TooMany, "photos", (None, &value), reason, stamp);
        return [("photos".to_owned(), outcome)].into();
    }
    // A withdrawal of something not attached yet is kept too: the attachment may still be on its way, and it was not seen.
    let link = record.photos.entry(photo).or_default();
    let base_rev = submission.op.head.base_rev;
    link.attached.retain(|attach| !submission.had_seen(attach, base_rev));
    let at = link.withdrawn.partition_point(|old| old.stamp.order() < stamp.order());
    link.withdrawn.insert(at, Withdrawal { reason: reason.cloned(), stamp: stamp.clone() });
    BTreeMap::new()
}
