//! The photo store: originals by their SHA-256, derivatives beside them, staged pieces of uploads. Behind it stands any object store;
//! on one machine a folder. Originals are content-addressed and never altered, so putting one twice is harmless. What a newcomer gets
//! wrong: trusting a store's own checksum; only our hash over the bytes read counts.
//!
//! | key | what |
//! | --- | --- |
//! | `blobs/sha256/ab/cd/<hash>` | an original |
//! | `derived/ab/cd/<hash>/<version>/preview.jpg`, `thumbnail.jpg` | made from it, can be thrown away |
//! | `staging/<upload>/<offset>-<fence>` | a piece of an upload |
//! | `rejected/<upload>/<n>` | bytes that came whole but with another hash than declared; kept for people |

mod assemble;

pub use assemble::Assembled;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use std::path::Path;
use std::sync::Arc;
use sync_protocol::digest::{Sha256Bytes, to_hex};

/// The photo store.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no such object.
    #[error("no such object: {0}")]
    NotFound(String),
    /// The store failed; trying again may help.
    #[error("the photo store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::NotFound(path),
            error => Self::Store(Box::new(error)),
        }
    }
}

/// Which picture made from an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivative {
    /// 1600 px on the long edge.
    Preview,
    /// 320 px on the long edge.
    Thumbnail,
}

/// The key of an original.
pub fn original_key(sha256: &Sha256Bytes) -> String {
    let hex = to_hex(sha256);
    format!("blobs/sha256/{}/{}/{hex}", &hex[..2], &hex[2..4])
}

/// The key of a picture made from an original by this version of the code.
pub fn derived_key(sha256: &Sha256Bytes, version: i64, which: Derivative) -> String {
    let hex = to_hex(sha256);
    let name = match which {
        Derivative::Preview => "preview.jpg",
        Derivative::Thumbnail => "thumbnail.jpg",
    };
    format!("derived/{}/{}/{hex}/{version}/{name}", &hex[..2], &hex[2..4])
}

/// The key of one piece of an upload.
pub fn piece_key(upload: &str, start: i64, fence: i64) -> String {
    format!("staging/{upload}/{start:012}-{fence}")
}

/// The key under which the bytes of an upload's n-th wrong completion are kept.
pub fn rejected_key(upload: &str, failures: i64) -> String {
    format!("rejected/{upload}/{failures}")
}

/// The prefix of all pieces of one upload.
pub fn staging_prefix(upload: &str) -> String {
    format!("{STAGING}/{upload}")
}

const STAGING: &str = "staging";

impl Blobs {
    /// A store in a folder, made if need be. Every put is on the disk before it returns.
    ///
    /// # Errors
    /// When the folder cannot be made or used.
    pub fn in_folder(folder: &Path) -> Result<Self, BlobError> {
        std::fs::create_dir_all(folder).map_err(|error| BlobError::Store(Box::new(error)))?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores an object; one of that key is replaced.
    ///
    /// # Errors
    /// When the store fails; then nothing of that key has changed.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        self.store.put(&Key::from(key), PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }

    /// A whole object.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store fails.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        Ok(self.store.get(&Key::from(key)).await?.bytes().await?)
    }

    /// A part of an object; what lies beyond its end is left out. Of an empty part nothing is asked: stores refuse it.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store fails or the part begins beyond the end.
    pub async fn range(&self, key: &str, range: std::ops::Range<u64>) -> Result<Bytes, BlobError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        Ok(self.store.get_range(&Key::from(key), range).await?)
    }

    /// An object piece by piece, with its length in bytes.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or when the store fails; the stream's own errors are the store's too.
    pub async fn stream(
        &self,
        key: &str,
    ) -> Result<(u64, impl futures_util::Stream<Item = Result<Bytes, BlobError>> + use<>), BlobError> {
        let found = self.store.get(&Key::from(key)).await?;
        let length = found.meta.size;
        Ok((length, found.into_stream().map(|piece| piece.map_err(BlobError::from))))
    }

    /// The length of an object in bytes, or nothing when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn length(&self, key: &str) -> Result<Option<u64>, BlobError> {
        match self.store.head(&Key::from(key)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an object; none of that key is fine.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keys below a prefix, at most `limit` of them, in no order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>, BlobError> {
        let prefix = Key::from(prefix);
        let mut found = self.store.list(Some(&prefix)).take(limit);
        let mut keys = Vec::new();
        while let Some(meta) = found.next().await {
            keys.push(meta?.location.to_string());
        }
        Ok(keys)
    }

    /// Ids of all uploads that have pieces here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_staged_uploads(&self) -> Result<Vec<String>, BlobError> {
        let found = self.store.list_with_delimiter(Some(&Key::from(STAGING))).await?;
        Ok(found.common_prefixes.iter().filter_map(|prefix| Some(prefix.filename()?.to_owned())).collect())
    }
}
