//! Where new ids and secrets of the server come from: UUIDv7 and random bytes, or a counted sequence in tests.
//!
//! Phones make the ids of their records themselves; these are for what the server makes: users, devices, sessions, tokens,
//! requests. A newcomer gets wrong to read time out of an id: it is there for locality in the index, nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

use crate::clock::Clock;

const MICROS_PER_MILLI: i64 = 1_000;

/// A source of new ids and secrets.
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// A new UUIDv7.
    fn new_id(&self) -> Uuid;
    /// 256 fresh bits for a token or a code.
    fn secret_bytes(&self) -> [u8; 32];
}

/// Ids from the clock and the operating system's randomness.
#[derive(Debug, Clone)]
pub struct SystemIds {
    clock: Arc<dyn Clock>,
}

impl SystemIds {
    /// Ids with the time of this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl IdSource for SystemIds {
    fn new_id(&self) -> Uuid {
        let millis = self.clock.now_us().div_euclid(MICROS_PER_MILLI);
        // A clock before 1970 only costs locality in the index, not uniqueness.
        let millis = u64::try_from(millis).unwrap_or(0);
        let mut random = [0_u8; 10];
        fill(&mut random);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn secret_bytes(&self) -> [u8; 32] {
        let mut secret = [0_u8; 32];
        fill(&mut secret);
        secret
    }
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has randomness once it has booted; without it nothing is safe");
}

/// Counted ids and secrets: the n-th call always gives the same value. For tests only.
#[derive(Debug, Default)]
pub struct TestIds {
    next: AtomicU64,
}

impl TestIds {
    /// A source that starts at 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn count(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl IdSource for TestIds {
    fn new_id(&self) -> Uuid {
        let count = self.count();
        let mut tail = [0_u8; 10];
        tail[2..].copy_from_slice(&count.to_be_bytes());
        Builder::from_unix_timestamp_millis(count, &tail).into_uuid()
    }

    fn secret_bytes(&self) -> [u8; 32] {
        let mut secret = [0_u8; 32];
        secret[24..].copy_from_slice(&self.count().to_be_bytes());
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    #[test]
    fn system_ids_are_version_seven_ordered_by_the_clock_and_distinct() {
        let clock = TestClock::at(1_690_000_000_123_456);
        let ids = SystemIds::new(Arc::new(clock.clone()));
        let first = ids.new_id();
        assert_eq!(first.get_version_num(), 7);
        assert_eq!(first.get_timestamp().map(|stamp| stamp.to_unix()), Some((1_690_000_000, 123_000_000)));
        assert_ne!(first, ids.new_id());
        clock.advance(1_000);
        assert!(ids.new_id() > first);
        assert_ne!(ids.secret_bytes(), ids.secret_bytes());
    }

    #[test]
    fn a_clock_before_1970_still_gives_distinct_ids() {
        let ids = SystemIds::new(Arc::new(TestClock::at(-5)));
        assert_ne!(ids.new_id(), ids.new_id());
    }

    #[test]
    fn test_ids_repeat_from_one_source_to_the_next() {
        let (one, two) = (TestIds::new(), TestIds::new());
        let list: Vec<_> = (0..3).map(|_| one.new_id()).collect();
        assert_eq!(list, (0..3).map(|_| two.new_id()).collect::<Vec<_>>());
        assert!(list.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(list[0].to_string(), "00000000-0001-7000-8000-000000000001");
        assert_eq!(one.secret_bytes(), two.secret_bytes());
    }
}
