//! The life of the monthly forms: where one stands, what stands against it, and what people do with it.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::download::{DOCX, file_response};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::parameters::{Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::export_correction::export_correction;
use crate::usecases::form_life::act::{FormAct, act_on_form};
use crate::usecases::form_life::{FormKind, FormQuery, FormView, LifeError, read_form_life};
use crate::usecases::list_reminders::{Reminders, list_reminders};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use sync_protocol::problem::Problem;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(life))
        .routes(routes!(act))
        .routes(routes!(correction))
        .routes(routes!(reminders))
}

/// Which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LifeParameters {
    /// Area code of a village or subdistrict; absent: the one subdistrict in reach.
    village: Option<String>,
    /// Month, `2023-06`.
    month: String,
}

/// Which correction.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CorrectionParameters {
    /// Area code of a village or subdistrict; absent: the one subdistrict in reach.
    village: Option<String>,
    /// Month, `2023-06`.
    month: String,
    /// The corrected revision, from 2.
    rev: u32,
}

/// Which reminders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReminderParameters {
    /// Area code of a village or subdistrict; absent: the one subdistrict in reach.
    village: Option<String>,
}

fn query(form: &str, village: Option<&str>, month: &str) -> Result<FormQuery, ApiError> {
    let kind = FormKind::find_by_code(form).ok_or(Problem::NotFound)?;
    let month = month.parse().map_err(|_| bad_parameter("月份应写成 2023-06 的样子"))?;
    let area = village.map(str::parse).transpose().map_err(|_| Problem::NotFound)?;
    Ok(FormQuery { kind, area, month })
}

/// Where a form stands, its revisions and events, the checks B1 to B6 and W1 to W6, and what arrived since it was handed in.
#[utoipa::path(get, path = "/v1/forms/{form}/life", tag = "forms", security(("access_token" = [])),
    params(("form" = String, Path, description = "appendix1 or appendix2"), LifeParameters),
    responses((status = 200, body = FormView), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn life(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(form): Path<String>,
    Parameters(wanted): Parameters<LifeParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = query(&form, wanted.village.as_deref(), &wanted.month)?;
    Ok(json_response(&headers, &read_form_life(&app, &caller, &query).await?))
}

/// Hand in, return, lock, ask for a correction, agree to it or not.
#[utoipa::path(post, path = "/v1/forms/{form}/life", tag = "forms", security(("access_token" = [])),
    params(("form" = String, Path, description = "appendix1 or appendix2"), LifeParameters), request_body = FormAct,
    responses((status = 200, body = FormView), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn act(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(form): Path<String>,
    Parameters(wanted): Parameters<LifeParameters>,
    headers: HeaderMap,
    JsonBody(act): JsonBody<FormAct>,
) -> Result<Response, ApiError> {
    let query = query(&form, wanted.village.as_deref(), &wanted.month)?;
    Ok(json_response(&headers, &act_on_form(&app, &caller, &query, &act).await?))
}

/// 更正说明: what a corrected revision changed, as a document.
#[utoipa::path(get, path = "/v1/forms/{form}/correction", tag = "forms", security(("access_token" = [])),
    params(("form" = String, Path, description = "appendix1 or appendix2"), CorrectionParameters),
    responses((status = 200, description = "a DOCX file"), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn correction(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Path(form): Path<String>,
    Parameters(wanted): Parameters<CorrectionParameters>,
) -> Result<Response, ApiError> {
    let query = query(&form, wanted.village.as_deref(), &wanted.month)?;
    let file = export_correction(&app, &caller, &query, wanted.rev).await?;
    Ok(file_response(file.bytes, DOCX, &file.name, &format!("correction-{}-{}.docx", query.month, wanted.rev)))
}

/// What is due in an area: forms of the month, deadlines, reports, judgements, phones.
#[utoipa::path(get, path = "/v1/reminders", tag = "forms", security(("access_token" = [])), params(ReminderParameters),
    responses((status = 200, body = Reminders), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn reminders(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<ReminderParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let area = wanted.village.as_deref().map(str::parse).transpose().map_err(|_| Problem::NotFound)?;
    Ok(json_response(&headers, &list_reminders(&app, &caller, area.as_ref()).await?))
}

impl From<LifeError> for ApiError {
    fn from(error: LifeError) -> Self {
        match error {
            LifeError::Area(error) => error.into(),
            LifeError::Form(error) => error.into(),
            LifeError::NotAllowed => Problem::Forbidden.into(),
            LifeError::Refused(refusal) => Self::new(Problem::FormState).detail(refusal.to_string()),
            LifeError::Overtaken(text) => Self::new(Problem::FormState).detail(text),
            LifeError::Unsound(text) => Self::new(Problem::ActUnsound).detail(text),
            LifeError::Blocked(checks) => {
                let words: Vec<String> = checks.iter().map(|check| format!("{} {}", check.code, check.words)).collect();
                Self::new(Problem::FormBlocked).detail(words.join("；")).checks(checks)
            }
            LifeError::Push(error) => error.into(),
            LifeError::Database(error) => error.into(),
        }
    }
}
