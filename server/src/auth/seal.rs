//! Message codes (HMAC-SHA256) for what the server hands out and wants back unchanged: time anchors, cursors, refresh chains.
//!
//! A seal proves origin, it hides nothing: the payload is readable by whoever holds it. Each purpose has a key of its own,
//! derived from the ring's key by a label, so a cursor can never be presented as a time anchor. A newcomer gets wrong to
//! seal a bare number: put into the payload everything that must not be exchanged (the user, the feed, the epoch).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::key_file::{self, KeyError, KeyFile};
use super::secret::Secret;

/// Longest payload that is sealed or opened, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 128 * 1024;
/// Bytes of a code.
pub const CODE_BYTES: usize = 32;
/// First byte of a seal: the layout below. Another layout gets another number.
const LAYOUT: u8 = 1;
/// Bytes that name the key, so that a ring with several keys computes one code and not all.
const KEY_NAME_BYTES: usize = 4;
const SECRET_BYTES: usize = 32;
const SEALED_CHARS_MAX: usize = (1 + KEY_NAME_BYTES + PAYLOAD_BYTES_MAX + CODE_BYTES).div_ceil(3) * 4;

/// What a seal is for. The label goes into the key, so it never changes once shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The signed server time in every push and pull answer.
    TimeAnchor,
    /// The place in the feeds a pull goes on from.
    PullCursor,
    /// The place in a paged list.
    ListCursor,
    /// The next refresh token, derived from the one presented.
    RefreshChain,
    /// A link to a file for a short time.
    Download,
    /// The id of an upload, derived from who sends what.
    Upload,
    /// Any other id that follows from a name.
    DerivedId,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::TimeAnchor => "paicha/seal/v1/time-anchor",
            Self::PullCursor => "paicha/seal/v1/pull-cursor",
            Self::ListCursor => "paicha/seal/v1/list-cursor",
            Self::RefreshChain => "paicha/seal/v1/refresh-chain",
            Self::Download => "paicha/seal/v1/download",
            Self::Upload => "paicha/seal/v1/upload",
            Self::DerivedId => "paicha/seal/v1/derived-id",
        }
    }
}

/// Why a seal does not open. The caller answers as if the value were unknown; the reasons are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a seal at all, or of a layout we do not know.
    #[error("this is not a sealed value")]
    Malformed,
    /// Sealed with a key that is not in the ring (any more).
    #[error("the sealing key is not known")]
    UnknownKey,
    /// Changed on the way, made for another purpose, or forged.
    #[error("the seal does not fit")]
    Broken,
}

struct SealKey {
    name: [u8; KEY_NAME_BYTES],
    secret: Secret<[u8; SECRET_BYTES]>,
}

/// The sealing keys, oldest first. Never empty; the newest seals, all open.
pub struct SealRing {
    keys: Vec<SealKey>,
}

impl std::fmt::Debug for SealRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.keys.iter().map(|key| hex::encode(key.name))).finish()
    }
}

impl SealRing {
    /// Reads the keys of a folder, oldest first, and makes the first one when there is none.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load_or_create(folder: &Path) -> Result<Self, KeyError> {
        let files = key_file::load_or_create(folder, generate_key)?;
        Ok(Self { keys: files.iter().map(SealKey::parse).collect::<Result<Vec<_>, _>>()? })
    }

    /// Adds a key to the folder. Processes seal with it after their next start and must all have it before one does.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn rotate(folder: &Path) -> Result<(), KeyError> {
        key_file::add(folder, generate_key).map(drop)
    }

    /// Seals a payload of at most [`PAYLOAD_BYTES_MAX`] bytes into URL-safe text.
    ///
    /// # Errors
    /// The payload is too long to be opened again ([`SealError::Malformed`]).
    pub fn seal(&self, purpose: Purpose, payload: &[u8]) -> Result<String, SealError> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(SealError::Malformed);
        }
        let key = self.newest();
        let mut sealed = Vec::with_capacity(1 + KEY_NAME_BYTES + payload.len() + CODE_BYTES);
        sealed.push(LAYOUT);
        sealed.extend_from_slice(&key.name);
        sealed.extend_from_slice(payload);
        let code = key.mac(purpose, &sealed).finalize().into_bytes();
        sealed.extend_from_slice(&code);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal`] made for the same purpose and gives the payload back.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn open(&self, purpose: Purpose, sealed: &str) -> Result<Vec<u8>, SealError> {
        if sealed.len() > SEALED_CHARS_MAX {
            return Err(SealError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::Malformed)?;
        let (message, code) = bytes.split_last_chunk::<CODE_BYTES>().ok_or(SealError::Malformed)?;
        let (&layout, rest) = message.split_first().ok_or(SealError::Malformed)?;
        let (name, payload) = rest.split_first_chunk::<KEY_NAME_BYTES>().ok_or(SealError::Malformed)?;
        if layout != LAYOUT {
            return Err(SealError::Malformed);
        }
        let key = self.keys.iter().find(|key| key.name == *name).ok_or(SealError::UnknownKey)?;
        key.mac(purpose, message).verify_slice(code).map_err(|_| SealError::Broken)?;
        Ok(payload.to_vec())
    }

    /// The bare code of a message by the newest key: for values that are derived, not handed out and checked.
    #[must_use]
    pub fn derive(&self, purpose: Purpose, message: &[u8]) -> Secret<[u8; CODE_BYTES]> {
        Secret::new(self.newest().mac(purpose, message).finalize().into_bytes().into())
    }

    fn newest(&self) -> &SealKey {
        self.keys.last().expect("load_or_create makes a key when there is none")
    }
}

impl SealKey {
    fn parse(file: &KeyFile) -> Result<Self, KeyError> {
        let mut secret = [0_u8; SECRET_BYTES];
        hex::decode_to_slice(file.text.expose().trim(), &mut secret)
            .map_err(|_| KeyError::Content(file.path.clone()))?;
        let digest = Sha256::new().chain_update(b"paicha/seal/name/").chain_update(secret).finalize();
        let mut name = [0_u8; KEY_NAME_BYTES];
        name.copy_from_slice(&digest[..KEY_NAME_BYTES]);
        Ok(Self { name, secret: Secret::new(secret) })
    }

    /// The code under this purpose's own key, which is the code of the label under the ring's key.
    fn mac(&self, purpose: Purpose, message: &[u8]) -> Hmac<Sha256> {
        let own_key = keyed(self.secret.expose()).chain_update(purpose.label()).finalize().into_bytes();
        keyed(&own_key).chain_update(message)
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// A new key: 32 random bytes in hex.
fn generate_key() -> Result<Secret<String>, KeyError> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Generate)?;
    Ok(Secret::new(format!("{}\n", hex::encode(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 6] = [
        Purpose::TimeAnchor,
        Purpose::PullCursor,
        Purpose::ListCursor,
        Purpose::RefreshChain,
        Purpose::Download,
        Purpose::Upload,
    ];

    fn ring() -> (SealRing, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (SealRing::load_or_create(folder.path()).unwrap(), folder)
    }

    #[test]
    fn what_was_sealed_opens() {
        let (ring, _folder) = ring();
        for payload in [&b""[..], b"feed=7;after=42", &[0xff; PAYLOAD_BYTES_MAX]] {
            let sealed = ring.seal(Purpose::PullCursor, payload).unwrap();
            assert_eq!(ring.open(Purpose::PullCursor, &sealed).unwrap(), payload);
        }
        assert_eq!(ring.seal(Purpose::PullCursor, &[0; PAYLOAD_BYTES_MAX + 1]), Err(SealError::Malformed));
    }

    #[test]
    fn a_seal_opens_for_its_own_purpose_only() {
        let (ring, _folder) = ring();
        for made_for in PURPOSES {
            let sealed = ring.seal(made_for, b"payload").unwrap();
            for presented_as in PURPOSES {
                let expected = if made_for == presented_as { Ok(b"payload".to_vec()) } else { Err(SealError::Broken) };
                assert_eq!(ring.open(presented_as, &sealed), expected, "{made_for:?} as {presented_as:?}");
            }
        }
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let (ring, _folder) = ring();
        let bytes = URL_SAFE_NO_PAD.decode(ring.seal(Purpose::TimeAnchor, b"1690000000").unwrap()).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            assert!(ring.open(Purpose::TimeAnchor, &URL_SAFE_NO_PAD.encode(&changed)).is_err(), "byte {position}");
            assert!(ring.open(Purpose::TimeAnchor, &URL_SAFE_NO_PAD.encode(&bytes[..position])).is_err());
        }
    }

    #[test]
    fn rubbish_is_malformed() {
        let (ring, _folder) = ring();
        for sealed in ["", "AAAA", "not base64!", &"A".repeat(SEALED_CHARS_MAX + 4)] {
            assert_eq!(ring.open(Purpose::PullCursor, sealed), Err(SealError::Malformed));
        }
    }

    #[test]
    fn after_a_rotation_old_seals_open_until_their_key_is_removed() {
        let (before, folder) = ring();
        let old = before.seal(Purpose::PullCursor, b"old").unwrap();
        SealRing::rotate(folder.path()).unwrap();
        let after = SealRing::load_or_create(folder.path()).unwrap();
        let new = after.seal(Purpose::PullCursor, b"new").unwrap();
        assert_eq!(after.open(Purpose::PullCursor, &old).unwrap(), b"old");
        assert_eq!(after.open(Purpose::PullCursor, &new).unwrap(), b"new");
        assert_eq!(before.open(Purpose::PullCursor, &new), Err(SealError::UnknownKey));
        std::fs::remove_file(folder.path().join("000001.key")).unwrap();
        let pruned = SealRing::load_or_create(folder.path()).unwrap();
        assert_eq!(pruned.open(Purpose::PullCursor, &old), Err(SealError::UnknownKey));
    }

    #[test]
    fn labels_are_distinct_and_keys_do_not_show() {
        let labels: std::collections::BTreeSet<_> = PURPOSES.into_iter().map(Purpose::label).collect();
        assert_eq!(labels.len(), PURPOSES.len());
        let (ring, _folder) = ring();
        let secret = hex::encode(ring.newest().secret.expose());
        assert!(!format!("{ring:?}").contains(&secret[..8]));
    }
}
