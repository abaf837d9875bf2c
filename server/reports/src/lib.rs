//! The printed forms of Paicha: plain report data in, file bytes out. No I/O, no clock, no record is read here; the
//! same input gives the same bytes. The words of a row are decided in `sync_protocol::appendix`, this crate only lays
//! them out. What a newcomer gets wrong: everything a person typed goes through [`text`] first, since a spreadsheet
//! knows formulas, control characters and length limits that a description must never meet.

mod appendix1;
mod appendix1_docx;
mod appendix1_sheet;
mod appendix2;
mod appendix2_docx;
mod appendix2_sheet;
mod correction;
mod dossier;
mod error;
mod ledger;
mod ledger_csv;
mod ledger_geojson;
mod pictures;
mod properties;
mod sheet_names;
pub mod text;
mod wml;
mod wrap;

pub use appendix1::{
    APPENDIX1_PICTURE_BYTES_MAX, APPENDIX1_ROWS_MAX, APPENDIX1_SHEETS_MAX, Appendix1, Appendix1Row, CellPicture,
    appendix1_content_sha256, appendix1_workbook_xlsx, appendix1_xlsx,
};
pub use appendix1_docx::appendix1_docx;
pub use appendix2::{
    Appendix2, Appendix2Values, NameMode, appendix2_content_sha256, appendix2_label, appendix2_workbook_xlsx,
    appendix2_xlsx,
};
pub use appendix2_docx::appendix2_docx;
pub use correction::{CORRECTION_ROWS_MAX, Correction, CorrectionRow, correction_docx};
pub use dossier::{DOSSIER_PHOTOS_MAX, Dossier, DossierEvent, DossierPhoto, DossierSection, dossier_docx};
pub use error::ReportError;
pub use ledger::{LEDGER_LABELS, LEDGER_ROWS_MAX, LedgerKind, LedgerRow, ledger_xlsx};
pub use ledger_csv::ledger_csv;
pub use ledger_geojson::{Position, ledger_geojson};
pub use properties::FormProperties;
