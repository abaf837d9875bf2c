//! Photos: what is known of them, and their files. A file is opened by an access token or by a link that a list handed out; its content
//! never changes under its tag, so a browser may keep it.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::download::attachment;
use crate::http::extract::Authenticated;
use crate::http::parameters::{IdInPath, Parameters};
use crate::http::problem::{ApiError, ProblemBody};
use crate::http::ranges::{Wanted, wanted_range};
use crate::usecases::find_photo::{
    Asker, FileAnswer, FoundFile, PhotoFacts, find_photo, find_photo_file, read_photo_part, stream_photo_file,
};
use crate::usecases::reading::links::{PhotoFile, open_link};
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(photo))
        .routes(routes!(original))
        .routes(routes!(preview))
        .routes(routes!(thumbnail))
}

/// What a browser may keep, and no longer than a link lasts: a shared one must not show pictures long after somebody has signed out.
const KEPT_BY_BROWSER: &str = "private, max-age=1800, immutable";

/// A link's key, in place of an access token.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkParameters {
    /// From a link that a list or a record handed out.
    key: Option<String>,
}

/// A file that is not here yet.
#[derive(Debug, Serialize, ToSchema)]
struct NotYetBody {
    /// How far the photo has come: `declared`, `stored`, `not_showable`.
    stage: crate::usecases::find_photo::PhotoStage,
    /// What to tell people.
    text: &'static str,
}

/// What is known of a photo.
#[utoipa::path(get, path = "/v1/photos/{id}", tag = "photos", security(("access_token" = [])), params(("id" = Uuid, Path)),
    responses((status = 200, body = PhotoFacts), (status = 404, body = ProblemBody)))]
async fn photo(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &find_photo(&app, &caller, id).await?))
}

/// The bytes the phone sent; ranges are answered.
#[utoipa::path(get, path = "/v1/photos/{id}/original", tag = "photos", security(("access_token" = []), ()),
    params(("id" = Uuid, Path), LinkParameters),
    responses((status = 200, description = "the file"), (status = 202, body = NotYetBody), (status = 206, description = "a part"),
        (status = 304, description = "unchanged"), (status = 404, body = ProblemBody), (status = 416, description = "no such part")))]
async fn original(State(app): State<Arc<App>>, request: FileRequest) -> Result<Response, ApiError> {
    answer(&app, request, PhotoFile::Original).await
}

/// The photo at 1600 px, JPEG.
#[utoipa::path(get, path = "/v1/photos/{id}/preview", tag = "photos", security(("access_token" = []), ()),
    params(("id" = Uuid, Path), LinkParameters),
    responses((status = 200, description = "the file"), (status = 202, body = NotYetBody), (status = 304, description = "unchanged"),
        (status = 404, body = ProblemBody)))]
async fn preview(State(app): State<Arc<App>>, request: FileRequest) -> Result<Response, ApiError> {
    answer(&app, request, PhotoFile::Preview).await
}

/// The photo at 320 px, JPEG.
#[utoipa::path(get, path = "/v1/photos/{id}/thumbnail", tag = "photos", security(("access_token" = []), ()),
    params(("id" = Uuid, Path), LinkParameters),
    responses((status = 200, description = "the file"), (status = 202, body = NotYetBody), (status = 304, description = "unchanged"),
        (status = 404, body = ProblemBody)))]
async fn thumbnail(State(app): State<Arc<App>>, request: FileRequest) -> Result<Response, ApiError> {
    answer(&app, request, PhotoFile::Thumbnail).await
}

/// A request for a file: by a link's key, or else by an access token.
struct FileRequest {
    id: Uuid,
    key: Option<String>,
    caller: Option<Authenticated>,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for FileRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let IdInPath(id) = IdInPath::from_request_parts(parts, app).await?;
        let Parameters(LinkParameters { key }) = Parameters::from_request_parts(parts, app).await?;
        let caller = if key.is_some() { None } else { Some(Authenticated::from_request_parts(parts, app).await?) };
        Ok(Self { id, key, caller, headers: parts.headers.clone() })
    }
}

async fn answer(app: &App, request: FileRequest, file: PhotoFile) -> Result<Response, ApiError> {
    let asker = match (&request.key, &request.caller) {
        (Some(key), _) => {
            open_link(app, request.id, file, key)?;
            Asker::ByLink
        }
        (None, Some(Authenticated(caller))) => Asker::Signed(caller),
        (None, None) => return Err(sync_protocol::problem::Problem::Unauthenticated.into()),
    };
    match find_photo_file(app, asker, request.id, file).await? {
        FileAnswer::Found(found) => file_answer(app, &request.headers, &found, file).await,
        FileAnswer::NotYet(stage) => {
            let mut response =
                (StatusCode::ACCEPTED, axum::Json(NotYetBody { stage, text: stage.words() })).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
    }
}

async fn file_answer(app: &App, asked: &HeaderMap, found: &FoundFile, file: PhotoFile) -> Result<Response, ApiError> {
    let tag = format!("\"{}\"", found.tag);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.trim() == "*" || known.split(',').any(|part| part.trim().trim_start_matches("W/") == tag);
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body(app, asked, found, file, &tag).await? };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(ApiError::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT_BY_BROWSER));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

async fn body(
    app: &App,
    asked: &HeaderMap,
    found: &FoundFile,
    file: PhotoFile,
    tag: &str,
) -> Result<Response, ApiError> {
    let length = found.length;
    let wanted = if file == PhotoFile::Original { wanted_range(asked, length, tag) } else { Wanted::Whole };
    let mut response = match wanted {
        Wanted::Whole => {
            let pieces = Body::from_stream(stream_photo_file(app, &found.key).await?);
            ([(header::CONTENT_LENGTH, length.to_string())], pieces).into_response()
        }
        Wanted::Part(part) => {
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let bytes = read_photo_part(app, &found.key, part).await?;
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, content_range)], bytes).into_response()
        }
        Wanted::Beyond => {
            let content_range = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, content_range).into_response());
        }
    };
    let headers = response.headers_mut();
    let media_type = found.media_type.unwrap_or("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if file == PhotoFile::Original {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_DISPOSITION, attachment(&format!("照片-{}", found.name), &found.name));
    }
    Ok(response)
}
