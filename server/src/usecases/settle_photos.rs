//! Photos whose original is here become stored: one server-made operation each. It runs after an upload and again from a job, because
//! a crash may lie between the original and the operation, and one original may be several photos. The operation's id follows from
//! photo and hash, so doing it twice does nothing.

use crate::app::App;
use crate::auth::seal::Purpose;
use crate::usecases::push_operations::{PushError, push_server_operations, server_patch};
use paicha_db::projections::{self, PhotoRow};
use paicha_db::uploads;
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::FeedId;
use sync_protocol::op::Op;
use uuid::Uuid;

/// Photos with one original that are settled at once; the job does the rest.
const SETTLED_AT_ONCE: i64 = 100;

/// Marks the photos of one feed with this original as stored. Only for originals that somebody of this feed has sent: who merely knows a
/// hash has no picture, and reads none.
///
/// # Errors
/// [`PushError`]; the job tries again.
pub async fn settle_original(app: &App, feed: &FeedId, sha256: &Sha256Bytes) -> Result<(), PushError> {
    let mut tx = app.database.begin_read().await?;
    let photos = projections::list_photos_by_sha256(&mut tx, sha256, SETTLED_AT_ONCE).await?;
    let blob = uploads::find_blob(&mut tx, sha256).await?;
    tx.rollback().await?;
    let is_this = |photo: &PhotoRow| blob.as_ref().is_some_and(|blob| blob.bytes == photo.bytes);
    let own: Vec<PhotoRow> = photos.into_iter().filter(|photo| photo.feed == feed.as_str() && is_this(photo)).collect();
    mark_stored(app, &own).await?;
    Ok(())
}

/// Marks some photos after an id whose originals are here; the id of the last one, nothing when there are none left.
///
/// # Errors
/// [`PushError`].
pub async fn settle_photos(app: &App, after: Option<Uuid>, limit: i64) -> Result<Option<Uuid>, PushError> {
    let mut tx = app.database.begin_read().await?;
    let photos = projections::list_photos_to_settle(&mut tx, after, limit).await?;
    tx.rollback().await?;
    let marked = mark_stored(app, &photos).await?;
    if marked > 0 {
        tracing::info!(photos = marked, "photos whose originals were here already are stored now");
    }
    Ok(photos.last().map(|photo| photo.id))
}

async fn mark_stored(app: &App, photos: &[PhotoRow]) -> Result<usize, PushError> {
    let waiting = photos.iter().filter(|photo| !photo.stored);
    let ops: Vec<(Uuid, Op)> = waiting.filter_map(|photo| stored_op(app, photo)).collect();
    let count = ops.len();
    if count > 0 {
        push_server_operations(app, ops).await?;
        app.photos_waiting.notify_one();
    }
    Ok(count)
}

fn stored_op(app: &App, photo: &PhotoRow) -> Option<(Uuid, Op)> {
    let id = operation_id(app, "stored", photo, 0);
    Some((id, server_patch(app, photo.feed.parse().ok()?, photo.id.into(), vec![("state", "stored".into())])))
}

/// The id of what the server finds out about a photo: the same for the same photo, original and version.
pub(crate) fn operation_id(app: &App, found: &str, photo: &PhotoRow, version: i64) -> Uuid {
    let mut name = format!("paicha/photo/v1/{found}/{version}/").into_bytes();
    name.extend_from_slice(photo.id.as_bytes());
    name.extend_from_slice(&photo.sha256);
    // Keyed, or a phone could push something under this id first and keep the photo from ever being stored.
    let code = app.seals.derive(Purpose::Upload, &name);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&code.expose()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
