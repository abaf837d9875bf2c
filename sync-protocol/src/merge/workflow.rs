//! Steps of the closed loop: transitions, what people say about changes that wait, links between hazards that are one, and submission. What
//! a newcomer gets wrong: a transition is never undone or hidden by a later one; which of them count is computed when it is shown.

use super::apply::World;
use super::enterprise::is_self_origin;
use super::fields::{Aside, set_aside};
use super::outcome::FieldOutcome;
use super::register::insert;
use super::standing::{Fate, fate_of, leaves};
use crate::ids::{OpId, RecordId};
use crate::limits::{DECISIONS_MAX, REGISTER_ENTRIES_MAX, REGISTER_ENTRIES_OF_ONE_MAX};
use crate::op::{Body, Op};
use crate::record::{Decision, Entry, Record, Stamp, Standing, Verdict, Via};
use crate::schema::find_kind;
use crate::workflow::find_edge;
use serde_json::Value;
use std::collections::BTreeMap;

type Outcomes = BTreeMap<String, FieldOutcome>;

/// Freezes an event record: the phone that made it does, nobody else; other people's words would turn the maker's into additions.
pub(super) fn submit(record: &mut Record, owns: bool, standing: &Standing, stamp: &Stamp) -> Outcomes {
    if !owns {
        let aside = Aside { field: "submitted", base: None, value: &Value::Bool(true), reason: None };
        let outcome = set_aside(record, FieldOutcome::NotAllowed, aside, None, (standing, stamp));
        return [("submitted".to_owned(), outcome)].into();
    }
    let earlier = record.submitted.as_ref().is_some_and(|old| old.order() <= stamp.order());
    if !earlier {
        record.submitted = Some(stamp.clone());
    }
    BTreeMap::new()
}

/// Takes an edge of the state machine, or sets it aside when there is none or the author's roles may not ask for it.
pub(super) fn transition(record: &mut Record, op: &Op, foreign: bool, standing: &Standing, stamp: &Stamp) -> Outcomes {
    let Body::Transition { from, to, reason, evidence } = &op.body else { return BTreeMap::new() };
    let edge = find_kind(&record.kind).and_then(|kind| kind.initial_state).and_then(|_| find_edge(from, to));
    let refusal = match edge {
        None => Some(FieldOutcome::IllegalTransition),
        Some(_) if foreign => Some(FieldOutcome::NotAllowed),
        Some(edge) if !standing.roles.iter().any(|role| edge.roles.contains(role)) => Some(FieldOutcome::NotAllowed),
        Some(_) => None,
    };
    let (base, value) = (Value::from(from.as_str()), Value::from(to.as_str()));
    let outcome = match refusal {
        Some(refusal) => {
            let aside = Aside { field: "state", base: Some(&base), value: &value, reason: reason.as_ref() };
            Some(set_aside(record, refusal, aside, None, (standing, stamp)))
        }
        None => {
            let via = Via {
                from: from.clone(),
                reason: reason.clone(),
                evidence: evidence.clone(),
                standing: standing.clone(),
            };
            take(record, Entry { value, village: None, via: Some(via), saw: None, stamp: stamp.clone() }, standing)
        }
    };
    outcome.map(|outcome| ("state".to_owned(), outcome)).into_iter().collect()
}

fn take(record: &mut Record, entry: Entry, standing: &Standing) -> Option<FieldOutcome> {
    let register = record.fields.entry("state".to_owned()).or_default();
    let own = register.entries.iter().filter(|old| old.stamp.author == entry.stamp.author).count();
    if register.entries.len() >= REGISTER_ENTRIES_MAX || own >= REGISTER_ENTRIES_OF_ONE_MAX {
        return Some(FieldOutcome::TooMany);
    }
    let (stamp, value) = (entry.stamp.clone(), entry.value.clone());
    insert(&mut register.entries, entry);
    match fate_of(record, stamp.op, "state") {
        Fate::Stands(_) => {}
        Fate::Waits | Fate::Refused => return Some(FieldOutcome::Proposal),
        Fate::Lacks(_) => return Some(FieldOutcome::Lacks),
    }
    let level = record.shown_text("level");
    let states = leaves(record, level.as_deref(), None);
    let contested = states.iter().any(|(other, _)| !stamp.had_seen(standing, &other.stamp) && other.value != value);
    contested.then_some(FieldOutcome::MostOpen)
}

/// Writes down what a person said about a change that waits, wherever that change is on its way.
pub(super) fn resolve(
    record: &mut Record,
    (target, verdict): (OpId, Verdict),
    reason: Option<&String>,
    standing: &Standing,
    stamp: &Stamp,
) -> Outcomes {
    let own = record.decisions.iter().filter(|old| old.stamp.author == stamp.author).count();
    if record.decisions.len() >= DECISIONS_MAX || own >= REGISTER_ENTRIES_OF_ONE_MAX {
        return [("decision".to_owned(), FieldOutcome::TooMany)].into();
    }
    let fields: Vec<String> = fields_of(record, target);
    let decision =
        Decision { target, verdict, reason: reason.cloned(), standing: standing.clone(), stamp: stamp.clone() };
    let at = record.decisions.partition_point(|old| old.stamp.order() < decision.stamp.order());
    record.decisions.insert(at, decision);
    let said = |field: &String| match fate_of(record, target, field) {
        Fate::Stands(_) => FieldOutcome::Approved,
        Fate::Refused => FieldOutcome::Refused,
        Fate::Waits => FieldOutcome::Proposal,
        Fate::Lacks(_) => FieldOutcome::Lacks,
    };
    fields.iter().map(|field| (field.clone(), said(field))).collect()
}

/// The fields in which an operation waits, or waited.
fn fields_of(record: &Record, op: OpId) -> Vec<String> {
    let aside = record.pending.iter().filter(|pending| pending.stamp.op == op).map(|pending| pending.field.clone());
    let states = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    let moved = states.filter(|entry| entry.stamp.op == op && entry.via.is_some()).map(|_| "state".to_owned());
    aside.chain(moved).collect()
}

/// Says that the record is the same hazard as another, or none any more.
pub(super) fn link_duplicate(
    world: &World,
    record: &mut Record,
    (survivor, foreign): (Option<RecordId>, bool),
    reason: Option<&String>,
    standing: &Standing,
    stamp: &Stamp,
) -> Outcomes {
    let other = survivor.map(|id| world.records.get(&id));
    let sound = match other {
        Some(Some(other)) => other.kind == record.kind && other.feed == record.feed && other.id != record.id,
        Some(None) => false,
        None => true,
    };
    let value = survivor.map_or(Value::Null, |id| Value::String(id.to_string()));
    let why = match sound && record.kind == "hazard" {
        true if foreign => FieldOutcome::NotAllowed,
        true => FieldOutcome::Proposal,
        false => FieldOutcome::InvalidValue,
    };
    let aside = Aside { field: "duplicate_of", base: None, value: &value, reason };
    let mut outcome = set_aside(record, why, aside, None, (standing, stamp));
    let strict = other.flatten().is_some_and(|other| is_self_found(other) != is_self_found(record));
    if strict && outcome != FieldOutcome::TooMany && why == FieldOutcome::Proposal {
        let own = record.pending.iter_mut().filter(|pending| pending.stamp.op == stamp.op);
        own.for_each(|pending| pending.strict = true);
        outcome = match fate_of(record, stamp.op, "duplicate_of") {
            Fate::Stands(_) => FieldOutcome::Approved,
            Fate::Waits | Fate::Lacks(_) | Fate::Refused => why,
        };
    }
    [("duplicate_of".to_owned(), outcome)].into()
}

/// Whether the operation that made the record said that the enterprise found it itself; later words do not matter here, because they
/// may arrive in any order.
fn is_self_found(record: &Record) -> bool {
    let origins = record.fields.get("origin").into_iter().flat_map(|register| &register.entries);
    let past = record.past.get("origin").into_iter().flatten();
    let written = origins.chain(past).map(|entry| (&entry.stamp, &entry.value));
    let aside = record.pending.iter().filter(|pending| pending.field == "origin");
    let mut all = written.chain(aside.map(|pending| (&pending.stamp, &pending.value)));
    let first = all.find(|(stamp, _)| stamp.op == record.created.op);
    first.and_then(|(_, value)| value.as_str()).is_some_and(is_self_origin)
}
