//! What a row of 附件1 needs to know about one visit: read from the records of the inspection, its hazards, its place and its photos.
//! Nothing is worded here. What a newcomer gets wrong: the rows of the projections only say which records; what prints comes from
//! the records themselves.

use crate::usecases::push_operations::read_record;
use crate::usecases::reading::shows_place;
use paicha_db::projections::{self, InspectionRow, PhotoRow};
use paicha_db::{DbError, Tx, records};
use std::collections::BTreeMap;
use sync_protocol::appendix::{FindingLevel, PictureSubject};
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::RecordId;
use sync_protocol::record::Record;
use sync_protocol::text::clean;
use sync_protocol::time::Grade;
use uuid::Uuid;

/// Hazards of the visits that are read at once; more than a month of a busy village finds.
const HAZARDS_MAX: i64 = 4_000;
/// Photos of the records that are read at once.
const PHOTO_LINKS_MAX: i64 = 16_000;

/// One visit.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) id: RecordId,
    /// Village that counts it.
    pub(super) village: String,
    pub(super) started_at: i64,
    pub(super) unit: String,
    pub(super) place_name: String,
    pub(super) place_address: String,
    /// It names a place of another village, whose name is not shown.
    pub(super) place_elsewhere: bool,
    /// Its phone's clock says nothing: the time is that of its receipt.
    pub(super) time_unknown: bool,
    /// Code of the reason why it could not take place.
    pub(super) blocked: Option<String>,
    /// In order of level, then of finding.
    pub(super) hazards: Vec<VisitHazard>,
    pub(super) summary: String,
    pub(super) handling: String,
    pub(super) remark: String,
    pub(super) submitted: bool,
    pub(super) photos: Vec<VisitPhoto>,
    /// Other inspections of the same joint visit, as this one names them.
    pub(super) joint: Vec<RecordId>,
}

/// A hazard that the visit found.
#[derive(Debug, Clone)]
pub(super) struct VisitHazard {
    pub(super) id: RecordId,
    pub(super) level: FindingLevel,
    pub(super) state: String,
    pub(super) description: String,
    pub(super) criteria: Vec<String>,
    pub(super) position: String,
    pub(super) control: Option<String>,
    pub(super) deadline: Option<String>,
    pub(super) suggestion: String,
}

/// A photo of the visit or of one of its hazards that may print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VisitPhoto {
    pub(super) id: RecordId,
    pub(super) subject: PictureSubject,
    pub(super) taken_at: i64,
    pub(super) state: PhotoState,
}

/// How far a photo has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhotoState {
    /// Its original is not here.
    Owed,
    /// Its original is here, its thumbnail is not yet.
    Waiting,
    /// Its original is here; this version cannot show it.
    Unshowable,
    /// Its thumbnail is here.
    Ready { sha256: Sha256Bytes, derive_version: i64 },
}

/// Everything about these visits, in their order.
pub(super) async fn load_visits(tx: &mut Tx, rows: &[InspectionRow]) -> Result<Vec<Visit>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let hazards = projections::list_hazards_of_inspections(tx, &ids, HAZARDS_MAX).await?;
    let hazards = within(hazards, HAZARDS_MAX)?;
    let all: Vec<Uuid> = ids.iter().copied().chain(hazards.iter().map(|hazard| hazard.id)).collect();
    let records = load_records(tx, &all).await?;
    let named = records.values().filter_map(|record| record.shown_text("place")?.parse().ok());
    let places = load_records(tx, &named.collect::<Vec<Uuid>>()).await?;
    let links = within(projections::list_photo_links(tx, &all, PHOTO_LINKS_MAX).await?, PHOTO_LINKS_MAX)?;
    let photo_ids: Vec<Uuid> = links.iter().map(|link| link.photo).collect();
    let photos = projections::find_photos(tx, &photo_ids).await?;
    let photos: BTreeMap<Uuid, PhotoRow> = photos.into_iter().map(|photo| (photo.id, photo)).collect();
    let mut visits = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(record) = records.get(&row.id) else { continue };
        // Entered by mistake, as two people agreed; it stays in the ledger and prints no row.
        if record.shown("voided").and_then(|flag| flag.as_bool()) == Some(true) {
            continue;
        }
        let own_place = record.shown_text("place").and_then(|id| places.get(&id.parse().ok()?));
        let mut visit = visit(row, record, own_place);
        let mut carriers = vec![(row.id, None)];
        // Anybody can write the id of another village's visit; only the village's own hazards print in its rows.
        for hazard in hazards.iter().filter(|hazard| hazard.inspection == Some(row.id) && hazard.feed == row.feed) {
            let Some(hazard) = records.get(&hazard.id).map(|record| (record.id.0, visit_hazard(record))) else {
                continue;
            };
            // What turned out to be none, or a double entry, is no finding; its operations stay in the ledger.
            if hazard.1.state != "void" {
                carriers.push((hazard.0, Some(hazard.1.level)));
                visit.hazards.push(hazard.1);
            }
        }
        visit.hazards.sort_by_key(|hazard| hazard.level);
        visit.photos = visit_photos(&carriers, &links, &photos);
        visits.push(visit);
    }
    Ok(visits)
}

/// A cut list is not a form: the limit itself counts as too many.
fn within<T>(rows: Vec<T>, limit: i64) -> Result<Vec<T>, DbError> {
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) < limit {
        Ok(rows)
    } else {
        Err(DbError::InvalidValue { reason: "more hazards or photos on a hundred visits than a form can hold" })
    }
}

async fn load_records(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Record>, DbError> {
    let rows = records::find_records(tx, ids).await?;
    rows.iter().map(|row| Ok((row.id, read_record(row)?))).collect()
}

fn text(record: &Record, field: &str) -> String {
    record.shown_text(field).map(|text| clean(&text).into_owned()).unwrap_or_default()
}

fn texts(record: &Record, field: &str) -> Vec<String> {
    let shown = record.shown(field);
    let items = shown.as_ref().and_then(|value| value.as_array()).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str()).map(|item| clean(item).into_owned()).collect()
}

fn visit(row: &InspectionRow, record: &Record, place: Option<&Record>) -> Visit {
    let (place, elsewhere) = match place {
        Some(place) if shows_place(place.feed.as_str(), &row.feed, &row.village) => (Some(place), None),
        elsewhere => (None, elsewhere),
    };
    let free_place = record.shown("free_place").unwrap_or_default();
    let of_place = |field: &str| match place {
        Some(place) => text(place, field),
        None => clean(free_place[field].as_str().unwrap_or_default()).into_owned(),
    };
    Visit {
        id: record.id,
        village: row.village.clone(),
        started_at: row.started_at,
        unit: text(record, "inspecting_unit"),
        place_name: of_place("name"),
        place_address: of_place("address"),
        place_elsewhere: elsewhere.is_some(),
        time_unknown: record.created.grade == Grade::D,
        blocked: record.shown_text("blocked_reason"),
        hazards: Vec::new(),
        summary: with_additions(record, "summary"),
        handling: with_additions(record, "handling"),
        remark: with_additions(record, "remark"),
        submitted: record.submitted.is_some(),
        photos: Vec::new(),
        joint: texts(record, "joint_visit").iter().filter_map(|id| id.parse().ok()).collect(),
    }
}

/// A text with what was added to it after the visit was submitted: it changes nothing that counts, and is never hidden.
fn with_additions(record: &Record, field: &str) -> String {
    let added = record.additions.iter().filter(|addition| addition.field == field);
    let added = added.filter_map(|addition| addition.value.as_str()).map(|words| clean(words).into_owned());
    let mut parts: Vec<String> = vec![text(record, field)];
    parts.extend(added.map(|words| format!("补充：{words}")));
    parts.retain(|part| !part.is_empty());
    parts.join("；")
}

fn visit_hazard(record: &Record) -> VisitHazard {
    VisitHazard {
        id: record.id,
        level: finding_level(record.shown_text("level").as_deref()),
        state: record.shown_text("state").unwrap_or_else(|| "reg".to_owned()),
        description: text(record, "description"),
        criteria: texts(record, "criterion_ids"),
        position: text(record, "position_text"),
        control: record.shown_text("control"),
        deadline: record.shown_text("deadline"),
        suggestion: text(record, "suggestion"),
    }
}

/// A hazard without a level was not judged, which is what 疑似 says; it must not print as harmless.
fn finding_level(level: Option<&str>) -> FindingLevel {
    match level {
        Some("major_direct" | "major_collective") => FindingLevel::Major,
        Some("general") => FindingLevel::General,
        Some(_) | None => FindingLevel::Suspected,
    }
}

/// Photos of the visit and its hazards whose role prints, each once: where it shows the gravest.
fn visit_photos(
    carriers: &[(Uuid, Option<FindingLevel>)],
    links: &[projections::PhotoLinkRow],
    photos: &BTreeMap<Uuid, PhotoRow>,
) -> Vec<VisitPhoto> {
    let mut found: BTreeMap<Uuid, VisitPhoto> = BTreeMap::new();
    for (carrier, level) in carriers {
        for link in links.iter().filter(|link| link.record == *carrier) {
            let subject = match link.role.as_str() {
                "before" => PictureSubject::Before(level.unwrap_or(FindingLevel::General)),
                "site" => PictureSubject::Site,
                _ => continue,
            };
            let row = photos.get(&link.photo);
            let photo = VisitPhoto {
                id: link.photo.into(),
                subject,
                taken_at: row.map_or(0, |row| row.taken_at.unwrap_or(row.declared_at)),
                state: row.map_or(PhotoState::Owed, photo_state),
            };
            let known = found.entry(link.photo).or_insert_with(|| photo.clone());
            known.subject = known.subject.min(photo.subject);
        }
    }
    found.into_values().collect()
}

fn photo_state(row: &PhotoRow) -> PhotoState {
    let sha256: Option<Sha256Bytes> = row.sha256.as_slice().try_into().ok();
    match (row.stored, row.derive_state.as_deref(), sha256) {
        (false, _, _) => PhotoState::Owed,
        (true, None, _) => PhotoState::Waiting,
        (true, Some("derived" | "derived_truncated"), Some(sha256)) => {
            PhotoState::Ready { sha256, derive_version: row.derive_version }
        }
        (true, Some(_), _) => PhotoState::Unshowable,
    }
}
