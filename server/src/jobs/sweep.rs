//! Removes what was given up: uploads without progress for their time, and pieces that belong to no upload or to a finished one. The
//! photo of an expired upload stays declared and owed. What a newcomer gets wrong: pieces are listed before their upload is looked
//! up; a piece written later belongs to a row that is there by then.

use crate::app::App;
use crate::blobs::staging_prefix;
use crate::usecases::finish_photo::{remove, remove_pieces};
use crate::usecases::upload_access::UploadError;
use paicha_db::uploads;

/// Expired uploads removed in one sweep; the next one goes on.
const EXPIRED_MAX: i64 = 1000;
/// Pieces of one upload looked at in one sweep.
const PIECES_MAX: usize = 10_000;

/// Sweeps once; a failure is logged and the next sweep tries again.
pub(super) async fn sweep(app: &App) {
    match remove_expired(app).await {
        Ok(0) => {}
        Ok(count) => {
            tracing::info!(uploads = count, "uploads without progress were removed; their photos are still owed")
        }
        Err(error) => tracing::warn!(%error, "expired uploads cannot be removed now"),
    }
    match remove_orphans(app).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(pieces = count, "pieces of no upload were removed"),
        Err(error) => tracing::warn!(%error, "orphaned pieces cannot be removed now"),
    }
}

async fn remove_expired(app: &App) -> Result<usize, UploadError> {
    let now = app.now().as_micros();
    let mut tx = app.database.begin_read().await?;
    let expired = uploads::list_expired_uploads(&mut tx, now, EXPIRED_MAX).await?;
    tx.rollback().await?;
    let mut removed = 0;
    for upload in &expired {
        let mut tx = app.database.begin_write().await?;
        let still = uploads::find_upload(&mut tx, &upload.id).await?;
        if still.is_some_and(|upload| upload.expires_at <= now) {
            uploads::delete_upload(&mut tx, &upload.id).await?;
            tx.commit().await?;
            remove_pieces(app, &upload.id).await;
            removed += usize::from(!upload.finished);
        } else {
            tx.rollback().await?;
        }
    }
    Ok(removed)
}

async fn remove_orphans(app: &App) -> Result<usize, UploadError> {
    let mut removed = 0;
    for id in app.blobs.list_staged_uploads().await? {
        let keys = app.blobs.list(&staging_prefix(&id), PIECES_MAX).await?;
        let mut tx = app.database.begin_read().await?;
        let upload = uploads::find_upload(&mut tx, &id).await?;
        tx.rollback().await?;
        if upload.is_none_or(|upload| upload.finished) {
            for key in &keys {
                remove(app, key).await;
            }
            removed += keys.len();
        }
    }
    Ok(removed)
}
