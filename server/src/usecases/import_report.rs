//! What the three imports have in common: how a file is refused, and how far an import has come. A file is taken whole or not at all, so a
//! refusal names everything that must be mended. What a newcomer gets wrong: a refusal is not a fault of the server, and its sentences
//! are read by the person who made the file, so they are Chinese and name row and column.

use crate::auth::permissions::{Action, decide};
use crate::usecases::caller::Caller;
use crate::usecases::push_operations::PushError;
use crate::usecases::upload_access::UploadError;
use paicha_db::DbError;
use paicha_imports::{ImportOutcome, RowError};
use serde::Serialize;
use utoipa::ToSchema;

/// Rows that are listed in one refusal.
pub const FAULTS_MAX: usize = paicha_imports::MAX_ROW_ERRORS;

/// Called with how much is done, and of how much.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// For imports that nobody watches.
pub fn unwatched(_done: u64, _whole: u64) {}

/// A row that must be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowFault {
    /// Row of the sheet, or feature of the map, from 1; 0 for the file as a whole.
    pub row: u32,
    /// Heading of the column; empty when the row as a whole is meant.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong and what to do, Chinese.
    pub message: String,
}

impl RowFault {
    /// A fault of a whole row.
    pub fn of_row(row: u32, message: impl Into<String>) -> Self {
        Self { row, column: String::new(), value: String::new(), message: message.into() }
    }

    /// The fault as one line: 第3行“电话”（12345）：….
    pub fn sentence(&self) -> String {
        let mut place = if self.row == 0 { String::new() } else { format!("第{}行", self.row) };
        if !self.column.is_empty() {
            place.push_str(&format!("“{}”", self.column));
        }
        if !self.value.is_empty() {
            place.push_str(&format!("（{}）", self.value));
        }
        if place.is_empty() { self.message.clone() } else { format!("{place}：{}", self.message) }
    }
}

impl From<RowError> for RowFault {
    fn from(error: RowError) -> Self {
        Self { row: error.row_number, column: error.column, value: error.value, message: error.message_zh }
    }
}

/// Why nothing of a file was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong with the file, Chinese.
    pub message: String,
    /// Its faulty rows, at most [`FAULTS_MAX`].
    pub faults: Vec<RowFault>,
    /// Faults beyond those.
    pub more: usize,
}

impl Rejection {
    /// The file as a whole cannot be used.
    pub fn of_file(message: impl Into<String>) -> Self {
        Self { message: message.into(), faults: Vec::new(), more: 0 }
    }

    /// These rows must be mended first.
    pub fn of_rows(mut faults: Vec<RowFault>, more: usize) -> Self {
        let more = more + faults.len().saturating_sub(FAULTS_MAX);
        faults.truncate(FAULTS_MAX);
        let message = format!("文件有{}处错误，一行也没有导入；请按提示改正后重新导入", faults.len() + more);
        Self { message, faults, more }
    }
}

/// Why an import did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    /// The file must be mended; nothing was stored.
    #[error("{}", .0.message)]
    Rejected(Rejection),
    /// The asker may not import this anywhere.
    #[error("the asker may not import this")]
    Forbidden,
    /// The database cannot be used now; nothing was stored.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// Storing stopped half way; the same file again goes on where it stopped.
    #[error("storing the rows failed")]
    Push(#[from] PushError),
    /// Storing a photo stopped; the same file again goes on where it stopped.
    #[error("storing a photo failed")]
    Photo(#[from] UploadError),
    /// The file cannot be read here, or there is no room to keep it meanwhile.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    /// The task that reads the file died.
    #[error("the task that reads the file ended early")]
    Interrupted,
}

impl From<Rejection> for ImportFailure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Refuses an asker whom no grant lets import this, before their file is looked at.
///
/// # Errors
/// [`ImportFailure::Forbidden`].
pub fn check_asker(caller: &Caller, action: Action) -> Result<(), ImportFailure> {
    use crate::auth::permissions::Decision;
    let denied = !caller.server && decide(&caller.grants, action, None) == Decision::DeniedRole;
    if denied { Err(ImportFailure::Forbidden) } else { Ok(()) }
}

/// What was read beside the rows, so that nobody believes it was imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PassedOver {
    /// Rows that are no data: totals, blanks, notes, the template's example.
    pub rows: Vec<u32>,
    /// Headings from which nothing was read.
    pub columns: Vec<String>,
    /// Sheets that were not read.
    pub sheets: Vec<String>,
}

impl PassedOver {
    pub(super) fn of<T>(outcome: &ImportOutcome<T>, other_sheets: Vec<String>) -> Self {
        Self {
            rows: outcome.skipped.iter().map(|skipped| skipped.row_number).collect(),
            columns: outcome.unknown_columns.clone(),
            sheets: other_sheets,
        }
    }
}

/// The rows of a table without faults.
pub(super) fn good_rows<T>(outcome: ImportOutcome<T>) -> Result<Vec<T>, Rejection> {
    let more = outcome.more_errors;
    outcome.into_rows().map_err(|errors| Rejection::of_rows(errors.into_iter().map(RowFault::from).collect(), more))
}
