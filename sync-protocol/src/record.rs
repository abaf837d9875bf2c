//! The current state of one record: a fold of its operations. Every field is a register that keeps each value nobody has yet replaced,
//! with who wrote it and when; what is shown is computed from them by the field's rule. That is why arrival order does not matter
//! and why no value that lost is ever gone. Nothing here is edited by hand: [`crate::merge`] makes these.

use crate::ids::{FeedId, IncarnationId, OpId, RecordId, UserId};
use crate::merge::FieldOutcome;
use crate::role::Role;
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

/// What an author had seen and who they were to the village, kept where a later question depends on it: which values an approval
/// replaces, which transition follows which, who may count as the second person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The author's roles in the village when it arrived.
    pub roles: Vec<Role>,
    /// Who uploaded it, where that was somebody else than the author (a shared phone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploader: Option<UserId>,
    /// The newest revision of the record that the author had seen.
    pub base_rev: i64,
    /// Earlier lives of the same phone, whose operations its author had seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<IncarnationId>,
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
    /// What its author had seen, where a proposal about the field was among it: if that was approved and they had seen the approval, this
    /// value may take its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<Standing>,
    /// Who wrote it.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// The edge that a state was entered by. Whether it stands is computed when it is shown, because the level, the approval or the missing
/// item that decides it may arrive later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Via {
    /// State that was left.
    pub from: String,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the edge rests on: verdict, closure, for whom it was entered, ids of reviews and documents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Value>,
    /// Who took it and what they had seen.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What a person said about a change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The operation that waits.
    pub target: OpId,
    /// Approved or refused.
    pub verdict: Verdict,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided and what they had seen.
    #[serde(flatten)]
    pub standing: Standing,
    /// The operation that says so.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What a decision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 同意.
    Approve,
    /// 不同意.
    Refuse,
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
    /// Somebody who attached it said that the app's own camera took it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_app: bool,
    /// Every attach, withdrawn or not.
    pub attached: Vec<Stamp>,
    /// Withdrawals (不采用): marks, nothing is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
}

/// A withdrawal of a photo. It counts for the attaches that its author had seen and had made, or for all seen ones when a head of the
/// village or somebody of the office made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: Option<String>,
    /// Who they were and what they had seen.
    #[serde(flatten)]
    pub standing: Standing,
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
    /// More people than usual have to agree: a link between hazards that the enterprise and others found.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// The village that the server found for the value on arrival, as for [`Entry`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub village: Option<FeedId>,
    /// Who they were and what they had seen.
    #[serde(flatten)]
    pub standing: Standing,
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
    /// Values that later ones replaced, in order of (hlc, op): since when a hazard was 重大, what an author had seen, and nobody's words vanish.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<String, Vec<Entry>>,
    /// Photos by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub photos: BTreeMap<RecordId, PhotoLink>,
    /// Changes that wait for a person, in order of (hlc, op, field).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// Supplements, in order of (hlc, op, field).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additions: Vec<Addition>,
    /// What people said about changes that wait, in order of (hlc, op).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
}

impl Stamp {
    /// The order that knows nothing of arrival.
    pub fn order(&self) -> (&str, OpId) {
        (&self.hlc, self.op)
    }

    /// Whether the author of this stamp, standing as said, had seen what `earlier` wrote to the same record.
    pub fn had_seen(&self, standing: &Standing, earlier: &Self) -> bool {
        earlier.rev <= standing.base_rev
            || (earlier.incarnation == self.incarnation && earlier.seq < self.seq)
            || standing.ancestors.contains(&earlier.incarnation)
    }
}

impl PhotoLink {
    /// Whether some attach was not withdrawn.
    pub fn is_live(&self) -> bool {
        self.attached.iter().any(|attach| !self.withdrawn.iter().any(|withdrawal| withdrawal.covers(attach)))
    }
}

impl Withdrawal {
    /// Roles that may withdraw what others attached.
    const OF_OTHERS: [Role; 3] = [Role::R2, Role::R3, Role::R4];

    /// Whether this takes back `attach`.
    pub fn covers(&self, attach: &Stamp) -> bool {
        // Under somebody's name is not by them, unless on the phone that attached it.
        let own = attach.author == self.stamp.author
            && (self.standing.uploader.is_none() || attach.incarnation == self.stamp.incarnation);
        let may = own || self.standing.roles.iter().any(|role| Self::OF_OTHERS.contains(role));
        may && self.stamp.had_seen(&self.standing, attach)
    }
}

impl Record {
    /// The values of `field` that count, in order of (hlc, op), with who wrote them; of a state those that nobody left.
    pub fn values(&self, field: &str) -> Vec<(&Value, &Stamp)> {
        crate::merge::counting_values(self, field)
    }

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
        let live = self.photos.iter().filter(|(_, link)| link.is_live());
        live.map(|(id, link)| (*id, link.roles.first().map_or("site", String::as_str)))
    }

    /// Names of fields that the schema asks for now and that nobody wrote, in schema order.
    pub fn incomplete(&self) -> Vec<&'static str> {
        crate::merge::incomplete(self)
    }

    /// Every change of the record that waits for a person or for something missing, in order of (hlc, op, field).
    pub fn waiting(&self) -> Vec<crate::merge::Waiting<'_>> {
        crate::merge::waiting(self)
    }

    /// Names of fields with more than one value that nobody has replaced, in order.
    pub fn disputed(&self) -> Vec<&str> {
        let names = self.fields.keys().filter(|name| crate::merge::is_disputed(self, name));
        names.map(String::as_str).collect()
    }
}
