//! Whose a record is, and what others may still add to it: by phone, by person, by the life of a phone's database.

use super::story::*;
use serde_json::{Value, json};
use sync_protocol::ids::RecordId;
use sync_protocol::limits::REGISTER_ENTRIES_MAX;
use sync_protocol::merge::{FieldOutcome, Outcome, Status, report_village};
use sync_protocol::record::Record;
use sync_protocol::role::Role::R1;
use uuid::Uuid;

const VISIT: u128 = 0x78;

fn visit(story: &Story) -> &Record {
    &story.world.records[&RecordId(Uuid::from_u128(VISIT))]
}

fn inspected() -> Story {
    let mut story = Story::of("general");
    let made = json!({"kind": "create", "fields": {"kind": "spot", "inspecting_unit": "演示村"}});
    story.say_of(INSPECTOR, "inspection", VISIT, made);
    story
}

fn add(story: &mut Story, who: Who, fields: Value) -> Outcome {
    story.say_of(who, "inspection", VISIT, json!({"kind": "supplement", "fields": fields}))
}

fn fix() -> Value {
    json!({"lat": 31.9, "lon": 108.6, "crs": "wgs84", "acc_m": 5.0})
}

#[test]
fn where_a_visit_was_is_said_by_its_phone_alone_and_where_a_hazard_is_by_anybody() {
    let mut story = inspected();
    let outcome = add(&mut story, COLLEAGUE, json!({"fix": fix(), "inspectors": ["演示乙"]}));
    assert_eq!(field(&outcome, "fix"), Some(FieldOutcome::Addition));
    assert_eq!(field(&outcome, "inspectors"), None, "who was there too is a fact that adds up");
    assert_eq!(field(&add(&mut story, INSPECTOR, json!({"fix": fix()})), "fix"), None);
    let (_, outcome) = story.say(COLLEAGUE, json!({"kind": "supplement", "fields": {"fix": fix()}}));
    assert_eq!(field(&outcome, "fix"), None);
}

#[test]
fn after_submission_findings_are_added_and_words_stand_beside_them() {
    let mut story = inspected();
    story.say_of(INSPECTOR, "inspection", VISIT, json!({"kind": "submit"}));
    let outcome = add(&mut story, COLLEAGUE, json!({"finding.k2": "N", "finding_note.k2": "未研究"}));
    assert_eq!(field(&outcome, "finding.k2"), None, "a seen failure is a fact");
    assert_eq!(field(&outcome, "finding_note.k2"), Some(FieldOutcome::Addition));
    assert_eq!(visit(&story).shown_text("finding.k2").as_deref(), Some("N"));
    let outcome = add(&mut story, OFFICE, json!({"cleared.R-17": "防爆区，情况属实", "voided": true}));
    assert_eq!(field(&outcome, "cleared.R-17"), None, "the office clears a flag");
    assert_eq!(field(&outcome, "voided"), Some(FieldOutcome::Proposal), "and asks for the whole to be void");
}

#[test]
fn a_phone_has_seen_what_it_and_its_former_life_wrote_whatever_revision_it_names() {
    let mut story = Story::of("general");
    let owner = |name: &str| json!({"kind": "patch", "set": {"plan.owner": {"new": name}}});
    story.say_having_seen(COLLEAGUE, 0, owner("演示甲"));
    story.say_having_seen(COLLEAGUE, 0, owner("演示乙"));
    assert_eq!((story.shown("plan.owner").as_str(), story.record().disputed()), ("演示乙", vec![]));
    (story.phone, story.restored) = (1, true);
    story.say_having_seen(COLLEAGUE, 0, owner("演示丙"));
    assert_eq!((story.shown("plan.owner").as_str(), story.record().disputed()), ("演示丙", vec![]));
    story.say_having_seen(INSPECTOR, 0, owner("演示丁"));
    assert_eq!(story.record().disputed(), ["plan.owner"]);
}

#[test]
fn a_phone_set_up_again_owns_what_its_former_life_made_and_another_phone_does_not() {
    let patch = |unit: &str| json!({"kind": "patch", "set": {"inspecting_unit": {"new": unit}}});
    let mut story = inspected();
    story.phone = 1;
    let outcome = story.say_of(INSPECTOR, "inspection", VISIT, patch("演示二村"));
    assert_eq!(field(&outcome, "inspecting_unit"), Some(FieldOutcome::Addition), "another phone of the same person");
    story.restored = true;
    let outcome = story.say_of(INSPECTOR, "inspection", VISIT, patch("演示二村"));
    assert_eq!(field(&outcome, "inspecting_unit"), None);
    assert_eq!(story.say_of(INSPECTOR, "inspection", VISIT, json!({"kind": "submit"})).fields.len(), 0);
    assert!(visit(&story).submitted.is_some());
    story.restored = false;
    let outcome = story.say_of(COLLEAGUE, "inspection", VISIT, json!({"kind": "submit"}));
    assert_eq!(field(&outcome, "submitted"), Some(FieldOutcome::NotAllowed));
}

#[test]
fn additions_stand_in_an_order_that_knows_nothing_of_arrival() {
    let mut story = inspected();
    for hlc in ["00000050", "00000070", "00000060"] {
        let said = json!({"kind": "supplement", "hlc": hlc, "fields": {"led_by": hlc}});
        story.say_of(COLLEAGUE, "inspection", VISIT, said);
    }
    let order: Vec<&str> = visit(&story).additions.iter().map(|one| one.stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000050", "00000060", "00000070"]);
    for hlc in ["00000050", "00000070", "00000060"] {
        story.say(COLLEAGUE, json!({"kind": "patch", "hlc": hlc, "set": {"description": {"new": "无"}}}));
    }
    let order: Vec<&str> = story.record().pending.iter().map(|one| one.stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000050", "00000060", "00000070"]);
}

#[test]
fn a_photo_is_withdrawn_by_who_took_it_from_any_phone_and_under_their_name_only_on_the_phone_that_took_it() {
    let photo = Uuid::from_u128(0x9001);
    let attach = json!({"kind": "photo.attach", "photo": photo, "bytes": 10, "mime": "image/jpeg",
        "sha256": format!("{:064x}", 1), "role": "site", "source": "camera_inapp"});
    let retract = json!({"kind": "photo.retract", "photo": photo, "reason": "拍错"});
    let live = |story: &Story| story.record().live_photos().count();
    let mut story = Story::of("general");
    story.say(COLLEAGUE, attach.clone());
    story.say(INSPECTOR, retract.clone());
    assert_eq!(live(&story), 1, "not by a colleague");
    story.say_for(COLLEAGUE, INSPECTOR, retract.clone());
    assert_eq!(live(&story), 1, "nor by writing the name of who took it");
    story.phone = 1;
    story.say(COLLEAGUE, retract.clone());
    assert_eq!(live(&story), 0, "by the same person from their other phone");
    let mut story = Story::of("general");
    story.say_for(COLLEAGUE, INSPECTOR, attach.clone());
    story.say_for(COLLEAGUE, INSPECTOR, retract.clone());
    assert_eq!(live(&story), 0, "on the shared phone that took it");
    let mut story = Story::of("general");
    story.say(COLLEAGUE, attach);
    story.say(OFFICE, retract);
    assert_eq!(live(&story), 0, "by the office");
}

#[test]
fn what_names_a_record_of_another_village_or_kind_waits_and_says_why() {
    let mut story = Story::of("general");
    let elsewhere = json!({"kind": "patch", "village": "500999001299", "set": {"remark": {"new": "甲"}}});
    let (_, outcome) = story.say(INSPECTOR, elsewhere);
    assert_eq!((outcome.status, outcome.reason.as_deref()), (Status::Held, Some("unknown_record")));
    assert_eq!(outcome.waits_for, Some(id()));
    let (_, outcome) = story.say(INSPECTOR, json!({"kind": "create", "type": "submarine", "fields": {}}));
    assert_eq!((outcome.status, outcome.reason.as_deref()), (Status::Held, Some("unknown_type")));
    let (_, outcome) = story.say(INSPECTOR, json!({"kind": "create", "fields": {}}));
    assert_eq!((outcome.status, outcome.reason.as_deref()), (Status::Review, Some("already_exists")));
}

#[test]
fn the_village_around_a_fix_counts_where_no_place_is_named() {
    let counted = |story: &Story| report_village(story.record()).unwrap().code.to_string();
    assert_eq!(counted(&Story::of("general")), "500999001203", "the inspector's");
    let mut story = Story::default();
    story.say(INSPECTOR, json!({"kind": "create", "fields": {"level": "general", "fix": fix()}}));
    assert_eq!(counted(&story), FIX_VILLAGE);
    story.set(OFFICE, json!({"place": Uuid::from_u128(0x79)}));
    assert_eq!(counted(&story), PLACE_VILLAGE);
}

#[test]
fn the_first_report_counts_even_for_the_phone_that_writes_a_later_one() {
    let mut story = Story::of("major_direct");
    for at in ["2023-06-02T00:00:00Z", "2023-06-09T00:00:00Z"] {
        story.set(INSPECTOR, json!({"dual.regulator_at": at}));
    }
    assert_eq!(story.shown("dual.regulator_at"), "2023-06-02T00:00:00Z");
}

#[test]
fn many_people_together_fill_a_field_and_no_more() {
    let mut story = Story::of("suspected");
    let judge = |story: &mut Story, level: &str| {
        let patch = json!({"kind": "patch", "set": {"level": {"new": level}}});
        field(&story.say_having_seen(Who(99, R1), 0, patch).1, "level")
    };
    let record = story.world.records.get_mut(&id()).unwrap();
    let entries = &mut record.fields.get_mut("level").unwrap().entries;
    let first = entries[0].clone();
    entries.resize(REGISTER_ENTRIES_MAX - 1, first.clone());
    assert_ne!(judge(&mut story, "suspected"), Some(FieldOutcome::TooMany), "the last that fits");
    assert_eq!(judge(&mut story, "suspected"), Some(FieldOutcome::TooMany));
    let record = story.world.records.get_mut(&id()).unwrap();
    record.past.insert("level".to_owned(), vec![first; REGISTER_ENTRIES_MAX - 1]);
    assert_ne!(judge(&mut story, "major_direct"), Some(FieldOutcome::TooMany), "more dangerous is heard");
    assert_eq!(judge(&mut story, "major_collective"), Some(FieldOutcome::TooMany), "there is an end to that too");
}

#[test]
fn who_raised_a_suspicion_does_not_clear_it_alone() {
    let mut story = Story::of("general");
    story.set(OFFICE, json!({"level": "suspected"}));
    let (_, outcome) = story.set(OFFICE, json!({"level": "general"}));
    assert_eq!(field(&outcome, "level"), Some(FieldOutcome::Proposal));
    assert_eq!(story.shown("level"), "suspected");
}
