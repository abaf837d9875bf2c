//! The archive of one hazard: the document, the originals, the exact operations, and a manifest. One photo is in memory at a time.

use crate::app::App;
use crate::blobs::{BlobError, original_key};
use crate::usecases::export_ledger::LedgerError;
use crate::usecases::read_record::RecordView;
use crate::usecases::reading::ReadError;
use bytes::Bytes;
use paicha_db::ops;
use paicha_db::projections::PhotoRow;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use sync_protocol::canonical::to_json;
use sync_protocol::digest::{Sha256Bytes, sha256, to_hex};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Operations in one archive; a hazard with more has its rest in the server.
const OPS_MAX: i64 = 1_000;

/// What lies in the archive.
#[derive(Debug, Serialize)]
struct Manifest {
    hazard: Uuid,
    number: Option<String>,
    made_at: String,
    files: Vec<Packed>,
    /// Originals that should be here and are not.
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
struct Packed {
    path: String,
    bytes: usize,
    sha256: String,
    /// For originals: whether the hash is the declared one.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_declared: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Missing {
    photo: Uuid,
    sha256: String,
    why: &'static str,
}

struct Archive {
    writer: Option<ZipWriter<File>>,
    files: Vec<Packed>,
}

impl Archive {
    async fn add(&mut self, path: String, bytes: Bytes, declared: Option<&[u8]>) -> Result<(), LedgerError> {
        let hash = sha256(&bytes);
        let as_declared = declared.map(|declared| declared == hash);
        self.files.push(Packed { path: path.clone(), bytes: bytes.len(), sha256: to_hex(&hash), as_declared });
        let mut writer = self.writer.take().ok_or(LedgerError::Interrupted)?;
        // Writing may wait for the disk.
        let written = tokio::task::spawn_blocking(move || {
            // Photos are compressed already.
            let method =
                if path.starts_with("照片") { CompressionMethod::Stored } else { CompressionMethod::Deflated };
            let options =
                SimpleFileOptions::default().last_modified_time(DateTime::default()).compression_method(method);
            writer.start_file(path, options).map_err(std::io::Error::other)?;
            writer.write_all(&bytes)?;
            Ok::<_, std::io::Error>(writer)
        });
        self.writer = Some(written.await.map_err(|_| LedgerError::Interrupted)??);
        Ok(())
    }
}

/// Packs everything into a temporary file.
pub(super) async fn pack(
    app: &App,
    record: &RecordView,
    rows: &BTreeMap<Uuid, PhotoRow>,
    document: Vec<u8>,
) -> Result<File, LedgerError> {
    let mut archive = Archive { writer: Some(ZipWriter::new(tempfile::tempfile()?)), files: Vec::new() };
    archive.add("一患一档.docx".to_owned(), document.into(), None).await?;
    archive.add("记录.json".to_owned(), to_json(record).into_bytes().into(), None).await?;
    let mut missing = Vec::new();
    for (photo, number) in record.photos.items.iter().zip(1..) {
        let Some(row) = rows.get(&photo.id) else { continue };
        let Ok(hash) = Sha256Bytes::try_from(row.sha256.as_slice()) else { continue };
        let lacks = |why| Missing { photo: row.id, sha256: to_hex(&hash), why };
        if !row.stored {
            missing.push(lacks("原件还没有传完"));
            continue;
        }
        match app.blobs.get(&original_key(&hash)).await {
            Ok(bytes) => {
                let path = format!("照片/{number:02}-{}.{}", photo.role, ending(&row.mime));
                archive.add(path, bytes, Some(&hash)).await?;
            }
            Err(BlobError::NotFound(_)) => missing.push(lacks("照片库中没有")),
            Err(error) => return Err(ReadError::from(error).into()),
        }
    }
    let mut tx = app.database.begin_read().await?;
    let operations = ops::list_ops_of_record(&mut tx, record.id, OPS_MAX).await?;
    tx.rollback().await?;
    for (op, number) in operations.into_iter().zip(1..) {
        archive.add(format!("操作/{number:04}-{}.json", op.id), op.body.into(), Some(&op.digest)).await?;
    }
    let made_at = app.now().to_string();
    let files = std::mem::take(&mut archive.files);
    let manifest = Manifest { hazard: record.id, number: record.number.clone(), made_at, files, missing };
    let text = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::other)?;
    archive.add("manifest.json".to_owned(), text.into(), None).await?;
    let writer = archive.writer.take().ok_or(LedgerError::Interrupted)?;
    let mut file = writer.finish().map_err(std::io::Error::other)?;
    file.rewind()?;
    Ok(file)
}

fn ending(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/heic" | "image/heif" => "heic",
        _ => "bin",
    }
}
