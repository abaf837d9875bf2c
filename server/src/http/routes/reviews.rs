//! What waits for a decision, and what the integrity rules found.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::conditions::{PageBody, page_query};
use crate::http::extract::Authenticated;
use crate::http::parameters::Parameters;
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::list_flags::{FlagItem, FlagQuery, list_flags};
use crate::usecases::list_reviews::{ReviewItem, list_reviews};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(reviews)).routes(routes!(flags))
}

/// Which questions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReviewParameters {
    /// Area code of a village or subdistrict.
    village: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// Conflicts, proposals and doubts that wait for a person, longest open first.
#[utoipa::path(get, path = "/v1/reviews", tag = "reviews", security(("access_token" = [])), params(ReviewParameters),
    responses((status = 200, body = PageBody<ReviewItem>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn reviews(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<ReviewParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = page_query(wanted.after, wanted.limit)?;
    let found = list_reviews(&app, &caller, wanted.village.as_deref(), &page).await?;
    Ok(json_response(&headers, &PageBody::from(found)))
}

/// Which flags.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FlagParameters {
    /// Area code of a village or subdistrict.
    village: Option<String>,
    /// `info`, `soft` or `hard`.
    level: Option<String>,
    /// `true`: only those that the office has not decided.
    open: Option<bool>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// What the integrity rules found, first found first. A flag asks for a second look; it blocks and hides nothing.
#[utoipa::path(get, path = "/v1/flags", tag = "reviews", security(("access_token" = [])), params(FlagParameters),
    responses((status = 200, body = PageBody<FlagItem>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn flags(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<FlagParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = page_query(wanted.after, wanted.limit)?;
    let query = FlagQuery { village: wanted.village, level: wanted.level, open: wanted.open.unwrap_or(false) };
    Ok(json_response(&headers, &PageBody::from(list_flags(&app, &caller, &query, &page).await?)))
}
