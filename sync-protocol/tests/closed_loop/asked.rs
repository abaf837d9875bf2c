//! What a record still asks for, by its kind, its level and how far it is.

use super::story::*;
use serde_json::json;

#[test]
fn a_hazard_asks_for_what_its_level_needs() {
    let story = Story::of("general");
    let general = ["place", "position_text", "fix", "found_at", "finders", "photos"];
    assert_eq!(story.record().incomplete(), general);
    let mut story = Story::of("major_direct");
    assert!(story.record().incomplete().contains(&"criterion_ids"));
    let outcome = story.set(INSPECTOR, json!({"criterion_ids": ["GM-2023-3.1"]})).1;
    assert!(!story.record().incomplete().contains(&"criterion_ids"));
    assert_eq!(outcome.incomplete, story.record().incomplete());
}

#[test]
fn a_picture_or_the_reason_why_there_is_none() {
    let asks = |story: &Story| story.record().incomplete().contains(&"photos");
    let mut story = Story::of("general");
    assert!(asks(&story));
    story.photo("before");
    assert!(!asks(&story));
    let mut story = Story::of("general");
    story.set(INSPECTOR, json!({"no_photo_reason": "防爆区"}));
    assert!(!asks(&story));
    story.say_of(INSPECTOR, "place", 0x82, json!({"kind": "create", "fields": {"name": "演示厂"}}));
    let place = &story.world.records[&sync_protocol::ids::RecordId(uuid::Uuid::from_u128(0x82))];
    assert_eq!(place.incomplete(), ["place_type"], "a place needs none");
}

#[test]
fn who_is_asked_is_said_with_what_waits_and_nobody_for_what_may_not_count() {
    let mut story = Story::of("general");
    story.set(COLLEAGUE, json!({"description": "无"}));
    story.set(INSPECTOR, json!({"listed.town": {"doc_no": "1"}}));
    let needs: Vec<usize> = story.record().waiting().iter().map(|one| one.needs.len()).collect();
    assert_eq!(needs, [1, 0]);
}

#[test]
fn confirming_a_major_plan_asks_for_the_report_and_for_fire_for_nine_names() {
    let planned = |tags: serde_json::Value| {
        let mut story = Story::at_factory("major_direct");
        story.set(INSPECTOR, tags);
        story.go(INSPECTOR, "reg", "plan", json!({}));
        story.five();
        let names = json!({"resp.find.village": "演示乙", "resp.treat.site": "演示甲", "resp.control.site": "演示甲"});
        story.set(INSPECTOR, names);
        let (op, _) = story.go(ENTERPRISE, "plan", "fixing", json!({}));
        story.agree(OFFICE, op);
        story.record().waiting()[0].lacks.clone()
    };
    assert_eq!(planned(json!({"remark": "甲"})), ["dual.regulator_at"]);
    let fire = [
        json!({"sector": ["fire"]}),
        json!({"sector": ["forest"]}),
        json!({"actions": ["A5"]}),
        json!({"fire_facilities": ["evacuate"]}),
        json!({"fire_legacies": ["no_acceptance"]}),
        json!({"fire_violations": ["V1"]}),
    ];
    for tags in fire {
        assert_eq!(planned(tags.clone()).len(), 7, "{tags}");
    }
}

#[test]
fn closing_asks_for_analogies_on_a_major_hazard_only() {
    let closed = |level: &str| {
        let mut story = Story::ready_for_review(level);
        let (op, _) = story.go(INSPECTOR, "verify", "accepted", json!({"verdict": "real"}));
        story.agree(OFFICE, op);
        let (op, _) = story.go(OFFICE, "accepted", "closed", json!({}));
        story.agree(LEADER, op);
        story
    };
    assert_eq!(closed("general").shown("state"), "closed");
    let mut major = closed("major_direct");
    assert_eq!(major.shown("state"), "accepted");
    assert_eq!(major.record().waiting()[0].lacks, ["analogies"]);
    major.set(INSPECTOR, json!({"analogies": "已排查同类设备"}));
    assert_eq!(major.shown("state"), "closed");
}

#[test]
fn what_is_repaired_on_the_spot_is_accepted_with_a_picture_of_before_and_one_of_after() {
    let mut story = Story::of("general");
    story.photo("before");
    story.go(INSPECTOR, "reg", "accepted", json!({}));
    assert_eq!(story.shown("state"), "reg");
    assert_eq!(story.record().waiting()[0].lacks, ["photos.after"]);
    story.photo("after");
    assert_eq!(story.shown("state"), "accepted");
}
