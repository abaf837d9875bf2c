//! From login and password to a session: an access token for half an hour and a refresh token for a season. A phone signs in with its
//! device or gets one; a browser signs in without. What a newcomer gets wrong: to answer an unknown login sooner or otherwise than a wrong
//! password, which tells who has an account.

use crate::app::App;
use crate::auth::permissions::{Action, Grant, decide};
use crate::auth::secret::Secret;
use crate::auth::sessions::{RefreshToken, SessionState};
use crate::auth::throttle::TooManyTries;
use crate::auth::tokens::{ACCESS_LIFETIME_S, NewAccess};
use crate::usecases::check_password::{PasswordWorkError, check_password};
use crate::usecases::load_grants::load_grants;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit, write_audit_alone};
use paicha_db::accounts::{self, UserRow};
use paicha_db::devices::{self, DeviceRow};
use paicha_db::sessions::{self, SessionRow};
use paicha_db::{DbError, Tx};
use std::net::IpAddr;
use sync_protocol::ids::{DeviceId, UserId};

/// Longest login, in bytes.
pub const LOGIN_BYTES_MAX: usize = 64;
/// Longest label or model of a device that is kept, in characters; the rest is cut off.
pub const DEVICE_TEXT_CHARS_MAX: usize = 80;

/// Who wants in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// As typed; spaces around it do not count.
    pub login: String,
    /// As typed.
    pub password: Secret<String>,
    /// The phone; nothing for a browser.
    pub device: Option<SignInDevice>,
    /// Where the request came from, for the throttle.
    pub address: IpAddr,
}

/// The phone somebody signs in on.
#[derive(Debug, Clone, Default)]
pub struct SignInDevice {
    /// What an earlier sign-in answered, if there was one.
    pub id: Option<DeviceId>,
    /// What people call it.
    pub label: String,
    /// What the maker calls it.
    pub model: String,
}

/// An open session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// For the `Authorization` header.
    pub access_token: Secret<String>,
    /// Seconds the access token holds.
    pub expires_in_s: i64,
    /// For the next access token; each one is used once.
    pub refresh_token: Secret<String>,
    /// Who signed in.
    pub user: UserId,
    /// 姓名.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Raised with every change of grants.
    pub scope_version: i64,
    /// The enrolled phone; nothing for a browser.
    pub device: Option<DeviceId>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too many tries from this address or at this account.
    #[error(transparent)]
    TooManyTries(#[from] TooManyTries),
    /// No such account, or another password.
    #[error("wrong login or password")]
    Wrong,
    /// The password is right, and the account disabled.
    #[error("the account is disabled")]
    Disabled,
    /// No grant of this person, present or past, lets a phone be enrolled.
    #[error("this person may not enrol a device")]
    MayNotEnrol,
    /// The phone was revoked.
    #[error("the device is revoked")]
    DeviceRevoked,
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordWorkError),
    /// No access token could be signed.
    #[error("no token could be signed")]
    Sign(#[from] crate::auth::key_file::KeyError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Signs somebody in.
///
/// # Errors
/// [`SignInError`]; no session was opened then.
pub async fn sign_in(app: &App, request: SignIn) -> Result<SignedIn, SignInError> {
    let login = request.login.trim();
    take_try(app, login, request.address)?;
    let known = find_user(app, login).await?;
    let stored = known.as_ref().map(|user| user.password_hash.clone());
    let checked = check_password(app, &request.password, stored).await?;
    if !checked.is_right || known.is_none() {
        write_failure(app, known.as_ref(), "用户名或密码错误").await?;
    }
    let known = known.filter(|_| checked.is_right).ok_or(SignInError::Wrong)?;
    give_back_tries(app, login, request.address);

    let mut tx = app.database.begin_write().await?;
    // The check took a while: the account may have been disabled or got another password meanwhile.
    let user = accounts::find_user(&mut tx, known.id).await?.ok_or(SignInError::Wrong)?;
    if user.password_hash != known.password_hash {
        return Err(SignInError::Wrong);
    }
    if user.disabled_at.is_some() {
        tx.rollback().await?;
        write_failure(app, Some(&user), "账号已停用").await?;
        return Err(SignInError::Disabled);
    }
    if let Some(new_hash) = &checked.new_hash {
        accounts::put_password(&mut tx, user.id, new_hash).await?;
    }
    let device = match request.device {
        Some(device) => Some(use_device(app, &mut tx, &user, device).await?),
        None => None,
    };
    let now_us = app.clock.now_us();
    let refresh = RefreshToken::first(app.ids.new_id(), app.ids.secret_bytes());
    let state = SessionState::start(refresh.hash(), now_us);
    sessions::create_session(&mut tx, session_row(&refresh, &user, device, &state)).await?;
    let signed_in = hand_out(app, &user, device, &refresh)?;
    let entry = Entry::new(Some(user.id.into()), Deed::SignIn, Subject::user(&user));
    write_audit(app, &mut tx, entry.detail(if device.is_some() { "手机" } else { "浏览器" })).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, device = ?device, session = %refresh.session_id, "signed in");
    Ok(signed_in)
}

/// Written for unknown logins too, so that the time tells nothing; what was typed is not kept, because it may be a password.
async fn write_failure(app: &App, known: Option<&UserRow>, why: &str) -> Result<(), DbError> {
    let subject = known.map(Subject::user).unwrap_or_default();
    write_audit_alone(app, Entry::new(None, Deed::SignInFailed, subject).detail(why)).await
}

fn take_try(app: &App, login: &str, address: IpAddr) -> Result<(), TooManyTries> {
    let mut throttle = app.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    throttle.take(login, address, app.clock.now_us())
}

fn give_back_tries(app: &App, login: &str, address: IpAddr) {
    app.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).succeeded(login, address);
}

/// A login that cannot exist is not looked for, and costs its sender as much as any other.
async fn find_user(app: &App, login: &str) -> Result<Option<UserRow>, DbError> {
    if login.len() > LOGIN_BYTES_MAX || login.chars().any(char::is_control) {
        return Ok(None);
    }
    let mut tx = app.database.begin_read().await?;
    let user = accounts::find_user_by_login(&mut tx, login).await?;
    tx.rollback().await?;
    Ok(user)
}

/// The device to sign in on: the one named if it is this person's, else a new one. One that was revoked stays out, whoever holds it.
async fn use_device(app: &App, tx: &mut Tx, user: &UserRow, device: SignInDevice) -> Result<DeviceId, SignInError> {
    let now_us = app.clock.now_us();
    let known = match device.id {
        Some(id) => devices::find_device(tx, id.0).await?,
        None => None,
    };
    if known.as_ref().is_some_and(|known| known.revoked_at.is_some()) {
        return Err(SignInError::DeviceRevoked);
    }
    if let Some(known) = known.filter(|known| known.user == user.id) {
        devices::touch_device(tx, known.id, now_us).await?;
        return Ok(known.id.into());
    }
    // Grants that were revoked count: work done under them is still to be handed in, maybe from a new phone.
    let grants = load_grants(tx, user.id.into()).await?;
    let ever: Vec<Grant> = grants.now.into_iter().chain(grants.lost.into_iter().map(|(grant, _)| grant)).collect();
    if !decide(&ever, Action::Enrol, None).may_proceed() {
        return Err(SignInError::MayNotEnrol);
    }
    let id = app.ids.new_id();
    let row = DeviceRow {
        id,
        user: user.id,
        label: device_text(&device.label),
        model: device_text(&device.model),
        enrolled_at: now_us,
        seen_at: now_us,
        revoked_at: None,
    };
    let subject = Subject::device(&row);
    devices::create_device(tx, row).await?;
    write_audit(app, tx, Entry::new(Some(user.id.into()), Deed::DeviceEnrolled, subject)).await?;
    Ok(id.into())
}

fn device_text(text: &str) -> String {
    text.trim().chars().filter(|letter| !letter.is_control()).take(DEVICE_TEXT_CHARS_MAX).collect()
}

fn session_row(refresh: &RefreshToken, user: &UserRow, device: Option<DeviceId>, state: &SessionState) -> SessionRow {
    SessionRow {
        id: refresh.session_id,
        user: user.id,
        device: device.map(|device| device.0),
        current_hash: state.current.to_vec(),
        previous_hash: None,
        current_used: false,
        created_at: state.started_at_us,
        rotated_at: state.started_at_us,
        expires_at: state.expires_at_us,
        revoked_at: None,
    }
}

/// Signs an access token for a session whose refresh token is this one.
pub(super) fn hand_out(
    app: &App,
    user: &UserRow,
    device: Option<DeviceId>,
    refresh: &RefreshToken,
) -> Result<SignedIn, crate::auth::key_file::KeyError> {
    let new = NewAccess {
        user_id: user.id,
        device_id: device.map(|device| device.0),
        session_id: refresh.session_id,
        token_id: app.ids.new_id(),
    };
    let signed = app.tokens.sign(new, app.clock.now_us())?;
    Ok(SignedIn {
        access_token: signed.token,
        expires_in_s: ACCESS_LIFETIME_S,
        refresh_token: refresh.text(),
        user: user.id.into(),
        name: user.name.clone(),
        unit: user.unit.clone(),
        scope_version: user.scope_version,
        device,
    })
}
