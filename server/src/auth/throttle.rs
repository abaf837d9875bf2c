//! How often somebody may try to sign in: a bucket per address, one per account name, and one per account name and address, in memory,
//! with a bound.
//!
//! It slows guessing down and never locks anybody out for good: a bucket refills by itself. Each process counts alone, so
//! n processes allow n times as much, which Argon2 and the bound on the rate still make hopeless to guess with. A newcomer
//! gets wrong to key by the account only (one attacker then tries many names, and with a wrong password now and then keeps its owner out
//! from anywhere) or by the address only (a village behind one router shares it), so all three must have room.

use std::collections::HashMap;
use std::net::IpAddr;

use sha2::{Digest as _, Sha256};

/// Tries an account has at once from one address when its bucket is full.
pub const OWN_BURST: i64 = 10;
/// One more try per account and address after this long.
pub const OWN_REFILL_US: i64 = 30 * 1_000_000;
/// Tries an account has at once from all addresses: more than one address can use up.
pub const ACCOUNT_BURST: i64 = 100;
/// One more try per account after this long; sooner than one address gets its own, so that it cannot hold the account empty.
pub const ACCOUNT_REFILL_US: i64 = 5 * 1_000_000;
/// Tries an address has at once: a whole office behind one router signs in at eight o'clock.
pub const ADDRESS_BURST: i64 = 60;
/// One more try per address after this long.
pub const ADDRESS_REFILL_US: i64 = 2 * 1_000_000;
/// Buckets kept, about 1 MB.
pub const BUCKETS_MAX: usize = 20_000;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Too many tries; nothing was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("尝试登录的次数过多，本次未检查密码。已保存的内容不受影响，请在 {retry_after_s} 秒后再试。")]
pub struct TooManyTries {
    /// When a try is possible again, in whole seconds, at least 1; for `Retry-After`.
    pub retry_after_s: i64,
}

/// Names are stored as a short hash: bounded in size, and no list of names to steal from memory.
type BucketKey = [u8; 16];

/// A bucket is one instant: when it will be full again. Each try moves it on by one refill.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    full_at_us: i64,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    burst: i64,
    refill_us: i64,
}

const OWN: Limit = Limit { burst: OWN_BURST, refill_us: OWN_REFILL_US };
const ACCOUNT: Limit = Limit { burst: ACCOUNT_BURST, refill_us: ACCOUNT_REFILL_US };
const ADDRESS: Limit = Limit { burst: ADDRESS_BURST, refill_us: ADDRESS_REFILL_US };

/// The buckets of one process. Not shared: whoever owns it puts it behind a lock held for the call only.
#[derive(Debug, Default)]
pub struct Throttle {
    buckets: HashMap<BucketKey, Bucket>,
}

impl Throttle {
    /// An empty throttle: everybody has a full bucket.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one try from the account, one from the address and one from the account at this address, or none from any.
    ///
    /// `account` is the name as typed (existing or not, else the throttle tells which exist), normalised by the caller.
    ///
    /// # Errors
    /// One of them has no try left; the error says when all will.
    pub fn take(&mut self, account: &str, address: IpAddr, now_us: i64) -> Result<(), TooManyTries> {
        let buckets =
            [(own_key(account, address), OWN), (account_key(account), ACCOUNT), (address_key(address), ADDRESS)];
        let wait_us = buckets.iter().map(|(key, limit)| self.wait_us(key, *limit, now_us)).max().unwrap_or(0);
        if wait_us > 0 {
            let whole_seconds = wait_us.saturating_add(MICROS_PER_SECOND - 1) / MICROS_PER_SECOND;
            return Err(TooManyTries { retry_after_s: whole_seconds.max(1) });
        }
        for (key, limit) in buckets {
            self.spend(key, limit, now_us);
        }
        Ok(())
    }

    /// Fills the account's bucket at this address again after a right password, so that people who mistype are not slowed down later.
    /// The address keeps its count: one good account must not buy tries at others. So does the account over all addresses: its owner
    /// must not buy tries for those who guess elsewhere.
    pub fn succeeded(&mut self, account: &str, address: IpAddr) {
        self.buckets.remove(&own_key(account, address));
    }

    /// How many buckets are kept now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether nobody is being counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Microseconds until the bucket has a try; 0 when it has one now.
    fn wait_us(&self, key: &BucketKey, limit: Limit, now_us: i64) -> i64 {
        let full_at_us = self.buckets.get(key).map_or(now_us, |bucket| full_at(*bucket, limit, now_us));
        let empty_at_us = now_us.saturating_add((limit.burst - 1) * limit.refill_us);
        full_at_us.saturating_sub(empty_at_us).max(0)
    }

    fn spend(&mut self, key: BucketKey, limit: Limit, now_us: i64) {
        if !self.buckets.contains_key(&key) && self.buckets.len() >= BUCKETS_MAX {
            self.make_room(now_us);
        }
        let bucket = self.buckets.entry(key).or_insert(Bucket { full_at_us: now_us });
        bucket.full_at_us = full_at(*bucket, limit, now_us).saturating_add(limit.refill_us);
    }

    /// Drops full buckets, and if there are none the tenth that is nearest to full: an attacker who floods the table with
    /// names pushes out these, not the bucket he has just emptied.
    fn make_room(&mut self, now_us: i64) {
        self.buckets.retain(|_, bucket| bucket.full_at_us > now_us);
        if self.buckets.len() < BUCKETS_MAX {
            return;
        }
        let mut instants: Vec<_> = self.buckets.values().map(|bucket| bucket.full_at_us).collect();
        let (_, limit_us, _) = instants.select_nth_unstable(BUCKETS_MAX / 10);
        let limit_us = *limit_us;
        self.buckets.retain(|_, bucket| bucket.full_at_us > limit_us);
    }
}

/// When the bucket is full, never in the past, and never further off than an empty one: a clock that was set back must
/// not lock people out for the difference.
fn full_at(bucket: Bucket, limit: Limit, now_us: i64) -> i64 {
    bucket.full_at_us.clamp(now_us, now_us.saturating_add(limit.burst * limit.refill_us))
}

fn account_key(account: &str) -> BucketKey {
    key(b"account/", account.as_bytes())
}

fn own_key(account: &str, address: IpAddr) -> BucketKey {
    key(&[b"own/", address_key(address).as_slice()].concat(), account.as_bytes())
}

/// IPv4 by address; IPv6 by its /64, which one subscriber has as a whole.
fn address_key(address: IpAddr) -> BucketKey {
    match address.to_canonical() {
        IpAddr::V4(v4) => key(b"v4/", &v4.octets()),
        IpAddr::V6(v6) => key(b"v6/", &v6.octets()[..8]),
    }
}

fn key(kind: &[u8], value: &[u8]) -> BucketKey {
    let digest = Sha256::new().chain_update(kind).chain_update(value).finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_US: i64 = 1_690_000_000_000_000;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn take_times(throttle: &mut Throttle, times: i64, account: &str, last: u8, now_us: i64) {
        for _ in 0..times {
            throttle.take(account, address(last), now_us).unwrap();
        }
    }

    #[test]
    fn an_account_has_its_burst_at_an_address_and_then_one_try_per_refill() {
        let mut throttle = Throttle::new();
        take_times(&mut throttle, OWN_BURST, "zhang", 1, NOW_US);
        assert_eq!(throttle.take("zhang", address(1), NOW_US), Err(TooManyTries { retry_after_s: 30 }));
        assert_eq!(throttle.take("zhang", address(1), NOW_US + 29_500_000), Err(TooManyTries { retry_after_s: 1 }));
        take_times(&mut throttle, 1, "zhang", 1, NOW_US + OWN_REFILL_US);
        assert!(throttle.take("zhang", address(1), NOW_US + OWN_REFILL_US).is_err());
        assert!(throttle.take("li", address(1), NOW_US).is_ok());
    }

    #[test]
    fn nobody_keeps_the_owner_out_from_one_address() {
        let mut throttle = Throttle::new();
        let mut wrong = 0;
        for second in 0..3_600 {
            wrong += i64::from(throttle.take("zhang", address(1), NOW_US + second * 1_000_000).is_ok());
        }
        assert!((100..=140).contains(&wrong), "{wrong} tries in an hour");
        assert!(throttle.take("zhang", address(2), NOW_US + 3_600_000_000).is_ok());
    }

    #[test]
    fn many_addresses_together_have_the_burst_of_the_account() {
        let mut throttle = Throttle::new();
        for last in 1..=10 {
            take_times(&mut throttle, OWN_BURST, "zhang", last, NOW_US);
        }
        assert_eq!(throttle.take("zhang", address(11), NOW_US), Err(TooManyTries { retry_after_s: 5 }));
        throttle.succeeded("zhang", address(1));
        assert!(throttle.take("zhang", address(1), NOW_US).is_err(), "a right password buys no tries elsewhere");
    }

    #[test]
    fn an_address_has_its_burst_over_all_accounts() {
        let mut throttle = Throttle::new();
        for number in 0..ADDRESS_BURST {
            take_times(&mut throttle, 1, &format!("name{number}"), 1, NOW_US);
        }
        assert_eq!(throttle.take("fresh", address(1), NOW_US), Err(TooManyTries { retry_after_s: 2 }));
        assert!(throttle.take("fresh", address(2), NOW_US).is_ok());
    }

    #[test]
    fn a_refused_try_costs_nothing() {
        let mut throttle = Throttle::new();
        take_times(&mut throttle, OWN_BURST, "zhang", 1, NOW_US);
        for _ in 0..1_000 {
            assert!(throttle.take("zhang", address(1), NOW_US).is_err());
        }
        take_times(&mut throttle, 1, "li", 1, NOW_US);
        take_times(&mut throttle, 1, "zhang", 1, NOW_US + OWN_REFILL_US);
    }

    #[test]
    fn success_fills_the_account_and_not_the_address() {
        let mut throttle = Throttle::new();
        for _ in 0..ADDRESS_BURST {
            take_times(&mut throttle, 1, "zhang", 1, NOW_US);
            throttle.succeeded("zhang", address(1));
        }
        assert!(throttle.take("zhang", address(1), NOW_US).is_err());
        take_times(&mut throttle, OWN_BURST, "zhang", 2, NOW_US);
    }

    #[test]
    fn one_subscriber_shares_a_bucket_in_ipv6_and_mapped_ipv4_is_ipv4() {
        let v6 = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(v6("2001:db8::1"), v6("2001:db8::ffff:1"));
        assert_ne!(v6("2001:db8::1"), v6("2001:db8:0:1::1"));
        assert_eq!(v6("::ffff:192.0.2.1"), address_key(address(1)));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut throttle = Throttle::new();
        take_times(&mut throttle, OWN_BURST, "zhang", 1, NOW_US);
        let day_before_us = NOW_US - 86_400_000_000;
        let refused = throttle.take("zhang", address(1), day_before_us).unwrap_err();
        assert!(refused.retry_after_s <= 30, "{refused:?}");
    }

    #[test]
    fn the_number_of_buckets_is_bounded_and_a_flood_keeps_the_emptied_one() {
        let mut throttle = Throttle::new();
        for last in 1..=10 {
            take_times(&mut throttle, OWN_BURST, "victim", last, NOW_US);
        }
        for number in 0..30_000_u32 {
            let from = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
            throttle.take(&format!("flood{number}"), from, NOW_US).unwrap();
            assert!(throttle.len() <= BUCKETS_MAX);
        }
        assert!(throttle.take("victim", address(11), NOW_US).is_err());
    }

    #[test]
    fn full_buckets_are_forgotten_when_room_is_needed() {
        let mut throttle = Throttle::new();
        for number in 0..6_666_u32 {
            throttle.take(&format!("a{number}"), IpAddr::from(number.to_be_bytes()), NOW_US).unwrap();
        }
        assert!((BUCKETS_MAX - 3..=BUCKETS_MAX).contains(&throttle.len()));
        take_times(&mut throttle, 1, "later", 1, NOW_US + 3_600_000_000);
        assert!(throttle.len() <= 3, "{}", throttle.len());
    }

    #[test]
    fn the_message_says_when_to_come_back() {
        assert!(TooManyTries { retry_after_s: 30 }.to_string().contains("30 秒"));
    }
}
