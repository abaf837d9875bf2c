//! What was found and where: hazards, inspections, and the map.

use crate::app::App;
use crate::http::body::{geojson_response, is_unchanged, json_response, versioned_response};
use crate::http::conditions::{FindingParameters, PageBody};
use crate::http::extract::Authenticated;
use crate::http::parameters::{IdInPath, Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::caller::Caller;
use crate::usecases::list_figures::{FIGURE_MONTHS_MAX, FigureQuery, Figures, list_figures};
use crate::usecases::list_findings_map::{FindingsMap, list_findings_map};
use crate::usecases::list_hazards::{HazardItem, list_hazards};
use crate::usecases::list_inspections::{InspectionItem, list_inspections};
use crate::usecases::read_record::{RecordView, read_record, read_version};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use sync_protocol::time::Month;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(hazards))
        .routes(routes!(hazard))
        .routes(routes!(inspections))
        .routes(routes!(inspection))
        .routes(routes!(map))
        .routes(routes!(figures))
}

/// Hazards in the caller's villages, newest finding first.
#[utoipa::path(get, path = "/v1/hazards", tag = "findings", security(("access_token" = [])), params(FindingParameters),
    responses((status = 200, body = PageBody<HazardItem>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn hazards(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<FindingParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = wanted.page()?;
    let found = list_hazards(&app, &caller, &wanted.of_hazards()?, &page).await?;
    Ok(json_response(&headers, &PageBody::from(found)))
}

/// One hazard with alternatives, pending changes, photos and its time line.
#[utoipa::path(get, path = "/v1/hazards/{id}", tag = "findings", security(("access_token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RecordView), (status = 304, description = "it is what the asker has, by `If-None-Match`"), (status = 404, body = ProblemBody)))]
async fn hazard(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer_record(&app, &caller, "hazard", id, &headers).await
}

/// Inspections in the caller's villages, newest visit first.
#[utoipa::path(get, path = "/v1/inspections", tag = "findings", security(("access_token" = [])), params(FindingParameters),
    responses((status = 200, body = PageBody<InspectionItem>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn inspections(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<FindingParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = wanted.page()?;
    let found = list_inspections(&app, &caller, &wanted.of_inspections()?, &page).await?;
    Ok(json_response(&headers, &PageBody::from(found)))
}

/// One inspection with alternatives, pending changes, photos and its time line.
#[utoipa::path(get, path = "/v1/inspections/{id}", tag = "findings", security(("access_token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RecordView), (status = 304, description = "it is what the asker has, by `If-None-Match`"), (status = 404, body = ProblemBody)))]
async fn inspection(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer_record(&app, &caller, "inspection", id, &headers).await
}

/// The record, or only that it is what the asker has.
async fn answer_record(
    app: &App,
    caller: &Caller,
    kind: &str,
    id: uuid::Uuid,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let version = read_version(app, caller, kind, id).await?;
    if is_unchanged(headers, &format!("\"{version}\"")) {
        return Ok(versioned_response::<RecordView>(headers, &version, None));
    }
    // Read after the version: what came in between is told now, and once more at the next question.
    let record = read_record(app, caller, kind, id).await?;
    Ok(versioned_response(headers, &version, Some(&record)))
}

/// Hazards as points, GeoJSON in WGS-84; the conditions of the list, without pages.
#[utoipa::path(get, path = "/v1/findings.geojson", tag = "findings", security(("access_token" = [])), params(FindingParameters),
    responses((status = 200, body = FindingsMap), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn map(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<FindingParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let map = list_findings_map(&app, &caller, &wanted.of_hazards()?).await?;
    Ok(geojson_response(&headers, &map))
}

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FigureParameters {
    /// Area code of a village or subdistrict.
    village: Option<String>,
    /// First month of finding, `2023-05`.
    from: String,
    /// Last month of finding, included; 36 months at most.
    to: String,
}

/// How many hazards were found by month, village and sector, and how far they have come; ledger entries as they stand today.
#[utoipa::path(get, path = "/v1/figures", tag = "findings", security(("access_token" = [])), params(FigureParameters),
    responses((status = 200, body = Figures), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn figures(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<FigureParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let month = |text: &str| text.parse::<Month>().map_err(|_| bad_parameter("月份应写成 2023-06 的样子"));
    let (from, to) = (month(&wanted.from)?, month(&wanted.to)?);
    let query = FigureQuery { village: wanted.village, from, to };
    if !(1..=FIGURE_MONTHS_MAX).contains(&query.months().take(FIGURE_MONTHS_MAX + 1).count()) {
        return Err(bad_parameter(format!("from 不晚于 to，最多 {FIGURE_MONTHS_MAX} 个月")));
    }
    Ok(json_response(&headers, &list_figures(&app, &caller, &query).await?))
}
