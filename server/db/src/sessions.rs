//! The table `sessions`: sign-ins that are kept alive by refresh tokens, of which only SHA-256 is stored.
//! Not the rule of what an old token means: the use case reads the row under its lock and decides. What a newcomer gets
//! wrong: deciding on [`find_session`], which takes no lock, so that two refreshes at once both rotate.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use uuid::Uuid;

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Made by the server.
    pub id: Uuid,
    /// Who signed in.
    pub user: Uuid,
    /// The phone; nothing for a browser.
    pub device: Option<Uuid>,
    /// SHA-256 of the refresh token in force, 32 bytes.
    pub current_hash: Vec<u8>,
    /// SHA-256 of the one before: holds until the current one is first used.
    pub previous_hash: Option<Vec<u8>>,
    /// The current one was used.
    pub current_used: bool,
    /// Microseconds UTC.
    pub created_at: i64,
    /// Microseconds UTC.
    pub rotated_at: i64,
    /// Microseconds UTC.
    pub expires_at: i64,
    /// Microseconds UTC; nothing while it holds.
    pub revoked_at: Option<i64>,
}

fn session_row(row: &Row) -> Result<SessionRow, DbError> {
    Ok(SessionRow {
        id: row.uuid("id")?,
        user: row.uuid("user_id")?,
        device: row.opt_uuid("device")?,
        current_hash: row.bytes("current_hash")?,
        previous_hash: row.opt_bytes("previous_hash")?,
        current_used: row.bool("current_used")?,
        created_at: row.i64("created_at")?,
        rotated_at: row.i64("rotated_at")?,
        expires_at: row.i64("expires_at")?,
        revoked_at: row.opt_i64("revoked_at")?,
    })
}

/// Stores a new sign-in.
///
/// # Errors
/// `UniqueViolation` when the id or current token exists, `ForeignKey` when there is no such person; otherwise when the
/// database fails. The transaction is then over.
pub async fn create_session(tx: &mut Tx, session: SessionRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO sessions (id, user_id, device, current_hash, previous_hash, current_used, created_at, rotated_at,
         expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(session.id)
    .bind(session.user)
    .bind(session.device)
    .bind(session.current_hash)
    .bind(session.previous_hash)
    .bind(session.current_used)
    .bind(session.created_at)
    .bind(session.rotated_at)
    .bind(session.expires_at)
    .bind(session.revoked_at);
    tx.execute(statement).await?;
    Ok(())
}

/// One sign-in, whatever became of it.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_session(tx: &mut Tx, id: Uuid) -> Result<Option<SessionRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, user_id, device, current_hash, previous_hash, current_used, created_at, rotated_at, expires_at,
             revoked_at
         FROM sessions WHERE id = $1",
    )
    .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(session_row).transpose()
}

/// One sign-in, whatever became of it, locked until the transaction ends. Finds it also for a token that is neither the
/// current one nor the one before, which is the alarm.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn lock_session(tx: &mut Tx, id: Uuid) -> Result<Option<SessionRow>, DbError> {
    // The update changes nothing; it takes the lock with one text on both engines.
    let statement = Statement::new(
        "UPDATE sessions SET current_used = current_used WHERE id = $1
         RETURNING id, user_id, device, current_hash, previous_hash, current_used, created_at, rotated_at, expires_at,
             revoked_at",
    )
    .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(session_row).transpose()
}

/// The sign-in whose current or previous refresh token has this SHA-256, whatever became of it, locked until the transaction
/// ends. Which of the two it is, the caller compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn lock_session_by_refresh(tx: &mut Tx, hash: &[u8]) -> Result<Option<SessionRow>, DbError> {
    // The update changes nothing; it takes the lock with one text on both engines. One that waited for another refresh
    // finds the row as that left it.
    let statement = Statement::new(
        "UPDATE sessions SET current_used = current_used WHERE current_hash = $1 OR previous_hash = $1
         RETURNING id, user_id, device, current_hash, previous_hash, current_used, created_at, rotated_at, expires_at,
             revoked_at",
    )
    .bind(hash);
    tx.fetch_optional(statement).await?.as_ref().map(session_row).transpose()
}

/// What a rotation stores.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// SHA-256 of the token that was presented; it holds until the new one is used.
    pub previous_hash: &'a [u8],
    /// SHA-256 of the token that is handed out.
    pub current_hash: &'a [u8],
    /// Microseconds UTC.
    pub rotated_at: i64,
    /// Microseconds UTC.
    pub expires_at: i64,
}

/// Puts a new refresh token in force, not used yet; whether there is such a sign-in that holds. Lock the row first.
///
/// # Errors
/// `UniqueViolation` when the new token is another sign-in's; otherwise when the database fails. The transaction is then over.
pub async fn rotate_session(tx: &mut Tx, id: Uuid, rotation: Rotation<'_>) -> Result<bool, DbError> {
    let statement = Statement::new(
        "UPDATE sessions SET previous_hash = $2, current_hash = $3, current_used = $4, rotated_at = $5, expires_at = $6
         WHERE id = $1 AND revoked_at IS NULL",
    )
    .bind(id)
    .bind(rotation.previous_hash)
    .bind(rotation.current_hash)
    .bind(false)
    .bind(rotation.rotated_at)
    .bind(rotation.expires_at);
    Ok(tx.execute(statement).await? > 0)
}

/// Notes that the current refresh token arrived at its phone, if this is still the current one; whether that changed anything.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn mark_current_used(tx: &mut Tx, id: Uuid, current_hash: &[u8]) -> Result<bool, DbError> {
    let statement = Statement::new(
        "UPDATE sessions SET current_used = $3 WHERE id = $1 AND current_hash = $2 AND NOT current_used",
    )
    .bind(id)
    .bind(current_hash)
    .bind(true);
    Ok(tx.execute(statement).await? > 0)
}

/// Ends a sign-in; whether that changed anything.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn revoke_session(tx: &mut Tx, id: Uuid, revoked_at: i64) -> Result<bool, DbError> {
    let statement = Statement::new("UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(revoked_at);
    Ok(tx.execute(statement).await? > 0)
}

/// Ends all sign-ins of a person; how many ended.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn revoke_sessions_of_user(tx: &mut Tx, user: Uuid, revoked_at: i64) -> Result<u64, DbError> {
    let statement = Statement::new("UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL")
        .bind(user)
        .bind(revoked_at);
    tx.execute(statement).await
}

/// Ends all sign-ins on a phone; how many ended.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn revoke_sessions_of_device(tx: &mut Tx, device: Uuid, revoked_at: i64) -> Result<u64, DbError> {
    let statement = Statement::new("UPDATE sessions SET revoked_at = $2 WHERE device = $1 AND revoked_at IS NULL")
        .bind(device)
        .bind(revoked_at);
    tx.execute(statement).await
}
