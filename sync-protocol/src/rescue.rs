//! The rescue file: everything that a phone has and the server has not, as one ZIP that somebody carries to the office. `ops.json` is a push
//! envelope without tokens, with the frozen operations as they are; `photos/<sha256>` are originals. What a newcomer gets wrong: nothing in
//! it proves who made it, so it may say less than a phone that signs in; see `import_rescue`.

use crate::digest::{Sha256Bytes, from_hex};
use crate::ids::{DeviceId, IncarnationId, RecordId, UserId};
use crate::push::PushedOp;
use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// Version of the layout that this code writes, and the newest that it reads.
pub const RESCUE_VERSION: u32 = 1;
/// Name of the entry with the operations.
pub const RESCUE_OPS: &str = "ops.json";
/// What names of photos begin with; their SHA-256 in lower-case hex follows.
pub const RESCUE_PHOTOS: &str = "photos/";

/// The version of a file, read before anything else of it: a newer layout may have changed all the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct RescueVersion {
    /// See [`RESCUE_VERSION`].
    pub rescue: u32,
}

/// Who was signed in on the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueUser {
    /// The person.
    pub id: UserId,
    /// What the phone calls them.
    #[serde(default)]
    pub name: String,
}

/// A photo whose original the server has not got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescuePhoto {
    /// The photo's record.
    pub photo: RecordId,
    /// The record it is declared on.
    pub record: RecordId,
    /// SHA-256 of the original, lower-case hex.
    pub sha256: String,
    /// Bytes of the original.
    pub bytes: u64,
    /// Its media type.
    #[serde(default)]
    pub mime: String,
}

/// Which file of how many, from 1: a phone splits what is too big for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescuePart {
    /// This one.
    pub i: u32,
    /// All.
    pub n: u32,
}

/// `ops.json`. Every part of several holds all operations and its own share of the photos.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RescueOps<'a> {
    /// See [`RESCUE_VERSION`].
    pub rescue: u32,
    /// The phone's clock when it was made.
    pub made_at: Micros,
    /// The phone.
    pub device: Option<DeviceId>,
    /// Who was signed in.
    pub user: Option<RescueUser>,
    /// The life of the phone's database that numbered the operations.
    pub incarnation: IncarnationId,
    /// Missing where there is one file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<RescuePart>,
    /// All photos that the server has not got, also those in other parts.
    #[serde(default)]
    pub photos: Vec<RescuePhoto>,
    /// The operations, in sequence.
    #[serde(borrow)]
    pub ops: Vec<PushedOp<'a>>,
}

/// The hash in the name of an entry with a photo; nothing for every other name.
pub fn photo_of_name(name: &str) -> Option<Sha256Bytes> {
    let hex = name.strip_prefix(RESCUE_PHOTOS)?;
    from_hex(hex).filter(|_| hex.bytes().all(|digit| !digit.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{sha256, to_hex};

    #[test]
    fn only_a_hash_in_the_folder_names_a_photo() {
        let hash = sha256(b"a");
        let hex = to_hex(&hash);
        assert_eq!(photo_of_name(&format!("photos/{hex}")), Some(hash));
        for name in [
            hex.clone(),
            format!("photos/../{hex}"),
            format!("photos/{hex}.jpg"),
            format!("photos/{}", hex.to_uppercase()),
        ] {
            assert_eq!(photo_of_name(&name), None, "{name}");
        }
    }
}
