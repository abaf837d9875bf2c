//! Invented field photos for tests and for the demo data: a drawn scene with an EXIF block as phones write it. Nothing here runs when
//! a real photo is derived. The places, times and phones in a stamp are whatever the caller invents. A newcomer's mistake: expecting
//! the stored pixels upright; like a phone, `field_photo` stores them turned and says so in the orientation tag.

mod scene;
mod stamp;

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::orient::{Orientation, upright};
pub use scene::draw_scene;
pub use stamp::{Stamp, exif_block};

/// Quality of a drawn photo, near that of phones.
const QUALITY: u8 = 88;

/// A JPEG of an invented workshop yard, `width` x `height` pixels when upright (each clamped to 1 to 16,000), with the stamp's EXIF
/// block. The same arguments give the same bytes on every run.
///
/// ```
/// use paicha_photos::{read_facts, sample};
/// let photo = sample::field_photo(1, 80, 60, &sample::Stamp { orientation: 6, ..sample::Stamp::example() });
/// let facts = read_facts(&photo);
/// assert_eq!((facts.width, facts.height, facts.orientation), (Some(60), Some(80), 6));
/// ```
#[must_use]
pub fn field_photo(seed: u64, width: u32, height: u32, stamp: &Stamp) -> Vec<u8> {
    let stored = upright(scene::draw(seed, width, height), Orientation::from_tag(stamp.orientation.into()).inverse());
    let (width, height) = (scene::side(stored.width), scene::side(stored.height));
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if let Some(block) = exif_block(stamp) {
        encoder.add_exif_metadata(&block).expect("a stamp's block is far below the 64 KB of a segment");
    }
    encoder
        .encode(&stored.samples, width, height, ColorType::Rgb)
        .expect("size and samples fit each other, and a vector accepts every write");
    jpeg
}
