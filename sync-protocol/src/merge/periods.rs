//! Since when and until when a hazard counts in 附件2, and how: stretches of time between the instants at which something about it began to
//! count. For any cutoff the hazard counts as its stretch around the cutoff says, from events before it. What a newcomer gets wrong:
//! 疑似重大 does not count, an approved downgrade or voiding ends the counting from its approval, and delisting does not end 挂牌.

use super::merged::{Linked, is_merged_away, turning_points_of_linked};
use super::standing::visible;
use super::view::{shown_at, turning_points};
use crate::record::Record;
use crate::schema::ORIGINS;
use crate::time::Micros;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many of [`ORIGINS`], from the first, are the enterprise's own (企业自查).
pub const SELF_ORIGINS: usize = 6;

/// The integrity rule after which a hazard that the enterprise calls its own finding counts as found by others, until the office clears it.
pub const NOT_SELF_FOUND: &str = "R-23";

/// A stretch of time in which a hazard counts one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedPeriod {
    /// It counts for cutoffs after this instant.
    pub from: Micros,
    /// And up to this one; `None` while it goes on.
    pub to: Option<Micros>,
    /// 企业自查发现; otherwise 排查发现.
    pub self_found: bool,
    /// 已完成整改.
    pub rectified: bool,
    /// 政府挂牌督办.
    pub listed: bool,
}

/// Every stretch in which the hazard counts, in order of time; neighbours that count alike are one. `linked` has at least the hazards that it was
/// ever merged into, and those that they were.
pub fn counted_periods(record: &Record, linked: &Linked) -> Vec<CountedPeriod> {
    if !was_ever_major(record) {
        return Vec::new();
    }
    let self_found = is_self_found(record);
    let found_at = claimed_finding(record);
    let listed_at = listings(record);
    let mut points = turning_points(record);
    points.extend(found_at.into_iter().chain(listed_at.iter().copied()));
    points.extend(turning_points_of_linked(record, linked));
    points.sort_unstable();
    points.dedup();
    let mut periods: Vec<CountedPeriod> = Vec::new();
    for (index, from) in points.iter().enumerate() {
        let to = points.get(index + 1).copied();
        // Just after the instant: what happened at it counts.
        let cutoff = from.saturating_add(1);
        // What the finder claims to have seen earlier counts from then, if nothing is known of that time.
        let asked = match found_at {
            Some(found) if cutoff > found && cutoff <= record.created.at => record.created.at.saturating_add(1),
            Some(_) | None => cutoff,
        };
        // Nobody makes a hazard go by finding it, however soon after.
        if !is_major(record, asked) || is_gone(record, linked, cutoff) {
            continue;
        }
        let state = shown_at(record, "state", Some(asked));
        let rectified = matches!(state.as_ref().and_then(Value::as_str), Some("accepted" | "closed"));
        let listed = listed_at.iter().any(|at| *at < cutoff);
        push(&mut periods, CountedPeriod { from: *from, to, self_found, rectified, listed });
    }
    periods
}

fn push(periods: &mut Vec<CountedPeriod>, next: CountedPeriod) {
    let alike = |one: &CountedPeriod| (one.self_found, one.rectified, one.listed);
    match periods.last_mut() {
        Some(last) if last.to == Some(next.from) && alike(last) == alike(&next) => last.to = next.to,
        Some(_) | None => periods.push(next),
    }
}

/// Whether any value of the level, standing or not, ever was 重大: most hazards are not, and need no look at their past.
fn was_ever_major(record: &Record) -> bool {
    let entries = record.fields.get("level").into_iter().flat_map(|register| &register.entries);
    let past = record.past.get("level").into_iter().flatten();
    // A proposal only ever lowers the level, so it brings none that was not there.
    let values = entries.chain(past).map(|entry| &entry.value);
    values.into_iter().any(|value| matches!(value.as_str(), Some("major_direct" | "major_collective")))
}

/// 企业自查: the enterprise's own, and nobody found it before (domain 2.6 rule 3).
fn is_self_found(record: &Record) -> bool {
    let own = record.shown_text("origin").is_some_and(|code| ORIGINS[..SELF_ORIGINS].contains(&code.as_str()));
    own && !has_open_flag(record, NOT_SELF_FOUND)
}

/// Whether a rule found something that the office has not cleared.
fn has_open_flag(record: &Record, rule: &str) -> bool {
    let integrity = shown_at(record, "integrity", None).unwrap_or_default();
    let flags = integrity["flags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_rule = flags.iter().filter(|flag| flag["rule"] == rule).filter_map(|flag| flag["key"].as_str());
    let cleared = |key: &str| record.shown_text(&format!("cleared.{key}")).is_some_and(|text| !text.trim().is_empty());
    of_rule.into_iter().any(|key| !cleared(key))
}

fn is_major(record: &Record, cutoff: Micros) -> bool {
    let level = shown_at(record, "level", Some(cutoff));
    matches!(level.as_ref().and_then(Value::as_str), Some("major_direct" | "major_collective"))
}

/// Void, or merged into another hazard that counts for both.
fn is_gone(record: &Record, linked: &Linked, cutoff: Micros) -> bool {
    let void = shown_at(record, "state", Some(cutoff)) == Some(Value::from("void"));
    void || is_merged_away(record, linked, Some(cutoff))
}

/// When the finder claims to have found it, where that lies before the saving of the record.
fn claimed_finding(record: &Record) -> Option<Micros> {
    let claimed = record.shown_text("found_at")?.parse::<Micros>().ok()?;
    (claimed < record.created.at).then_some(claimed)
}

/// When levels of government listed it, once per document: from the day that the document gives, as last corrected, or from when it was first
/// entered, whichever is earlier. A second document does not undo the first.
fn listings(record: &Record) -> Vec<Micros> {
    // Of each document, when it was first entered and the day that its last version gives.
    let mut documents: BTreeMap<(&str, &str), (Micros, Option<Micros>)> = BTreeMap::new();
    for field in ["listed.town", "listed.county", "listed.city", "listed.prov"] {
        // What was replaced is asked for too.
        for entry in visible(record, field, Some(Micros::MAX)) {
            let document = (field, entry.value["doc_no"].as_str().unwrap_or_default());
            let (first, day) = documents.entry(document).or_insert((entry.at, None));
            *first = entry.at.min(*first);
            *day = listing_day(entry.value).or(*day);
        }
    }
    documents.into_values().map(|(first, day)| day.map_or(first, |day| day.min(first))).collect()
}

fn listing_day(listing: &Value) -> Option<Micros> {
    let day: jiff::civil::Date = listing["listed_on"].as_str()?.parse().ok()?;
    format!("{day}T00:00:00+08:00").parse().ok()
}
