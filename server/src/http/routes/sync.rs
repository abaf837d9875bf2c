//! Push, pull, and what phones must know about both.

use crate::app::App;
use crate::http::body::{collect_body, decode_body, json_response, read_body};
use crate::http::extract::Authenticated;
use crate::http::lanes::admit;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::greet_phone::{Greeting, Hello, greet_phone};
use crate::usecases::pull_changes::{is_first_sync, pull_changes};
use crate::usecases::push_operations::{PushBatch, push_operations, seal_anchor};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use sync_protocol::limits::{
    GROUP_BYTES_MAX, GROUP_OPS_MAX, OP_BYTES_MAX, PHOTO_BYTES_MAX, PROTO, PULL_PAGE_BYTES_MAX, PUSH_DECODED_BYTES_MAX,
    PUSH_ENCODED_BYTES_MAX, PUSH_OPS_MAX, RETENTION_DAYS, SCHEMA,
};
use sync_protocol::problem::Problem;
use sync_protocol::pull::PullRequest;
use sync_protocol::push::{PushRequest, PushResponse};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(config)).routes(routes!(hello)).routes(routes!(push)).routes(routes!(pull))
}

/// Limits and versions, the same for every phone.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SyncConfig {
    proto: u32,
    schema: u32,
    push_ops_max: usize,
    push_encoded_bytes_max: usize,
    push_decoded_bytes_max: usize,
    op_bytes_max: usize,
    group_ops_max: u32,
    group_bytes_max: usize,
    pull_page_bytes_max: usize,
    photo_bytes_max: u64,
    upload_chunk_bytes_max: u64,
    encodings: [&'static str; 2],
    retention_days: i64,
}

/// Limits, versions and encodings; may be cached.
#[utoipa::path(get, path = "/v1/sync/config", tag = "sync", responses((status = 200, body = SyncConfig)))]
async fn config() -> Json<SyncConfig> {
    Json(SyncConfig {
        proto: PROTO,
        schema: SCHEMA,
        push_ops_max: PUSH_OPS_MAX,
        push_encoded_bytes_max: PUSH_ENCODED_BYTES_MAX,
        push_decoded_bytes_max: PUSH_DECODED_BYTES_MAX,
        op_bytes_max: OP_BYTES_MAX,
        group_ops_max: GROUP_OPS_MAX,
        group_bytes_max: GROUP_BYTES_MAX,
        pull_page_bytes_max: PULL_PAGE_BYTES_MAX,
        photo_bytes_max: PHOTO_BYTES_MAX,
        upload_chunk_bytes_max: sync_protocol::limits::UPLOAD_CHUNK_BYTES_MAX,
        encodings: ["zstd", "gzip"],
        retention_days: RETENTION_DAYS,
    })
}

/// A phone says where its sequence stands before it pushes; 409 when its database went back in time (protocol 3.8).
#[utoipa::path(post, path = "/v1/sync/hello", tag = "sync", security(("access_token" = [])), request_body = Object,
    responses((status = 200, body = Object), (status = 409, body = ProblemBody)))]
async fn hello(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Json(hello): Json<Hello>,
) -> Result<Json<Greeting>, ApiError> {
    Ok(Json(greet_phone(&app, &caller, hello).await?))
}

/// Hands in a batch of operations (protocol 3.3). 200 whenever the envelope was understood.
#[utoipa::path(post, path = "/v1/sync/push", tag = "sync", security(("access_token" = [])), request_body = Object,
    responses((status = 200, body = Object, description = "one result per operation that was consumed"),
        (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
async fn push(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // Whoever sends slowly holds no place meanwhile; unpacked and stored is only what has one.
    let body = collect_body(body, PUSH_ENCODED_BYTES_MAX).await?;
    let _place = admit(&app, &app.lanes.pushing, caller.user).await?;
    let body = decode_body(&headers, body, PUSH_DECODED_BYTES_MAX)?;
    let request: PushRequest<'_> = serde_json::from_slice(&body)
        .map_err(|error| ApiError::new(Problem::MalformedRequest).detail(error.to_string()))?;
    let batch = PushBatch::of_request(&request);
    let pushed = push_operations(app.clone(), caller, batch).await?;
    let server_time = app.now();
    let response = PushResponse {
        epoch: pushed.epoch,
        server_time,
        anchor: seal_anchor(&app, server_time),
        consumed_to: pushed.consumed_to,
        results: pushed.results,
        stopped: pushed.stopped,
        next_batch_max: i64::try_from(PUSH_OPS_MAX).unwrap_or(i64::MAX),
        backoff_s: pushed.backoff_s,
    };
    Ok(json_response(&headers, &response))
}

/// The next page of what changed in the caller's villages (protocol 3.6).
#[utoipa::path(post, path = "/v1/sync/pull", tag = "sync", security(("access_token" = [])), request_body = Object,
    responses((status = 200, body = Object), (status = 400, body = ProblemBody), (status = 426, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
async fn pull(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_body(&headers, body, PUSH_ENCODED_BYTES_MAX, PUSH_ENCODED_BYTES_MAX).await?;
    let request: PullRequest = serde_json::from_slice(&body)
        .map_err(|error| ApiError::new(Problem::MalformedRequest).detail(error.to_string()))?;
    let lanes = &app.lanes;
    let lane = if is_first_sync(&app, &request) { &lanes.snapshots } else { &lanes.pulling };
    let _place = admit(&app, lane, caller.user).await?;
    Ok(json_response(&headers, &pull_changes(&app, &caller, request).await?))
}
