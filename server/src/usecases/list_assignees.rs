//! Who inspects in a village, for whoever asks somebody to. What a newcomer gets wrong: a grant for the whole subdistrict, or for everything, is one for
//! the village too; somebody whose account is disabled is nobody to ask.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::load_grants::EVERYWHERE;
use crate::usecases::reading::{ReadError, is_area, readable};
use paicha_db::accounts::list_holders;
use paicha_db::feeds::{self, FeedRow};
use paicha_db::projections::Villages;
use paicha_db::{DbError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::role::Role;
use utoipa::ToSchema;
use uuid::Uuid;

/// Grants that are looked at.
const HOLDERS_MAX: i64 = 5000;
/// Roles whose holders go and look.
const INSPECTING: [Role; 4] = [Role::R1, Role::R2, Role::R3, Role::R5];

/// Somebody who can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assignee {
    /// The person.
    pub id: Uuid,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Their roles there.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// Everybody who inspects in this village now, in order of name.
///
/// # Errors
/// [`ReadError::NotFound`] when the caller assigns nothing there; otherwise [`ReadError`].
pub async fn list_assignees(app: &App, caller: &Caller, village: &str) -> Result<Vec<Assignee>, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let village = assignable(&mut tx, caller, village).await?;
    let people = people_of(&mut tx, &village).await?;
    tx.rollback().await?;
    Ok(people)
}

/// The village, if the caller assigns tasks there.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn assignable(tx: &mut Tx, caller: &Caller, village: &str) -> Result<FeedRow, ReadError> {
    readable(caller, Action::AssignTasks)?;
    if !is_area(village) || !caller.may(Action::AssignTasks, Some(village)) {
        return Err(ReadError::NotFound);
    }
    feeds::find_feeds(tx, &[village.to_owned()]).await?.into_iter().next().ok_or(ReadError::NotFound)
}

/// Everybody who inspects in the village, in order of name.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub(crate) async fn people_of(tx: &mut Tx, village: &FeedRow) -> Result<Vec<Assignee>, DbError> {
    let feeds = [Some(village.id.clone()), village.parent.clone(), Some(EVERYWHERE.to_owned())];
    let within = Villages::Only(feeds.into_iter().flatten().collect());
    let mut people: BTreeMap<(String, Uuid), Assignee> = BTreeMap::new();
    for role in INSPECTING {
        let holders = list_holders(tx, role.code(), &within, HOLDERS_MAX).await?;
        for holder in holders.into_iter().filter(|holder| !holder.disabled && !holder.revoked) {
            let one = people.entry((holder.name.clone(), holder.user)).or_insert_with(|| Assignee {
                id: holder.user,
                name: holder.name,
                unit: holder.unit,
                roles: Vec::new(),
            });
            if !one.roles.contains(&role) {
                one.roles.push(role);
            }
        }
    }
    Ok(people.into_values().collect())
}
