//! From a record to the rows that people's questions read. Pure and total: the same function fills the tables at every push and rebuilds
//! them when they are verified, so what is listed is always what the record says.

mod forms;
mod integrity;
mod numbers;
mod tasks;

pub use forms::{form_events, form_state_code};
pub use integrity::{StoredFlag, criterion_ids, stored_flags};
pub use numbers::periods;
pub(crate) use tasks::{assignee as task_assignee, task as task_row};

use paicha_db::projections::{
    CriterionRow, FlagRow, FormRow, HazardPeriodRow, HazardRow, InspectionRow, PhotoLinkRow, PhotoRow, PlaceRow,
    ReviewRow, SpotItemRow, TaskRow, TaskVisitRow, VisitRow,
};
use serde_json::Value;
use sync_protocol::digest::from_hex;
use sync_protocol::geo::{Basis, Fix, Wgs84Point, canonical};
use sync_protocol::merge::{FieldOutcome, Linked, report_village};
use sync_protocol::record::{Record, Register};
use sync_protocol::text::clean;
use sync_protocol::time::{Grade, Micros};
use sync_protocol::uscc::Uscc;
use uuid::Uuid;

/// The rows of some records.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Projected {
    /// Rows of `places`.
    pub places: Vec<PlaceRow>,
    /// Rows of `inspections`.
    pub inspections: Vec<InspectionRow>,
    /// Rows of `hazards`.
    pub hazards: Vec<HazardRow>,
    /// Rows of `hazard_periods`, by hazard.
    pub periods: Vec<(Uuid, Vec<HazardPeriodRow>)>,
    /// Rows of `spot_items`, by inspection.
    pub spots: Vec<(Uuid, Vec<SpotItemRow>)>,
    /// Rows of `photos`.
    pub photos: Vec<PhotoRow>,
    /// Rows of `photo_links`, by the record that carries them.
    pub links: Vec<(Uuid, Vec<PhotoLinkRow>)>,
    /// Rows of `reviews`, by record.
    pub reviews: Vec<(Uuid, Vec<ReviewRow>)>,
    /// Rows of `visits`.
    pub visits: Vec<VisitRow>,
    /// Rows of `hazard_criteria`, by hazard.
    pub criteria: Vec<(Uuid, Vec<CriterionRow>)>,
    /// Rows of `flags`, by record.
    pub flags: Vec<(Uuid, Vec<FlagRow>)>,
    /// Rows of `forms`.
    pub forms: Vec<FormRow>,
    /// Rows of `tasks`.
    pub tasks: Vec<TaskRow>,
    /// Rows of `task_visits`, by inspection.
    pub task_visits: Vec<(Uuid, Option<TaskVisitRow>)>,
}

impl Projected {
    /// Adds another record's rows.
    pub fn add(&mut self, other: Self) {
        self.places.extend(other.places);
        self.inspections.extend(other.inspections);
        self.hazards.extend(other.hazards);
        self.periods.extend(other.periods);
        self.spots.extend(other.spots);
        self.photos.extend(other.photos);
        self.links.extend(other.links);
        self.reviews.extend(other.reviews);
        self.visits.extend(other.visits);
        self.criteria.extend(other.criteria);
        self.flags.extend(other.flags);
        self.forms.extend(other.forms);
        self.tasks.extend(other.tasks);
        self.task_visits.extend(other.task_visits);
    }
}

/// The rows of one record. `linked` has at least the hazards that it was ever merged into, and those that they were.
pub fn project(record: &Record, linked: &Linked) -> Projected {
    let mut rows = Projected::default();
    match record.kind.as_str() {
        "place" => rows.places.push(place(record)),
        "inspection" => {
            rows.inspections.push(inspection(record));
            rows.spots.push((record.id.0, numbers::spot_items(record)));
            rows.visits.push(integrity::visit(record));
            rows.task_visits.push((record.id.0, tasks::visit(record)));
            rows.flags.push((record.id.0, integrity::flags(record)));
        }
        "hazard" => {
            rows.hazards.push(hazard(record));
            rows.periods.push((record.id.0, numbers::periods(record, linked)));
            rows.criteria.push((record.id.0, integrity::criteria(record)));
            rows.flags.push((record.id.0, integrity::flags(record)));
        }
        "photo" => rows.photos.extend(photo(record)),
        "form" => rows.forms.extend(forms::form(record)),
        "task" => rows.tasks.extend(task_row(record)),
        _ => {}
    }
    if record.kind != "photo" {
        let link = |(photo, role): (sync_protocol::ids::RecordId, &str)| PhotoLinkRow {
            record: record.id.0,
            photo: photo.0,
            role: clean(role).into_owned(),
        };
        rows.links.push((record.id.0, record.live_photos().map(link).collect()));
    }
    rows.reviews.push((record.id.0, reviews(record)));
    rows
}

/// A text field as columns hold it.
fn shown_clean(record: &Record, field: &str) -> Option<String> {
    record.shown_text(field).map(|text| clean(&text).into_owned())
}

fn shown_uuid(record: &Record, field: &str) -> Option<Uuid> {
    shown_clean(record, field)?.parse().ok()
}

fn shown_point(record: &Record, field: &str) -> Option<Wgs84Point> {
    let fix: Fix = serde_json::from_value(record.shown(field)?).ok()?;
    canonical(&fix).ok()
}

/// The village a record counts for, what that rests on, and whether the evidence disagrees.
fn counted_in(record: &Record) -> (String, String, bool) {
    match report_village(record) {
        Some(found) => {
            let basis = match found.basis {
                Basis::Registered => "registered",
                Basis::Located => "located",
                Basis::Inspector => "inspector",
            };
            (found.code.as_str().to_owned(), basis.to_owned(), found.disagreement.is_some())
        }
        None => (record.feed.as_str().to_owned(), "inspector".to_owned(), false),
    }
}

/// When something happened: the earlier of what the record claims and when its first operation was made, both as far as they can be
/// trusted. A claim may lie before the saving of the record, never after its receipt; a phone whose clock is no evidence claims nothing.
fn event_at(record: &Record, claim: &str) -> i64 {
    let claimed = shown_clean(record, claim).and_then(|text| text.parse::<Micros>().ok());
    let made = record.created.at;
    let claimed = claimed.filter(|_| record.created.grade != Grade::D);
    claimed.map_or(made, |claimed| claimed.min(made)).as_micros()
}

fn place(record: &Record) -> PlaceRow {
    let point = shown_point(record, "point");
    PlaceRow {
        id: record.id.0,
        feed: record.feed.as_str().to_owned(),
        village: record.feed.as_str().to_owned(),
        name: shown_clean(record, "name").unwrap_or_default(),
        place_type: shown_clean(record, "place_type"),
        sector: shown_clean(record, "sector"),
        // Enterprises count once by it, so what is none counts for nothing.
        uscc: shown_clean(record, "uscc").filter(|code| Uscc::parse(code).is_ok()),
        address: shown_clean(record, "address"),
        lat84: point.map(Wgs84Point::lat84),
        lon84: point.map(Wgs84Point::lon84),
        status: shown_clean(record, "status"),
    }
}

fn photo_count(record: &Record) -> i64 {
    i64::try_from(record.live_photos().count()).unwrap_or(i64::MAX)
}

fn inspection(record: &Record) -> InspectionRow {
    let (village, village_basis, village_disputed) = counted_in(record);
    let point = shown_point(record, "fix");
    InspectionRow {
        id: record.id.0,
        feed: record.feed.as_str().to_owned(),
        village,
        village_basis,
        village_disputed,
        kind: shown_clean(record, "kind"),
        place: shown_uuid(record, "place"),
        inspecting_unit: shown_clean(record, "inspecting_unit"),
        started_at: event_at(record, "started_at"),
        received_at: record.received_at.as_micros(),
        submitted: record.submitted.is_some(),
        lat84: point.map(Wgs84Point::lat84),
        lon84: point.map(Wgs84Point::lon84),
        photos: photo_count(record),
        incomplete: !record.incomplete().is_empty(),
    }
}

fn hazard(record: &Record) -> HazardRow {
    let (village, village_basis, village_disputed) = counted_in(record);
    let point = shown_point(record, "fix");
    HazardRow {
        id: record.id.0,
        feed: record.feed.as_str().to_owned(),
        village,
        village_basis,
        village_disputed,
        inspection: shown_uuid(record, "inspection"),
        place: shown_uuid(record, "place"),
        level: shown_clean(record, "level"),
        state: shown_clean(record, "state").unwrap_or_else(|| "reg".to_owned()),
        origin: shown_clean(record, "origin"),
        description: shown_clean(record, "description"),
        deadline: shown_clean(record, "deadline"),
        found_at: event_at(record, "found_at"),
        received_at: record.received_at.as_micros(),
        lat84: point.map(Wgs84Point::lat84),
        lon84: point.map(Wgs84Point::lon84),
        photos: photo_count(record),
        incomplete: !record.incomplete().is_empty(),
        disputed: !record.disputed().is_empty() || !record.waiting().is_empty(),
    }
}

fn photo(record: &Record) -> Option<PhotoRow> {
    let point = shown_point(record, "fix");
    let derived = record.shown("derived").unwrap_or(Value::Null);
    let hash =
        |name: &str| derived[name].as_str().and_then(|hex| u64::from_str_radix(hex, 16).ok()).map(u64::cast_signed);
    Some(PhotoRow {
        id: record.id.0,
        feed: record.feed.as_str().to_owned(),
        sha256: from_hex(&shown_clean(record, "sha256")?)?.to_vec(),
        bytes: record.shown("bytes").and_then(|bytes| bytes.as_i64()).unwrap_or(0),
        mime: shown_clean(record, "mime").unwrap_or_default(),
        stored: shown_clean(record, "state").as_deref() == Some("stored"),
        derive_state: derived["state"].as_str().map(str::to_owned),
        derive_version: derived["version"].as_i64().unwrap_or(0),
        taken_at: shown_clean(record, "taken_at").and_then(|text| text.parse::<Micros>().ok()).map(Micros::as_micros),
        lat84: point.map(Wgs84Point::lat84),
        lon84: point.map(Wgs84Point::lon84),
        dhash: hash("dhash"),
        phash: hash("phash"),
        entropy_bits: derived["entropy_bits"].as_f64(),
        declared_at: record.received_at.as_micros(),
    })
}

/// What a person should look at: fields whose values stand side by side, and changes that wait. Their ids follow from record, field and
/// operation, so the same history opens the same items in every order.
fn reviews(record: &Record) -> Vec<ReviewRow> {
    // A field of a newer app may have any name.
    let row = |id: String, field: &str, why: String, op: Option<Uuid>, opened_at: i64| ReviewRow {
        id: clean(&id).into_owned(),
        record: record.id.0,
        feed: record.feed.as_str().to_owned(),
        field: clean(field).into_owned(),
        why,
        op,
        opened_at,
    };
    let disputed = record.disputed().into_iter().map(|field| {
        let opened_at = record.fields.get(field).map(disputed_since).unwrap_or_default();
        row(format!("{}:{field}", record.id), field, "disputed".to_owned(), None, opened_at)
    });
    let waiting = record.waiting().into_iter().map(|waiting| {
        let id = format!("{}:{}:{}", record.id, waiting.field, waiting.stamp.op);
        let at = waiting.stamp.at.as_micros();
        row(id, waiting.field, outcome_text(waiting.why), Some(waiting.stamp.op.0), at)
    });
    disputed.chain(waiting).collect()
}

/// When the first value was made that differs from the earliest. A function of what stands, so that how operations were batched on their
/// way here does not show, and one more opinion does not make an old question look new.
fn disputed_since(register: &Register) -> i64 {
    let Some(first) = register.entries.iter().min_by_key(|entry| entry.stamp.at) else { return 0 };
    let others = register.entries.iter().filter(|entry| entry.value != first.value);
    others.map(|entry| entry.stamp.at.as_micros()).min().unwrap_or_default()
}

fn outcome_text(outcome: FieldOutcome) -> String {
    sync_protocol::canonical::to_json(&outcome).trim_matches('"').to_owned()
}
