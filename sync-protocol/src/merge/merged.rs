//! Which hazards were merged into which, and whether the one that stays still stands for both. What a newcomer gets wrong: two links that are
//! sound each by itself may form a circle, agreed at two desks at once; then none of them counts, or the hazard would leave the numbers twice.

use super::standing::{Approved, approved, is_of_office, visible};
use super::view::turning_points;
use crate::ids::RecordId;
use crate::record::{Record, Verdict};
use crate::time::Micros;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Hazards by id, at least those that [`linked_from`] reaches from the one that is asked about.
pub type Linked = BTreeMap<RecordId, Record>;

fn target(value: &Value) -> Option<RecordId> {
    value.as_str()?.parse().ok()
}

/// The hazards that the office ever agreed it to be the same as.
pub fn linked_from(record: &Record) -> impl Iterator<Item = RecordId> {
    let links = record.pending.iter().filter(|pending| pending.field == "duplicate_of");
    let agreed = links.filter(|pending| {
        let approve =
            |said: &&crate::record::Decision| said.target == pending.stamp.op && said.verdict == Verdict::Approve;
        is_of_office(&pending.standing)
            || record.decisions.iter().filter(approve).any(|said| is_of_office(&said.standing))
    });
    agreed.filter_map(|pending| target(&pending.value))
}

/// The hazards it was merged into. A level that the people who merged them had not seen keeps it counting: what somebody raised meanwhile must
/// not vanish.
fn survivors(record: &Record, before: Option<Micros>) -> Vec<RecordId> {
    let links = approved(record, "duplicate_of", before);
    let in_force = links.iter().filter(|one| !links.iter().any(|other| other.replaces(one.last())));
    let levels = visible(record, "level", before);
    let seen = |one: &&Approved<'_>| levels.iter().all(|level| one.replaces(level.stamp));
    in_force.filter(seen).filter_map(|one| target(&one.pending.value)).collect()
}

/// Whether the hazard was merged into another that counts for both; not into one that was merged into it in turn.
pub fn is_merged_away(record: &Record, linked: &Linked, before: Option<Micros>) -> bool {
    survivors(record, before).into_iter().any(|survivor| !leads_back(survivor, record.id, linked, before))
}

fn leads_back(from: RecordId, to: RecordId, linked: &Linked, before: Option<Micros>) -> bool {
    let (mut open, mut visited) = (vec![from], BTreeSet::from([from]));
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        let further = linked.get(&id).map(|record| survivors(record, before)).unwrap_or_default();
        open.extend(further.into_iter().filter(|id| visited.insert(*id)));
    }
    false
}

/// Every hazard that is reached from one by links that were ever agreed, without itself.
fn reached<'a>(record: &Record, linked: &'a Linked) -> Vec<&'a Record> {
    let (mut open, mut visited) = (linked_from(record).collect::<Vec<_>>(), BTreeSet::from([record.id]));
    let mut all = Vec::new();
    while let Some(id) = open.pop() {
        let Some(other) = linked.get(&id).filter(|_| visited.insert(id)) else { continue };
        open.extend(linked_from(other));
        all.push(other);
    }
    all
}

/// Every instant at which a hazard that it was linked to may have changed what the links mean.
pub(super) fn turning_points_of_linked(record: &Record, linked: &Linked) -> Vec<Micros> {
    reached(record, linked).into_iter().flat_map(turning_points).collect()
}
