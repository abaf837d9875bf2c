//! Photos of a record: what was declared, what is here, where to look at it, and what was withdrawn.

use super::{Names, Written, written};
use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::find_photo::{PhotoStage, stage_of};
use crate::usecases::reading::links::{PhotoLinks, photo_links};
use paicha_db::projections::{self, PhotoRow};
use paicha_db::{DbError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::record::{PhotoLink, Record};
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// All photos of a record.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhotosView {
    /// Declared and not withdrawn.
    pub declared: usize,
    /// Of those, whose original is here.
    pub stored: usize,
    /// Photos that are still owed, withdrawn ones included: withdrawing a photo does not clear its debt.
    pub owed: usize,
    /// The same in words: 待传照片2张; empty when there is none.
    pub debt_text: String,
    /// Each photo, withdrawn ones last.
    pub items: Vec<PhotoView>,
}

/// One photo.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhotoView {
    /// The photo's own record.
    pub id: Uuid,
    /// What it shows: `site`, `before`, `after`, ...
    pub role: String,
    /// The same in words.
    pub role_text: String,
    /// How far it has come.
    pub stage: PhotoStage,
    /// The same in words.
    pub stage_text: &'static str,
    /// Links to its files, for a short time.
    pub links: PhotoLinks,
    /// Who attached it, first.
    pub attached: Option<Written>,
    /// Who withdrew it and why (不采用); it stays evidence.
    pub withdrawn: Vec<WithdrawnView>,
}

/// A withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WithdrawnView {
    /// Why.
    pub reason: Option<String>,
    /// Who and when.
    #[serde(flatten)]
    pub written: Written,
}

pub(super) async fn photos(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    names: &mut Names,
    record: &Record,
) -> Result<PhotosView, DbError> {
    let ids: Vec<Uuid> = record.photos.keys().map(|id| id.0).collect();
    let rows = projections::find_photos(tx, &ids).await?;
    let rows: BTreeMap<Uuid, PhotoRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let may_look = caller.may(Action::ReadPhotos, Some(record.feed.as_str()));
    let mut links: Vec<_> = record.photos.iter().collect();
    links.sort_by_key(|(_, link)| link.attached.is_empty());
    let mut items = Vec::with_capacity(links.len());
    for (id, link) in links {
        let row = rows.get(&id.0);
        let files = row.filter(|_| may_look).map(|row| photo_links(app, row)).unwrap_or_default();
        items.push(photo(tx, names, id.0, link, row, files).await?);
    }
    let is_here = |id: &Uuid| rows.get(id).is_some_and(|row| row.stored);
    let live: Vec<Uuid> = record.live_photos().map(|(id, _)| id.0).collect();
    let (declared, stored) = (live.len(), live.iter().filter(|id| is_here(id)).count());
    let owed = ids.iter().filter(|id| !is_here(id)).count();
    let debt_text = match (owed, owed - (declared - stored)) {
        (0, _) => String::new(),
        (_, 0) => format!("待传照片{owed}张"),
        (_, withdrawn) => format!("待传照片{owed}张（含不采用{withdrawn}张）"),
    };
    Ok(PhotosView { declared, stored, owed, debt_text, items })
}

async fn photo(
    tx: &mut Tx,
    names: &mut Names,
    id: Uuid,
    link: &PhotoLink,
    row: Option<&PhotoRow>,
    links: PhotoLinks,
) -> Result<PhotoView, DbError> {
    let role = link.roles.first().map_or("site", String::as_str);
    let stage = row.map_or(PhotoStage::Declared, stage_of);
    let attached = match link.attached.first() {
        Some(stamp) => Some(written(tx, names, stamp).await?),
        None => None,
    };
    let mut withdrawn = Vec::new();
    for withdrawal in &link.withdrawn {
        let written = written(tx, names, &withdrawal.stamp).await?;
        withdrawn.push(WithdrawnView { reason: withdrawal.reason.clone(), written });
    }
    Ok(PhotoView {
        id,
        role: role.to_owned(),
        role_text: word("photo", "roles", role).unwrap_or(role).to_owned(),
        stage,
        stage_text: stage.words(),
        links,
        attached,
        withdrawn,
    })
}
