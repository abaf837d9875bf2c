//! The inspectors of the caller's villages, for whoever hands work over. What a newcomer gets wrong: somebody whose account is disabled or whose
//! role was revoked is listed too, because it is their work that has to go to somebody.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{ReadError, readable};
use paicha_db::accounts::list_holders;
use serde::Serialize;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::role::Role;
use utoipa::ToSchema;
use uuid::Uuid;

/// Grants per village that are looked at.
const HOLDERS_PER_VILLAGE: usize = 50;

/// An inspector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Inspector {
    /// The person.
    pub id: Uuid,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Nobody signs in with this account now.
    pub disabled: bool,
    /// Where they are inspector now, of the caller's villages; `*` for everywhere.
    pub villages: Vec<String>,
    /// Where they were, and are not any more.
    pub past_villages: Vec<String>,
}

/// Everybody who is or was inspector in one of the caller's villages, in order of name.
///
/// # Errors
/// [`ReadError`].
pub async fn list_inspectors(app: &App, caller: &Caller) -> Result<Vec<Inspector>, ReadError> {
    let villages = readable(caller, Action::HandOver)?;
    let limit = i64::try_from(SCOPE_FEEDS_MAX * HOLDERS_PER_VILLAGE).unwrap_or(i64::MAX);
    let mut tx = app.database.begin_read().await?;
    let holders = list_holders(&mut tx, Role::R1.code(), &villages, limit).await?;
    tx.rollback().await?;
    let mut inspectors: Vec<Inspector> = Vec::new();
    for holder in holders {
        if inspectors.last().is_none_or(|last| last.id != holder.user) {
            inspectors.push(Inspector {
                id: holder.user,
                name: holder.name,
                unit: holder.unit,
                disabled: holder.disabled,
                villages: Vec::new(),
                past_villages: Vec::new(),
            });
        }
        let Some(last) = inspectors.last_mut() else { continue };
        if holder.revoked { last.past_villages.push(holder.feed) } else { last.villages.push(holder.feed) }
    }
    Ok(inspectors)
}
