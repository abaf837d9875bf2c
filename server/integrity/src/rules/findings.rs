//! hazards that come back, that are everywhere, and that the enterprise says it found first.

use super::day;
use crate::facts::{HazardFacts, OtherFinding};
use crate::flag::{Flag, Level};
use crate::thresholds::Thresholds;
use serde_json::json;
use sync_protocol::merge::NOT_SELF_FOUND;
use sync_protocol::time::DAY_US;

/// 一地重发, the same hazard at the same place after it was closed.
pub(super) fn recurrence(facts: &HazardFacts, limits: &Thresholds) -> Option<Flag> {
    let days = |closed| facts.found.since(closed) / DAY_US;
    let within = facts
        .earlier
        .iter()
        .filter(|earlier| facts.found >= earlier.closed && days(earlier.closed) <= limits.recurrence_days_max);
    let last = within.max_by_key(|earlier| (earlier.closed, earlier.record))?;
    let since = days(last.closed);
    let reopens = since <= limits.recurrence_days;
    let words = if reopens {
        format!("同一处同类隐患{}已销号，{since}天后又出现：请重新打开原隐患，并核查是否假改", day(last.closed))
    } else {
        format!("同一处同类隐患{}已销号，{since}天后又出现，请核查整改质量", day(last.closed))
    };
    let measured = json!({ "days_since_closed": since });
    let threshold = json!({ "days": [limits.recurrence_days, limits.recurrence_days_max] });
    Some(Flag::new("R-21", Level::Soft, words, measured, threshold).beside(last.record))
}

/// 异地重发, the same kind of hazard at several other places.
pub(super) fn elsewhere(facts: &HazardFacts, limits: &Thresholds) -> Option<Flag> {
    let first = facts.elsewhere.first().filter(|_| facts.elsewhere.len() >= limits.elsewhere_places)?;
    let places = facts.elsewhere.len();
    let words = format!("{}天内另有{places}处发现同类隐患，请举一反三", limits.elsewhere_days);
    let threshold = json!({ "places": limits.elsewhere_places, "days": limits.elsewhere_days });
    Some(Flag::new("R-22", Level::Info, words, json!({ "places": places }), threshold).beside(*first))
}

/// 自查不处、他查严处. 企业自查 only if the enterprise's finding reached the server, or is known by trusted time to have been made, before
/// anybody else found the same at this place (domain 2.6 rule 3); and not with an earlier time that nothing supports.
pub(super) fn found_by_others_first(facts: &HazardFacts) -> Option<Flag> {
    if !facts.self_found {
        return None;
    }
    let open = facts.others.iter().filter(|other| other.closed.is_none_or(|closed| facts.found <= closed));
    let first =
        |other: &OtherFinding| facts.received < other.found || (facts.found_trusted && facts.found < other.found);
    let back_dated =
        |other: &OtherFinding| !facts.found_trusted && other.received < facts.received && facts.found <= other.found;
    let before = open.filter(|other| back_dated(other) || (other.same_criterion && !first(other)));
    let other = before.min_by_key(|other| (!back_dated(other), other.received, other.record))?;
    let words = if back_dated(other) {
        format!("企业自查时间早于{}的检查发现，但上报在后，且手机时间没有佐证，来源按他查计", day(other.found))
    } else {
        format!("{}的检查已在同一处发现同类隐患，企业自查不在其前，来源按他查计", day(other.found))
    };
    let measured = json!({ "found_at": facts.found, "received_at": facts.received, "other_found_at": other.found,
        "other_received_at": other.received });
    Some(Flag::new(NOT_SELF_FOUND, Level::Soft, words, measured, json!({ "grade": "A" })).beside(other.record))
}
