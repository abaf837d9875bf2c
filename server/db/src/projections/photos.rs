//! The tables `photos` and `photo_links`: every photo that was declared, what became of it, and the records it belongs to.
//! Not the bytes: those are in the object store under their SHA-256 (see `uploads.rs`). What a newcomer gets wrong: a photo
//! is declared long before it is stored, and one original may be several photos.

use super::Villages;
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One photo as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoRow {
    /// The record.
    pub id: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// SHA-256 of the original, as declared; 32 bytes.
    pub sha256: Vec<u8>,
    /// Length of the original, as declared.
    pub bytes: i64,
    /// MIME type, as declared.
    pub mime: String,
    /// The original is here and its hash was checked.
    pub stored: bool,
    /// How deriving ended; nothing until it was tried.
    pub derive_state: Option<String>,
    /// Version of the code that derived; 0 for none.
    pub derive_version: i64,
    /// As the phone said, microseconds UTC.
    pub taken_at: Option<i64>,
    /// Degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// Difference hash, 64 bits as a signed number.
    pub dhash: Option<i64>,
    /// DCT hash, 64 bits as a signed number.
    pub phash: Option<i64>,
    /// Entropy of the picture in bits.
    pub entropy_bits: Option<f64>,
    /// When the server heard of it, microseconds UTC.
    pub declared_at: i64,
}

fn photo_row(row: &Row) -> Result<PhotoRow, DbError> {
    Ok(PhotoRow {
        id: row.uuid("id")?,
        feed: row.text("feed")?,
        sha256: row.bytes("sha256")?,
        bytes: row.i64("bytes")?,
        mime: row.text("mime")?,
        stored: row.bool("stored")?,
        derive_state: row.opt_text("derive_state")?,
        derive_version: row.i64("derive_version")?,
        taken_at: row.opt_i64("taken_at")?,
        lat84: row.opt_f64("lat84")?,
        lon84: row.opt_f64("lon84")?,
        dhash: row.opt_i64("dhash")?,
        phash: row.opt_i64("phash")?,
        entropy_bits: row.opt_f64("entropy_bits")?,
        declared_at: row.i64("declared_at")?,
    })
}

/// Stores photos as they stand now; no two of one id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_photos(tx: &mut Tx, photos: Vec<PhotoRow>) -> Result<(), DbError> {
    let rows = photos.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.feed.into(),
            row.sha256.into(),
            row.bytes.into(),
            row.mime.into(),
            row.stored.into(),
            row.derive_state.into(),
            row.derive_version.into(),
            row.taken_at.into(),
            row.lat84.into(),
            row.lon84.into(),
            row.dhash.into(),
            row.phash.into(),
            row.entropy_bits.into(),
            row.declared_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO photos (id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84,
         dhash, phash, entropy_bits, declared_at) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, sha256 = excluded.sha256, bytes = excluded.bytes,
         mime = excluded.mime, stored = excluded.stored, derive_state = excluded.derive_state,
         derive_version = excluded.derive_version, taken_at = excluded.taken_at, lat84 = excluded.lat84,
         lon84 = excluded.lon84, dhash = excluded.dhash, phash = excluded.phash, entropy_bits = excluded.entropy_bits,
         declared_at = excluded.declared_at",
    )
    .await?;
    Ok(())
}

/// The named photos that exist, in order of id, whatever their feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_photos(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<PhotoRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84, dhash, phash,
             entropy_bits, declared_at
         FROM photos WHERE id IN ($in) ORDER BY id",
    )
    .bind_list(ids.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// Photos with this original, stored or not, in order of id, whatever their feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photos_by_sha256(tx: &mut Tx, sha256: &[u8], limit: i64) -> Result<Vec<PhotoRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84, dhash, phash,
             entropy_bits, declared_at
         FROM photos WHERE sha256 = $1 ORDER BY id LIMIT $2",
    )
    .bind(sha256)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// Whether a stored photo of this feed has this original. What other feeds hold is nobody's business there: a hash is no password.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn is_stored_in_feed(tx: &mut Tx, feed: &str, sha256: &[u8]) -> Result<bool, DbError> {
    let statement = Statement::new("SELECT 1 AS one FROM photos WHERE sha256 = $1 AND feed = $2 AND stored LIMIT 1")
        .bind(sha256)
        .bind(feed);
    Ok(tx.fetch_optional(statement).await?.is_some())
}

/// Photos with a DCT hash in a feed whose record changed after (position, id), in that order, each with its position.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hashed_photos(
    tx: &mut Tx,
    feed: &str,
    (after, after_id): (i64, Uuid),
    limit: i64,
) -> Result<Vec<(i64, PhotoRow)>, DbError> {
    let statement = Statement::new(
        "SELECT feed_entries.vrev, photos.id, photos.feed, photos.sha256, photos.bytes, photos.mime, photos.stored,
             photos.derive_state, photos.derive_version, photos.taken_at, photos.lat84, photos.lon84, photos.dhash,
             photos.phash, photos.entropy_bits, photos.declared_at
         FROM feed_entries JOIN photos ON photos.id = feed_entries.record
         WHERE feed_entries.feed = $1 AND (feed_entries.vrev, feed_entries.record) > ($2, $3) AND photos.phash IS NOT NULL
         ORDER BY feed_entries.vrev, feed_entries.record LIMIT $4",
    )
    .bind(feed)
    .bind(after)
    .bind(after_id)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.i64("vrev")?, photo_row(row)?))).collect()
}

/// Stored photos that code older than `version` derived: those never tried first, then by that version, oldest first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photos_to_derive(tx: &mut Tx, version: i64, limit: i64) -> Result<Vec<PhotoRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84, dhash, phash,
             entropy_bits, declared_at
         FROM photos WHERE stored AND derive_version < $1 ORDER BY derive_version, declared_at, id LIMIT $2",
    )
    .bind(version)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// Photos after an id whose original was sent for them, or for another of their feed, although they are not marked as stored; in order of id,
/// whatever their feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photos_to_settle(tx: &mut Tx, after: Option<Uuid>, limit: i64) -> Result<Vec<PhotoRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, photos.sha256, photos.bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84,
             dhash, phash, entropy_bits, declared_at
         FROM photos JOIN blobs ON blobs.sha256 = photos.sha256 AND blobs.bytes = photos.bytes
         WHERE NOT stored AND id > $1
           AND (EXISTS (SELECT 1 FROM uploads
               WHERE uploads.photo = photos.id AND uploads.sha256 = photos.sha256 AND uploads.finished)
             OR EXISTS (SELECT 1 FROM photos AS same
               WHERE same.sha256 = photos.sha256 AND same.feed = photos.feed AND same.stored))
         ORDER BY id LIMIT $2",
    )
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// Photos of the feeds that were declared before an instant (microseconds UTC) and are not here yet, oldest first.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photos_owed(
    tx: &mut Tx,
    feeds: &Villages,
    before: i64,
    limit: i64,
) -> Result<Vec<PhotoRow>, DbError> {
    let (all, ids) = feeds.binds();
    let statement = Statement::new(
        "SELECT id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84, dhash, phash,
             entropy_bits, declared_at
         FROM photos WHERE NOT stored AND declared_at < $1 AND ($2 OR feed IN ($in)) ORDER BY declared_at, id LIMIT $3",
    )
    .bind(before)
    .bind(all)
    .bind(limit)
    .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// All photos that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photos_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<PhotoRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, feed, sha256, bytes, mime, stored, derive_state, derive_version, taken_at, lat84, lon84, dhash, phash,
             entropy_bits, declared_at
         FROM photos WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_row).collect()
}

/// A photo of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoLinkRow {
    /// Inspection, hazard or place.
    pub record: Uuid,
    /// The photo.
    pub photo: Uuid,
    /// Role code.
    pub role: String,
}

fn photo_link_row(row: &Row) -> Result<PhotoLinkRow, DbError> {
    Ok(PhotoLinkRow { record: row.uuid("record")?, photo: row.uuid("photo")?, role: row.text("role")? })
}

/// Makes the photos of `records` exactly these: all of those records, and no two of one photo on one record. A record without
/// links loses all it had.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_photo_links(tx: &mut Tx, records: &[Uuid], links: Vec<PhotoLinkRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let gone = Statement::new("DELETE FROM photo_links WHERE record IN ($in)")
        .bind_list(records.iter().copied().map(Value::from).collect());
    tx.execute(gone).await?;
    let rows = links.into_iter().map(|link| vec![link.record.into(), link.photo.into(), link.role.into()]);
    tx.execute_rows("INSERT INTO photo_links (record, photo, role) VALUES", rows.collect(), "").await?;
    Ok(())
}

/// Photos of the records, in order of record, then photo.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photo_links(tx: &mut Tx, records: &[Uuid], limit: i64) -> Result<Vec<PhotoLinkRow>, DbError> {
    let statement = Statement::new(
        "SELECT record, photo, role FROM photo_links WHERE record IN ($in) ORDER BY record, photo LIMIT $1",
    )
    .bind(limit)
    .bind_list(records.iter().copied().map(Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(photo_link_row).collect()
}

/// The records that carry a photo, in order of record.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photo_links_of_photo(tx: &mut Tx, photo: Uuid, limit: i64) -> Result<Vec<PhotoLinkRow>, DbError> {
    let statement =
        Statement::new("SELECT record, photo, role FROM photo_links WHERE photo = $1 ORDER BY record LIMIT $2")
            .bind(photo)
            .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_link_row).collect()
}

/// All photos of records of a feed after a record and photo, in that order: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_photo_links_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<(Uuid, Uuid)>,
    limit: i64,
) -> Result<Vec<PhotoLinkRow>, DbError> {
    let (after_record, after_photo) = after.unwrap_or((Uuid::nil(), Uuid::nil()));
    let statement = Statement::new(
        "SELECT photo_links.record, photo_links.photo, photo_links.role
         FROM photo_links JOIN records ON records.id = photo_links.record
         WHERE records.feed = $1 AND (photo_links.record, photo_links.photo) > ($2, $3)
         ORDER BY photo_links.record, photo_links.photo LIMIT $4",
    )
    .bind(feed)
    .bind(after_record)
    .bind(after_photo)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(photo_link_row).collect()
}

/// How many photos each feed still waits for, in order of feed; a feed that waits for none is left out.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_photos_owed(tx: &mut Tx, feeds: &Villages, limit: i64) -> Result<Vec<(String, i64)>, DbError> {
    let (all, ids) = feeds.binds();
    let statement = Statement::new(
        "SELECT feed, COUNT(*) AS owed FROM photos WHERE NOT stored AND ($1 OR feed IN ($in))
         GROUP BY feed ORDER BY feed LIMIT $2",
    )
    .bind(all)
    .bind(limit)
    .bind_list(ids);
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.text("feed")?, row.i64("owed")?))).collect()
}

/// How many photos of a record are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoDebt {
    /// The record.
    pub record: Uuid,
    /// Photos it has.
    pub declared: i64,
    /// Of those, whose original is here. Never more than `declared`.
    pub stored: i64,
}

/// How many photos each record has and how many of them are here, in order of record. A record without photos is left out; a
/// photo that is linked but not yet declared itself counts as not here.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_photo_debt(tx: &mut Tx, records: &[Uuid]) -> Result<Vec<PhotoDebt>, DbError> {
    let statement = Statement::new(
        "SELECT photo_links.record, COUNT(*) AS declared,
             CAST(SUM(CASE WHEN photos.stored THEN 1 ELSE 0 END) AS BIGINT) AS stored
         FROM photo_links LEFT JOIN photos ON photos.id = photo_links.photo
         WHERE photo_links.record IN ($in) GROUP BY photo_links.record ORDER BY photo_links.record",
    )
    .bind_list(records.iter().copied().map(Value::from).collect());
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(PhotoDebt { record: row.uuid("record")?, declared: row.i64("declared")?, stored: row.i64("stored")? })
        })
        .collect()
}
