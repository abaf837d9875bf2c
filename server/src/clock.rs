//! The clock that everything else is given: the system's in the server, one that stands still in tests.
//!
//! Instants are signed microseconds since 1970 in UTC; business dates (Asia/Shanghai) are made from them elsewhere. This
//! is the only file that may ask the operating system for the time of day. A newcomer gets wrong to measure a duration
//! with it: the wall clock steps, so use `std::time::Instant` for durations.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Something that knows the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, in microseconds since 1970-01-01T00:00:00Z.
    fn now_us(&self) -> i64;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed in everywhere else")]
        let now = std::time::SystemTime::now();
        // A clock before 1970 or after 292000 is broken; the ends of the range keep order without a panic.
        match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        }
    }
}

/// A clock that stands still until it is set or moved. Clones share the time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that stands at this instant, in microseconds UTC.
    #[must_use]
    pub fn at(now_us: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_us)))
    }

    /// Sets it, backwards too: real clocks do that.
    pub fn set(&self, now_us: i64) {
        self.0.store(now_us, Ordering::SeqCst);
    }

    /// Moves it on by this many microseconds.
    pub fn advance(&self, by_us: i64) {
        self.0.fetch_add(by_us, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_in_this_century() {
        let now_us = SystemClock.now_us();
        assert!((1_600_000_000_000_000..4_000_000_000_000_000).contains(&now_us), "{now_us}");
    }

    #[test]
    fn a_test_clock_stands_still_and_is_shared_by_its_clones() {
        let clock = TestClock::at(1_000);
        let other = clock.clone();
        assert_eq!(other.now_us(), 1_000);
        clock.advance(500);
        assert_eq!(other.now_us(), 1_500);
        clock.set(-3);
        assert_eq!(other.now_us(), -3);
    }
}
