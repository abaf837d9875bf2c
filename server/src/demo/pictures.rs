//! The photos of the demo, drawn by the program and stamped as phones stamp them. What a newcomer gets wrong: drawing on the threads that
//! serve; a photo takes a tenth of a second of a whole core, so it has its own threads.

use super::Scale;
use paicha_photos::GpsPosition;
use paicha_photos::sample::{Stamp, field_photo};
use std::sync::atomic::{AtomicUsize, Ordering};
use sync_protocol::digest::{Sha256Bytes, sha256};
use sync_protocol::geo::{Fix, canonical};
use sync_protocol::ids::RecordId;
use sync_protocol::time::{BUSINESS_OFFSET_US, Micros};

/// A photo to be taken.
#[derive(Debug, Clone)]
pub(super) struct Shot {
    /// Its record.
    pub(super) id: RecordId,
    /// Which scene.
    pub(super) seed: u64,
    /// When.
    pub(super) at: Micros,
    /// Where.
    pub(super) fix: Fix,
    /// It was chosen from the album, not taken on the spot.
    pub(super) album: bool,
    /// The phone never gets to send it: it is owed.
    pub(super) owed: bool,
}

/// A photo that was taken.
#[derive(Debug, Clone)]
pub(super) struct Photo {
    /// What was taken.
    pub(super) shot: Shot,
    /// The original.
    pub(super) jpeg: Vec<u8>,
    /// Its hash.
    pub(super) sha256: Sha256Bytes,
}

/// Takes all photos, on all cores; `drawn` is called with how many there are.
pub(super) fn draw(shots: &[Shot], scale: Scale, drawn: &(dyn Fn(u64) + Sync)) -> Vec<Photo> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(shots.len().max(1));
    let work = || {
        let mut photos = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(shot) = shots.get(index) else { return photos };
            photos.push((index, take(shot, scale)));
            drawn(u64::try_from(done.fetch_add(1, Ordering::Relaxed) + 1).unwrap_or(u64::MAX));
        }
    };
    let mut photos: Vec<(usize, Photo)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    photos.sort_by_key(|(index, _)| *index);
    photos.into_iter().map(|(_, photo)| photo).collect()
}

fn take(shot: &Shot, scale: Scale) -> Photo {
    let (width, height) = (scale.photo_width_px, scale.photo_width_px * 3 / 4);
    let jpeg = field_photo(shot.seed, width, height, &stamp(shot));
    Photo { shot: shot.clone(), sha256: sha256(&jpeg), jpeg }
}

fn stamp(shot: &Shot) -> Stamp {
    let local = shot.at.saturating_add(BUSINESS_OFFSET_US).to_string();
    let point = canonical(&shot.fix).ok();
    Stamp {
        taken_at_text: local.get(..19).map(str::to_owned),
        offset_text: Some("+08:00".to_owned()),
        gps_time_text: shot.at.to_string().get(..19).map(|text| format!("{text}Z")),
        gps: point.map(|point| GpsPosition { latitude: point.lat84(), longitude: point.lon84() }),
        altitude_m: shot.fix.alt_m,
        make: Some("Yanshi (invented)".to_owned()),
        model: Some(format!("DEMO-{}", shot.seed % 3 + 1)),
        // Most people hold the phone upright or lying; like a phone, the picture is stored turned and says so.
        orientation: if shot.seed.is_multiple_of(4) { 6 } else { 1 },
    }
}
