//! Links to pictures that hold for a short time, for `<img>` and for people who pass one on within the hour. A link is made only for who may
//! read the photo, and opens that one file. What a newcomer gets wrong: links change once a quarter of an hour and not at every
//! request, because a browser keeps a picture only under the address it knows.

use super::ReadError;
use crate::app::App;
use crate::auth::seal::Purpose;
use paicha_db::projections::PhotoRow;
use serde::{Deserialize, Serialize};
use sync_protocol::canonical::to_json;
use sync_protocol::time::{MINUTE_US, Micros};
use utoipa::ToSchema;
use uuid::Uuid;

/// Links made in one such span end together.
const LINK_SPAN_US: i64 = 15 * MINUTE_US;
/// Spans that a link holds, the one it is made in included: 15 to 30 minutes.
const LINK_SPANS: i64 = 2;

/// Which span an instant is in: links made in the same one are the same.
pub fn span(now: Micros) -> i64 {
    now.as_micros().div_euclid(LINK_SPAN_US)
}

/// Which file of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoFile {
    /// The bytes the phone sent.
    Original,
    /// 1600 px on the long edge.
    Preview,
    /// 320 px on the long edge.
    Thumbnail,
}

impl PhotoFile {
    /// Last part of its address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Preview => "preview",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// Addresses of a photo's files that need no further sign-in for a short time; those that are not here yet are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhotoLinks {
    /// The bytes the phone sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// 1600 px on the long edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// 320 px on the long edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    photo: Uuid,
    file: PhotoFile,
    until: Micros,
}

/// Whether pictures were made from it.
pub fn is_shown(photo: &PhotoRow) -> bool {
    photo.stored && matches!(photo.derive_state.as_deref(), Some("derived" | "derived_truncated"))
}

/// Links to all files of a photo that are here. Whoever asks must have checked that the photo may be read.
pub fn photo_links(app: &App, photo: &PhotoRow) -> PhotoLinks {
    let link = |file, here: bool| here.then(|| photo_link(app, photo.id, file)).flatten();
    PhotoLinks {
        original: link(PhotoFile::Original, photo.stored),
        preview: link(PhotoFile::Preview, is_shown(photo)),
        thumbnail: link(PhotoFile::Thumbnail, is_shown(photo)),
    }
}

/// A link to one file of a photo; relative, so that it holds under every name of the server.
pub fn photo_link(app: &App, photo: Uuid, file: PhotoFile) -> Option<String> {
    let span = app.now().as_micros().div_euclid(LINK_SPAN_US);
    let until = super::instant((span + LINK_SPANS).saturating_mul(LINK_SPAN_US));
    let sealed = to_json(&Sealed { photo, file, until });
    let key = app.seals.seal(Purpose::Download, sealed.as_bytes()).ok()?;
    Some(format!("/v1/photos/{photo}/{}?key={key}", file.name()))
}

/// Opens the key of a link.
///
/// # Errors
/// [`ReadError::NotFound`] when it is not for this file, is over, or is none.
pub fn open_link(app: &App, photo: Uuid, file: PhotoFile, key: &str) -> Result<(), ReadError> {
    let bytes = app.seals.open(Purpose::Download, key).map_err(|_| ReadError::NotFound)?;
    let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|_| ReadError::NotFound)?;
    let holds = sealed.photo == photo && sealed.file == file && app.now() < sealed.until;
    if holds { Ok(()) } else { Err(ReadError::NotFound) }
}
