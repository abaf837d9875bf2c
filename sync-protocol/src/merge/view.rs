//! What a record shows: the value each rule picks from what counts, which fields are disputed, what is still asked for, and the village
//! that counts it; now, or as it was at some instant. All computed from the record's state, never stored apart from it.

use super::register::rank;
use super::standing::{Before, Visible, leaves, leaves_among, visible};
use crate::geo::Fix;
use crate::geo::{Disagreement, VillageOfRecord, village_of_record};
use crate::ids::FeedId;
use crate::record::{Record, Stamp};
use crate::schema::{MergeRule, Required, find_kind};
use crate::time::Micros;
use serde_json::Value;

/// Between two texts that stand side by side.
const BOTH_SEPARATOR: &str = " / ";
/// Between remarks that were added one after another.
const APPEND_SEPARATOR: &str = "；";

/// What is shown for `field` of `record`, or `None` while nobody wrote it.
pub fn shown_field(record: &Record, field: &str) -> Option<Value> {
    shown_at(record, field, None)
}

/// The values of `field` that count, in order of (hlc, op), with who wrote them; of a state those that nobody left.
pub fn counting_values<'a>(record: &'a Record, field: &str) -> Vec<(&'a Value, &'a Stamp)> {
    if field == "state" && find_kind(&record.kind).is_some_and(|kind| kind.initial_state.is_some()) {
        let level = record.shown_text("level");
        return leaves(record, level.as_deref(), None)
            .into_iter()
            .map(|(entry, _)| (&entry.value, &entry.stamp))
            .collect();
    }
    visible(record, field, None).into_iter().map(|one| (one.value, one.stamp)).collect()
}

/// What was shown for `field` just before an instant, as far as it is known by now.
pub fn shown_at(record: &Record, field: &str, before: Before) -> Option<Value> {
    let kind = find_kind(&record.kind);
    let rule = kind.and_then(|kind| kind.find_field(field)).map(|spec| spec.rule);
    if field == "state" && kind.is_some_and(|kind| kind.initial_state.is_some()) {
        return shown_state(record, rule?, before);
    }
    shown_of(&visible(record, field, before), rule)
}

/// The most open state among those that stand and were not left.
fn shown_state(record: &Record, rule: MergeRule, before: Before) -> Option<Value> {
    let level = shown_at(record, "level", before);
    let standing = leaves(record, level.as_ref().and_then(Value::as_str), before);
    standing.into_iter().map(|(entry, _)| &entry.value).max_by_key(|state| rank(rule, state)).cloned()
}

/// Whether the numbers of 附件2 ask for this field as it was at some instant, so that what was replaced must not be forgotten.
pub(super) fn counts_by_time(field: &str) -> bool {
    matches!(field, "level" | "state" | "duplicate_of") || field.starts_with("listed.")
}

/// Every instant at which something about a hazard's level, state, listing or identity began to count, in order, each once.
pub fn turning_points(record: &Record) -> Vec<Micros> {
    let fields =
        record.fields.iter().filter(|(name, _)| counts_by_time(name)).flat_map(|(_, register)| &register.entries);
    let past = record.past.iter().filter(|(name, _)| counts_by_time(name)).flat_map(|(_, entries)| entries);
    let fields = fields.chain(past).map(|entry| entry.stamp.at);
    let decided = record.decisions.iter().map(|said| said.stamp.at);
    let proposed =
        record.pending.iter().filter(|pending| counts_by_time(&pending.field)).map(|pending| pending.stamp.at);
    let mut all: Vec<Micros> = fields.chain(decided).chain(proposed).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether the hazard was listed (挂牌督办) and every level that listed it has delisted it, each while it was accepted. A hazard that was
/// never listed counts as delisted.
pub fn is_delisted(record: &Record) -> bool {
    let levels = ["town", "county", "city", "prov"];
    levels.iter().all(|level| {
        let listed = !visible(record, &format!("listed.{level}"), None).is_empty();
        let field = format!("delisted.{level}");
        let delisted = visible(record, &field, None);
        // The instant itself counts, so the state is asked just after it; closing is left out, because it is what asks here.
        let in_time = |entry: &Visible<'_>| {
            let after = Some(entry.at.saturating_add(1));
            let level = shown_at(record, "level", after);
            let level = level.as_ref().and_then(Value::as_str);
            let states = leaves_among(record, level, after, |entry| entry.value != "closed");
            !states.is_empty() && states.iter().all(|(entry, _)| entry.value == "accepted")
        };
        !listed || delisted.iter().any(in_time)
    })
}

/// What a rule shows of values in order of (hlc, op).
pub(super) fn shown_of(values: &[Visible<'_>], rule: Option<MergeRule>) -> Option<Value> {
    let first = values.first()?;
    match rule {
        Some(
            rule @ (MergeRule::MaxDanger(_)
            | MergeRule::MostOpen(_)
            | MergeRule::Earliest
            | MergeRule::Latest
            | MergeRule::TrueWins),
        ) => values.iter().map(|entry| entry.value).max_by_key(|value| rank(rule, value)).cloned(),
        Some(MergeRule::Union) => Some(sorted_set(values)),
        Some(MergeRule::BestFix) => Some(best_fix(values).unwrap_or(first).value.clone()),
        Some(MergeRule::KeepBoth) => Some(joined(values, BOTH_SEPARATOR, true)),
        Some(MergeRule::Append) => Some(joined(values, APPEND_SEPARATOR, false)),
        Some(MergeRule::ServerOnly) => values.last().map(|entry| entry.value.clone()),
        Some(MergeRule::Longest | MergeRule::Ask) | None => Some(longest_or_first(values, first)),
    }
}

fn sorted_set(values: &[Visible<'_>]) -> Value {
    let mut elements: Vec<Value> = values.iter().map(|entry| entry.value.clone()).collect();
    elements.sort_by_key(ToString::to_string);
    Value::Array(elements)
}

/// The fix with the best accuracy that is not mocked; the first of equals.
fn best_fix<'a, 'b>(values: &'b [Visible<'a>]) -> Option<&'b Visible<'a>> {
    let accuracy = |entry: &Visible<'_>| {
        let fix: Fix = serde_json::from_value(entry.value.clone()).ok()?;
        let metres = fix.acc_m.filter(|metres| metres.is_finite() && *metres > 0.0).unwrap_or(f64::MAX);
        Some((fix.mock.unwrap_or(false), metres))
    };
    let ranked = values.iter().filter_map(|entry| accuracy(entry).map(|accuracy| (accuracy, entry)));
    let better = |a: &(bool, f64), b: &(bool, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
    ranked.min_by(|(a, _), (b, _)| better(a, b)).map(|(_, entry)| entry)
}

fn joined(values: &[Visible<'_>], separator: &str, distinct: bool) -> Value {
    let mut texts: Vec<&str> = Vec::new();
    for text in values.iter().filter_map(|entry| entry.value.as_str()) {
        if !(distinct && texts.contains(&text)) {
            texts.push(text);
        }
    }
    Value::String(texts.join(separator))
}

fn longest_or_first(values: &[Visible<'_>], first: &Visible<'_>) -> Value {
    let length = |entry: &Visible<'_>| entry.value.as_str().map_or(0, |text| text.chars().count());
    let longest = values.iter().map(length).max().unwrap_or(0);
    values.iter().find(|entry| length(entry) == longest).unwrap_or(first).value.clone()
}

/// Whether several different values of a field stand side by side and a person should know.
pub fn is_disputed(record: &Record, field: &str) -> bool {
    let kind = find_kind(&record.kind);
    let rule = kind.and_then(|kind| kind.find_field(field)).map(|spec| spec.rule);
    let quiet = matches!(
        rule,
        Some(MergeRule::Union | MergeRule::Append | MergeRule::BestFix | MergeRule::Longest | MergeRule::ServerOnly)
    );
    if quiet {
        return false;
    }
    if field == "state" && kind.is_some_and(|kind| kind.initial_state.is_some()) {
        let level = record.shown_text("level");
        let leaves = leaves(record, level.as_deref(), None);
        return leaves.windows(2).any(|pair| pair[0].0.value != pair[1].0.value);
    }
    let values = visible(record, field, None);
    values.windows(2).any(|pair| pair[0].value != pair[1].value)
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
/// polygon around the fix it was made with, then the feed the inspector chose. A fix that somebody adds later may be anywhere: it moves
/// nothing, and is a question where it lies in another village.
pub fn report_village(record: &Record) -> Option<VillageOfRecord> {
    let village_of = |field: &str| {
        let shown = shown_field(record, field)?;
        visible(record, field, None).iter().find(|entry| *entry.value == shown)?.village.cloned()
    };
    let fixes = visible(record, "fix", None);
    let made = fixes.iter().find(|entry| entry.stamp.op == record.created.op).map(|entry| entry.village.cloned());
    let located = match &made {
        Some(village) => village.clone(),
        None => village_of("point"),
    };
    let code = |feed: Option<FeedId>| feed.and_then(|feed| feed.as_str().parse().ok());
    let found = village_of_record(code(village_of("place")), code(located), code(Some(record.feed.clone())))?;
    let added = if made.is_none() { code(village_of("fix")) } else { None };
    let elsewhere = added.filter(|added| found.disagreement.is_none() && *added != found.code);
    let question = elsewhere.map(|added| Disagreement { registered: found.code, located: added });
    Some(VillageOfRecord { disagreement: found.disagreement.or(question), ..found })
}
