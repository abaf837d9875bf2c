//! The one entry that turns a photo's bytes into everything derived from them. It has no error: every input ends in a state, and
//! facts are kept whatever happens to the pixels. A newcomer's mistake: changing what comes out without raising `DERIVE_VERSION`;
//! rows made by older code would never be made again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::colour::to_srgb;
use crate::decode::decode;
use crate::encode::{Picture, encode};
use crate::facts::{Facts, facts_of};
use crate::hash::{Fingerprints, fingerprints, sha256};
use crate::header::Header;
use crate::limits::{DeriveLimits, PREVIEW_LONG_EDGE_PX, PREVIEW_QUALITY, THUMBNAIL_LONG_EDGE_PX, THUMBNAIL_QUALITY};
use crate::orient::{Orientation, upright};
use crate::outcome::{DeriveState, UnsupportedReason};
use crate::resize::shrink;

/// The version of everything below, stored on the photo's row; raised whenever the same bytes would give another result.
pub const DERIVE_VERSION: i64 = 1;

/// Everything derived from one photo. Pictures and hashes are present exactly in the two `derived` states.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// How it ended.
    pub state: DeriveState,
    /// What the photo and its phone say.
    pub facts: Facts,
    /// At most 1600 pixels on its long edge, upright, sRGB.
    pub preview: Option<Picture>,
    /// At most 320 pixels on its long edge, upright, sRGB.
    pub thumbnail: Option<Picture>,
    /// Difference hash of the thumbnail.
    pub dhash: Option<u64>,
    /// DCT hash of the thumbnail.
    pub phash: Option<u64>,
    /// Entropy of the thumbnail's grey histogram, 0 to 8 bits; below about 4 a hash match means little.
    pub entropy_bits: Option<f64>,
    /// SHA-256 of a JPEG's scan data alone, which edits of EXIF do not change. Present for every JPEG that has scan data.
    pub scan_sha256: Option<[u8; 32]>,
}

/// Derives everything from `bytes`. Never fails and never panics: see [`DeriveState`].
///
/// ```
/// use paicha_photos::{DeriveLimits, DeriveState, derive, sample};
/// let photo = sample::field_photo(7, 2000, 1500, &sample::Stamp::example());
/// let derived = derive(&photo, &DeriveLimits::default());
/// assert_eq!(derived.state, DeriveState::Derived);
/// assert_eq!(derived.preview.unwrap().width, 1600);
/// assert_eq!(derive(b"text", &DeriveLimits::default()).state, DeriveState::NotAnImage);
/// ```
#[must_use]
pub fn derive(bytes: &[u8], limits: &DeriveLimits) -> Derived {
    let header = Header::read(bytes, limits.scans_max);
    let facts = facts_of(bytes, &header);
    let scans = header.jpeg.as_ref().and_then(|outline| outline.scan_bytes(bytes));
    let mut derived = Derived {
        state: DeriveState::NotAnImage,
        preview: None,
        thumbnail: None,
        dhash: None,
        phash: None,
        entropy_bits: None,
        scan_sha256: scans.map(sha256),
        facts,
    };
    derived.state = match header.check(bytes, limits) {
        Err(error) => error.into(),
        Ok(()) => match make_pictures(bytes, &header, limits, &derived.facts) {
            Err(reason) => DeriveState::Unsupported { reason },
            Ok(pictures) => keep(&mut derived, pictures),
        },
    };
    derived
}

struct Pictures {
    preview: Picture,
    thumbnail: Picture,
    fingerprints: Fingerprints,
    truncated: bool,
}

fn keep(derived: &mut Derived, pictures: Pictures) -> DeriveState {
    derived.preview = Some(pictures.preview);
    derived.thumbnail = Some(pictures.thumbnail);
    derived.dhash = Some(pictures.fingerprints.dhash);
    derived.phash = Some(pictures.fingerprints.phash);
    derived.entropy_bits = Some(pictures.fingerprints.entropy_bits);
    if pictures.truncated { DeriveState::DerivedTruncated } else { DeriveState::Derived }
}

fn make_pictures(
    bytes: &[u8],
    header: &Header,
    limits: &DeriveLimits,
    facts: &Facts,
) -> Result<Pictures, UnsupportedReason> {
    let decoded = decode(bytes, header, limits)?;
    let truncated = header.truncated || decoded.partial;
    let orientation = Orientation::from_tag(facts.orientation.into());
    // Resizer, colour library and encoder see only checked rasters, but a profile is hostile input too.
    let finish = || {
        let shrunk = shrink(decoded.raster, PREVIEW_LONG_EDGE_PX)?;
        let preview = to_srgb(upright(shrunk, orientation), decoded.profile.as_deref());
        let preview_picture = encode(&preview, PREVIEW_QUALITY)?;
        let thumbnail = shrink(preview, THUMBNAIL_LONG_EDGE_PX)?;
        Some(Pictures {
            preview: preview_picture,
            thumbnail: encode(&thumbnail, THUMBNAIL_QUALITY)?,
            fingerprints: fingerprints(&thumbnail)?,
            truncated,
        })
    };
    catch_unwind(AssertUnwindSafe(finish)).ok().flatten().ok_or(UnsupportedReason::DecodeFailed)
}
