//! Accounts and grants, for the administrator and the command line. Every change of what somebody may do counts at the next request; nothing
//! that was handed in before is touched. What a newcomer gets wrong: a disabled account or a new password must also end the sessions, or a
//! refresh token goes on for a season.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::auth::secret::Secret;
use crate::usecases::caller::Caller;
use crate::usecases::check_password::{PasswordWorkError, hash_password};
use crate::usecases::load_grants::{EVERYWHERE, PLACE_ROLES};
use crate::usecases::sign_in::LOGIN_BYTES_MAX;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::accounts::{self, GrantRow, UserRow};
use paicha_db::projections::{self, PlaceRow};
use paicha_db::{DbError, Tx, feeds, sessions};
use std::collections::BTreeSet;
use sync_protocol::ids::UserId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::role::Role;
use uuid::Uuid;

/// Longest name or unit, in characters.
pub const PERSON_TEXT_CHARS_MAX: usize = 60;
/// Longest telephone number, in characters.
pub const PHONE_CHARS_MAX: usize = 32;
/// Accounts in one answer at most.
pub const USERS_PER_PAGE_MAX: u32 = 200;
/// Grants of one person that are listed; more than there are villages in a subdistrict.
pub const GRANTS_LISTED_MAX: i64 = 1000;

/// Places of one grant at most: no enterprise has more sites in a subdistrict.
pub const GRANT_PLACES_MAX: usize = 200;
/// Places of all grants of one person that are listed.
const GRANT_PLACES_LISTED_MAX: i64 = 10_000;

/// Who asks for the change.
#[derive(Debug, Clone, Copy)]
pub enum Manager<'a> {
    /// A signed-in person, who must be an administrator.
    Caller(&'a Caller),
    /// Whoever can run commands on the server, and so can do anything anyway.
    CommandLine,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What is typed to sign in; no spaces.
    pub login: String,
    /// 姓名.
    pub name: String,
    /// 单位, printed as 排查单位.
    pub unit: String,
    /// Telephone number; may be empty.
    pub phone: String,
    /// The first password.
    pub password: Secret<String>,
}

/// An account as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The person.
    pub id: UserId,
    /// What is typed to sign in.
    pub login: String,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Telephone number.
    pub phone: String,
    /// Raised with every change of grants.
    pub scope_version: i64,
    /// Since when nobody can sign in, microseconds UTC.
    pub disabled_at_us: Option<i64>,
    /// Microseconds UTC.
    pub created_at_us: i64,
    /// Roles, revoked ones too.
    pub grants: Vec<ListedGrant>,
}

/// One role in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGrant {
    /// `R1` to `R11`.
    pub role: String,
    /// Village or subdistrict; `*` for everything.
    pub feed: String,
    /// Microseconds UTC.
    pub granted_at_us: i64,
    /// Microseconds UTC; nothing while it holds.
    pub revoked_at_us: Option<i64>,
    /// Of R7 and R8: the places they act for.
    pub places: Vec<Uuid>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ManageUsersError {
    /// The asker is no administrator.
    #[error("only an administrator manages accounts")]
    Forbidden,
    /// There is no such account.
    #[error("no such account")]
    NotFound,
    /// The login is taken.
    #[error("the login is taken")]
    LoginTaken,
    /// A field cannot be as it is; the sentence is for people.
    #[error("{0}")]
    Field(&'static str),
    /// A place is not known in the villages of the grant, or the role is not held for places.
    #[error("no such place there")]
    UnknownPlace,
    /// No village or subdistrict has this code.
    #[error("no such village")]
    UnknownVillage,
    /// An administrator would shut out himself.
    #[error("an administrator cannot disable the own account or revoke the own R10")]
    OwnAccount,
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordWorkError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

impl Manager<'_> {
    fn check(self) -> Result<(), ManageUsersError> {
        match self {
            Self::Caller(caller) if !caller.may(Action::ManageUsers, None) => Err(ManageUsersError::Forbidden),
            Self::Caller(_) | Self::CommandLine => Ok(()),
        }
    }

    /// For the log.
    fn name(self) -> String {
        match self {
            Self::Caller(caller) => caller.user.to_string(),
            Self::CommandLine => "command line".to_owned(),
        }
    }

    /// For the audit log.
    fn actor(self) -> Option<UserId> {
        match self {
            Self::Caller(caller) => caller.actor(),
            Self::CommandLine => None,
        }
    }

    fn is(self, user: UserId) -> bool {
        match self {
            Self::Caller(caller) => caller.user == user,
            Self::CommandLine => false,
        }
    }
}

/// Makes an account without any grant.
///
/// # Errors
/// [`ManageUsersError`]; nothing was stored.
pub async fn create_user(app: &App, manager: Manager<'_>, new: NewUser) -> Result<UserId, ManageUsersError> {
    manager.check()?;
    let new = checked_user(new)?;
    let password_hash = hash_password(app, &new.password).await?;
    let id = app.ids.new_id();
    let mut tx = app.database.begin_write().await?;
    if accounts::find_user_by_login(&mut tx, &new.login).await?.is_some() {
        return Err(ManageUsersError::LoginTaken);
    }
    let row = UserRow {
        id,
        login: new.login,
        name: new.name,
        unit: new.unit,
        phone: new.phone,
        password_hash,
        scope_version: 1,
        disabled_at: None,
        created_at: app.clock.now_us(),
    };
    let entry = Entry::new(manager.actor(), Deed::UserCreated, Subject::user(&row));
    accounts::create_user(&mut tx, row).await.map_err(|error| match error {
        // Somebody took it since the look above.
        DbError::UniqueViolation => ManageUsersError::LoginTaken,
        error => error.into(),
    })?;
    write_audit(app, &mut tx, entry).await?;
    tx.commit().await?;
    tracing::info!(user = %id, by = manager.name(), "account made");
    Ok(id.into())
}

/// A page of accounts in order of login, `limit` at most, after a login.
///
/// # Errors
/// [`ManageUsersError`].
pub async fn list_users(
    app: &App,
    manager: Manager<'_>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<ListedUser>, ManageUsersError> {
    manager.check()?;
    let mut tx = app.database.begin_read().await?;
    let rows = accounts::list_users(&mut tx, after, limit.min(USERS_PER_PAGE_MAX).into()).await?;
    let mut users = Vec::with_capacity(rows.len());
    for row in rows {
        users.push(listed(&mut tx, row).await?);
    }
    tx.rollback().await?;
    Ok(users)
}

/// One account.
///
/// # Errors
/// [`ManageUsersError`].
pub async fn find_user(app: &App, manager: Manager<'_>, user: UserId) -> Result<ListedUser, ManageUsersError> {
    manager.check()?;
    let mut tx = app.database.begin_read().await?;
    let row = known(&mut tx, user).await?;
    let user = listed(&mut tx, row).await?;
    tx.rollback().await?;
    Ok(user)
}

/// The account with this login, for the command line, where people are named so.
///
/// # Errors
/// [`ManageUsersError`].
pub async fn find_user_by_login(app: &App, manager: Manager<'_>, login: &str) -> Result<UserId, ManageUsersError> {
    manager.check()?;
    let mut tx = app.database.begin_read().await?;
    let row = accounts::find_user_by_login(&mut tx, login).await?.ok_or(ManageUsersError::NotFound)?;
    tx.rollback().await?;
    Ok(row.id.into())
}

/// Grants a role in a village, a subdistrict (with all its villages) or, with `*`, everywhere; whether that changed anything.
///
/// # Errors
/// [`ManageUsersError`]; nothing was changed.
pub async fn grant_role(
    app: &App,
    manager: Manager<'_>,
    user: UserId,
    role: Role,
    feed: &str,
) -> Result<bool, ManageUsersError> {
    grant_role_for(app, manager, user, (role, feed), None).await
}

/// As [`grant_role`], for certain places: an enterprise (R7) acts for its own, an expert (R8) for those assigned. These take the place of the ones
/// before; with `None` they stay as they are.
///
/// # Errors
/// [`ManageUsersError`]; nothing was changed.
pub async fn grant_role_for(
    app: &App,
    manager: Manager<'_>,
    user: UserId,
    (role, feed): (Role, &str),
    places: Option<&[Uuid]>,
) -> Result<bool, ManageUsersError> {
    manager.check()?;
    let mut tx = app.database.begin_write().await?;
    let row = known(&mut tx, user).await?;
    if feed != EVERYWHERE && feeds::find_feeds(&mut tx, &[feed.to_owned()]).await?.is_empty() {
        return Err(ManageUsersError::UnknownVillage);
    }
    let mut changed = accounts::put_grant(&mut tx, user.0, role.code(), feed, app.clock.now_us()).await?;
    let mut words = format!("{} {}", role.code(), role.title());
    if let Some(places) = places {
        let names = names_of_places(&mut tx, (role, feed), places).await?;
        changed |= accounts::put_grant_places(&mut tx, (user.0, role.code(), feed), places).await?;
        words = format!("{words}：{}", names.join("、"));
    }
    if changed {
        let entry = Entry::new(manager.actor(), Deed::GrantGiven, Subject::user(&row)).village(feed);
        write_audit(app, &mut tx, entry.detail(words)).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %user, role = role.code(), feed, changed, by = manager.name(), "role granted");
    Ok(changed)
}

/// What the places are called; all of them lie where the role is granted.
async fn names_of_places(
    tx: &mut Tx,
    (role, feed): (Role, &str),
    places: &[Uuid],
) -> Result<Vec<String>, ManageUsersError> {
    let distinct: BTreeSet<Uuid> = places.iter().copied().collect();
    if distinct.len() > GRANT_PLACES_MAX || !places.is_empty() && !PLACE_ROLES.contains(&role) {
        return Err(ManageUsersError::UnknownPlace);
    }
    let found = projections::find_places(tx, places).await?;
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let villages = feeds::list_children(tx, feed, limit).await?;
    let is_there = |place: &PlaceRow| feed == EVERYWHERE || place.feed == feed || villages.contains(&place.feed);
    if found.len() == distinct.len() && found.iter().all(is_there) {
        Ok(found.into_iter().map(|place| place.name).collect())
    } else {
        Err(ManageUsersError::UnknownPlace)
    }
}

/// Revokes a role; whether that changed anything. Reading ends at once; work done before is taken for a while.
///
/// # Errors
/// [`ManageUsersError`]; nothing was changed.
pub async fn revoke_role(
    app: &App,
    manager: Manager<'_>,
    user: UserId,
    role: Role,
    feed: &str,
) -> Result<bool, ManageUsersError> {
    manager.check()?;
    if role == Role::R10 && manager.is(user) {
        return Err(ManageUsersError::OwnAccount);
    }
    let mut tx = app.database.begin_write().await?;
    let row = known(&mut tx, user).await?;
    let changed = accounts::revoke_grant(&mut tx, user.0, role.code(), feed, app.clock.now_us()).await?;
    if changed {
        let entry = Entry::new(manager.actor(), Deed::GrantRevoked, Subject::user(&row)).village(feed);
        write_audit(app, &mut tx, entry.detail(format!("{} {}", role.code(), role.title()))).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %user, role = role.code(), feed, changed, by = manager.name(), "role revoked");
    Ok(changed)
}

/// Lets a person no longer sign in and ends all sessions; whether that changed anything.
///
/// # Errors
/// [`ManageUsersError`]; nothing was changed.
pub async fn disable_user(app: &App, manager: Manager<'_>, user: UserId) -> Result<bool, ManageUsersError> {
    manager.check()?;
    if manager.is(user) {
        return Err(ManageUsersError::OwnAccount);
    }
    let now_us = app.clock.now_us();
    let mut tx = app.database.begin_write().await?;
    let row = known(&mut tx, user).await?;
    let changed = accounts::disable_user(&mut tx, user.0, now_us).await?;
    sessions::revoke_sessions_of_user(&mut tx, user.0, now_us).await?;
    if changed {
        write_audit(app, &mut tx, Entry::new(manager.actor(), Deed::UserDisabled, Subject::user(&row))).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %user, changed, by = manager.name(), "account disabled");
    Ok(changed)
}

/// Lets a disabled person sign in again, with the password and the roles of before; whether that changed anything. Phones that were revoked stay so.
///
/// # Errors
/// [`ManageUsersError`]; nothing was changed.
pub async fn enable_user(app: &App, manager: Manager<'_>, user: UserId) -> Result<bool, ManageUsersError> {
    manager.check()?;
    let mut tx = app.database.begin_write().await?;
    let row = known(&mut tx, user).await?;
    let changed = accounts::enable_user(&mut tx, user.0).await?;
    if changed {
        write_audit(app, &mut tx, Entry::new(manager.actor(), Deed::UserEnabled, Subject::user(&row))).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %user, changed, by = manager.name(), "account enabled");
    Ok(changed)
}

/// Sets a new password and ends all sessions: whoever knew the old one is out. Phones keep their outbox and sign in again.
///
/// # Errors
/// [`ManageUsersError`]; the old password holds.
pub async fn reset_password(
    app: &App,
    manager: Manager<'_>,
    user: UserId,
    password: &Secret<String>,
) -> Result<(), ManageUsersError> {
    manager.check()?;
    let password_hash = hash_password(app, password).await?;
    let mut tx = app.database.begin_write().await?;
    let row = known(&mut tx, user).await?;
    accounts::put_password(&mut tx, user.0, &password_hash).await?;
    sessions::revoke_sessions_of_user(&mut tx, user.0, app.clock.now_us()).await?;
    write_audit(app, &mut tx, Entry::new(manager.actor(), Deed::PasswordSet, Subject::user(&row))).await?;
    tx.commit().await?;
    tracing::info!(user = %user, by = manager.name(), "password set");
    Ok(())
}

async fn known(tx: &mut Tx, user: UserId) -> Result<UserRow, ManageUsersError> {
    accounts::find_user(tx, user.0).await?.ok_or(ManageUsersError::NotFound)
}

async fn listed(tx: &mut Tx, row: UserRow) -> Result<ListedUser, DbError> {
    let grants = accounts::list_grants(tx, row.id, GRANTS_LISTED_MAX).await?;
    let places = accounts::list_grant_places(tx, row.id, GRANT_PLACES_LISTED_MAX).await?;
    let of_grant = |grant: &GrantRow| {
        let own = places.iter().filter(|place| place.role == grant.role && place.feed == grant.feed);
        own.map(|place| place.place).collect()
    };
    let grants = grants.into_iter().map(|grant| ListedGrant {
        places: of_grant(&grant),
        role: grant.role,
        feed: grant.feed,
        granted_at_us: grant.granted_at,
        revoked_at_us: grant.revoked_at,
    });
    Ok(ListedUser {
        id: row.id.into(),
        login: row.login,
        name: row.name,
        unit: row.unit,
        phone: row.phone,
        scope_version: row.scope_version,
        disabled_at_us: row.disabled_at,
        created_at_us: row.created_at,
        grants: grants.collect(),
    })
}

fn checked_user(new: NewUser) -> Result<NewUser, ManageUsersError> {
    let is_login = |text: &str| {
        !text.is_empty()
            && text.len() <= LOGIN_BYTES_MAX
            && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
    };
    let is_text =
        |text: &str, chars_max: usize| text.chars().count() <= chars_max && !text.chars().any(char::is_control);
    let new = NewUser {
        login: new.login.trim().to_owned(),
        name: new.name.trim().to_owned(),
        unit: new.unit.trim().to_owned(),
        phone: new.phone.trim().to_owned(),
        password: new.password,
    };
    if !is_login(&new.login) {
        return Err(ManageUsersError::Field("登录名应为 1 到 64 字节，不含空格。账号未建立，请改正后重试。"));
    }
    if new.name.is_empty() || !is_text(&new.name, PERSON_TEXT_CHARS_MAX) {
        return Err(ManageUsersError::Field("姓名应为 1 到 60 个字。账号未建立，请改正后重试。"));
    }
    if !is_text(&new.unit, PERSON_TEXT_CHARS_MAX) {
        return Err(ManageUsersError::Field("单位最多 60 个字。账号未建立，请改正后重试。"));
    }
    if !is_text(&new.phone, PHONE_CHARS_MAX) {
        return Err(ManageUsersError::Field("电话最多 32 个字符。账号未建立，请改正后重试。"));
    }
    Ok(new)
}
