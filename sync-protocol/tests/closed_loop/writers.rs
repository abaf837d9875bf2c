//! Who may write what and how much of it: owners of a scene, enterprises, and the limits that keep one person from filling a record.

use super::story::*;
use serde_json::{Value, json};
use sync_protocol::ids::RecordId;
use sync_protocol::limits::{
    ASIDES_MAX, FIELDS_OF_RECORD_MAX, PAST_VALUES_OF_ONE_MAX, RECORD_VALUES_BYTES_OF_ONE_MAX,
    REGISTER_ENTRIES_OF_ONE_MAX, VALUE_BYTES_MAX,
};
use sync_protocol::merge::{FieldOutcome, Outcome, report_village};
use sync_protocol::record::Record;
use uuid::Uuid;

const VISIT: u128 = 0x78;
const SERVER: Who = Who(0, sync_protocol::role::Role::R1);

fn record(story: &Story, id: u128) -> &Record {
    &story.world.records[&RecordId(Uuid::from_u128(id))]
}

fn set(fields: &Value) -> Value {
    let set = fields.as_object().unwrap().iter().map(|(name, new)| (name.clone(), json!({"new": new})));
    json!({"kind": "patch", "set": set.collect::<serde_json::Map<_, _>>()})
}

fn visit(story: &mut Story, who: Who, kind: &str) -> Outcome {
    story.say_of(
        who,
        "inspection",
        VISIT,
        json!({"kind": "create", "fields": {"kind": kind, "inspecting_unit": "演示村"}}),
    )
}

#[test]
fn a_scene_belongs_to_its_phone_until_it_is_submitted() {
    let mut story = Story::of("general");
    visit(&mut story, INSPECTOR, "spot");
    story.say_of(INSPECTOR, "inspection", VISIT, set(&json!({"finding.k2": "N"})));
    story.say_of(INSPECTOR, "inspection", VISIT, set(&json!({"finding.k2": "Y"})));
    assert_eq!(record(&story, VISIT).shown_text("finding.k2").as_deref(), Some("Y"), "a draft corrects itself");
    let outcome = story.say_of(COLLEAGUE, "inspection", VISIT, set(&json!({"inspecting_unit": "别村"})));
    assert_eq!(field(&outcome, "inspecting_unit"), Some(FieldOutcome::Addition));
    assert_eq!(record(&story, VISIT).shown_text("inspecting_unit").as_deref(), Some("演示村"));
    story.say_of(INSPECTOR, "inspection", VISIT, json!({"kind": "submit"}));
    let outcome = story.say_of(INSPECTOR, "inspection", VISIT, set(&json!({"inspecting_unit": "演示二村"})));
    assert_eq!(field(&outcome, "inspecting_unit"), Some(FieldOutcome::Addition), "what was handed in is added to");
    let outcome = story.say_of(SERVER, "inspection", VISIT, set(&json!({"checklist_version": "2"})));
    assert_eq!(field(&outcome, "checklist_version"), None, "the server still writes what it finds");
}

#[test]
fn nobody_fills_a_record_with_additions_or_proposals_and_each_refusal_says_so() {
    let mut story = Story::of("general");
    visit(&mut story, INSPECTOR, "spot");
    let mut add = |text: usize| {
        let outcome = story.say_of(COLLEAGUE, "inspection", VISIT, set(&json!({"led_by": text.to_string()})));
        field(&outcome, "led_by")
    };
    assert!((0..ASIDES_MAX).all(|text| add(text) == Some(FieldOutcome::Addition)));
    assert_eq!(add(ASIDES_MAX), Some(FieldOutcome::TooMany));
    let mut story = Story::of("general");
    let mut propose = |text: usize| {
        let (_, outcome) = story.set(COLLEAGUE, json!({"description": text.to_string()}));
        field(&outcome, "description")
    };
    assert!((0..ASIDES_MAX).all(|text| propose(text) == Some(FieldOutcome::Proposal)));
    assert_eq!(propose(ASIDES_MAX), Some(FieldOutcome::TooMany));
}

#[test]
fn one_person_cannot_fill_a_field_and_a_higher_level_is_always_heard() {
    let mut story = Story::of("suspected");
    let judge = |story: &mut Story, level: &str| {
        let patch = json!({"kind": "patch", "set": {"level": {"new": level}}});
        field(&story.say_having_seen(COLLEAGUE, 0, patch).1, "level")
    };
    for _ in 0..REGISTER_ENTRIES_OF_ONE_MAX {
        assert_ne!(judge(&mut story, "major_direct"), Some(FieldOutcome::TooMany));
    }
    assert_eq!(judge(&mut story, "major_direct"), Some(FieldOutcome::TooMany), "as dangerous is nothing new");
    assert_ne!(judge(&mut story, "major_collective"), Some(FieldOutcome::TooMany));
    assert_eq!(story.shown("level"), "major_collective");
}

#[test]
fn replaced_words_are_kept_as_many_of_each_author() {
    let mut story = Story::of("general");
    story.set(INSPECTOR, json!({"plan.owner": "演示甲", "description": "配电箱门敞开，线头裸露，无警示"}));
    for number in 0..=PAST_VALUES_OF_ONE_MAX + 1 {
        story.set(COLLEAGUE, json!({"plan.owner": number.to_string()}));
    }
    let past = &story.record().past;
    let owners: Vec<&Value> = past["plan.owner"].iter().map(|old| &old.value).collect();
    assert_eq!(owners.len(), PAST_VALUES_OF_ONE_MAX + 1);
    assert_eq!((owners[0], owners[1]), (&json!("演示甲"), &json!("1")), "one person cannot push out another's words");
    assert_eq!(past.keys().collect::<Vec<_>>(), ["description", "plan.owner"]);
}

#[test]
fn the_village_of_a_named_place_is_kept_with_the_name() {
    let mut story = Story::of("general");
    let place = Uuid::from_u128(0x79).to_string();
    story.set(OFFICE, json!({"place": place}));
    let counted = report_village(story.record()).unwrap();
    assert_eq!(counted.code.to_string(), PLACE_VILLAGE);
}

#[test]
fn a_first_place_in_another_village_moves_a_hazard_only_when_the_office_agrees() {
    let mut story = Story::of("major_direct");
    let own = report_village(story.record()).unwrap().code;
    let (op, outcome) = story.set(INSPECTOR, json!({"place": Uuid::from_u128(0x79)}));
    assert_eq!(field(&outcome, "place"), Some(FieldOutcome::Proposal), "the finder slips too");
    assert_eq!(report_village(story.record()).unwrap().code, own);
    story.agree(OFFICE, op);
    assert_eq!(report_village(story.record()).unwrap().code.to_string(), PLACE_VILLAGE);
}

#[test]
fn a_fix_that_is_added_later_moves_nothing_and_asks() {
    let mut story = Story::of("major_direct");
    let own = report_village(story.record()).unwrap();
    assert!(own.disagreement.is_none());
    story.set(INSPECTOR, json!({"fix": {"lat": 31.95, "lon": 108.66, "crs": "wgs84", "acc_m": 1.0}}));
    let counted = report_village(story.record()).unwrap();
    assert_eq!((counted.code, counted.basis), (own.code, own.basis));
    let question = counted.disagreement.unwrap();
    assert_eq!((question.registered, question.located.to_string()), (own.code, FIX_VILLAGE.to_owned()));
}

#[test]
fn fields_of_a_role_are_written_by_that_role_and_by_the_server() {
    let mut story = Story::of("major_direct");
    let listing = json!({"listed.town": {"doc_no": "1"}});
    assert_eq!(field(&story.set(INSPECTOR, listing.clone()).1, "listed.town"), Some(FieldOutcome::NotAllowed));
    assert_eq!(field(&story.set(SERVER, listing.clone()).1, "listed.town"), None);
    assert_eq!(field(&story.set(LEADER, listing).1, "listed.town"), None);
}

#[test]
fn an_enterprise_writes_its_own_checks_and_of_others_hazards_the_repair() {
    let mut story = Story::at_factory("general");
    let outcome = visit(&mut story, ENTERPRISE, "spot");
    assert_eq!(field(&outcome, "kind"), Some(FieldOutcome::NotAllowed), "抽查 is for those who check enterprises");
    assert_eq!(field(&outcome, "inspecting_unit"), None);
    let own = story.say_of(ENTERPRISE, "inspection", 0x80, json!({"kind": "create", "fields": {"kind": "self_day"}}));
    assert_eq!(field(&own, "kind"), None);
    let expert = Who(8, sync_protocol::role::Role::R8);
    let guided = story.say_of(expert, "inspection", 0x81, json!({"kind": "create", "fields": {"kind": "guide"}}));
    assert_eq!(field(&guided, "kind"), None, "an expert's check is what it is");
    let outcome =
        story.set(ENTERPRISE, json!({"position_text": "别处", "plan.owner": "演示甲", "deadline": "2023-06-20"})).1;
    assert_eq!(field(&outcome, "position_text"), Some(FieldOutcome::NotAllowed));
    assert_eq!((field(&outcome, "plan.owner"), field(&outcome, "deadline")), (Some(FieldOutcome::Proposal), None));
    let place = story.say_of(INSPECTOR, "place", 0x82, json!({"kind": "create", "fields": {"name": "演示厂"}}));
    assert_eq!(field(&place, "name"), None);
    let renamed = story.say_of(ENTERPRISE, "place", 0x82, set(&json!({"name": "他厂"})));
    assert_eq!(field(&renamed, "name"), Some(FieldOutcome::NotAllowed));
    let photo = json!({"kind": "photo.attach", "photo": Uuid::from_u128(0x9001), "bytes": 10, "mime": "image/jpeg",
        "sha256": format!("{:064x}", 1), "role": "after", "source": "camera_inapp"});
    let outcome = story.say(ENTERPRISE, photo).1;
    assert!(outcome.fields.is_empty(), "a picture of the repair is the enterprise's to send: {outcome:?}");
}

#[test]
fn the_finder_shortens_their_own_words_and_nobody_waits_for_equal_ones() {
    let mut story = Story::of("general");
    let shorter = json!({"description": "配电箱门敞开"});
    assert_eq!(field(&story.set(COLLEAGUE, shorter.clone()).1, "description"), Some(FieldOutcome::Proposal));
    let as_long = json!({"description": "配电箱门敞开，线头露出"});
    assert_eq!(field(&story.set(COLLEAGUE, as_long).1, "description"), None);
    assert_eq!(field(&story.set(INSPECTOR, shorter).1, "description"), None);
}

#[test]
fn several_phones_may_declare_one_photo_and_the_first_by_order_counts_as_its_maker() {
    let photo = Uuid::from_u128(0x9001);
    let declare = |hlc: &str, role: &str| {
        json!({"kind": "photo.attach", "photo": photo, "bytes": 10, "mime": "image/jpeg", "sha256": format!("{:064x}", 1),
            "role": role, "source": "camera_inapp", "hlc": hlc})
    };
    let mut story = Story::of("general");
    story.say(COLLEAGUE, declare("00000050", "site"));
    let rev = record(&story, 0x9001).rev;
    story.say(INSPECTOR, declare("00000040", "after"));
    assert_eq!(record(&story, 0x9001).rev, rev + 1);
    assert_eq!(record(&story, 0x9001).created.author.0, Uuid::from_u128(INSPECTOR.0), "whoever was first by order");
    story.say(COLLEAGUE, declare("00000060", "before"));
    assert_eq!(record(&story, 0x9001).created.author.0, Uuid::from_u128(INSPECTOR.0));
    let link = story.record().photos.values().next().unwrap();
    assert_eq!(link.roles, ["after", "before", "site"]);
    let order: Vec<&str> = link.attached.iter().map(|stamp| stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000040", "00000050", "00000060"]);
    let withdraw = |hlc: &str| json!({"kind": "photo.retract", "photo": photo, "reason": "拍错", "hlc": hlc});
    story.say(INSPECTOR, withdraw("00000080"));
    story.say(INSPECTOR, withdraw("00000070"));
    let link = story.record().photos.values().next().unwrap();
    let order: Vec<&str> = link.withdrawn.iter().map(|one| one.stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000070", "00000080"]);
}

#[test]
fn a_record_stays_small_enough_for_every_phone() {
    let mut story = Story::of("suspected");
    let long = "长".repeat(VALUE_BYTES_MAX / 3 + 1);
    assert_eq!(field(&story.set(COLLEAGUE, json!({"remark": long})).1, "remark"), Some(FieldOutcome::TooMany));
    let text = "长".repeat(4_000);
    let mut number = 0;
    let mut write = |story: &mut Story, who: Who| {
        number += 1;
        let name = format!("note_of_a_newer_app_{number}");
        field(&story.set(who, json!({(name.clone()): text})).1, &name)
    };
    let mut written = 0;
    while write(&mut story, COLLEAGUE) != Some(FieldOutcome::TooMany) {
        written += 1;
    }
    assert_eq!(written, RECORD_VALUES_BYTES_OF_ONE_MAX / (3 * 4_000 + 2));
    assert_ne!(write(&mut story, INSPECTOR), Some(FieldOutcome::TooMany), "the others are still heard");
    story.set(COLLEAGUE, json!({"level": "major_direct"}));
    assert_eq!(story.shown("level"), "major_direct", "and danger always");
}

#[test]
fn a_record_has_so_many_fields() {
    let mut story = Story::of("general");
    let fields = |from: usize| -> Value {
        (from..from + 200)
            .map(|number| (format!("answer_of_a_newer_app_{number}"), json!(1)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for from in (0..FIELDS_OF_RECORD_MAX).step_by(200) {
        story.set(INSPECTOR, fields(from));
    }
    assert_eq!(story.record().fields.len(), FIELDS_OF_RECORD_MAX);
    story.set(INSPECTOR, json!({"level": "suspected"}));
    assert_eq!(story.shown("level"), "suspected");
}

#[test]
fn when_a_hazard_was_found_is_what_its_finder_wrote() {
    let mut story = Story::of("major_direct");
    let made = json!({"kind": "create", "fields": {"level": "major_direct", "found_at": "2023-06-01T00:00:00Z"}});
    story.say_of(INSPECTOR, "hazard", 0x83, made);
    for (who, found_at) in [(COLLEAGUE, "2022-12-01T00:00:00Z"), (INSPECTOR, "2023-06-02T00:00:00Z")] {
        let patch = json!({"kind": "patch", "set": {"found_at": {"new": found_at}}});
        let outcome = story.say_of(who, "hazard", 0x83, patch);
        assert_eq!(field(&outcome, "found_at"), Some(FieldOutcome::Proposal), "{found_at}");
    }
    assert_eq!(record(&story, 0x83).shown_text("found_at").as_deref(), Some("2023-06-01T00:00:00Z"));
}
