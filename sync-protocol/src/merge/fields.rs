//! How an operation's values reach the fields of a record, and what is set aside instead: what its author may not write, what does not fit
//! the schema, what waits for people. What a newcomer gets wrong: nothing is refused here; a value that does not count is kept beside
//! the record with the reason.

use super::apply::Submission;
use super::enterprise::{self, Taken, is_foreign};
use super::needs::{Written, is_guarded, seen_value};
use super::outcome::FieldOutcome;
use super::register::{insert, rank, write};
use super::standing::{Fate, fate_of};
use super::view::counts_by_time;
use super::weight::{is_overfull, is_too_long};
use crate::ids::{FeedId, UserId};
use crate::limits::{ASIDES_MAX, PAST_VALUES_OF_ONE_MAX, REGISTER_ENTRIES_MAX, REGISTER_ENTRIES_OF_ONE_MAX};
use crate::op::Body;
use crate::record::{Addition, Entry, Pending, Record, Stamp, Standing};
use crate::schema::{FieldSpec, Guarding, KindSpec, MergeRule, Ownership, Writers, find_kind};
use serde_json::Value;
use std::collections::BTreeMap;

/// One value on its way into one field.
pub(super) struct FieldWrite<'a> {
    pub(super) name: &'a str,
    pub(super) base: Option<&'a Value>,
    pub(super) value: &'a Value,
}

/// Writes several fields of one operation.
pub(super) fn write_fields<'a>(
    record: &mut Record,
    submission: &Submission<'_>,
    writes: impl Iterator<Item = (&'a String, Option<&'a Value>, &'a Value)>,
    (standing, stamp): (&Standing, &Stamp),
    supplement: bool,
) -> BTreeMap<String, FieldOutcome> {
    let Some(kind) = find_kind(&record.kind) else { return BTreeMap::new() };
    let only_adds = supplement || !may_change(record, kind, submission);
    let owns = kind.ownership == Ownership::Shared || is_owner(&record.created, submission);
    let mut outcomes = BTreeMap::new();
    for (name, base, value) in writes {
        let write = FieldWrite { name, base, value };
        let gathers =
            kind.find_field(name).filter(|field| owns || !OF_THE_SCENE.contains(&field.name)).is_some_and(|field| {
                matches!(field.rule, MergeRule::Union | MergeRule::BestFix | MergeRule::ServerOnly | MergeRule::Append)
                    || field.name.ends_with(".*") && matches!(field.rule, MergeRule::MaxDanger(_))
                    || matches!(field.writers, Writers::Roles(_))
                    || matches!(field.guarding, Guarding::Always(_))
            });
        let outcome = if only_adds && !gathers && is_foreign(record, submission, (standing, stamp)) {
            let aside = Aside { field: name, base, value, reason: None };
            Some(set_aside(record, FieldOutcome::NotAllowed, aside, None, (standing, stamp)))
        } else if only_adds && !gathers {
            Some(add(record, &write, stamp))
        } else {
            set_field(record, kind, submission, write, (standing, stamp))
        };
        outcomes.extend(outcome.map(|outcome| (name.clone(), outcome)));
    }
    outcomes
}

/// Fields of an event record in which nobody joins in but the phone that made it: where it was, and whose visit it was too.
const OF_THE_SCENE: [&str; 2] = ["fix", "joint_visit"];

/// Whether the phone that wrote `created` writes now, in this life or a later one.
pub(super) fn is_owner(created: &Stamp, submission: &Submission<'_>) -> bool {
    created.incarnation == submission.incarnation || submission.context.ancestors.contains(&created.incarnation)
}

/// An event record belongs to the phone that made it until that phone submits it; the answer depends on that phone's own sequence only,
/// never on what happened to arrive first.
fn may_change(record: &Record, kind: &KindSpec, submission: &Submission<'_>) -> bool {
    match kind.ownership {
        Ownership::Shared => true,
        Ownership::UntilSubmitted => {
            submission.context.server || (is_owner(&record.created, submission) && record.submitted.is_none())
        }
    }
}

fn add(record: &mut Record, write: &FieldWrite<'_>, stamp: &Stamp) -> FieldOutcome {
    if record.additions.len() >= ASIDES_MAX || is_too_long(write.value) {
        return FieldOutcome::TooMany;
    }
    let addition = Addition { field: write.name.to_owned(), value: write.value.clone(), stamp: stamp.clone() };
    let key = |addition: &Addition| (addition.stamp.hlc.clone(), addition.stamp.op, addition.field.clone());
    let at = record.additions.partition_point(|old| key(old) < key(&addition));
    record.additions.insert(at, addition);
    FieldOutcome::Addition
}

/// Writes one field, or sets the value aside with the reason why it does not count.
pub(super) fn set_field(
    record: &mut Record,
    kind: &KindSpec,
    submission: &Submission<'_>,
    field: FieldWrite<'_>,
    (standing, stamp): (&Standing, &Stamp),
) -> Option<FieldOutcome> {
    let spec = kind.find_field(field.name);
    if spec.is_some_and(|spec| spec.writers == Writers::Server) && !submission.context.server {
        return Some(FieldOutcome::ServerOnly);
    }
    let village = match field.name {
        "fix" | "point" => submission.context.fix_village.clone(),
        "place" => submission.context.place_village.clone(),
        _ => None,
    };
    let corrects = is_own_draft(record, kind, submission);
    let obstacle = spec.and_then(|spec| obstacle(record, kind, spec, submission, &field, (standing, stamp)));
    // A draft corrects itself, but it does not make itself uncounted.
    let free = corrects && !spec.is_some_and(|spec| matches!(spec.guarding, Guarding::Always(_)));
    if let Some((why, base)) = obstacle.filter(|(why, _)| *why != FieldOutcome::Proposal || !free) {
        let aside = Aside { field: field.name, base: base.as_ref().or(field.base), value: field.value, reason: None };
        return Some(set_aside(record, why, aside, village, (standing, stamp)));
    }
    if spec.is_some_and(|spec| spec.writers == Writers::Declaration) && is_declared_otherwise(record, &field) {
        let aside = Aside { field: field.name, base: None, value: field.value, reason: None };
        return Some(set_aside(record, FieldOutcome::InvalidValue, aside, village, (standing, stamp)));
    }
    // A level is short and always heard, however full somebody has made the record.
    let too_much = is_too_long(field.value)
        || !matches!(spec.map(|spec| spec.rule), Some(MergeRule::MaxDanger(_)))
            && !submission.context.server
            && is_overfull(record, field.name, field.value, stamp);
    if too_much {
        return Some(FieldOutcome::TooMany);
    }
    let knows = |aside: &Pending| aside.field == field.name && stamp.had_seen(standing, &aside.stamp);
    let saw = record.pending.iter().any(knows).then(|| standing.clone());
    let entry = Entry { value: field.value.clone(), village, via: None, saw, stamp: stamp.clone() };
    // What an author had seen decides whether a later value of theirs waits, and what was counted once stays counted for its month: neither
    // must be forgotten.
    let decides = counts_by_time(field.name) || spec.is_some_and(|spec| spec.guarding != Guarding::Open);
    let register = record.fields.entry(field.name.to_owned()).or_default();
    let past = record.past.get(field.name).filter(|_| decides).into_iter().flatten();
    if is_full(past.chain(&register.entries), spec.map(|spec| spec.rule), field.value, stamp) {
        return Some(FieldOutcome::TooMany);
    }
    let seen = |old: &Stamp| stamp.had_seen(standing, old);
    let own = |old: &Stamp| corrects && old.incarnation == stamp.incarnation;
    let written = write(register, spec.map(|spec| spec.rule), entry, seen, own);
    if decides {
        written.replaced.into_iter().for_each(|old| remember(record, field.name, old));
    } else if !corrects && spec.is_none_or(|spec| spec.rule != MergeRule::ServerOnly) {
        // Nobody's words vanish, but only so many of each person's are kept here; all of them stand in their operations.
        for old in written.replaced {
            let author = old.stamp.author;
            remember(record, field.name, old);
            forget_oldest(record, field.name, author);
        }
    }
    written.outcome.or(if spec.is_none() { Some(FieldOutcome::UnknownField) } else { None })
}

fn remember(record: &mut Record, field: &str, old: Entry) {
    insert(record.past.entry(field.to_owned()).or_default(), old);
}

/// Keeps the newest of one author's replaced values, in the order that knows nothing of arrival.
fn forget_oldest(record: &mut Record, field: &str, author: UserId) {
    let Some(past) = record.past.get_mut(field) else { return };
    let mut over = past.iter().filter(|old| old.stamp.author == author).count().saturating_sub(PAST_VALUES_OF_ONE_MAX);
    past.retain(|old| {
        let goes = over > 0 && old.stamp.author == author;
        over -= usize::from(goes);
        !goes
    });
}

/// What identifies evidence is what was declared first, for ever: a second declaration with another hash must not put another picture in
/// its place. (The one thing here that goes by arrival: an id is drawn at random, so two phones never share one by themselves.)
fn is_declared_otherwise(record: &Record, field: &FieldWrite<'_>) -> bool {
    let known = record.fields.get(field.name).into_iter().flat_map(|register| &register.entries);
    known.into_iter().any(|entry| entry.value != *field.value)
}

/// Whether a field holds as many values as it may, all in all or of this author. What is more dangerous than everything there is always
/// heard: otherwise somebody could fill a field so that a hazard cannot be raised any more.
fn is_full<'a>(entries: impl Iterator<Item = &'a Entry>, rule: Option<MergeRule>, new: &Value, stamp: &Stamp) -> bool {
    let (mut all, mut own, mut highest) = (0, 0, None);
    for entry in entries {
        all += 1;
        own += usize::from(entry.stamp.author == stamp.author);
        highest = highest.max(rule.and_then(|rule| rank(rule, &entry.value)));
    }
    let outranks = rule.and_then(|rule| rank(rule, new)) > highest && all < 2 * REGISTER_ENTRIES_MAX;
    (all >= REGISTER_ENTRIES_MAX || own >= REGISTER_ENTRIES_OF_ONE_MAX) && !outranks
}

/// A record that the same phone made and has not submitted: it corrects itself freely.
fn is_own_draft(record: &Record, kind: &KindSpec, submission: &Submission<'_>) -> bool {
    kind.ownership == Ownership::UntilSubmitted
        && record.submitted.is_none()
        && record.created.incarnation == submission.incarnation
}

/// Why a value does not simply count, and the value its author had seen where that decides it.
fn obstacle(
    record: &Record,
    kind: &KindSpec,
    spec: &FieldSpec,
    submission: &Submission<'_>,
    field: &FieldWrite<'_>,
    (standing, stamp): (&Standing, &Stamp),
) -> Option<(FieldOutcome, Option<Value>)> {
    let body = &submission.op.body;
    let may = match spec.writers {
        Writers::Anyone | Writers::Server => true,
        Writers::Declaration => matches!(body, Body::PhotoAttach(_)),
        Writers::Link => false,
        Writers::Roles(roles) => {
            submission.context.server || submission.context.roles.iter().any(|role| roles.contains(role))
        }
    };
    if !may {
        return Some((FieldOutcome::NotAllowed, None));
    }
    let taken = enterprise::taken(record, field, submission, (standing, stamp));
    if taken == Taken::NotTheirs {
        return Some((FieldOutcome::NotAllowed, None));
    }
    if field.name == "state" && kind.initial_state.is_some() {
        return Some((FieldOutcome::IllegalTransition, None));
    }
    if !spec.holds.accepts(field.value) || is_without_document(field) {
        return Some((FieldOutcome::InvalidValue, None));
    }
    if submission.context.server || taken == Taken::AsWritten && spec.guarding == Guarding::Open {
        return None;
    }
    let seen = seen_value(record, spec, field.name, (standing, stamp));
    if taken == Taken::WhenConfirmed || enterprise::is_claim_of_others(record, field, submission, (standing, stamp)) {
        return Some((FieldOutcome::Proposal, seen));
    }
    let elsewhere =
        field.name == "place" && submission.context.place_village.as_ref().is_some_and(|own| *own != record.feed);
    let written = Written { seen: seen.as_ref(), new: field.value, elsewhere };
    is_guarded(spec, record, body, &written, (standing, stamp)).then_some((FieldOutcome::Proposal, seen))
}

/// 挂牌 and 摘牌 are what a document says (T14, T15): without its number they are somebody's word.
fn is_without_document(field: &FieldWrite<'_>) -> bool {
    let of_authority = field.name.starts_with("listed.") || field.name.starts_with("delisted.");
    of_authority && field.value["doc_no"].as_str().is_none_or(|number| number.trim().is_empty())
}

/// A value that does not simply count.
pub(super) struct Aside<'a> {
    pub(super) field: &'a str,
    pub(super) base: Option<&'a Value>,
    pub(super) value: &'a Value,
    pub(super) reason: Option<&'a String>,
}

/// Keeps a value beside the record. Answers why, or `None` when its author alone may decide, so that it counts at once.
pub(super) fn set_aside(
    record: &mut Record,
    why: FieldOutcome,
    aside: Aside<'_>,
    village: Option<FeedId>,
    (standing, stamp): (&Standing, &Stamp),
) -> FieldOutcome {
    if record.pending.len() >= ASIDES_MAX || is_too_long(aside.value) {
        return FieldOutcome::TooMany;
    }
    let pending = Pending {
        why,
        field: aside.field.to_owned(),
        base: aside.base.cloned(),
        value: aside.value.clone(),
        reason: aside.reason.cloned(),
        strict: false,
        village,
        standing: standing.clone(),
        stamp: stamp.clone(),
    };
    let key = |pending: &Pending| (pending.stamp.hlc.clone(), pending.stamp.op, pending.field.clone());
    let at = record.pending.partition_point(|old| key(old) < key(&pending));
    record.pending.insert(at, pending);
    match fate_of(record, stamp.op, aside.field) {
        Fate::Stands(_) => FieldOutcome::Approved,
        Fate::Waits | Fate::Lacks(_) | Fate::Refused => why,
    }
}
