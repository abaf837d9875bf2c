//! Problems of the imports: a refused file names its rows; everything else is a problem as elsewhere.

use super::problem::ApiError;
use crate::usecases::import_report::ImportFailure;
use sync_protocol::problem::Problem;

impl From<ImportFailure> for ApiError {
    fn from(failure: ImportFailure) -> Self {
        match failure {
            ImportFailure::Rejected(rejection) => {
                Self::new(Problem::ImportRejected).detail(rejection.message).faults(rejection.faults)
            }
            ImportFailure::Forbidden => Self::new(Problem::Forbidden),
            ImportFailure::Database(error) => error.into(),
            ImportFailure::Push(error) => error.into(),
            ImportFailure::Photo(error) => error.into(),
            ImportFailure::Io(_) | ImportFailure::Interrupted => Self::internal(failure),
        }
    }
}
