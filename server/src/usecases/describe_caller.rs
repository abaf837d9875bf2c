//! What a signed-in person sees of the own account: name, roles with their villages, phone. What a newcomer gets wrong: the roles are those
//! in force; revoked ones matter to the merge only.

use crate::app::App;
use crate::auth::permissions::{Action, Scope};
use crate::usecases::caller::Caller;
use paicha_db::{DbError, accounts, devices, feeds};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::{DeviceId, UserId};
use sync_protocol::role::Role;

/// The asker, for the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The person.
    pub user: UserId,
    /// What is typed to sign in.
    pub login: String,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Raised with every change of grants.
    pub scope_version: i64,
    /// Roles in force, in the order of their codes.
    pub roles: Vec<DescribedRole>,
    /// The enrolled phone with its label; nothing for a browser.
    pub device: Option<(DeviceId, String)>,
}

/// One role with everything it holds in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedRole {
    /// The role.
    pub role: Role,
    /// It holds in every village, those added later too.
    pub everywhere: bool,
    /// Otherwise these: area code and name.
    pub villages: Vec<(String, String)>,
}

/// Why nothing is described.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// No grant opens the own account.
    #[error("no grant opens the own account")]
    Forbidden,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Describes the asker.
///
/// # Errors
/// [`DescribeError`].
pub async fn describe_caller(app: &App, caller: &Caller) -> Result<Description, DescribeError> {
    if !crate::auth::permissions::decide(&caller.grants, Action::ReadOwnAccount, None).may_proceed() {
        return Err(DescribeError::Forbidden);
    }
    let mut scopes: BTreeMap<Role, (bool, BTreeSet<String>)> = BTreeMap::new();
    for grant in &caller.grants {
        let (everywhere, villages) = scopes.entry(grant.role).or_default();
        match &grant.villages {
            Scope::All => *everywhere = true,
            Scope::Set(ids) => villages.extend(ids.iter().cloned()),
        }
    }
    let named: BTreeSet<String> = scopes.values().flat_map(|(_, villages)| villages.iter().cloned()).collect();
    let mut tx = app.database.begin_read().await?;
    let user = accounts::find_user(&mut tx, caller.user.0).await?.ok_or(DbError::NotFound)?;
    let rows = feeds::find_feeds(&mut tx, &named.into_iter().collect::<Vec<_>>()).await?;
    let device = match caller.device {
        Some(device) => devices::find_device(&mut tx, device.0).await?.map(|row| (device, row.label)),
        None => None,
    };
    tx.rollback().await?;
    let names: BTreeMap<String, String> = rows.into_iter().map(|row| (row.id, row.name)).collect();
    let named = |id: String| {
        let name = names.get(&id).cloned().unwrap_or_default();
        (id, name)
    };
    let roles = scopes.into_iter().map(|(role, (everywhere, villages))| {
        let villages = if everywhere { Vec::new() } else { villages.into_iter().map(named).collect() };
        DescribedRole { role, everywhere, villages }
    });
    Ok(Description {
        user: caller.user,
        login: user.login,
        name: user.name,
        unit: user.unit,
        scope_version: user.scope_version,
        roles: roles.collect(),
        device,
    })
}
