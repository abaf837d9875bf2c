//! The rescue file (docs/protocol.md): everything on this phone that the server has not got, for somebody to carry to the office. Nothing on the
//! phone changes by it. What a newcomer gets wrong: operations go in as they were frozen; the same file made twice holds the same bytes of work.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use serde_json::value::RawValue;
use sync_protocol::limits::RESCUE_BYTES_MAX;
use sync_protocol::push::PushedOp;
use sync_protocol::rescue::{RESCUE_OPS, RESCUE_PHOTOS, RESCUE_VERSION, RescueOps, RescuePhoto, RescueUser};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Phone, PhoneError};
use crate::store::StoreError;

/// Bytes of a ZIP around each photo, about.
const ENTRY_BYTES: u64 = 512;

/// What is in a rescue file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RescueReceipt {
    /// Operations that the server has not answered for.
    pub ops: usize,
    /// Photos whose bytes it has not got.
    pub photos: usize,
}

impl Phone {
    /// Writes the rescue file to a new file.
    ///
    /// # Errors
    /// `NotEnrolled` when nobody signed in yet, `RescueTooLarge`, `Store`; the file may then be incomplete.
    pub async fn write_rescue(&self, path: &Path) -> Result<RescueReceipt, PhoneError> {
        let (id, name) = self.store.find_user().await?.ok_or(PhoneError::NotEnrolled)?;
        let queued = self.store.list_all_queued().await?;
        let owed = self.store.list_owed_photos().await?;
        if owed.iter().map(|photo| photo.length + ENTRY_BYTES).sum::<u64>() > RESCUE_BYTES_MAX {
            return Err(PhoneError::RescueTooLarge);
        }
        let ops = queued
            .iter()
            .map(|row| {
                let op: &RawValue = serde_json::from_slice(&row.bytes).map_err(|_| StoreError::Damaged("bytes"))?;
                Ok(PushedOp { seq: row.seq, id: row.id, group: Some(row.group), digest: row.digest.clone(), op })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let photos = owed.iter().map(|photo| RescuePhoto {
            photo: photo.photo,
            record: photo.record,
            sha256: photo.sha256.clone(),
            bytes: photo.length,
            mime: String::new(),
        });
        let content = RescueOps {
            rescue: RESCUE_VERSION,
            made_at: self.surroundings.now(),
            device: self.store.find_device().await?,
            user: Some(RescueUser { id, name }),
            incarnation: self.store.life().await?.incarnation,
            part: None,
            photos: photos.collect(),
            ops,
        };
        let text = serde_json::to_vec(&content).map_err(PhoneError::Answer)?;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut zip = ZipWriter::new(File::create_new(path).map_err(StoreError::File)?);
        let failed = |error: zip::result::ZipError| StoreError::File(error.into());
        zip.start_file(RESCUE_OPS, options).map_err(failed)?;
        zip.write_all(&text).map_err(StoreError::File)?;
        let mut names = std::collections::BTreeSet::new();
        for photo in &owed {
            if names.insert(&photo.sha256) {
                zip.start_file(format!("{RESCUE_PHOTOS}{}", photo.sha256), options).map_err(failed)?;
                let mut file = File::open(self.store.photo_file(photo.photo)).map_err(StoreError::File)?;
                std::io::copy(&mut file, &mut zip).map_err(StoreError::File)?;
            }
        }
        zip.finish().map_err(failed)?.sync_all().map_err(StoreError::File)?;
        Ok(RescueReceipt { ops: content.ops.len(), photos: owed.len() })
    }
}
