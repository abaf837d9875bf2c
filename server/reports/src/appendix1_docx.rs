//! 附件1 as a Word file: a lying page, one real table, pictures as inline drawings. Long texts need no continued rows
//! here, since Word grows a row by itself. What a newcomer gets wrong: a row keeps together (`cantSplit`), and Word
//! itself breaks one that is longer than a page.

use crate::appendix1::{Appendix1, Appendix1Row, appendix1_content_sha256, check_limits, document_title};
use crate::appendix1_sheet::{
    COLUMN_WIDTHS_MM, DATA_ROWS_MIN, LABELS, MARK, NOTE, PHOTO_ROW_HEIGHT_MM, PICTURE_COLUMN, TEXT_ROW_HEIGHT_MM,
    cell_texts, is_sentence, title,
};
use crate::error::ReportError;
use crate::pictures;
use crate::wml::{self, About, Document, Face, Merge, Page, Side};

const PAGE: Page = Page { landscape: true, side_mm: 20.0, end_mm: 15.0 };
const LABEL_HEIGHT_MM: f64 = 14.0;

/// Writes one form as a DOCX file.
///
/// # Errors
/// [`ReportError`] when a limit is exceeded; text is never a reason.
pub fn appendix1_docx(form: &Appendix1) -> Result<Vec<u8>, ReportError> {
    check_limits(&[(form.area_name.as_str(), form)])?;
    let mut document = Document::default();
    document.body.push_str(&wml::paragraph(&wml::run(MARK, Face::MARK), Side::Left));
    document.body.push_str(&wml::paragraph(&wml::run(&title(form), Face::TITLE), Side::Centre));
    let labels: String = LABELS
        .iter()
        .zip(COLUMN_WIDTHS_MM)
        .map(|(label, width_mm)| {
            wml::cell(width_mm, Merge::None, &wml::paragraph(&wml::run(label, Face::LABEL), Side::Centre))
        })
        .collect();
    let mut rows = wml::row(LABEL_HEIGHT_MM, true, &labels);
    for inspection in &form.rows {
        rows.push_str(&inspection_row(&mut document, inspection));
    }
    for _ in form.rows.len()..DATA_ROWS_MIN as usize {
        let blank: String = COLUMN_WIDTHS_MM
            .iter()
            .map(|width_mm| wml::cell(*width_mm, Merge::None, &wml::paragraph("", Side::Centre)))
            .collect();
        rows.push_str(&wml::row(PHOTO_ROW_HEIGHT_MM, false, &blank));
    }
    document.body.push_str(&wml::table(&COLUMN_WIDTHS_MM, &rows));
    document.body.push_str(&wml::paragraph(&wml::run(NOTE, Face::BODY), Side::Left));
    let about = About {
        title: &document_title(form),
        author: &form.office_name,
        properties: &form.properties,
        content_sha256: &appendix1_content_sha256(form),
    };
    document.finish(PAGE, &about)
}

fn inspection_row(document: &mut Document, inspection: &Appendix1Row) -> String {
    let shown: Vec<_> = inspection.pictures.iter().filter(|picture| pictures::is_jpeg(picture)).collect();
    let mut texts = cell_texts(inspection, inspection.pictures.len() - shown.len());
    texts[0] = inspection.number.map_or_else(String::new, |number| number.to_string());
    let mut cells = String::new();
    for (column, (text, width_mm)) in texts.iter().zip(COLUMN_WIDTHS_MM).enumerate() {
        let side = if is_sentence(column, text) { Side::Left } else { Side::Centre };
        let mut paragraphs = String::new();
        if column == PICTURE_COLUMN && !shown.is_empty() {
            let mut runs = String::new();
            for picture in &shown {
                let (width_mm, height_mm) = pictures::fitted(picture);
                runs.push_str(&document.picture(picture.jpeg.clone(), width_mm, height_mm, LABELS[PICTURE_COLUMN]));
            }
            paragraphs.push_str(&wml::paragraph(&runs, Side::Centre));
        }
        if !text.is_empty() {
            paragraphs.push_str(&wml::paragraph(&wml::run(text, Face::BODY), side));
        } else if paragraphs.is_empty() {
            paragraphs.push_str(&wml::paragraph("", side));
        }
        cells.push_str(&wml::cell(width_mm, Merge::None, &paragraphs));
    }
    let height_mm = if shown.is_empty() { TEXT_ROW_HEIGHT_MM } else { PHOTO_ROW_HEIGHT_MM };
    wml::row(height_mm, false, &cells)
}
