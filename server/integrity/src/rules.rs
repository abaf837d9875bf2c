//! The rules in order of domain 5, by what they compare. What a newcomer gets wrong: of two records that share a photo only the later one is
//! flagged, and whoever took it first is not bothered.

mod findings;
mod people;
mod photos;
mod places;

use crate::FLAGS_MAX;
use crate::facts::{HazardFacts, VisitFacts};
use crate::flag::{Flag, Level};
use crate::thresholds::Thresholds;
use sync_protocol::time::{LocalDate, Micros};

/// What the rules find about an inspection, hard ones first, in order of key.
pub fn judge_visit(facts: &VisitFacts, limits: &Thresholds) -> Vec<Flag> {
    let mut flags = photos::reused(&facts.photos, limits);
    flags.extend(photos::outside_visit(facts, limits));
    flags.extend(photos::not_in_app(&facts.photos, false));
    flags.extend(photos::missing(facts, limits));
    flags.extend(places::far_from_site(facts, limits));
    flags.extend(places::simulated(facts, limits));
    flags.extend(places::poor_fix(facts, limits));
    flags.extend(people::impossible_travel(facts, limits));
    flags.extend(people::clock(facts.clock, limits));
    in_order(flags)
}

/// What the rules find about a hazard, hard ones first, in order of key.
pub fn judge_hazard(facts: &HazardFacts, limits: &Thresholds) -> Vec<Flag> {
    let mut flags = photos::reused(&facts.photos, limits);
    flags.extend(photos::before_is_after(&facts.photos, limits));
    flags.extend(photos::after_too_old(facts, limits));
    flags.extend(photos::not_in_app(&facts.photos, facts.serious));
    flags.extend(places::before_after_apart(&facts.photos, limits));
    flags.extend(people::separation(facts));
    flags.extend(findings::recurrence(facts, limits));
    flags.extend(findings::elsewhere(facts, limits));
    flags.extend(findings::found_by_others_first(facts));
    in_order(flags)
}

fn in_order(mut flags: Vec<Flag>) -> Vec<Flag> {
    flags.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.key.cmp(&b.key)));
    flags.dedup_by(|a, b| a.key == b.key);
    flags.truncate(FLAGS_MAX);
    flags
}

/// `2023年5月12日`, in Asia/Shanghai: a photo may be of another year.
fn day(at: Micros) -> String {
    let date = LocalDate::of(at);
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The level by two limits, of which the second is the worse.
fn graded(value: f64, soft: f64, hard: f64) -> Option<Level> {
    if value > hard { Some(Level::Hard) } else { (value > soft).then_some(Level::Soft) }
}
