//! All bytes are here: check length and hash ourselves, make them the original, mark the photo as stored. Every step can be repeated,
//! so a crash between any two is healed by the next request or by the job. What a newcomer gets wrong: a store that fails at the
//! last moment may still have stored; that is settled by looking at length and hash, never by its answer.
//!
//! ```text
//! pieces ─► one object under its hash ─► row in blobs, upload finished ─► operation "stored" ─► pieces removed
//! ```

use crate::app::App;
use crate::blobs::{BlobError, original_key, piece_key, rejected_key, staging_prefix};
use crate::crash;
use crate::usecases::caller::Caller;
use crate::usecases::settle_photos::settle_original;
use crate::usecases::upload_access::{UploadError, UploadState, authorise, find_own_upload, hash_of, is_complete};
use paicha_db::uploads::{self, BlobRow, PieceRow, UploadRow};
use std::sync::Arc;
use sync_protocol::ids::FeedId;

/// Pieces of one upload. More means that a link gave way thousands of times; then the upload starts again.
const PIECES_MAX: usize = 10_000;
/// Wrong completions of one upload whose bytes are kept for people; from the last of them on an alarm is logged.
const REJECTED_MAX: i64 = 3;

/// Finishes an upload of which all bytes are here. It runs to its end even if the caller hangs up.
///
/// # Errors
/// [`UploadError::WrongHash`] and [`UploadError::WrongOffset`] when the upload starts again; otherwise asking again may help.
pub async fn finish_photo(app: &Arc<App>, caller: &Caller, id: &str) -> Result<UploadState, UploadError> {
    let (app, caller, id) = (app.clone(), caller.clone(), id.to_owned());
    let task = tokio::spawn(async move { finish(&app, &caller, &id).await });
    task.await.map_err(|_| UploadError::Interrupted)?
}

async fn finish(app: &App, caller: &Caller, id: &str) -> Result<UploadState, UploadError> {
    let _turn = app.lanes.assembling.acquire().await.map_err(|_| UploadError::Interrupted)?;
    let mut tx = app.database.begin_read().await?;
    let upload = find_own_upload(&mut tx, caller, id).await?;
    // Rights may have ended while the bytes came.
    let feed = authorise(&mut tx, caller, upload.photo.into(), &hash_of(&upload)).await?;
    let limit = i64::try_from(PIECES_MAX + 1).unwrap_or(i64::MAX);
    let pieces = uploads::list_pieces(&mut tx, id, limit).await?;
    tx.rollback().await?;
    if upload.finished {
        return Ok(UploadState::of(&upload));
    }
    if !is_complete(&upload) {
        return Err(UploadError::WrongOffset);
    }
    if !are_whole(&pieces, upload.length) {
        tracing::error!(
            upload = id,
            pieces = pieces.len(),
            "the pieces of an upload do not make it up; it starts again"
        );
        return start_again(app, &upload, &pieces, false).await;
    }
    crash::point("upload.before_assemble");
    match assemble(app, &upload, &pieces).await {
        Ok(true) => {}
        Ok(false) => return reject(app, &upload, &pieces).await,
        Err(BlobError::NotFound(key)) => return missing(app, caller, &upload, &pieces, &key).await,
        Err(error) => return Err(error.into()),
    }
    crash::point("upload.after_assemble");
    record(app, &upload, &feed).await
}

/// Whether the pieces follow each other from the first byte to the last.
fn are_whole(pieces: &[PieceRow], length: i64) -> bool {
    let mut end = 0;
    let joined = pieces.iter().all(|piece| {
        let fits = piece.start == end;
        end += piece.bytes;
        fits
    });
    joined && end == length && pieces.len() <= PIECES_MAX
}

fn keys(upload: &UploadRow, pieces: &[PieceRow]) -> Vec<String> {
    pieces.iter().map(|piece| piece_key(&upload.id, piece.start, piece.fence)).collect()
}

/// Makes the pieces the original; false when length or hash are not the declared ones.
async fn assemble(app: &App, upload: &UploadRow, pieces: &[PieceRow]) -> Result<bool, BlobError> {
    let sha256 = hash_of(upload);
    let length = u64::try_from(upload.length).unwrap_or(0);
    let key = original_key(&sha256);
    match app.blobs.assemble(&keys(upload, pieces), &key, Some((length, sha256))).await {
        Ok(assembled) => Ok(assembled.stored),
        Err(BlobError::Store(error)) => {
            // It may have been stored all the same; only bytes read back can tell.
            match app.blobs.hash(&key).await {
                Ok(Some(found)) if found == (length, sha256) => Ok(true),
                Ok(_) | Err(_) => Err(BlobError::Store(error)),
            }
        }
        Err(error) => Err(error),
    }
}

async fn record(app: &App, upload: &UploadRow, feed: &FeedId) -> Result<UploadState, UploadError> {
    let mut tx = app.database.begin_write().await?;
    let blob = BlobRow { sha256: upload.sha256.clone(), bytes: upload.length, stored_at: app.now().as_micros() };
    uploads::put_blob(&mut tx, blob).await?;
    crash::point("upload.after_blob");
    uploads::finish_upload(&mut tx, &upload.id).await?;
    tx.commit().await?;
    crash::point("upload.after_finish");
    settle_original(app, feed, &hash_of(upload)).await?;
    crash::point("upload.after_op");
    remove_pieces(app, &upload.id).await;
    Ok(UploadState::of(&UploadRow { finished: true, received: upload.length, ..upload.clone() }))
}

/// Keeps the bytes of a wrong completion apart, counts it and starts the upload again.
async fn reject(app: &App, upload: &UploadRow, pieces: &[PieceRow]) -> Result<UploadState, UploadError> {
    let failures = upload.failures + 1;
    if failures <= REJECTED_MAX {
        app.blobs.assemble(&keys(upload, pieces), &rejected_key(&upload.id, failures), None).await?;
    }
    if failures >= REJECTED_MAX {
        tracing::error!(
            upload = %upload.id, photo = %upload.photo, device = %upload.device, failures,
            "ALARM: a photo keeps arriving with another hash than declared; its bytes are kept under rejected/"
        );
    } else {
        tracing::warn!(upload = %upload.id, photo = %upload.photo, failures, "a photo arrived with another hash");
    }
    start_again(app, upload, pieces, true).await
}

/// Puts the offset back to the first byte, unless another request has done so.
async fn start_again(
    app: &App,
    upload: &UploadRow,
    pieces: &[PieceRow],
    wrong_hash: bool,
) -> Result<UploadState, UploadError> {
    let mut tx = app.database.begin_write().await?;
    // Either locks the row, so what is read next is what will be removed.
    if wrong_hash {
        uploads::count_failure(&mut tx, &upload.id).await?;
    } else {
        uploads::take_fence(&mut tx, &upload.id, upload.expires_at).await?;
    }
    let limit = i64::try_from(PIECES_MAX + 1).unwrap_or(i64::MAX);
    if uploads::list_pieces(&mut tx, &upload.id, limit).await? == pieces {
        uploads::reset_upload(&mut tx, &upload.id).await?;
        tx.commit().await?;
        for key in keys(upload, pieces) {
            remove(app, &key).await;
        }
    } else {
        tx.rollback().await?;
    }
    Err(if wrong_hash { UploadError::WrongHash } else { UploadError::WrongOffset })
}

/// A piece is gone: another request may have finished meanwhile and removed it.
async fn missing(
    app: &App,
    caller: &Caller,
    upload: &UploadRow,
    pieces: &[PieceRow],
    key: &str,
) -> Result<UploadState, UploadError> {
    let mut tx = app.database.begin_read().await?;
    let now = find_own_upload(&mut tx, caller, &upload.id).await?;
    tx.rollback().await?;
    if now.finished {
        return Ok(UploadState::of(&now));
    }
    tracing::error!(upload = %upload.id, key, "a piece of an upload is gone; the upload starts again");
    start_again(app, upload, pieces, false).await
}

/// Removes whatever is staged for an upload. What cannot be removed now is found by the sweep.
pub(crate) async fn remove_pieces(app: &App, upload: &str) {
    match app.blobs.list(&staging_prefix(upload), PIECES_MAX).await {
        Ok(keys) => {
            for key in keys {
                remove(app, &key).await;
            }
        }
        Err(error) => tracing::warn!(%error, upload, "staged pieces cannot be listed"),
    }
}

/// Removes one object as well as it goes.
pub(crate) async fn remove(app: &App, key: &str) {
    if let Err(error) = app.blobs.delete(key).await {
        tracing::warn!(%error, key, "an object cannot be removed now");
    }
}
