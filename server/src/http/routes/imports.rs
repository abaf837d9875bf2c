//! Import files over HTTP: village maps, places, people. The body is the file itself; nothing of a file with errors is stored, and
//! `dry_run` tells what would happen.

use crate::app::App;
use crate::http::body::read_body;
use crate::http::extract::Authenticated;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::import_areas::{AreasImported, import_areas};
use crate::usecases::import_people::{PeopleImported, import_people};
use crate::usecases::import_places::{ImportFile, PlacesImported, import_places};
use crate::usecases::import_report::unwatched;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(areas)).routes(routes!(enterprises)).routes(routes!(people))
}

/// How a file is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ImportQuery {
    /// Name of the file, for messages.
    #[serde(default)]
    name: String,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// Characters of a file name that are kept.
const FILE_NAME_CHARS_MAX: usize = 120;

async fn read_file(
    headers: &HeaderMap,
    body: Body,
    query: &ImportQuery,
    bytes_max: usize,
) -> Result<ImportFile, ApiError> {
    let bytes = read_body(headers, body, bytes_max, bytes_max).await?.to_vec();
    Ok(ImportFile { name: query.name.chars().take(FILE_NAME_CHARS_MAX).collect(), bytes })
}

/// Imports village boundaries (GeoJSON) and puts the map in force.
#[utoipa::path(post, path = "/v1/imports/areas", tag = "imports", security(("access_token" = [])), params(ImportQuery),
    request_body(content = String, content_type = "application/geo+json"),
    responses((status = 200, body = AreasImported), (status = 403, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "nothing was imported; `errors` names the features")))]
async fn areas(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AreasImported>, ApiError> {
    let file = read_file(&headers, body, &query, paicha_areas::MAX_AREAS_BYTES).await?;
    Ok(Json(import_areas(&app, &caller, file.bytes, query.dry_run).await?))
}

/// Imports enterprises, shops and other places (CSV or XLSX).
#[utoipa::path(post, path = "/v1/imports/enterprises", tag = "imports", security(("access_token" = [])), params(ImportQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = PlacesImported), (status = 403, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "nothing was imported; `errors` names the rows")))]
async fn enterprises(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PlacesImported>, ApiError> {
    let file = read_file(&headers, body, &query, paicha_imports::MAX_IMPORT_BYTES).await?;
    Ok(Json(import_places(&app, &caller, file, query.dry_run, &unwatched).await?))
}

/// Imports people (CSV or XLSX); the answer holds the passwords of new accounts, once.
#[utoipa::path(post, path = "/v1/imports/people", tag = "imports", security(("access_token" = [])), params(ImportQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = PeopleImported), (status = 403, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "nothing was imported; `errors` names the rows")))]
async fn people(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let file = read_file(&headers, body, &query, paicha_imports::MAX_IMPORT_BYTES).await?;
    let imported = import_people(&app, &caller, file, query.dry_run, &unwatched).await?;
    let mut response = Json(imported).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
