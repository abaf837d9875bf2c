//! Puts the pieces of an upload together: one stream through SHA-256 into one object that becomes visible only when length and hash are
//! those that were declared. It holds one piece and one part at a time, whatever the length. What a newcomer gets wrong: an object of
//! that key may exist already; it is content-addressed, so replacing it by the same bytes is harmless.

use super::{BlobError, Blobs};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};
use sync_protocol::digest::Sha256Bytes;

/// Bytes of one part: the least that stores other than a folder take for all parts but the last.
const PART_BYTES: usize = 5 << 20;

/// What the pieces came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assembled {
    /// Bytes in all.
    pub bytes: u64,
    /// Hash over them, computed here.
    pub sha256: Sha256Bytes,
    /// The object is durable under its key; otherwise nothing of that key has changed.
    pub stored: bool,
}

impl Blobs {
    /// Concatenates `pieces` into `to`, which becomes visible if length and hash are the `expected` ones, or whatever they are when
    /// nothing is expected.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] when a piece is gone, or when the store fails; then nothing of that key has changed.
    pub async fn assemble(
        &self,
        pieces: &[String],
        to: &str,
        expected: Option<(u64, Sha256Bytes)>,
    ) -> Result<Assembled, BlobError> {
        let mut target = self.store.put_multipart(&Key::from(to)).await?;
        match self.copy(pieces, target.as_mut()).await {
            Ok((bytes, sha256)) => {
                let stored = expected.is_none_or(|expected| expected == (bytes, sha256));
                if stored {
                    target.complete().await?;
                } else {
                    forget(target.as_mut()).await;
                }
                Ok(Assembled { bytes, sha256, stored })
            }
            Err(error) => {
                forget(target.as_mut()).await;
                Err(error)
            }
        }
    }

    /// Length and hash of an object as they are read back, or nothing when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hash(&self, key: &str) -> Result<Option<(u64, Sha256Bytes)>, BlobError> {
        let (_, mut stream) = match self.stream(key).await {
            Ok(found) => found,
            Err(BlobError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut hasher = Sha256::new();
        let mut length = 0_u64;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes?;
            hasher.update(&bytes);
            length += bytes.len() as u64;
        }
        Ok(Some((length, hasher.finalize().into())))
    }

    async fn copy(&self, pieces: &[String], target: &mut dyn MultipartUpload) -> Result<(u64, Sha256Bytes), BlobError> {
        let mut hasher = Sha256::new();
        let mut length = 0_u64;
        let mut part = BytesMut::with_capacity(PART_BYTES);
        for piece in pieces {
            let mut stream = self.store.get(&Key::from(piece.as_str())).await?.into_stream();
            while let Some(bytes) = stream.next().await {
                let bytes = bytes?;
                hasher.update(&bytes);
                length += bytes.len() as u64;
                part.extend_from_slice(&bytes);
                if part.len() >= PART_BYTES {
                    target.put_part(PutPayload::from_bytes(part.split().freeze())).await?;
                }
            }
        }
        // A store wants at least one part, so an empty object is one empty part.
        if !part.is_empty() || length == 0 {
            target.put_part(PutPayload::from_bytes(part.freeze())).await?;
        }
        Ok((length, hasher.finalize().into()))
    }
}

/// The store throws unfinished uploads away by itself in the end; a failure here costs only space.
async fn forget(target: &mut dyn MultipartUpload) {
    if let Err(error) = target.abort().await {
        tracing::debug!(%error, "an unfinished object could not be removed");
    }
}
