//! What all lists and details share: whose villages may be read, why reading is refused, pages that go on where the last one ended, links
//! to pictures. What a newcomer gets wrong: a record outside the caller's villages is not forbidden, it is not there.

pub mod cursor;
pub mod links;
pub mod photos_of;

use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use paicha_db::projections::{BoundingBox, Villages};
use paicha_db::{DbError, Tx, feeds};
use std::collections::BTreeMap;
use sync_protocol::ids::FeedId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::time::Micros;
use uuid::Uuid;

/// Rows of a page when none are asked for.
pub const PAGE_ROWS_DEFAULT: i64 = 50;
/// Most rows of a page.
pub const PAGE_ROWS_MAX: i64 = 200;

/// Why something is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No role of the caller opens this.
    #[error("no grant opens this")]
    NotAllowed,
    /// There is no such thing, or the caller may not know of it.
    #[error("not there, or not for the caller")]
    NotFound,
    /// The place in the list is not one of ours, or of another list.
    #[error("the page cursor cannot be read")]
    BadCursor,
    /// The photo store failed.
    #[error("the photo store failed")]
    Store(#[from] crate::blobs::BlobError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct PageOf<T> {
    /// Its rows.
    pub items: Vec<T>,
    /// Where the next one starts; nothing at the end.
    pub next: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Clone, Default)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows; the default when none, cut to the range.
    pub limit: Option<i64>,
}

impl PageQuery {
    /// Rows of this page.
    pub fn rows(&self) -> i64 {
        self.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX)
    }
}

/// Conditions on hazards and inspections.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// Village or subdistrict.
    pub village: Option<String>,
    /// State code of a hazard.
    pub state: Option<String>,
    /// Level code of a hazard.
    pub level: Option<String>,
    /// Kind code of an inspection.
    pub kind: Option<String>,
    /// The place.
    pub place: Option<Uuid>,
    /// The inspection that found it.
    pub inspection: Option<Uuid>,
    /// Happened at this instant or later.
    pub from: Option<Micros>,
    /// Happened before this instant.
    pub before: Option<Micros>,
    /// Inside this box.
    pub within: Option<BoundingBox>,
    /// These words are in a hazard's description, in the name of its place or in its number.
    pub text: Option<String>,
}

/// Degrees, WGS-84: south, west, north, east, as a bounding box.
pub fn bounding_box([south, west, north, east]: [f64; 4]) -> BoundingBox {
    BoundingBox { south, west, north, east }
}

/// Villages in which the caller may do this.
///
/// # Errors
/// [`ReadError::NotAllowed`] when there is none: an empty answer would claim that there is nothing.
pub fn readable(caller: &Caller, action: Action) -> Result<Villages, ReadError> {
    match caller.villages(action) {
        Villages::Only(ids) if ids.is_empty() => Err(ReadError::NotAllowed),
        villages => Ok(villages),
    }
}

/// The readable villages that an area names: itself, and for a subdistrict its villages; all when none is named.
///
/// # Errors
/// [`ReadError::NotFound`] for an area that does not exist or lies outside.
pub async fn narrow(tx: &mut Tx, readable: Villages, area: Option<&str>) -> Result<Villages, ReadError> {
    let Some(area) = area else { return Ok(readable) };
    if !readable.contain(area) || feeds::find_feeds(tx, &[area.to_owned()]).await?.is_empty() {
        return Err(ReadError::NotFound);
    }
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut ids = feeds::list_children(tx, area, limit).await?;
    ids.retain(|id| readable.contain(id));
    ids.push(area.to_owned());
    Ok(Villages::Only(ids))
}

/// Names of areas by their codes.
///
/// # Errors
/// When the database fails.
pub async fn area_names<'a>(
    tx: &mut Tx,
    codes: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, DbError> {
    let mut codes: Vec<String> = codes.map(str::to_owned).collect();
    codes.sort_unstable();
    codes.dedup();
    Ok(feeds::find_feeds(tx, &codes).await?.into_iter().map(|feed| (feed.id, feed.name)).collect())
}

/// Whether a record that syncs in `feed` and counts in `village` may show the name and address of a place of `place_feed`. Anybody can
/// write down the id of a place; its data belongs to its own village's readers, so it shows only where that village is the record's too.
pub fn shows_place(place_feed: &str, feed: &str, village: &str) -> bool {
    place_feed == feed || place_feed == village
}

/// Whether a feed is for people at all: the quarantine is for supervisors only.
pub fn is_area(code: &str) -> bool {
    code != FeedId::quarantine().as_str()
}

/// An instant from the database, where all lie in the years 1 to 9999.
pub fn instant(micros: i64) -> Micros {
    Micros::from_micros(micros).unwrap_or(if micros < 0 { Micros::MIN } else { Micros::MAX })
}
