//! The photos of the records on a page: how many there should be, how many are here, and one to show beside each.

use super::links::{PhotoFile, is_shown, photo_link};
use crate::app::App;
use paicha_db::projections::{self, PhotoDebt, PhotoRow};
use paicha_db::{DbError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Photos that are looked at for the pictures of one page.
const LINKS_MAX: i64 = 10_000;

/// How many photos a record has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhotoCount {
    /// Declared and not withdrawn.
    pub declared: i64,
    /// Of those, whose original is here.
    pub stored: i64,
}

/// What a list shows of a record's photos.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// How many.
    pub count: PhotoCount,
    /// A link to one thumbnail: before-photos first, then the site.
    pub thumbnail: Option<String>,
}

/// Photos of each record; a record without any is left out.
///
/// # Errors
/// When the database fails.
pub async fn photos_of(app: &App, tx: &mut Tx, records: &[Uuid]) -> Result<BTreeMap<Uuid, Shown>, DbError> {
    let debts = projections::count_photo_debt(tx, records).await?;
    let links = projections::list_photo_links(tx, records, LINKS_MAX).await?;
    let ids: Vec<Uuid> = links.iter().map(|link| link.photo).collect();
    let photos = projections::find_photos(tx, &ids).await?;
    let photos: BTreeMap<Uuid, PhotoRow> = photos.into_iter().map(|photo| (photo.id, photo)).collect();
    let count = |debt: &PhotoDebt| PhotoCount { declared: debt.declared, stored: debt.stored };
    let mut shown: BTreeMap<Uuid, Shown> =
        debts.iter().map(|debt| (debt.record, Shown { count: count(debt), thumbnail: None })).collect();
    let rank = |role: &str| match role {
        "before" => 0,
        "site" => 1,
        _ => 2,
    };
    for of_record in links.chunk_by(|a, b| a.record == b.record) {
        let ready = of_record.iter().filter(|link| photos.get(&link.photo).is_some_and(is_shown));
        if let (Some(best), Some(shown)) =
            (ready.min_by_key(|link| (rank(&link.role), link.photo)), shown.get_mut(&of_record[0].record))
        {
            shown.thumbnail = photo_link(app, best.photo, PhotoFile::Thumbnail);
        }
    }
    Ok(shown)
}
