//! Who may take a step, who has to agree, and what has to be there.

use super::story::{COLLEAGUE, COUNTY, ENTERPRISE, INSPECTOR, LEADER, OFFICE, Story, Who, field};
use serde_json::{Value, json};
use sync_protocol::merge::{End, FieldOutcome, Status, counted_periods, is_delisted, shown_at};
use sync_protocol::role::Role::R1;
use uuid::Uuid;

#[test]
fn a_major_hazard_is_accepted_by_two_people() {
    let mut story = Story::ready_for_review("major_direct");
    let (op, outcome) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!((outcome.status, field(&outcome, "state")), (Status::Review, Some(FieldOutcome::Proposal)));
    assert_eq!(story.shown("state"), "verify");
    assert_eq!(
        field(&story.agree(COLLEAGUE, op), "state"),
        Some(FieldOutcome::Proposal),
        "a colleague is not the office"
    );
    let before = story.now();
    let outcome = story.agree(OFFICE, op);
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::Approved));
    assert_eq!(outcome.settles[0].end, End::Approved);
    assert_eq!(story.shown("state"), "accepted");
    let at = |at| shown_at(story.record(), "state", Some(at)).unwrap();
    assert_eq!(at(before), "verify", "it counts from the approval, not from when it was asked for");
    assert_eq!(at(story.now()), "verify");
    assert_eq!(at(story.now().saturating_add(1)), "accepted");
}

#[test]
fn a_general_hazard_is_accepted_by_one_reviewer() {
    let mut story = Story::ready_for_review("general");
    let (_, outcome) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!((outcome.status, story.shown("state").as_str()), (Status::Applied, "accepted"));
}

#[test]
fn who_repaired_does_not_review() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    story.go(INSPECTOR, "plan", "fixing", json!({}));
    story.go(INSPECTOR, "fixing", "verify", json!({}));
    story.photo("after");
    let (_, outcome) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::Lacks));
    assert!(outcome.incomplete.contains(&"another_reviewer".to_owned()), "{:?}", outcome.incomplete);
    assert_eq!(story.shown("state"), "verify");
    story.go(COLLEAGUE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "accepted");
}

#[test]
fn entering_a_repair_for_somebody_is_not_repairing() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    story.go(INSPECTOR, "plan", "fixing", json!({}));
    story.go(INSPECTOR, "fixing", "verify", json!({"on_behalf_of": "演示甲（店主）"}));
    story.photo("after");
    story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "accepted");
}

#[test]
fn an_enterprise_alone_accepts_nothing() {
    let mut story = Story::ready_for_review("general");
    let (_, outcome) = story.go(ENTERPRISE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::NotAllowed));
    assert_eq!(story.shown("state"), "verify");
}

#[test]
fn acceptance_waits_for_the_photo_and_then_stands() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "verify", json!({}));
    let (op, outcome) = story.go(COLLEAGUE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::Lacks));
    assert_eq!(story.record().waiting()[0].lacks, ["photos.after"]);
    story.photo("after");
    assert_eq!(story.shown("state"), "accepted");
    assert!(story.record().waiting().is_empty(), "{op} waits no more");
}

#[test]
fn a_document_stands_for_the_photo_of_what_is_gone() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "verify", json!({}));
    story.go(COLLEAGUE, "verify", "accepted", json!({"closure": "removed"}));
    assert_eq!(story.shown("state"), "verify", "without its document");
    story.go(COLLEAGUE, "verify", "accepted", json!({"closure": "removed", "document": "拆除公告〔2023〕3号"}));
    assert_eq!(story.shown("state"), "accepted");
}

#[test]
fn what_was_closed_and_opened_again_does_not_come_back_settled_when_it_is_listed() {
    let mut story = Story::ready_for_review("general");
    story.go(COLLEAGUE, "verify", "accepted", json!({"verdict": "real"}));
    story.go(OFFICE, "accepted", "closed", json!({}));
    assert_eq!(story.shown("state"), "closed");
    story.go(COLLEAGUE, "closed", "fixing", json!({}));
    story.set(LEADER, json!({"listed.town": {"doc_no": "演示督办1号"}}));
    assert!(story.record().disputed().is_empty(), "the listing takes the closing back, and nothing else");
    let (op, _) = story.go(INSPECTOR, "fixing", "void", json!({}));
    story.agree(OFFICE, op);
    assert_eq!(story.shown("state"), "void");
}

#[test]
fn missing_funds_keep_a_hazard_in_plan() {
    let mut story = Story::at_factory("general");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.set(
        INSPECTOR,
        json!({"plan.owner": "演示甲", "plan.measures": "更换", "deadline": "2023-06-20",
        "plan.contingency": "断电"}),
    );
    let (_, outcome) = story.go(INSPECTOR, "plan", "fixing", json!({}));
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::Lacks));
    assert!(outcome.incomplete.contains(&"plan.funds_fen".to_owned()));
    assert_eq!(story.shown("state"), "plan");
    let (op, _) = story.set(ENTERPRISE, json!({"plan.funds_fen": 120_000}));
    assert_eq!(story.shown("state"), "plan", "nobody has confirmed what the enterprise filled in");
    story.agree(COLLEAGUE, op);
    assert_eq!(story.shown("state"), "fixing");
}

#[test]
fn a_major_plan_is_confirmed_by_the_office() {
    let mut story = Story::at_factory("major_direct");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    let (op, _) = story.go(ENTERPRISE, "plan", "fixing", json!({}));
    assert_eq!(field(&story.agree(OFFICE, op), "state"), Some(FieldOutcome::Lacks), "names and the double report");
    assert_eq!(story.shown("state"), "plan");
    story.names();
    assert_eq!(story.shown("state"), "fixing");
}

#[test]
fn a_fire_hazard_needs_all_nine_names() {
    let mut story = Story::at_factory("major_direct");
    story.set(INSPECTOR, json!({"sector": ["fire"]}));
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    story.names();
    let (op, _) = story.go(ENTERPRISE, "plan", "fixing", json!({}));
    story.agree(OFFICE, op);
    let lacks = story.record().waiting()[0].lacks.clone();
    assert_eq!(lacks.len(), 6, "{lacks:?}");
}

#[test]
fn a_judged_level_falls_only_with_office_and_leader() {
    let mut story = Story::of("major_direct");
    let (op, outcome) = story.set(INSPECTOR, json!({"level": "general"}));
    assert_eq!(field(&outcome, "level"), Some(FieldOutcome::Proposal));
    story.agree(LEADER, op);
    assert_eq!(story.shown("level"), "major_direct", "an inspector and a leader are not enough");
    story.agree(OFFICE, op);
    assert_eq!(story.shown("level"), "general");
    story.set(COLLEAGUE, json!({"level": "suspected"}));
    assert_eq!(story.shown("level"), "suspected", "raising it again needs nobody");
}

#[test]
fn the_office_does_not_lower_a_judged_level_alone() {
    let mut story = Story::of("major_collective");
    let (op, _) = story.set(OFFICE, json!({"level": "general"}));
    assert_eq!(story.shown("level"), "major_collective");
    story.agree(OFFICE, op);
    assert_eq!(story.shown("level"), "major_collective", "agreeing with oneself is not agreement");
    story.agree(LEADER, op);
    assert_eq!(story.shown("level"), "general");
}

#[test]
fn a_suspicion_is_judged_by_the_office_unless_it_found_it() {
    let mut story = Story::of("suspected");
    let (_, outcome) = story.set(OFFICE, json!({"level": "general"}));
    assert_eq!((field(&outcome, "level"), story.shown("level").as_str()), (Some(FieldOutcome::Approved), "general"));
    let mut own = Story::default();
    own.say(OFFICE, json!({"kind": "create", "fields": {"level": "suspected"}}));
    own.set(OFFICE, json!({"level": "general"}));
    assert_eq!(own.shown("level"), "suspected");
}

#[test]
fn what_was_raised_while_a_downgrade_was_decided_stays_raised() {
    let mut story = Story::of("major_direct");
    let (op, _) = story.set(OFFICE, json!({"level": "general"}));
    let seen = story.record().rev;
    story.say_having_seen(COLLEAGUE, seen, json!({"kind": "patch", "set": {"level": {"new": "major_collective"}}}));
    // The leader decides on what was there before the colleague's finding arrived.
    story.say_having_seen(LEADER, seen, json!({"kind": "resolve", "target": op, "verdict": "approve"}));
    assert_eq!(story.shown("level"), "major_collective");
}

#[test]
fn voiding_needs_a_second_person_and_a_reason() {
    let mut story = Story::of("major_direct");
    let (op, _) = story.go(OFFICE, "reg", "void", json!({}));
    story.agree(OFFICE, op);
    assert_eq!(story.shown("state"), "reg");
    story.agree(LEADER, op);
    assert_eq!(story.shown("state"), "void");
    let mut silent = Story::of("general");
    let (op, _) = silent.say(INSPECTOR, json!({"kind": "transition", "from": "reg", "to": "void"}));
    assert_eq!(field(&silent.agree(OFFICE, op), "state"), Some(FieldOutcome::Lacks));
}

#[test]
fn a_refusal_is_final() {
    let mut story = Story::of("general");
    let (op, _) = story.go(INSPECTOR, "reg", "void", json!({}));
    assert_eq!(story.refuse(OFFICE, op).settles[0].end, End::Refused);
    assert_eq!(field(&story.agree(OFFICE, op), "state"), Some(FieldOutcome::Refused));
    assert_eq!(story.shown("state"), "reg");
}

#[test]
fn a_fake_repair_seen_by_one_beats_a_real_one_seen_by_another() {
    let mut story = Story::ready_for_review("general");
    let seen = story.record().rev;
    let review = |to: &str, verdict: &str| {
        json!({"kind": "transition", "from": "verify", "to": to, "reason": "复查",
        "evidence": {"verdict": verdict}})
    };
    story.say_having_seen(INSPECTOR, seen, review("accepted", "real"));
    story.say_having_seen(COLLEAGUE, seen, review("fixing", "fake"));
    assert_eq!(story.shown("state"), "fixing");
    assert!(story.record().disputed().contains(&"state"));
}

#[test]
fn a_listed_hazard_is_closed_only_after_delisting() {
    let mut story = Story::ready_for_review("major_direct");
    let (_, outcome) = story.set(INSPECTOR, json!({"listed.county": {"doc_no": "演示督办1号"}}));
    assert_eq!(field(&outcome, "listed.county"), Some(FieldOutcome::NotAllowed));
    story.set(COUNTY, json!({"listed.county": {"doc_no": "演示督办1号"}}));
    story.set(COUNTY, json!({"delisted.county": {"doc_no": "演示摘牌1号"}}));
    assert!(!is_delisted(story.record()), "delisted before it was accepted");
    let (op, _) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    story.agree(OFFICE, op);
    story.set(INSPECTOR, json!({"analogies": "已排查同类配电箱12处"}));
    let (op, _) = story.go(OFFICE, "accepted", "closed", json!({}));
    assert_eq!(field(&story.agree(LEADER, op), "state"), Some(FieldOutcome::Lacks));
    story.set(COUNTY, json!({"delisted.county": {"doc_no": "演示摘牌2号"}}));
    assert_eq!(story.shown("state"), "closed");
}

#[test]
fn a_hard_flag_withholds_acceptance_until_the_office_clears_it() {
    let mut story = Story::ready_for_review("general");
    story.set(Who(0, R1), json!({"integrity": {"flags": [{"key": "R-03:1", "level": "hard"}]}}));
    let (_, outcome) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(field(&outcome, "state"), Some(FieldOutcome::Lacks));
    story.set(INSPECTOR, json!({"cleared.R-03:1": "没有问题"}));
    assert_eq!(story.shown("state"), "verify", "an inspector does not clear flags");
    story.set(OFFICE, json!({"cleared.R-03:1": "同一机位补拍，情况属实"}));
    assert_eq!(story.shown("state"), "accepted");
}

#[test]
fn nobody_hides_a_finding_behind_shorter_words_or_another_inspection() {
    let mut story = Story::of("major_direct");
    let (_, outcome) = story.set(COLLEAGUE, json!({"description": "无"}));
    assert_eq!(field(&outcome, "description"), Some(FieldOutcome::Proposal));
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露");
    story.set(INSPECTOR, json!({"inspection": Uuid::from_u128(1)}));
    let (op, outcome) = story.set(COLLEAGUE, json!({"inspection": Uuid::from_u128(2)}));
    assert_eq!(field(&outcome, "inspection"), Some(FieldOutcome::Proposal));
    assert_eq!(story.shown("inspection"), Uuid::from_u128(1).to_string());
    story.agree(OFFICE, op);
    assert_eq!(story.shown("inspection"), Uuid::from_u128(2).to_string());
}

#[test]
fn a_claimed_revision_of_the_future_has_seen_no_more_than_there_is() {
    let mut story = Story::of("general");
    story.say_having_seen(COLLEAGUE, i64::MAX, json!({"kind": "patch", "set": {"position_text": {"new": "东侧"}}}));
    story.say_having_seen(INSPECTOR, 1, json!({"kind": "patch", "set": {"position_text": {"new": "西侧"}}}));
    assert_eq!(story.shown("position_text"), "东侧 / 西侧");
}

#[test]
fn nobody_fills_a_field_so_that_others_are_not_heard() {
    let mut story = Story::of("general");
    for _ in 0..300 {
        story.set(COLLEAGUE, json!({"level": "general"}));
        story.go(COLLEAGUE, "reg", "plan", json!({}));
    }
    let (_, outcome) = story.set(INSPECTOR, json!({"level": "suspected"}));
    assert_eq!((outcome.status, story.shown("level").as_str()), (Status::Applied, "suspected"));
    story.set(COLLEAGUE, json!({"level": "major_direct"}));
    assert_eq!(story.shown("level"), "major_direct", "what is more dangerous is always heard");
    let (_, outcome) = story.go(INSPECTOR, "plan", "fixing", json!({}));
    assert_ne!(field(&outcome, "state"), Some(FieldOutcome::TooMany));
    assert!(!counted_periods(story.record(), &story.world.records).is_empty());
}

#[test]
fn a_draft_corrects_its_findings_but_does_not_void_itself() {
    let mut story = Story::default();
    let of = |mut body: Value| {
        body["type"] = json!("inspection");
        body
    };
    let fields = json!({"kind": "spot", "finding.k7b": "N", "voided": true});
    let (op, outcome) = story.say(INSPECTOR, of(json!({"kind": "create", "fields": fields})));
    assert_eq!(field(&outcome, "voided"), Some(FieldOutcome::Proposal));
    story.say(INSPECTOR, of(json!({"kind": "patch", "set": {"finding.k7b": {"base": "N", "new": "Y"}}})));
    assert_eq!(story.shown("finding.k7b"), "Y", "one scene, one author");
    story.say(INSPECTOR, of(json!({"kind": "submit"})));
    story.say(COLLEAGUE, of(json!({"kind": "supplement", "fields": {"finding.k7b": "N"}})));
    assert_eq!(story.shown("finding.k7b"), "N", "another saw the failure");
    let (lower, _) = story.say(OFFICE, of(json!({"kind": "patch", "set": {"finding.k7b": {"base": "N", "new": "Y"}}})));
    assert_eq!(story.shown("finding.k7b"), "N");
    story.say(LEADER, of(json!({"kind": "resolve", "target": lower, "verdict": "approve"})));
    assert_eq!(story.shown("finding.k7b"), "Y", "corrected by the office and a leader");
    story.say(OFFICE, of(json!({"kind": "resolve", "target": op, "verdict": "approve"})));
    assert_eq!(story.record().shown("voided"), None, "the office alone voids nothing");
    story.say(LEADER, of(json!({"kind": "resolve", "target": op, "verdict": "approve"})));
    assert_eq!(story.record().shown("voided"), Some(json!(true)));
}

#[test]
fn only_the_attacher_or_the_office_withdraws_a_photo() {
    let mut story = Story::of("general");
    story.photo("before");
    let photo = *story.record().photos.keys().next().unwrap();
    let retract = json!({"kind": "photo.retract", "photo": photo, "reason": "拍错了"});
    story.say(COLLEAGUE, retract.clone());
    assert_eq!(story.record().live_photos().count(), 1);
    story.say(OFFICE, retract);
    assert_eq!(story.record().live_photos().count(), 0);
}

#[test]
fn what_was_written_in_the_place_of_an_approval_ends_the_dispute() {
    let mut story = Story::of("general");
    story.set(INSPECTOR, json!({"deadline": "2023-06-20"}));
    let before = story.record().rev;
    let (later, _) = story.set(OFFICE, json!({"deadline": "2023-06-30"}));
    story.agree(LEADER, later);
    assert_eq!((story.shown("deadline").as_str(), story.record().disputed()), ("2023-06-30", vec![]));
    // Somebody who had seen the extension shortens it: nobody disagrees with anybody.
    story.set(OFFICE, json!({"deadline": "2023-06-25"}));
    assert_eq!((story.shown("deadline").as_str(), story.record().disputed()), ("2023-06-25", vec![]));
    let values: Vec<_> = story.record().values("deadline").into_iter().map(|(value, _)| value.clone()).collect();
    assert_eq!(values, [json!("2023-06-25")]);
    // Somebody who had not: both stand, and the earlier one holds meanwhile.
    story.say_having_seen(COLLEAGUE, before, json!({"kind": "patch", "set": {"deadline": {"new": "2023-06-18"}}}));
    assert_eq!((story.shown("deadline").as_str(), story.record().disputed()), ("2023-06-18", vec!["deadline"]));

    let mut story = Story::of("suspected");
    let (lower, _) = story.set(OFFICE, json!({"level": "general"}));
    story.agree(LEADER, lower);
    assert_eq!((story.shown("level").as_str(), story.record().disputed()), ("general", vec![]));
    story.set(INSPECTOR, json!({"level": "suspected"}));
    assert_eq!((story.shown("level").as_str(), story.record().disputed()), ("suspected", vec![]), "raised again");
}
