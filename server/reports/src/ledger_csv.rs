//! The ledger as CSV, row by row into a writer: UTF-8 with a byte order mark, RFC 4180, every cell quoted. It is for
//! other systems and for people who open it in a spreadsheet. What a newcomer gets wrong: quoting does not stop a
//! spreadsheet from running `=...` as a formula, so such cells get a leading apostrophe.

use std::io::Write;

use crate::error::ReportError;
use crate::ledger::{LEDGER_LABELS, LedgerRow};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes all rows and returns their number.
///
/// # Errors
/// [`ReportError::Write`] as soon as the writer refuses.
pub fn ledger_csv<W: Write>(rows: impl IntoIterator<Item = LedgerRow>, output: &mut W) -> Result<usize, ReportError> {
    output.write_all(BYTE_ORDER_MARK.as_bytes())?;
    write_line(output, LEDGER_LABELS.iter().map(|label| (*label).to_owned()))?;
    let mut count = 0;
    for row in rows {
        write_line(output, (0..LEDGER_LABELS.len()).map(|column| row.text(column)))?;
        count += 1;
    }
    Ok(count)
}

fn write_line<W: Write>(output: &mut W, cells: impl Iterator<Item = String>) -> Result<(), ReportError> {
    for (index, text) in cells.enumerate() {
        if index > 0 {
            output.write_all(b",")?;
        }
        let mark = if is_formula(&text) { "'" } else { "" };
        write!(output, "\"{mark}{}\"", text.replace('"', "\"\""))?;
    }
    output.write_all(b"\r\n")?;
    Ok(())
}

/// Whether a spreadsheet might run the cell. Full-width signs count too: some programs fold them.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
