//! What an inspector enters on the screen, and what comes back when it is saved. Plain values with the schema's codes; turning them into
//! operations is the business of `capture`. Nothing is required here that the schema does not require: a missing value never
//! stops a save, the form asks for it later.

use std::collections::BTreeMap;

use serde_json::Value;
use sync_protocol::geo::Fix;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::time::Micros;

/// Where the inspection took place.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceRef {
    /// A registered place.
    Registered(RecordId),
    /// A place nobody registered yet: a JSON object, for example `{"name": "..."}`.
    Free(Value),
}

impl PlaceRef {
    /// An unregistered place of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::Free(serde_json::json!({ "name": name }))
    }
}

/// Where the phone was.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    /// A position.
    Fix(Box<Fix>),
    /// None, and why.
    Missing {
        /// The person's words.
        reason: String,
    },
}

/// One hazard of a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct HazardDraft {
    /// Code of `schema::LEVELS`.
    pub level: String,
    /// Where in the place.
    pub position_text: String,
    /// What is wrong.
    pub description: String,
    /// Code of `schema::ORIGINS`.
    pub origin: String,
    /// Code of `schema::CONTROLS`.
    pub control: Option<String>,
    /// Ids of the criteria it rests on.
    pub criterion_ids: Vec<String>,
    /// Any other field of the schema.
    pub more: BTreeMap<String, Value>,
}

impl HazardDraft {
    /// A hazard found by the village, without control or criteria yet.
    #[must_use]
    pub fn new(level: &str, position_text: &str, description: &str) -> Self {
        Self {
            level: level.to_owned(),
            position_text: position_text.to_owned(),
            description: description.to_owned(),
            origin: "village".to_owned(),
            control: None,
            criterion_ids: Vec::new(),
            more: BTreeMap::new(),
        }
    }
}

/// One photo of a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoDraft {
    /// The file as the camera wrote it; never altered.
    pub bytes: Vec<u8>,
    /// Code of `schema::PHOTO_ROLES`.
    pub role: String,
    /// Where it was taken.
    pub fix: Option<Fix>,
    /// When it was taken; the moment of saving if unknown.
    pub taken_at: Option<Micros>,
    /// Code of `schema::PHOTO_SOURCES`.
    pub source: String,
    /// Words about it.
    pub caption: Option<String>,
    /// Hazards of the finding that it shows, by place from 0. It is attached to the inspection in any case.
    pub hazards: Vec<usize>,
}

impl PhotoDraft {
    /// A photo taken in the app: of these hazards as they were found, else of the scene.
    #[must_use]
    pub fn new(bytes: Vec<u8>, hazards: Vec<usize>) -> Self {
        Self {
            bytes,
            role: if hazards.is_empty() { "site" } else { "before" }.to_owned(),
            fix: None,
            taken_at: None,
            source: "camera_inapp".to_owned(),
            caption: None,
            hazards,
        }
    }
}

/// One visit: an inspection with what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The village's feed.
    pub village: FeedId,
    /// Where.
    pub place: PlaceRef,
    /// Code of `schema::INSPECTION_KINDS`.
    pub kind: String,
    /// 排查单位.
    pub inspecting_unit: String,
    /// 排查人员.
    pub inspectors: Vec<String>,
    /// 有无重大隐患及隐患描述.
    pub summary: Option<String>,
    /// When the visit began; the moment of saving if unknown.
    pub started_at: Option<Micros>,
    /// Where the phone was.
    pub position: Position,
    /// What was wrong.
    pub hazards: Vec<HazardDraft>,
    /// The evidence.
    pub photos: Vec<PhotoDraft>,
    /// Why there are no photos.
    pub no_photo_reason: Option<String>,
    /// Any other field of the inspection.
    pub more: BTreeMap<String, Value>,
}

impl Finding {
    /// A patrol without hazards or photos yet.
    #[must_use]
    pub fn patrol(village: FeedId, place: PlaceRef, position: Position, unit: &str, inspectors: &[&str]) -> Self {
        Self {
            village,
            place,
            kind: "patrol".to_owned(),
            inspecting_unit: unit.to_owned(),
            inspectors: inspectors.iter().map(|name| (*name).to_owned()).collect(),
            summary: None,
            started_at: None,
            position,
            hazards: Vec::new(),
            photos: Vec::new(),
            no_photo_reason: None,
            more: BTreeMap::new(),
        }
    }
}

/// The ids that a saved finding got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureReceipt {
    /// The inspection.
    pub inspection: RecordId,
    /// The hazards, in the order of the finding.
    pub hazards: Vec<RecordId>,
    /// The photos, in the order of the finding.
    pub photos: Vec<RecordId>,
    /// Operations that were frozen.
    pub ops: usize,
}
