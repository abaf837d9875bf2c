//! Lives of phones' databases: how far each one's sequence is stored. The row is locked first in every push, so two deliveries of the
//! same batch on two processes queue here and the second finds everything done.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use uuid::Uuid;

/// One life of a phone's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incarnation {
    /// Its id, made by the phone.
    pub id: Uuid,
    /// The phone.
    pub device: Uuid,
    /// The life before.
    pub parent: Option<Uuid>,
    /// Every operation up to here is stored.
    pub consumed: i64,
    /// Event time of its newest operation, microseconds UTC.
    pub last_event_at: Option<i64>,
}

fn incarnation(row: &Row) -> Result<Incarnation, DbError> {
    Ok(Incarnation {
        id: row.uuid("id")?,
        device: row.uuid("device")?,
        parent: row.opt_uuid("parent")?,
        consumed: row.i64("consumed")?,
        last_event_at: row.opt_i64("last_event_at")?,
    })
}

/// What a push says about its phone.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The life of its database.
    pub id: Uuid,
    /// The phone.
    pub device: Uuid,
    /// The life before.
    pub parent: Option<Uuid>,
    /// Operations it still has.
    pub pending_total: i64,
    /// Version of its app.
    pub app: String,
    /// When it was heard, microseconds UTC.
    pub at: i64,
    /// What a new row says of when it began, microseconds UTC.
    pub created_at: i64,
}

/// Makes the row if it is new, notes what the phone said unless it said something later, and locks it until the transaction ends.
/// The device of an existing row is not changed: compare it.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn lock_incarnation(tx: &mut Tx, seen: Seen) -> Result<Incarnation, DbError> {
    let statement = Statement::new(
        "INSERT INTO incarnations (id, device, parent, consumed, pending_total, app, last_event_at, created_at, seen_at)
         VALUES ($1, $2, $3, 0, $4, $5, NULL, $7, $6)
         ON CONFLICT (id) DO UPDATE SET
             pending_total = CASE WHEN excluded.seen_at < incarnations.seen_at THEN incarnations.pending_total
                 ELSE excluded.pending_total END,
             app = CASE WHEN excluded.app = '' THEN incarnations.app ELSE excluded.app END,
             seen_at = CASE WHEN excluded.seen_at < incarnations.seen_at THEN incarnations.seen_at ELSE excluded.seen_at END
         RETURNING id, device, parent, consumed, last_event_at",
    )
    .bind(seen.id)
    .bind(seen.device)
    .bind(seen.parent)
    .bind(seen.pending_total)
    .bind(seen.app)
    .bind(seen.at)
    .bind(seen.created_at);
    incarnation(&tx.fetch_one(statement).await?)
}

/// Event time of the newest operation of any phone whose clock could be believed, microseconds UTC.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_newest_event(tx: &mut Tx) -> Result<Option<i64>, DbError> {
    let statement = Statement::new("SELECT MAX(last_event_at) AS newest FROM incarnations");
    tx.fetch_one(statement).await?.opt_i64("newest")
}

/// Advances how far a phone's sequence is stored.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn advance_incarnation(
    tx: &mut Tx,
    id: Uuid,
    consumed: i64,
    last_event_at: Option<i64>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "UPDATE incarnations SET consumed = $2, last_event_at = COALESCE($3, last_event_at) WHERE id = $1 AND consumed <= $2",
    )
    .bind(id)
    .bind(consumed)
    .bind(last_event_at);
    tx.execute(statement).await?;
    Ok(())
}

/// Those of these lives that are known, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_incarnations(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Incarnation>, DbError> {
    let statement = Statement::new(
        "SELECT id, device, parent, consumed, last_event_at FROM incarnations WHERE id IN ($in) ORDER BY id",
    )
    .bind_list(ids.iter().copied().map(crate::statement::Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(incarnation).collect()
}

/// One life, if it is known.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_incarnation(tx: &mut Tx, id: Uuid) -> Result<Option<Incarnation>, DbError> {
    let statement =
        Statement::new("SELECT id, device, parent, consumed, last_event_at FROM incarnations WHERE id = $1").bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(incarnation).transpose()
}
