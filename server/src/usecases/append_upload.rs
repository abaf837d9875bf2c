//! Takes bytes of an upload: body into pieces of bounded size, each durable before the offset moves past it. A cut connection keeps what
//! arrived, unless a checksum was promised: then all or nothing. It runs in a task of its own, so a phone that hangs up leaves
//! nothing half done. What a newcomer gets wrong: a newer request may have taken over at any moment; only the fence tells.

use crate::app::App;
use crate::blobs::piece_key;
use crate::crash;
use crate::usecases::caller::Caller;
use crate::usecases::finish_photo::{finish_photo, remove};
use crate::usecases::upload_access::{UploadError, UploadState, is_complete, take_over};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use paicha_db::uploads::{self, PieceRow, UploadRow};
use sha1::Digest as _;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::limits::UPLOAD_CHUNK_BYTES_MAX;

/// Bytes of one piece. A body of any length is stored in pieces of this size, so that is what one request holds in memory.
const PIECE_BYTES: usize = 1 << 20;
/// A body that stands still for so long counts as cut: its place is needed by others.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// The checksum of a body, promised in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// What tus demands.
    Sha1([u8; 20]),
    /// What we prefer.
    Sha256([u8; 32]),
}

/// Where the bytes belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The upload.
    pub id: String,
    /// Offset of the first byte; must be what the server has received.
    pub offset: u64,
    /// The body's checksum, if promised; the body then has at most [`UPLOAD_CHUNK_BYTES_MAX`] bytes.
    pub checksum: Option<Checksum>,
}

/// Appends the body and finishes the photo when it is whole.
///
/// # Errors
/// [`UploadError`]; what was acknowledged before stays.
pub async fn append_upload<Body, Error>(
    app: Arc<App>,
    caller: Caller,
    append: Append,
    body: Body,
) -> Result<UploadState, UploadError>
where
    Body: Stream<Item = Result<Bytes, Error>> + Send + Unpin + 'static,
    Error: Send + 'static,
{
    let task = tokio::spawn(async move {
        let upload = begin(&app, &caller, &append).await?;
        let received = receive(&app, upload, append.checksum, body).await?;
        if is_complete(&received) {
            finish_photo(&app, &caller, &received.id).await
        } else {
            Ok(UploadState::of(&received))
        }
    });
    task.await.map_err(|_| UploadError::Interrupted)?
}

async fn begin(app: &App, caller: &Caller, append: &Append) -> Result<UploadRow, UploadError> {
    let mut tx = app.database.begin_write().await?;
    let upload = take_over(&mut tx, app, caller, &append.id).await?;
    if u64::try_from(upload.received) != Ok(append.offset) {
        return Err(UploadError::WrongOffset);
    }
    tx.commit().await?;
    Ok(upload)
}

/// How a body goes on after a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    More,
    Ended,
    Cut,
}

async fn receive<Body, Error>(
    app: &App,
    mut upload: UploadRow,
    checksum: Option<Checksum>,
    mut body: Body,
) -> Result<UploadRow, UploadError>
where
    Body: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    let mut carry = BytesMut::new();
    let mut verifier = checksum.map(Verifier::new);
    let mut staged: Vec<PieceRow> = Vec::new();
    let mut end = upload.received;
    let outcome = loop {
        let (piece, rest) = next_piece(&mut body, &mut carry).await;
        let start = end;
        end += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        if end > upload.length || verifier.is_some() && end - upload.received > CHECKED_BYTES_MAX {
            break Err(UploadError::TooLarge);
        }
        if let Some(verifier) = &mut verifier {
            verifier.update(&piece);
        }
        if !piece.is_empty() {
            match stage(app, &upload, start, piece).await {
                Ok(row) => staged.push(row),
                Err(error) => break Err(error),
            }
        }
        match (&verifier, rest) {
            (None, Rest::More | Rest::Ended | Rest::Cut) => {
                if let Err(error) = advance(app, &mut upload, &mut staged, end).await {
                    break Err(error);
                }
            }
            (Some(_), Rest::More) => {}
            (Some(_), Rest::Cut) => break Err(UploadError::Cut),
            (Some(verifier), Rest::Ended) if !verifier.fits() => break Err(UploadError::WrongChecksum),
            (Some(_), Rest::Ended) => {
                if let Err(error) = advance(app, &mut upload, &mut staged, end).await {
                    break Err(error);
                }
            }
        }
        if rest != Rest::More {
            break Ok(());
        }
    };
    // What was staged but not taken has no row and is nobody's; a failed commit may have taken it, so then it stays for the sweep.
    if !matches!(outcome, Ok(()) | Err(UploadError::Database(_))) {
        for piece in &staged {
            remove(app, &piece_key(&upload.id, piece.start, piece.fence)).await;
        }
    }
    outcome.map(|()| upload)
}

/// The next piece of at most [`PIECE_BYTES`] and how the body goes on; the piece is empty only at the end.
async fn next_piece<Body, Error>(body: &mut Body, carry: &mut BytesMut) -> (Bytes, Rest)
where
    Body: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    let mut rest = Rest::More;
    while carry.len() < PIECE_BYTES {
        match tokio::time::timeout(IDLE_MAX, body.next()).await {
            Ok(Some(Ok(bytes))) => carry.extend_from_slice(&bytes),
            Ok(None) => {
                rest = Rest::Ended;
                break;
            }
            Ok(Some(Err(_))) | Err(_) => {
                rest = Rest::Cut;
                break;
            }
        }
    }
    let piece = carry.split_to(carry.len().min(PIECE_BYTES)).freeze();
    (piece, rest)
}

async fn stage(app: &App, upload: &UploadRow, start: i64, bytes: Bytes) -> Result<PieceRow, UploadError> {
    let piece = PieceRow { start, bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX), fence: upload.fence };
    crash::point("upload.before_piece");
    app.blobs.put(&piece_key(&upload.id, start, upload.fence), bytes).await?;
    crash::point("upload.after_piece");
    Ok(piece)
}

/// Moves the offset past pieces that are durable, if no newer request has taken over.
async fn advance(
    app: &App,
    upload: &mut UploadRow,
    staged: &mut Vec<PieceRow>,
    received: i64,
) -> Result<(), UploadError> {
    if staged.is_empty() {
        return Ok(());
    }
    let mut tx = app.database.begin_write().await?;
    if !uploads::advance_upload(&mut tx, &upload.id, upload.fence, received).await? {
        return Err(UploadError::Superseded);
    }
    for piece in staged.iter() {
        uploads::add_piece(&mut tx, &upload.id, *piece).await?;
    }
    tx.commit().await?;
    crash::point("upload.after_advance");
    staged.clear();
    upload.received = received;
    Ok(())
}

/// [`UPLOAD_CHUNK_BYTES_MAX`] as offsets are counted.
const CHECKED_BYTES_MAX: i64 = UPLOAD_CHUNK_BYTES_MAX.cast_signed();

/// Computes the promised checksum on the way.
enum Verifier {
    Sha1(sha1::Sha1, [u8; 20]),
    Sha256(sha2::Sha256, [u8; 32]),
}

impl Verifier {
    fn new(promised: Checksum) -> Self {
        match promised {
            Checksum::Sha1(expected) => Self::Sha1(sha1::Sha1::new(), expected),
            Checksum::Sha256(expected) => Self::Sha256(sha2::Sha256::new(), expected),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher, _) => hasher.update(bytes),
            Self::Sha256(hasher, _) => hasher.update(bytes),
        }
    }

    fn fits(&self) -> bool {
        match self {
            Self::Sha1(hasher, expected) => hasher.clone().finalize().as_slice() == expected,
            Self::Sha256(hasher, expected) => hasher.clone().finalize().as_slice() == expected,
        }
    }
}
