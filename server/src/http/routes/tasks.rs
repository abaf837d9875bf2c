//! What people are asked to do: a visit, or to think of something that is due.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::conditions::{PageBody, page_query};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::parameters::{IdInPath, Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::assign_task::{Assignment, assign_task};
use crate::usecases::change_task::{TaskChange, change_task};
use crate::usecases::list_assignees::{Assignee, list_assignees};
use crate::usecases::list_tasks::{TaskItem, TaskQuery, list_tasks};
use crate::usecases::send_reminder::{ReminderToSend, send_reminder};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(tasks, assign))
        .routes(routes!(change))
        .routes(routes!(assignees))
        .routes(routes!(remind))
}

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TaskParameters {
    /// Area code of a village or subdistrict.
    village: Option<String>,
    /// Asked of this person.
    assignee: Option<Uuid>,
    /// `open` (overdue ones too), `overdue`, `done`, `cancelled`; all when absent.
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// Whom to ask, in which village.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AssigneeParameters {
    /// Area code of a village.
    village: String,
}

/// Everybody who inspects in a village.
#[derive(Debug, Serialize, ToSchema)]
struct AssigneesBody {
    items: Vec<Assignee>,
}

/// A visit that somebody is asked to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignBody {
    /// Made by the asker; the same one again does nothing twice.
    request: Uuid,
    /// Area code of the village.
    village: String,
    /// `patrol`, `special`, `spot`, `open`, `supervise`, `leader` or `guide`.
    visit_kind: String,
    /// A registered place of the village.
    #[serde(default)]
    place: Option<Uuid>,
    /// Another place, by its name; neither for the whole village.
    #[serde(default)]
    free_place: Option<String>,
    /// Who; nobody for everybody who inspects there.
    #[serde(default)]
    assignee: Option<Uuid>,
    /// Day, `2023-06-30`.
    due: String,
    /// 工作要求.
    #[serde(default)]
    note: Option<String>,
}

/// A change of one task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    /// Made by the asker; the same one again does nothing twice.
    request: Uuid,
    /// What becomes of it.
    change: TaskChange,
}

/// One of the things that are due.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemindBody {
    /// `form`, `deadline`, `dual_report`, `judge`.
    kind: String,
    /// Area code of the village.
    area: String,
    /// The hazard, where it is about one.
    #[serde(default)]
    record: Option<Uuid>,
    /// `appendix1` or `appendix2`, where it is about a form.
    #[serde(default)]
    form_kind: Option<String>,
    /// The form's month.
    #[serde(default)]
    month: Option<String>,
    /// Who; absent: whoever answers for the hazard, or the village's head for a form.
    #[serde(default)]
    assignee: Option<Uuid>,
}

/// What was asked of people: to be done, the first due first; done or taken back, the last due first.
#[utoipa::path(get, path = "/v1/tasks", tag = "tasks", security(("access_token" = [])), params(TaskParameters),
    responses((status = 200, body = PageBody<TaskItem>), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn tasks(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<TaskParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let TaskParameters { village, assignee, state, after, limit } = wanted;
    if state.as_deref().is_some_and(|state| !["open", "overdue", "done", "cancelled"].contains(&state)) {
        return Err(bad_parameter("state 应为 open、overdue、done 或 cancelled"));
    }
    let page = page_query(after, limit)?;
    let found = list_tasks(&app, &caller, &TaskQuery { village, assignee, state }, &page).await?;
    Ok(json_response(&headers, &PageBody::from(found)))
}

/// Asks somebody to make a visit. It reaches their phone with the next pull, and the visit that names it is its end.
#[utoipa::path(post, path = "/v1/tasks", tag = "tasks", security(("access_token" = [])), request_body = AssignBody,
    responses((status = 200, body = TaskItem), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn assign(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<AssignBody>,
) -> Result<Response, ApiError> {
    let AssignBody { request, village, visit_kind, place, free_place, assignee, due, note } = asked;
    let wanted = Assignment { request, village, visit_kind, place, free_place, assignee, due, note };
    Ok(json_response(&headers, &assign_task(&app, &caller, &wanted).await?))
}

/// Takes a task back, or asks somebody else.
#[utoipa::path(post, path = "/v1/tasks/{id}/changes", tag = "tasks", security(("access_token" = [])), params(("id" = Uuid, Path)), request_body = ChangeBody,
    responses((status = 200, body = TaskItem), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn change(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(id): IdInPath,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<ChangeBody>,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &change_task(&app, &caller, id, asked.request, &asked.change).await?))
}

/// Everybody who inspects in a village now, in order of name: whom one can ask.
#[utoipa::path(get, path = "/v1/assignees", tag = "tasks", security(("access_token" = [])), params(AssigneeParameters),
    responses((status = 200, body = AssigneesBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn assignees(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<AssigneeParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(json_response(&headers, &AssigneesBody { items: list_assignees(&app, &caller, &wanted.village).await? }))
}

/// Sends one of the things that are due to somebody's phone; the same thing once a day.
#[utoipa::path(post, path = "/v1/reminders", tag = "tasks", security(("access_token" = [])), request_body = RemindBody,
    responses((status = 200, body = TaskItem), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
async fn remind(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<RemindBody>,
) -> Result<Response, ApiError> {
    let RemindBody { kind, area, record, form_kind, month, assignee } = asked;
    let wanted = ReminderToSend { kind, area, record, form_kind, month, assignee };
    Ok(json_response(&headers, &send_reminder(&app, &caller, &wanted).await?))
}
