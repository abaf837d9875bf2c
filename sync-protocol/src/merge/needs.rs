//! Who has to agree to a value: the guarding of its field, held against what its author had seen (not against what the server has by now,
//! which would depend on arrival order). What a newcomer gets wrong: the base value a phone claims is not believed.

use super::register::rank;
use super::standing::{Before, visible};
use crate::op::Body;
use crate::record::{Entry, Pending, Record, Register, Stamp, Standing};
use crate::schema::{FieldSpec, Guarding, LEVELS, MergeRule, find_kind};
use crate::workflow::{ANYONE, ANYONE_THEN_INSPECTOR, Needs, OFFICE_AND_LEADER};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the author of a write had seen of a field: the value its rule shows among what they had seen.
pub(super) fn seen_value(
    record: &Record,
    spec: &FieldSpec,
    name: &str,
    (standing, stamp): (&Standing, &Stamp),
) -> Option<Value> {
    // Whoever changes a record knows of it: what it was made with counts as seen, whatever revision a phone claims.
    let seen = |other: &Stamp| other.op == record.created.op || stamp.had_seen(standing, other);
    let seen_of = |name: &str| {
        let entries = record.fields.get(name).into_iter().flat_map(|register| &register.entries);
        let past = record.past.get(name).into_iter().flatten();
        let mut entries: Vec<Entry> = entries.chain(past).filter(|entry| seen(&entry.stamp)).cloned().collect();
        entries.sort_by(|a, b| a.stamp.order().cmp(&b.stamp.order()));
        Register { entries }
    };
    let as_seen = Record {
        id: record.id,
        kind: record.kind.clone(),
        feed: record.feed.clone(),
        rev: record.rev,
        created: record.created.clone(),
        received_at: record.received_at,
        submitted: None,
        fields: [name, "level"].into_iter().map(|name| (name.to_owned(), seen_of(name))).collect(),
        past: BTreeMap::new(),
        photos: BTreeMap::new(),
        pending: record.pending.iter().filter(|one| seen(&one.stamp)).cloned().collect(),
        additions: Vec::new(),
        decisions: record.decisions.iter().filter(|said| seen(&said.stamp)).cloned().collect(),
    };
    super::view::shown_of(visible(&as_seen, name, None).as_slice(), Some(spec.rule))
}

/// A value that somebody writes.
pub(super) struct Written<'a> {
    /// What its author had seen.
    pub(super) seen: Option<&'a Value>,
    /// What they write.
    pub(super) new: &'a Value,
    /// It lies in another village than the record, by what the server found on arrival.
    pub(super) elsewhere: bool,
}

/// Whether a value has to wait for people, whoever they are.
pub(super) fn is_guarded(
    spec: &FieldSpec,
    record: &Record,
    body: &Body,
    written: &Written<'_>,
    (standing, stamp): (&Standing, &Stamp),
) -> bool {
    let new = written.new;
    let Some(seen) = written.seen else {
        // Nobody replaces anything; but a record that gets its first place in another village leaves the numbers of its own, and places that
        // get one code become one enterprise.
        let counts = written.elsewhere || spec.name == "uscc" && !is_own(record, (standing, stamp));
        let moves = matches!(spec.guarding, Guarding::Change(_)) && counts && !matches!(body, Body::Create(_));
        return matches!(spec.guarding, Guarding::Always(_)) || moves;
    };
    match spec.guarding {
        Guarding::Open => false,
        Guarding::Always(_) => !matches!(body, Body::Create(_)) || seen != new,
        Guarding::Safer(_) | Guarding::SaferByLevel(..) | Guarding::Level(..) => is_safer(spec.rule, seen, new),
        Guarding::Change(_) => seen != new,
        Guarding::Shortening(_) => length(new) < length(seen) && !is_own(record, (standing, stamp)),
    }
}

/// Whether the person who made the record writes: not somebody else under their name, unless on the phone that made it.
fn is_own(record: &Record, (standing, stamp): (&Standing, &Stamp)) -> bool {
    let same_phone = stamp.incarnation == record.created.incarnation;
    stamp.author == record.created.author && (standing.uploader.is_none() || same_phone)
}

fn is_safer(rule: MergeRule, seen: &Value, new: &Value) -> bool {
    rank(rule, seen).zip(rank(rule, new)).is_some_and(|(seen, new)| new < seen)
}

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

/// Whether anybody ever judged the hazard 重大.
fn was_judged_major(record: &Record, before: Before) -> bool {
    let entries = record.fields.get("level").into_iter().flat_map(|register| &register.entries);
    let mut all = entries.chain(record.past.get("level").into_iter().flatten());
    let judged = |value: &Value| LEVELS.iter().position(|level| value == level).is_some_and(|rank| rank > SUSPECTED);
    all.any(|entry| before.is_none_or(|before| entry.stamp.at < before) && judged(&entry.value))
}

/// Place of 疑似 among the levels.
const SUSPECTED: usize = 1;

/// Who has to agree to a proposal.
pub(super) fn needs_of(record: &Record, pending: &Pending, before: Before) -> Needs {
    let spec = find_kind(&record.kind).and_then(|kind| kind.find_field(&pending.field));
    let Some(spec) = spec else { return ANYONE };
    match spec.guarding {
        // Only what an enterprise fills in waits in a field that is open to others.
        Guarding::Open => ANYONE_THEN_INSPECTOR,
        Guarding::Safer(needs) | Guarding::Change(needs) | Guarding::Shortening(needs) => needs,
        Guarding::Always(needs) => {
            // A 重大 that is merged into another leaves the numbers, so that takes two people like everything that makes it look safer.
            if pending.strict || pending.field == "duplicate_of" && was_judged_major(record, before) {
                OFFICE_AND_LEADER
            } else {
                needs
            }
        }
        Guarding::SaferByLevel(general, major) => {
            let level = super::view::shown_at(record, "level", before);
            if level.as_ref().and_then(Value::as_str) == Some("general") { general } else { major }
        }
        // Not by what the proposer had seen or says: whoever approves may have seen more, and replaces that.
        Guarding::Level(suspected, judged) => {
            if was_judged_major(record, before) {
                judged
            } else {
                suspected
            }
        }
    }
}
