//! The push envelope and its answer (protocol 3.3). Operations travel as raw JSON slices, because what is stored, hashed and compared is
//! exactly what the phone froze; nobody between may re-serialise them.

use crate::digest::sha256;
use crate::ids::{DeviceId, IncarnationId, OpId};
use crate::merge::Outcome;
use crate::op::Group;
use crate::time::Micros;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Stands in [`PushedOp::seq`] where no number could be read; no phone counts so far down.
pub const SEQ_UNREADABLE: i64 = i64::MIN;

/// One operation on its way to the server. Reading one never fails for what stands in it, or one bad id would refuse the whole envelope: an
/// operation that is not one is read as its own bytes, with an id made from them and without a digest, so that it is kept and refused alone.
#[derive(Debug, Clone, Serialize)]
pub struct PushedOp<'a> {
    /// Place in the phone's gap-free sequence, from 1.
    pub seq: i64,
    /// The operation's id.
    pub id: OpId,
    /// The local save it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Base64 of the SHA-256 of `op`'s exact bytes.
    pub digest: String,
    /// The frozen operation.
    pub op: &'a RawValue,
}

#[derive(Deserialize)]
struct WellFormed<'a> {
    seq: i64,
    id: OpId,
    #[serde(default)]
    group: Option<Group>,
    digest: String,
    #[serde(borrow)]
    op: &'a RawValue,
}

#[derive(Deserialize)]
struct OnlySeq {
    seq: i64,
}

impl<'de: 'a, 'a> Deserialize<'de> for PushedOp<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        if let Ok(WellFormed { seq, id, group, digest, op }) = serde_json::from_str(raw.get()) {
            return Ok(Self { seq, id, group, digest, op });
        }
        let seq = serde_json::from_str(raw.get()).map_or(SEQ_UNREADABLE, |OnlySeq { seq }| seq);
        let mut id = [0; 16];
        id.copy_from_slice(&sha256(raw.get().as_bytes())[..16]);
        let id = uuid::Builder::from_custom_bytes(id).into_uuid().into();
        Ok(Self { seq, id, group: None, digest: String::new(), op: raw })
    }
}

/// The phone's clocks at the moment of pushing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhoneClock {
    /// Wall clock.
    pub wall: Micros,
    /// Hybrid clock.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hlc: String,
    /// Milliseconds since the phone started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_boot_ms: Option<i64>,
}

/// A batch of operations from one phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushRequest<'a> {
    /// Version of this envelope.
    pub proto: u32,
    /// The phone.
    pub device: DeviceId,
    /// The life of its database.
    pub incarnation: IncarnationId,
    /// The life before, if it knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IncarnationId>,
    /// Version of the app, for people.
    #[serde(default)]
    pub app: String,
    /// Version of the operations' payload.
    #[serde(default)]
    pub schema: u32,
    /// Scope version that the phone knows.
    #[serde(default)]
    pub scope_version: i64,
    /// The phone's clocks now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<PhoneClock>,
    /// Operations still waiting on the phone, this batch included.
    #[serde(default)]
    pub pending_total: i64,
    /// The operations, in sequence.
    #[serde(borrow)]
    pub ops: Vec<PushedOp<'a>>,
}

/// The answer for one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpResult {
    /// Its place in the phone's sequence.
    pub seq: i64,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Its place in the ledger of its village.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vrev: Option<i64>,
    /// This is the stored answer of an earlier delivery; not part of what a replay compares.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

/// Why the server stopped before the end of the batch; everything before it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Stopped {
    /// The sequence has a hole; send from `expect`.
    Gap {
        /// The sequence number the server wants next.
        expect: i64,
    },
    /// A group is cut; send it whole, from `expect`.
    GroupCut {
        /// The sequence number of the group's first operation.
        expect: i64,
    },
    /// The time budget is used up; send the rest again.
    Budget {
        /// The sequence number the server wants next.
        expect: i64,
    },
    /// The next entry of the batch has no number that can be read; nothing behind it was looked at. Send from `expect`, readable.
    Unreadable {
        /// The sequence number the server wants next.
        expect: i64,
    },
    /// The database is busy; send the rest again after `backoff_s`.
    Busy {
        /// The sequence number the server wants next.
        expect: i64,
    },
}

/// The answer to a push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushResponse {
    /// The server's history; changes only after a restore.
    pub epoch: String,
    /// The server's clock.
    pub server_time: Micros,
    /// Sealed time anchor: keep it with the monotonic clock of its arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// Every operation up to here is stored.
    pub consumed_to: i64,
    /// One result per operation that was consumed, in sequence.
    pub results: Vec<OpResult>,
    /// Why there are fewer results than operations.
    pub stopped: Option<Stopped>,
    /// Operations the phone should send next time at most.
    pub next_batch_max: i64,
    /// Seconds to wait before the next batch.
    pub backoff_s: i64,
}
