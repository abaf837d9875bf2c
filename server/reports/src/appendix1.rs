//! 附件1, the monthly list of inspections, as a workbook: its data and the calls that write it. How a sheet looks is in
//! `appendix1_sheet`. What a newcomer gets wrong: the sheet of the whole subdistrict is given as its own rows, never
//! added up from the villages, because a visit may concern two villages.

use std::sync::Arc;

use rust_xlsxwriter::{Format, Workbook};
use sha2::{Digest, Sha256};

use crate::appendix1_sheet::write_sheet;
use crate::error::ReportError;
use crate::properties::{FormProperties, add_text};
use crate::sheet_names::SheetNames;
use crate::text::printable_line;

/// Most rows of one sheet; a busy subdistrict has some hundred a month.
pub const APPENDIX1_ROWS_MAX: usize = 5_000;
/// Most villages in one workbook, the summary not counted.
pub const APPENDIX1_SHEETS_MAX: usize = 250;
/// Most bytes of pictures in one workbook, so that one export cannot fill the memory.
pub const APPENDIX1_PICTURE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Pictures that fit one cell.
const ROW_PICTURES_MAX: usize = 2;
/// Name of the first sheet of a workbook with several villages.
pub(crate) const SUMMARY_SHEET: &str = "街道汇总";

/// Default height and width of cells under 宋体 12: the width tells the writer that a digit is 8 pixels wide,
/// which is exact at this size, so that programs agree about the widths in millimetres.
pub(crate) const DEFAULT_ROW_PIXELS: u32 = 19;
pub(crate) const DEFAULT_COLUMN_PIXELS: u32 = 72;

/// One form 附件1: an area, a month, its inspections in printing order.
#[derive(Debug, Clone)]
pub struct Appendix1 {
    /// Name that opens the title, such as 葛城街道办事处.
    pub office_name: String,
    /// Village or subdistrict; names the sheet.
    pub area_name: String,
    /// The month in words, such as 2023年6月. Not printed (the notice's form has no place for it), but in the title property.
    pub month_label: String,
    /// The inspections. None gives the empty form with four blank rows.
    pub rows: Vec<Appendix1Row>,
    /// What goes into the document properties.
    pub properties: FormProperties,
}

/// One printed row: one inspection. All texts are printed as text, whatever they look like.
#[derive(Debug, Clone, Default)]
pub struct Appendix1Row {
    /// 序号; `None` leaves the cell blank.
    pub number: Option<u32>,
    /// 排查单位.
    pub inspecting_unit: String,
    /// 排查时间 in words, such as 2023年6月12日.
    pub inspected_at: String,
    /// At most two.
    pub pictures: Vec<CellPicture>,
    /// Printed under the pictures: 无图, 等5张, 待传照片2张, or empty.
    pub picture_note: String,
    /// 排查地点.
    pub place: String,
    /// 有无重大隐患及隐患描述.
    pub finding: String,
    /// 重大隐患处置情况及建议.
    pub handling: String,
    /// 备注.
    pub remark: String,
}

/// A thumbnail, upright, as it goes into the file.
#[derive(Debug, Clone)]
pub struct CellPicture {
    /// JPEG bytes, about 320 px on the long edge. Bytes that are no JPEG print as a note, never as an error.
    pub jpeg: Arc<[u8]>,
    /// Width of exactly these bytes.
    pub width_px: u32,
    /// Height of exactly these bytes.
    pub height_px: u32,
}

/// Writes one form as an XLSX file of one sheet named by the area.
///
/// # Errors
/// [`ReportError`] when a limit is exceeded; text is never a reason.
pub fn appendix1_xlsx(form: &Appendix1) -> Result<Vec<u8>, ReportError> {
    write_workbook(form, &[(form.area_name.as_str(), form)])
}

/// Writes the workbook of a subdistrict: 街道汇总 first, then one sheet per village in the order given. The document
/// properties are those of the summary.
///
/// # Errors
/// As [`appendix1_xlsx`].
pub fn appendix1_workbook_xlsx(summary: &Appendix1, villages: &[Appendix1]) -> Result<Vec<u8>, ReportError> {
    let mut sheets = vec![(SUMMARY_SHEET, summary)];
    sheets.extend(villages.iter().map(|village| (village.area_name.as_str(), village)));
    write_workbook(summary, &sheets)
}

/// SHA-256 in lower-case hex over everything a form prints, pictures included, and nothing else: two files with the same
/// value say the same, whoever exported them and when. A file cannot hold its own hash, so this is what is recorded.
#[must_use]
pub fn appendix1_content_sha256(form: &Appendix1) -> String {
    hex::encode(content_digest(&[form]))
}

fn content_digest(forms: &[&Appendix1]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for form in forms {
        add_text(&mut digest, &form.office_name);
        add_text(&mut digest, &form.area_name);
        add_text(&mut digest, &form.month_label);
        digest.update((form.rows.len() as u64).to_be_bytes());
        for row in &form.rows {
            digest.update(row.number.map_or(0, |number| u64::from(number) + 1).to_be_bytes());
            let texts = [
                &row.inspecting_unit,
                &row.inspected_at,
                &row.picture_note,
                &row.place,
                &row.finding,
                &row.handling,
                &row.remark,
            ];
            texts.into_iter().for_each(|text| add_text(&mut digest, text));
            digest.update((row.pictures.len() as u64).to_be_bytes());
            row.pictures.iter().for_each(|picture| digest.update(Sha256::digest(&picture.jpeg)));
        }
    }
    digest.finalize().into()
}

fn write_workbook(main: &Appendix1, sheets: &[(&str, &Appendix1)]) -> Result<Vec<u8>, ReportError> {
    check_limits(sheets)?;
    let mut workbook = Workbook::new();
    // Programs measure column widths in digits of the default font. 宋体 is on every machine that reads this form, and
    // its stand-ins have digits of the same half width; the writer's own default, Calibri, has neither.
    let default_format = Format::new().set_font_name("宋体").set_font_size(12);
    workbook.set_default_format(&default_format, DEFAULT_ROW_PIXELS, DEFAULT_COLUMN_PIXELS)?;
    let forms: Vec<&Appendix1> = sheets.iter().map(|(_, form)| *form).collect();
    let sha256 = hex::encode(content_digest(&forms));
    workbook.set_properties(&main.properties.for_workbook(&document_title(main), &main.office_name, &sha256)?);
    let mut names = SheetNames::default();
    for (name, form) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(names.next(name))?;
        write_sheet(sheet, form)?;
    }
    Ok(workbook.save_to_buffer()?)
}

pub(crate) fn check_limits(sheets: &[(&str, &Appendix1)]) -> Result<(), ReportError> {
    if sheets.len() > APPENDIX1_SHEETS_MAX + 1 {
        return Err(ReportError::TooManySheets { sheets: sheets.len() - 1, limit: APPENDIX1_SHEETS_MAX });
    }
    let mut picture_bytes: usize = 0;
    for (_, form) in sheets {
        if form.rows.len() > APPENDIX1_ROWS_MAX {
            return Err(ReportError::TooManyRows {
                area_name: printable_line(&form.area_name),
                rows: form.rows.len(),
                limit: APPENDIX1_ROWS_MAX,
            });
        }
        for (index, row) in form.rows.iter().enumerate() {
            if row.pictures.len() > ROW_PICTURES_MAX {
                return Err(ReportError::TooManyPictures { row: index + 1, pictures: row.pictures.len() });
            }
            picture_bytes += row.pictures.iter().map(|picture| picture.jpeg.len()).sum::<usize>();
        }
    }
    if picture_bytes > APPENDIX1_PICTURE_BYTES_MAX {
        return Err(ReportError::PicturesTooLarge { bytes: picture_bytes, limit: APPENDIX1_PICTURE_BYTES_MAX });
    }
    Ok(())
}

/// The title among the document properties: the printed one and the month, which the form has no place for.
pub(crate) fn document_title(form: &Appendix1) -> String {
    format!("{}（{}）", crate::appendix1_sheet::title(form), printable_line(&form.month_label))
}
