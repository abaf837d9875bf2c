//! What people at the console do about a hazard or an inspection.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::parameters::IdInPath;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::act_error::ActError;
use crate::usecases::act_on_hazard::{Act, ActDone, ActRequest, act_on_hazard};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use sync_protocol::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(act)).routes(routes!(act_on_inspection))
}

/// An act about one hazard or inspection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActBody {
    /// Made by the asker; the same one again gives the same answer and does nothing.
    request: Uuid,
    /// The revision of the record that the person saw.
    base_rev: i64,
    /// What they do.
    act: Act,
}

/// Judge, order, accept, close, reopen, list, link, answer a proposal. What needs a second person waits for one.
#[utoipa::path(post, path = "/v1/hazards/{id}/acts", tag = "findings", security(("access_token" = [])), params(("id" = Uuid, Path)), request_body = ActBody,
    responses((status = 200, body = ActDone), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn act(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(record): IdInPath,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<ActBody>,
) -> Result<Response, ApiError> {
    let ActBody { request, base_rev, act } = asked;
    let done = act_on_hazard(&app, &caller, ActRequest { kind: "hazard", record, request, base_rev, act }).await?;
    Ok(json_response(&headers, &done))
}

/// Clear a flag, correct or void what was entered by mistake, answer a proposal. What needs a second person waits for one.
#[utoipa::path(post, path = "/v1/inspections/{id}/acts", tag = "findings", security(("access_token" = [])), params(("id" = Uuid, Path)), request_body = ActBody,
    responses((status = 200, body = ActDone), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn act_on_inspection(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(record): IdInPath,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<ActBody>,
) -> Result<Response, ApiError> {
    let ActBody { request, base_rev, act } = asked;
    let done = act_on_hazard(&app, &caller, ActRequest { kind: "inspection", record, request, base_rev, act }).await?;
    Ok(json_response(&headers, &done))
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Read(error) => error.into(),
            ActError::Unsound(text) => Self::new(Problem::ActUnsound).detail(text),
            ActError::Push(error) => error.into(),
        }
    }
}
