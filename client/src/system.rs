//! The real surroundings of a phone: the system's clocks and random numbers. This is the only module of the crate that may ask the
//! system what time it is; everything else gets it passed in.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sync_protocol::time::Micros;

use crate::surroundings::{BoxFuture, Surroundings};

/// The system's clocks and randomness. The "boot" is the life of this process, because the monotonic clock starts with it.
#[derive(Debug, Clone)]
pub struct System {
    started: Instant,
    boot_id: String,
}

impl System {
    /// Surroundings whose monotonic clock starts now.
    #[must_use]
    pub fn new() -> Self {
        let boot_id = uuid::Builder::from_random_bytes(random()).into_uuid().to_string();
        Self { started: Instant::now(), boot_id }
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("an operating system without random numbers cannot make ids or run TLS");
    bytes
}

impl Surroundings for System {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else gets passed in")]
    fn now(&self) -> Micros {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        Micros::from_micros(micros).unwrap_or(Micros::MAX)
    }

    fn monotonic_us(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn boot_id(&self) -> String {
        self.boot_id.clone()
    }

    fn random_bytes(&self) -> [u8; 16] {
        random()
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}
