//! Everything that varies from run to run, passed in: clocks, randomness, sleeping. Tests and simulations give their own, so a seed
//! replays exactly; [`crate::system::System`] gives the real ones. What a newcomer gets wrong: the wall clock here only describes;
//! it never orders and never decides whether something is sent.

use std::future::Future;
use std::pin::Pin;

use sync_protocol::time::Micros;
use uuid::Uuid;

/// A future that can be kept in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What surrounds a phone.
pub trait Surroundings: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Micros;
    /// The monotonic clock, in microseconds since some moment of this boot.
    fn monotonic_us(&self) -> i64;
    /// Identity of the boot that the monotonic clock belongs to.
    fn boot_id(&self) -> String;
    /// Random bytes; also the source of ids, so they must not repeat.
    fn random_bytes(&self) -> [u8; 16];
    /// Waits.
    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()>;
}

/// A new id of version 7: sorts by the wall clock's millisecond.
pub fn new_id(surroundings: &dyn Surroundings) -> Uuid {
    let random = surroundings.random_bytes();
    let mut tail = [0; 10];
    tail.copy_from_slice(&random[..10]);
    let ms = u64::try_from(surroundings.now().as_micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &tail).into_uuid()
}

/// A new id of version 4, as incarnations have: it tells nothing about when.
pub fn new_random_id(surroundings: &dyn Surroundings) -> Uuid {
    uuid::Builder::from_random_bytes(surroundings.random_bytes()).into_uuid()
}

/// A random number for jitter.
pub fn random_number(surroundings: &dyn Surroundings) -> u64 {
    let random = surroundings.random_bytes();
    let mut head = [0; 8];
    head.copy_from_slice(&random[..8]);
    u64::from_le_bytes(head)
}
