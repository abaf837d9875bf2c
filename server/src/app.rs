//! Everything a use case needs, in one place: the database, the photo store, keys, clock, ids and the village map. Built once at start;
//! shared by all requests and jobs. What a newcomer gets wrong: there is no state here that another process would miss (the throttle
//! counts alone, on purpose); all of that is in the database and the object store.

use crate::auth::seal::SealRing;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::TokenRing;
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::ids::IdSource;
use crate::lanes::Lane;
use paicha_areas::VillageIndex;
use paicha_db::Database;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, RwLock};
use sync_protocol::ids::{DeviceId, IncarnationId, UserId};
use sync_protocol::time::Micros;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// What all requests share.
#[derive(Debug)]
pub struct App {
    /// The settings.
    pub config: Config,
    /// The database.
    pub database: Database,
    /// The photo store.
    pub blobs: Blobs,
    /// Keys of access tokens.
    pub tokens: TokenRing,
    /// Keys of cursors, anchors and other sealed values.
    pub seals: SealRing,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// This installation, as the database knows it.
    pub installation: Installation,
    /// Village polygons; replaced whole after an import.
    pub map: RwLock<Arc<VillageIndex>>,
    /// Counts tries to sign in; in memory, each process for itself.
    pub throttle: Mutex<Throttle>,
    /// Places for password checks, `limits.passwords_at_once` of them.
    pub password_checks: Arc<tokio::sync::Semaphore>,
    /// Wakes the photo jobs when originals have arrived.
    pub photos_waiting: tokio::sync::Notify,
    /// Photos whose preview somebody missed: it is made again.
    pub previews_missed: Mutex<BTreeSet<Uuid>>,
    /// Newest event of any phone, microseconds UTC, 0 for none: what phones agree on about the time of day, whatever this machine's clock says.
    pub newest_event_us: AtomicI64,
    /// How much this process does at once.
    pub lanes: Lanes,
}

/// Missed previews that are remembered; more are missed again by whoever looks next.
const PREVIEWS_MISSED_MAX: usize = 10_000;

/// What bounds the memory and the connections that requests take: one lane for each sort (protocol 3.10).
#[derive(Debug)]
pub struct Lanes {
    /// Batches of operations.
    pub pushing: Arc<Lane>,
    /// Pages of changes.
    pub pulling: Arc<Lane>,
    /// Pages of first syncs.
    pub snapshots: Arc<Lane>,
    /// Bodies of photos being received; each holds one piece.
    pub receiving: Arc<Lane>,
    /// Originals being put together.
    pub assembling: Semaphore,
}

/// Originals put together at once; each holds about 6 MiB, and more at once are not faster on one disk.
const ASSEMBLING_AT_ONCE: usize = 4;

impl Lanes {
    /// Lanes as wide as the settings say.
    pub fn new(limits: &Limits) -> Self {
        let lane = |places| Arc::new(Lane::new(places));
        Self {
            pushing: lane(limits.pushes_at_once),
            pulling: lane(limits.pulls_at_once),
            snapshots: lane(limits.snapshots_at_once),
            receiving: lane(limits.uploads_at_once),
            assembling: Semaphore::new(ASSEMBLING_AT_ONCE),
        }
    }
}

/// The identity of an installation: made once, kept in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Author of what the server finds by itself.
    pub user: UserId,
    /// The device those operations come from.
    pub device: DeviceId,
    /// The life of that device's sequence.
    pub incarnation: IncarnationId,
}

impl App {
    /// The clock's instant.
    pub fn now(&self) -> Micros {
        let now_us = self.clock.now_us();
        Micros::from_micros(now_us).unwrap_or(if now_us < 0 { Micros::MIN } else { Micros::MAX })
    }

    /// Takes note that the preview of a photo is not where it should be; the photo jobs make it again from the original.
    pub fn miss_preview(&self, photo: Uuid) {
        tracing::warn!(%photo, "a preview is missing from the photo store and is made again");
        let mut missed = self.previews_missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if missed.len() < PREVIEWS_MISSED_MAX {
            missed.insert(photo);
        }
        self.photos_waiting.notify_one();
    }

    /// Missed previews that somebody takes upon themselves, `limit` at most.
    pub fn take_missed_previews(&self, limit: usize) -> Vec<Uuid> {
        let mut missed = self.previews_missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let taken: Vec<Uuid> = missed.iter().copied().take(limit).collect();
        taken.iter().for_each(|photo| {
            missed.remove(photo);
        });
        taken
    }

    /// The village map as it is now.
    pub fn village_map(&self) -> Arc<VillageIndex> {
        self.map.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Puts a newly loaded village map in force.
    pub fn replace_village_map(&self, map: VillageIndex) {
        *self.map.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(map);
    }
}
