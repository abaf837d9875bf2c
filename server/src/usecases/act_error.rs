//! Why something that a person did at the console was not taken in. What a newcomer gets wrong: what makes no sense is told in words for that
//! person; everything else is a problem of reading or storing.

use crate::usecases::push_operations::PushError;
use crate::usecases::reading::ReadError;
use paicha_db::DbError;

/// Why an act was not taken in; nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// It may not be read, or is not there.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Something about the act makes no sense; the text is for the person.
    #[error("{0}")]
    Unsound(String),
    /// It could not be stored.
    #[error(transparent)]
    Push(#[from] PushError),
}

impl From<DbError> for ActError {
    fn from(error: DbError) -> Self {
        Self::Read(error.into())
    }
}
