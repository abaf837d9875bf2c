//! Fetching: one page per call, written with its cursor in one transaction. A page of another server history changes nothing but makes
//! the phone offer its recent work again and start from no cursor. What a newcomer gets wrong: the cursor is the server's and opaque;
//! the phone can only hand it back or drop it.

use sync_protocol::ids::FeedId;
use sync_protocol::limits::{PROTO, PULL_PAGE_BYTES_DEFAULT, SCHEMA};
use sync_protocol::problem::Problem;
use sync_protocol::pull::{ChangedRecord, PullRequest, PullResponse};

use super::session::read;
use super::{Phone, PhoneError};
use crate::store::{PageOutcome, StoreError, begin_life, key, start_over};
use crate::surroundings::new_random_id;
use crate::transport::{Method, Request};

/// What one page came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullRound {
    /// Records that changed or left.
    pub changed: usize,
    /// There is more to fetch now.
    pub more: bool,
    /// Villages whose check sum did not fit; everything is fetched anew.
    pub diverged: Vec<FeedId>,
    /// The server's history is another one: push again, then fetch everything.
    pub new_epoch: bool,
}

impl Phone {
    /// Fetches and writes one page.
    ///
    /// # Errors
    /// `Transport`, `Problem`, `Answer`, `Store`; the cursor stays where it was.
    pub async fn pull_once(&self) -> Result<PullRound, PhoneError> {
        let _link = self.link.lock().await;
        let sent_at_us = self.surroundings.monotonic_us();
        let page = match self.fetch_page().await {
            Err(error) if error.is_problem(Problem::BadCursor.code()) => {
                let mut tx = self.store.begin().await?;
                start_over(&mut tx).await?;
                tx.commit().await.map_err(StoreError::from)?;
                return Ok(PullRound { more: true, ..PullRound::default() });
            }
            page => page?,
        };
        let now = self.surroundings.now();
        let outcome = self.store.write_page(&page, now).await?;
        let mut tx = self.store.begin().await?;
        let round = match outcome {
            PageOutcome::Written { changed, diverged } => {
                PullRound { changed, more: page.more || !diverged.is_empty(), diverged, new_epoch: false }
            }
            PageOutcome::NewEpoch => {
                if self.enter_epoch(&mut tx, &page.epoch, now).await? {
                    begin_life(&mut tx, new_random_id(&*self.surroundings).into()).await?;
                }
                PullRound { more: true, new_epoch: true, ..PullRound::default() }
            }
        };
        self.keep_time(&mut tx, page.server_time, page.anchor.as_deref(), sent_at_us).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(round)
    }

    async fn fetch_page(&self) -> Result<PullResponse<ChangedRecord>, PhoneError> {
        let request = PullRequest {
            proto: PROTO,
            device: self.store.find_device().await?.ok_or(PhoneError::NotEnrolled)?,
            incarnation: self.store.life().await?.incarnation,
            schema: SCHEMA,
            cursor: self.store.meta(key::CURSOR).await?,
            max_bytes: Some(PULL_PAGE_BYTES_DEFAULT as u64),
        };
        let body = serde_json::to_vec(&request).map_err(PhoneError::Answer)?;
        let request = Request::new(Method::Post, "/v1/sync/pull")
            .header("content-type", "application/json")
            .header("accept-encoding", "zstd")
            .body(body);
        read(&self.call(request).await?)
    }
}
