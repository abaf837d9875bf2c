//! The raster base map that the console may draw under its own.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::extract::Authenticated;
use crate::http::problem::{ApiError, ProblemBody};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use sync_protocol::geo::Datum;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(base_map))
}

/// The base map, if one is set.
#[derive(Debug, Serialize, ToSchema)]
struct BaseMapBody {
    /// Null while the map is drawn on plain ground.
    base: Option<BaseMapTiles>,
}

/// Tiles of a base map.
#[derive(Debug, Serialize, ToSchema)]
struct BaseMapTiles {
    /// Address with `{z}`, `{x}` and `{y}`.
    tiles: String,
    /// Whose map it is.
    attribution: String,
    /// Datum of the ground on the tiles; what is drawn on them has to be shifted into it.
    #[schema(value_type = String)]
    datum: Datum,
    /// Deepest zoom that there is.
    zoom_max: u8,
}

/// Tiles to draw under findings, as the settings have them. All other coordinates of this interface are WGS-84.
#[utoipa::path(get, path = "/v1/map", tag = "places", security(("access_token" = [])),
    responses((status = 200, body = BaseMapBody), (status = 401, body = ProblemBody)))]
async fn base_map(
    State(app): State<Arc<App>>,
    Authenticated(_caller): Authenticated,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let set = Some(&app.config.map).filter(|map| map.origin().is_some());
    let base = set.map(|map| BaseMapTiles {
        tiles: map.tiles.clone(),
        attribution: map.attribution.clone(),
        datum: map.datum,
        zoom_max: map.zoom_max,
    });
    Ok(json_response(&headers, &BaseMapBody { base }))
}
