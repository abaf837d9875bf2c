//! The pull envelope and its answer (protocol 3.6): a state feed per village. A record that changed is sent once, in its newest state;
//! one that changes while being paged simply comes again. The cursor is opaque to phones.

use crate::ids::{DeviceId, FeedId, IncarnationId, OpId, RecordId};
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a phone asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Version of this envelope.
    pub proto: u32,
    /// The phone.
    pub device: DeviceId,
    /// The life of its database.
    pub incarnation: IncarnationId,
    /// Version of record states that the phone reads.
    #[serde(default)]
    pub schema: u32,
    /// The cursor of the last page, or none for a first sync.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Bytes of changes wanted at most.
    #[serde(default)]
    pub max_bytes: Option<u64>,
}

/// How a village's changes in this page relate to what the phone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedMode {
    /// The phone has the village up to the page before.
    Delta,
    /// The phone starts the village from nothing.
    Snapshot,
}

/// The state of one record on the wire: what is shown, and everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangedRecord {
    /// Record kind, or `exit` when the record has left this feed.
    pub t: String,
    /// The record.
    pub id: RecordId,
    /// Its revision.
    pub rev: i64,
    /// Its place in the village.
    pub vrev: i64,
    /// Its human number, once the server gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its state (see `record::Record`); absent for `exit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<Value>,
}

/// One change as the server writes it: the stored state goes out as the bytes it was stored as.
#[derive(Debug, Serialize)]
pub struct ChangedRecordOut<'a> {
    /// Record kind, or `exit`.
    pub t: &'a str,
    /// The record.
    pub id: RecordId,
    /// Its revision.
    pub rev: i64,
    /// Its place in the village.
    pub vrev: i64,
    /// Its human number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<&'a str>,
    /// Its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v: Option<&'a RawValue>,
}

/// One village in a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedPage<C> {
    /// The village.
    pub id: FeedId,
    /// Delta or snapshot.
    pub mode: FeedMode,
    /// The phone has the village up to here after this page.
    pub to: i64,
    /// The village's newest position.
    pub head: i64,
    /// Records, in order of their place.
    pub changes: Vec<C>,
}

/// A check of a village that the phone has whole: compare, and start that village anew on a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCheck {
    /// The village.
    pub village: FeedId,
    /// The position it holds at.
    pub at: i64,
    /// Records in it.
    pub count: i64,
    /// XOR over the records of [`check_term`], 32 hex digits.
    pub sum: String,
}

/// A village that left the phone's scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedFeed {
    /// The village.
    pub village: FeedId,
    /// Work already done there is taken as usual until then.
    pub drain_until: Micros,
}

/// The phone's scope as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChange {
    /// Raised by one with every change.
    pub version: i64,
    /// Villages that are new to this cursor.
    pub added: Vec<FeedId>,
    /// Villages that the cursor had and the phone may no longer read.
    pub removed: Vec<RemovedFeed>,
}

/// What became of an operation of the asking phone that waited: the cursor of the page acknowledges it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpOutcome {
    /// The operation.
    pub op: OpId,
    /// What it came to: `approved`, `refused`, `overtaken`, or the status of a held operation that was decided.
    pub status: String,
    /// The field it wanted to change, where it waited for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What happened, what is kept, what to do.
    pub text_zh: String,
}

/// What the server holds of the asking phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Every operation up to here is stored, and its effect is in this page or an earlier one.
    pub consumed_to: i64,
    /// Every operation up to here is also in a backup.
    pub durable_to: i64,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullResponse<C> {
    /// The server's history.
    pub epoch: String,
    /// The server's clock.
    pub server_time: Micros,
    /// Sealed time anchor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// Hand this back for the next page.
    pub cursor: String,
    /// There is more to fetch now.
    pub more: bool,
    /// The scope this page was made for.
    pub scope: ScopeChange,
    /// What the server holds of this phone.
    pub ack: Acknowledged,
    /// What became of this phone's operations that waited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OpOutcome>,
    /// Villages with changes in this page.
    pub villages: Vec<FeedPage<C>>,
    /// Checks of the villages that are complete after this page.
    pub check: Vec<FeedCheck>,
}

/// What one record adds to its village's check sum: the first 16 bytes of SHA-256 over id and revision.
pub fn check_term(record: RecordId, rev: i64) -> [u8; 16] {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(record.0.as_bytes());
    bytes[16..].copy_from_slice(&rev.to_be_bytes());
    let mut term = [0; 16];
    term.copy_from_slice(&crate::digest::sha256(&bytes)[..16]);
    term
}

/// Adds or removes one record's term; XOR does both.
pub fn toggle(sum: &mut [u8; 16], term: &[u8; 16]) {
    for (byte, other) in sum.iter_mut().zip(term) {
        *byte ^= other;
    }
}
