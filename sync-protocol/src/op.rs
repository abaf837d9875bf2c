//! One operation: what somebody meant, frozen as bytes when they saved it. Kinds are a small closed set that serves every record kind
//! (protocol 3.2). Parsing is forgiving on purpose: unknown members are ignored, an unknown kind is [`Body::Unknown`] and will be held;
//! only bytes from which not even the head can be read are unreadable, and those are kept too.

use crate::geo::Fix;
use crate::ids::{FeedId, GroupId, OpId, RecordId, UserId};
use crate::record::Verdict;
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Membership in a local save: `i` of `n`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The save.
    pub id: GroupId,
    /// Position in it, from 1.
    pub i: u32,
    /// Operations in it.
    pub n: u32,
}

/// The four times of a capture as the phone knows them (domain 2.1); every part but the wall clock is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CapturedTimes {
    /// Microseconds of the phone's monotonic clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mono_us: Option<i64>,
    /// Identity of the phone's boot, without which `mono_us` means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// Time inside the satellite fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gnss_at: Option<Micros>,
    /// The server's signed time anchor that the phone holds, sealed by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// The phone's monotonic clock when that anchor arrived, in microseconds; same boot as `boot_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_mono_us: Option<i64>,
    /// How long the request that brought the anchor took, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_rtt_us: Option<i64>,
}

/// What every operation carries, whatever its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Operation kind: `create`, `patch`, ...
    pub kind: String,
    /// Record kind: `hazard`, ...; photos' operations may leave it out.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub record_kind: Option<String>,
    /// The feed in which the phone keeps the record.
    pub village: FeedId,
    /// The record it is about.
    pub record: RecordId,
    /// The newest revision of the record that the phone had seen; 0 for none.
    #[serde(default)]
    pub base_rev: i64,
    /// The phone's wall clock when the person saved.
    pub made_at: Micros,
    /// Hybrid logical clock of the phone; orders for display and breaks ties, decides nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hlc: String,
    /// Who did the work; may differ from who uploads.
    pub author: UserId,
    /// The author's scope version when it was made.
    #[serde(default)]
    pub authored_scope: i64,
    /// The other clocks of the capture.
    #[serde(default)]
    pub times: CapturedTimes,
}

/// A new value and the one it replaces, as the person saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What the person saw; absent when the field was empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Value>,
    /// What the person wrote.
    pub new: Value,
}

/// A declared photo (protocol 3.3); its bytes follow over the upload path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoAttach {
    /// The photo's own record.
    pub photo: RecordId,
    /// SHA-256 of the original bytes, 64 hex digits.
    pub sha256: String,
    /// Length of the original in bytes.
    pub bytes: u64,
    /// Media type as the phone knows it.
    pub mime: String,
    /// What the photo shows: `site`, `before`, `after`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// When the phone says it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Micros>,
    /// Where the phone says it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// `camera_inapp`, `album` or `file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// What an operation means, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A new record with its first values.
    Create(BTreeMap<String, Value>),
    /// Fields set.
    Patch(BTreeMap<String, Change>),
    /// An edge of the record's state machine.
    Transition {
        /// State the person saw.
        from: String,
        /// State they chose.
        to: String,
        /// Why.
        reason: Option<String>,
        /// What it rests on: `verdict`, `closure`, `document`, `on_behalf_of`, ids of reviews.
        evidence: BTreeMap<String, Value>,
    },
    /// Says yes or no to an operation that waits.
    Resolve {
        /// The operation that waits.
        target: OpId,
        /// Yes or no.
        verdict: Verdict,
        /// Why.
        reason: Option<String>,
    },
    /// Joins two hazards that are one, or separates them again.
    LinkDuplicate {
        /// The one that stays; none separates.
        survivor: Option<RecordId>,
        /// Why.
        reason: Option<String>,
    },
    /// Freezes an event record.
    Submit,
    /// Adds to a record without changing it.
    Supplement(BTreeMap<String, Value>),
    /// Declares a photo on the record.
    PhotoAttach(Box<PhotoAttach>),
    /// Withdraws a photo from the record (不采用).
    PhotoRetract {
        /// The photo.
        photo: RecordId,
        /// Why.
        reason: Option<String>,
    },
    /// A kind this version does not know; held until it does.
    Unknown,
}

impl Body {
    /// The operation kind, as it stands in `Head::kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Patch(_) => "patch",
            Self::Transition { .. } => "transition",
            Self::Resolve { .. } => "resolve",
            Self::LinkDuplicate { .. } => "link_duplicate",
            Self::Submit => "submit",
            Self::Supplement(_) => "supplement",
            Self::PhotoAttach(_) => "photo.attach",
            Self::PhotoRetract { .. } => "photo.retract",
            Self::Unknown => "unknown",
        }
    }
}

/// One parsed operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// What every operation carries.
    pub head: Head,
    /// What this one means.
    pub body: Body,
}

/// Why bytes are not an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Longer than [`crate::limits::OP_BYTES_MAX`].
    #[error("the operation has {0} bytes")]
    TooLong(usize),
    /// Not JSON, or not even the head can be read.
    #[error("the operation cannot be read: {0}")]
    Malformed(String),
}

#[derive(Deserialize)]
struct FieldsBody {
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct SetBody {
    #[serde(default)]
    set: BTreeMap<String, Change>,
}

#[derive(Deserialize)]
struct TransitionBody {
    from: String,
    to: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    evidence: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct ResolveBody {
    target: OpId,
    verdict: Verdict,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct LinkBody {
    #[serde(default)]
    survivor: Option<RecordId>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct RetractBody {
    photo: RecordId,
    #[serde(default)]
    reason: Option<String>,
}

/// Levels of arrays and objects, brackets inside texts left out.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|error| Unreadable::Malformed(error.to_string()))
}

impl Op {
    /// Reads the exact bytes of one operation.
    ///
    /// # Errors
    /// [`Unreadable`] when the bytes are too long, are not JSON, or lack what every operation carries or what its kind needs.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > crate::limits::OP_BYTES_MAX {
            return Err(Unreadable::TooLong(bytes.len()));
        }
        if depth(bytes) > crate::limits::OP_DEPTH_MAX {
            return Err(Unreadable::Malformed("it is nested too deeply".to_owned()));
        }
        let head: Head = read(bytes)?;
        let body = match head.kind.as_str() {
            "create" => Body::Create(read::<FieldsBody>(bytes)?.fields),
            "patch" => Body::Patch(read::<SetBody>(bytes)?.set),
            "transition" => {
                let TransitionBody { from, to, reason, evidence } = read(bytes)?;
                Body::Transition { from, to, reason, evidence }
            }
            "resolve" => {
                let ResolveBody { target, verdict, reason } = read(bytes)?;
                Body::Resolve { target, verdict, reason }
            }
            "link_duplicate" => {
                let LinkBody { survivor, reason } = read(bytes)?;
                Body::LinkDuplicate { survivor, reason }
            }
            "submit" => Body::Submit,
            "supplement" => Body::Supplement(read::<FieldsBody>(bytes)?.fields),
            "photo.attach" => Body::PhotoAttach(read(bytes)?),
            "photo.retract" => {
                let RetractBody { photo, reason } = read(bytes)?;
                Body::PhotoRetract { photo, reason }
            }
            _ => Body::Unknown,
        };
        let op = Self { head, body };
        // The nil id stands for "before the first" wherever records are listed.
        if op.records().iter().any(|id| id.0.is_nil()) {
            return Err(Unreadable::Malformed("the nil id names no record".to_owned()));
        }
        Ok(op)
    }

    /// The bytes a phone freezes for this operation: compact JSON with names in order.
    pub fn freeze(&self) -> Vec<u8> {
        let mut object = match serde_json::to_value(&self.head) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => serde_json::Map::new(),
        };
        let body = match &self.body {
            Body::Create(fields) | Body::Supplement(fields) => serde_json::json!({ "fields": fields }),
            Body::Patch(set) => serde_json::json!({ "set": set }),
            Body::Transition { from, to, reason, evidence } if evidence.is_empty() => {
                serde_json::json!({ "from": from, "to": to, "reason": reason })
            }
            Body::Transition { from, to, reason, evidence } => {
                serde_json::json!({ "from": from, "to": to, "reason": reason, "evidence": evidence })
            }
            Body::Resolve { target, verdict, reason } => {
                serde_json::json!({ "target": target, "verdict": verdict, "reason": reason })
            }
            Body::LinkDuplicate { survivor, reason } => serde_json::json!({ "survivor": survivor, "reason": reason }),
            Body::PhotoAttach(photo) => serde_json::json!(photo),
            Body::PhotoRetract { photo, reason } => serde_json::json!({ "photo": photo, "reason": reason }),
            Body::Submit | Body::Unknown => serde_json::json!({}),
        };
        if let Value::Object(body) = body {
            object.extend(body);
        }
        crate::canonical::to_json(&object).into_bytes()
    }

    /// Every record whose state the operation reads or writes, the one it is about first.
    pub fn records(&self) -> Vec<RecordId> {
        match &self.body {
            Body::PhotoAttach(photo) => vec![self.head.record, photo.photo],
            Body::PhotoRetract { photo, .. } => vec![self.head.record, *photo],
            Body::LinkDuplicate { survivor: Some(survivor), .. } => vec![self.head.record, *survivor],
            Body::Create(_)
            | Body::Patch(_)
            | Body::Transition { .. }
            | Body::Resolve { .. }
            | Body::LinkDuplicate { survivor: None, .. }
            | Body::Submit
            | Body::Supplement(_)
            | Body::Unknown => {
                vec![self.head.record]
            }
        }
    }

    /// A value the operation writes to `field`, if it does.
    pub fn written(&self, field: &str) -> Option<&Value> {
        match &self.body {
            Body::Create(fields) | Body::Supplement(fields) => fields.get(field),
            Body::Patch(set) => set.get(field).map(|change| &change.new),
            Body::Transition { .. }
            | Body::Resolve { .. }
            | Body::LinkDuplicate { .. }
            | Body::Submit
            | Body::PhotoAttach(_)
            | Body::PhotoRetract { .. }
            | Body::Unknown => None,
        }
    }
}
