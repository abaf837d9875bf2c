//! What the server knew when an operation arrived. It is stored with the operation, so that a rebuild from operations alone gives the
//! same records, whoever's rights or village borders have changed since.

use crate::ids::{FeedId, IncarnationId, RecordId, UserId};
use crate::role::Role;
use crate::time::{Grade, Micros};
use serde::{Deserialize, Serialize};

/// Whether the author may write in the village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Yes, now.
    Inside,
    /// Not any more, but when it was made, and the grace window is open.
    Grace,
    /// No: the operation is kept and a person decides.
    Outside,
}

/// When the work was done, as far as it can be known (domain 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTime {
    /// Best estimate, never after receipt.
    pub at: Micros,
    /// How well it is known.
    pub grade: Grade,
    /// Half width of the estimate, in microseconds, where something bounds it.
    #[serde(default)]
    pub uncertainty_us: Option<i64>,
    /// The phone's clock contradicts itself or the server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clock_suspect: bool,
}

/// Everything about an operation's arrival that may influence its effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// When the server received it.
    pub received_at: Micros,
    /// Who uploaded it; the author may be somebody else on a shared phone.
    pub uploader: UserId,
    /// The author's roles in the village.
    pub roles: Vec<Role>,
    /// The author's right to write there.
    pub scope: Scope,
    /// Made by one of the server's own devices.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub server: bool,
    /// Earlier lives of the same phone, whose operations its author had seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<IncarnationId>,
    /// When the work was done.
    pub event: EventTime,
    /// Village whose polygon contains the fix that the operation carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_village: Option<FeedId>,
    /// Registered village of the place that the operation names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_village: Option<FeedId>,
    /// Places that the author acts for, as their grants name them: of an enterprise (R7) its own, of an expert (R8) those assigned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<RecordId>,
}
