//! Photos on their way in (`uploads` and their staged pieces) and the originals that are here (`blobs`).
//! Not the bytes: those are in the object store, and whoever removes a row here removes its objects there. What a newcomer
//! gets wrong: every request takes the fence first, and one whose fence is no longer the newest may not advance the offset.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use uuid::Uuid;

/// One upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Derived from device, photo, hash and length: creating twice gives the same.
    pub id: String,
    /// The phone.
    pub device: Uuid,
    /// Who sends it.
    pub user: Uuid,
    /// The photo.
    pub photo: Uuid,
    /// SHA-256 of the original, as declared; 32 bytes.
    pub sha256: Vec<u8>,
    /// Length in bytes.
    pub length: i64,
    /// Bytes that are durable.
    pub received: i64,
    /// Raised by every request; an older one may not advance the offset.
    pub fence: i64,
    /// Completions whose hash was wrong.
    pub failures: i64,
    /// The original is stored.
    pub finished: bool,
    /// Microseconds UTC.
    pub created_at: i64,
    /// Microseconds UTC.
    pub expires_at: i64,
}

fn upload_row(row: &Row) -> Result<UploadRow, DbError> {
    Ok(UploadRow {
        id: row.text("id")?,
        device: row.uuid("device")?,
        user: row.uuid("user_id")?,
        photo: row.uuid("photo")?,
        sha256: row.bytes("sha256")?,
        length: row.i64("length")?,
        received: row.i64("received")?,
        fence: row.i64("fence")?,
        failures: row.i64("failures")?,
        finished: row.bool("finished")?,
        created_at: row.i64("created_at")?,
        expires_at: row.i64("expires_at")?,
    })
}

/// Makes an upload unless it exists; answers the row as it is now, which is the older one then, and locks it until the
/// transaction ends.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn create_upload(tx: &mut Tx, upload: UploadRow) -> Result<UploadRow, DbError> {
    // The update changes nothing: unlike DO NOTHING it returns the row that exists.
    let statement = Statement::new(
        "INSERT INTO uploads (id, device, user_id, photo, sha256, length, received, fence, failures, finished, created_at,
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET expires_at = uploads.expires_at
         RETURNING id, device, user_id, photo, sha256, length, received, fence, failures, finished, created_at, expires_at",
    )
    .bind(upload.id)
    .bind(upload.device)
    .bind(upload.user)
    .bind(upload.photo)
    .bind(upload.sha256)
    .bind(upload.length)
    .bind(upload.received)
    .bind(upload.fence)
    .bind(upload.failures)
    .bind(upload.finished)
    .bind(upload.created_at)
    .bind(upload.expires_at);
    upload_row(&tx.fetch_one(statement).await?)
}

/// One upload, if it is known.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_upload(tx: &mut Tx, id: &str) -> Result<Option<UploadRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, device, user_id, photo, sha256, length, received, fence, failures, finished, created_at, expires_at
         FROM uploads WHERE id = $1",
    )
    .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(upload_row).transpose()
}

/// Makes this request the newest one of an upload and puts off its end. The answer holds the request's fence and is locked
/// until the transaction ends; nothing for an unknown upload.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn take_fence(tx: &mut Tx, id: &str, expires_at: i64) -> Result<Option<UploadRow>, DbError> {
    let statement = Statement::new(
        "UPDATE uploads SET fence = fence + 1, expires_at = $2 WHERE id = $1
         RETURNING id, device, user_id, photo, sha256, length, received, fence, failures, finished, created_at, expires_at",
    )
    .bind(id)
    .bind(expires_at);
    tx.fetch_optional(statement).await?.as_ref().map(upload_row).transpose()
}

/// Moves the offset, if `fence` is still the newest; otherwise answers false and the request stops. The offset never goes back
/// nor past the length. Call it before [`add_piece`], in the same transaction.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn advance_upload(tx: &mut Tx, id: &str, fence: i64, received: i64) -> Result<bool, DbError> {
    let statement = Statement::new(
        "UPDATE uploads SET received = $3
         WHERE id = $1 AND fence = $2 AND received <= $3 AND length >= $3 AND NOT finished",
    )
    .bind(id)
    .bind(fence)
    .bind(received);
    Ok(tx.execute(statement).await? > 0)
}

/// Notes that the original of an upload is stored and checked. That is so whatever the fence is by now, so a newer request
/// cannot hinder it; whether there is such an upload.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn finish_upload(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    let statement =
        Statement::new("UPDATE uploads SET finished = $2, received = length WHERE id = $1").bind(id).bind(true);
    Ok(tx.execute(statement).await? > 0)
}

/// Counts a completion whose hash was wrong; how many there were, or nothing for an unknown upload.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_failure(tx: &mut Tx, id: &str) -> Result<Option<i64>, DbError> {
    let statement =
        Statement::new("UPDATE uploads SET failures = failures + 1 WHERE id = $1 RETURNING failures").bind(id);
    tx.fetch_optional(statement).await?.map(|row| row.i64("failures")).transpose()
}

/// Starts an upload that is not finished again from its first byte and cuts off every request that is under way. Answers the
/// pieces that were removed, in order of start, so that their objects can be.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn reset_upload(tx: &mut Tx, id: &str) -> Result<Vec<PieceRow>, DbError> {
    let statement =
        Statement::new("UPDATE uploads SET received = 0, fence = fence + 1 WHERE id = $1 AND NOT finished").bind(id);
    if tx.execute(statement).await? == 0 {
        return Ok(Vec::new());
    }
    delete_pieces(tx, id).await
}

/// Removes an upload. Answers the pieces that were removed with it, in order of start, so that their objects can be.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn delete_upload(tx: &mut Tx, id: &str) -> Result<Vec<PieceRow>, DbError> {
    // The row first: its lock keeps a request from adding a piece in between.
    tx.execute(Statement::new("UPDATE uploads SET fence = fence + 1 WHERE id = $1").bind(id)).await?;
    let pieces = delete_pieces(tx, id).await?;
    tx.execute(Statement::new("DELETE FROM uploads WHERE id = $1").bind(id)).await?;
    Ok(pieces)
}

/// Uploads that ended at this instant or before, finished or not, in order of their end.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_expired_uploads(tx: &mut Tx, now: i64, limit: i64) -> Result<Vec<UploadRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, device, user_id, photo, sha256, length, received, fence, failures, finished, created_at, expires_at
         FROM uploads WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2",
    )
    .bind(now)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(upload_row).collect()
}

/// One staged piece of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceRow {
    /// Offset in bytes.
    pub start: i64,
    /// Length in bytes.
    pub bytes: i64,
    /// Fence of the request that wrote the object.
    pub fence: i64,
}

fn piece_row(row: &Row) -> Result<PieceRow, DbError> {
    Ok(PieceRow { start: row.i64("start")?, bytes: row.i64("bytes")?, fence: row.i64("fence")? })
}

/// Adds a piece whose object is durable.
///
/// # Errors
/// `UniqueViolation` when one starts there already, `ForeignKey` for an unknown upload; otherwise when the database fails. The
/// transaction is then over.
pub async fn add_piece(tx: &mut Tx, upload: &str, piece: PieceRow) -> Result<(), DbError> {
    let statement = Statement::new("INSERT INTO upload_pieces (upload, start, bytes, fence) VALUES ($1, $2, $3, $4)")
        .bind(upload)
        .bind(piece.start)
        .bind(piece.bytes)
        .bind(piece.fence);
    tx.execute(statement).await?;
    Ok(())
}

/// Pieces of an upload in order of start. Their lengths add up to `received` when none was cut off by the limit.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_pieces(tx: &mut Tx, upload: &str, limit: i64) -> Result<Vec<PieceRow>, DbError> {
    let statement =
        Statement::new("SELECT start, bytes, fence FROM upload_pieces WHERE upload = $1 ORDER BY start LIMIT $2")
            .bind(upload)
            .bind(limit);
    tx.fetch_all(statement).await?.iter().map(piece_row).collect()
}

async fn delete_pieces(tx: &mut Tx, upload: &str) -> Result<Vec<PieceRow>, DbError> {
    let statement =
        Statement::new("DELETE FROM upload_pieces WHERE upload = $1 RETURNING start, bytes, fence").bind(upload);
    let rows = tx.fetch_all(statement).await?;
    let mut pieces = rows.iter().map(piece_row).collect::<Result<Vec<_>, _>>()?;
    // RETURNING promises no order.
    pieces.sort_by_key(|piece| piece.start);
    Ok(pieces)
}

/// One original that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    /// SHA-256, 32 bytes.
    pub sha256: Vec<u8>,
    /// Length in bytes.
    pub bytes: i64,
    /// Microseconds UTC.
    pub stored_at: i64,
}

/// Notes that an original is here; again changes nothing.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_blob(tx: &mut Tx, blob: BlobRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO blobs (sha256, bytes, stored_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING",
    )
    .bind(blob.sha256)
    .bind(blob.bytes)
    .bind(blob.stored_at);
    tx.execute(statement).await?;
    Ok(())
}

/// One original, if it is here.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_blob(tx: &mut Tx, sha256: &[u8]) -> Result<Option<BlobRow>, DbError> {
    let statement = Statement::new("SELECT sha256, bytes, stored_at FROM blobs WHERE sha256 = $1").bind(sha256);
    let row = tx.fetch_optional(statement).await?;
    row.map(|row| {
        Ok(BlobRow { sha256: row.bytes("sha256")?, bytes: row.i64("bytes")?, stored_at: row.i64("stored_at")? })
    })
    .transpose()
}
