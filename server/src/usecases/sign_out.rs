//! Ends the session of an access token. The phone stays enrolled and keeps its outbox; other sessions of the person go on. Signing out twice
//! is no error: the reply of the first time may have been lost.

use crate::app::App;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::{DbError, accounts, sessions};

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum SignOutError {
    /// No valid token.
    #[error("the access token does not hold")]
    Token,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Ends the session.
///
/// # Errors
/// [`SignOutError`].
pub async fn sign_out(app: &App, access_token: &str) -> Result<(), SignOutError> {
    let now_us = app.clock.now_us();
    let access = app.tokens.verify(access_token, now_us).map_err(|_| SignOutError::Token)?;
    let mut tx = app.database.begin_write().await?;
    if sessions::revoke_session(&mut tx, access.session_id, now_us).await? {
        let subject =
            accounts::find_user(&mut tx, access.user_id).await?.as_ref().map(Subject::user).unwrap_or_default();
        write_audit(app, &mut tx, Entry::new(Some(access.user_id.into()), Deed::SignOut, subject)).await?;
    }
    tx.commit().await?;
    Ok(())
}
