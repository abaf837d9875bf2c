//! Which of these originals need not be sent? Answered only for hashes that photos in the caller's villages carry, so that nobody can
//! ask what else the server holds.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::blobs::original_key;
use crate::usecases::caller::Caller;
use crate::usecases::upload_access::UploadError;
use paicha_db::projections;
use sync_protocol::digest::Sha256Bytes;

/// Hashes in one question.
pub const HASHES_MAX: usize = 200;
/// Photos with one hash that are looked at.
const PHOTOS_PER_HASH_MAX: i64 = 100;

/// Those of `hashes` (at most [`HASHES_MAX`] are looked at) that are stored and that a photo in the caller's villages carries.
///
/// # Errors
/// When the database or the photo store fails.
pub async fn check_blobs(app: &App, caller: &Caller, hashes: &[Sha256Bytes]) -> Result<Vec<Sha256Bytes>, UploadError> {
    let mut tx = app.database.begin_read().await?;
    let mut have = Vec::new();
    for hash in hashes.iter().take(HASHES_MAX) {
        let photos = projections::list_photos_by_sha256(&mut tx, hash, PHOTOS_PER_HASH_MAX).await?;
        if photos.iter().any(|photo| photo.stored && caller.may(Action::UploadPhoto, Some(&photo.feed))) {
            have.push(*hash);
        }
    }
    tx.rollback().await?;
    let mut here = Vec::with_capacity(have.len());
    for hash in have {
        if app.blobs.length(&original_key(&hash)).await?.is_some() {
            here.push(hash);
        }
    }
    Ok(here)
}
