//! How a hazard counts for a cutoff, as it goes through its loop.

use super::story::{COLLEAGUE, COUNTY, INSPECTOR, LEADER, OFFICE, Story};
use serde_json::json;
use sync_protocol::ids::RecordId;
use sync_protocol::merge::{CountedPeriod, Linked, counted_periods, shown_at};
use sync_protocol::record::{Entry, Record, Register};
use sync_protocol::time::Micros;
use uuid::Uuid;

/// How the hazard counts for a cutoff: (self found, rectified, listed).
fn counts(story: &Story, cutoff: Micros) -> Option<(bool, bool, bool)> {
    let within = |one: &CountedPeriod| one.from < cutoff && one.to.is_none_or(|to| cutoff <= to);
    let periods = counted_periods(story.record(), &story.world.records);
    periods.iter().find(|one| within(one)).map(|one| (one.self_found, one.rectified, one.listed))
}

#[test]
fn the_past_knows_since_when_a_hazard_is_major() {
    let mut story = Story::of("suspected");
    story.set(OFFICE, json!({"level": "major_direct"}));
    let since = story.now();
    story.set(OFFICE, json!({"level": "major_collective"}));
    let level = |at| shown_at(story.record(), "level", Some(at)).unwrap();
    assert_eq!(level(since), "suspected");
    assert_eq!(level(since.saturating_add(1)), "major_direct");
}

#[test]
fn a_hazard_counts_from_its_first_major_level_and_by_what_stood_before_the_cutoff() {
    let mut story = Story::of("suspected");
    assert_eq!(counts(&story, Micros::MAX), None, "疑似 does not count");
    story.set(OFFICE, json!({"level": "major_direct"}));
    let since = story.now();
    assert_eq!(counts(&story, since), None, "the instant itself is not before the cutoff");
    assert_eq!(counts(&story, since.saturating_add(1)), Some((false, false, false)));
    story.set(COUNTY, json!({"listed.county": {"doc_no": "1", "listed_on": "2023-05-30"}}));
    assert_eq!(counts(&story, since.saturating_add(1)), Some((false, false, true)), "listed by its document");
    let (op, _) = story.set(OFFICE, json!({"level": "general"}));
    let asked = story.now();
    story.agree(LEADER, op);
    assert_eq!(counts(&story, asked.saturating_add(1)), Some((false, false, true)), "a request changes nothing");
    assert_eq!(counts(&story, story.now().saturating_add(1)), None);
    assert_eq!(counts(&story, asked), Some((false, false, true)), "the past stays as it was");
}

#[test]
fn acceptance_and_reopening_show_in_the_numbers_from_their_time() {
    let mut story = Story::ready_for_review("major_direct");
    let (op, _) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    story.agree(OFFICE, op);
    let accepted = story.now();
    story.go(COLLEAGUE, "accepted", "fixing", json!({}));
    let reopened = story.now();
    let at = |at: Micros| counts(&story, at.saturating_add(1)).unwrap().1;
    assert_eq!((at(accepted), at(reopened)), (true, false));
    assert_eq!(counts(&story, accepted), Some((false, false, false)));
    assert_eq!(counts(&story, reopened), Some((false, true, false)));
}

#[test]
fn a_merged_hazard_counts_no_more() {
    let mut story = Story::of("major_direct");
    let other = RecordId(Uuid::from_u128(0x78));
    let mut twin = story.record().clone();
    twin.id = other;
    story.world.records.insert(other, twin);
    let before = story.now();
    story.say(INSPECTOR, json!({"kind": "link_duplicate", "survivor": other, "reason": "同一处"}));
    assert!(counts(&story, Micros::MAX).is_some(), "an inspector alone joins nothing");
    let (op, _) = story.say(OFFICE, json!({"kind": "link_duplicate", "survivor": other, "reason": "同一处"}));
    assert!(counts(&story, Micros::MAX).is_some(), "nor does the office alone, for a 重大");
    story.agree(LEADER, op);
    assert_eq!(counts(&story, Micros::MAX), None);
    assert!(counts(&story, before.saturating_add(1)).is_some());
    let (op, _) = story.say(OFFICE, json!({"kind": "link_duplicate", "survivor": null, "reason": "核实为两处"}));
    story.agree(LEADER, op);
    assert!(counts(&story, Micros::MAX).is_some());
}

#[test]
fn a_second_document_does_not_undo_the_first_and_a_corrected_day_does() {
    let mut story = Story::of("major_direct");
    story.set(LEADER, json!({"listed.town": {"doc_no": "1"}}));
    let first = story.now();
    let listed = |story: &Story, at| counts(story, at).unwrap().2;
    assert!((!listed(&story, first), listed(&story, first.saturating_add(1))) == (true, true));
    story.set(LEADER, json!({"listed.town": {"doc_no": "2"}}));
    assert!(listed(&story, first.saturating_add(1)), "listed a second time, it was still listed before");
    let later = story.now().saturating_add(1);
    let mut story = Story::of("major_direct");
    story.set(LEADER, json!({"listed.town": {"doc_no": "1", "listed_on": "1999-05-30"}}));
    let first = story.now();
    assert!(listed(&story, first));
    story.set(LEADER, json!({"listed.town": {"doc_no": "1", "listed_on": "2999-05-30"}}));
    assert!(!listed(&story, first), "the day was corrected, so it counts from its entry");
    assert!(listed(&story, later));
}

#[test]
fn what_others_found_first_is_no_own_finding_until_the_office_clears_it() {
    let story = Story::of("major_direct");
    let mut record = story.record().clone();
    let entry = record.fields["level"].entries[0].clone();
    let write = |record: &mut Record, field: &str, value| {
        let entry = Entry { value, ..entry.clone() };
        record.fields.insert(field.to_owned(), Register { entries: vec![entry] });
    };
    write(&mut record, "origin", json!("self_day"));
    let own = |record: &Record| counted_periods(record, &Linked::new()).iter().all(|one| one.self_found);
    assert!(own(&record));
    write(&mut record, "integrity", json!({"version": 2, "flags": [{"key": "R-23", "rule": "R-23", "level": "soft"}]}));
    assert!(!own(&record));
    write(&mut record, "cleared.R-23", json!("核实为企业先发现"));
    assert!(own(&record));
}

#[test]
fn what_the_finder_claims_to_have_seen_earlier_counts_from_then() {
    let mut story = Story::of("major_direct");
    let created = story.record().created.at;
    let claimed = created.saturating_add(-1000);
    story.set(INSPECTOR, json!({"found_at": claimed}));
    story.set(INSPECTOR, json!({"remark": "与计数无关"}));
    assert_eq!(counts(&story, claimed), None);
    for cutoff in [claimed.saturating_add(1), created, created.saturating_add(1)] {
        assert!(counts(&story, cutoff).is_some(), "{cutoff}");
    }
    assert_eq!(
        counted_periods(story.record(), &story.world.records).len(),
        1,
        "neighbours that count alike are one stretch"
    );
}

#[test]
fn an_earlier_finding_says_nothing_of_what_came_after_it_was_saved() {
    let mut story = Story::of("major_direct");
    let found = story.record().created.at.saturating_add(-1000);
    story.set(INSPECTOR, json!({"found_at": found}));
    let (op, _) = story.set(OFFICE, json!({"level": "general"}));
    story.agree(LEADER, op);
    let lowered = story.now();
    assert!(counts(&story, lowered).is_some());
    assert_eq!(counts(&story, lowered.saturating_add(1)), None);
}

#[test]
fn what_goes_in_the_instant_of_its_saving_counts_from_the_claim_until_then() {
    let mut story = Story::of("major_direct");
    let created = story.record().created.at;
    let claimed = created.saturating_add(-1000);
    story.set(INSPECTOR, json!({"found_at": claimed}));
    let mut record = story.record().clone();
    // Written with the stamp of the creation, so at its instant.
    let voided = Entry { value: json!("void"), ..record.fields["level"].entries[0].clone() };
    record.fields.insert("state".to_owned(), Register { entries: vec![voided] });
    let periods = counted_periods(&record, &Linked::new());
    assert_eq!(periods.iter().map(|one| (one.from, one.to)).collect::<Vec<_>>(), [(claimed, Some(created))]);
}

#[test]
fn a_finding_and_a_listing_a_microsecond_apart_count_apart() {
    let day: Micros = "2023-05-30T00:00:00+08:00".parse().unwrap();
    for (found, before) in [(day.saturating_add(1), None), (day.saturating_add(-1), Some(false))] {
        let mut story = Story::of("major_direct");
        story.set(INSPECTOR, json!({"found_at": found}));
        story.set(LEADER, json!({"listed.town": {"doc_no": "1", "listed_on": "2023-05-30"}}));
        let listed = |at| counts(&story, at).map(|(_, _, listed)| listed);
        assert_eq!(listed(found.max(day)), before, "{found}");
        assert_eq!(listed(found.max(day).saturating_add(1)), Some(true), "{found}");
    }
}
