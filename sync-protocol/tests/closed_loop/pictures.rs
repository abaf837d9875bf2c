//! Which photos a record takes, and how many; attaching and withdrawing in any order.

use super::story::*;
use serde_json::{Value, json};
use sync_protocol::ids::RecordId;
use sync_protocol::limits::RECORD_PHOTOS_MAX;
use sync_protocol::merge::FieldOutcome::{InvalidValue, TooMany};
use sync_protocol::record::PhotoLink;
use uuid::Uuid;

fn attach(photo: u128) -> Value {
    json!({"kind": "photo.attach", "photo": Uuid::from_u128(photo), "bytes": 10, "mime": "image/jpeg",
        "sha256": format!("{photo:064x}"), "source": "camera_inapp"})
}

fn retract(photo: u128) -> Value {
    json!({"kind": "photo.retract", "photo": Uuid::from_u128(photo), "reason": "拍错"})
}

#[test]
fn only_a_photo_of_this_village_is_attached_and_only_to_what_carries_photos() {
    let mut story = Story::of("general");
    let elsewhere = json!({"kind": "create", "record": Uuid::from_u128(0x88), "village": "500999001299", "fields": {}});
    story.say(INSPECTOR, elsewhere);
    let mut there = attach(0x9002);
    there["record"] = json!(Uuid::from_u128(0x88));
    there["village"] = json!("500999001299");
    story.say(INSPECTOR, there);
    story.say(INSPECTOR, json!({"kind": "create", "record": Uuid::from_u128(0x89), "fields": {}}));
    for photo in [0x89, 0x9002, HAZARD] {
        let (_, outcome) = story.say(INSPECTOR, attach(photo));
        assert_eq!(field(&outcome, "photos"), Some(InvalidValue), "{photo:x}");
    }
    assert!(story.record().photos.is_empty());
    story.say(INSPECTOR, attach(0x9001));
    assert_eq!(story.record().photos.len(), 1);
    let outcome = story.say_of(INSPECTOR, "photo", 0x9001, attach(0x9003));
    assert_eq!(field(&outcome, "photos"), Some(InvalidValue), "a photo carries none");
}

#[test]
fn a_full_record_takes_no_more_photos_and_still_lets_go_of_its_own() {
    let mut story = Story::of("general");
    story.say(INSPECTOR, attach(0x9001));
    let photos = &mut story.world.records.get_mut(&id()).unwrap().photos;
    for photo in 1..RECORD_PHOTOS_MAX {
        photos.insert(RecordId(Uuid::from_u128(0xa000 + u128::try_from(photo).unwrap())), PhotoLink::default());
    }
    for body in [attach(0x9002), retract(0x9002)] {
        assert_eq!(field(&story.say(INSPECTOR, body).1, "photos"), Some(TooMany));
    }
    let (_, outcome) = story.say(INSPECTOR, retract(0x9001));
    assert!(outcome.fields.is_empty(), "{outcome:?}");
    assert_eq!(story.record().live_photos().count(), 0);
}

#[test]
fn a_withdrawal_is_kept_before_the_photo_comes_and_takes_back_nothing_it_had_not_seen() {
    let mut story = Story::of("general");
    let (_, outcome) = story.say(COLLEAGUE, retract(0x9001));
    assert!(outcome.fields.is_empty(), "{outcome:?}");
    story.say(INSPECTOR, attach(0x9001));
    assert_eq!(story.record().live_photos().count(), 1);
    for hlc in ["00000050", "00000070", "00000060"] {
        let mut said = retract(0x9001);
        said["hlc"] = json!(hlc);
        story.say(COLLEAGUE, said);
    }
    let link = story.record().photos.values().next().unwrap();
    let order: Vec<&str> = link.withdrawn.iter().map(|one| one.stamp.hlc.as_str()).collect();
    assert_eq!(order, ["00000002", "00000050", "00000060", "00000070"]);
}
