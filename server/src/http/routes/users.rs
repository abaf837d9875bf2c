//! Accounts and grants, for administrators.

use crate::app::App;
use crate::auth::secret::Secret;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::page::{PageParameters, instant, is_full};
use crate::http::parameters::{IdInPath, Parameters};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::manage_users::{
    ListedUser, Manager, NewUser, USERS_PER_PAGE_MAX, create_user, disable_user, enable_user, find_user,
    grant_role_for, list_users, reset_password, revoke_role,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use sync_protocol::problem::Problem;
use sync_protocol::role::Role;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read))
        .routes(routes!(grant))
        .routes(routes!(revoke_grant))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(set_password))
}

/// A new account; it has no role yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewUserRequest {
    /// What is typed to sign in; no spaces.
    login: String,
    /// 姓名.
    name: String,
    /// 单位, printed as 排查单位.
    #[serde(default)]
    unit: String,
    #[serde(default)]
    phone: String,
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// A role in one place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct GrantRequest {
    role: Role,
    /// 12-digit code of a village, or of a subdistrict with all its villages; `*` for everything.
    village: String,
    /// Of R7 and R8: ids of the places they act for, instead of those before, 200 at most; without it those stay.
    #[serde(default)]
    places: Option<Vec<Uuid>>,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PasswordRequest {
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// A page of accounts in order of login.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct UserPage {
    items: Vec<UserBody>,
    /// For `after` of the next page; null on the last one.
    next: Option<String>,
}

/// One account.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct UserBody {
    id: Uuid,
    login: String,
    /// 姓名.
    name: String,
    /// 单位.
    unit: String,
    phone: String,
    /// Raised with every change of grants.
    scope_version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Option<Micros>,
    /// Null while the account may be used.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Micros>,
    /// Revoked ones too.
    grants: Vec<GrantBody>,
}

/// One role in one place.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct GrantBody {
    /// `R1` to `R11`.
    role: String,
    /// Village or subdistrict; `*` for everything.
    village: String,
    #[schema(value_type = String, format = DateTime)]
    granted_at: Option<Micros>,
    /// Null while it holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Micros>,
    /// Of R7 and R8: the places they act for.
    places: Vec<Uuid>,
}

impl From<ListedUser> for UserBody {
    fn from(user: ListedUser) -> Self {
        let grants = user.grants.into_iter().map(|grant| GrantBody {
            role: grant.role,
            village: grant.feed,
            granted_at: instant(grant.granted_at_us),
            revoked_at: grant.revoked_at_us.and_then(instant),
            places: grant.places,
        });
        Self {
            id: user.id.0,
            login: user.login,
            name: user.name,
            unit: user.unit,
            phone: user.phone,
            scope_version: user.scope_version,
            created_at: instant(user.created_at_us),
            disabled_at: user.disabled_at_us.and_then(instant),
            grants: grants.collect(),
        }
    }
}

/// Accounts in order of login, disabled ones too.
#[utoipa::path(get, path = "/v1/users", tag = "users", security(("access_token" = [])), params(PageParameters),
    responses((status = 200, body = UserPage), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(page): Parameters<PageParameters>,
) -> Result<Json<UserPage>, ApiError> {
    let limit = page.limit(USERS_PER_PAGE_MAX)?;
    let users = list_users(&app, Manager::Caller(&caller), page.after.as_deref(), limit).await?;
    let next = users.last().filter(|_| is_full(users.len(), limit)).map(|user| user.login.clone());
    Ok(Json(UserPage { items: users.into_iter().map(Into::into).collect(), next }))
}

/// Makes an account.
#[utoipa::path(post, path = "/v1/users", tag = "users", security(("access_token" = [])), request_body = NewUserRequest,
    responses((status = 201, body = UserBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody)))]
async fn create(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    JsonBody(new): JsonBody<NewUserRequest>,
) -> Result<(StatusCode, Json<UserBody>), ApiError> {
    let manager = Manager::Caller(&caller);
    let NewUserRequest { login, name, unit, phone, password } = new;
    let user = create_user(&app, manager, NewUser { login, name, unit, phone, password }).await?;
    Ok((StatusCode::CREATED, Json(find_user(&app, manager, user).await?.into())))
}

/// One account with its grants.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", security(("access_token" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = UserBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn read(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(user): IdInPath,
) -> Result<Json<UserBody>, ApiError> {
    Ok(Json(find_user(&app, Manager::Caller(&caller), user.into()).await?.into()))
}

/// Grants a role; it counts at the next request.
#[utoipa::path(post, path = "/v1/users/{id}/grants", tag = "users", security(("access_token" = [])),
    params(("id" = Uuid, Path)), request_body = GrantRequest,
    responses((status = 200, body = UserBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn grant(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(user): IdInPath,
    JsonBody(request): JsonBody<GrantRequest>,
) -> Result<Json<UserBody>, ApiError> {
    let manager = Manager::Caller(&caller);
    let which = (request.role, request.village.as_str());
    grant_role_for(&app, manager, user.into(), which, request.places.as_deref()).await?;
    Ok(Json(find_user(&app, manager, user.into()).await?.into()))
}

/// Revokes a role: reading ends at once, work done before is taken for a while.
#[utoipa::path(delete, path = "/v1/users/{id}/grants/{role}/{village}", tag = "users", security(("access_token" = [])),
    params(("id" = Uuid, Path), ("role" = String, Path), ("village" = String, Path)),
    responses((status = 200, body = UserBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn revoke_grant(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path((user, role, village)): Path<(String, String, String)>,
) -> Result<Json<UserBody>, ApiError> {
    let manager = Manager::Caller(&caller);
    let user = Uuid::try_parse(&user).map_err(|_| Problem::NotFound)?.into();
    let role = Role::find_by_code(&role).ok_or(Problem::NotFound)?;
    revoke_role(&app, manager, user, role, &village).await?;
    Ok(Json(find_user(&app, manager, user).await?.into()))
}

/// Lets a person no longer sign in and ends all sessions.
#[utoipa::path(post, path = "/v1/users/{id}/disable", tag = "users", security(("access_token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "the account is disabled"), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn disable(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(user): IdInPath,
) -> Result<StatusCode, ApiError> {
    disable_user(&app, Manager::Caller(&caller), user.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a disabled person sign in again, with the password and the roles of before.
#[utoipa::path(post, path = "/v1/users/{id}/enable", tag = "users", security(("access_token" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "the account may be used"), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn enable(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(user): IdInPath,
) -> Result<StatusCode, ApiError> {
    enable_user(&app, Manager::Caller(&caller), user.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password and ends all sessions of the person.
#[utoipa::path(post, path = "/v1/users/{id}/password", tag = "users", security(("access_token" = [])),
    params(("id" = Uuid, Path)), request_body = PasswordRequest,
    responses((status = 204, description = "the new password holds"), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn set_password(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(user): IdInPath,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<StatusCode, ApiError> {
    reset_password(&app, Manager::Caller(&caller), user.into(), &request.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
