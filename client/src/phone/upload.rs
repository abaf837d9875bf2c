//! Photos over tus 1.0, one request at a time, each step kept before the next. A call may be told to stop after some chunks, so tests
//! can break off anywhere. What a newcomer gets wrong: the offset in the database is only for showing progress; every run asks
//! the server, because only its word counts.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sync_protocol::digest::op_digest;
use sync_protocol::ids::RecordId;

use super::{Phone, PhoneError};
use crate::pure::retry;
use crate::pure::upload::{Progress, UploadAnswer, UploadNext, UploadRequest, on_answer, order_uploads};
use crate::store::{NewPhoto, PhotoRow, StoreError};
use crate::surroundings::random_number;
use crate::transport::{Method, Request};

/// Photos looked at in one call at most.
const PHOTOS_PER_CALL: i64 = 200;
/// Attempts in a row without progress before a photo is left for the next sync.
const ATTEMPTS_MAX: u32 = 4;
/// Requests for one photo at most: 64 MiB in chunks of 16 KiB, and some to spare.
const REQUESTS_MAX: u32 = 5_000;

/// What one call came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadRound {
    /// Photos the server has whole now.
    pub stored: Vec<RecordId>,
    /// Photos left for the next sync.
    pub postponed: Vec<RecordId>,
    /// Those of them whose files are not what was saved.
    pub damaged: Vec<DamagedPhoto>,
    /// Bytes sent and taken.
    pub bytes: u64,
    /// Chunks sent.
    pub chunks: usize,
}

/// A photo that cannot be sent, because its file on the phone is missing, too short, or not what was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedPhoto {
    /// The photo.
    pub photo: RecordId,
    /// The record it was saved with.
    pub record: RecordId,
    /// Its file.
    pub file: PathBuf,
    /// What is wrong with it, for people.
    pub fault: String,
}

impl Phone {
    /// Sends photos whose declaration the server has, most urgent first, and stops after `chunks_max` chunks.
    ///
    /// # Errors
    /// `Transport` when the server cannot be reached any more, `Problem` when the session ended, `Store`.
    pub async fn upload_once(&self, chunks_max: usize) -> Result<UploadRound, PhoneError> {
        self.upload_except(chunks_max, &BTreeSet::new()).await
    }

    /// The same without photos that were postponed before, so that one that cannot go never keeps the others back.
    pub(crate) async fn upload_except(
        &self,
        chunks_max: usize,
        skipped: &BTreeSet<RecordId>,
    ) -> Result<UploadRound, PhoneError> {
        let _link = self.link.lock().await;
        let limit = PHOTOS_PER_CALL.saturating_add(i64::try_from(skipped.len()).unwrap_or(i64::MAX));
        let mut owed = self.store.list_sendable_photos(limit).await?;
        owed.retain(|photo| !skipped.contains(&photo.id));
        order_uploads(&mut owed);
        let mut round = UploadRound::default();
        for photo in owed {
            if round.chunks >= chunks_max {
                break;
            }
            let Some(row) = self.store.find_photo(photo.id).await? else { continue };
            self.upload_photo(&row, chunks_max, &mut round).await?;
        }
        Ok(round)
    }

    async fn upload_photo(&self, row: &PhotoRow, chunks_max: usize, round: &mut UploadRound) -> Result<(), PhoneError> {
        let mut progress = row.progress();
        let mut attempts = 0;
        let mut is_whole = false;
        for _ in 0..REQUESTS_MAX {
            let request = progress.next_request();
            match &request {
                UploadRequest::Nothing => {
                    round.stored.push(row.photo.photo);
                    return Ok(());
                }
                UploadRequest::Patch { .. } if round.chunks >= chunks_max => return Ok(()),
                // Before the first byte of every run: a damaged file would be sent whole, only to be turned down at its end.
                UploadRequest::Patch { .. } if !is_whole => {
                    if let Some(damaged) = self.find_damage(row).await? {
                        round.damaged.push(damaged);
                        break;
                    }
                    is_whole = true;
                    round.chunks += 1;
                }
                UploadRequest::Patch { .. } => round.chunks += 1,
                UploadRequest::Create | UploadRequest::Head { .. } => {}
            }
            let before = progress.offset;
            let (answer, lost) = match self.ask(row, &request).await {
                Ok(answered) => answered,
                // Only this photo's file is read there; the other photos go on.
                Err(PhoneError::Store(StoreError::File(error))) => {
                    round.damaged.push(self.damaged(row, format!("文件无法读取（{error}）")));
                    break;
                }
                Err(error) => return Err(error),
            };
            let next = on_answer(&mut progress, &request, &answer);
            self.store.write_progress(row.photo.photo, &progress, self.surroundings.now()).await?;
            if let (UploadRequest::Patch { .. }, Some(before), Some(after)) = (&request, before, progress.offset) {
                round.bytes += after.saturating_sub(before);
                attempts = 0;
            }
            match next {
                UploadNext::Continue => {}
                UploadNext::Retry { .. } | UploadNext::Reauthenticate if attempts >= ATTEMPTS_MAX => {
                    lost.map_or(Ok(()), Err)?;
                    break;
                }
                UploadNext::Retry { after_s } => {
                    let wait_ms = retry::wait_ms(attempts, after_s, random_number(&*self.surroundings));
                    attempts += 1;
                    self.surroundings.sleep(wait_ms).await;
                }
                // `call_raw` renewed the token already; a second 401 means that the session is over.
                UploadNext::Reauthenticate => attempts = ATTEMPTS_MAX,
                UploadNext::LaterSync => break,
            }
        }
        round.postponed.push(row.photo.photo);
        Ok(())
    }

    /// What is wrong with a photo's file, if anything is.
    async fn find_damage(&self, row: &PhotoRow) -> Result<Option<DamagedPhoto>, PhoneError> {
        let (store, photo) = (self.store.clone(), row.photo.clone());
        let looked = tokio::task::spawn_blocking(move || store.find_file_fault(&photo)).await;
        let fault = looked.map_err(|error| StoreError::File(std::io::Error::other(error)))?;
        Ok(fault.map(|fault| self.damaged(row, fault)))
    }

    fn damaged(&self, row: &PhotoRow, fault: String) -> DamagedPhoto {
        let NewPhoto { photo, record, .. } = row.photo;
        DamagedPhoto { photo, record, file: self.store.photo_file(photo), fault }
    }

    /// Sends one request; when no answer came, also says why.
    async fn ask(
        &self,
        row: &PhotoRow,
        request: &UploadRequest,
    ) -> Result<(UploadAnswer, Option<PhoneError>), PhoneError> {
        let request = match request {
            UploadRequest::Create => create(row),
            UploadRequest::Head { location } => tus(Method::Head, location),
            UploadRequest::Patch { location, offset, bytes } => {
                self.patch(row.photo.photo, location, *offset, *bytes).await?
            }
            UploadRequest::Nothing => return Ok((UploadAnswer::default(), None)),
        };
        match self.call_raw(request).await {
            Ok(response) => Ok((
                UploadAnswer {
                    status: Some(response.status),
                    location: response.header("location").map(str::to_owned),
                    offset: response.number("upload-offset"),
                    retry_after_s: response.number("retry-after"),
                },
                None,
            )),
            Err(error @ PhoneError::Transport(_)) => Ok((UploadAnswer::default(), Some(error))),
            Err(error) => Err(error),
        }
    }

    async fn patch(&self, photo: RecordId, location: &str, offset: u64, bytes: u64) -> Result<Request, PhoneError> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.read_photo_piece(photo, offset, bytes)).await;
        let piece = read.map_err(|error| StoreError::File(std::io::Error::other(error)))??;
        Ok(tus(Method::Patch, location)
            .header("upload-offset", offset.to_string())
            .header("content-type", "application/offset+octet-stream")
            .header("upload-checksum", format!("sha256 {}", op_digest(&piece)))
            .body(piece))
    }

    /// Asks the server how much of a photo it has, without sending anything; `None` before the upload was created.
    ///
    /// # Errors
    /// `Transport`, `Problem`, `Store`, `NoSuchRecord`.
    pub async fn ask_offset(&self, photo: RecordId) -> Result<Option<u64>, PhoneError> {
        let row = self.store.find_photo(photo).await?.ok_or(PhoneError::NoSuchRecord)?;
        let UploadRequest::Head { location } = row.progress().next_request() else { return Ok(None) };
        Ok(self.call(tus(Method::Head, &location)).await?.number("upload-offset"))
    }
}

fn tus(method: Method, path: &str) -> Request {
    Request::new(method, path).header("tus-resumable", "1.0.0")
}

fn create(row: &PhotoRow) -> Request {
    let encode = |text: String| STANDARD.encode(text);
    let metadata = format!(
        "photo {},sha256 {},record {}",
        encode(row.photo.photo.to_string()),
        encode(row.photo.sha256.clone()),
        encode(row.photo.record.to_string()),
    );
    let length: u64 = Progress::new(row.photo.length).length;
    tus(Method::Post, "/v1/uploads").header("upload-length", length.to_string()).header("upload-metadata", metadata)
}
