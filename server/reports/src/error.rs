//! Why a form cannot be written. Hostile or long text is never among the reasons: it is made printable instead. The
//! messages are for the person who pressed the export button, and say what to do; the detail of the last variant is
//! for the log.

use thiserror::Error;

/// The form was not written; nothing was changed anywhere.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A sheet has more rows than [`crate::APPENDIX1_ROWS_MAX`].
    #[error("“{area_name}”本月有{rows}行，超过一张表的上限{limit}行，未导出；请按村（社区）分别导出")]
    TooManyRows {
        /// The sheet's area.
        area_name: String,
        /// Rows asked for.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// More sheets than [`crate::APPENDIX1_SHEETS_MAX`].
    #[error("共{sheets}张表，超过上限{limit}张，未导出；请分批导出")]
    TooManySheets {
        /// Sheets asked for.
        sheets: usize,
        /// The limit.
        limit: usize,
    },
    /// A row came with more pictures than its cell holds: dropping one silently would be a lie by omission.
    #[error("第{row}行有{pictures}张图片，最多放2张，未导出；请由系统管理员检查")]
    TooManyPictures {
        /// Counted from 1.
        row: usize,
        /// Pictures given.
        pictures: usize,
    },
    /// All pictures together exceed [`crate::APPENDIX1_PICTURE_BYTES_MAX`].
    #[error("图片合计{bytes}字节，超过上限{limit}字节，未导出；请按村（社区）分别导出")]
    PicturesTooLarge {
        /// Bytes of all pictures, each counted once per sheet it is on.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The spreadsheet writer refused; a defect of this crate.
    #[error("表格文件未能生成，数据未受影响；请联系系统管理员")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A part of a Word file could not be packed; a defect of this crate.
    #[error("文档文件未能生成，数据未受影响；请联系系统管理员")]
    Package(#[from] zip::result::ZipError),
    /// The writer given by the caller refused, such as a full disk or a closed connection.
    #[error("文件写到一半时中断，数据未受影响；请重新导出")]
    Write(#[from] std::io::Error),
}
