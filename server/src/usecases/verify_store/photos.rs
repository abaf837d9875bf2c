//! Reads every original of a village that should be here and compares its bytes with the SHA-256 that was declared. Outside of any database
//! snapshot, since reading may take hours. What a newcomer gets wrong: the name of an original is no proof; only the bytes read are.

use super::PAGE_ROWS;
use super::findings::{Check, Findings, Place};
use crate::blobs::{BlobError, Blobs, Derivative, derived_key, original_key};
use futures_util::StreamExt as _;
use paicha_db::projections::{PhotoRow, list_photos_of_feed};
use paicha_db::{Database, DbError};
use sha2::{Digest as _, Sha256};
use std::pin::pin;

/// Why photos could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum PhotoCheckError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// The photo store failed in another way than not having the object.
    #[error("the photo store failed")]
    Store(#[from] BlobError),
}

/// Checks the originals of a village; answers how many were read.
pub(super) async fn check_photos(
    database: &Database,
    blobs: &Blobs,
    feed: &str,
    findings: &mut Findings,
) -> Result<u64, PhotoCheckError> {
    let mut after = None;
    let mut read = 0;
    loop {
        let mut tx = database.begin_read().await?;
        let photos = list_photos_of_feed(&mut tx, feed, after, PAGE_ROWS).await?;
        tx.rollback().await?;
        let Some(last) = photos.last() else { return Ok(read) };
        after = Some(last.id);
        for photo in photos.iter().filter(|photo| photo.stored) {
            check_original(blobs, photo, findings).await?;
            check_derivatives(blobs, photo, findings).await?;
            read += 1;
        }
    }
}

fn at(photo: &PhotoRow) -> Place {
    Place { feed: Some(photo.feed.clone()), record: Some(photo.id), ..Place::default() }
}

async fn check_original(blobs: &Blobs, photo: &PhotoRow, findings: &mut Findings) -> Result<(), BlobError> {
    let Ok(sha256) = photo.sha256.as_slice().try_into() else {
        findings.add(Check::PhotoAltered, at(photo), "登记的摘要不是 32 字节");
        return Ok(());
    };
    let key = original_key(&sha256);
    let (_, pieces) = match blobs.stream(&key).await {
        Ok(found) => found,
        Err(BlobError::NotFound(_)) => {
            findings.add(Check::PhotoMissing, at(photo), key);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut pieces = pin!(pieces);
    let mut hash = Sha256::new();
    let mut length = 0_u64;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        length += piece.len() as u64;
        hash.update(&piece);
    }
    if hash.finalize().as_slice() != photo.sha256 {
        findings.add(Check::PhotoAltered, at(photo), format!("{key}，现有 {length} 字节，登记 {} 字节", photo.bytes));
    } else if u64::try_from(photo.bytes) != Ok(length) {
        findings.note(Check::DeclaredLength, at(photo), format!("原件 {length} 字节，登记 {} 字节", photo.bytes));
    }
    Ok(())
}

async fn check_derivatives(blobs: &Blobs, photo: &PhotoRow, findings: &mut Findings) -> Result<(), BlobError> {
    let derived = photo.derive_state.as_deref().is_some_and(|state| state.starts_with("derived"));
    let (true, Ok(sha256)) = (derived, photo.sha256.as_slice().try_into()) else { return Ok(()) };
    for which in [Derivative::Preview, Derivative::Thumbnail] {
        let key = derived_key(&sha256, photo.derive_version, which);
        if blobs.length(&key).await?.is_none() {
            findings.note(Check::DerivativeMissing, at(photo), key);
        }
    }
    Ok(())
}
