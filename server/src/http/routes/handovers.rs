//! Handing the work of one inspector to another.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::hand_over_work::{HandOver, HandedOver, hand_over_work};
use crate::usecases::list_inspectors::{Inspector, list_inspectors};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(inspectors)).routes(routes!(hand_over))
}

/// Everybody who is or was an inspector in the caller's villages.
#[derive(Debug, Serialize, ToSchema)]
struct InspectorsBody {
    items: Vec<Inspector>,
}

/// What is handed over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandOverBody {
    /// Made by the asker; the same one again does nothing twice.
    request: Uuid,
    /// Who gives it away.
    from: Uuid,
    /// Who takes it.
    to: Uuid,
    /// Codes, as the giver's grants name them.
    villages: Vec<String>,
    /// Why.
    reason: String,
}

/// Inspectors of the caller's villages, those who are it no more too, in order of name.
#[utoipa::path(get, path = "/v1/inspectors", tag = "users", security(("access_token" = [])),
    responses((status = 200, body = InspectorsBody), (status = 403, body = ProblemBody)))]
async fn inspectors(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &InspectorsBody { items: list_inspectors(&app, &caller).await? }))
}

/// Hands open hazards and the role of inspector in some villages from one person to another. Who found and wrote what stays as it is, and what the
/// giver's phones still hold is taken as ever.
#[utoipa::path(post, path = "/v1/handovers", tag = "users", security(("access_token" = [])), request_body = HandOverBody,
    responses((status = 200, body = HandedOver), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
async fn hand_over(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<HandOverBody>,
) -> Result<Response, ApiError> {
    let HandOverBody { request, from, to, villages, reason } = asked;
    let (from, to) = (from.into(), to.into());
    let wanted = HandOver { request, from, to, villages: villages.into_iter().collect(), reason };
    Ok(json_response(&headers, &hand_over_work(&app, &caller, &wanted).await?))
}
