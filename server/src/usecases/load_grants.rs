//! The grants of a person, as the permission table wants them: a subdistrict's grant opened into its villages, revoked ones apart.

use crate::auth::permissions::{Grant, Scope};
use paicha_db::accounts::{self, GrantRow};
use paicha_db::{DbError, Tx, feeds};
use std::collections::BTreeSet;
use sync_protocol::ids::UserId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::role::Role;

/// Grants of one person that are looked at.
const GRANTS_MAX: i64 = 1000;

/// Places of all grants of one person that are looked at.
const GRANT_PLACES_MAX: i64 = 10_000;

/// Roles that are held for certain places.
pub const PLACE_ROLES: [Role; 2] = [Role::R7, Role::R8];

/// Written instead of a village in a grant for everything.
pub const EVERYWHERE: &str = "*";

/// A person's grants.
#[derive(Debug, Clone, Default)]
pub struct LoadedGrants {
    /// In force.
    pub now: Vec<Grant>,
    /// Revoked, with when, microseconds UTC.
    pub lost: Vec<(Grant, i64)>,
}

/// Loads the grants of `user`; an unknown or disabled person has none.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn load_grants(tx: &mut Tx, user: UserId) -> Result<LoadedGrants, DbError> {
    let Some(known) = accounts::find_user(tx, user.0).await? else { return Ok(LoadedGrants::default()) };
    let rows = accounts::list_grants(tx, user.0, GRANTS_MAX).await?;
    let bound = rows.iter().any(|row| PLACE_ROLES.iter().any(|role| role.code() == row.role));
    let places = if bound { accounts::list_grant_places(tx, user.0, GRANT_PLACES_MAX).await? } else { Vec::new() };
    let mut loaded = LoadedGrants::default();
    for row in rows {
        let Some(role) = Role::ALL.into_iter().find(|role| role.code() == row.role) else { continue };
        let own = places.iter().filter(|place| place.role == row.role && place.feed == row.feed);
        let places: BTreeSet<_> = own.map(|place| place.place.into()).collect();
        let grant = Grant { role, villages: villages(tx, &row).await?, places };
        match row.revoked_at.or(known.disabled_at) {
            None => loaded.now.push(grant),
            Some(revoked_at) => loaded.lost.push((grant, revoked_at)),
        }
    }
    Ok(loaded)
}

async fn villages(tx: &mut Tx, row: &GrantRow) -> Result<Scope, DbError> {
    if row.feed == EVERYWHERE {
        return Ok(Scope::All);
    }
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let children = feeds::list_children(tx, &row.feed, limit).await?;
    Ok(Scope::of(children.into_iter().chain([row.feed.clone()])))
}
