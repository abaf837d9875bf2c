//! Reads the bytes of an import file into a table of cells with the row numbers of the sheet. It knows the file formats
//! and the limits, not the meaning of any column. What a newcomer gets wrong: the kind of file is taken from its bytes,
//! since people rename files freely.

use thiserror::Error;

use crate::cells::Cell;
use crate::{MAX_CELL_CHARACTERS, MAX_IMPORT_BYTES, MAX_IMPORT_COLUMNS, MAX_IMPORT_ROWS, MAX_TABLE_TEXT_BYTES};
use crate::{csv_table, xlsx_table};

/// The filled rows of the first sheet that has any.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// File name, for messages.
    pub file_name: String,
    /// The sheet read; `None` for CSV.
    pub sheet_name: Option<String>,
    /// Visible sheets that were not read, so that the preview can say so.
    pub other_sheets: Vec<String>,
    /// Rows with at least one filled cell, ascending.
    pub rows: Vec<TableRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// As the spreadsheet program shows it, from 1.
    pub number: u32,
    /// From the first column on; trailing blanks may be left out.
    pub cells: Vec<Cell>,
}

impl TableRow {
    /// The cell of a column counted from 0; blank where the row is shorter.
    #[must_use]
    pub fn cell(&self, column: usize) -> Cell {
        self.cells.get(column).cloned().unwrap_or_else(Cell::blank)
    }
}

/// Why a file cannot be read as a table. Nothing was imported; the messages are for the person who chose the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// More than [`MAX_IMPORT_BYTES`].
    #[error("文件有{bytes}字节，超过上限{limit}字节，未导入；请删去图片或拆成几个文件", limit = MAX_IMPORT_BYTES)]
    TooLarge {
        /// Size of the file.
        bytes: usize,
    },
    /// No bytes, or no filled cell.
    #[error("文件是空的，未导入；请检查是否选错文件")]
    Empty,
    /// The old binary format of Excel.
    #[error("这是旧版Excel文件（.xls），未导入；请在表格软件中另存为“.xlsx”后再导入")]
    OldExcel,
    /// Protected by a password, or not a spreadsheet.
    #[error("文件无法作为表格打开，未导入；请确认是未加密的.xlsx或.csv文件")]
    NotATable,
    /// Neither UTF-8 nor GB18030.
    #[error("文字编码无法识别，未导入；请在表格软件中另存为“.xlsx”后再导入")]
    UnknownEncoding,
    /// Unpacks to more than is allowed, or says so.
    #[error("文件解压后过大，未导入；请删去图片和多余工作表后再导入")]
    UnpacksTooLarge,
    /// A filled row beyond [`MAX_IMPORT_ROWS`].
    #[error("表格超过{limit}行，未导入；请拆成几个文件", limit = MAX_IMPORT_ROWS)]
    TooManyRows,
    /// A filled column beyond [`MAX_IMPORT_COLUMNS`].
    #[error("表格超过{limit}列，未导入；请删去多余的列", limit = MAX_IMPORT_COLUMNS)]
    TooManyColumns,
    /// A cell longer than [`MAX_CELL_CHARACTERS`].
    #[error("第{row}行有一个单元格超过{limit}字，未导入；请缩短后再导入", limit = MAX_CELL_CHARACTERS)]
    CellTooLong {
        /// Row number in the sheet.
        row: u32,
    },
    /// All texts together exceed [`MAX_TABLE_TEXT_BYTES`].
    #[error("表格文字过多，未导入；请拆成几个文件")]
    TooMuchText,
}

/// Reads CSV (UTF-8, UTF-16 or GBK, with or without byte order mark) or XLSX.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be read or exceeds a limit.
pub fn parse_table(bytes: &[u8], file_name: &str) -> Result<Table, ImportError> {
    const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
    const OLE_MAGIC: &[u8] = b"\xd0\xcf\x11\xe0";
    if bytes.len() > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLarge { bytes: bytes.len() });
    }
    let mut table = if bytes.starts_with(ZIP_MAGIC) {
        xlsx_table::read(bytes)?
    } else if bytes.starts_with(OLE_MAGIC) {
        return Err(ImportError::OldExcel);
    } else {
        csv_table::read(bytes)?
    };
    if table.rows.is_empty() {
        return Err(ImportError::Empty);
    }
    table.file_name = file_name.to_owned();
    Ok(table)
}

/// Gathers cells in any order under the limits. Blank cells take no room, so a sheet whose last row is formatted but
/// empty is not too long.
#[derive(Debug, Default)]
pub(crate) struct TableBuilder {
    rows: std::collections::BTreeMap<u32, Vec<Cell>>,
    text_bytes: usize,
}

impl TableBuilder {
    /// Puts a cell at a row number from 1 and a column from 0.
    pub(crate) fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), ImportError> {
        if cell.is_blank() {
            return Ok(());
        }
        if row > MAX_IMPORT_ROWS {
            return Err(ImportError::TooManyRows);
        }
        if column >= MAX_IMPORT_COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        if let Cell::Text(text) | Cell::Fault(text) = &cell {
            if text.chars().count() > MAX_CELL_CHARACTERS {
                return Err(ImportError::CellTooLong { row });
            }
            self.text_bytes += text.len();
        }
        if self.text_bytes > MAX_TABLE_TEXT_BYTES {
            return Err(ImportError::TooMuchText);
        }
        let cells = self.rows.entry(row).or_default();
        let index = usize::try_from(column).map_err(|_| ImportError::TooManyColumns)?;
        if cells.len() <= index {
            cells.resize(index + 1, Cell::blank());
        }
        cells[index] = cell;
        Ok(())
    }

    /// The cell at a row number from 1 and a column from 0.
    pub(crate) fn get(&self, row: u32, column: u32) -> Option<&Cell> {
        self.rows.get(&row)?.get(usize::try_from(column).ok()?)
    }

    /// Whether the row has anything in it.
    pub(crate) fn has_row(&self, row: u32) -> bool {
        self.rows.contains_key(&row)
    }

    /// The last row with anything in it.
    pub(crate) fn last_row(&self) -> u32 {
        self.rows.last_key_value().map_or(0, |(row, _)| *row)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn finish(self, sheet_name: Option<String>, other_sheets: Vec<String>) -> Table {
        let rows = self.rows.into_iter().map(|(number, cells)| TableRow { number, cells }).collect();
        Table { file_name: String::new(), sheet_name, other_sheets, rows }
    }
}
