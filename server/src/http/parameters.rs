//! What stands in the address of a request: ids in the path, conditions in the query. Both refuse in the words of the catalogue, where the
//! framework's own refusals are English plain text. What a newcomer gets wrong: an id that is none is not found, not malformed,
//! so that nobody learns which ids could exist.

use super::problem::ApiError;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use sync_protocol::problem::Problem;
use uuid::Uuid;

/// The query, read into `T`.
#[derive(Debug, Clone)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            // No text of ours has it, and PostgreSQL takes none that does.
            return Err(bad_parameter("参数中有不能使用的字符"));
        }
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(wanted)| Self(wanted)).map_err(|error| bad_parameter(error.body_text()))
    }
}

/// The id that is the only variable part of the path.
#[derive(Debug, Clone, Copy)]
pub struct IdInPath(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for IdInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<Uuid>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Problem::NotFound.into())
    }
}

/// A parameter that is missing or out of range.
pub fn bad_parameter(detail: impl Into<String>) -> ApiError {
    ApiError::new(Problem::BadParameter).detail(detail)
}
