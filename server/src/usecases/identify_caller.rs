//! Who asks: from an access token to a person, a phone and grants. The token says who; the database says whether that still holds.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::load_grants::load_grants;
use paicha_db::{DbError, accounts, devices, sessions};
use sync_protocol::ids::DeviceId;

/// Why the asker is not known.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// No valid token: expired, forged, of another server.
    #[error("the access token does not hold")]
    Token,
    /// The session was closed or the account disabled.
    #[error("the session is closed")]
    Session,
    /// The phone was revoked.
    #[error("the device is revoked")]
    Device,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Identifies the asker.
///
/// # Errors
/// [`IdentifyError`]; the phone keeps its outbox whatever it is.
pub async fn identify_caller(app: &App, token: &str) -> Result<Caller, IdentifyError> {
    let access = app.tokens.verify(token, app.clock.now_us()).map_err(|_| IdentifyError::Token)?;
    let mut tx = app.database.begin_read().await?;
    // The phone first: revoking it ends its sessions too, and it must hear why.
    if let Some(device) = access.device_id {
        let device = devices::find_device(&mut tx, device).await?;
        if device.is_none_or(|device| device.revoked_at.is_some()) {
            return Err(IdentifyError::Device);
        }
    }
    let session = sessions::find_session(&mut tx, access.session_id).await?;
    if session.is_none_or(|session| session.revoked_at.is_some() || session.user != access.user_id) {
        return Err(IdentifyError::Session);
    }
    let user = accounts::find_user(&mut tx, access.user_id).await?.filter(|user| user.disabled_at.is_none());
    let user = user.ok_or(IdentifyError::Session)?;
    let grants = load_grants(&mut tx, access.user_id.into()).await?.now;
    tx.rollback().await?;
    Ok(Caller {
        user: access.user_id.into(),
        device: access.device_id.map(DeviceId::from),
        grants,
        scope_version: user.scope_version,
        server: false,
    })
}
