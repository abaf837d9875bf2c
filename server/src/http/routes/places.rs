//! Villages and the places in them.

use crate::app::App;
use crate::http::body::{geojson_response, json_response};
use crate::http::conditions::{PageBody, page_query, parse_box};
use crate::http::extract::Authenticated;
use crate::http::parameters::{IdInPath, Parameters};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::list_places::{PlaceConditions, PlaceItem, list_places};
use crate::usecases::list_village_map::{VillageMap, list_village_map};
use crate::usecases::list_villages::{AreaItem, VillageItem, list_areas, list_villages};
use crate::usecases::read_record::{RecordView, read_record};
use crate::usecases::reading::bounding_box;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(villages))
        .routes(routes!(areas))
        .routes(routes!(village_map))
        .routes(routes!(places))
        .routes(routes!(place))
}

/// Which places.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlaceParameters {
    /// Area code of a village or subdistrict.
    village: Option<String>,
    /// The name begins with this.
    name: Option<String>,
    /// 统一社会信用代码.
    uscc: Option<String>,
    /// Sector code.
    sector: Option<String>,
    /// `west,south,east,north` in degrees, WGS-84.
    bbox: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// All villages in the caller's scope.
#[derive(Debug, Serialize, ToSchema)]
struct VillagesBody {
    items: Vec<VillageItem>,
}

/// Villages in the caller's scope, with the photos that each still owes.
#[utoipa::path(get, path = "/v1/villages", tag = "places", security(("access_token" = [])),
    responses((status = 200, body = VillagesBody), (status = 403, body = ProblemBody)))]
async fn villages(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &VillagesBody { items: list_villages(&app, &caller).await? }))
}

/// Villages and subdistricts by name.
#[derive(Debug, Serialize, ToSchema)]
struct AreasBody {
    items: Vec<AreaItem>,
}

/// Names of the villages and subdistricts in which the caller gives people their rights.
#[utoipa::path(get, path = "/v1/areas", tag = "places", security(("access_token" = [])),
    responses((status = 200, body = AreasBody), (status = 403, body = ProblemBody)))]
async fn areas(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &AreasBody { items: list_areas(&app, &caller).await? }))
}

/// Boundaries of the villages in the caller's scope, GeoJSON in WGS-84.
#[utoipa::path(get, path = "/v1/villages.geojson", tag = "places", security(("access_token" = [])),
    responses((status = 200, body = VillageMap), (status = 403, body = ProblemBody)))]
async fn village_map(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(geojson_response(&headers, &list_village_map(&app, &caller).await?))
}

/// Places in the caller's villages, in order of their names.
#[utoipa::path(get, path = "/v1/places", tag = "places", security(("access_token" = [])), params(PlaceParameters),
    responses((status = 200, body = PageBody<PlaceItem>), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn places(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<PlaceParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = page_query(wanted.after, wanted.limit)?;
    let conditions = PlaceConditions {
        village: wanted.village,
        name: wanted.name,
        uscc: wanted.uscc,
        sector: wanted.sector,
        within: wanted.bbox.as_deref().map(parse_box).transpose()?.map(bounding_box),
    };
    Ok(json_response(&headers, &PageBody::from(list_places(&app, &caller, &conditions, &page).await?)))
}

/// One place with alternatives, photos and its time line.
#[utoipa::path(get, path = "/v1/places/{id}", tag = "places", security(("access_token" = [])), params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = RecordView), (status = 404, body = ProblemBody)))]
async fn place(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &read_record(&app, &caller, "place", id).await?))
}
