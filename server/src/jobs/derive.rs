//! Makes previews, thumbnails, facts and hashes of stored originals, as many at once as there are workers and as the shared memory
//! allows. Whatever a photo is, it ends in a state; only the store or the database can make it wait. What a newcomer gets wrong: two
//! processes may derive the same photo; both write the same bytes and the same operation, so that costs time and nothing else.

use crate::app::App;
use crate::blobs::{BlobError, Derivative, derived_key, original_key};
use crate::usecases::push_operations::{PushError, push_server_operations, server_patch};
use crate::usecases::settle_photos::operation_id;
use bytes::Bytes;
use paicha_db::DbError;
use paicha_db::projections::{self, PhotoRow};
use paicha_photos::{DERIVE_VERSION, DeriveLimits, Derived, Picture, derive, estimate_memory_bytes};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync_protocol::digest::{Sha256Bytes, sha256, to_hex};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Photos looked at in one batch.
const BATCH: usize = 64;
/// Photos that wait after a failure; more than that means the store is gone, and then nothing new is begun either.
const WAITING_MAX: usize = 1000;
/// Deaths of a worker after which a photo is marked instead of tried again.
const DEATHS_MAX: u32 = 2;
/// The first pause after a failure; doubled with each further one.
const BACKOFF_FIRST: Duration = Duration::from_secs(5);
/// The longest pause.
const BACKOFF_MAX: Duration = Duration::from_mins(30);
/// Memory is given out in units of this many bytes.
const UNIT_BYTES: u64 = 1 << 10;

/// Why a photo was not derived this time.
#[derive(Debug, thiserror::Error)]
enum DeriveFailure {
    #[error("the original cannot be read or a preview cannot be stored")]
    Store(#[from] BlobError),
    #[error("the original has another hash than when it was stored")]
    Altered,
    #[error("the worker died")]
    Died,
    #[error("the result cannot be stored")]
    Push(#[from] PushError),
    #[error("the photo cannot be read again")]
    Database(#[from] DbError),
    #[error("the result had no effect on the photo's record")]
    NoEffect,
    #[error("the jobs stop")]
    Stopping,
}

/// A photo that failed.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    failures: u32,
    deaths: u32,
    until: Instant,
}

/// What the workers share.
#[derive(Debug)]
struct Budget {
    memory: Arc<Semaphore>,
    units: u32,
    /// Held while an original is read and its memory is not accounted for yet: one at a time.
    gate: Mutex<()>,
}

/// The deriving part of the jobs.
pub(super) struct Deriver {
    app: Arc<App>,
    workers: usize,
    budget: Arc<Budget>,
    waiting: HashMap<Uuid, Waiting>,
}

impl Deriver {
    pub(super) fn new(app: Arc<App>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let bytes = app.config.photos.memory_mib << 20;
        let units = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX);
        let memory = Semaphore::new(usize::try_from(units).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS));
        let budget = Budget { memory: Arc::new(memory), units, gate: Mutex::new(()) };
        let workers = app.config.photo_workers(cores);
        Self { app, workers, budget: Arc::new(budget), waiting: HashMap::new() }
    }

    /// Derives one batch, oldest first. Whether there may be more to do at once.
    pub(super) async fn derive_batch(&mut self) -> bool {
        let photos = match self.due_photos().await {
            Ok(photos) => photos,
            Err(error) => {
                tracing::warn!(%error, "photos to derive cannot be listed now");
                return false;
            }
        };
        if photos.is_empty() {
            return false;
        }
        let (total, started) = (photos.len(), Instant::now());
        let mut queue = photos.into_iter();
        let mut working = JoinSet::new();
        let mut done = 0;
        loop {
            while working.len() < self.workers
                && let Some(photo) = queue.next()
            {
                let deaths = self.waiting.get(&photo.id).map_or(0, |waiting| waiting.deaths);
                let (app, budget) = (self.app.clone(), self.budget.clone());
                working.spawn(async move {
                    let outcome = derive_photo(&app, &budget, &photo, deaths).await;
                    (photo, outcome)
                });
            }
            let Some(ended) = working.join_next().await else { break };
            // A task of ours does not panic: the work that could is in `spawn_blocking`, whose end is an outcome.
            if let Ok((photo, outcome)) = ended {
                done += usize::from(outcome.is_ok());
                self.note(&photo, outcome);
            }
        }
        tracing::info!(
            derived = done,
            failed = total - done,
            seconds = started.elapsed().as_secs(),
            "photos were derived"
        );
        done > 0
    }

    async fn due_photos(&self) -> Result<Vec<PhotoRow>, DbError> {
        if self.waiting.len() >= WAITING_MAX {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(BATCH + self.waiting.len()).unwrap_or(i64::MAX);
        let mut tx = self.app.database.begin_read().await?;
        let mut photos = projections::list_photos_to_derive(&mut tx, DERIVE_VERSION, limit).await?;
        if photos.len() < BATCH {
            let missed = self.app.take_missed_previews(BATCH - photos.len());
            photos.extend(projections::find_photos(&mut tx, &missed).await?.into_iter().filter(|photo| photo.stored));
        }
        tx.rollback().await?;
        let now = Instant::now();
        photos.retain(|photo| self.waiting.get(&photo.id).is_none_or(|waiting| waiting.until <= now));
        photos.truncate(BATCH);
        Ok(photos)
    }

    fn note(&mut self, photo: &PhotoRow, outcome: Result<(), DeriveFailure>) {
        let Err(error) = outcome else {
            self.waiting.remove(&photo.id);
            return;
        };
        let waiting = self.waiting.entry(photo.id).or_insert(Waiting { failures: 0, deaths: 0, until: Instant::now() });
        waiting.failures += 1;
        waiting.deaths += u32::from(matches!(error, DeriveFailure::Died));
        let pause = BACKOFF_FIRST.saturating_mul(1 << waiting.failures.min(16)).min(BACKOFF_MAX);
        let serious = matches!(error, DeriveFailure::Altered | DeriveFailure::Store(BlobError::NotFound(_)));
        waiting.until = Instant::now() + if serious { BACKOFF_MAX } else { pause };
        if serious {
            tracing::error!(%error, photo = %photo.id, "ALARM: a stored original is gone or damaged");
        } else {
            let source = std::error::Error::source(&error);
            tracing::warn!(%error, ?source, photo = %photo.id, failures = waiting.failures, "a photo waits to be derived");
        }
    }
}

async fn derive_photo(app: &App, budget: &Budget, photo: &PhotoRow, deaths: u32) -> Result<(), DeriveFailure> {
    let Ok(hash) = Sha256Bytes::try_from(photo.sha256.as_slice()) else { return Err(DeriveFailure::Altered) };
    let value = if deaths >= DEATHS_MAX {
        tracing::error!(photo = %photo.id, deaths, "a photo makes its worker die; it is marked and not tried again");
        json!({ "state": "unsupported", "reason": "decode_failed", "version": DERIVE_VERSION })
    } else {
        let (bytes, memory) = read_original(app, budget, &hash).await?;
        let length = bytes.len();
        let limits = DeriveLimits::default();
        let pool_bytes = u64::from(budget.units) * UNIT_BYTES;
        let limits = DeriveLimits { memory_bytes_max: limits.memory_bytes_max.min(pool_bytes), ..limits };
        let work = tokio::task::spawn_blocking(move || {
            let derived = (sha256(&bytes) == hash).then(|| derive(&bytes, &limits));
            drop(bytes);
            // Given back here and not when the task that waits is gone: it may be, while this goes on.
            drop(memory);
            derived
        });
        let derived = work.await.map_err(|_| DeriveFailure::Died)?.ok_or(DeriveFailure::Altered)?;
        tracing::debug!(photo = %photo.id, length, state = derived.state.tag(), "derived");
        put_picture(app, &hash, Derivative::Preview, derived.preview.as_ref()).await?;
        put_picture(app, &hash, Derivative::Thumbnail, derived.thumbnail.as_ref()).await?;
        described(&derived)
    };
    let Ok(feed) = photo.feed.parse() else { return Err(DeriveFailure::Altered) };
    let op = server_patch(app, feed, photo.id.into(), vec![("derived", value)]);
    push_server_operations(app, vec![(operation_id(app, "derived", photo, DERIVE_VERSION), op)]).await?;
    // Another process may have been first; an operation without effect would be made again and again.
    let mut tx = app.database.begin_read().await?;
    let now = projections::find_photos(&mut tx, &[photo.id]).await?;
    tx.rollback().await?;
    let settled = now.iter().all(|photo| photo.derive_version >= DERIVE_VERSION);
    if settled { Ok(()) } else { Err(DeriveFailure::NoEffect) }
}

/// The original's bytes and the memory that deriving it may take. A photo that needs more than there is takes all of it, so it runs alone,
/// and is then refused by its header.
async fn read_original(
    app: &App,
    budget: &Budget,
    hash: &Sha256Bytes,
) -> Result<(Bytes, OwnedSemaphorePermit), DeriveFailure> {
    let _gate = budget.gate.lock().await;
    let bytes = app.blobs.get(&original_key(hash)).await?;
    // What is not decoded still has its bytes.
    let need = estimate_memory_bytes(&bytes).unwrap_or(0).max(bytes.len() as u64);
    let units = u32::try_from(need.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(budget.units);
    let memory = budget.memory.clone().acquire_many_owned(units).await.map_err(|_| DeriveFailure::Stopping)?;
    Ok((bytes, memory))
}

async fn put_picture(
    app: &App,
    hash: &Sha256Bytes,
    which: Derivative,
    picture: Option<&Picture>,
) -> Result<(), BlobError> {
    let Some(picture) = picture else { return Ok(()) };
    app.blobs.put(&derived_key(hash, DERIVE_VERSION, which), Bytes::copy_from_slice(&picture.jpeg)).await
}

/// What the photo's record says about it.
fn described(derived: &Derived) -> Value {
    let picture =
        |picture: &Picture| json!({ "width": picture.width, "height": picture.height, "bytes": picture.jpeg.len() });
    let hex = |hash: u64| format!("{hash:016x}");
    let all = json!({
        "state": derived.state.tag(),
        "reason": derived.state.reason(),
        "version": DERIVE_VERSION,
        "type": derived.facts.photo_type,
        "width": derived.facts.width,
        "height": derived.facts.height,
        "orientation": derived.facts.orientation,
        "animated": derived.facts.animated,
        "exif": derived.facts.exif,
        "preview": derived.preview.as_ref().map(picture),
        "thumbnail": derived.thumbnail.as_ref().map(picture),
        "dhash": derived.dhash.map(hex),
        "phash": derived.phash.map(hex),
        "entropy_bits": derived.entropy_bits,
        "scan_sha256": derived.scan_sha256.as_ref().map(to_hex),
    });
    without_nulls(all)
}

/// What is not known is left out rather than said to be nothing.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let known = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(known.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => value,
    }
}
