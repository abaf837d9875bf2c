//! 更正说明, the table that goes with a corrected form: which printed cell changed, from what to what, why, and on which
//! records. It compares nothing itself. What a newcomer gets wrong: an old cell that was blank is “未填”, never `0`.

use sha2::{Digest, Sha256};

use crate::error::ReportError;
use crate::properties::{FormProperties, add_text};
use crate::text::{printable, printable_line};
use crate::wml::{self, About, Document, Face, Merge, Page, Side};

/// Most rows of one table.
pub const CORRECTION_ROWS_MAX: usize = 5_000;

const TITLE: &str = "更正说明";
const NOT_FILLED: &str = "未填";
const LABELS: [&str; 6] = ["序号", "项目", "更正前", "更正后", "更正原因", "相关记录编号"];
const WIDTHS_MM: [f64; 6] = [11.0, 42.0, 16.5, 16.5, 30.0, 50.0];
const PAGE: Page = Page { landscape: false, side_mm: 22.0, end_mm: 20.0 };
const ROW_HEIGHT_MM: f64 = 10.0;

/// The differences between two revisions of one form.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Office that corrects.
    pub office_name: String,
    /// Which form of which area and month, in words; printed under the title.
    pub report_label: String,
    /// The changed cells.
    pub rows: Vec<CorrectionRow>,
    /// Properties of the new revision.
    pub properties: FormProperties,
}

/// One changed cell.
#[derive(Debug, Clone, Default)]
pub struct CorrectionRow {
    /// Label of the cell as the form prints it.
    pub label: String,
    /// Text of the former revision; `None` was blank.
    pub old: Option<String>,
    /// Text of this revision; `None` is blank.
    pub new: Option<String>,
    /// The reason given with the request.
    pub reason: String,
    /// Numbers of the records concerned.
    pub record_numbers: Vec<String>,
}

impl CorrectionRow {
    fn texts(&self) -> [String; 5] {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| NOT_FILLED.to_owned(), printable);
        let records: Vec<String> = self.record_numbers.iter().map(|number| printable_line(number)).collect();
        [printable(&self.label), value(&self.old), value(&self.new), printable(&self.reason), records.join("、")]
    }
}

/// Writes the table as a DOCX file.
///
/// # Errors
/// [`ReportError::TooManyRows`], or [`ReportError::Package`] when packing fails, which is a defect.
pub fn correction_docx(correction: &Correction) -> Result<Vec<u8>, ReportError> {
    let (rows, limit) = (correction.rows.len(), CORRECTION_ROWS_MAX);
    if rows > limit {
        let area_name = printable_line(&correction.report_label);
        return Err(ReportError::TooManyRows { area_name, rows, limit });
    }
    let mut digest = Sha256::new();
    add_text(&mut digest, &correction.report_label);
    let head: String =
        LABELS.iter().zip(WIDTHS_MM).map(|(label, width_mm)| cell(label, width_mm, Face::LABEL)).collect();
    let mut table = wml::row(ROW_HEIGHT_MM, true, &head);
    for (index, row) in correction.rows.iter().enumerate() {
        let mut cells = cell(&(index + 1).to_string(), WIDTHS_MM[0], Face::BODY);
        for (text, width_mm) in row.texts().iter().zip(&WIDTHS_MM[1..]) {
            add_text(&mut digest, text);
            cells.push_str(&cell(text, *width_mm, Face::BODY));
        }
        table.push_str(&wml::row(ROW_HEIGHT_MM, false, &cells));
    }
    let mut document = Document::default();
    document.body.push_str(&wml::paragraph(&wml::run(TITLE, Face::TITLE), Side::Centre));
    document.body.push_str(&wml::paragraph(&wml::run(&correction.report_label, Face::BODY_12), Side::Left));
    document.body.push_str(&wml::table(&WIDTHS_MM, &table));
    document.body.push_str(&wml::paragraph("", Side::Left));
    let about = About {
        title: TITLE,
        author: &correction.office_name,
        properties: &correction.properties,
        content_sha256: &hex::encode(digest.finalize()),
    };
    document.finish(PAGE, &about)
}

fn cell(text: &str, width_mm: f64, face: Face) -> String {
    wml::cell(width_mm, Merge::None, &wml::paragraph(&wml::run(text, face), Side::Centre))
}
