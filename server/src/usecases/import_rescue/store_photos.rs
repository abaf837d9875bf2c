//! The photos of a rescue file on their way through the upload. A right one goes on where its phone's own upload stands; a wrong one must not
//! touch that, and is kept apart as any upload with another hash. What a newcomer gets wrong: a photo whose declaration has no effect yet has
//! nowhere to go, so the file is still needed then.

use super::read_file::RescueFile;
use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::append_upload::{Append, append_upload};
use crate::usecases::caller::Caller;
use crate::usecases::create_upload::{NewUpload, create_upload};
use crate::usecases::import_report::ImportFailure;
use crate::usecases::upload_access::{UploadError, photo_bytes_max};
use bytes::Bytes;
use futures_util::Stream;
use paicha_db::projections::{self, PhotoRow};
use paicha_db::{DbError, Tx};
use paicha_imports::ArchiveEntry;
use sha2::Digest as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use sync_protocol::digest::{Sha256Bytes, from_hex};
use sync_protocol::ids::RecordId;
use sync_protocol::op::Body;
use tokio::sync::mpsc;

/// Bytes of a photo that are read at a time, and how many such pieces wait for the store.
const PIECE_BYTES: usize = 256 << 10;
/// See [`PIECE_BYTES`].
const PIECES_WAITING: usize = 2;
/// Photos with one hash that are looked at.
const PHOTOS_PER_HASH_MAX: i64 = 100;

/// What became of one photo of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhotoEnd {
    /// Stored now; in a preview: would be.
    Stored,
    /// Its original was here.
    Here,
    /// Its declaration has no effect yet, or its phone is sending it.
    Waiting,
    /// Its bytes are not those that its name says.
    Wrong,
    /// Longer than a photo may be.
    TooLarge,
    /// Nothing declares it.
    Undeclared,
}

/// The records of photos by the hash of their original: as the phone listed them, as operations of the file declare them, as they stand here.
pub(super) async fn find_declared(
    tx: &mut Tx,
    caller: &Caller,
    file: &RescueFile,
) -> Result<BTreeMap<Sha256Bytes, Declared>, DbError> {
    let mut declared: BTreeMap<Sha256Bytes, Declared> = BTreeMap::new();
    let attached = file.ops.iter().filter_map(|op| match op.op.as_ref().map(|op| &op.body) {
        Ok(Body::PhotoAttach(photo)) => Some((photo.photo, photo.sha256.as_str())),
        Ok(_) | Err(_) => None,
    });
    let owed = file.owed.iter().map(|photo| (photo.photo, photo.sha256.as_str()));
    for (photo, hash) in attached.chain(owed) {
        if let Some(hash) = from_hex(hash) {
            declared.entry(hash).or_default().photos.insert(photo);
        }
    }
    let hashes: BTreeSet<Sha256Bytes> = declared.keys().chain(file.photos.keys()).copied().collect();
    for hash in hashes {
        let rows = projections::list_photos_by_sha256(tx, &hash, PHOTOS_PER_HASH_MAX).await?;
        let mine = rows.into_iter().filter(|row: &PhotoRow| caller.may(Action::UploadPhoto, Some(&row.feed)));
        for row in mine {
            let declared = declared.entry(hash).or_default();
            declared.photos.insert(row.id.into());
            if row.stored {
                declared.stored.insert(row.id.into());
            }
        }
    }
    Ok(declared)
}

/// Records of photos with one original.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Declared {
    /// All of them.
    pub(super) photos: BTreeSet<RecordId>,
    /// Those whose original is here.
    stored: BTreeSet<RecordId>,
}

impl Declared {
    /// Whether every one of them has its original here.
    pub(super) fn is_stored(&self) -> bool {
        self.photos.iter().all(|photo| self.stored.contains(photo))
    }
}

/// Stores one photo of the file for every record that declares it.
///
/// # Errors
/// [`ImportFailure`] when the store or the database fails; the same file goes on there.
pub(super) async fn store_photo(
    app: &Arc<App>,
    asker: &Caller,
    file: &File,
    (hash, entry): (Sha256Bytes, &ArchiveEntry),
    declared: &Declared,
) -> Result<PhotoEnd, ImportFailure> {
    if entry.bytes > photo_bytes_max(app) {
        return Ok(PhotoEnd::TooLarge);
    }
    let is_right = hash_entry(file, entry).await? == Some((entry.bytes, hash));
    // Bytes of somebody else's making must not stand where the phone goes on with its own.
    let asker = if is_right { asker.clone() } else { Caller { device: None, ..asker.clone() } };
    let (mut end, mut waits) = (PhotoEnd::Here, false);
    for photo in &declared.photos {
        let new = NewUpload { photo: *photo, sha256: hash, length: entry.bytes };
        match send(app, &asker, new, file, entry).await {
            Ok(PhotoEnd::Stored) => end = PhotoEnd::Stored,
            Ok(_) => {}
            Err(ImportFailure::Photo(UploadError::WrongHash)) => return Ok(PhotoEnd::Wrong),
            Err(ImportFailure::Photo(UploadError::NotFound | UploadError::Superseded | UploadError::WrongOffset)) => {
                waits = true;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(match (is_right, waits) {
        (false, _) => PhotoEnd::Wrong,
        (true, true) => PhotoEnd::Waiting,
        (true, false) => end,
    })
}

/// Tries of one upload: what its phone sent before may turn out wrong at the end, and then it begins anew.
const TRIES: usize = 2;

async fn send(
    app: &Arc<App>,
    asker: &Caller,
    new: NewUpload,
    file: &File,
    entry: &ArchiveEntry,
) -> Result<PhotoEnd, ImportFailure> {
    for again in 1..=TRIES {
        let state = create_upload(app, asker, new).await?;
        if state.offset == state.length {
            return Ok(PhotoEnd::Here);
        }
        let place = app.lanes.receiving.enter(asker.user).await.ok_or(ImportFailure::Interrupted)?;
        let append = Append { id: state.id.clone(), offset: state.offset, checksum: None };
        let (body, reader) = read_from(file.try_clone()?, entry.clone(), state.offset);
        let sent = append_upload(app.clone(), asker.clone(), append, body).await;
        drop(place);
        // It shares the place in the file with whoever reads next.
        reader.await.map_err(|_| ImportFailure::Interrupted)?;
        match sent {
            Ok(state) if state.offset == state.length => return Ok(PhotoEnd::Stored),
            Ok(_) => return Err(UploadError::Cut.into()),
            Err(UploadError::WrongHash) if state.offset > 0 && again < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(UploadError::WrongHash.into())
}

/// Length and hash of an entry; nothing when it cannot be unpacked.
async fn hash_entry(file: &File, entry: &ArchiveEntry) -> Result<Option<(u64, Sha256Bytes)>, ImportFailure> {
    let (file, entry) = (file.try_clone()?, entry.clone());
    let work = tokio::task::spawn_blocking(move || {
        let mut reader = entry.open(file).ok()?;
        let (mut hasher, mut length, mut piece) = (sha2::Sha256::new(), 0, vec![0; PIECE_BYTES]);
        loop {
            match reader.read(&mut piece).ok()? {
                0 => return Some((length, hasher.finalize().into())),
                count => {
                    hasher.update(&piece[..count]);
                    length += u64::try_from(count).unwrap_or(0);
                }
            }
        }
    });
    work.await.map_err(|_| ImportFailure::Interrupted)
}

/// An entry's bytes from an offset on, read by a thread that stays a few pieces ahead.
fn read_from(file: File, entry: ArchiveEntry, offset: u64) -> (Pieces, tokio::task::JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    let reader = tokio::task::spawn_blocking(move || {
        let read = || -> std::io::Result<()> {
            let mut reader = entry.open(file).map_err(std::io::Error::other)?;
            std::io::copy(&mut reader.by_ref().take(offset), &mut std::io::sink())?;
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let count = reader.read(&mut piece)?;
                piece.truncate(count);
                if count == 0 || sender.blocking_send(Ok(Bytes::from(piece))).is_err() {
                    return Ok(());
                }
            }
        };
        if let Err(error) = read() {
            // Nobody may be listening any more, and then nobody needs to know.
            let _ = sender.blocking_send(Err(error));
        }
    });
    (Pieces(receiver), reader)
}

/// Pieces as a body.
struct Pieces(mpsc::Receiver<std::io::Result<Bytes>>);

impl Stream for Pieces {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
