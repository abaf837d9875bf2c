//! Phones for tests: the real client over real HTTP, on a clock that the test holds, with waits that take a hundredth of their time.
//!
//! What a newcomer gets wrong: the phone's database lies in the folder the test gives, so opening the same folder twice is the same
//! phone after a restart, and a copy of it is a restored backup.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use paicha::clock::Clock;
use paicha::ids::{IdSource as _, SystemIds};
use paicha_client::Phone;
use paicha_client::http::{Http, HttpOptions};
use paicha_client::phone::{Enrolment, Finding, HazardDraft, PhotoDraft, PlaceRef, Position, SyncReport};
use paicha_client::surroundings::{BoxFuture, Surroundings};
use paicha_photos::sample::{Stamp, field_photo};
use sync_protocol::time::Micros;

use crate::app::PASSWORD;

/// Waits of a phone take this fraction of their time.
const HURRY: u64 = 100;

/// A phone's surroundings in a test.
#[derive(Debug)]
struct Pocket {
    clock: Arc<dyn Clock>,
    ids: SystemIds,
    boot_id: String,
}

impl Surroundings for Pocket {
    fn now(&self) -> Micros {
        Micros::from_micros(self.clock.now_us()).unwrap_or(Micros::MAX)
    }

    fn monotonic_us(&self) -> i64 {
        self.clock.now_us()
    }

    fn boot_id(&self) -> String {
        self.boot_id.clone()
    }

    fn random_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.ids.secret_bytes()[..16]);
        bytes
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms.div_ceil(HURRY))))
    }
}

/// Opens the phone that lies in `file`, with the server at `url`.
///
/// # Errors
/// When the file cannot be opened.
pub async fn open_phone(file: &Path, url: &str, clock: Arc<dyn Clock>) -> Result<Phone> {
    let ids = SystemIds::new(clock.clone());
    let boot_id = ids.new_id().to_string();
    let http = Http::new(&HttpOptions { timeout_ms: 20_000, ..HttpOptions::new(url) })?;
    Ok(Phone::open(file, Arc::new(http), Arc::new(Pocket { clock, ids, boot_id })).await?)
}

/// Signs in on the phone with everybody's password.
///
/// # Errors
/// When the server refuses or is off.
pub async fn enrol(phone: &Phone, url: &str, login: &str) -> Result<()> {
    let enrolment = Enrolment {
        login: login.to_owned(),
        password: PASSWORD.to_owned(),
        label: "测试手机".to_owned(),
        model: "Model T".to_owned(),
    };
    phone.enrol(url, &enrolment).await?;
    Ok(())
}

/// Synchronises without showing anything.
///
/// # Errors
/// What the phone says.
pub async fn sync(phone: &Phone) -> Result<SyncReport> {
    Ok(phone.sync(&mut |_| {}).await?)
}

/// One hazard at an invented place with these photos, all showing the hazard.
///
/// # Panics
/// When the village is no code.
#[must_use]
pub fn finding(village: &str, description: &str, photos: Vec<Vec<u8>>) -> Finding {
    let village = village.parse().expect("tests name villages by their codes");
    let position = Position::Missing { reason: "山谷无信号".to_owned() };
    let mut finding = Finding::patrol(village, PlaceRef::named("云杉木器加工点"), position, "测试单位", &["测试员"]);
    finding.hazards.push(HazardDraft::new("major_direct", "配电房", description));
    finding.photos = photos.into_iter().map(|bytes| PhotoDraft::new(bytes, vec![0])).collect();
    finding
}

/// A small real JPEG as an invented phone writes it, made as long as wanted by bytes after its end, which every decoder skips.
#[must_use]
pub fn long_photo(seed: u64, bytes: usize) -> Vec<u8> {
    let mut photo = field_photo(seed, 64, 48, &Stamp { orientation: 6, ..Stamp::example() });
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while photo.len() < bytes {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        photo.extend_from_slice(&random.to_le_bytes());
    }
    photo
}
