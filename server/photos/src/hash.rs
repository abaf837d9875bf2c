//! Fingerprints for finding the same scene again: a difference hash, a DCT hash, and the entropy that tells how much a match is worth.
//! All come from the thumbnail's luma, upright and sRGB. They are hints for a person, never proof: flat pictures collide.
//! A newcomer's mistake: comparing hashes of different derive versions; a new resizer moves bits.

use fast_image_resize::FilterType;
use sha2::{Digest, Sha256};

use crate::raster::{Channels, Raster};
use crate::resize::resized;

/// Side of the picture that the DCT hash looks at.
const DCT_SIDE: usize = 32;
/// Low frequencies per direction that become bits.
const DCT_KEPT: usize = 8;

/// The fingerprints of one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fingerprints {
    pub(crate) dhash: u64,
    pub(crate) phash: u64,
    pub(crate) entropy_bits: f64,
}

/// Fingerprints of an RGB or grey thumbnail; `None` only where the resizer refuses.
pub(crate) fn fingerprints(thumbnail: &Raster) -> Option<Fingerprints> {
    let luma = luma(thumbnail)?;
    Some(Fingerprints {
        dhash: difference_hash(&resized(&luma, 9, 8, FilterType::Bilinear)?.samples),
        phash: dct_hash(&resized(&luma, 32, 32, FilterType::Bilinear)?.samples),
        entropy_bits: entropy_bits(&luma.samples),
    })
}

/// SHA-256 of a JPEG's scan data.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// BT.601 luma, the one that JPEG stores.
fn luma(picture: &Raster) -> Option<Raster> {
    let samples = match picture.channels {
        Channels::Grey => picture.samples.clone(),
        Channels::Rgb => picture.samples.as_chunks::<3>().0.iter().map(luma_of).collect(),
        Channels::Rgba | Channels::Cmyk | Channels::CmykInverted | Channels::Ycck => return None,
    };
    Raster::new(picture.width, picture.height, Channels::Grey, samples)
}

fn luma_of(&[red, green, blue]: &[u8; 3]) -> u8 {
    let weighted = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500;
    u8::try_from(weighted / 1000).unwrap_or(u8::MAX)
}

/// One bit per pair of neighbours in eight rows of nine: set where the right one is brighter. First pair in the highest bit.
fn difference_hash(nine_by_eight: &[u8]) -> u64 {
    let pairs = nine_by_eight.chunks_exact(9).flat_map(|row| row.windows(2));
    pairs.fold(0, |hash, pair| hash << 1 | u64::from(pair[1] > pair[0]))
}

/// One bit per low frequency, without the row and column that only tell brightness and gradients: set where it is above the median.
fn dct_hash(samples: &[u8]) -> u64 {
    let rows: Vec<[f32; DCT_KEPT]> = samples
        .chunks_exact(DCT_SIDE)
        .map(|row| low_frequencies(row.iter().map(|&sample| f32::from(sample))))
        .collect();
    let mut coefficients = Vec::with_capacity(DCT_KEPT * DCT_KEPT);
    for column in 0..DCT_KEPT {
        coefficients.extend(low_frequencies(rows.iter().map(|row| row[column])));
    }
    let mut sorted = coefficients.clone();
    sorted.sort_by(f32::total_cmp);
    let median = f32::midpoint(sorted[31], sorted[32]);
    coefficients.iter().fold(0, |hash, &coefficient| hash << 1 | u64::from(coefficient > median))
}

/// Frequencies 1 to 8 of the type II cosine transform.
fn low_frequencies(values: impl Iterator<Item = f32>) -> [f32; DCT_KEPT] {
    let mut sums = [0.0; DCT_KEPT];
    for (at, value) in (0_u8..).zip(values) {
        for (frequency, sum) in (1_u8..).zip(&mut sums) {
            let angle = std::f32::consts::PI * (f32::from(at) + 0.5) * f32::from(frequency) / 32.0;
            *sum += value * angle.cos();
        }
    }
    sums
}

/// Shannon entropy of the grey histogram, 0 (one grey) to 8 (all greys equally often).
fn entropy_bits(luma: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &sample in luma {
        counts[usize::from(sample)] += 1;
    }
    let total = f64::from(counts.iter().sum::<u32>());
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / total);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_hash_sets_a_bit_where_the_right_pixel_is_brighter() {
        let rising: Vec<u8> = (0..8).flat_map(|_| 0..9).collect();
        assert_eq!(difference_hash(&rising), u64::MAX);
        assert_eq!(difference_hash(&[7; 72]), 0);
        let mut first_pair = [7; 72];
        first_pair[1..9].fill(8);
        assert_eq!(difference_hash(&first_pair), 1 << 63);
    }

    #[test]
    fn entropy_counts_the_greys() {
        assert_eq!(entropy_bits(&[9; 100]), 0.0);
        assert_eq!(entropy_bits(&(0..=255).collect::<Vec<u8>>()), 8.0);
        assert_eq!(entropy_bits(&[0, 255, 0, 255]), 1.0);
    }

    #[test]
    fn dct_hash_has_half_of_its_bits_set_on_a_textured_picture() {
        let textured: Vec<u8> = (0..1024_u32).map(|at| u8::try_from(at * at * 7 % 251).unwrap()).collect();
        assert_eq!(dct_hash(&textured).count_ones(), 32);
    }
}
