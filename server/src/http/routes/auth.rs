//! Signing in and out, and who one is.

use crate::app::App;
use crate::auth::secret::Secret;
use crate::http::extract::{AccessToken, Authenticated, ClientAddress, JsonBody};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::describe_caller::{Description, describe_caller};
use crate::usecases::refresh_session::refresh_session;
use crate::usecases::sign_in::{SignIn, SignInDevice, SignedIn, sign_in};
use crate::usecases::sign_out::sign_out;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use sync_protocol::role::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(refresh)).routes(routes!(logout)).routes(routes!(me))
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct LoginRequest {
    login: String,
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// The phone; null for a browser.
    #[serde(default)]
    device: Option<LoginDevice>,
}

/// The phone somebody signs in on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct LoginDevice {
    /// What an earlier login answered; null enrols this phone.
    #[serde(default)]
    id: Option<Uuid>,
    /// What people call it.
    #[serde(default)]
    label: String,
    /// What the maker calls it.
    #[serde(default)]
    model: String,
}

/// The refresh token of the answer before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RefreshRequest {
    #[schema(value_type = String)]
    refresh_token: Secret<String>,
}

/// An open session.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SessionBody {
    access_token: String,
    /// Seconds the access token holds.
    expires_in_s: i64,
    /// For the next access token; each is used once.
    refresh_token: String,
    user: SessionUser,
    /// The enrolled phone; null for a browser.
    device: Option<Uuid>,
}

/// Who signed in.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SessionUser {
    id: Uuid,
    /// 姓名.
    name: String,
    /// 单位.
    unit: String,
    /// Raised with every change of grants.
    scope_version: i64,
}

impl From<SignedIn> for SessionBody {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.expose().clone(),
            expires_in_s: signed_in.expires_in_s,
            refresh_token: signed_in.refresh_token.expose().clone(),
            user: SessionUser {
                id: signed_in.user.0,
                name: signed_in.name,
                unit: signed_in.unit,
                scope_version: signed_in.scope_version,
            },
            device: signed_in.device.map(|device| device.0),
        }
    }
}

/// The asker, for the asker.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MeBody {
    id: Uuid,
    login: String,
    /// 姓名.
    name: String,
    /// 单位.
    unit: String,
    /// Raised with every change of grants.
    scope_version: i64,
    roles: Vec<MeRole>,
    /// The enrolled phone; null for a browser.
    device: Option<MeDevice>,
}

/// One role with everything it holds in.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MeRole {
    role: Role,
    /// What people call the role.
    title: &'static str,
    /// It holds in every village; the list is then empty.
    everywhere: bool,
    villages: Vec<MeVillage>,
}

/// A village.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MeVillage {
    /// 12-digit area code.
    code: String,
    name: String,
}

/// The phone that asks.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MeDevice {
    id: Uuid,
    label: String,
}

impl From<Description> for MeBody {
    fn from(me: Description) -> Self {
        let villages = |villages: Vec<(String, String)>| {
            villages.into_iter().map(|(code, name)| MeVillage { code, name }).collect()
        };
        let roles = me.roles.into_iter().map(|described| MeRole {
            role: described.role,
            title: described.role.title(),
            everywhere: described.everywhere,
            villages: villages(described.villages),
        });
        Self {
            id: me.user.0,
            login: me.login,
            name: me.name,
            unit: me.unit,
            scope_version: me.scope_version,
            roles: roles.collect(),
            device: me.device.map(|(id, label)| MeDevice { id: id.0, label }),
        }
    }
}

/// Opens a session with login and password.
#[utoipa::path(post, path = "/v1/auth/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, body = SessionBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 429, body = ProblemBody, description = "too many tries; Retry-After says when to come back")))]
async fn login(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<SessionBody>, ApiError> {
    let device = request.device.map(|device| SignInDevice {
        id: device.id.map(Into::into),
        label: device.label,
        model: device.model,
    });
    let request = SignIn { login: request.login, password: request.password, device, address };
    Ok(Json(sign_in(&app, request).await?.into()))
}

/// Exchanges a refresh token for the next one. When the reply was lost, the same request gets the same answer again.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", request_body = RefreshRequest,
    responses((status = 200, body = SessionBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn refresh(
    State(app): State<Arc<App>>,
    JsonBody(request): JsonBody<RefreshRequest>,
) -> Result<Json<SessionBody>, ApiError> {
    Ok(Json(refresh_session(&app, request.refresh_token.expose()).await?.into()))
}

/// Ends the session of the access token; the phone stays enrolled.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "auth", security(("access_token" = [])),
    responses((status = 204, description = "the session is over"), (status = 401, body = ProblemBody)))]
async fn logout(State(app): State<Arc<App>>, AccessToken(token): AccessToken) -> Result<StatusCode, ApiError> {
    sign_out(&app, token.expose()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The own account: name, roles with their villages, phone.
#[utoipa::path(get, path = "/v1/me", tag = "auth", security(("access_token" = [])),
    responses((status = 200, body = MeBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn me(State(app): State<Arc<App>>, Authenticated(caller): Authenticated) -> Result<Json<MeBody>, ApiError> {
    Ok(Json(describe_caller(&app, &caller).await?.into()))
}
