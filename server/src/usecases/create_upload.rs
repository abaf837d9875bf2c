//! Starts an upload, or finds the one that was started: its id follows from who sends what, so a repeated request resumes instead of
//! beginning again. When the original is here already the upload is born finished. What a newcomer gets wrong: a lost answer to
//! this request is normal in a valley; the second one must answer the same.

use crate::app::App;
use crate::auth::seal::Purpose;
use crate::blobs::original_key;
use crate::usecases::caller::Caller;
use crate::usecases::finish_photo::finish_photo;
use crate::usecases::settle_photos::settle_original;
use crate::usecases::upload_access::{
    UploadError, UploadState, authorise, expires_at, hash_of, is_complete, owner, photo_bytes_max,
};
use paicha_db::projections;
use paicha_db::uploads::{self, UploadRow};
use std::sync::Arc;
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::RecordId;

/// What somebody wants to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUpload {
    /// The photo's record.
    pub photo: RecordId,
    /// Hash of the original as declared.
    pub sha256: Sha256Bytes,
    /// Its length in bytes.
    pub length: u64,
}

/// Bytes of the code that an id shows: enough that none is guessed.
const ID_BYTES: usize = 16;

/// Makes the upload unless it exists and answers where it stands.
///
/// # Errors
/// [`UploadError`]; `NotFound` for a photo that is not declared or not the caller's to send.
pub async fn create_upload(app: &Arc<App>, caller: &Caller, new: NewUpload) -> Result<UploadState, UploadError> {
    let length = i64::try_from(new.length).map_err(|_| UploadError::TooLarge)?;
    if new.length > photo_bytes_max(app) {
        return Err(UploadError::TooLarge);
    }
    let now = app.now().as_micros();
    let mut tx = app.database.begin_write().await?;
    let feed = authorise(&mut tx, caller, new.photo, &new.sha256).await?;
    let blob = uploads::find_blob(&mut tx, &new.sha256).await?;
    // Not what a row says but what lies there: an original that the store has lost is taken again while a phone still has it.
    let here = app.blobs.length(&original_key(&new.sha256)).await?;
    let stored = blob.is_some_and(|blob| blob.bytes == length) && here == Some(new.length);
    // What only other villages have shown is sent all the same: knowing a hash is not having the picture.
    let shown = stored && projections::is_stored_in_feed(&mut tx, feed.as_str(), &new.sha256).await?;
    let wanted = UploadRow {
        id: upload_id(app, caller, &new),
        device: owner(caller),
        user: caller.user.0,
        photo: new.photo.0,
        sha256: new.sha256.to_vec(),
        length,
        received: 0,
        // Fences never repeat, even when an upload is removed and made again: no late piece of the old one takes a new one's name.
        fence: now,
        failures: 0,
        finished: false,
        created_at: now,
        expires_at: expires_at(app),
    };
    let mut row = uploads::create_upload(&mut tx, wanted.clone()).await?;
    if row.finished && !stored {
        tracing::error!(
            upload = row.id,
            "ALARM: a stored original is gone or damaged; it is taken again from the phone"
        );
        uploads::delete_upload(&mut tx, &row.id).await?;
        row = uploads::create_upload(&mut tx, wanted).await?;
    }
    if shown && !row.finished {
        uploads::finish_upload(&mut tx, &row.id).await?;
        row = UploadRow { received: row.length, finished: true, ..row };
    } else if row.expires_at <= now {
        row = uploads::take_fence(&mut tx, &row.id, expires_at(app)).await?.ok_or(UploadError::NotFound)?;
    }
    tx.commit().await?;
    if row.finished {
        settle_original(app, &feed, &hash_of(&row)).await?;
    } else if is_complete(&row) {
        return finish_photo(app, caller, &row.id).await;
    }
    Ok(UploadState::of(&row))
}

fn upload_id(app: &App, caller: &Caller, new: &NewUpload) -> String {
    let mut message = Vec::with_capacity(16 + 16 + 32 + 8);
    message.extend_from_slice(owner(caller).as_bytes());
    message.extend_from_slice(new.photo.0.as_bytes());
    message.extend_from_slice(&new.sha256);
    message.extend_from_slice(&new.length.to_be_bytes());
    hex::encode(&app.seals.derive(Purpose::Upload, &message).expose()[..ID_BYTES])
}
