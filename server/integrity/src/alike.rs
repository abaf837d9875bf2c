//! Finds photos that look alike without comparing each with each: the 64 bits of the DCT hash are cut into four pieces of 16, and of two
//! hashes that differ in at most eleven bits one piece differs in at most two. What a newcomer gets wrong: the index only finds
//! candidates; whether they are alike is computed from both whole hashes.

use std::collections::{HashMap, HashSet};
use sync_protocol::ids::RecordId;

/// A photo with its hashes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hashed {
    /// The photo.
    pub photo: RecordId,
    /// Difference hash.
    pub dhash: u64,
    /// DCT hash.
    pub phash: u64,
    /// Entropy of the grey picture, bits.
    pub entropy_bits: f64,
}

/// How far two photos are from each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// The other photo.
    pub photo: RecordId,
    /// Differing bits of the difference hashes.
    pub dhash_bits: u32,
    /// Differing bits of the DCT hashes.
    pub phash_bits: u32,
    /// Entropy of the poorer of both, bits.
    pub entropy_bits: f64,
}

const PIECES: usize = 4;
const PIECE_BITS: u32 = 16;
/// Bits by which one piece may differ.
const PIECE_RADIUS: u32 = 2;
/// Farther hashes are not found: with one bit more, every piece could differ in three.
const RADIUS_MAX: u32 = (PIECE_RADIUS + 1) * 4 - 1;

/// The photos of the area by their hashes, in memory: about 100 bytes a photo.
#[derive(Debug, Default)]
pub struct SimilarPhotos {
    photos: Vec<Hashed>,
    known: HashMap<RecordId, usize>,
    pieces: [HashMap<u16, Vec<u32>>; PIECES],
}

impl SimilarPhotos {
    /// Photos in the index.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Adds a photo; one that is known with the same hashes changes nothing.
    pub fn insert(&mut self, hashed: Hashed) {
        if self.known.get(&hashed.photo).is_some_and(|index| self.photos[*index] == hashed) {
            return;
        }
        let index = self.photos.len();
        let Ok(short) = u32::try_from(index) else { return };
        self.photos.push(hashed);
        // One that was hashed anew is found under its new hash only: the old row is no longer the known one.
        self.known.insert(hashed.photo, index);
        for (piece, table) in self.pieces.iter_mut().enumerate() {
            table.entry(piece_of(hashed.phash, piece)).or_default().push(short);
        }
    }

    /// Photos whose hashes differ in at most so many bits, in order of id; the photo itself is not among them.
    pub fn find(&self, wanted: &Hashed, dhash_bits: u32, phash_bits: u32) -> Vec<Likeness> {
        let phash_bits = phash_bits.min(RADIUS_MAX);
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for (piece, table) in self.pieces.iter().enumerate() {
            for value in neighbours(piece_of(wanted.phash, piece)) {
                for index in table.get(&value).into_iter().flatten() {
                    let other = &self.photos[*index as usize];
                    let current = self.known.get(&other.photo) == Some(&(*index as usize));
                    if !current || other.photo == wanted.photo || !seen.insert(*index) {
                        continue;
                    }
                    let likeness = likeness(wanted, other);
                    if likeness.dhash_bits <= dhash_bits && likeness.phash_bits <= phash_bits {
                        found.push(likeness);
                    }
                }
            }
        }
        found.sort_by_key(|likeness| likeness.photo);
        found
    }
}

fn likeness(one: &Hashed, other: &Hashed) -> Likeness {
    Likeness {
        photo: other.photo,
        dhash_bits: (one.dhash ^ other.dhash).count_ones(),
        phash_bits: (one.phash ^ other.phash).count_ones(),
        entropy_bits: one.entropy_bits.min(other.entropy_bits),
    }
}

fn piece_of(hash: u64, piece: usize) -> u16 {
    let bytes = hash.to_be_bytes();
    u16::from_be_bytes([bytes[2 * piece], bytes[2 * piece + 1]])
}

/// Every value that differs in at most two bits: 1 + 16 + 120.
fn neighbours(value: u16) -> impl Iterator<Item = u16> {
    let one = (0..PIECE_BITS).map(move |a| value ^ (1 << a));
    let two = (0..PIECE_BITS).flat_map(move |a| (0..a).map(move |b| value ^ (1 << a) ^ (1 << b)));
    std::iter::once(value).chain(one).chain(two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn hashed(number: u128, dhash: u64, phash: u64) -> Hashed {
        Hashed { photo: RecordId(Uuid::from_u128(number)), dhash, phash, entropy_bits: 7.0 }
    }

    /// A small generator, so that the test is the same every time.
    fn scrambled(seed: u64) -> u64 {
        let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 32)
    }

    #[test]
    fn it_finds_exactly_what_comparing_each_with_each_finds() {
        let mut index = SimilarPhotos::default();
        let mut all = Vec::new();
        for number in 0..2000_u64 {
            // Families of similar pictures: some bits of a common hash turned.
            let base = scrambled(number / 20);
            let turned = (0..number % 14).fold(base, |hash, bit| hash ^ (1 << (scrambled(number * 77 + bit) % 64)));
            let photo = hashed(u128::from(number), turned ^ (number % 3), turned);
            all.push(photo);
            index.insert(photo);
        }
        let mut pairs = 0;
        for wanted in &all {
            for (dhash, phash) in [(4, 8), (10, 8), (10, 11), (0, 0)] {
                let mut expected: Vec<Likeness> = all
                    .iter()
                    .filter(|other| other.photo != wanted.photo)
                    .map(|other| likeness(wanted, other))
                    .filter(|found| found.dhash_bits <= dhash && found.phash_bits <= phash)
                    .collect();
                expected.sort_by_key(|found| found.photo);
                pairs += expected.len();
                assert_eq!(index.find(wanted, dhash, phash), expected);
            }
        }
        assert!(pairs > 10_000, "the families must really be similar: {pairs}");
    }

    #[test]
    fn a_photo_that_is_hashed_anew_is_found_under_its_new_hash_only() {
        let mut index = SimilarPhotos::default();
        index.insert(hashed(1, 0, 0));
        index.insert(hashed(1, u64::MAX, u64::MAX));
        assert_eq!(index.len(), 1);
        assert_eq!(index.find(&hashed(2, 0, 0), 10, 8), []);
        assert_eq!(index.find(&hashed(2, u64::MAX, u64::MAX), 10, 8).len(), 1);
    }
}
