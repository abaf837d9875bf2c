//! Signing in, keeping the tokens fresh, and sending requests in the name of the person. A session that ended never touches the outbox:
//! the phone stays usable offline and drains after the next sign-in. Expiry is judged by the phone's clock only to save a round
//! trip; a wrong clock costs one 401 and a renewal.

use serde::Deserialize;
use serde_json::json;
use sync_protocol::ids::{DeviceId, UserId};
use sync_protocol::time::{Micros, SECOND_US};

use super::{Phone, PhoneError};
use crate::store::{Store, StoreError, key, set_meta};
use crate::transport::{Method, Request, Response};

/// Renew a token this many microseconds before it ends.
const RENEW_BEFORE_US: i64 = 30 * SECOND_US;

/// What a person gives to sign in.
#[derive(Clone)]
pub struct Enrolment {
    /// Login name.
    pub login: String,
    /// Password; not kept.
    pub password: String,
    /// What people call this phone.
    pub label: String,
    /// The phone's model.
    pub model: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in_s: i64,
    refresh_token: String,
    #[serde(default)]
    user: Option<SignedIn>,
    #[serde(default)]
    device: Option<DeviceId>,
}

#[derive(Deserialize)]
struct SignedIn {
    id: UserId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    scope_version: i64,
}

#[derive(Deserialize, Default)]
struct ProblemBody {
    #[serde(default)]
    code: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: Option<String>,
}

impl Phone {
    /// Signs in and binds this database to a device of the server. Signing in again, also as another person, keeps everything on the
    /// phone: the author of an operation is who did the work, not who uploads it.
    ///
    /// # Errors
    /// `Problem` for wrong credentials or a revoked device, `Transport` without signal, `Store`.
    pub async fn enrol(&self, server: &str, enrolment: &Enrolment) -> Result<UserId, PhoneError> {
        let device = self.store.find_device().await?;
        let body = json!({
            "login": enrolment.login,
            "password": enrolment.password,
            "device": {"id": device, "label": enrolment.label, "model": enrolment.model},
        });
        let response = self.exchange(post("/v1/auth/login", &body)).await?;
        let tokens: Tokens = read(&response)?;
        let mut tx = self.store.begin().await?;
        set_meta(&mut tx, key::SERVER, server).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.keep(&tokens).await?;
        tokens.user.map(|user| user.id).ok_or(PhoneError::NotEnrolled)
    }

    async fn keep(&self, tokens: &Tokens) -> Result<(), PhoneError> {
        let until = self.surroundings.now().saturating_add(tokens.expires_in_s.saturating_mul(SECOND_US));
        let mut tx = self.store.begin().await?;
        set_meta(&mut tx, key::ACCESS_TOKEN, &tokens.access_token).await?;
        set_meta(&mut tx, key::ACCESS_UNTIL, &until.to_string()).await?;
        set_meta(&mut tx, key::REFRESH_TOKEN, &tokens.refresh_token).await?;
        if let Some(user) = &tokens.user {
            set_meta(&mut tx, key::USER, &user.id.to_string()).await?;
            set_meta(&mut tx, key::USER_NAME, &user.name).await?;
            set_meta(&mut tx, key::USER_UNIT, &user.unit).await?;
            set_meta(&mut tx, key::SCOPE_VERSION, &user.scope_version.to_string()).await?;
        }
        if let Some(device) = tokens.device {
            set_meta(&mut tx, key::DEVICE, &device.to_string()).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Gets new tokens. A lost reply is harmless: the old refresh token holds until the new one is first used.
    async fn renew(&self) -> Result<String, PhoneError> {
        let refresh = self.store.meta(key::REFRESH_TOKEN).await?.ok_or(PhoneError::NotEnrolled)?;
        let response = self.exchange(post("/v1/auth/refresh", &json!({"refresh_token": refresh}))).await?;
        let tokens: Tokens = read(&response)?;
        self.keep(&tokens).await?;
        Ok(tokens.access_token)
    }

    async fn access_token(&self) -> Result<String, PhoneError> {
        let token = self.store.meta(key::ACCESS_TOKEN).await?.ok_or(PhoneError::NotEnrolled)?;
        let until = self.store.meta(key::ACCESS_UNTIL).await?.and_then(|text| text.parse::<Micros>().ok());
        let soon = self.surroundings.now().saturating_add(RENEW_BEFORE_US);
        if until.is_some_and(|until| until > soon) { Ok(token) } else { self.renew().await }
    }

    /// Sends a request with the person's token and renews it once if the server wants that. Statuses of 400 and above become
    /// `Problem`.
    pub(crate) async fn call(&self, request: Request) -> Result<Response, PhoneError> {
        match self.call_raw(request).await? {
            response if response.status >= 400 => Err(to_problem(&response)),
            response => Ok(response),
        }
    }

    /// The same, but every status is an answer.
    pub(crate) async fn call_raw(&self, request: Request) -> Result<Response, PhoneError> {
        let token = self.access_token().await?;
        let first = self.transport.send(authorised(request.clone(), &token)).await?;
        if first.status != 401 {
            return Ok(first);
        }
        let token = self.renew().await?;
        Ok(self.transport.send(authorised(request, &token)).await?)
    }

    async fn exchange(&self, request: Request) -> Result<Response, PhoneError> {
        let response = self.transport.send(request).await?;
        if response.status >= 400 { Err(to_problem(&response)) } else { Ok(response) }
    }

    /// Fetches what is not part of the protocol, such as a printed form, in the name of the person.
    ///
    /// # Errors
    /// `NotEnrolled`, `Transport`, `Problem`, `Store`.
    pub async fn fetch(&self, path: &str) -> Result<Response, PhoneError> {
        self.call(Request::new(Method::Get, path)).await
    }

    /// The server this phone signed in at, to reach it again after a restart.
    ///
    /// # Errors
    /// `Store`.
    pub async fn find_server(&self) -> Result<Option<String>, PhoneError> {
        Ok(self.store.meta(key::SERVER).await?)
    }
}

impl Store {
    /// Who is signed in, with the name.
    ///
    /// # Errors
    /// `Database`.
    pub async fn find_user(&self) -> Result<Option<(UserId, String)>, StoreError> {
        let id = self.meta(key::USER).await?.and_then(|text| text.parse().ok());
        let name = self.meta(key::USER_NAME).await?.unwrap_or_default();
        Ok(id.map(|id| (id, name)))
    }

    /// The unit (排查单位) of who is signed in; empty when the server knows none.
    ///
    /// # Errors
    /// `Database`.
    pub async fn find_unit(&self) -> Result<String, StoreError> {
        Ok(self.meta(key::USER_UNIT).await?.unwrap_or_default())
    }

    /// The device of the server this database is bound to.
    ///
    /// # Errors
    /// `Database`.
    pub async fn find_device(&self) -> Result<Option<DeviceId>, StoreError> {
        Ok(self.meta(key::DEVICE).await?.and_then(|text| text.parse().ok()))
    }
}

fn authorised(request: Request, token: &str) -> Request {
    request.header("authorization", format!("Bearer {token}"))
}

/// A POST with a JSON body.
pub(crate) fn post(path: &str, body: &serde_json::Value) -> Request {
    Request::new(Method::Post, path).header("content-type", "application/json").body(body.to_string())
}

/// Reads a good answer.
pub(crate) fn read<'a, T: Deserialize<'a>>(response: &'a Response) -> Result<T, PhoneError> {
    serde_json::from_slice(&response.body).map_err(PhoneError::Answer)
}

/// Reads a bad answer; proxies answer with pages of their own, so everything but the status is optional.
pub(crate) fn to_problem(response: &Response) -> PhoneError {
    let body: ProblemBody = serde_json::from_slice(&response.body).unwrap_or_default();
    let fallback = || format!("服务器回应 {}；内容都在手机上，请稍后重试", response.status);
    let title = if body.title.is_empty() { body.detail.unwrap_or_else(fallback) } else { body.title };
    PhoneError::Problem {
        status: response.status,
        code: body.code,
        title,
        retry_after_s: response.number("retry-after"),
    }
}
