//! 附件2 as a Word file, with the words of `appendix2` and the looks of its sheet. What a newcomer gets wrong: the group
//! labels are vertical merges, so every row has seven cells and the continued ones are empty, never left out.

use crate::appendix2::{
    Appendix2, CHECKS, CHECKS_LABEL, COLUMN_WIDTHS_MM, MARK, NOTES, OVERALL, OVERALL_LABEL, appendix2_content_sha256,
    blank_header,
};
use crate::error::ReportError;
use crate::wml::{self, About, Document, Face, Merge, Page, Side};

const PAGE: Page = Page { landscape: false, side_mm: 22.0, end_mm: 20.0 };
/// The size of the labels in the sheet, 10.5 points.
const LABEL: Face = Face { half_points: 21, ..Face::BODY };
const OVERALL_HEIGHT_MM: f64 = 12.0;
const CHECKS_HEIGHT_MM: f64 = 15.5;

/// Writes one form as a DOCX file.
///
/// # Errors
/// [`ReportError::Package`] when packing fails, which is a defect.
pub fn appendix2_docx(form: &Appendix2) -> Result<Vec<u8>, ReportError> {
    let mut document = Document::default();
    let body = &mut document.body;
    body.push_str(&wml::paragraph(&wml::run(MARK, Face::MARK), Side::Left));
    body.push_str(&wml::paragraph(&wml::run(&form.title(), Face::TITLE), Side::Centre));
    let left = match form.header_name() {
        None => wml::run(&blank_header(), Face::BODY_12),
        Some(name) => {
            let mut runs = wml::run(&name.underlined, Face { underlined: true, ..Face::BODY_12 });
            if !name.suffix.is_empty() {
                runs.push_str(&wml::run(name.suffix, Face::BODY_12));
            }
            runs
        }
    };
    let width_mm = COLUMN_WIDTHS_MM.iter().sum();
    body.push_str(&wml::split_paragraph(&left, &wml::run(&form.date_line(), Face::BODY_12), width_mm));
    let mut rows = group(OVERALL_LABEL, &OVERALL, &form.values.overall, OVERALL_HEIGHT_MM);
    rows.push_str(&group(CHECKS_LABEL, &CHECKS, &form.values.checks, CHECKS_HEIGHT_MM));
    body.push_str(&wml::table(&COLUMN_WIDTHS_MM, &rows));
    for note in NOTES {
        body.push_str(&wml::paragraph(&wml::run(note, Face::BODY), Side::Left));
    }
    let about = About {
        title: &form.title(),
        author: &form.office_name,
        properties: &form.properties,
        content_sha256: &appendix2_content_sha256(form),
    };
    document.finish(PAGE, &about)
}

fn group(label: &str, labels: &[&str], values: &[Option<u32>], height_mm: f64) -> String {
    let [group_mm, number_mm, left_mm, value_mm, _, right_mm, _] = COLUMN_WIDTHS_MM;
    let mut rows = String::new();
    let mut number: u32 = 1;
    for (labels, values) in labels.chunks(2).zip(values.chunks(2)) {
        let mut cells = if number == 1 {
            wml::cell(group_mm, Merge::Restart, &wml::paragraph(&wml::run(label, Face::BODY_12), Side::Centre))
        } else {
            wml::cell(group_mm, Merge::Continue, &wml::paragraph("", Side::Centre))
        };
        for (label_mm, (label, value)) in [left_mm, right_mm].into_iter().zip(labels.iter().zip(values)) {
            let digits = wml::paragraph(&wml::run(&number.to_string(), Face::BODY_12), Side::Centre);
            cells.push_str(&wml::cell(number_mm, Merge::None, &digits));
            let label = wml::paragraph(&wml::run(label, LABEL), Side::Left);
            cells.push_str(&wml::cell(label_mm, Merge::None, &label));
            let value = value.map_or_else(String::new, |value| wml::run(&value.to_string(), Face::BODY_12));
            cells.push_str(&wml::cell(value_mm, Merge::None, &wml::paragraph(&value, Side::Centre)));
            number += 1;
        }
        rows.push_str(&wml::row(height_mm, false, &cells));
    }
    rows
}
