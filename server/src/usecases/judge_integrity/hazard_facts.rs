//! What the rules are told about a hazard. What a newcomer gets wrong: only photos on the hazard itself prove its repair, so only those are
//! compared; the photos of a review record are its own evidence.

use super::photo_facts::{self, Clocks};
use super::subjects::NEIGHBOURS_MAX;
use super::visit_facts::shown_instant;
use super::{Judge, read_record};
use crate::usecases::projection::criterion_ids;
use paicha_db::projections::{self, HazardFilter, Page, Villages};
use paicha_db::{DbError, Tx, records};
use paicha_integrity::{EarlierHazard, Evidence, HazardFacts, OtherFinding, Thresholds};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::RecordId;
use sync_protocol::merge::SELF_ORIGINS;
use sync_protocol::record::{Entry, Record, Verdict};
use sync_protocol::role::Role;
use sync_protocol::schema::ORIGINS;
use sync_protocol::time::{DAY_US, Grade, Micros};
use uuid::Uuid;

/// Criteria of one hazard that are looked for elsewhere.
const CRITERIA_MAX: usize = 10;
/// Hazards with one criterion that are counted.
const ELSEWHERE_MAX: i64 = 200;

/// Facts about one hazard.
pub(super) async fn of(
    tx: &mut Tx,
    judge: &Judge,
    limits: &Thresholds,
    record: &Record,
) -> Result<HazardFacts, DbError> {
    let clocks = Clocks::of(tx, record.id).await?;
    let made = record.created.at;
    let found = shown_instant(record, "found_at").map_or(made, |found| found.min(made));
    let beside = at_the_same_place(tx, record).await?;
    let criteria: BTreeSet<String> = criterion_ids(record).into_iter().collect();
    Ok(HazardFacts {
        serious: record.shown_text("level").as_deref() != Some("general"),
        self_found: is_self_found(record),
        found,
        found_trusted: record.created.grade == Grade::A,
        received: record.received_at,
        repair_began: states(record).filter(|entry| entry.value == "fixing").map(|entry| entry.stamp.at).max(),
        photos: photo_facts::of(tx, judge, limits, record, &clocks).await?,
        earlier: earlier(&beside, &criteria),
        elsewhere: elsewhere(tx, record, &criteria, found, limits).await?,
        others: beside
            .iter()
            .filter(|other| !is_self_found(other))
            .map(|other| other_finding(other, &criteria))
            .collect(),
        separation: separation(record),
    })
}

fn states(record: &Record) -> impl Iterator<Item = &Entry> {
    record.fields.get("state").into_iter().flat_map(|register| &register.entries)
}

fn is_self_found(record: &Record) -> bool {
    record.shown_text("origin").is_some_and(|origin| ORIGINS[..SELF_ORIGINS].contains(&origin.as_str()))
}

/// Other hazards of the village at the registered place.
async fn at_the_same_place(tx: &mut Tx, record: &Record) -> Result<Vec<Record>, DbError> {
    let Some(place) = record.shown_text("place").and_then(|id| id.parse::<Uuid>().ok()) else { return Ok(Vec::new()) };
    let filter = HazardFilter { place: Some(place), ..HazardFilter::default() };
    let page = Page { after: None, limit: NEIGHBOURS_MAX };
    let rows = projections::list_hazards(tx, &Villages::All, &filter, page).await?;
    let here = rows.into_iter().filter(|row| row.id != record.id.0 && row.feed == record.feed.as_str());
    let ids: Vec<Uuid> = here.map(|row| row.id).collect();
    records::find_records(tx, &ids).await?.iter().map(read_record).collect()
}

fn earlier(beside: &[Record], criteria: &BTreeSet<String>) -> Vec<EarlierHazard> {
    let same = beside.iter().filter(|other| criterion_ids(other).iter().any(|criterion| criteria.contains(criterion)));
    same.filter_map(|other| Some(EarlierHazard { record: other.id, closed: closed_at(other)? })).collect()
}

fn closed_at(hazard: &Record) -> Option<Micros> {
    let closed = hazard.shown_text("state").as_deref() == Some("closed");
    states(hazard).filter(|entry| closed && entry.value == "closed").map(|entry| entry.stamp.at).max()
}

fn other_finding(other: &Record, criteria: &BTreeSet<String>) -> OtherFinding {
    let made = other.created.at;
    let found = shown_instant(other, "found_at").map_or(made, |found| found.min(made));
    let same_criterion = criterion_ids(other).iter().any(|criterion| criteria.contains(criterion));
    OtherFinding { record: other.id, found, received: other.received_at, same_criterion, closed: closed_at(other) }
}

/// Other places where the same was found shortly before, one hazard each.
async fn elsewhere(
    tx: &mut Tx,
    record: &Record,
    criteria: &BTreeSet<String>,
    found: Micros,
    limits: &Thresholds,
) -> Result<Vec<RecordId>, DbError> {
    let here = record.shown_text("place").and_then(|id| id.parse::<Uuid>().ok());
    let from = found.saturating_add(-limits.elsewhere_days * DAY_US);
    let mut places: BTreeMap<Uuid, RecordId> = BTreeMap::new();
    for criterion in criteria.iter().take(CRITERIA_MAX) {
        let span = (from.as_micros(), found.as_micros());
        for row in projections::list_hazards_with_criterion(tx, criterion, span, ELSEWHERE_MAX).await? {
            if let Some(place) = row.place.filter(|place| Some(*place) != here) {
                places.entry(place).or_insert(row.record.into());
            }
        }
    }
    Ok(places.into_values().collect())
}

/// People who did what others have to do.
fn separation(record: &Record) -> Vec<(Evidence, Value)> {
    let mut found = Vec::new();
    for entry in states(record).filter(|entry| entry.value == "accepted") {
        let Some(via) = &entry.via else { continue };
        let handed_in = states(record).filter(|other| {
            other.value.as_str() == Some(via.from.as_str())
                && other.stamp.op != entry.stamp.op
                && other
                    .via
                    .as_ref()
                    .is_some_and(|via| via.from == "fixing" && !via.evidence.contains_key("on_behalf_of"))
        });
        let measured = json!({ "op": entry.stamp.op, "person": entry.stamp.author });
        if handed_in.into_iter().any(|other| other.stamp.author == entry.stamp.author) {
            found.push((Evidence::ReviewedOwnRepair, measured));
        } else if via.standing.roles.iter().all(|role| *role == Role::R7) {
            found.push((Evidence::ReviewerOfEnterprise, measured));
        }
    }
    for said in record.decisions.iter().filter(|said| said.verdict == Verdict::Approve) {
        let waiting = record.pending.iter().map(|pending| &pending.stamp);
        let mut asked = waiting.chain(states(record).map(|entry| &entry.stamp));
        if asked.any(|stamp| stamp.op == said.target && stamp.author == said.stamp.author) {
            let measured = json!({ "op": said.stamp.op, "person": said.stamp.author });
            found.push((Evidence::ApprovedOwnRequest, measured));
        }
    }
    found
}
