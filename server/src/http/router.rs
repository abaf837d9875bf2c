//! All routes in one place. The router and the OpenAPI document are built from the same list, so neither can miss the other.

use super::problem::ApiError;
use super::routes;
use crate::app::App;
use axum::Router;
use axum::http::{HeaderName, Request};
use std::sync::Arc;
use sync_protocol::problem::Problem;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(title = "Paicha 排查", description = "Field inspections from offline phones into a hazard ledger.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    modifiers(&BearerToken)
)]
struct Document;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
        document.components.get_or_insert_default().add_security_scheme("access_token", scheme);
    }
}

fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes::acts::routes())
        .merge(routes::audit::routes())
        .merge(routes::auth::routes())
        .merge(routes::base_map::routes())
        .merge(routes::catalogue::routes())
        .merge(routes::devices::routes())
        .merge(routes::findings::routes())
        .merge(routes::form_life::routes())
        .merge(routes::forms::routes())
        .merge(routes::handovers::routes())
        .merge(routes::health::routes())
        .merge(routes::imports::routes())
        .merge(routes::ledger::routes())
        .merge(routes::numbers::routes())
        .merge(routes::openapi::routes())
        .merge(routes::operations::routes())
        .merge(routes::photos::routes())
        .merge(routes::places::routes())
        .merge(routes::rescue::routes())
        .merge(routes::reviews::routes())
        .merge(routes::sync::routes())
        .merge(routes::tasks::routes())
        .merge(routes::uploads::routes())
        .merge(routes::users::routes())
}

/// The OpenAPI document of all routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids of requests come from the application's source, so tests can fix them.
#[derive(Clone)]
struct MakeId(Arc<App>);

impl MakeRequestId for MakeId {
    fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
        self.0.ids.new_id().to_string().parse().ok().map(RequestId::new)
    }
}

/// The whole application as a service.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .fallback(super::web::serve_web)
        .method_not_allowed_fallback(|| async { ApiError::new(Problem::MethodNotAllowed) })
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            axum::response::IntoResponse::into_response(ApiError::internal("a handler panicked"))
        }))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<axum::body::Body>| {
            let id = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
        }))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeId(app.clone())))
        .with_state(app)
}
