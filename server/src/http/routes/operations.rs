//! Stored operations: what phones sent, to the byte.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::extract::Authenticated;
use crate::http::parameters::IdInPath;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::admit_operations::{AdmitError, Admitted, admit_operations};
use crate::usecases::read_operation::{OperationView, read_operation, read_operation_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use sync_protocol::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(operation)).routes(routes!(operation_bytes)).routes(routes!(admit))
}

/// What is stored of an operation: author, times, context, outcome, digest.
#[utoipa::path(get, path = "/v1/operations/{id}", tag = "operations", security(("access_token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = OperationView), (status = 404, body = ProblemBody)))]
async fn operation(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &read_operation(&app, &caller, id).await?))
}

/// The exact bytes that the phone froze; their SHA-256 is the operation's digest.
#[utoipa::path(get, path = "/v1/operations/{id}/bytes", tag = "operations", security(("access_token" = [])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn operation_bytes(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
) -> Result<Response, ApiError> {
    let mut response = read_operation_bytes(&app, &caller, id).await?.into_response();
    let headers = response.headers_mut();
    // Not application/json: what a phone sent may be anything, and a browser must not try.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// Takes in work that was done outside its author's villages: this operation and all others of the same phone and village.
#[utoipa::path(post, path = "/v1/operations/{id}/admit", tag = "operations", security(("access_token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Admitted), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn admit(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &admit_operations(&app, &caller, id).await?))
}

impl From<AdmitError> for ApiError {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Read(error) => error.into(),
            AdmitError::NotAdmissible | AdmitError::PartUnreadable | AdmitError::UnknownVillage => {
                Self::new(Problem::ActUnsound).detail(error.to_string())
            }
            AdmitError::Push(error) => error.into(),
        }
    }
}
