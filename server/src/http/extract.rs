//! Who asks, read from the access token and the database at every request, so that a revoked phone, a changed scope or a disabled account
//! counts at once.

use super::problem::ApiError;
use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::identify_caller::{IdentifyError, identify_caller};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::sync::Arc;
use sync_protocol::problem::Problem;

/// The asker of an authenticated request.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Caller);

impl FromRequestParts<Arc<App>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Problem::Unauthenticated)?;
        Ok(Self(identify_caller(app, token).await?))
    }
}

impl From<IdentifyError> for ApiError {
    fn from(error: IdentifyError) -> Self {
        match error {
            IdentifyError::Token => Self::new(Problem::Unauthenticated),
            IdentifyError::Session => Self::new(Problem::SessionRevoked),
            IdentifyError::Device => Self::new(Problem::DeviceRevoked),
            IdentifyError::Database(error) => error.into(),
        }
    }
}
