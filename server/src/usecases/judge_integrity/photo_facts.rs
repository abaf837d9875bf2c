//! What the rules are told about the photos of a record, and about the earlier photos they are like. What a newcomer gets wrong: a phone's own
//! time of a photo is corrected by how wrong that phone's clock was when the photo was handed in, where the server knows.

use super::subjects::NEIGHBOURS_MAX;
use super::{Judge, hashed};
use crate::usecases::push_operations::read_record;
use paicha_db::projections::{self, PhotoRow};
use paicha_db::{DbError, Tx, ops, records};
use paicha_integrity::{Alike, Clock, FixFact, PhotoFact, Thresholds};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::geo::{Fix, canonical};
use sync_protocol::ids::{OpId, RecordId};
use sync_protocol::merge::Context;
use sync_protocol::op::Op;
use sync_protocol::record::{PhotoLink, Record, Stamp};
use sync_protocol::time::{DAY_US, Grade, Micros};
use uuid::Uuid;

/// Operations of one record whose clocks are compared.
const OPS_MAX: i64 = 500;
/// Days of a month, for how far back pictures are compared.
const MONTH_DAYS: i64 = 31;

/// The phones' clocks, by operation: how far each was off, where that is known.
pub(super) struct Clocks {
    off: BTreeMap<OpId, i64>,
    contradicts: bool,
}

impl Clocks {
    /// Reads the operations of a record.
    pub(super) async fn of(tx: &mut Tx, record: RecordId) -> Result<Self, DbError> {
        let mut clocks = Self { off: BTreeMap::new(), contradicts: false };
        for stored in ops::list_ops_of_record(tx, record.0, OPS_MAX).await? {
            let Ok(context) = serde_json::from_str::<Context>(&stored.context) else { continue };
            let Ok(op) = Op::parse(&stored.body) else { continue };
            if context.server {
                continue;
            }
            match context.event.grade {
                Grade::A | Grade::B => {
                    clocks.off.insert(stored.id.into(), op.head.made_at.since(context.event.at));
                }
                Grade::C | Grade::D => clocks.contradicts |= context.event.clock_suspect,
            }
        }
        Ok(clocks)
    }

    /// For the rule about clocks: the worst.
    pub(super) fn worst(&self) -> Clock {
        Clock { off_us: self.off.values().copied().max_by_key(|off| off.abs()), contradicts: self.contradicts }
    }
}

/// The first attach that still stands.
fn first_attach(link: &PhotoLink) -> Option<&Stamp> {
    link.attached
        .iter()
        .filter(|attach| !link.withdrawn.iter().any(|withdrawal| withdrawal.covers(attach)))
        .min_by_key(|stamp| (stamp.at, stamp.op))
}

/// The photos of a record that were not withdrawn.
pub(super) async fn of(
    tx: &mut Tx,
    judge: &Judge,
    limits: &Thresholds,
    record: &Record,
    clocks: &Clocks,
) -> Result<Vec<PhotoFact>, DbError> {
    let live: BTreeMap<Uuid, &PhotoLink> =
        record.photos.iter().filter(|(_, link)| link.is_live()).map(|(id, link)| (id.0, link)).collect();
    let ids: Vec<Uuid> = live.keys().copied().collect();
    let rows = projections::find_photos(tx, &ids).await?;
    let states = records::find_records(tx, &ids).await?;
    let states: BTreeMap<Uuid, Record> =
        states.iter().map(|row| Ok((row.id, read_record(row)?))).collect::<Result<_, DbError>>()?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in &rows {
        let (Some(link), Some(state)) = (live.get(&row.id), states.get(&row.id)) else { continue };
        let Some(attached) = first_attach(link) else { continue };
        let alike = alike(tx, judge, limits, record, (row, attached)).await?;
        facts.extend(fact(row, link, state, (attached, clocks), alike));
    }
    Ok(facts)
}

fn fact(
    row: &PhotoRow,
    link: &PhotoLink,
    state: &Record,
    (attached, clocks): (&Stamp, &Clocks),
    alike: Vec<Alike>,
) -> Option<PhotoFact> {
    let off = clocks.off.get(&attached.op);
    let taken = row.taken_at.and_then(|at| Micros::from_micros(at).ok());
    let taken = taken.map(|at| paicha_integrity::Taken {
        at: off.map_or(at, |off| at.saturating_add(-off)),
        trusted: off.is_some(),
    });
    let derived = state.shown("derived").unwrap_or(Value::Null);
    let fix: Option<Fix> = state.shown("fix").and_then(|fix| serde_json::from_value(fix).ok());
    Some(PhotoFact {
        id: row.id.into(),
        sha256: row.sha256.as_slice().try_into().ok()?,
        roles: link.roles.clone(),
        in_app: link.in_app,
        taken,
        exif_at: exif_instant(&derived["exif"]),
        fix: fix.as_ref().and_then(fix_fact),
        dhash: row.dhash.map(i64::cast_unsigned),
        alike,
    })
}

/// A fix as the rules see it.
pub(super) fn fix_fact(fix: &Fix) -> Option<FixFact> {
    let point = canonical(fix).ok()?;
    let acc_m = fix.acc_m.filter(|acc| acc.is_finite() && *acc >= 0.0);
    Some(FixFact { point, acc_m, mock: fix.mock == Some(true) })
}

/// The camera's own time; a camera without a zone is set to the time of the country.
fn exif_instant(exif: &Value) -> Option<Micros> {
    let text = exif["taken_at_text"].as_str()?;
    let zone = exif["offset_text"].as_str().unwrap_or("+08:00");
    format!("{text}{zone}").parse().ok()
}

/// Photos of other visits that were used before this one and are the same or like it.
async fn alike(
    tx: &mut Tx,
    judge: &Judge,
    limits: &Thresholds,
    record: &Record,
    (row, attached): (&PhotoRow, &Stamp),
) -> Result<Vec<Alike>, DbError> {
    let mut candidates: BTreeMap<Uuid, (bool, u32, u32, f64)> = BTreeMap::new();
    let most = usize::try_from(NEIGHBOURS_MAX).unwrap_or(usize::MAX);
    if let Some(hashed) = hashed(row) {
        let found = judge.similar.find(&hashed, limits.similar_dhash_bits, limits.similar_phash_bits);
        for like in found.into_iter().take(most) {
            candidates.insert(like.photo.0, (false, like.dhash_bits, like.phash_bits, like.entropy_bits));
        }
    }
    let entropy = row.entropy_bits.unwrap_or(0.0);
    for same in projections::list_photos_by_sha256(tx, &row.sha256, NEIGHBOURS_MAX).await? {
        candidates.insert(same.id, (true, 0, 0, entropy));
    }
    let oldest = attached.at.saturating_add(-i64::from(limits.similar_months) * MONTH_DAYS * DAY_US);
    let mut all = Vec::new();
    for (photo, (same_file, dhash_bits, phash_bits, entropy_bits)) in candidates {
        for (other, used) in uses_of(tx, photo.into()).await? {
            let earlier = (used.at, used.op) < (attached.at, attached.op);
            let recent = same_file || used.at >= oldest;
            if other.id != record.id && !is_same_visit(&other, record) && earlier && recent {
                let (record, photo) = (other.id, photo.into());
                all.push(Alike { record, photo, at: used.at, same_file, dhash_bits, phash_bits, entropy_bits });
            }
        }
    }
    Ok(all)
}

/// Inspections and hazards that carry a photo, each with when it was attached.
async fn uses_of(tx: &mut Tx, photo: RecordId) -> Result<Vec<(Record, Stamp)>, DbError> {
    let links = projections::list_photo_links_of_photo(tx, photo.0, NEIGHBOURS_MAX).await?;
    let ids: BTreeSet<Uuid> = links.into_iter().map(|link| link.record).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut uses = Vec::new();
    for row in records::find_records(tx, &ids).await? {
        let record = read_record(&row)?;
        let stamp = record.photos.get(&photo).and_then(first_attach).cloned();
        if ["inspection", "hazard"].contains(&record.kind.as_str()) {
            uses.extend(stamp.map(|stamp| (record, stamp)));
        }
    }
    Ok(uses)
}

/// The visit that a record belongs to: of a hazard its inspection, or itself.
fn visit_of(record: &Record) -> Uuid {
    let inspection = record.shown_text("inspection").and_then(|id| id.parse().ok());
    inspection.filter(|_| record.kind == "hazard").unwrap_or(record.id.0)
}

/// One photo may serve an inspection and its hazards, and one of two hazards that were found to be the same.
fn is_same_visit(one: &Record, other: &Record) -> bool {
    let merged = |from: &Record, into: &Record| {
        from.pending.iter().any(|link| link.field == "duplicate_of" && link.value == into.id.to_string())
    };
    visit_of(one) == visit_of(other) || merged(one, other) || merged(other, one)
}
