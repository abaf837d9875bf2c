//! Problems on the wire (RFC 9457). Use cases know nothing of status codes: an exhaustive match here turns each of their reasons into an
//! entry of the closed catalogue. A 5xx body carries only the request id; the cause is logged once, with the same id.

use crate::usecases::StorageError;
use crate::usecases::form_life::Check;
use crate::usecases::import_report::RowFault;
use crate::usecases::pull_changes::PullError;
use crate::usecases::push_operations::PushError;
use crate::usecases::upload_access::UploadError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sync_protocol::problem::Problem;
use utoipa::ToSchema;

/// A request that cannot be served.
#[derive(Debug)]
pub struct ApiError {
    problem: Problem,
    detail: Option<String>,
    faults: Vec<RowFault>,
    checks: Vec<Check>,
    retry_after_s: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The body of an error answer, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, what was kept, what to do; Chinese.
    pub title: String,
    /// The same in short, English.
    pub title_en: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code of the catalogue.
    pub code: String,
    /// More about this case, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What must be mended, for an import file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RowFault>,
    /// What stands against handing in or locking a form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

impl ApiError {
    /// The plain problem.
    pub fn new(problem: Problem) -> Self {
        Self { problem, detail: None, faults: Vec::new(), checks: Vec::new(), retry_after_s: None, cause: None }
    }

    /// With more about this case.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With the rows of an import file that must be mended.
    #[must_use]
    pub fn faults(mut self, faults: Vec<RowFault>) -> Self {
        self.faults = faults;
        self
    }

    /// With what stands against handing in or locking a form.
    #[must_use]
    pub fn checks(mut self, checks: Vec<Check>) -> Self {
        self.checks = checks;
        self
    }

    /// With the time after which trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A fault of ours; the cause goes to the log, not to the asker.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(Problem::Internal) }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}

/// Seconds to wait when the database is busy.
const BUSY_RETRY_AFTER_S: u64 = 5;
/// Seconds after which a phone asks again whether the clock of the server was set.
const CLOCK_RETRY_AFTER_S: u64 = 300;

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Busy
            | StorageError::Serialization
            | StorageError::PoolTimeout
            | StorageError::Closed
            | StorageError::Unavailable(_)
            | StorageError::Full(_) => {
                tracing::warn!(%error, "the database cannot serve this request now");
                Self::new(Problem::Unavailable).retry_after(BUSY_RETRY_AFTER_S)
            }
            StorageError::NotFound => Self::new(Problem::NotFound),
            StorageError::UniqueViolation => Self::new(Problem::AlreadyExists),
            StorageError::ForeignKey
            | StorageError::CheckViolation
            | StorageError::ReadOnly
            | StorageError::Corrupt { .. }
            | StorageError::TxFailed
            | StorageError::InvalidValue { .. }
            | StorageError::Decode { .. }
            | StorageError::Configuration { .. }
            | StorageError::Migration(_)
            | StorageError::Other(_) => Self::internal(error),
        }
    }
}

impl From<PushError> for ApiError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::TooManyOps => Self::new(Problem::TooLarge),
            PushError::WrongDevice => Self::new(Problem::Forbidden),
            PushError::ClockWrong => Self::new(Problem::Unavailable).retry_after(CLOCK_RETRY_AFTER_S).detail(
                "服务器的时间和手机相差一天以上，也和以前收到的内容对不上，暂不接收，以免记错月份。手机上的内容都在；请管理员核对服务器时间，手机时间也请核对。",
            ),
            PushError::IncarnationTaken => Self::new(Problem::IncarnationRollback),
            PushError::Database(error) => error.into(),
            PushError::Interrupted => Self::internal(error),
        }
    }
}

/// Seconds to wait when the photo store fails.
const STORE_RETRY_AFTER_S: u64 = 10;

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NotFound => Self::new(Problem::NotFound),
            UploadError::Gone => Self::new(Problem::UploadGone),
            UploadError::TooLarge => Self::new(Problem::TooLarge),
            UploadError::WrongOffset => Self::new(Problem::UploadOffset),
            UploadError::Superseded => Self::new(Problem::UploadSuperseded),
            UploadError::WrongChecksum => Self::new(Problem::ChecksumMismatch),
            UploadError::WrongHash => Self::new(Problem::ChecksumMismatch)
                .detail("整张照片与登记的摘要不符，已从头开始；收到的内容已另行保存。请核对手机上的原图后重传。"),
            UploadError::Cut => Self::new(Problem::MalformedRequest),
            UploadError::Store(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "the photo store failed");
                Self::new(Problem::Unavailable).retry_after(STORE_RETRY_AFTER_S)
            }
            UploadError::Database(error) => error.into(),
            UploadError::Push(error) => error.into(),
            UploadError::Interrupted => Self::internal(error),
        }
    }
}

impl From<PullError> for ApiError {
    fn from(error: PullError) -> Self {
        match error {
            PullError::Upgrade => Self::new(Problem::UpgradeRequired),
            PullError::WrongDevice => Self::new(Problem::Forbidden),
            PullError::BadCursor => Self::new(Problem::BadCursor),
            PullError::Database(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(error = %cause, source = ?cause.source(), "a request failed");
        }
        let status = StatusCode::from_u16(self.problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            kind: format!("/problems/{}", self.problem.code()),
            title: self.problem.title_zh().to_owned(),
            title_en: self.problem.title_en().to_owned(),
            status: status.as_u16(),
            code: self.problem.code().to_owned(),
            detail: if status.is_server_error() { None } else { self.detail },
            errors: self.faults,
            checks: self.checks,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
