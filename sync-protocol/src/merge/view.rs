//! What a record shows: the value each rule picks from a register, which fields are disputed, what is still asked for, and the village
//! that counts it. All computed from the record's state, never stored apart from it.

use super::register::rank;
use crate::geo::Fix;
use crate::geo::{VillageOfRecord, village_of_record};
use crate::ids::FeedId;
use crate::record::{Entry, Record, Register};
use crate::schema::{MergeRule, Required, find_kind};
use crate::workflow::{Offline, find_edge};
use serde_json::Value;

/// Between two texts that stand side by side.
const BOTH_SEPARATOR: &str = " / ";
/// Between remarks that were added one after another.
const APPEND_SEPARATOR: &str = "；";

/// What is shown for `field` of `record`, or `None` while nobody wrote it.
pub fn shown_field(record: &Record, field: &str) -> Option<Value> {
    let register = record.fields.get(field)?;
    let kind = find_kind(&record.kind);
    let rule = kind.and_then(|kind| kind.find_field(field)).map(|spec| spec.rule);
    if field == "state" && kind.is_some_and(|kind| kind.initial_state.is_some()) {
        return shown_state(record, register, rule?);
    }
    shown(register, rule)
}

/// The most open state among those that stand; an edge that waits for a person counts as the state it wants to leave.
fn shown_state(record: &Record, register: &Register, rule: MergeRule) -> Option<Value> {
    let level = record.shown_text("level");
    let standing = register.entries.iter().map(|entry| standing_state(entry, level.as_deref()));
    standing.max_by_key(|state| rank(rule, &Value::from(*state))).map(Value::from)
}

fn standing_state<'a>(entry: &'a Entry, level: Option<&str>) -> &'a str {
    match &entry.via {
        Some(via) if waits(entry, level) => &via.from,
        Some(_) | None => entry.value.as_str().unwrap_or_default(),
    }
}

/// Whether the edge by which a state was entered waits for a person on a hazard of `level`.
pub(crate) fn waits(entry: &Entry, level: Option<&str>) -> bool {
    let to = entry.value.as_str().unwrap_or_default();
    entry.via.as_ref().is_some_and(|via| edge_waits(&via.from, to, level))
}

/// Whether the edge from one state to another waits for a person on a hazard of `level`.
pub(super) fn edge_waits(from: &str, to: &str, level: Option<&str>) -> bool {
    find_edge(from, to).is_none_or(|edge| edge.offline(level) == Offline::Proposal)
}

fn shown(register: &Register, rule: Option<MergeRule>) -> Option<Value> {
    let first = register.entries.first()?;
    match rule {
        Some(
            rule @ (MergeRule::MaxDanger(_)
            | MergeRule::MostOpen(_)
            | MergeRule::Earliest
            | MergeRule::Latest
            | MergeRule::TrueWins),
        ) => register.entries.iter().map(|entry| &entry.value).max_by_key(|value| rank(rule, value)).cloned(),
        Some(MergeRule::Union) => Some(sorted_set(register)),
        Some(MergeRule::BestFix) => Some(best_fix(register).unwrap_or(first).value.clone()),
        Some(MergeRule::KeepBoth) => Some(joined(register, BOTH_SEPARATOR, true)),
        Some(MergeRule::Append) => Some(joined(register, APPEND_SEPARATOR, false)),
        Some(MergeRule::ServerOnly) => register.entries.last().map(|entry| entry.value.clone()),
        Some(MergeRule::Longest | MergeRule::Ask) | None => Some(longest_or_first(register, first)),
    }
}

fn sorted_set(register: &Register) -> Value {
    let mut elements: Vec<Value> = register.entries.iter().map(|entry| entry.value.clone()).collect();
    elements.sort_by_key(ToString::to_string);
    Value::Array(elements)
}

/// The fix with the best accuracy that is not mocked; the first of equals.
fn best_fix(register: &Register) -> Option<&Entry> {
    let accuracy = |entry: &Entry| {
        let fix: Fix = serde_json::from_value(entry.value.clone()).ok()?;
        let metres = fix.acc_m.filter(|metres| metres.is_finite()).unwrap_or(f64::MAX);
        Some((fix.mock.unwrap_or(false), metres))
    };
    let ranked = register.entries.iter().filter_map(|entry| accuracy(entry).map(|accuracy| (accuracy, entry)));
    let better = |a: &(bool, f64), b: &(bool, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
    ranked.min_by(|(a, _), (b, _)| better(a, b)).map(|(_, entry)| entry)
}

fn joined(register: &Register, separator: &str, distinct: bool) -> Value {
    let mut texts: Vec<&str> = Vec::new();
    for text in register.entries.iter().filter_map(|entry| entry.value.as_str()) {
        if !(distinct && texts.contains(&text)) {
            texts.push(text);
        }
    }
    Value::String(texts.join(separator))
}

fn longest_or_first(register: &Register, first: &Entry) -> Value {
    let length = |entry: &Entry| entry.value.as_str().map_or(0, |text| text.chars().count());
    let longest = register.entries.iter().map(length).max().unwrap_or(0);
    register.entries.iter().find(|entry| length(entry) == longest).unwrap_or(first).value.clone()
}

/// Whether several different values of a field stand side by side and a person should know.
pub fn is_disputed(kind: &str, field: &str, register: &Register) -> bool {
    let rule = find_kind(kind).and_then(|kind| kind.find_field(field)).map(|spec| spec.rule);
    let quiet = matches!(
        rule,
        Some(MergeRule::Union | MergeRule::Append | MergeRule::BestFix | MergeRule::Longest | MergeRule::ServerOnly)
    );
    !quiet && register.entries.windows(2).any(|pair| pair[0].value != pair[1].value)
}

/// Names of the fields that the schema asks for now and that nobody wrote, in schema order.
pub fn incomplete(record: &Record) -> Vec<&'static str> {
    let Some(kind) = find_kind(&record.kind) else { return Vec::new() };
    let missing = |name: &str| record.fields.get(name).is_none_or(|register| register.entries.is_empty());
    let asked = |required: Required| match required {
        Required::No => false,
        Required::Always => true,
        Required::Unless(other) => missing(other),
        Required::Submitted => record.submitted.is_some(),
        Required::When(other, values) => record.shown_text(other).is_some_and(|text| values.contains(&text.as_str())),
    };
    let fields: &'static [crate::schema::FieldSpec] = kind.fields;
    let mut names: Vec<&'static str> =
        fields.iter().filter(|field| asked(field.required) && missing(field.name)).map(|field| field.name).collect();
    if asks_for_photos(record) {
        names.push("photos");
    }
    names
}

fn asks_for_photos(record: &Record) -> bool {
    ["inspection", "hazard"].contains(&record.kind.as_str())
        && !record.fields.contains_key("no_photo_reason")
        && record.live_photos().next().is_none()
}

/// The village that counts the record, with the evidence it rests on (domain 2.6 rule 8): the registration of the place shown, then the
/// polygon around the fix shown, then the feed the inspector chose.
pub fn report_village(record: &Record) -> Option<VillageOfRecord> {
    let village_of = |field: &str| {
        let shown = shown_field(record, field)?;
        let entries = &record.fields.get(field)?.entries;
        entries.iter().find(|entry| entry.value == shown).and_then(|entry| entry.village.clone())
    };
    let located = village_of("fix").or_else(|| village_of("point"));
    let code = |feed: Option<FeedId>| feed.and_then(|feed| feed.as_str().parse().ok());
    village_of_record(code(village_of("place")), code(located), code(Some(record.feed.clone())))
}
