//! What all steps of an upload share: why one stops, whose an upload is, and who may send a photo. Somebody may send it who may upload in
//! the photo's village, or whose phone declared it, so work that was done drains after a village was lost. What a newcomer gets
//! wrong: saying more than "not found" to anybody else; a photo's hash would become a way to ask what the server holds.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::blobs::BlobError;
use crate::usecases::caller::Caller;
use crate::usecases::push_operations::{PushError, read_record};
use paicha_db::uploads::{self, UploadRow};
use paicha_db::{DbError, Tx, incarnations, records};
use serde_json::Value;
use sync_protocol::digest::{Sha256Bytes, to_hex};
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::limits::PHOTO_BYTES_MAX;
use sync_protocol::time::{DAY_US, Micros};
use uuid::Uuid;

/// Days without progress after which an upload is thrown away; the photo stays declared.
pub const UPLOAD_DAYS: i64 = 7;

/// Declarations of one photo that are looked at for the caller's phone.
const DECLARATIONS_MAX: usize = 32;

/// Why an upload stops. What was acknowledged before stays.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// No such upload or photo, or not for the caller to know.
    #[error("no such upload or photo for this caller")]
    NotFound,
    /// The upload ended for want of progress.
    #[error("the upload expired")]
    Gone,
    /// Longer than a photo may be, or than this one was said to be.
    #[error("too many bytes")]
    TooLarge,
    /// The server has received another number of bytes.
    #[error("the upload is not at that offset")]
    WrongOffset,
    /// A newer request goes on with this upload.
    #[error("a newer request took over")]
    Superseded,
    /// The bytes of this request do not fit their checksum; none of them was kept.
    #[error("the checksum does not fit")]
    WrongChecksum,
    /// The whole photo does not have the declared hash; the upload starts again, the bytes are kept apart.
    #[error("the photo does not have the declared hash")]
    WrongHash,
    /// The body ended early and a checksum was promised.
    #[error("the body ended early")]
    Cut,
    /// The photo store cannot be used now.
    #[error("the photo store failed")]
    Store(#[from] BlobError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// The server's own operation could not be stored; the job tries again.
    #[error("the photo could not be marked as stored")]
    Push(#[from] PushError),
    /// The task died.
    #[error("the task ended early")]
    Interrupted,
}

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadState {
    /// Its id, the last part of its address.
    pub id: String,
    /// Bytes that are durable.
    pub offset: u64,
    /// Bytes in all.
    pub length: u64,
    /// When it ends for want of progress; nothing once it is finished.
    pub expires_at: Option<Micros>,
    /// The photo.
    pub photo: RecordId,
    /// Its declared hash.
    pub sha256: Sha256Bytes,
}

impl UploadState {
    /// From the row as it is now.
    pub(crate) fn of(row: &UploadRow) -> Self {
        Self {
            id: row.id.clone(),
            offset: u64::try_from(row.received).unwrap_or(0),
            length: u64::try_from(row.length).unwrap_or(0),
            expires_at: if row.finished { None } else { Micros::from_micros(row.expires_at).ok() },
            photo: row.photo.into(),
            sha256: hash_of(row),
        }
    }
}

/// The declared hash of an upload. A row holds 32 bytes; anything else would be equal to no photo's hash.
pub(crate) fn hash_of(row: &UploadRow) -> Sha256Bytes {
    row.sha256.as_slice().try_into().unwrap_or_default()
}

/// Whether all bytes are here and the original is not stored yet.
pub(crate) fn is_complete(row: &UploadRow) -> bool {
    !row.finished && row.received == row.length
}

/// Bytes that a photo may have on this server.
pub fn photo_bytes_max(app: &App) -> u64 {
    PHOTO_BYTES_MAX.min(app.config.limits.photo_mib_max << 20)
}

/// When an upload that makes progress now ends.
pub(crate) fn expires_at(app: &App) -> i64 {
    app.now().saturating_add(UPLOAD_DAYS * DAY_US).as_micros()
}

/// Whose upload it is: the phone's, so that whoever holds a shared phone goes on with it, or the person's in a browser.
pub(crate) fn owner(caller: &Caller) -> Uuid {
    caller.device.map_or(caller.user.0, |device| device.0)
}

/// One of the caller's own uploads.
///
/// # Errors
/// [`UploadError::NotFound`] for anybody else's too.
pub(crate) async fn find_own_upload(tx: &mut Tx, caller: &Caller, id: &str) -> Result<UploadRow, UploadError> {
    let found = uploads::find_upload(tx, id).await?;
    found.filter(|upload| upload.device == owner(caller)).ok_or(UploadError::NotFound)
}

/// One of the caller's own uploads, with a new fence: every older request of it stops at its next piece. The row stays locked until the
/// transaction ends.
///
/// # Errors
/// [`UploadError::NotFound`], [`UploadError::Gone`] when it expired.
pub(crate) async fn take_over(tx: &mut Tx, app: &App, caller: &Caller, id: &str) -> Result<UploadRow, UploadError> {
    let found = find_own_upload(tx, caller, id).await?;
    if found.expires_at <= app.now().as_micros() {
        return Err(UploadError::Gone);
    }
    uploads::take_fence(tx, id, expires_at(app)).await?.ok_or(UploadError::NotFound)
}

/// Checks that the caller may send this photo's original; the feed of the photo.
///
/// # Errors
/// [`UploadError::NotFound`] for whatever reason not.
pub(crate) async fn authorise(
    tx: &mut Tx,
    caller: &Caller,
    photo: RecordId,
    sha256: &Sha256Bytes,
) -> Result<FeedId, UploadError> {
    let rows = records::find_records(tx, &[photo.0]).await?;
    let row = rows.first().filter(|row| row.kind == "photo").ok_or(UploadError::NotFound)?;
    let record = read_record(row)?;
    let hash = Value::String(to_hex(sha256));
    let entries = record.fields.get("sha256").map_or(&[][..], |register| &register.entries);
    let declared: Vec<_> = entries.iter().filter(|entry| entry.value == hash).take(DECLARATIONS_MAX).collect();
    if declared.is_empty() {
        return Err(UploadError::NotFound);
    }
    if caller.may(Action::UploadPhoto, Some(record.feed.as_str())) {
        return Ok(record.feed.clone());
    }
    let Some(device) = caller.device else { return Err(UploadError::NotFound) };
    for entry in declared {
        // Its author, whoever handed it in: work that the office took in keeps its author.
        if entry.stamp.author == caller.user {
            return Ok(record.feed.clone());
        }
        let life = incarnations::find_incarnation(tx, entry.stamp.incarnation.0).await?;
        if life.is_some_and(|life| life.device == device.0) {
            return Ok(record.feed.clone());
        }
    }
    Err(UploadError::NotFound)
}
