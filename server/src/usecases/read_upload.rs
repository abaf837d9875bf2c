//! Where does an upload stand? Asking takes the upload over, so a request that still hangs in a dead connection stops; and it finishes
//! what a crash left between the last byte and the stored original, because clients believe an offset at the end. What a newcomer
//! gets wrong: answering the full length before the original is stored.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::finish_photo::finish_photo;
use crate::usecases::upload_access::{UploadError, UploadState, find_own_upload, is_complete, take_over};
use std::sync::Arc;

/// Where the caller's upload stands.
///
/// # Errors
/// [`UploadError`].
pub async fn read_upload(app: &Arc<App>, caller: &Caller, id: &str) -> Result<UploadState, UploadError> {
    let mut tx = app.database.begin_write().await?;
    let row = take_over(&mut tx, app, caller, id).await?;
    tx.commit().await?;
    if !is_complete(&row) {
        return Ok(UploadState::of(&row));
    }
    match finish_photo(app, caller, id).await {
        Ok(state) => Ok(state),
        // The upload starts again; its new offset is the answer to the question.
        Err(UploadError::WrongHash | UploadError::WrongOffset) => {
            let mut tx = app.database.begin_read().await?;
            let row = find_own_upload(&mut tx, caller, id).await?;
            tx.rollback().await?;
            Ok(UploadState::of(&row))
        }
        Err(error) => Err(error),
    }
}
