//! SHA-256 of exact bytes, and how digests are written: base64 (standard, padded) in operations, lower-case hex for photos.
//! The server never re-serialises an operation before hashing it: the slice of the request body is what was signed off by the phone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes.
pub type Sha256Bytes = [u8; 32];

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Sha256Bytes {
    Sha256::digest(bytes).into()
}

/// The digest of an operation as the protocol writes it: base64 of SHA-256.
pub fn op_digest(bytes: &[u8]) -> String {
    digest_text(&sha256(bytes))
}

/// A digest as the protocol writes those of operations: base64.
pub fn digest_text(digest: &Sha256Bytes) -> String {
    STANDARD.encode(digest)
}

/// Lower-case hex, 64 characters.
pub fn to_hex(hash: &Sha256Bytes) -> String {
    hex::encode(hash)
}

/// Reads 64 hex digits (either case); anything else is `None`.
pub fn from_hex(text: &str) -> Option<Sha256Bytes> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}
