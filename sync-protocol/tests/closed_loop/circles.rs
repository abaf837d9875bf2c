//! Hazards that were merged into each other in a circle: none may leave the numbers without another that counts for it.

use super::story::*;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use sync_protocol::ids::RecordId;
use sync_protocol::merge::{Linked, counted_periods, is_merged_away};
use uuid::Uuid;

const HAZARDS: u128 = 5;

fn hazard(number: u128) -> u128 {
    0x300 + number
}

fn key(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(hazard(number)))
}

/// Hazards of which the office and the leader linked some, one after another.
fn linked(links: &[(u128, u128)]) -> Story {
    let mut story = Story::default();
    for number in 0..HAZARDS {
        let fields = json!({"level": "major_direct", "origin": "village", "description": "配电箱门敞开"});
        story.say_of(INSPECTOR, "hazard", hazard(number), json!({"kind": "create", "fields": fields}));
    }
    for (from, to) in links.iter().filter(|(from, to)| from != to) {
        let body = json!({"kind": "link_duplicate", "survivor": Uuid::from_u128(hazard(*to)), "reason": "同一处"});
        story.say_of(OFFICE, "hazard", hazard(*from), body);
        let op = Uuid::from_u128(0x1000 + story.ops);
        let yes = json!({"kind": "resolve", "target": op, "verdict": "approve", "reason": "同意"});
        story.say_of(LEADER, "hazard", hazard(*from), yes);
    }
    story
}

fn counts(records: &Linked, number: u128) -> bool {
    counted_periods(&records[&key(number)], records).last().is_some_and(|period| period.to.is_none())
}

#[test]
fn two_hazards_merged_into_each_other_both_count() {
    let one_way = linked(&[(0, 1)]);
    assert!(!counts(&one_way.world.records, 0) && counts(&one_way.world.records, 1));
    let circle = linked(&[(0, 1), (1, 0)]);
    let records = &circle.world.records;
    assert!(counts(records, 0) && counts(records, 1));
    let periods = counted_periods(&records[&key(0)], records);
    assert_eq!(periods.len(), 2, "between the two links it was merged away: {periods:?}");
    let longer = linked(&[(0, 1), (1, 2), (2, 0), (3, 0)]);
    let records = &longer.world.records;
    assert!((0..3).all(|number| counts(records, number)), "no link of a circle counts, however long it is");
    assert!(!counts(records, 3), "what was merged into it stays merged");
}

proptest! {
    #[test]
    fn whatever_is_merged_some_hazard_counts_for_it(links in prop::collection::vec((0..HAZARDS, 0..HAZARDS), 0..8)) {
        let story = linked(&links);
        let records = &story.world.records;
        let away: BTreeMap<u128, bool> =
            (0..HAZARDS).map(|number| (number, is_merged_away(&records[&key(number)], records, None))).collect();
        let latest: BTreeMap<u128, u128> = links.iter().copied().filter(|(from, to)| from != to).collect();
        for number in 0..HAZARDS {
            prop_assert_eq!(counts(records, number), !away[&number]);
            // Wherever its links lead, one that counts is reached.
            let mut at = number;
            for _ in 0..HAZARDS {
                if away[&at] {
                    at = latest[&at];
                }
            }
            prop_assert!(!away[&at], "{links:?}: {number} leads to {at}");
        }
    }
}
