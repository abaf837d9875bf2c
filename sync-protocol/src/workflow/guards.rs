//! What has to be there before an edge of the state machine stands (I-04 to I-08 of domain 2.4): read from the hazard alone, so that it
//! does not matter in which order the pieces arrived. Each guard names what is missing, in the names of the schema, so that people are
//! told what to add and not that something is wrong.

use crate::merge::{is_delisted, shown_field};
use crate::record::{Entry, PhotoLink, Record};
use crate::schema::{RESPONSIBILITY_PARTIES, RESPONSIBILITY_STAGES};
use serde_json::Value;

/// Something that has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// A photo from before the repair.
    BeforePhoto,
    /// A photo from after the repair.
    AfterPhoto,
    /// 五落实: 责任人、措施、资金、时限、预案.
    FivePlaced,
    /// For 重大: names for the three stages; for fire hazards of all three parties for each.
    MajorNames,
    /// For 重大: the report to the regulator.
    MajorDualReport,
    /// 真改, or a closure that stands for it.
    Verdict,
    /// A photo of the repair by the app's camera, taken since the hazard was found; or the document of a closure that needs none.
    ProofOfRepair,
    /// Not by the person who handed the repair in.
    OtherThanRectifier,
    /// No hard integrity flag without an answer of the office.
    NoHardFlag,
    /// For 重大: 举一反三.
    MajorAnalogies,
    /// Not 挂牌督办 any more, if it ever was.
    Delisted,
    /// A reason in words.
    Reason,
}

/// Closures that need no photo of a repair, only their document (Rulings, I-06).
const CLOSURES_BY_DOCUMENT: &[&str] = &["assessed", "third_party", "shut", "removed"];

/// The fields that make up 五落实.
const FIVE: &[&str] = &["plan.owner", "plan.measures", "plan.funds_fen", "deadline", "plan.contingency"];

/// Names of what an edge lacks on `record`; empty when nothing.
pub fn lacking(guards: &[Guard], record: &Record, entry: &Entry) -> Vec<String> {
    guards.iter().flat_map(|guard| guard.lacking(record, entry)).collect()
}

/// The fields of 五落实 that are missing, in their order in the notice.
pub fn five_missing(record: &Record) -> Vec<String> {
    FIVE.iter().filter(|field| is_empty(record, field)).map(|field| (*field).to_owned()).collect()
}

impl Guard {
    fn lacking(self, record: &Record, entry: &Entry) -> Vec<String> {
        let unless = |there: bool, name: &str| if there { Vec::new() } else { vec![name.to_owned()] };
        let major = record.shown_text("level").as_deref() != Some("general");
        match self {
            Self::BeforePhoto => unless(has_photo(record, "before"), "photos.before"),
            Self::AfterPhoto => unless(has_photo(record, "after"), "photos.after"),
            Self::FivePlaced => five_missing(record),
            Self::MajorNames if major => names_missing(record),
            Self::MajorDualReport if major => unless(!is_empty(record, "dual.regulator_at"), "dual.regulator_at"),
            Self::MajorAnalogies if major => unless(!is_empty(record, "analogies"), "analogies"),
            Self::MajorNames | Self::MajorDualReport | Self::MajorAnalogies => Vec::new(),
            Self::Verdict => {
                unless(by_document(entry) || evidence(entry, "verdict").as_deref() == Some("real"), "verdict")
            }
            Self::ProofOfRepair => unless(by_document(entry) || has_proof(record, entry), "photos.after"),
            Self::OtherThanRectifier => unless(!is_own_repair(record, entry), "another_reviewer"),
            Self::NoHardFlag => open_hard_flags(record),
            Self::Delisted => unless(is_delisted(record), "delisted"),
            Self::Reason => {
                let reason = entry.via.as_ref().and_then(|via| via.reason.as_deref());
                unless(reason.is_some_and(|reason| !reason.trim().is_empty()), "reason")
            }
        }
    }
}

fn is_empty(record: &Record, field: &str) -> bool {
    match shown_field(record, field) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

fn names_missing(record: &Record) -> Vec<String> {
    let fire = is_about_fire(record);
    let cell = |stage: &str, party: &str| format!("resp.{stage}.{party}");
    let mut missing = Vec::new();
    for stage in RESPONSIBILITY_STAGES {
        let absent: Vec<String> = RESPONSIBILITY_PARTIES
            .iter()
            .map(|party| cell(stage, party))
            .filter(|field| is_empty(record, field))
            .collect();
        if fire {
            missing.extend(absent);
        } else if absent.len() == RESPONSIBILITY_PARTIES.len() {
            missing.push(format!("resp.{stage}"));
        }
    }
    missing
}

fn is_about_fire(record: &Record) -> bool {
    let holds = |field: &str, code: &str| {
        shown_field(record, field).and_then(|value| Some(value.as_array()?.iter().any(|item| item == code)))
    };
    let any = |field: &str| {
        shown_field(record, field).is_some_and(|value| value.as_array().is_some_and(|all| !all.is_empty()))
    };
    holds("sector", "fire") == Some(true)
        || holds("sector", "forest") == Some(true)
        || holds("actions", "A5") == Some(true)
        || ["fire_facilities", "fire_legacies", "fire_violations"].iter().any(|field| any(field))
}

fn has_photo(record: &Record, role: &str) -> bool {
    record.photos.values().any(|link| link.is_live() && shows(link, role))
}

/// A picture of before the repair shows nothing of after it, whatever else is said of it.
fn shows(link: &PhotoLink, role: &str) -> bool {
    let said = |wanted: &str| link.roles.iter().any(|known| known == wanted);
    said(role) && !(role == "after" && said("before"))
}

/// An after-photo by the app's camera that was first attached since the hazard was found and since the repair began that `entry` accepts:
/// attaching an older one once more shows nothing new.
fn has_proof(record: &Record, entry: &Entry) -> bool {
    let states = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    let began = states.filter(|state| state.value == "fixing" && state.stamp.at <= entry.stamp.at);
    let began = began.map(|state| state.stamp.at).max();
    let since = began.map_or(record.created.at, |began| began.max(record.created.at));
    record.photos.values().any(|link| {
        let new = !link.attached.is_empty() && link.attached.iter().all(|stamp| stamp.at >= since);
        shows(link, "after") && link.in_app && link.is_live() && new
    })
}

fn evidence(entry: &Entry, name: &str) -> Option<String> {
    Some(entry.via.as_ref()?.evidence.get(name)?.as_str()?.to_owned())
}

fn by_document(entry: &Entry) -> bool {
    let closure = evidence(entry, "closure").is_some_and(|code| CLOSURES_BY_DOCUMENT.contains(&code.as_str()));
    closure && evidence(entry, "document").is_some_and(|document| !document.trim().is_empty())
}

/// Whether the author of `entry` handed the repair in for themselves; entering it for a named person of the enterprise is not that.
fn is_own_repair(record: &Record, entry: &Entry) -> bool {
    let Some(from) = entry.via.as_ref().map(|via| via.from.as_str()) else { return false };
    let states = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    states
        .filter(|other| other.stamp.op != entry.stamp.op && other.value.as_str() == Some(from))
        .filter(|other| other.via.as_ref().is_some_and(|via| via.from == "fixing"))
        .any(|other| is_same_person(other, entry) && evidence(other, "on_behalf_of").is_none())
}

/// Whether one of those who stand behind one entry, its author or who handed it in for them, stands behind the other.
fn is_same_person(one: &Entry, other: &Entry) -> bool {
    let behind = |entry: &Entry| {
        let uploader = entry.via.as_ref().and_then(|via| via.standing.uploader);
        std::iter::once(entry.stamp.author).chain(uploader).collect::<Vec<_>>()
    };
    behind(one).iter().any(|person| behind(other).contains(person))
}

/// Keys of hard flags that the office has not answered.
fn open_hard_flags(record: &Record) -> Vec<String> {
    let Some(integrity) = shown_field(record, "integrity") else { return Vec::new() };
    let flags = integrity["flags"].as_array().cloned().unwrap_or_default();
    let hard = flags.iter().filter(|flag| flag["level"] == "hard").filter_map(|flag| flag["key"].as_str());
    let open = hard.map(|key| format!("cleared.{key}")).filter(|field| is_empty(record, field));
    open.collect()
}
