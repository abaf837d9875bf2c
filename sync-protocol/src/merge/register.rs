//! Registers: how one field takes a new value. A new value removes exactly those values that its author had seen and that the rule lets
//! it replace; everything else stays, in an order that knows nothing of arrival. So any order of arrival that respects what each
//! author had seen gives the same register.

use super::outcome::FieldOutcome;
use crate::limits::REGISTER_ENTRIES_MAX;
use crate::record::{Entry, Register, Stamp};
use crate::schema::MergeRule;
use crate::time::Micros;
use serde_json::Value;

/// Rank of a value under a rule that orders values; larger wins. `None` for values that the rule cannot rank.
pub(super) fn rank(rule: MergeRule, value: &Value) -> Option<i64> {
    match rule {
        MergeRule::MaxDanger(order) | MergeRule::MostOpen(order) => {
            let code = value.as_str()?;
            order.iter().position(|candidate| *candidate == code).and_then(|index| i64::try_from(index).ok())
        }
        MergeRule::TrueWins => value.as_bool().map(i64::from),
        MergeRule::Earliest => instant_or_day(value).map(|at| -at),
        MergeRule::Latest => instant_or_day(value),
        MergeRule::ServerOnly
        | MergeRule::Union
        | MergeRule::BestFix
        | MergeRule::KeepBoth
        | MergeRule::Longest
        | MergeRule::Ask
        | MergeRule::Append => None,
    }
}

fn instant_or_day(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    if let Ok(at) = text.parse::<Micros>() {
        return Some(at.as_micros());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether a new value may remove `old`, which its author had seen.
pub(super) fn replaces(rule: Option<MergeRule>, old: &Value, entry: &Entry) -> bool {
    let new = &entry.value;
    match rule {
        Some(MergeRule::Union | MergeRule::BestFix | MergeRule::Append) => false,
        Some(rule @ (MergeRule::MaxDanger(_) | MergeRule::Earliest | MergeRule::TrueWins)) => {
            rank(rule, old) <= rank(rule, new)
        }
        Some(
            MergeRule::MostOpen(_)
            | MergeRule::Latest
            | MergeRule::ServerOnly
            | MergeRule::KeepBoth
            | MergeRule::Longest
            | MergeRule::Ask,
        )
        | None => true,
    }
}

/// What writing a value came to.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// `None` is "as sent".
    pub(super) outcome: Option<FieldOutcome>,
    /// Values that the new one replaced.
    pub(super) replaced: Vec<Entry>,
}

/// Writes `entry` into `register`. `seen` tells whether the author had seen a stamp; `own` whether the author may correct what it wrote,
/// whatever the rule says.
pub(super) fn write(
    register: &mut Register,
    rule: Option<MergeRule>,
    entry: Entry,
    seen: impl Fn(&Stamp) -> bool,
    own: impl Fn(&Stamp) -> bool,
) -> Written {
    if rule == Some(MergeRule::Union) {
        return Written { outcome: add_elements(register, entry), replaced: Vec::new() };
    }
    let goes = |old: &Entry| seen(&old.stamp) && (own(&old.stamp) || replaces(rule, &old.value, &entry));
    let (replaced, kept): (Vec<Entry>, Vec<Entry>) = register.entries.drain(..).partition(goes);
    register.entries = kept;
    if register.entries.len() >= 2 * REGISTER_ENTRIES_MAX {
        return Written { outcome: Some(FieldOutcome::TooMany), replaced };
    }
    let contested = register.entries.iter().any(|old| !seen(&old.stamp) && old.value != entry.value);
    insert(&mut register.entries, entry);
    Written { outcome: if contested { contested_outcome(rule) } else { None }, replaced }
}

/// Puts an entry where the order that knows nothing of arrival has it.
pub(super) fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let at = entries.partition_point(|old| old.stamp.order() < entry.stamp.order());
    entries.insert(at, entry);
}

/// A set: each element once, with the stamp that is first in the order that knows nothing of arrival.
fn add_elements(register: &mut Register, entry: Entry) -> Option<FieldOutcome> {
    let Value::Array(elements) = &entry.value else { return Some(FieldOutcome::InvalidValue) };
    for element in elements {
        let known = register.entries.iter().position(|old| old.value == *element);
        match known {
            Some(index) if register.entries[index].stamp.order() <= entry.stamp.order() => continue,
            Some(index) => drop(register.entries.remove(index)),
            None if register.entries.len() >= REGISTER_ENTRIES_MAX => return Some(FieldOutcome::TooMany),
            None => {}
        }
        insert(&mut register.entries, Entry { value: element.clone(), ..entry.clone() });
    }
    None
}

fn contested_outcome(rule: Option<MergeRule>) -> Option<FieldOutcome> {
    match rule {
        Some(MergeRule::MaxDanger(_)) => Some(FieldOutcome::MaxDanger),
        Some(MergeRule::MostOpen(_)) => Some(FieldOutcome::MostOpen),
        Some(MergeRule::Earliest) => Some(FieldOutcome::Earliest),
        Some(MergeRule::Latest) => Some(FieldOutcome::Latest),
        Some(MergeRule::TrueWins) => Some(FieldOutcome::TrueWins),
        Some(MergeRule::KeepBoth) => Some(FieldOutcome::KeptBoth),
        Some(MergeRule::Longest) => Some(FieldOutcome::Longest),
        Some(MergeRule::Ask) | None => Some(FieldOutcome::Ask),
        Some(MergeRule::ServerOnly | MergeRule::Union | MergeRule::BestFix | MergeRule::Append) => None,
    }
}
