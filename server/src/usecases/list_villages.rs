//! The villages that the caller may read, with what each of them still owes.

use crate::app::App;
use crate::auth::permissions::{Action, Reach, Scope, allows};
use crate::usecases::caller::Caller;
use crate::usecases::reading::{ReadError, is_area, readable};
use paicha_db::feeds;
use paicha_db::projections::{Villages, count_photos_owed};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use utoipa::ToSchema;

/// One village or subdistrict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VillageItem {
    /// Area code, 12 digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The subdistrict it lies in.
    pub parent: Option<String>,
    /// Photos that were declared and are not here yet (待传照片).
    pub photos_owed: i64,
}

/// All villages in the caller's scope, in order of code.
///
/// # Errors
/// [`ReadError`].
pub async fn list_villages(app: &App, caller: &Caller) -> Result<Vec<VillageItem>, ReadError> {
    let villages = readable(caller, Action::ReadFindings)?;
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut tx = app.database.begin_read().await?;
    let feeds = match &villages {
        Villages::All => feeds::list_feeds(&mut tx, limit).await?,
        Villages::Only(ids) => feeds::find_feeds(&mut tx, ids).await?,
    };
    let owed: BTreeMap<String, i64> = count_photos_owed(&mut tx, &villages, limit).await?.into_iter().collect();
    tx.rollback().await?;
    let items = feeds.into_iter().filter(|feed| is_area(&feed.id)).map(|feed| VillageItem {
        photos_owed: owed.get(&feed.id).copied().unwrap_or(0),
        id: feed.id,
        name: feed.name,
        parent: feed.parent,
    });
    Ok(items.collect())
}

/// The name of one village or subdistrict, for who gives rights there and reads no finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreaItem {
    /// Area code, 12 digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The subdistrict it lies in.
    pub parent: Option<String>,
}

/// Villages and subdistricts by name, in order of code: those that the caller's grants to keep accounts name, all for a grant for everything.
///
/// # Errors
/// [`ReadError`].
pub async fn list_areas(app: &App, caller: &Caller) -> Result<Vec<AreaItem>, ReadError> {
    let keeping = caller.grants.iter().filter(|grant| allows(grant.role, Action::ManageUsers) != Reach::No);
    let scopes: Vec<&Scope> = keeping.map(|grant| &grant.villages).collect();
    if scopes.is_empty() {
        return Err(ReadError::NotAllowed);
    }
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut tx = app.database.begin_read().await?;
    let mut feeds = feeds::list_feeds(&mut tx, limit).await?;
    tx.rollback().await?;
    feeds.retain(|feed| is_area(&feed.id) && scopes.iter().any(|scope| scope.covers(Some(&feed.id))));
    Ok(feeds.into_iter().map(|feed| AreaItem { id: feed.id, name: feed.name, parent: feed.parent }).collect())
}
