//! What one field shows and says when several people wrote it, by its rule; and how much it holds.

use super::story::*;
use serde_json::{Value, json};
use sync_protocol::limits::REGISTER_ENTRIES_MAX;
use sync_protocol::merge::FieldOutcome::{self, Ask, Earliest, KeptBoth, Longest, MaxDanger, TooMany, TrueWins};
use sync_protocol::merge::report_village;

/// The outcome of a colleague's value that was written without seeing the inspector's.
fn beside(name: &str, one: &Value, other: &Value) -> Option<FieldOutcome> {
    let mut story = Story::of("major_direct");
    story.set(INSPECTOR, json!({name: one}));
    let (_, outcome) = story.say_having_seen(COLLEAGUE, 1, json!({"kind": "patch", "set": {name: {"new": other}}}));
    field(&outcome, name)
}

#[test]
fn who_had_not_seen_another_value_is_told_by_which_rule_one_is_shown() {
    let told = [
        ("control", json!("stopped"), json!("guarded"), MaxDanger),
        ("dual.regulator_at", json!("2023-06-02T00:00:00Z"), json!("2023-06-03T00:00:00Z"), Earliest),
        ("position_text", json!("东侧"), json!("西侧"), KeptBoth),
        ("description", json!("配电箱门敞开，线头裸露在外"), json!("配电箱门敞开，线头裸露在外，无警示"), Longest),
        ("plan.owner", json!("演示甲"), json!("演示乙"), KeptBoth),
        ("plan.goal", json!("消除隐患"), json!("降低风险"), Ask),
        ("from_a_newer_app", json!(1), json!(2), Ask),
    ];
    for (name, one, other, rule) in told {
        assert_eq!(beside(name, &one, &other), Some(rule), "{name}");
        let equal = beside(name, &one, &one);
        assert!(equal.is_none() || equal == Some(FieldOutcome::UnknownField), "{name}: who agrees contests nothing");
    }
    let mut story = Story::default();
    let place = |new: bool| json!({"kind": "patch", "base_rev": 0, "set": {"high_risk": {"new": new}}});
    story.say_of(INSPECTOR, "place", 0x82, json!({"kind": "create", "fields": {"name": "演示厂"}}));
    story.say_of(INSPECTOR, "place", 0x82, place(false));
    assert_eq!(field(&story.say_of(COLLEAGUE, "place", 0x82, place(true)), "high_risk"), Some(TrueWins));
}

#[test]
fn values_stand_in_an_order_that_knows_nothing_of_arrival() {
    let mut story = Story::of("general");
    for (hlc, text) in [("00000050", "甲"), ("00000070", "丙"), ("00000060", "乙")] {
        let who = Who(0x50 + u128::try_from(text.len()).unwrap() + u128::from(hlc.as_bytes()[6]), INSPECTOR.1);
        let patch = json!({"kind": "patch", "hlc": hlc, "set": {"position_text": {"new": text}}});
        story.say_having_seen(who, 0, patch);
    }
    assert_eq!(story.shown("position_text"), "甲 / 乙 / 丙");
    let stored = &story.record().fields["position_text"].entries;
    assert!(stored.is_sorted_by_key(|entry| entry.stamp.hlc.as_str()));
}

#[test]
fn an_element_of_a_set_stands_once_with_who_named_it_first_by_order() {
    let mut story = Story::of("general");
    for hlc in ["00000060", "00000050", "00000070"] {
        story.say(COLLEAGUE, json!({"kind": "patch", "hlc": hlc, "set": {"finders": {"new": ["演示甲"]}}}));
        assert_eq!(story.record().shown("finders"), Some(json!(["演示甲"])));
    }
    let entries = &story.record().fields["finders"].entries;
    let stamps: Vec<&str> = entries.iter().map(|entry| entry.stamp.hlc.as_str()).collect();
    assert_eq!(stamps, ["00000050"]);
    let many: Vec<String> = (0..=REGISTER_ENTRIES_MAX).map(|number| format!("演示{number}")).collect();
    assert_eq!(field(&story.set(COLLEAGUE, json!({"finders": many})).1, "finders"), Some(TooMany));
    assert_eq!(story.record().fields["finders"].entries.len(), REGISTER_ENTRIES_MAX);
}

#[test]
fn asking_twice_for_the_same_still_takes_the_people() {
    let mut story = Story::default();
    story.say_of(INSPECTOR, "inspection", 0x78, json!({"kind": "create", "fields": {"kind": "spot"}}));
    story.say_of(INSPECTOR, "inspection", 0x78, json!({"kind": "submit"}));
    let void = json!({"kind": "patch", "set": {"voided": {"new": true}}});
    let outcome = story.say_of(OFFICE, "inspection", 0x78, void.clone());
    assert_eq!(field(&outcome, "voided"), Some(FieldOutcome::Proposal));
    let op = sync_protocol::ids::OpId(uuid::Uuid::from_u128(0x1000 + story.ops));
    let yes = json!({"kind": "resolve", "target": op, "verdict": "approve", "reason": "同意"});
    let outcome = story.say_of(LEADER, "inspection", 0x78, yes);
    assert_eq!(field(&outcome, "voided"), Some(FieldOutcome::Approved));
    let outcome = story.say_of(COLLEAGUE, "inspection", 0x78, void);
    assert_eq!(field(&outcome, "voided"), Some(FieldOutcome::Proposal));
}

#[test]
fn what_is_more_dangerous_finds_room_up_to_twice_the_limit() {
    let mut story = Story::of("suspected");
    let entries = &mut story.world.records.get_mut(&id()).unwrap().fields.get_mut("level").unwrap().entries;
    let first = entries[0].clone();
    entries.resize(2 * REGISTER_ENTRIES_MAX - 1, first);
    let raise = |story: &mut Story, level: &str| {
        let patch = json!({"kind": "patch", "set": {"level": {"new": level}}});
        field(&story.say_having_seen(COLLEAGUE, 0, patch).1, "level")
    };
    assert_ne!(raise(&mut story, "major_direct"), Some(TooMany));
    assert_eq!(story.shown("level"), "major_direct");
}

fn fix(acc_m: f64, mock: bool) -> Value {
    json!({"lat": 31.9, "lon": 108.6, "crs": "wgs84", "acc_m": acc_m, "mock": mock})
}

#[test]
fn the_best_fix_that_nobody_faked_is_shown() {
    let mut story = Story::of("general");
    for (acc_m, mock) in [(30.0, false), (5.0, false), (1.0, true), (0.0, false), (20.0, false)] {
        story.set(COLLEAGUE, json!({"fix": fix(acc_m, mock)}));
    }
    assert_eq!(story.record().shown("fix").unwrap()["acc_m"], json!(5.0));
}

#[test]
fn the_longest_of_several_descriptions_is_shown() {
    let mut story = Story::of("general");
    let describe = |text: &str| json!({"kind": "patch", "set": {"description": {"new": text}}});
    story.say_having_seen(COLLEAGUE, 0, describe("配电箱门敞开，线头裸露，现场无警示标志"));
    story.say_having_seen(ENTERPRISE, 0, describe("配电箱门敞开，线头裸露，无警示"));
    assert_eq!(story.shown("description"), "配电箱门敞开，线头裸露，现场无警示标志");
}

#[test]
fn only_the_fix_it_was_made_with_decides_the_village() {
    let counted = |story: &Story| report_village(story.record()).unwrap().code.to_string();
    let mut story = Story::default();
    story.say(INSPECTOR, json!({"kind": "create", "fields": {"level": "general", "fix": fix(30.0, false)}}));
    story.elsewhere = true;
    story.set(COLLEAGUE, json!({"fix": fix(5.0, false)}));
    assert_eq!(counted(&story), FIX_VILLAGE);
    let mut story = Story::of("general");
    story.set(COLLEAGUE, json!({"fix": fix(30.0, false)}));
    story.elsewhere = true;
    story.set(COLLEAGUE, json!({"fix": fix(5.0, false)}));
    let counted = report_village(story.record()).unwrap();
    assert_eq!(counted.code.to_string(), "500999001203", "the inspector's");
    assert_eq!(counted.disagreement.unwrap().located.to_string(), OTHER_FIX_VILLAGE, "the best of those added asks");
}

#[test]
fn an_answer_names_the_fields_it_is_about() {
    let mut story = Story::of("general");
    story.go(INSPECTOR, "reg", "plan", json!({}));
    let (op, _) = story.set(COLLEAGUE, json!({"description": "无"}));
    let outcome = story.agree(OFFICE, op);
    assert_eq!(outcome.fields.keys().collect::<Vec<_>>(), ["description"]);
}
