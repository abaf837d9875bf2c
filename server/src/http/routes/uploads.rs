//! Photos on their way in: tus 1.0 with creation, creation-with-upload, checksum, expiration and termination (protocol 3.11), and the
//! question which originals need not be sent. What a newcomer gets wrong: a place in the lane belongs to the body that is
//! read, not to the request; a phone that hung up must not keep it, and one whose bytes are still being stored must.

use crate::app::App;
use crate::http::extract::Authenticated;
use crate::http::lanes::admit;
use crate::http::problem::{ApiError, ProblemBody};
use crate::http::tus;
use crate::lanes::Place;
use crate::usecases::append_upload::{Append, append_upload};
use crate::usecases::caller::Caller;
use crate::usecases::cancel_upload::cancel_upload;
use crate::usecases::check_blobs::{HASHES_MAX, check_blobs};
use crate::usecases::create_upload::{NewUpload, create_upload};
use crate::usecases::read_upload::read_upload;
use crate::usecases::upload_access::{UploadState, photo_bytes_max};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use sync_protocol::digest::{from_hex, to_hex};
use sync_protocol::ids::RecordId;
use sync_protocol::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    let tus = OpenApiRouter::new()
        .routes(routes!(create, offer))
        .routes(routes!(read, append, cancel, by_post, offer_one))
        .layer(from_fn(tus::speak));
    OpenApiRouter::new().merge(tus).routes(routes!(check))
}

/// Hashes somebody asks about.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct CheckRequest {
    /// Hex SHA-256 of originals, at most 200.
    hashes: Vec<String>,
}

/// What need not be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CheckResponse {
    /// Those of the hashes that are stored and that photos in the caller's villages carry.
    have: Vec<String>,
}

/// What this server offers of tus.
#[utoipa::path(options, path = "/v1/uploads", tag = "uploads", responses((status = 204, description = "versions, extensions and limits in headers")))]
async fn offer(State(app): State<Arc<App>>) -> Response {
    offered(&app)
}

/// The same at an upload's own address.
#[utoipa::path(options, path = "/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path, description = "upload")),
    responses((status = 204, description = "versions, extensions and limits in headers")))]
async fn offer_one(State(app): State<Arc<App>>) -> Response {
    offered(&app)
}

fn offered(app: &App) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(tus::TUS_VERSION, HeaderValue::from_static(tus::VERSION));
    headers.insert(tus::TUS_EXTENSION, HeaderValue::from_static(tus::EXTENSIONS));
    headers.insert(tus::TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(tus::CHECKSUM_ALGORITHMS));
    headers.insert(tus::TUS_MAX_SIZE, photo_bytes_max(app).into());
    response
}

/// Starts an upload or finds the one that was started. `Upload-Metadata` names `photo`, `sha256` (hex) and `record`.
#[utoipa::path(post, path = "/v1/uploads", tag = "uploads", security(("access_token" = [])),
    responses((status = 201, description = "its address in Location, what is here already in Upload-Offset"),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 412, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn create(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let new = NewUpload {
        length: tus::number(&headers, &tus::UPLOAD_LENGTH)?,
        photo: tus::metadata_value(&headers, "photo", |text| text.parse().ok())?,
        sha256: tus::metadata_value(&headers, "sha256", from_hex)?,
    };
    tus::metadata_value(&headers, "record", |text| text.parse::<RecordId>().ok())?;
    let mut state = create_upload(&app, &caller, new).await?;
    // A repeated request starts at the first byte again; what is here already is not taken twice.
    if tus::carries_bytes(&headers) && state.offset == 0 && state.length > 0 {
        state = take(app, caller, state.id, 0, &headers, body).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    let location = format!("/v1/uploads/{}", state.id);
    let location = HeaderValue::from_str(&location).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    tus::put_state(response.headers_mut(), &state);
    Ok(response)
}

/// Where an upload stands. Takes it over from requests that still hang.
#[utoipa::path(head, path = "/v1/uploads/{id}", tag = "uploads", security(("access_token" = [])),
    params(("id" = String, Path, description = "upload")),
    responses((status = 200, description = "Upload-Offset, Upload-Length"), (status = 404), (status = 410)))]
async fn read(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let state = read_upload(&app, &caller, &id).await?;
    let mut response = StatusCode::OK.into_response();
    tus::put_state(response.headers_mut(), &state);
    tus::put_subject(response.headers_mut(), &state);
    Ok(response)
}

/// Appends bytes at `Upload-Offset`.
#[utoipa::path(patch, path = "/v1/uploads/{id}", tag = "uploads", security(("access_token" = [])),
    params(("id" = String, Path, description = "upload")),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>),
    responses((status = 204, description = "the new Upload-Offset"), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "upload-offset or upload-superseded"), (status = 410, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 415, body = ProblemBody),
        (status = 460, body = ProblemBody, description = "the checksum, or the whole photo's hash, does not fit"),
        (status = 503, body = ProblemBody)))]
async fn append(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if !tus::carries_bytes(&headers) {
        return Err(ApiError::new(Problem::UnsupportedMediaType));
    }
    let offset = tus::number(&headers, &tus::UPLOAD_OFFSET)?;
    let state = take(app, caller, id, offset, &headers, body).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    tus::put_state(response.headers_mut(), &state);
    Ok(response)
}

async fn take(
    app: Arc<App>,
    caller: Caller,
    id: String,
    offset: u64,
    headers: &HeaderMap,
    body: Body,
) -> Result<UploadState, ApiError> {
    let place = admit(&app, &app.lanes.receiving, caller.user).await?;
    let append = Append { id, offset, checksum: tus::checksum(headers)? };
    let body = body.into_data_stream();
    // The place is held by the stream, which lives as long as somebody reads it, even when this request is given up.
    let body = Admitted { body, _place: place };
    Ok(append_upload(app, caller, append, body).await?)
}

/// A body with its place in the lane.
struct Admitted {
    body: axum::body::BodyDataStream,
    _place: Place,
}

impl futures_util::Stream for Admitted {
    type Item = Result<bytes::Bytes, axum::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::pin::Pin::new(&mut self.body).poll_next(context)
    }
}

/// Gives up an upload. A stored original stays.
#[utoipa::path(delete, path = "/v1/uploads/{id}", tag = "uploads", security(("access_token" = [])),
    params(("id" = String, Path, description = "upload")),
    responses((status = 204, description = "gone"), (status = 404, body = ProblemBody)))]
async fn cancel(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    cancel_upload(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The method named by `X-HTTP-Method-Override`, for networks that let only GET and POST through.
#[utoipa::path(post, path = "/v1/uploads/{id}", tag = "uploads", security(("access_token" = [])),
    params(("id" = String, Path, description = "upload")),
    responses((status = 204, description = "as PATCH, DELETE or HEAD"), (status = 405, body = ProblemBody)))]
async fn by_post(
    state: State<Arc<App>>,
    caller: Authenticated,
    id: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    match tus::meant_method(&headers) {
        Some(Method::PATCH) => append(state, caller, id, headers, body).await,
        Some(Method::DELETE) => cancel(state, caller, id).await,
        Some(Method::HEAD) => read(state, caller, id).await,
        Some(_) | None => Err(ApiError::new(Problem::MethodNotAllowed)),
    }
}

/// Which originals need not be sent: only those that photos in the caller's villages carry are ever named.
#[utoipa::path(post, path = "/v1/blobs/check", tag = "uploads", security(("access_token" = [])), request_body = CheckRequest,
    responses((status = 200, body = CheckResponse), (status = 400, body = ProblemBody)))]
async fn check(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Json(request): Json<CheckRequest>,
) -> Result<Json<CheckResponse>, ApiError> {
    let hashes: Option<Vec<_>> = request.hashes.iter().map(|text| from_hex(text)).collect();
    let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX);
    let hashes = hashes.ok_or_else(|| ApiError::new(Problem::BadParameter).detail("hashes"))?;
    let have = check_blobs(&app, &caller, &hashes).await?;
    Ok(Json(CheckResponse { have: have.iter().map(to_hex).collect() }))
}
