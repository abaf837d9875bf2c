//! The interface describes itself.

use crate::app::App;
use axum::Json;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Made once; the routes do not change while the process runs.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(crate::http::openapi()).unwrap_or(Value::Null));

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "health", responses((status = 200, body = Object)))]
async fn openapi() -> Json<&'static Value> {
    Json(&DOCUMENT)
}
