//! Whose word counts about a change that waits, whose does not, and as of when.

use super::story::*;
use serde_json::{Value, json};
use sync_protocol::ids::RecordId;
use sync_protocol::limits::{DECISIONS_MAX, REGISTER_ENTRIES_MAX, REGISTER_ENTRIES_OF_ONE_MAX};
use sync_protocol::merge::{FieldOutcome, shown_at};
use sync_protocol::role::Role::R1;
use uuid::Uuid;

const SERVER: Who = Who(0, R1);
const OTHER: u128 = 0x88;

fn link(story: &mut Story) -> Option<FieldOutcome> {
    let other = Uuid::from_u128(OTHER);
    story.say(
        INSPECTOR,
        json!({"kind": "create", "record": other, "fields": {"level": "general", "origin": "village"}}),
    );
    let linked = json!({"kind": "link_duplicate", "survivor": other, "reason": "同一处"});
    field(&story.say(OFFICE, linked).1, "duplicate_of")
}

#[test]
fn what_the_server_writes_waits_for_nobody() {
    let mut story = Story::of("suspected");
    assert_eq!(field(&story.set(SERVER, json!({"level": "general"})).1, "level"), None);
    assert_eq!(story.shown("level"), "suspected", "and removes nothing more dangerous");
    assert!(story.record().waiting().is_empty());
}

#[test]
fn an_enterprise_writes_all_of_its_own_hazard() {
    let mut story = Story::default();
    let fields = json!({"level": "general", "origin": "self_day", "description": "灭火器过期", "sector": ["fire"],
        "place": Uuid::from_u128(FACTORY)});
    let (_, outcome) = story.say(ENTERPRISE, json!({"kind": "create", "fields": fields}));
    assert!(outcome.fields.is_empty(), "{outcome:?}");
}

#[test]
fn the_finder_shortens_their_own_words_from_another_phone_too() {
    let mut story = Story::of("general");
    story.phone = 1;
    let (_, outcome) = story.set(INSPECTOR, json!({"description": "配电箱门敞开"}));
    assert_eq!(field(&outcome, "description"), None);
}

#[test]
fn who_has_to_agree_is_asked_as_of_then() {
    let mut story = Story::of("suspected");
    story.set(OFFICE, json!({"level": "general"}));
    story.set(COLLEAGUE, json!({"level": "major_direct"}));
    let raised = story.now();
    let level = |at| shown_at(story.record(), "level", Some(at)).unwrap();
    assert_eq!(level(raised), "general", "nobody had judged it before that instant");
    assert_eq!(level(raised.saturating_add(1)), "major_direct");
}

#[test]
fn the_office_alone_merges_what_nobody_judged_major() {
    let mut story = Story::of("general");
    assert_eq!(link(&mut story), Some(FieldOutcome::Approved));
    let mut story = Story::of("major_direct");
    assert_eq!(link(&mut story), Some(FieldOutcome::Proposal));
}

#[test]
fn the_office_alone_does_not_merge_across_origins() {
    let mut story = Story::of("general");
    let other = RecordId(Uuid::from_u128(OTHER));
    let made = json!({"kind": "create", "record": other, "fields": {"level": "general", "origin": "self_day",
        "place": Uuid::from_u128(FACTORY)}});
    story.say(ENTERPRISE, made);
    let linked = json!({"kind": "link_duplicate", "survivor": other, "reason": "同一处"});
    let (op, outcome) = story.say(OFFICE, linked);
    assert_eq!(field(&outcome, "duplicate_of"), Some(FieldOutcome::Proposal));
    assert_eq!(field(&story.agree(LEADER, op), "duplicate_of"), Some(FieldOutcome::Approved));
}

#[test]
fn nothing_is_merged_into_itself_nor_into_what_is_no_hazard_here() {
    let into = |story: &mut Story, survivor: u128| {
        let body = json!({"kind": "link_duplicate", "survivor": Uuid::from_u128(survivor), "reason": "同一处"});
        field(&story.say(OFFICE, body).1, "duplicate_of")
    };
    let mut story = Story::of("general");
    story.say_of(INSPECTOR, "inspection", 0x78, json!({"kind": "create", "fields": {}}));
    let elsewhere =
        json!({"kind": "create", "record": Uuid::from_u128(OTHER), "village": "500999001299", "fields": {}});
    story.say(INSPECTOR, elsewhere);
    for survivor in [HAZARD, 0x78, OTHER, 0x99] {
        assert_eq!(into(&mut story, survivor), Some(FieldOutcome::InvalidValue), "{survivor:x}");
    }
    let visit = json!({"kind": "link_duplicate", "survivor": Uuid::from_u128(0x78), "reason": "同一次"});
    let outcome = story.say_of(OFFICE, "inspection", 0x78, visit);
    assert_eq!(field(&outcome, "duplicate_of"), Some(FieldOutcome::InvalidValue));
}

#[test]
fn a_later_day_is_agreed_by_the_office_and_for_a_major_hazard_by_a_leader() {
    for (level, deciding) in [("general", OFFICE), ("major_direct", LEADER)] {
        let mut story = Story::of(level);
        story.set(INSPECTOR, json!({"deadline": "2023-06-20"}));
        let (op, outcome) = story.set(COLLEAGUE, json!({"deadline": "2023-07-20"}));
        assert_eq!(field(&outcome, "deadline"), Some(FieldOutcome::Proposal));
        story.agree(if level == "general" { LEADER } else { OFFICE }, op);
        assert_eq!(story.shown("deadline"), "2023-06-20", "{level}");
        story.agree(deciding, op);
        assert_eq!(story.shown("deadline"), "2023-07-20", "{level}");
    }
}

#[test]
fn a_colleagues_no_decides_nothing_and_the_askers_own_no_ends_it() {
    let mut story = Story::of("general");
    let (op, _) = story.go(INSPECTOR, "reg", "void", json!({}));
    assert_eq!(field(&story.refuse(COLLEAGUE, op), "state"), Some(FieldOutcome::Proposal));
    story.agree(OFFICE, op);
    assert_eq!(story.shown("state"), "void");
    let mut story = Story::of("general");
    let (op, _) = story.go(INSPECTOR, "reg", "void", json!({}));
    assert_eq!(field(&story.refuse(INSPECTOR, op), "state"), Some(FieldOutcome::Refused));
    story.agree(OFFICE, op);
    assert_eq!(story.shown("state"), "reg");
}

#[test]
fn what_may_not_count_waits_until_somebody_of_the_office_has_looked_at_it() {
    let mut story = Story::of("major_direct");
    let (op, _) = story.set(INSPECTOR, json!({"listed.town": {"doc_no": "1"}}));
    story.agree(COLLEAGUE, op);
    assert_eq!(story.record().waiting().len(), 1);
    story.agree(OFFICE, op);
    assert!(story.record().waiting().is_empty());
    assert_eq!(story.shown("listed.town"), "");
}

#[test]
fn an_answer_is_about_the_operation_it_names() {
    let mut story = Story::of("general");
    story.set(COLLEAGUE, json!({"description": "无"}));
    let (second, _) = story.set(COLLEAGUE, json!({"description": "无隐患"}));
    assert_eq!(field(&story.agree(OFFICE, second), "description"), Some(FieldOutcome::Approved));
    assert_eq!(story.shown("description"), "无隐患");
    assert_eq!(story.record().waiting().len(), 1, "the first still waits");
}

#[test]
fn the_first_submission_by_order_counts() {
    let mut story = Story::default();
    story.say_of(INSPECTOR, "inspection", 0x78, json!({"kind": "create", "fields": {}}));
    for hlc in ["00000050", "00000040", "00000060"] {
        story.say_of(INSPECTOR, "inspection", 0x78, json!({"kind": "submit", "hlc": hlc}));
    }
    let record = &story.world.records[&RecordId(Uuid::from_u128(0x78))];
    assert_eq!(record.submitted.as_ref().unwrap().hlc, "00000040");
}

#[test]
fn two_who_had_not_seen_each_other_are_told_that_the_more_open_state_is_shown() {
    let mut story = Story::ready_for_review("general");
    let seen = story.record().rev;
    let step = |to: &str| json!({"kind": "transition", "from": "verify", "to": to, "reason": "复查", "evidence": {"verdict": "real"}});
    let state = |outcome| field(&outcome, "state");
    assert_eq!(state(story.say_having_seen(INSPECTOR, seen, step("accepted")).1), None);
    assert_eq!(state(story.say_having_seen(COLLEAGUE, seen, step("fixing")).1), Some(FieldOutcome::MostOpen));
    assert_eq!(
        state(story.go(ENTERPRISE, "fixing", "verify", json!({})).1),
        None,
        "who had seen both contests nothing"
    );
}

#[test]
fn one_person_takes_so_many_steps_and_others_are_still_heard() {
    let mut story = Story::of("general");
    let fill = |story: &mut Story, count| {
        let record = story.world.records.get_mut(&id()).unwrap();
        let entries = &mut record.fields.get_mut("state").unwrap().entries;
        let by_the_inspector = entries[0].clone();
        entries.resize(count, by_the_inspector);
    };
    let step = |story: &mut Story, who: Who| field(&story.go(who, "reg", "plan", json!({})).1, "state");
    fill(&mut story, REGISTER_ENTRIES_OF_ONE_MAX - 1);
    assert_ne!(step(&mut story, INSPECTOR), Some(FieldOutcome::TooMany));
    assert_eq!(step(&mut story, INSPECTOR), Some(FieldOutcome::TooMany));
    assert_ne!(step(&mut story, COLLEAGUE), Some(FieldOutcome::TooMany));
    fill(&mut story, REGISTER_ENTRIES_MAX);
    assert_eq!(step(&mut story, OFFICE), Some(FieldOutcome::TooMany));
}

#[test]
fn one_person_decides_so_often_and_others_are_still_heard() {
    let mut story = Story::of("general");
    let (op, _) = story.go(INSPECTOR, "reg", "void", json!({}));
    let decide = |story: &mut Story, who: Who| field(&story.agree(who, op), "decision");
    assert_eq!(decide(&mut story, COLLEAGUE), None);
    let fill = |story: &mut Story, count| {
        let decisions = &mut story.world.records.get_mut(&id()).unwrap().decisions;
        let by_the_colleague = decisions[0].clone();
        decisions.resize(count, by_the_colleague);
    };
    fill(&mut story, REGISTER_ENTRIES_OF_ONE_MAX - 1);
    assert_eq!(decide(&mut story, COLLEAGUE), None);
    assert_eq!(decide(&mut story, COLLEAGUE), Some(FieldOutcome::TooMany));
    assert_eq!(decide(&mut story, INSPECTOR), None);
    fill(&mut story, DECISIONS_MAX);
    assert_eq!(decide(&mut story, OFFICE), Some(FieldOutcome::TooMany));
}

#[test]
fn decisions_stand_in_an_order_that_knows_nothing_of_arrival() {
    let mut story = Story::of("general");
    let (op, _) = story.go(INSPECTOR, "reg", "void", json!({}));
    for hlc in ["00000050", "00000070", "00000060"] {
        let said: Value = json!({"kind": "resolve", "target": op, "verdict": "approve", "hlc": hlc});
        story.say(COLLEAGUE, said);
    }
    let order: Vec<&str> = story.record().decisions.iter().map(|one| one.stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000050", "00000060", "00000070"]);
}
