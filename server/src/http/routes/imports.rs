//! Import files over HTTP: village maps, places, people. The body is the file itself; nothing of a file with errors is stored, and
//! `dry_run` tells what would happen.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::http::body::read_body;
use crate::http::extract::Authenticated;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::caller::Caller;
use crate::usecases::import_areas::{AreasImported, import_areas};
use crate::usecases::import_people::{PeopleImported, import_people};
use crate::usecases::import_places::{ImportFile, PlacesImported, import_places};
use crate::usecases::import_report::{check_asker, unwatched};
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::problem::Problem;
use tokio::sync::{Semaphore, SemaphorePermit};
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
    pub(in crate::http) dry_run: bool,
}

impl ImportQuery {
    /// The name, as much of it as is kept.
    pub(in crate::http) fn short_name(&self) -> String {
        self.name.chars().take(FILE_NAME_CHARS_MAX).collect()
    }
}

/// Characters of a file name that are kept.
const FILE_NAME_CHARS_MAX: usize = 120;

/// Imports at once: each holds a whole file and its rows in memory.
static LANE: Semaphore = Semaphore::const_new(2);
/// How long a request waits for a place.
const LANE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Seconds after which to try again.
const BUSY_RETRY_AFTER_S: u64 = 10;

/// A place, and the file; only those who may import get as far as sending one.
async fn read_file(
    caller: &Caller,
    action: Action,
    headers: &HeaderMap,
    body: Body,
    query: &ImportQuery,
    bytes_max: usize,
) -> Result<(SemaphorePermit<'static>, ImportFile), ApiError> {
    check_asker(caller, action)?;
    let busy = || ApiError::new(Problem::Unavailable).retry_after(BUSY_RETRY_AFTER_S);
    let place = tokio::time::timeout(LANE_WAIT_MAX, LANE.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
    let bytes = read_body(headers, body, bytes_max, bytes_max).await?.to_vec();
    Ok((place, ImportFile { name: query.short_name(), bytes }))
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
    let most = paicha_areas::MAX_AREAS_BYTES;
    let (_place, file) = read_file(&caller, Action::ImportAreas, &headers, body, &query, most).await?;
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
    let most = paicha_imports::MAX_IMPORT_BYTES;
    let (_place, file) = read_file(&caller, Action::ImportEnterprises, &headers, body, &query, most).await?;
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
    let most = paicha_imports::MAX_IMPORT_BYTES;
    let (_place, file) = read_file(&caller, Action::ImportPeople, &headers, body, &query, most).await?;
    let imported = import_people(&app, &caller, file, query.dry_run, &unwatched).await?;
    let mut response = Json(imported).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
