//! One whole synchronisation: push until nothing is queued, pull until there is no more, then photos. It tries again by the retry policy a
//! few times and then gives the turn back; a timer, not a new capture, must start the next one. Breaking it off anywhere loses
//! nothing. What a newcomer gets wrong: after a pull there may be something to push again (a restored server).

use std::collections::BTreeSet;

use sync_protocol::ids::FeedId;
use sync_protocol::time::Micros;

use super::{DamagedPhoto, Phone, PhoneError};
use crate::pure::retry;
use crate::store::{StoreError, key, set_meta};
use crate::surroundings::random_number;

/// Attempts in a row without an answer before the turn is given back.
const ATTEMPTS_MAX: u32 = 4;
/// Rounds of push and pull; more than one only after a restored server or a divergence.
const ROUNDS_MAX: u32 = 4;
/// Divergences that are followed by fetching everything; more in one sync would be a loop.
const RESYNCS_MAX: usize = 2;
/// Chunks between two reports of progress.
const CHUNKS_PER_STEP: usize = 64;
/// Longest wait between batches that is sat out inside one sync, in seconds.
const WAIT_S_MAX: u64 = 60;

/// Where a sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncProgress {
    /// A batch was answered.
    Pushed {
        /// Operations answered so far.
        answered: usize,
    },
    /// A page was written.
    Pulled {
        /// Records changed so far.
        changed: usize,
    },
    /// A photo, or a part of one, arrived.
    Uploaded {
        /// Photos the server has whole now.
        photos: usize,
        /// Bytes taken.
        bytes: u64,
    },
    /// Waiting before the next attempt.
    Waiting {
        /// Milliseconds.
        ms: u64,
    },
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Operations that got an answer.
    pub answered: usize,
    /// Records that changed or left.
    pub changed: usize,
    /// Photos that the server has whole now.
    pub photos_stored: usize,
    /// Photos left for the next sync.
    pub photos_postponed: usize,
    /// Those of them whose files are not what was saved; they wait until somebody puts the files back.
    pub photos_damaged: Vec<DamagedPhoto>,
    /// Bytes of photos taken.
    pub photo_bytes: u64,
    /// New lives of the database that began.
    pub new_lives: usize,
    /// Villages whose check sum did not fit at some point.
    pub diverged: Vec<FeedId>,
}

impl Phone {
    /// Synchronises once, from push to photos. `progress` is called after every step.
    ///
    /// # Errors
    /// `Transport` when no answer came several times, `Problem` when the server will not go on (session over, device revoked, app too
    /// old), `Store`. What was answered before is kept.
    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, PhoneError> {
        let mut report = SyncReport::default();
        for _ in 0..ROUNDS_MAX {
            self.push_all(&mut report, progress).await?;
            let again = self.pull_all(&mut report, progress).await;
            if let Err(error @ PhoneError::Problem { status: 426, .. }) = again {
                // Too old to read is not too old to hand in: photos still go.
                self.upload_all(&mut report, progress).await?;
                return Err(error);
            }
            if !again? {
                break;
            }
        }
        self.upload_all(&mut report, progress).await?;
        let mut tx = self.store.begin().await?;
        set_meta(&mut tx, key::LAST_SYNC, &self.surroundings.now().to_string()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(report)
    }

    /// Milliseconds that a timer should wait before the next sync: after a success that lies long back a random part of five minutes, after
    /// `failures` in a row the exponential wait. A new capture need not wait for it.
    ///
    /// # Errors
    /// `Store`.
    pub async fn next_sync_ms(&self, failures: u32) -> Result<u64, PhoneError> {
        let random = random_number(&*self.surroundings);
        if failures > 0 {
            return Ok(retry::wait_ms(failures - 1, None, random));
        }
        let last: Option<Micros> = self.store.meta(key::LAST_SYNC).await?.and_then(|text| text.parse().ok());
        let silence_us = last.map_or(0, |last| self.surroundings.now().since(last));
        Ok(retry::return_delay_ms(silence_us / 1_000, random))
    }

    async fn push_all(
        &self,
        report: &mut SyncReport,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<(), PhoneError> {
        let mut attempts = 0;
        loop {
            let round = match self.push_once().await {
                Ok(round) => round,
                Err(error) => {
                    self.wait_or_give_up(error, &mut attempts, progress).await?;
                    continue;
                }
            };
            report.answered += round.answered;
            report.new_lives += usize::from(round.new_life);
            progress(SyncProgress::Pushed { answered: report.answered });
            if round.sent == 0 && !round.new_life {
                return Ok(());
            }
            if round.answered > 0 {
                attempts = 0;
            } else {
                attempts += 1;
                if attempts > ATTEMPTS_MAX {
                    return Ok(());
                }
            }
            if round.wait_s > 0 {
                self.wait(round.wait_s.min(WAIT_S_MAX) * 1_000, progress).await;
            }
        }
    }

    /// Answers whether another round of push and pull is needed.
    async fn pull_all(
        &self,
        report: &mut SyncReport,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<bool, PhoneError> {
        let mut attempts = 0;
        loop {
            let round = match self.pull_once().await {
                Ok(round) => round,
                Err(error) => {
                    self.wait_or_give_up(error, &mut attempts, progress).await?;
                    continue;
                }
            };
            attempts = 0;
            report.changed += round.changed;
            report.diverged.extend(round.diverged);
            progress(SyncProgress::Pulled { changed: report.changed });
            if round.new_epoch {
                return Ok(true);
            }
            if !round.more || report.diverged.len() > RESYNCS_MAX {
                return Ok(false);
            }
        }
    }

    async fn upload_all(
        &self,
        report: &mut SyncReport,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<(), PhoneError> {
        let mut postponed = BTreeSet::new();
        loop {
            let round = self.upload_except(CHUNKS_PER_STEP, &postponed).await?;
            report.photos_damaged.extend(round.damaged);
            report.photos_stored += round.stored.len();
            report.photo_bytes += round.bytes;
            progress(SyncProgress::Uploaded { photos: report.photos_stored, bytes: report.photo_bytes });
            let moved = !round.stored.is_empty() || round.bytes > 0 || !round.postponed.is_empty();
            postponed.extend(round.postponed);
            report.photos_postponed = postponed.len();
            if !moved {
                return Ok(());
            }
        }
    }

    async fn wait_or_give_up(
        &self,
        error: PhoneError,
        attempts: &mut u32,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<(), PhoneError> {
        if !error.is_transient() || *attempts >= ATTEMPTS_MAX {
            return Err(error);
        }
        let ms = retry::wait_ms(*attempts, error.retry_after_s(), random_number(&*self.surroundings));
        *attempts += 1;
        self.wait(ms, progress).await;
        Ok(())
    }

    async fn wait(&self, ms: u64, progress: &mut (dyn FnMut(SyncProgress) + Send)) {
        progress(SyncProgress::Waiting { ms });
        self.surroundings.sleep(ms).await;
    }
}
