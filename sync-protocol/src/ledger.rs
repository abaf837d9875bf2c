//! The hash chain of a village's ledger: each entry's hash covers the one before it, so nothing in the past can be changed, dropped or
//! inserted without every later hash changing. Pure: storage keeps the entries, `paicha verify` walks them with these functions.

use crate::digest::{Sha256Bytes, sha256};
use crate::ids::{FeedId, OpId};

/// The hash before a village's first entry.
pub const GENESIS: Sha256Bytes = [0; 32];

/// What one ledger entry says; `context` and `result` are the exact stored JSON texts.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The village whose ledger this is.
    pub feed: &'a FeedId,
    /// Dense position in that ledger, from 1.
    pub vrev: i64,
    /// The operation.
    pub op: OpId,
    /// SHA-256 of the operation's exact bytes.
    pub digest: &'a Sha256Bytes,
    /// What became of it in this entry: a status, or `released`.
    pub effect: &'a str,
    /// What the server knew when it arrived.
    pub context: &'a str,
}

/// The hash of `entry` after `previous`.
pub fn chain(previous: &Sha256Bytes, entry: &Entry<'_>) -> Sha256Bytes {
    let mut bytes = Vec::with_capacity(160 + entry.context.len());
    bytes.extend_from_slice(previous);
    bytes.extend_from_slice(entry.feed.as_str().as_bytes());
    bytes.extend_from_slice(&entry.vrev.to_be_bytes());
    bytes.extend_from_slice(entry.op.0.as_bytes());
    bytes.extend_from_slice(entry.digest);
    for text in [entry.effect, entry.context] {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    sha256(&bytes)
}
