//! What a check of a table came to. What a newcomer gets wrong: `rows` is private on purpose; half an import is worse than
//! none, because nobody can tell later which half.

use crate::MAX_ROW_ERRORS;

/// A cell, or a whole row, that must be mended in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Row number in the sheet, from 1.
    pub row_number: u32,
    /// Heading of the column in the file; empty when the row as a whole is meant.
    pub column: String,
    /// What stood there, shortened.
    pub value: String,
    /// What is wrong and what to do, in Chinese.
    pub message_zh: String,
}

/// Why a row was passed over without being an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// 合计, 小计 and the like.
    Total,
    /// Nothing in it.
    Blank,
    /// The example of our own template.
    Example,
    /// 注：…, 填表人：… below the table.
    Footnote,
}

/// A row that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkippedRow {
    /// Row number in the sheet, from 1.
    pub row_number: u32,
    /// Why.
    pub reason: SkipReason,
}

/// The result of checking every row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOutcome<T> {
    rows: Vec<T>,
    /// At most [`MAX_ROW_ERRORS`], in the order of the sheet.
    pub errors: Vec<RowError>,
    /// Errors beyond the listed ones.
    pub more_errors: usize,
    /// Rows passed over.
    pub skipped: Vec<SkippedRow>,
    /// Headings that nothing was read from, so that nobody believes they were imported.
    pub unknown_columns: Vec<String>,
}

impl<T> ImportOutcome<T> {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), errors: Vec::new(), more_errors: 0, skipped: Vec::new(), unknown_columns: Vec::new() }
    }

    /// Rows without error so far, for the preview.
    #[must_use]
    pub fn good_rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether the file can be imported.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty() && self.more_errors == 0
    }

    /// Hands out all rows, in the order of the sheet.
    ///
    /// # Errors
    /// The listed errors, when any row has one.
    pub fn into_rows(self) -> Result<Vec<T>, Vec<RowError>> {
        if self.is_clean() { Ok(self.rows) } else { Err(self.errors) }
    }

    pub(crate) fn push(&mut self, row: T) {
        self.rows.push(row);
    }

    pub(crate) fn fail(&mut self, row_number: u32, column: &str, value: &str, message_zh: impl Into<String>) {
        const VALUE_CHARACTERS_MAX: usize = 60;
        if self.errors.len() == MAX_ROW_ERRORS {
            self.more_errors += 1;
            return;
        }
        let mut shown: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        self.errors.push(RowError {
            row_number,
            column: column.to_owned(),
            value: shown,
            message_zh: message_zh.into(),
        });
    }
}
