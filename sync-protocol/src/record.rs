//! The current state of one record: a fold of its operations. Every field is a register that keeps each value nobody has yet replaced,
//! with who wrote it and when; what is shown is computed from them by the field's rule. That is why arrival order does not matter
//! and why no value that lost is ever gone. Nothing here is edited by hand: [`crate::merge`] makes these.

use crate::ids::{FeedId, IncarnationId, OpId, RecordId, UserId};
use crate::merge::FieldOutcome;
use crate::time::{Grade, Micros};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a write came from: enough to tell what its author had seen and to break ties without looking at arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The operation.
    pub op: OpId,
    /// Phone database it was made in.
    #[serde(rename = "inc")]
    pub incarnation: IncarnationId,
    /// Its place in that phone's sequence.
    pub seq: i64,
    /// Revision of the record it produced.
    pub rev: i64,
    /// The phone's hybrid clock.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hlc: String,
    /// Who did the work.
    pub author: UserId,
    /// When, as far as it can be known.
    pub at: Micros,
    /// How well that is known.
    pub grade: Grade,
}

/// One value in a register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// The village that the server found for it on arrival: polygon of a fix, registration of a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub village: Option<FeedId>,
    /// For states: the edge that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// Who wrote it.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// The edge that a state was entered by. Whether it stands is computed when it is shown, because the level that decides it may
/// arrive later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// State that was left.
    pub from: String,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Every value of a field that still stands, in order of (hlc, op).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Register {
    /// The values.
    pub entries: Vec<Entry>,
}

/// A photo on a record: attached by some operations, withdrawn by others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoLink {
    /// What it shows, smallest of what was said first.
    pub roles: Vec<String>,
    /// Attaches that no withdrawal has seen.
    pub attached: Vec<Stamp>,
    /// Attaches that were withdrawn, kept as evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
}

/// A withdrawal of a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: Option<String>,
    /// By whom.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// A change that waits for a person: the safer direction, or a value that does not fit the schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Why it waits.
    pub why: FieldOutcome,
    /// The field.
    pub field: String,
    /// What was seen.
    pub base: Option<Value>,
    /// What was wanted.
    pub value: Value,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// By whom.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// Something added to a submitted record without changing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Addition {
    /// The field it is about.
    pub field: String,
    /// What was said.
    pub value: Value,
    /// By whom.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// The state of one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its kind; a name in the schema table.
    pub kind: String,
    /// The feed and ledger it lives in.
    pub feed: FeedId,
    /// Raised by one with every operation that took effect.
    pub rev: i64,
    /// The operation that made it.
    pub created: Stamp,
    /// When the server received that.
    pub received_at: Micros,
    /// The submission, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Stamp>,
    /// Fields by name.
    pub fields: BTreeMap<String, Register>,
    /// Photos by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub photos: BTreeMap<RecordId, PhotoLink>,
    /// Changes that wait for a person, in order of (hlc, op, field).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// Supplements, in order of (hlc, op, field).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additions: Vec<Addition>,
}

impl Stamp {
    /// The order that knows nothing of arrival.
    pub fn order(&self) -> (&str, OpId) {
        (&self.hlc, self.op)
    }
}

impl Record {
    /// What is shown for `field`: the value the rule picks, or `None` while nobody wrote it.
    pub fn shown(&self, field: &str) -> Option<Value> {
        crate::merge::shown_field(self, field)
    }

    /// What is shown for `field`, if it is text.
    pub fn shown_text(&self, field: &str) -> Option<String> {
        match self.shown(field)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Photos that were not withdrawn, with their first role, in order of id.
    pub fn live_photos(&self) -> impl Iterator<Item = (RecordId, &str)> {
        let live = self.photos.iter().filter(|(_, link)| !link.attached.is_empty());
        live.map(|(id, link)| (*id, link.roles.first().map_or("site", String::as_str)))
    }

    /// Names of fields that the schema asks for now and that nobody wrote, in schema order.
    pub fn incomplete(&self) -> Vec<&'static str> {
        crate::merge::incomplete(self)
    }

    /// Transitions that were taken but wait for a person, in order of (hlc, op).
    pub fn waiting_transitions(&self) -> impl Iterator<Item = &Entry> {
        let level = self.shown_text("level");
        let entries = self.fields.get("state").into_iter().flat_map(|register| &register.entries);
        entries.filter(move |entry| crate::merge::waits(entry, level.as_deref()))
    }

    /// Names of fields with more than one value that nobody has replaced, in order.
    pub fn disputed(&self) -> Vec<&str> {
        let disputed =
            self.fields.iter().filter(|(name, register)| crate::merge::is_disputed(&self.kind, name, register));
        disputed.map(|(name, _)| name.as_str()).collect()
    }
}
