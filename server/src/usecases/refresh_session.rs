//! The next access token for an open session. A reply that got lost is given again; a token that was replaced long ago means that two hold
//! the session, and ends it. What a newcomer gets wrong: returning on the alarm before the commit, which would leave the session open.

use crate::app::App;
use crate::auth::key_file::KeyError;
use crate::auth::sessions::{RefreshToken, RotationDecision, SessionState, rotate};
use crate::usecases::sign_in::{SignedIn, hand_out};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::sessions::{self, Rotation, SessionRow};
use paicha_db::{DbError, Tx, accounts, devices};
use sync_protocol::ids::DeviceId;

/// Why there is no new token; the person signs in again, the phone keeps its outbox.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of ours, or of a session that ended by time.
    #[error("the refresh token does not hold")]
    Token,
    /// The session was ended, or has just been because an old token came back.
    #[error("the session is closed")]
    Session,
    /// The phone was revoked.
    #[error("the device is revoked")]
    Device,
    /// No access token could be signed.
    #[error("no token could be signed")]
    Sign(#[from] KeyError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Exchanges a refresh token for the next one and an access token.
///
/// # Errors
/// [`RefreshError`].
pub async fn refresh_session(app: &App, refresh_token: &str) -> Result<SignedIn, RefreshError> {
    let presented = RefreshToken::parse(refresh_token).ok_or(RefreshError::Token)?;
    let mut tx = app.database.begin_write().await?;
    let session = sessions::lock_session(&mut tx, presented.session_id).await?.ok_or(RefreshError::Token)?;
    check_device(&mut tx, &session).await?;
    let state = state_of(&session).ok_or(RefreshError::Token)?;
    let now_us = app.clock.now_us();
    let decision = rotate(&state, &presented.hash(), now_us);
    match decision {
        RotationDecision::Rotate | RotationDecision::ReplayPrevious => {}
        RotationDecision::Reuse => {
            sessions::revoke_session(&mut tx, session.id, now_us).await?;
            let user = accounts::find_user(&mut tx, session.user).await?;
            let entry = Entry::new(None, Deed::SessionClosed, user.as_ref().map(Subject::user).unwrap_or_default());
            write_audit(app, &mut tx, entry.detail("旧的登录凭证被再次使用")).await?;
            tx.commit().await?;
            tracing::warn!(session = %session.id, user = %session.user, device = ?session.device,
                "a refresh token was used again after it was replaced; the session is closed");
            return Err(RefreshError::Session);
        }
        RotationDecision::Expired => return Err(RefreshError::Token),
        RotationDecision::Revoked => return Err(RefreshError::Session),
    }
    let user = accounts::find_user(&mut tx, session.user).await?.filter(|user| user.disabled_at.is_none());
    let user = user.ok_or(RefreshError::Session)?;
    let successor = presented.successor(&app.seals);
    let after = state.after(decision, presented.hash(), successor.hash(), now_us);
    let rotation = Rotation {
        previous_hash: after.previous.as_ref().map_or(&[][..], |hash| hash.as_slice()),
        current_hash: &after.current,
        rotated_at: now_us,
        expires_at: after.expires_at_us,
    };
    sessions::rotate_session(&mut tx, session.id, rotation).await?;
    if let Some(device) = session.device {
        devices::touch_device(&mut tx, device, now_us).await?;
    }
    let signed_in = hand_out(app, &user, session.device.map(DeviceId::from), &successor)?;
    tx.commit().await?;
    Ok(signed_in)
}

/// A revoked phone is told so, also when its session ended with it: it then stops asking and keeps what it has.
async fn check_device(tx: &mut Tx, session: &SessionRow) -> Result<(), RefreshError> {
    let Some(device) = session.device else { return Ok(()) };
    let device = devices::find_device(tx, device).await?;
    if device.is_none_or(|device| device.revoked_at.is_some()) { Err(RefreshError::Device) } else { Ok(()) }
}

/// Nothing when the row holds no hash of ours.
fn state_of(session: &SessionRow) -> Option<SessionState> {
    let previous = session.previous_hash.as_deref().map(<[u8; 32]>::try_from).transpose().ok()?;
    Some(SessionState {
        current: session.current_hash.as_slice().try_into().ok()?,
        previous,
        started_at_us: session.created_at,
        expires_at_us: session.expires_at,
        is_revoked: session.revoked_at.is_some(),
    })
}
