//! Photos on the phone: bytes as one file each in the folder beside the database, named by the photo's id, and how far each was sent.
//! The file is written, synced and renamed before the operation that declares it is saved, so a declared photo always has its bytes.
//! Nothing here deletes the file of a declared photo.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use sync_protocol::digest::to_hex;
use sync_protocol::ids::{OpId, RecordId};
use sync_protocol::limits::RETENTION_DAYS;
use sync_protocol::time::{DAY_US, Micros};

use super::ops::{id, instant};
use super::{Store, StoreError, Tx, read_life};
use crate::pure::upload::{OwedPhoto, Progress, Urgency};

/// Bytes of a file that are in memory at once while it is hashed.
const HASH_PIECE_BYTES: usize = 64 << 10;

/// A photo that is being saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhoto {
    /// The photo's record.
    pub photo: RecordId,
    /// The operation that declares it.
    pub op: OpId,
    /// The record it is declared on.
    pub record: RecordId,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Bytes of the original.
    pub length: u64,
    /// How urgent its upload is.
    pub urgency: Urgency,
    /// When it was saved.
    pub made_at: Micros,
}

/// One photo and how far it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRow {
    /// What was saved.
    pub photo: NewPhoto,
    /// The upload's address on the server.
    pub location: Option<String>,
    /// Bytes the server is known to have.
    pub sent: u64,
    /// When the server had all of it.
    pub stored_at: Option<Micros>,
}

impl PhotoRow {
    /// Where the upload stands. The offset is asked for again: another process may have gone on.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { location: self.location.clone(), ..Progress::new(self.photo.length) }
    }
}

impl Store {
    /// The file with a photo's bytes.
    #[must_use]
    pub fn photo_file(&self, photo: RecordId) -> PathBuf {
        self.photo_folder().join(photo.to_string())
    }

    /// Writes a photo's bytes so that they survive a dead battery. Blocking I/O: at most one photo long.
    ///
    /// # Errors
    /// `File`.
    pub fn write_photo_file(&self, photo: RecordId, bytes: &[u8]) -> Result<(), StoreError> {
        let target = self.photo_file(photo);
        let part = target.with_extension("part");
        let write = || {
            let mut file = std::fs::File::create(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&part, &target)
        };
        if let Err(error) = write() {
            // A full phone would stay full: nobody else knows of this file.
            drop(std::fs::remove_file(&part));
            return Err(error.into());
        }
        sync_folder(&self.photo_folder())
    }

    /// Removes the files of photos that were written but never declared, because their save failed. Blocking I/O.
    pub(crate) fn remove_undeclared_files(&self, photos: &[RecordId]) {
        for photo in photos {
            drop(std::fs::remove_file(self.photo_file(*photo)));
        }
    }

    /// Why a photo cannot be sent, in words: its file is missing, too short, or not what was saved; `None` when it is whole. Blocking I/O.
    #[must_use]
    pub fn find_file_fault(&self, photo: &NewPhoto) -> Option<String> {
        match hash_file(&self.photo_file(photo.photo)) {
            Ok((_, sha256)) if sha256 == photo.sha256 => None,
            Ok((length, _)) if length != photo.length => {
                Some(format!("文件不完整，应有 {} 字节，只有 {length} 字节", photo.length))
            }
            Ok(_) => Some("文件内容与保存时不一致".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("文件不见了".to_owned()),
            Err(error) => Some(format!("文件无法读取（{error}）")),
        }
    }

    /// Reads a piece of a photo.
    ///
    /// # Errors
    /// `File` when the piece is not there.
    pub fn read_photo_piece(&self, photo: RecordId, offset: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let mut file = std::fs::File::open(self.photo_file(photo))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut piece = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        file.read_exact(&mut piece)?;
        Ok(piece)
    }

    /// Photos whose declaration the server has and whose bytes it has not, most urgent first, at most `limit`.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_sendable_photos(&self, limit: i64) -> Result<Vec<OwedPhoto>, StoreError> {
        let rows = sqlx::query(
            "SELECT photo, urgency, photos.made_at AS made_at FROM photos JOIN outbox ON outbox.op_id = photos.op_id
             WHERE stored_at IS NULL AND outbox.state <> 'queued'
             ORDER BY urgency, photos.made_at DESC, photo LIMIT $1",
        )
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let urgency = Urgency::of_rank(row.try_get("urgency")?);
                Ok(OwedPhoto { id: id(row, "photo")?, urgency, made_at: instant(row, "made_at")? })
            })
            .collect()
    }

    /// All photos whose bytes the server has not got, declared there or not, oldest first.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_owed_photos(&self) -> Result<Vec<NewPhoto>, StoreError> {
        let rows = sqlx::query("SELECT * FROM photos WHERE stored_at IS NULL ORDER BY made_at, photo");
        rows.fetch_all(&self.pool).await?.iter().map(|row| new_photo(row, id(row, "photo")?)).collect()
    }

    /// One photo.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn find_photo(&self, photo: RecordId) -> Result<Option<PhotoRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM photos WHERE photo = $1")
            .bind(photo.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let unsigned = |column| Ok::<_, StoreError>(row.try_get::<i64, _>(column)?.unsigned_abs());
        let stored_at: Option<i64> = row.try_get("stored_at")?;
        Ok(Some(PhotoRow {
            photo: new_photo(&row, photo)?,
            location: row.try_get("location")?,
            sent: unsigned("sent")?,
            stored_at: stored_at.and_then(|us| Micros::from_micros(us).ok()),
        }))
    }

    /// Keeps how far an upload came; `now` marks it as stored when all bytes are there.
    pub(crate) async fn write_progress(
        &self,
        photo: RecordId,
        progress: &Progress,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sent = progress.offset.map(|offset| i64::try_from(offset).unwrap_or(i64::MAX));
        let stored = progress.offset.is_some_and(|offset| offset >= progress.length);
        sqlx::query(
            "UPDATE photos SET location = $1, sent = COALESCE($2, sent), stored_at = COALESCE(stored_at, $3)
             WHERE photo = $4",
        )
        .bind(progress.location.as_deref())
        .bind(sent)
        .bind(stored.then_some(now.as_micros()))
        .bind(photo.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Photos owed, bytes of them that the server has, and their bytes in all.
    ///
    /// # Errors
    /// `Database`.
    pub async fn count_owed_photos(&self) -> Result<(i64, i64, i64), StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*), COALESCE(SUM(sent), 0), COALESCE(SUM(length), 0) FROM photos WHERE stored_at IS NULL",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    }
}

fn new_photo(row: &SqliteRow, photo: RecordId) -> Result<NewPhoto, StoreError> {
    Ok(NewPhoto {
        photo,
        op: id(row, "op_id")?,
        record: id(row, "record")?,
        sha256: row.try_get("sha256")?,
        length: row.try_get::<i64, _>("length")?.unsigned_abs(),
        urgency: Urgency::of_rank(row.try_get("urgency")?),
        made_at: instant(row, "made_at")?,
    })
}

/// Notes photos within the transaction that saves their operations.
pub(crate) async fn insert_photos(tx: &mut Tx, photos: &[NewPhoto]) -> Result<(), StoreError> {
    for photo in photos {
        sqlx::query(
            "INSERT INTO photos (photo, op_id, record, sha256, length, urgency, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(photo.photo.to_string())
        .bind(photo.op.to_string())
        .bind(photo.record.to_string())
        .bind(&photo.sha256)
        .bind(i64::try_from(photo.length).unwrap_or(i64::MAX))
        .bind(photo.urgency.rank())
        .bind(photo.made_at.as_micros())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The server lost answered operations of the present life from `from_seq` on: photos that it stored since the last one it still knows may be
/// gone with them, so they are offered again. Does nothing when all operations from there on were only never answered.
pub(crate) async fn owe_again_from(tx: &mut Tx, from_seq: i64, now: Micros) -> Result<(), StoreError> {
    let life = read_life(tx).await?.incarnation.to_string();
    let lost = sqlx::query("SELECT 1 FROM outbox WHERE incarnation = $1 AND seq >= $2 AND state <> 'queued' LIMIT 1")
        .bind(&life)
        .bind(from_seq)
        .fetch_optional(&mut **tx)
        .await?;
    if lost.is_none() {
        return Ok(());
    }
    if from_seq <= 1 {
        // It knows nothing of this life, so nobody can say when the copy was made.
        owe_recent_again(tx, now).await?;
    }
    // The second half is for clocks that were set back in between.
    sqlx::query(
        "UPDATE photos SET stored_at = NULL, location = NULL, sent = 0
         WHERE stored_at >= (SELECT MIN(made_at) FROM outbox WHERE incarnation = $1 AND seq >= $2)
            OR op_id IN (SELECT op_id FROM outbox WHERE incarnation = $1 AND seq >= $2)",
    )
    .bind(&life)
    .bind(from_seq.saturating_sub(1))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The server's history changed: it may have lost photos of the last 30 days, so they are offered again (creation is idempotent).
pub(crate) async fn owe_recent_again(tx: &mut Tx, now: Micros) -> Result<(), StoreError> {
    sqlx::query("UPDATE photos SET stored_at = NULL, location = NULL, sent = 0 WHERE stored_at >= $1")
        .bind(now.saturating_add(-RETENTION_DAYS * DAY_US).as_micros())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Length and lower-case hex SHA-256 of a file.
fn hash_file(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut length, mut piece) = (Sha256::new(), 0, vec![0; HASH_PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((length, to_hex(&hasher.finalize().into())));
        }
        hasher.update(piece.get(..read).unwrap_or_default());
        length += read as u64;
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> Result<(), StoreError> {
    Ok(())
}
