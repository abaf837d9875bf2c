//! What an opaque pull cursor holds: a position per village, never a time. The server seals the bytes; phones only hand them back.
//! A cursor of another epoch is not an error: the phone starts anew.

use crate::ids::FeedId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the cursor's own format.
pub const CURSOR_VERSION: u32 = 1;

/// Where a phone stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Format of these bytes.
    pub version: u32,
    /// The server's history the positions belong to.
    pub epoch: String,
    /// Scope version the phone was told.
    pub scope_version: i64,
    /// Position per village.
    pub positions: BTreeMap<FeedId, i64>,
    /// Villages whose first pass is not finished, with the position it will end at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub snapshots: BTreeMap<FeedId, i64>,
}

impl Cursor {
    /// A cursor for a phone that has nothing.
    pub fn start(epoch: &str) -> Self {
        Self { version: CURSOR_VERSION, epoch: epoch.to_owned(), ..Self::default() }
    }

    /// The bytes to seal.
    pub fn encode(&self) -> Vec<u8> {
        crate::canonical::to_json(self).into_bytes()
    }

    /// Reads bytes whose seal was checked; `None` for another format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|cursor: &Self| cursor.version == CURSOR_VERSION)
    }
}
