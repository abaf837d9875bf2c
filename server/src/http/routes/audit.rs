//! The audit log.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::conditions::{PageBody, day_or_instant, page_query};
use crate::http::extract::Authenticated;
use crate::http::parameters::{Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::list_audit::{AuditItem, AuditQuery, list_audit};
use crate::usecases::write_audit::Deed;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditParameters {
    /// Of this person only.
    actor: Option<Uuid>,
    /// Of this kind only: `sign_in`, `sign_in_failed`, `sign_out`, `session_closed`, `user_created`, `user_disabled`, `user_enabled`,
    /// `password_set`, `grant_given`, `grant_revoked`, `handed_over`, `device_enrolled`, `device_revoked`, `hazard_act`, `inspection_act`, `task_act`,
    /// `form_act`, `admitted`, `import` or `export`.
    kind: Option<String>,
    /// Then or later: a day in Shanghai, `2023-06-01`, or an instant, `2023-06-01T08:00:00+08:00`.
    from: Option<String>,
    /// Before then; as `from`.
    before: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// Who did what to accounts, grants, phones and sessions, what they did at the console and what files they took away, newest first. What phones
/// hand in is told by each record itself.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", security(("access_token" = [])), params(AuditParameters),
    responses((status = 200, body = PageBody<AuditItem>), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
async fn list(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<AuditParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = page_query(wanted.after, wanted.limit)?;
    if wanted.kind.as_deref().is_some_and(|kind| Deed::find_by_code(kind).is_none()) {
        return Err(bad_parameter("没有这种操作"));
    }
    let query = AuditQuery {
        actor: wanted.actor,
        kind: wanted.kind,
        from: wanted.from.as_deref().map(day_or_instant).transpose()?,
        before: wanted.before.as_deref().map(day_or_instant).transpose()?,
    };
    Ok(json_response(&headers, &PageBody::from(list_audit(&app, &caller, &query, &page).await?)))
}
