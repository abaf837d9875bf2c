//! The standards by which hazards are judged.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::extract::Authenticated;
use crate::http::parameters::{Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::read_catalogue::{CatalogueQuery, CatalogueView, read_catalogue};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use sync_protocol::time::LocalDate;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(catalogue))
}

/// Of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CatalogueParameters {
    /// The day, `2023-06-12`; today when absent.
    on: Option<String>,
    /// The last day of a stretch that begins with `on`: standards in force on any of its days, each with its own first and last day. A phone
    /// that will be without signal asks this way, and offers on each day what is in force on it.
    until: Option<String>,
    /// `true`: also what is not verified, for those who review.
    all: Option<bool>,
}

/// Standards in force on a day, with their verified items: what phones offer, and what a visit of that day is judged by.
#[utoipa::path(get, path = "/v1/catalogue", tag = "catalogue", security(("access_token" = [])), params(CatalogueParameters),
    responses((status = 200, body = CatalogueView), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn catalogue(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<CatalogueParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (on, until) = (day(wanted.on.as_deref())?, day(wanted.until.as_deref())?);
    let query = CatalogueQuery { on, until, all: wanted.all.unwrap_or(false) };
    Ok(json_response(&headers, &read_catalogue(&app, &caller, query).await?))
}

fn day(text: Option<&str>) -> Result<Option<LocalDate>, ApiError> {
    text.map(str::parse).transpose().map_err(|_| bad_parameter("日期应写成 2023-06-12 的样子"))
}
