//! Enrolled phones: who has which, and taking one out of use when it is lost. A revoked phone reads nothing from that moment and its pushes
//! are refused; what it holds stays on it and can be handed in once somebody enrols it again. What a newcomer gets wrong: revoking the
//! device alone leaves its refresh tokens alive.

use crate::app::App;
use crate::auth::permissions::{Action, reached};
use crate::usecases::caller::Caller;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::devices::{self, DeviceReport, DeviceRow};
use paicha_db::projections::{Page, Villages};
use paicha_db::{DbError, sessions};
use std::collections::BTreeMap;
use sync_protocol::ids::{DeviceId, UserId};
use uuid::Uuid;

/// Devices in one answer at most.
pub const DEVICES_PER_PAGE_MAX: u32 = 200;

/// A phone as its holder or an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// The phone.
    pub id: DeviceId,
    /// The person it was enrolled to.
    pub user: UserId,
    /// Name of that person.
    pub person: String,
    /// Operations that it said it still had, after its last push.
    pub pending: i64,
    /// When it pushed or asked last, microseconds UTC; nothing when it never did.
    pub heard_at_us: Option<i64>,
    /// What people call it.
    pub label: String,
    /// What the maker calls it.
    pub model: String,
    /// Microseconds UTC.
    pub enrolled_at_us: i64,
    /// Last sign-in or refresh, microseconds UTC.
    pub seen_at_us: i64,
    /// Microseconds UTC; nothing while it may be used.
    pub revoked_at_us: Option<i64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ManageDevicesError {
    /// No grant opens devices.
    #[error("no grant opens devices")]
    Forbidden,
    /// No such phone, or not the asker's.
    #[error("no such device")]
    NotFound,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// The asker's phones, also those of the people of the asker's villages for the office, or everybody's for an administrator: enrolled last first, after (enrolled at, id) of the last one seen.
///
/// # Errors
/// [`ManageDevicesError`].
pub async fn list_devices(
    app: &App,
    caller: &Caller,
    after: Option<(i64, Uuid)>,
    limit: u32,
) -> Result<Vec<ListedDevice>, ManageDevicesError> {
    let reached = reached(&caller.grants, Action::ReadDevices);
    if reached.is_nothing() && !caller.server {
        return Err(ManageDevicesError::Forbidden);
    }
    let page = Page { after, limit: limit.min(DEVICES_PER_PAGE_MAX).into() };
    let mut tx = app.database.begin_read().await?;
    let rows = match caller.villages(Action::ReadDevices) {
        Villages::All => devices::list_devices(&mut tx, None, page).await?,
        Villages::Only(feeds) if feeds.is_empty() => devices::list_devices(&mut tx, Some(caller.user.0), page).await?,
        Villages::Only(feeds) => devices::list_devices_of_feeds(&mut tx, caller.user.0, &feeds, page).await?,
    };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let reports = devices::list_device_reports(&mut tx, &ids).await?;
    tx.rollback().await?;
    let mut reports: BTreeMap<Uuid, DeviceReport> = reports.into_iter().map(|report| (report.device, report)).collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let report = reports.remove(&row.id);
            listed(row, report)
        })
        .collect())
}

/// Takes a phone out of use and ends its sessions. Doing it twice changes nothing.
///
/// # Errors
/// [`ManageDevicesError`].
pub async fn revoke_device(app: &App, caller: &Caller, device: DeviceId) -> Result<(), ManageDevicesError> {
    let owner = owner_filter(caller)?;
    let now_us = app.clock.now_us();
    let mut tx = app.database.begin_write().await?;
    let row = devices::find_device(&mut tx, device.0).await?;
    let row = row.filter(|row| owner.is_none_or(|owner| owner == row.user)).ok_or(ManageDevicesError::NotFound)?;
    let changed = devices::revoke_device(&mut tx, row.id, now_us).await?;
    let sessions = sessions::revoke_sessions_of_device(&mut tx, row.id, now_us).await?;
    if changed {
        write_audit(app, &mut tx, Entry::new(caller.actor(), Deed::DeviceRevoked, Subject::device(&row))).await?;
    }
    tx.commit().await?;
    tracing::info!(device = %row.id, user = %row.user, by = %caller.user, changed, sessions, "device revoked");
    Ok(())
}

/// Whose phones the asker may see: nothing for everybody's.
fn owner_filter(caller: &Caller) -> Result<Option<Uuid>, ManageDevicesError> {
    let reached = reached(&caller.grants, Action::RevokeDevice);
    match (reached.everything, reached.is_nothing()) {
        (true, _) => Ok(None),
        (false, false) => Ok(Some(caller.user.0)),
        (false, true) => Err(ManageDevicesError::Forbidden),
    }
}

fn listed(row: DeviceRow, report: Option<DeviceReport>) -> ListedDevice {
    let (person, pending, heard_at_us) =
        report.map_or((String::new(), 0, None), |report| (report.person, report.pending, report.heard_at));
    ListedDevice {
        person,
        pending,
        heard_at_us,
        id: row.id.into(),
        user: row.user.into(),
        label: row.label,
        model: row.model,
        enrolled_at_us: row.enrolled_at,
        seen_at_us: row.seen_at,
        revoked_at_us: row.revoked_at,
    }
}
