//! A photo that the caller may look at: what is known of it, and its files. It may be read by whoever reads the village it syncs in or one of
//! the records that carry it. What a newcomer gets wrong: the type a phone claimed never goes out; what is not an image by its own
//! first bytes is a file to save.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::blobs::{BlobError, Derivative, derived_key, original_key};
use crate::usecases::caller::Caller;
use crate::usecases::read_record::is_readable;
use crate::usecases::reading::links::{PhotoFile, PhotoLinks, is_shown, photo_links};
use crate::usecases::reading::{ReadError, instant, readable};
use bytes::Bytes;
use paicha_db::projections::{self, PhotoRow, Villages};
use paicha_db::{Tx, records};
use paicha_photos::PhotoType;
use serde::Serialize;
use sync_protocol::digest::{Sha256Bytes, to_hex};
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// Records that carry a photo and are looked at for the right to see it.
const CARRIERS_MAX: i64 = 50;

/// How far a photo has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStage {
    /// The phone said that there is one.
    Declared,
    /// Its original is here; nothing was made from it yet.
    Stored,
    /// Preview and thumbnail are here.
    Shown,
    /// Its original is here; this version cannot make a picture from it.
    NotShowable,
}

impl PhotoStage {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declared => "照片还没传完，请保持手机联网，勿卸载程序",
            Self::Stored => "原图已收到，缩略图正在生成",
            Self::Shown => "已收到",
            Self::NotShowable => "原图已完整保存，但无法显示，可下载查看",
        }
    }
}

/// How far this photo has come.
pub fn stage_of(photo: &PhotoRow) -> PhotoStage {
    match (photo.stored, photo.derive_state.is_some(), is_shown(photo)) {
        (false, _, _) => PhotoStage::Declared,
        (true, false, _) => PhotoStage::Stored,
        (true, true, true) => PhotoStage::Shown,
        (true, true, false) => PhotoStage::NotShowable,
    }
}

/// What is known of a photo.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhotoFacts {
    /// The record.
    pub id: Uuid,
    /// Hash of the original, hex.
    pub sha256: String,
    /// Length of the original in bytes, as declared.
    pub bytes: i64,
    /// How far it has come.
    pub stage: PhotoStage,
    /// The same in words.
    pub stage_text: &'static str,
    /// How making pictures from it ended: `derived`, `unsupported`, ...
    pub derive_state: Option<String>,
    /// When it was taken, as the phone said.
    pub taken_at: Option<Micros>,
    /// Where, as the phone said; degrees, WGS-84.
    pub lat84: Option<f64>,
    /// Degrees, WGS-84.
    pub lon84: Option<f64>,
    /// When the server first heard of it.
    pub declared_at: Micros,
    /// Links to its files, for a short time.
    pub links: PhotoLinks,
    /// Records that carry it and that the caller may read.
    pub records: Vec<Uuid>,
}

/// What is known of a photo.
///
/// # Errors
/// [`ReadError`].
pub async fn find_photo(app: &App, caller: &Caller, id: Uuid) -> Result<PhotoFacts, ReadError> {
    let villages = readable(caller, Action::ReadPhotos)?;
    let mut tx = app.database.begin_read().await?;
    let (photo, carriers) = find_readable(&mut tx, &villages, id).await?;
    tx.rollback().await?;
    let stage = stage_of(&photo);
    Ok(PhotoFacts {
        id,
        sha256: hash_of(&photo).map(|hash| to_hex(&hash)).unwrap_or_default(),
        bytes: photo.bytes,
        stage,
        stage_text: stage.words(),
        derive_state: photo.derive_state.clone(),
        taken_at: photo.taken_at.map(instant),
        lat84: photo.lat84,
        lon84: photo.lon84,
        declared_at: instant(photo.declared_at),
        links: photo_links(app, &photo),
        records: carriers,
    })
}

/// The photo and those of its records that may be read.
async fn find_readable(tx: &mut Tx, villages: &Villages, id: Uuid) -> Result<(PhotoRow, Vec<Uuid>), ReadError> {
    let photo = projections::find_photos(tx, &[id]).await?.into_iter().next().ok_or(ReadError::NotFound)?;
    let links = projections::list_photo_links_of_photo(tx, id, CARRIERS_MAX).await?;
    let ids: Vec<Uuid> = links.iter().map(|link| link.record).collect();
    let mut carriers = Vec::new();
    for row in records::find_records(tx, &ids).await? {
        if is_readable(tx, villages, &row).await? {
            carriers.push(row.id);
        }
    }
    if carriers.is_empty() && !villages.contain(&photo.feed) {
        return Err(ReadError::NotFound);
    }
    Ok((photo, carriers))
}

fn hash_of(photo: &PhotoRow) -> Option<Sha256Bytes> {
    photo.sha256.as_slice().try_into().ok()
}

/// Who asks for a file: somebody signed in, or whoever holds a link that was checked.
#[derive(Debug)]
pub enum Asker<'a> {
    /// By access token.
    Signed(&'a Caller),
    /// By a link made for somebody who may.
    ByLink,
}

/// A file of a photo that is here.
#[derive(Debug)]
pub struct FoundFile {
    /// Where it lies in the photo store.
    pub key: String,
    /// What never changes about it.
    pub tag: String,
    /// Its type by its own first bytes; nothing for what is not an image we know.
    pub media_type: Option<&'static str>,
    /// A name to save it under.
    pub name: String,
    /// Bytes.
    pub length: u64,
}

/// What a request for a file comes to.
#[derive(Debug)]
pub enum FileAnswer {
    /// It is here.
    Found(FoundFile),
    /// It is not here yet, or cannot be made; the words say which.
    NotYet(PhotoStage),
}

/// Finds a file of a photo.
///
/// # Errors
/// [`ReadError`].
pub async fn find_photo_file(app: &App, asker: Asker<'_>, id: Uuid, file: PhotoFile) -> Result<FileAnswer, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let photo = match asker {
        Asker::Signed(caller) => find_readable(&mut tx, &readable(caller, Action::ReadPhotos)?, id).await?.0,
        Asker::ByLink => {
            projections::find_photos(&mut tx, &[id]).await?.into_iter().next().ok_or(ReadError::NotFound)?
        }
    };
    tx.rollback().await?;
    let here = match file {
        PhotoFile::Original => photo.stored,
        PhotoFile::Preview | PhotoFile::Thumbnail => is_shown(&photo),
    };
    let Some(hash) = hash_of(&photo).filter(|_| here) else { return Ok(FileAnswer::NotYet(stage_of(&photo))) };
    let hex = to_hex(&hash);
    let (key, tag) = match file {
        PhotoFile::Original => (original_key(&hash), hex.clone()),
        PhotoFile::Preview => {
            (derived_key(&hash, photo.derive_version, Derivative::Preview), format!("{hex}-p{}", photo.derive_version))
        }
        PhotoFile::Thumbnail => (
            derived_key(&hash, photo.derive_version, Derivative::Thumbnail),
            format!("{hex}-t{}", photo.derive_version),
        ),
    };
    let Some(length) = app.blobs.length(&key).await? else { return Ok(FileAnswer::NotYet(gone(app, &photo, file))) };
    let media_type = match file {
        PhotoFile::Original => sniff_stored(app, &key, length).await?,
        PhotoFile::Preview | PhotoFile::Thumbnail => Some("image/jpeg"),
    };
    let name = format!("{}.{}", &hex[..16], extension(media_type));
    Ok(FileAnswer::Found(FoundFile { key, tag, media_type, name, length }))
}

/// What is said of a file that should be here: a preview is made again; an original can only come from the phone once more.
fn gone(app: &App, photo: &PhotoRow, file: PhotoFile) -> PhotoStage {
    if file == PhotoFile::Original {
        tracing::error!(photo = %photo.id, "ALARM: a stored original is gone; `paicha restored` asks the phones for it");
        return PhotoStage::Declared;
    }
    app.miss_preview(photo.id);
    PhotoStage::Stored
}

/// Bytes at the start of a file that tell its type.
const SNIFFED_BYTES: u64 = 16;

async fn sniff_stored(app: &App, key: &str, length: u64) -> Result<Option<&'static str>, BlobError> {
    let found = paicha_photos::sniff(&app.blobs.range(key, 0..SNIFFED_BYTES.min(length)).await?);
    Ok((found != PhotoType::Unknown).then(|| found.mime()))
}

fn extension(media_type: Option<&str>) -> &str {
    match media_type {
        Some("image/jpeg") => "jpg",
        Some(other) => other.strip_prefix("image/").unwrap_or("bin"),
        None => "bin",
    }
}

/// A part of a file that was found.
///
/// # Errors
/// [`ReadError`].
pub async fn read_photo_part(app: &App, key: &str, part: std::ops::Range<u64>) -> Result<Bytes, ReadError> {
    Ok(app.blobs.range(key, part).await?)
}

/// A file that was found, piece by piece: an original may have 64 MiB.
///
/// # Errors
/// [`ReadError`]; the stream's own errors end the answer early, which its length shows.
pub async fn stream_photo_file(
    app: &App,
    key: &str,
) -> Result<impl futures_util::Stream<Item = Result<Bytes, BlobError>> + use<>, ReadError> {
    Ok(app.blobs.stream(key).await?.1)
}
