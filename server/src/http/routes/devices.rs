//! Enrolled phones. A phone is enrolled by signing in on it; there is no other way.

use crate::app::App;
use crate::http::extract::Authenticated;
use crate::http::page::{PageParameters, instant, next_instant};
use crate::http::parameters::{IdInPath, Parameters};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::manage_devices::{DEVICES_PER_PAGE_MAX, ListedDevice, list_devices, revoke_device};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(revoke))
}

/// A page of phones, enrolled last first.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DevicePage {
    items: Vec<DeviceBody>,
    /// For `after` of the next page; null on the last one.
    next: Option<String>,
}

/// One phone.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DeviceBody {
    id: Uuid,
    /// The person it was enrolled to.
    user: Uuid,
    /// Name of that person.
    person: String,
    /// Operations that the phone said it still had, after its last push.
    pending: i64,
    /// When it pushed or asked last; null when it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    heard_at: Option<Micros>,
    label: String,
    model: String,
    #[schema(value_type = String, format = DateTime)]
    enrolled_at: Option<Micros>,
    /// Last sign-in or refresh.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Option<Micros>,
    /// Null while it may be used.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Micros>,
}

impl From<ListedDevice> for DeviceBody {
    fn from(device: ListedDevice) -> Self {
        Self {
            id: device.id.0,
            user: device.user.0,
            person: device.person,
            pending: device.pending,
            heard_at: device.heard_at_us.and_then(instant),
            label: device.label,
            model: device.model,
            enrolled_at: instant(device.enrolled_at_us),
            seen_at: instant(device.seen_at_us),
            revoked_at: device.revoked_at_us.and_then(instant),
        }
    }
}

/// The own phones; those of the people of the villages for the office; everybody's for an administrator.
#[utoipa::path(get, path = "/v1/devices", tag = "devices", security(("access_token" = [])), params(PageParameters),
    responses((status = 200, body = DevicePage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody)))]
async fn list(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(page): Parameters<PageParameters>,
) -> Result<Json<DevicePage>, ApiError> {
    let limit = page.limit(DEVICES_PER_PAGE_MAX)?;
    let devices = list_devices(&app, &caller, page.after_instant()?, limit).await?;
    let last = devices.last().map(|device| (device.enrolled_at_us, device.id.0));
    let next = next_instant(last, devices.len(), limit);
    Ok(Json(DevicePage { items: devices.into_iter().map(Into::into).collect(), next }))
}

/// Takes a phone out of use: its sessions end, it reads nothing more, and its pushes are refused until it is enrolled again.
#[utoipa::path(delete, path = "/v1/devices/{id}", tag = "devices", security(("access_token" = [])), params(("id" = Uuid, Path)),
    responses((status = 204, description = "the phone is out of use"), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn revoke(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(device): IdInPath,
) -> Result<StatusCode, ApiError> {
    revoke_device(&app, &caller, device.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
