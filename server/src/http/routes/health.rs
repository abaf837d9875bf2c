//! Is the process there, and can it work?

use crate::app::App;
use crate::http::problem::ApiError;
use crate::usecases::check_readiness::check_readiness;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// The process runs.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "running")))]
async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: the database answers.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, description = "ready"), (status = 503, description = "not ready")))]
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    check_readiness(&app).await?;
    Ok("ready")
}
