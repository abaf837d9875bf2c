//! What happens to the hazards after the visit: orders, reviews, and two phones that disagree without a signal. What a newcomer gets wrong:
//! both sides of a disagreement must have seen the same revision, so they save on the same day and push in the evening.

use super::people::INSPECTORS;
use super::phone::{Act, Save};
use super::visits::{Found, Visit, village_of};
use super::words::MAJOR;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::op::{Body, Change};
use sync_protocol::time::{DAY_US, HOUR_US, MINUTE_US, Micros};

/// Saves of the days after the visits, as far as they lie before `base`.
pub(super) fn saves(visits: &[Visit], base: Micros) -> Vec<Save> {
    let mut saves: Vec<Save> = Vec::new();
    for visit in visits {
        for (index, found) in visit.found.iter().enumerate().filter(|(_, found)| !found.instant) {
            saves.extend(steps(visit, found, index));
        }
    }
    saves.extend(disagreements(visits));
    saves.retain(|save| save.at.saturating_add(HOUR_US) < base);
    saves
}

/// What the finder does with a hazard later: half are ordered to be put right, half are seen to be right within a week.
fn steps(visit: &Visit, found: &Found, index: usize) -> Vec<Save> {
    let grave = found.level != "general";
    let step = |days: i64, from: &str, to: &str, reason: &str| {
        let evidence = if to == "accepted" { [("verdict".to_owned(), json!("real"))].into() } else { BTreeMap::new() };
        let body =
            Body::Transition { from: from.to_owned(), to: to.to_owned(), reason: Some(reason.to_owned()), evidence };
        one(visit, found, days, visit.phone, &format!("step {} {index} {to}", visit.number), body)
    };
    let list = if grave {
        vec![step(1, "reg", "plan", "下达限期整改"), step(9, "plan", "fixing", "五项已落实，申请确认")]
    } else if visit.number.is_multiple_of(2) {
        vec![step(1, "reg", "plan", "下达限期整改")]
    } else {
        vec![step(3, "reg", "verify", "企业报告已整改，待复查"), step(6, "verify", "accepted", "复查合格")]
    };
    list.into_iter().flatten().collect()
}

fn one(visit: &Visit, found: &Found, days: i64, phone: usize, name: &str, body: Body) -> Option<Save> {
    let at = visit.at.saturating_add(days * DAY_US + 30 * MINUTE_US);
    let acts = vec![Act { record: found.id, kind: "hazard", body }];
    Some(Save { at, phone, name: name.to_owned(), village: village_of(visit)?, acts })
}

/// Phones 0 to 2 share a village each with phones 9 to 11.
fn disagreements(visits: &[Visit]) -> Vec<Save> {
    let shared = |visit: &&Visit| visit.phone % 9 < 3 && visit.phone < INSPECTORS && !visit.found.is_empty();
    let open = |visit: &&Visit| visit.found.iter().any(|found| !found.instant);
    let mut saves = Vec::new();
    let chosen: Vec<&Visit> = visits.iter().filter(shared).filter(open).take(2).collect();
    for (index, visit) in chosen.into_iter().enumerate() {
        let Some(found) = visit.found.iter().find(|found| !found.instant) else { continue };
        let other = if visit.phone < 3 { visit.phone + 9 } else { visit.phone - 9 };
        let (mine, theirs) = (position(found, "靠门一侧"), position(found, "靠窗一侧"));
        let mut raised = vec![theirs, change("level", found.level, "major_direct")];
        raised.push(("criterion_ids".to_owned(), Change { base: None, new: json!([MAJOR[index].1]) }));
        raised.push(("control".to_owned(), Change { base: None, new: json!("warned") }));
        let own = vec![mine, change("level", found.level, "general")];
        let patch = |set: Vec<(String, Change)>| Body::Patch(set.into_iter().collect());
        let named = |side: &str| format!("disagreement {} {side}", visit.number);
        saves.extend(one(visit, found, 2, visit.phone, &named("own"), patch(own)));
        saves.extend(one(visit, found, 2, other, &named("other"), patch(raised)));
    }
    saves
}

fn position(found: &Found, side: &str) -> (String, Change) {
    change("position_text", found.finding.position, &format!("{}{side}", found.finding.position))
}

fn change(field: &str, base: &str, new: &str) -> (String, Change) {
    (field.to_owned(), Change { base: Some(Value::from(base)), new: Value::from(new) })
}
