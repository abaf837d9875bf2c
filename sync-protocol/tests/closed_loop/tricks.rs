//! Tricks by which one person could make a hazard look harmless, each as an adversary played it.

use super::story::*;
use serde_json::json;
use sync_protocol::merge::FieldOutcome;
use sync_protocol::role::Role::{R1, R3};
use uuid::Uuid;

#[test]
fn nobody_refuses_a_reopening_away() {
    let mut story = Story::ready_for_review("major_direct");
    let (op, _) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
    story.agree(OFFICE, op);
    assert_eq!(story.shown("state"), "accepted");
    let (reopened, _) = story.go(INSPECTOR, "accepted", "fixing", json!({}));
    assert_eq!(story.shown("state"), "fixing");
    story.refuse(ENTERPRISE, reopened);
    story.refuse(INSPECTOR, reopened);
    assert_eq!(story.shown("state"), "fixing", "a reopening is final");
}

#[test]
fn an_old_view_of_the_level_does_not_spare_the_leader() {
    let mut story = Story::of("suspected");
    story.set(COLLEAGUE, json!({"level": "major_direct", "criterion_ids": ["GM-2023-3.1"]}));
    let patch = json!({"kind": "patch", "set": {"level": {"new": "general"}}});
    let (lowered, _) = story.say_having_seen(Who(6, R1), 1, patch);
    story.agree(OFFICE, lowered);
    assert_eq!(story.shown("level"), "major_direct", "judged 重大 takes the office and a leader");
    story.agree(LEADER, lowered);
    assert_eq!(story.shown("level"), "general");
}

#[test]
fn a_guarded_value_is_not_changed_by_claiming_to_have_seen_nothing() {
    let mut story = Story::of("major_direct");
    let made = json!({"kind": "patch", "set": {"description": {"new": "无"}}});
    let (_, outcome) = story.say_having_seen(COLLEAGUE, 0, made);
    assert_eq!(field(&outcome, "description"), Some(FieldOutcome::Proposal), "{outcome:?}");
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露");
}

#[test]
fn writing_a_colleagues_name_makes_nobody_a_second_person() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    story.go(INSPECTOR, "plan", "fixing", json!({}));
    story.go(INSPECTOR, "fixing", "verify", json!({}));
    story.photo("after");
    let step = json!({"kind": "transition", "from": "verify", "to": "accepted", "reason": "合格", "evidence": {"verdict": "real"}});
    story.say_for(COLLEAGUE, INSPECTOR, step);
    assert_eq!(story.shown("state"), "verify", "who handed in the repair also handed in its review");
    let short = json!({"kind": "patch", "set": {"description": {"new": "无"}}});
    story.say_for(INSPECTOR, COLLEAGUE, short);
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露");
    let suspected = Story::of("suspected");
    let mut story = suspected;
    let finder = Who(1, R3);
    story.say_for(Who(8, R3), finder, json!({"kind": "patch", "set": {"level": {"new": "general"}}}));
    assert_eq!(story.shown("level"), "suspected", "the finder does not clear it under another name");
}

#[test]
fn a_picture_of_before_proves_no_repair_and_an_old_proof_not_the_next_one() {
    let mut story = Story::of("general");
    let photo = |role: &str| {
        json!({"kind": "photo.attach", "photo": uuid::Uuid::from_u128(0x9999), "bytes": 10, "mime": "image/jpeg",
            "sha256": format!("{:064x}", 9), "role": role, "source": "camera_inapp"})
    };
    story.say(INSPECTOR, photo("before"));
    story.say(INSPECTOR, photo("after"));
    story.go(INSPECTOR, "reg", "accepted", json!({}));
    assert_eq!(story.shown("state"), "reg", "one picture is not both");

    let mut story = Story::ready_for_review("general");
    story.go(COLLEAGUE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "accepted");
    story.go(COLLEAGUE, "accepted", "fixing", json!({}));
    story.go(ENTERPRISE, "fixing", "verify", json!({}));
    let (_, outcome) = story.go(COLLEAGUE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "verify", "{outcome:?}");
    story.photo("after");
    assert_eq!(story.shown("state"), "accepted");
}

#[test]
fn a_major_hazard_is_merged_away_by_two_people_only() {
    let mut story = Story::of("major_direct");
    let other = uuid::Uuid::from_u128(0x88);
    story.say(
        INSPECTOR,
        json!({"kind": "create", "record": other, "fields": {"level": "general", "origin": "village"}}),
    );
    let (op, outcome) = story.say(OFFICE, json!({"kind": "link_duplicate", "survivor": other, "reason": "同一处"}));
    assert_eq!(field(&outcome, "duplicate_of"), Some(FieldOutcome::Proposal), "{outcome:?}");
    assert!(!story.record().waiting().is_empty());
    story.agree(LEADER, op);
    assert!(story.record().waiting().is_empty());
}

#[test]
fn a_second_declaration_puts_no_other_picture_in_the_place_of_evidence() {
    let mut story = Story::of("major_direct");
    let photo = |hash: u8| {
        json!({"kind": "photo.attach", "photo": uuid::Uuid::from_u128(0x9999), "bytes": 10, "mime": "image/jpeg",
            "sha256": format!("{hash:064x}"), "role": "before", "source": "camera_inapp", "hlc": ""})
    };
    story.say(INSPECTOR, photo(9));
    story.say(COLLEAGUE, photo(1));
    story.say(INSPECTOR, photo(2));
    let record = &story.world.records[&sync_protocol::ids::RecordId(uuid::Uuid::from_u128(0x9999))];
    assert_eq!(record.shown_text("sha256"), Some(format!("{:064x}", 9)));
    assert_eq!(record.waiting().len(), 2, "both are kept for people to look at");
}

#[test]
fn an_enterprise_repairs_and_does_not_rewrite_what_was_found() {
    let mut story = Story::at_factory("major_direct");
    let long = "经企业自查，该处已按规范整改完毕，不存在重大事故隐患，原登记系误报，特此说明。".repeat(2);
    let (op, outcome) = story.set(ENTERPRISE, json!({"description": long, "plan.owner": "演示甲"}));
    assert_eq!(field(&outcome, "description"), Some(FieldOutcome::NotAllowed), "{outcome:?}");
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露");
    assert_eq!(story.record().shown("plan.owner"), None, "until somebody who inspects confirms it");
    story.agree(COLLEAGUE, op);
    assert_eq!(story.shown("plan.owner"), "演示甲");
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露");
}

#[test]
fn an_enterprise_has_no_say_about_what_is_not_at_its_place() {
    let mut story = Story::of("major_direct");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    story.five();
    story.names();
    let was = story.record().fields.clone();
    let words = json!({"plan.measures": "无需整改", "plan.funds_fen": 0, "work_done": "x", "control": "evacuated",
        "explanation.R-01": "误会", "remark": "x", "deadline": "2023-06-02"});
    for (name, outcome) in story.set(ENTERPRISE, words).1.fields {
        assert_eq!(outcome, FieldOutcome::NotAllowed, "{name}");
    }
    let asked = story.go(ENTERPRISE, "plan", "fixing", json!({})).1;
    assert_eq!(field(&asked, "state"), Some(FieldOutcome::NotAllowed));
    let link = json!({"kind": "link_duplicate", "survivor": null, "reason": "同一处"});
    assert_eq!(field(&story.say(ENTERPRISE, link).1, "duplicate_of"), Some(FieldOutcome::NotAllowed));
    let photo = json!({"kind": "photo.attach", "photo": Uuid::from_u128(0x9999), "bytes": 10, "mime": "image/jpeg",
        "sha256": format!("{:064x}", 9), "role": "after", "source": "camera_inapp"});
    assert_eq!(field(&story.say(ENTERPRISE, photo).1, "photos"), Some(FieldOutcome::NotAllowed));
    assert!(story.record().photos.is_empty() && story.record().fields == was);
    let kept = &story.world.records[&sync_protocol::ids::RecordId(Uuid::from_u128(0x9999))];
    assert_eq!(kept.shown_text("sha256"), Some(format!("{:064x}", 9)), "what was sent is kept");
    story.say_of(INSPECTOR, "inspection", 0x80, json!({"kind": "create", "fields": {"kind": "patrol"}}));
    let added = json!({"kind": "supplement", "fields": {"summary": "没有隐患"}});
    assert_eq!(field(&story.say_of(ENTERPRISE, "inspection", 0x80, added), "summary"), Some(FieldOutcome::NotAllowed));
}

#[test]
fn an_enterprise_is_no_second_person() {
    let mut story = Story::at_factory("general");
    let (op, _) = story.go(OFFICE, "reg", "void", json!({}));
    story.agree(ENTERPRISE, op);
    assert_eq!(story.shown("state"), "reg");
    story.agree(INSPECTOR, op);
    assert_eq!(story.shown("state"), "void");
}

#[test]
fn what_an_enterprise_changes_later_waits_too_and_nobodys_words_vanish() {
    let mut story = Story::ready_for_review("major_direct");
    let (op, _) =
        story.set(ENTERPRISE, json!({"plan.measures": "无需整改", "plan.owner": "演示丙", "plan.funds_fen": 1}));
    assert_eq!((story.shown("plan.measures"), story.shown("plan.owner")), ("更换配电箱".into(), "演示甲".into()));
    story.agree(INSPECTOR, op);
    assert_eq!((story.shown("plan.measures"), story.shown("plan.owner")), ("无需整改".into(), "演示丙".into()));
    story.set(COLLEAGUE, json!({"plan.measures": "更换电缆", "work_done": "已更换"}));
    story.set(INSPECTOR, json!({"work_done": "x"}));
    let record = story.record();
    let replaced = |field: &str| record.past[field].iter().map(|old| old.value.clone()).collect::<Vec<_>>();
    assert_eq!(replaced("plan.measures"), ["更换配电箱"]);
    assert_eq!(replaced("work_done"), ["已更换"]);
    assert!(
        record.pending.iter().any(|one| one.value == "无需整改"),
        "and what was asked for stands beside the record"
    );
}

#[test]
fn of_two_owners_both_are_named_and_of_two_sums_somebody_is_asked() {
    let mut story = Story::of("major_direct");
    let seen = story.record().rev;
    let plan = |owner: &str, fen: i64| {
        json!({"kind": "patch", "set": {"plan.owner": {"new": owner}, "plan.measures": {"new": owner},
            "resp.treat.site": {"new": owner}, "plan.funds_fen": {"new": fen}}})
    };
    story.say_having_seen(INSPECTOR, seen, plan("演示甲", 500_000));
    story.say_having_seen(COLLEAGUE, seen, plan("演示乙", 0));
    for field in ["plan.owner", "plan.measures", "resp.treat.site"] {
        assert_eq!(story.shown(field), "演示甲 / 演示乙", "{field}");
    }
    assert_eq!(story.record().shown("plan.funds_fen"), Some(json!(500_000)));
    let disputed = story.record().disputed();
    assert_eq!(disputed, ["plan.funds_fen", "plan.measures", "plan.owner", "resp.treat.site"]);
}

#[test]
fn the_photo_of_a_fake_repair_proves_nothing_when_it_is_attached_again() {
    let mut story = Story::ready_for_review("general");
    let photo = story.ops;
    story.go(OFFICE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "accepted");
    story.go(OFFICE, "accepted", "fixing", json!({}));
    story.go(ENTERPRISE, "fixing", "verify", json!({}));
    story.attach("after", 0x9000 + photo - 1);
    story.go(OFFICE, "verify", "accepted", json!({"verdict": "real"}));
    assert_eq!(story.shown("state"), "verify", "it is the old picture");
    story.photo("after");
    assert_eq!(story.shown("state"), "accepted", "a new one is proof");
}
