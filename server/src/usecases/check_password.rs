//! The slow part of passwords, off the async threads and few at once: each check takes tens of milliseconds and 19 MiB. Used by signing in
//! and by whoever sets a password. What a newcomer gets wrong: the place in the queue belongs to the thread and not to the request,
//! so that cancelled requests do not let more checks run than the setting allows.

use crate::app::App;
use crate::auth::passwords::{self, PasswordError, Verification};
use crate::auth::secret::Secret;
use std::time::Duration;

/// Longest wait for a place; whoever waits longer is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Why a password was not checked or made.
#[derive(Debug, thiserror::Error)]
pub enum PasswordWorkError {
    /// Too many others are waiting.
    #[error("too many passwords are being checked")]
    Busy,
    /// The password or the stored hash cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// What came of a check.
#[derive(Debug)]
pub struct Checked {
    /// The password is the account's.
    pub is_right: bool,
    /// A hash with today's parameters, to be stored in place of the old one.
    pub new_hash: Option<String>,
}

/// Checks a password against a stored hash; without one (no such account) it takes as long and says no.
///
/// # Errors
/// See [`PasswordWorkError`].
pub async fn check_password(
    app: &App,
    password: &Secret<String>,
    stored: Option<String>,
) -> Result<Checked, PasswordWorkError> {
    let password = password.clone();
    run(app, move || {
        let Some(stored) = stored else {
            passwords::verify_unknown(password.expose());
            return Ok(Checked { is_right: false, new_hash: None });
        };
        Ok(match passwords::verify(password.expose(), &stored)? {
            Verification::Mismatch => Checked { is_right: false, new_hash: None },
            Verification::Match => Checked { is_right: true, new_hash: None },
            // An old password that breaks today's rule keeps its old hash; signing in must not fail for that.
            Verification::MatchNeedsRehash => {
                Checked { is_right: true, new_hash: passwords::hash(password.expose()).ok() }
            }
        })
    })
    .await
}

/// Hashes a new password.
///
/// # Errors
/// See [`PasswordWorkError`].
pub async fn hash_password(app: &App, password: &Secret<String>) -> Result<String, PasswordWorkError> {
    passwords::check_rule(password.expose())?;
    let password = password.clone();
    run(app, move || passwords::hash(password.expose())).await
}

async fn run<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordWorkError> {
    let place = tokio::time::timeout(WAIT_MAX, app.password_checks.clone().acquire_owned());
    let place = place.await.map_err(|_| PasswordWorkError::Busy)?.map_err(|_| PasswordWorkError::Busy)?;
    let finished = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    Ok(finished.await.map_err(|_| PasswordError::System)??)
}
