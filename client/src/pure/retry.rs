//! When to try again: full-jitter exponential from 2 s to 15 min, never earlier than the server's `Retry-After`. Randomness is passed in.
//! What a newcomer gets wrong: the jitter is the whole span, not a little on top, or thousands of phones that lost the same mast
//! come back in the same second.

/// Span of the first wait, in milliseconds.
pub const BACKOFF_BASE_MS: u64 = 2_000;
/// Longest span, in milliseconds.
pub const BACKOFF_CAP_MS: u64 = 15 * 60 * 1_000;
/// First sync after a long silence waits up to this long, in milliseconds.
pub const RETURN_SPREAD_MS: u64 = 300_000;
/// A silence is long from here on, in milliseconds.
pub const LONG_SILENCE_MS: i64 = 24 * 3_600 * 1_000;
/// Longest `Retry-After` that is believed, in seconds: a wrong header must not silence a phone for a month.
pub const RETRY_AFTER_S_MAX: u64 = 3_600;

/// Milliseconds to wait before attempt number `attempt` (from 0 for the first repetition).
#[must_use]
pub fn wait_ms(attempt: u32, retry_after_s: Option<u64>, random: u64) -> u64 {
    let span =
        BACKOFF_BASE_MS.saturating_mul(1_u64.checked_shl(attempt.min(20)).unwrap_or(u64::MAX)).min(BACKOFF_CAP_MS);
    let jitter = random % (span + 1);
    let least = retry_after_s.unwrap_or(0).min(RETRY_AFTER_S_MAX) * 1_000;
    if least == 0 { jitter } else { least + jitter.min(BACKOFF_BASE_MS) }
}

/// Milliseconds that the first sync after `silence_ms` waits, so that a village that gets its signal back does not call all at once.
#[must_use]
pub fn return_delay_ms(silence_ms: i64, random: u64) -> u64 {
    if silence_ms < LONG_SILENCE_MS { 0 } else { random % (RETURN_SPREAD_MS + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_double_and_stop_at_fifteen_minutes() {
        let longest: Vec<u64> = (0..12)
            .map(|attempt| {
                let span = BACKOFF_BASE_MS << attempt.min(9);
                wait_ms(attempt, None, span.min(BACKOFF_CAP_MS))
            })
            .collect();
        assert_eq!(longest[..4], [2_000, 4_000, 8_000, 16_000]);
        assert_eq!(longest[11], BACKOFF_CAP_MS);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_shorter_than_retry_after_nor_endless(
            attempt in 0_u32..100, after in 0_u64..100_000, random: u64
        ) {
            let wait = wait_ms(attempt, Some(after), random);
            prop_assert!(wait >= after.min(RETRY_AFTER_S_MAX) * 1_000);
            prop_assert!(wait_ms(attempt, None, random) <= BACKOFF_CAP_MS);
            prop_assert!(return_delay_ms(0, random) == 0);
            prop_assert!(return_delay_ms(LONG_SILENCE_MS, random) <= RETURN_SPREAD_MS);
        }
    }
}
