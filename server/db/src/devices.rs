//! The table `devices`: phones that were enrolled, each to one person.
//! Not the lives of a phone's database, which are in `incarnations.rs`: reinstalling the app makes a new one of those on the
//! same device. What a newcomer gets wrong: revoking a device does not end its sessions; `sessions.rs` does.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::projections::Page;
use crate::statement::Statement;
use uuid::Uuid;

/// One enrolled phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Made by the phone.
    pub id: Uuid,
    /// The person it was enrolled to.
    pub user: Uuid,
    /// What people call it.
    pub label: String,
    /// What the maker calls it.
    pub model: String,
    /// Microseconds UTC.
    pub enrolled_at: i64,
    /// Microseconds UTC.
    pub seen_at: i64,
    /// Microseconds UTC; nothing while it may be used.
    pub revoked_at: Option<i64>,
}

fn device_row(row: &Row) -> Result<DeviceRow, DbError> {
    Ok(DeviceRow {
        id: row.uuid("id")?,
        user: row.uuid("user_id")?,
        label: row.text("label")?,
        model: row.text("model")?,
        enrolled_at: row.i64("enrolled_at")?,
        seen_at: row.i64("seen_at")?,
        revoked_at: row.opt_i64("revoked_at")?,
    })
}

/// Enrols a phone.
///
/// # Errors
/// `UniqueViolation` when it is enrolled already, `ForeignKey` when there is no such person; otherwise when the database fails.
/// The transaction is then over.
pub async fn create_device(tx: &mut Tx, device: DeviceRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO devices (id, user_id, label, model, enrolled_at, seen_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(device.id)
    .bind(device.user)
    .bind(device.label)
    .bind(device.model)
    .bind(device.enrolled_at)
    .bind(device.seen_at)
    .bind(device.revoked_at);
    tx.execute(statement).await?;
    Ok(())
}

/// One phone, revoked or not.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_device(tx: &mut Tx, id: Uuid) -> Result<Option<DeviceRow>, DbError> {
    let statement =
        Statement::new("SELECT id, user_id, label, model, enrolled_at, seen_at, revoked_at FROM devices WHERE id = $1")
            .bind(id);
    tx.fetch_optional(statement).await?.as_ref().map(device_row).transpose()
}

const LIST_OF_USER_SQL: &str = "SELECT id, user_id, label, model, enrolled_at, seen_at, revoked_at FROM devices
     WHERE user_id = $1 AND (enrolled_at, id) < ($2, $3) ORDER BY enrolled_at DESC, id DESC LIMIT $4";
const LIST_SQL: &str = "SELECT id, user_id, label, model, enrolled_at, seen_at, revoked_at FROM devices
     WHERE $1 IS NULL AND (enrolled_at, id) < ($2, $3) ORDER BY enrolled_at DESC, id DESC LIMIT $4";

/// Phones of one person, or of everybody, revoked ones too: enrolled last first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_devices(tx: &mut Tx, user: Option<Uuid>, page: Page) -> Result<Vec<DeviceRow>, DbError> {
    let after = page.after.unwrap_or((i64::MAX, Uuid::max()));
    let statement = Statement::new(if user.is_some() { LIST_OF_USER_SQL } else { LIST_SQL })
        .bind(user)
        .bind(after.0)
        .bind(after.1)
        .bind(page.limit);
    tx.fetch_all(statement).await?.iter().map(device_row).collect()
}

const LIST_OF_FEEDS_SQL: &str = "SELECT id, user_id, label, model, enrolled_at, seen_at, revoked_at FROM devices
     WHERE (enrolled_at, id) < ($1, $2) AND (user_id = $3 OR EXISTS
         (SELECT 1 FROM grants WHERE grants.user_id = devices.user_id AND grants.revoked_at IS NULL AND grants.feed IN ($in)))
     ORDER BY enrolled_at DESC, id DESC LIMIT $4";

/// Phones of one person, and of everybody with a grant that holds in one of the feeds, in the order of [`list_devices`].
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_devices_of_feeds(
    tx: &mut Tx,
    own: Uuid,
    feeds: &[String],
    page: Page,
) -> Result<Vec<DeviceRow>, DbError> {
    let after = page.after.unwrap_or((i64::MAX, Uuid::max()));
    let statement = Statement::new(LIST_OF_FEEDS_SQL)
        .bind(after.0)
        .bind(after.1)
        .bind(own)
        .bind(page.limit)
        .bind_list(feeds.iter().map(crate::statement::Value::from).collect());
    tx.fetch_all(statement).await?.iter().map(device_row).collect()
}

/// Whose a phone is, and what it said of itself last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceReport {
    /// The phone.
    pub device: Uuid,
    /// Name of the person it was enrolled to.
    pub person: String,
    /// Operations that it said it still had, after its last push.
    pub pending: i64,
    /// When it pushed or asked last, microseconds UTC; nothing when it never did.
    pub heard_at: Option<i64>,
}

/// Reports of these phones, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_device_reports(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<DeviceReport>, DbError> {
    let statement = Statement::new(
        "SELECT devices.id, users.name AS person, COALESCE(newest.pending_total, 0) AS pending, newest.seen_at AS heard_at
         FROM devices JOIN users ON users.id = devices.user_id
         LEFT JOIN incarnations AS newest ON newest.device = devices.id AND NOT EXISTS
             (SELECT 1 FROM incarnations AS later WHERE later.device = newest.device
              AND (later.created_at, later.id) > (newest.created_at, newest.id))
         WHERE devices.id IN ($in) ORDER BY devices.id LIMIT $1",
    )
    .bind(i64::try_from(ids.len()).unwrap_or(i64::MAX))
    .bind_list(ids.iter().copied().map(crate::statement::Value::from).collect());
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(DeviceReport {
                device: row.uuid("id")?,
                person: row.text("person")?,
                pending: row.i64("pending")?,
                heard_at: row.opt_i64("heard_at")?,
            })
        })
        .collect()
}

/// Notes when a phone was heard of. An earlier instant than the one known changes nothing.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn touch_device(tx: &mut Tx, id: Uuid, seen_at: i64) -> Result<(), DbError> {
    let statement =
        Statement::new("UPDATE devices SET seen_at = $2 WHERE id = $1 AND seen_at < $2").bind(id).bind(seen_at);
    tx.execute(statement).await?;
    Ok(())
}

/// Lets a phone no longer be used; whether that changed anything. Its sessions are not touched.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn revoke_device(tx: &mut Tx, id: Uuid, revoked_at: i64) -> Result<bool, DbError> {
    let statement = Statement::new("UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(revoked_at);
    Ok(tx.execute(statement).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::{Villages, sqlite_plan};

    #[tokio::test]
    async fn both_lists_walk_an_index_in_order() {
        for (sql, index) in [(LIST_SQL, "devices_by_enrolled"), (LIST_OF_USER_SQL, "devices_by_user")] {
            let plan = sqlite_plan(sql, 4, &Villages::All).await;
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}

/// A phone that may still have something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentPhone {
    /// The phone.
    pub device: Uuid,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub person: String,
    /// Operations that it said it still had, after its last push.
    pub pending: i64,
    /// When it was heard last, microseconds UTC.
    pub seen_at: i64,
}

/// Phones of people with a grant in one of the feeds that have something left or were not heard since `seen_before`, in order of the
/// person's name.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_silent_phones(
    tx: &mut Tx,
    feeds: &[String],
    seen_before: i64,
    limit: i64,
) -> Result<Vec<SilentPhone>, DbError> {
    let statement = Statement::new(
        "SELECT id, label, person, pending, seen_at FROM (
             SELECT devices.id, devices.label, users.name AS person, COALESCE(newest.pending_total, 0) AS pending,
                 CASE WHEN newest.seen_at > devices.seen_at THEN newest.seen_at ELSE devices.seen_at END AS seen_at
             FROM devices JOIN users ON users.id = devices.user_id
             LEFT JOIN incarnations AS newest ON newest.device = devices.id AND NOT EXISTS
                 (SELECT 1 FROM incarnations AS later WHERE later.device = newest.device
                  AND (later.created_at, later.id) > (newest.created_at, newest.id))
             WHERE devices.revoked_at IS NULL AND users.disabled_at IS NULL AND EXISTS
                 (SELECT 1 FROM grants WHERE grants.user_id = users.id AND grants.revoked_at IS NULL AND grants.feed IN ($in))
         ) AS heard WHERE pending > 0 OR seen_at < $1 ORDER BY person, id LIMIT $2",
    )
    .bind(seen_before)
    .bind(limit)
    .bind_list(feeds.iter().map(crate::statement::Value::from).collect());
    let rows = tx.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(SilentPhone {
                device: row.uuid("id")?,
                label: row.text("label")?,
                person: row.text("person")?,
                pending: row.i64("pending")?,
                seen_at: row.i64("seen_at")?,
            })
        })
        .collect()
}
