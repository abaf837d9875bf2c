//! Photos of a record: declared, linked, marked as 不采用. What a newcomer gets wrong: what identifies a photo (hash, length, type) comes
//! from its declaration and is never edited, and withdrawing one neither removes it nor pays its debt.

use super::apply::{Submission, World, empty_record};
use super::fields::{Aside, FieldWrite, set_aside, set_field};
use super::outcome::FieldOutcome;
use crate::ids::RecordId;
use crate::limits::RECORD_PHOTOS_MAX;
use crate::op::PhotoAttach;
use crate::record::{Record, Stamp, Standing, Withdrawal};
use crate::schema::find_kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Links a photo to the record and writes down what is claimed about it.
pub(super) fn attach(
    world: &mut World,
    record: &mut Record,
    submission: &Submission<'_>,
    (photo, stranger): (&PhotoAttach, bool),
    stamp: &Stamp,
    changed: &mut BTreeSet<RecordId>,
) -> BTreeMap<String, FieldOutcome> {
    let carries = find_kind(&record.kind).is_some_and(|kind| kind.carries_photos);
    // The record itself is in hand and not in the world while it changes.
    let foreign = photo.photo == record.id
        || world.records.get(&photo.photo).is_some_and(|known| known.feed != record.feed || known.kind != "photo");
    if !carries || foreign || record.photos.len() >= RECORD_PHOTOS_MAX {
        let why =
            if record.photos.len() >= RECORD_PHOTOS_MAX { FieldOutcome::TooMany } else { FieldOutcome::InvalidValue };
        let value = Value::String(photo.photo.to_string());
        let aside = Aside { field: "photos", base: None, value: &value, reason: None };
        let standing = submission.standing(record.rev);
        return [("photos".to_owned(), set_aside(record, why, aside, None, (&standing, stamp)))].into();
    }
    let mut outcomes = BTreeMap::new();
    if stranger {
        // It proves nothing about what is not theirs; but what was sent is kept, for whoever looks at it.
        let value = Value::String(photo.photo.to_string());
        let aside = Aside { field: "photos", base: None, value: &value, reason: None };
        let standing = submission.standing(record.rev);
        let outcome = set_aside(record, FieldOutcome::NotAllowed, aside, None, (&standing, stamp));
        outcomes.insert("photos".to_owned(), outcome);
    } else {
        link_photo(record, photo, stamp);
    }
    // Only now: a refused attachment must not move a photo of another village, or one that does not exist, in this village's feed.
    changed.insert(photo.photo);
    outcomes.extend(declare_photo(world, submission, photo));
    outcomes
}

fn link_photo(record: &mut Record, photo: &PhotoAttach, stamp: &Stamp) {
    let link = record.photos.entry(photo.photo).or_default();
    let role = photo.role.clone().unwrap_or_else(|| "site".to_owned());
    if let Err(at) = link.roles.binary_search(&role) {
        link.roles.insert(at, role);
    }
    link.in_app |= photo.source.as_deref() == Some("camera_inapp");
    let at = link.attached.partition_point(|old| old.order() < stamp.order());
    link.attached.insert(at, stamp.clone());
}

/// Writes what the operation claims about the photo into the photo's own record, making it if need be.
fn declare_photo(
    world: &mut World,
    submission: &Submission<'_>,
    photo: &PhotoAttach,
) -> BTreeMap<String, FieldOutcome> {
    let Some(kind) = find_kind("photo") else { return BTreeMap::new() };
    let rev = world.records.get(&photo.photo).map_or(1, |known| known.rev + 1);
    let stamp = submission.stamp(rev);
    let mut record = world
        .records
        .remove(&photo.photo)
        .unwrap_or_else(|| empty_record(submission, kind, photo.photo, stamp.clone()));
    record.rev = rev;
    let hash = Value::from(photo.sha256.to_ascii_lowercase());
    let known = record.fields.get("sha256").into_iter().flat_map(|register| &register.entries);
    if known.into_iter().all(|entry| entry.value == hash) && stamp.order() < record.created.order() {
        // Several phones may declare one photo; who counts as its maker must not depend on who arrived first.
        record.created = stamp.clone();
        record.received_at = submission.context.received_at;
    }
    let claims = [
        ("sha256", Some(hash)),
        ("bytes", Some(Value::from(photo.bytes))),
        ("mime", Some(Value::from(photo.mime.as_str()))),
        ("taken_at", photo.taken_at.as_ref().map(|at| serde_json::json!(at))),
        ("fix", photo.fix.as_ref().map(|fix| serde_json::json!(fix))),
        ("source", photo.source.as_deref().map(Value::from)),
        ("roles", photo.role.as_deref().map(|role| Value::from(vec![role]))),
        ("caption", photo.caption.as_deref().map(Value::from)),
    ];
    let mut outcomes = BTreeMap::new();
    for (name, value) in claims.iter().filter_map(|(name, value)| value.as_ref().map(|value| (*name, value))) {
        let write = FieldWrite { name, base: None, value };
        let outcome = set_field(&mut record, kind, submission, write, (&Standing::default(), &stamp));
        outcomes.extend(outcome.map(|outcome| (format!("photo.{name}"), outcome)));
    }
    world.records.insert(photo.photo, record);
    outcomes
}

/// Marks a photo as 不采用; nothing is removed.
pub(super) fn retract(
    record: &mut Record,
    photo: RecordId,
    reason: Option<&String>,
    standing: &Standing,
    stamp: &Stamp,
) -> BTreeMap<String, FieldOutcome> {
    if !record.photos.contains_key(&photo) && record.photos.len() >= RECORD_PHOTOS_MAX {
        let value = Value::String(photo.to_string());
        let aside = Aside { field: "photos", base: None, value: &value, reason };
        let outcome = set_aside(record, FieldOutcome::TooMany, aside, None, (standing, stamp));
        return [("photos".to_owned(), outcome)].into();
    }
    // A withdrawal of something not attached yet is kept too: the attachment may still be on its way, and it was not seen.
    let link = record.photos.entry(photo).or_default();
    let at = link.withdrawn.partition_point(|old| old.stamp.order() < stamp.order());
    let withdrawal = Withdrawal { reason: reason.cloned(), standing: standing.clone(), stamp: stamp.clone() };
    link.withdrawn.insert(at, withdrawal);
    BTreeMap::new()
}
