//! People and what they may do where: the tables `users`, `grants` and `grant_places`, which are not records and stand beside the ledger.
//! Not the rules: what a role may do is decided over these rows elsewhere. What a newcomer gets wrong: a revoked grant stays a
//! row and is listed, because work done before it was revoked is still taken for a while.

use std::collections::BTreeSet;
use std::fmt;

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::projections::Villages;
use crate::statement::Statement;
use uuid::Uuid;

/// One person who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Made by the server.
    pub id: Uuid,
    /// What is typed to sign in; unique byte by byte.
    pub login: String,
    /// 姓名.
    pub name: String,
    /// 单位, printed as 排查单位.
    pub unit: String,
    /// Telephone number.
    pub phone: String,
    /// Argon2id as a PHC string.
    pub password_hash: String,
    /// Raised by one with every change of grants.
    pub scope_version: i64,
    /// Since when nobody can sign in, microseconds UTC.
    pub disabled_at: Option<i64>,
    /// Microseconds UTC.
    pub created_at: i64,
}

impl fmt::Debug for UserRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is personal or secret and does not belong into a log.
        formatter.debug_struct("UserRow").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

fn user_row(row: &Row) -> Result<UserRow, DbError> {
    Ok(UserRow {
        id: row.uuid("id")?,
        login: row.text("login")?,
        name: row.text("name")?,
        unit: row.text("unit")?,
        phone: row.text("phone")?,
        password_hash: row.text("password_hash")?,
        scope_version: row.i64("scope_version")?,
        disabled_at: row.opt_i64("disabled_at")?,
        created_at: row.i64("created_at")?,
    })
}

/// Makes a person.
///
/// # Errors
/// `UniqueViolation` when the login or id is taken; otherwise when the database fails. The transaction is then over.
pub async fn create_user(tx: &mut Tx, user: UserRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO users (id, login, name, unit, phone, password_hash, scope_version, disabled_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(user.id)
    .bind(user.login)
    .bind(user.name)
    .bind(user.unit)
    .bind(user.phone)
    .bind(user.password_hash)
    .bind(user.scope_version)
    .bind(user.disabled_at)
    .bind(user.created_at);
    tx.execute(statement).await?;
    Ok(())
}

/// The person with this login, disabled or not.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_user_by_login(tx: &mut Tx, login: &str) -> Result<Option<UserRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, login, name, unit, phone, password_hash, scope_version, disabled_at, created_at
         FROM users WHERE login = $1",
    )
    .bind(login);
    tx.fetch_optional(statement).await?.as_ref().map(user_row).transpose()
}

/// One person, disabled or not.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_user(tx: &mut Tx, id: Uuid) -> Result<Option<UserRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, login, name, unit, phone, password_hash, scope_version, disabled_at, created_at
         FROM users WHERE id = $1",
    )
    .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(user_row).transpose()
}

/// Everybody after a login, in order of login, disabled or not.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_users(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<UserRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, login, name, unit, phone, password_hash, scope_version, disabled_at, created_at
         FROM users WHERE login > $1 ORDER BY login LIMIT $2",
    )
    .bind(after.unwrap_or_default())
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(user_row).collect()
}

/// Replaces a person's password hash; whether there is such a person. Their sessions are not touched.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<bool, DbError> {
    let statement = Statement::new("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id).bind(password_hash);
    Ok(tx.execute(statement).await? > 0)
}

/// Lets a person no longer sign in; whether that changed anything. Their sessions are not touched.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn disable_user(tx: &mut Tx, id: Uuid, disabled_at: i64) -> Result<bool, DbError> {
    let statement = Statement::new("UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL")
        .bind(id)
        .bind(disabled_at);
    Ok(tx.execute(statement).await? > 0)
}

/// Lets a person sign in again; whether that changed anything.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn enable_user(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    let statement =
        Statement::new("UPDATE users SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL").bind(id);
    Ok(tx.execute(statement).await? > 0)
}

/// One role of a person in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The person.
    pub user: Uuid,
    /// `R1` to `R11`.
    pub role: String,
    /// Village or subdistrict; `*` for everything.
    pub feed: String,
    /// Microseconds UTC.
    pub granted_at: i64,
    /// Microseconds UTC; nothing while it holds.
    pub revoked_at: Option<i64>,
}

/// Grants a role, also one that was revoked, and raises the person's scope version; whether that changed anything. One that
/// holds already stays as it is.
///
/// # Errors
/// `ForeignKey` when there is no such person; otherwise when the database fails. The transaction is then over.
pub async fn put_grant(tx: &mut Tx, user: Uuid, role: &str, feed: &str, granted_at: i64) -> Result<bool, DbError> {
    let statement = Statement::new(
        "INSERT INTO grants (user_id, role, feed, granted_at, revoked_at) VALUES ($1, $2, $3, $4, NULL)
         ON CONFLICT (user_id, role, feed) DO UPDATE SET granted_at = excluded.granted_at, revoked_at = NULL
         WHERE grants.revoked_at IS NOT NULL",
    )
    .bind(user)
    .bind(role)
    .bind(feed)
    .bind(granted_at);
    let changed = tx.execute(statement).await? > 0;
    if changed {
        raise_scope_version(tx, user).await?;
    }
    Ok(changed)
}

/// Revokes a role and raises the person's scope version; whether that changed anything.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn revoke_grant(tx: &mut Tx, user: Uuid, role: &str, feed: &str, revoked_at: i64) -> Result<bool, DbError> {
    let statement = Statement::new(
        "UPDATE grants SET revoked_at = $4 WHERE user_id = $1 AND role = $2 AND feed = $3 AND revoked_at IS NULL",
    )
    .bind(user)
    .bind(role)
    .bind(feed)
    .bind(revoked_at);
    let changed = tx.execute(statement).await? > 0;
    if changed {
        raise_scope_version(tx, user).await?;
    }
    Ok(changed)
}

async fn raise_scope_version(tx: &mut Tx, user: Uuid) -> Result<(), DbError> {
    tx.execute(Statement::new("UPDATE users SET scope_version = scope_version + 1 WHERE id = $1").bind(user)).await?;
    Ok(())
}

/// Somebody who has or had a role somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub user: Uuid,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// The account is disabled.
    pub disabled: bool,
    /// Village or subdistrict; `*` for everything.
    pub feed: String,
    /// The role holds no more.
    pub revoked: bool,
}

/// Who has or had a role in the villages, in order of name, person, feed. A grant for everything is in the villages only if all are meant.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_holders(tx: &mut Tx, role: &str, villages: &Villages, limit: i64) -> Result<Vec<Holder>, DbError> {
    let (all, ids) = villages.binds();
    let statement = Statement::new(
        "SELECT users.id, users.name, users.unit, users.disabled_at, grants.feed, grants.revoked_at
         FROM grants JOIN users ON users.id = grants.user_id WHERE grants.role = $1 AND ($2 OR grants.feed IN ($in))
         ORDER BY users.name, users.id, grants.feed LIMIT $3",
    )
    .bind(role)
    .bind(all)
    .bind(limit)
    .bind_list(ids);
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(Holder {
                user: row.uuid("id")?,
                name: row.text("name")?,
                unit: row.text("unit")?,
                disabled: row.opt_i64("disabled_at")?.is_some(),
                feed: row.text("feed")?,
                revoked: row.opt_i64("revoked_at")?.is_some(),
            })
        })
        .collect()
}

/// Roles of a person, revoked ones too, in order of role, then feed.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_grants(tx: &mut Tx, user: Uuid, limit: i64) -> Result<Vec<GrantRow>, DbError> {
    let statement = Statement::new(
        "SELECT user_id, role, feed, granted_at, revoked_at FROM grants WHERE user_id = $1 ORDER BY role, feed LIMIT $2",
    )
    .bind(user)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(GrantRow {
                user: row.uuid("user_id")?,
                role: row.text("role")?,
                feed: row.text("feed")?,
                granted_at: row.i64("granted_at")?,
                revoked_at: row.opt_i64("revoked_at")?,
            })
        })
        .collect()
}

/// A place that somebody acts for in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantPlaceRow {
    /// `R7` or `R8`.
    pub role: String,
    /// Village or subdistrict of the grant; `*` for everything.
    pub feed: String,
    /// The place record.
    pub place: Uuid,
}

/// Makes the places of a grant exactly these and raises the person's scope version; whether that changed anything.
///
/// # Errors
/// `ForeignKey` when there is no such grant; otherwise when the database fails. The transaction is then over.
pub async fn put_grant_places(
    tx: &mut Tx,
    (user, role, feed): (Uuid, &str, &str),
    places: &[Uuid],
) -> Result<bool, DbError> {
    let known = Statement::new("SELECT place FROM grant_places WHERE user_id = $1 AND role = $2 AND feed = $3");
    let known = tx.fetch_all(known.bind(user).bind(role).bind(feed)).await?;
    let known: BTreeSet<Uuid> = known.iter().map(|row| row.uuid("place")).collect::<Result<_, _>>()?;
    let places: BTreeSet<Uuid> = places.iter().copied().collect();
    if known == places {
        return Ok(false);
    }
    let gone = Statement::new("DELETE FROM grant_places WHERE user_id = $1 AND role = $2 AND feed = $3");
    tx.execute(gone.bind(user).bind(role).bind(feed)).await?;
    let rows = places.into_iter().map(|place| vec![user.into(), role.into(), feed.into(), place.into()]);
    tx.execute_rows("INSERT INTO grant_places (user_id, role, feed, place) VALUES", rows.collect(), "").await?;
    raise_scope_version(tx, user).await?;
    Ok(true)
}

/// Places of all grants of a person, revoked ones too, in order of role, feed, place.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_grant_places(tx: &mut Tx, user: Uuid, limit: i64) -> Result<Vec<GrantPlaceRow>, DbError> {
    let statement = Statement::new(
        "SELECT role, feed, place FROM grant_places WHERE user_id = $1 ORDER BY role, feed, place LIMIT $2",
    )
    .bind(user)
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| Ok(GrantPlaceRow { role: row.text("role")?, feed: row.text("feed")?, place: row.uuid("place")? }))
        .collect()
}
