//! Rescue files over HTTP. The body is the ZIP itself and goes to the disk piece by piece, because it may be gigabytes; `dry_run` tells what is in
//! it. What a newcomer gets wrong: a preview needs the operations only, so the console sends a ZIP without the photos for it.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::http::body::save_body;
use crate::http::extract::Authenticated;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::import_report::check_asker;
use crate::usecases::import_rescue::{RescueImported, RescueSource, import_rescue};
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::limits::RESCUE_BYTES_MAX;
use sync_protocol::problem::Problem;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::imports::ImportQuery;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(rescue))
}

/// Files at once: each may need as much room on the disk as it is long.
static LANE: Semaphore = Semaphore::const_new(2);
/// How long a request waits for a place.
const LANE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Seconds after which to try again.
const BUSY_RETRY_AFTER_S: u64 = 30;

/// Imports a rescue file: what a phone could not send (ZIP, format in docs/protocol.md).
#[utoipa::path(post, path = "/v1/imports/rescue", tag = "imports", security(("access_token" = [])), params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/zip"),
    responses((status = 200, body = RescueImported), (status = 403, body = ProblemBody), (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "nothing was imported; `detail` says why and what to do")))]
async fn rescue(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RescueImported>, ApiError> {
    check_asker(&caller, Action::ImportRescue)?;
    let busy = || ApiError::new(Problem::Unavailable).retry_after(BUSY_RETRY_AFTER_S);
    let _place = tokio::time::timeout(LANE_WAIT_MAX, LANE.acquire()).await.map_err(|_| busy())?.map_err(|_| busy())?;
    let folder = &app.config.data.folder;
    let file = tempfile::tempfile_in(folder).or_else(|_| tempfile::tempfile()).map_err(ApiError::internal)?;
    let file = save_body(&headers, body, RESCUE_BYTES_MAX, file).await?;
    let source = RescueSource { name: query.short_name(), file };
    let progress = Arc::new(|_done: u64, _whole: u64| {});
    Ok(Json(import_rescue(&app, &caller, source, query.dry_run, progress).await?))
}
