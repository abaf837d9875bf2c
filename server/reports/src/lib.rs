//! The printed forms of Paicha: plain report data in, file bytes out. No I/O, no clock, no record is read here; the
//! same input gives the same bytes. The words of a row are decided in `sync_protocol::appendix`, this crate only lays
//! them out. What a newcomer gets wrong: everything a person typed goes through [`text`] first, since a spreadsheet
//! knows formulas, control characters and length limits that a description must never meet.

mod appendix1;
mod appendix1_sheet;
mod error;
mod pictures;
mod sheet_names;
pub mod text;
mod wrap;

pub use appendix1::{
    APPENDIX1_PICTURE_BYTES_MAX, APPENDIX1_ROWS_MAX, APPENDIX1_SHEETS_MAX, Appendix1, Appendix1Row, CellPicture,
    FormProperties, appendix1_content_sha256, appendix1_workbook_xlsx, appendix1_xlsx,
};
pub use error::ReportError;
