//! The phone's hybrid logical clock: milliseconds and a counter, never going back even when the wall clock does. It orders what one phone
//! shows and breaks ties; it decides nothing and is no evidence of time. Written `%012x-%04x`, so that texts sort like clocks.

use std::fmt;
use std::str::FromStr;

/// Milliseconds that the text form can hold (12 hex digits).
const MS_MAX: u64 = (1 << 48) - 1;

/// A reading of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hlc {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// Readings within the same millisecond.
    pub counter: u16,
}

impl Hlc {
    /// The next reading, later than `self` whatever the wall clock says.
    #[must_use]
    pub fn tick(self, wall_ms: i64) -> Self {
        let wall_ms = u64::try_from(wall_ms).unwrap_or(0).min(MS_MAX);
        if wall_ms > self.ms {
            return Self { ms: wall_ms, counter: 0 };
        }
        match self.counter.checked_add(1) {
            Some(counter) => Self { ms: self.ms, counter },
            None => Self { ms: (self.ms + 1).min(MS_MAX), counter: 0 },
        }
    }

    /// Adopts a server's clock that is ahead, so that what this phone saves next sorts after what it has seen.
    #[must_use]
    pub fn observe(self, server_ms: i64) -> Self {
        let server_ms = u64::try_from(server_ms).unwrap_or(0).min(MS_MAX);
        if server_ms > self.ms { Self { ms: server_ms, counter: 0 } } else { self }
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012x}-{:04x}", self.ms, self.counter)
    }
}

/// A text that is not a clock reading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a hybrid clock reading")]
pub struct BadHlc;

impl FromStr for Hlc {
    type Err = BadHlc;
    fn from_str(text: &str) -> Result<Self, BadHlc> {
        let (ms, counter) = text.split_once('-').ok_or(BadHlc)?;
        if ms.len() != 12 || counter.len() != 4 {
            return Err(BadHlc);
        }
        let ms = u64::from_str_radix(ms, 16).map_err(|_| BadHlc)?;
        let counter = u16::from_str_radix(counter, 16).map_err(|_| BadHlc)?;
        Ok(Self { ms, counter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_set_back_does_not_go_back() {
        let first = Hlc::default().tick(1_000);
        let second = first.tick(10);
        assert_eq!(second.to_string(), "0000000003e8-0001");
        assert!(second.observe(2_000) > second);
        assert_eq!(second.observe(5), second);
    }

    #[test]
    fn a_full_counter_moves_to_the_next_millisecond() {
        assert_eq!(Hlc { ms: 7, counter: u16::MAX }.tick(0), Hlc { ms: 8, counter: 0 });
    }

    proptest! {
        #[test]
        fn readings_rise_and_their_texts_sort_like_them(walls in prop::collection::vec(-5_i64..1_000_000, 1..40)) {
            let mut clock = Hlc::default();
            for wall in walls {
                let next = clock.tick(wall);
                prop_assert!(next > clock);
                prop_assert!(next.to_string() > clock.to_string());
                prop_assert_eq!(next.to_string().parse::<Hlc>(), Ok(next));
                clock = next;
            }
        }
    }
}
