//! Import files of Paicha: spreadsheet bytes in, rows or row-level errors in Chinese out. No I/O; nothing is stored or
//! matched against the ledger here. What a newcomer gets wrong: an import is all or nothing, so the rows of an
//! [`ImportOutcome`] can only be taken out when no row has an error.

mod archive;
mod cells;
mod columns;
mod csv_table;
pub mod dates;
mod enterprises;
mod outcome;
mod people;
mod row_check;
mod table;
mod templates;
mod villages;
mod xlsx_table;

pub use archive::{ArchiveEntry, ArchiveError, ArchiveLimits, EntryReader, read_archive};
pub use cells::Cell;
pub use enterprises::{CoordinateSystem, EnterpriseRow, Point, enterprises};
pub use outcome::{ImportOutcome, RowError, SkipReason, SkippedRow};
pub use people::{PersonRow, people};
pub use table::{ImportError, Table, TableRow, parse_table};
pub use templates::{enterprises_template_csv, people_template_csv};
pub use villages::{KnownVillage, KnownVillages};

/// Most bytes of an import file.
pub const MAX_IMPORT_BYTES: usize = 10 * 1024 * 1024;
/// Last row number that may hold anything, headings included.
pub const MAX_IMPORT_ROWS: u32 = 10_000;
/// Most columns that may hold anything.
pub const MAX_IMPORT_COLUMNS: u32 = 64;
/// Longest text of one cell in characters.
pub const MAX_CELL_CHARACTERS: usize = 2_000;
/// Most bytes of text of a whole table, after unpacking.
pub const MAX_TABLE_TEXT_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes an XLSX file may unpack to, all parts together.
pub const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// Most row errors that are listed; the rest is counted.
pub const MAX_ROW_ERRORS: usize = 500;
