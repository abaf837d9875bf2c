//! Choices that look random and are the same on every run: a counter through a mixing function, and ids from names. Not for secrets.

use sync_protocol::digest::sha256;
use uuid::Uuid;

/// A sequence of choices.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The sequence of that name.
    pub(super) fn named(name: &str) -> Self {
        let hash = sha256(name.as_bytes());
        let mut first = [0_u8; 8];
        first.copy_from_slice(&hash[..8]);
        Self(u64::from_be_bytes(first))
    }

    /// The next 64 bits (splitmix64).
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// A fraction from 0 to 1, in steps of 1/65,535.
    pub(super) fn fraction(&mut self) -> f64 {
        let [first, second, ..] = self.next().to_be_bytes();
        f64::from(u16::from_be_bytes([first, second])) / 65_535.0
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// The id of a thing of the demo, by its name.
pub(super) fn demo_id(name: &str) -> Uuid {
    let hash = sha256(format!("paicha/demo/v1/{name}").as_bytes());
    let mut half = [0_u8; 16];
    half.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(half).into_uuid()
}
