//! Gives up an upload: its pieces go, the photo stays declared and owed. A stored original is never touched by this. What a newcomer
//! gets wrong: a request that is still sending may leave one more piece behind; the sweep finds it.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::finish_photo::remove_pieces;
use crate::usecases::upload_access::{UploadError, find_own_upload};
use paicha_db::uploads;

/// Removes one of the caller's uploads.
///
/// # Errors
/// [`UploadError`].
pub async fn cancel_upload(app: &App, caller: &Caller, id: &str) -> Result<(), UploadError> {
    let mut tx = app.database.begin_write().await?;
    find_own_upload(&mut tx, caller, id).await?;
    uploads::delete_upload(&mut tx, id).await?;
    tx.commit().await?;
    remove_pieces(app, id).await;
    Ok(())
}
