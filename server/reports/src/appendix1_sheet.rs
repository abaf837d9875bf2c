//! One sheet of 附件1: the labels, widths, heights and print settings of the notice's form. The labels are the notice's
//! own, character for character; people lay the sheet beside the original. What a newcomer gets wrong: heights must be
//! set here, since no program grows a row by itself when it prints, and a row ends at 409 points, so a longer text goes
//! on in a row marked 续.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Image, Worksheet};

use crate::appendix1::{Appendix1, Appendix1Row, CellPicture};
use crate::error::ReportError;
use crate::pictures::{self, PictureCell};
use crate::properties::FormProperties;
use crate::text::{printable, printable_line, without_markup};
use crate::wrap;

pub(crate) const MARK: &str = "附件1：";
const TITLE_ENDING: &str = "重大事故隐患排查表";
pub(crate) const LABELS: [&str; 8] = [
    "序号",
    "排查单位",
    "排查时间",
    "排查图片",
    "排查地点",
    "有无重大隐患及隐患描述",
    "重大隐患处置情况及建议",
    "备注",
];
pub(crate) const NOTE: &str = "注：本表5月份开始上报，每月30日前上报本月隐患排查情况。";

/// The widths fill A4 landscape between two margins of 20 mm.
pub(crate) const COLUMN_WIDTHS_MM: [f64; 8] = [12.0, 28.0, 25.0, 62.0, 38.0, 45.0, 32.0, 15.0];
const NUMBER_COLUMN: usize = 0;
const DATE_COLUMN: usize = 2;
pub(crate) const PICTURE_COLUMN: usize = 3;
const LAST_COLUMN: u16 = 7;

const MARK_ROW: u32 = 0;
const TITLE_ROW: u32 = 1;
const LABEL_ROW: u32 = 2;
const FIRST_DATA_ROW: u32 = 3;
pub(crate) const DATA_ROWS_MIN: u32 = 4;

const MARK_HEIGHT_PT: f64 = 22.0;
const TITLE_LINE_HEIGHT_PT: f64 = 36.0;
const LABEL_HEIGHT_PT: f64 = 40.0;
const NOTE_HEIGHT_PT: f64 = 20.0;
/// Rows with pictures, and the blank rows of an empty form, which people fill in and glue photos on.
pub(crate) const PHOTO_ROW_HEIGHT_MM: f64 = 32.0;
/// Rows with text only.
pub(crate) const TEXT_ROW_HEIGHT_MM: f64 = 15.0;

const BODY_SIZE_PT: f64 = 11.0;
const TITLE_SIZE_PT: f64 = 22.0;
/// Enough for 仿宋 at 11 pt; with the slack of [`text_height_pt`] also for fallback fonts, which stand higher.
const LINE_HEIGHT_PT: f64 = 15.0;
const CELL_PADDING_PT: f64 = 8.0;
/// So many lines and the slack stay below 409 pt, and the title rows still fit above them on the first page.
const ROW_LINES_MAX: usize = 23;
/// Rows that one inspection may fill before its text is cut.
const INSPECTION_ROWS_MAX: usize = 30;

const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// The printed title of the form, in one line.
pub(crate) fn title(form: &Appendix1) -> String {
    format!("{}{TITLE_ENDING}", printable_line(&form.office_name))
}

/// Lays out one form on an empty sheet.
pub(crate) fn write_sheet(sheet: &mut Worksheet, form: &Appendix1) -> Result<(), ReportError> {
    set_page(sheet, &form.properties)?;
    let formats = Formats::new();
    write_head(sheet, form, &formats)?;
    let mut row = FIRST_DATA_ROW;
    for inspection in &form.rows {
        row = write_inspection(sheet, row, inspection, &formats)?;
    }
    while row < FIRST_DATA_ROW + DATA_ROWS_MIN {
        for column in 0..=LAST_COLUMN {
            sheet.write_blank(row, column, formats.cell(usize::from(column), ""))?;
        }
        sheet.set_row_height(row, PHOTO_ROW_HEIGHT_MM * POINTS_PER_MM)?;
        row += 1;
    }
    sheet.merge_range(row, 0, row, LAST_COLUMN, NOTE, &formats.note)?;
    sheet.set_row_height(row, NOTE_HEIGHT_PT)?;
    Ok(())
}

fn set_page(sheet: &mut Worksheet, properties: &FormProperties) -> Result<(), ReportError> {
    const A4: u8 = 9;
    const INCH_MM: f64 = 25.4;
    let (side, top, bottom, footer) = (20.0 / INCH_MM, 15.0 / INCH_MM, 17.0 / INCH_MM, 8.0 / INCH_MM);
    for (column, width_mm) in (0_u16..).zip(COLUMN_WIDTHS_MM) {
        sheet.set_column_width_pixels(column, pictures::pixels(width_mm))?;
    }
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_margins(side, side, top, bottom, footer, footer)
        .set_print_fit_to_pages(1, 0)
        .set_print_center_horizontally(true)
        .set_footer(properties.sheet_foot())
        .set_repeat_rows(LABEL_ROW, LABEL_ROW)?;
    Ok(())
}

fn write_head(sheet: &mut Worksheet, form: &Appendix1, formats: &Formats) -> Result<(), ReportError> {
    sheet.merge_range(MARK_ROW, 0, MARK_ROW, LAST_COLUMN, MARK, &formats.mark)?;
    sheet.set_row_height(MARK_ROW, MARK_HEIGHT_PT)?;
    let title = title(form);
    let title_em = COLUMN_WIDTHS_MM.iter().sum::<f64>() * POINTS_PER_MM / TITLE_SIZE_PT - 1.0;
    let (title, lines) =
        wrap::pieces(&title, title_em, 3, 1).into_iter().next().unwrap_or_else(|| (TITLE_ENDING.to_owned(), 1));
    sheet.merge_range(TITLE_ROW, 0, TITLE_ROW, LAST_COLUMN, &title, &formats.title)?;
    sheet.set_row_height(TITLE_ROW, TITLE_LINE_HEIGHT_PT * lines_pt(lines))?;
    for (column, label) in (0_u16..).zip(LABELS) {
        sheet.write_string_with_format(LABEL_ROW, column, label, &formats.label)?;
    }
    sheet.set_row_height(LABEL_ROW, LABEL_HEIGHT_PT)?;
    Ok(())
}

/// Writes one inspection from `first_row` on and returns the row after it.
fn write_inspection(
    sheet: &mut Worksheet,
    first_row: u32,
    inspection: &Appendix1Row,
    formats: &Formats,
) -> Result<u32, ReportError> {
    let pictures: Vec<(&CellPicture, Image)> = inspection
        .pictures
        .iter()
        .filter_map(|picture| pictures::readable(picture).map(|image| (picture, image)))
        .collect();
    let texts = cell_texts(inspection, inspection.pictures.len() - pictures.len());
    let columns: Vec<Vec<(String, usize)>> = texts
        .iter()
        .zip(COLUMN_WIDTHS_MM)
        .map(|(text, width_mm)| wrap::pieces(text, text_em(width_mm), ROW_LINES_MAX, INSPECTION_ROWS_MAX))
        .collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut row = first_row;
    for part in 0..rows {
        let on_row: Vec<Option<&(String, usize)>> = columns.iter().map(|pieces| pieces.get(part)).collect();
        let pictures_on_row = if part == 0 { pictures.as_slice() } else { &[] };
        let number =
            if part == 0 { RowNumber::Own(inspection.number) } else { RowNumber::Continued(inspection.number) };
        write_row(sheet, row, &number, &on_row, pictures_on_row, formats)?;
        row += 1;
    }
    Ok(row)
}

/// What column A shows.
enum RowNumber {
    Own(Option<u32>),
    Continued(Option<u32>),
}

fn write_row(
    sheet: &mut Worksheet,
    row: u32,
    number: &RowNumber,
    texts: &[Option<&(String, usize)>],
    pictures: &[(&CellPicture, Image)],
    formats: &Formats,
) -> Result<(), ReportError> {
    let formats_of = |column: usize, text: &str| {
        let under = column == PICTURE_COLUMN && !pictures.is_empty();
        if under { &formats.under_pictures } else { formats.cell(column, text) }
    };
    for (column, text) in (0_u16..).zip(texts) {
        let is_date = usize::from(column) == DATE_COLUMN && text.is_some_and(|(text, _)| is_short_line(text));
        let format =
            if is_date { &formats.date } else { formats_of(usize::from(column), text.map_or("", |(text, _)| text)) };
        match text {
            Some((text, _)) => sheet.write_string_with_format(row, column, without_markup(text), format)?,
            None => sheet.write_blank(row, column, format)?,
        };
    }
    let number_format = formats.cell(NUMBER_COLUMN, "");
    match number {
        RowNumber::Own(Some(number)) => sheet.write_number_with_format(row, 0, *number, number_format)?,
        RowNumber::Continued(Some(number)) => {
            sheet.write_string_with_format(row, 0, format!("{number}续"), number_format)?
        }
        RowNumber::Continued(None) => sheet.write_string_with_format(row, 0, "续", number_format)?,
        RowNumber::Own(None) => sheet.write_blank(row, 0, number_format)?,
    };

    let text_pt = texts.iter().flatten().map(|(_, lines)| text_height_pt(*lines)).fold(0.0, f64::max);
    let note_pt = texts[PICTURE_COLUMN].map_or(0.0, |(_, lines)| text_height_pt(*lines));
    let picture_pt = PHOTO_ROW_HEIGHT_MM * POINTS_PER_MM;
    let wanted_pt = if pictures.is_empty() { TEXT_ROW_HEIGHT_MM * POINTS_PER_MM } else { picture_pt + note_pt };
    let height_pt = wanted_pt.max(text_pt);
    sheet.set_row_height(row, height_pt)?;
    if !pictures.is_empty() {
        let cell = PictureCell {
            row,
            column: 3,
            width_mm: COLUMN_WIDTHS_MM[PICTURE_COLUMN],
            height_mm: (height_pt - note_pt) / POINTS_PER_MM,
        };
        pictures::place(sheet, cell, pictures)?;
    }
    Ok(())
}

/// A date that shrinks into one line rather than leaving 日 alone on a second one.
fn is_short_line(text: &str) -> bool {
    const DATE_CHARACTERS_MAX: usize = 12;
    !text.contains('\n') && text.chars().count() <= DATE_CHARACTERS_MAX
}

/// The texts of the eight columns; the number is written apart.
pub(crate) fn cell_texts(inspection: &Appendix1Row, unreadable_pictures: usize) -> [String; 8] {
    let mut note = printable(&inspection.picture_note);
    if unreadable_pictures > 0 {
        let separator = if note.is_empty() { "" } else { "，" };
        note.push_str(&format!("{separator}{unreadable_pictures}张图片无法显示"));
    }
    [
        String::new(),
        printable(&inspection.inspecting_unit),
        printable(&inspection.inspected_at),
        note,
        printable(&inspection.place),
        printable(&inspection.finding),
        printable(&inspection.handling),
        printable(&inspection.remark),
    ]
}

/// Characters of the body size that surely fit a line of the column.
fn text_em(width_mm: f64) -> f64 {
    (width_mm * POINTS_PER_MM - CELL_PADDING_PT) / BODY_SIZE_PT
}

/// Height for so many estimated lines; one in eight is added, because programs move punctuation to the next line.
fn text_height_pt(lines: usize) -> f64 {
    lines_pt(lines + lines / 8) * LINE_HEIGHT_PT + CELL_PADDING_PT
}

/// A count of lines as a factor; a row never holds more than a few dozen.
fn lines_pt(lines: usize) -> f64 {
    f64::from(u16::try_from(lines).unwrap_or(u16::MAX))
}

/// The formats of a sheet. Fonts are named, never embedded; a machine without them takes its own.
struct Formats {
    mark: Format,
    title: Format,
    label: Format,
    centred: Format,
    date: Format,
    left: Format,
    under_pictures: Format,
    note: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = Format::new().set_text_wrap().set_align(FormatAlign::VerticalCenter);
        let body = plain.clone().set_font_name("仿宋_GB2312").set_font_size(BODY_SIZE_PT);
        let boxed = body.clone().set_border(FormatBorder::Thin);
        let centred = boxed.clone().set_align(FormatAlign::Center);
        Self {
            mark: plain.clone().set_font_name("黑体").set_font_size(16).set_align(FormatAlign::Left),
            title: plain
                .clone()
                .set_font_name("方正小标宋简体")
                .set_font_size(TITLE_SIZE_PT)
                .set_align(FormatAlign::Center),
            label: plain
                .set_font_name("黑体")
                .set_font_size(12)
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_border(FormatBorder::Thin),
            under_pictures: centred.clone().set_align(FormatAlign::Bottom),
            date: centred.clone().unset_text_wrap().set_shrink(),
            left: boxed.set_align(FormatAlign::Left),
            centred,
            note: body.set_align(FormatAlign::Left),
        }
    }

    fn cell(&self, column: usize, text: &str) -> &Format {
        if is_sentence(column, text) { &self.left } else { &self.centred }
    }
}

/// Columns F and G are sentences and stand left; a single sign in them and the other columns are centred.
pub(crate) fn is_sentence(column: usize, text: &str) -> bool {
    matches!(column, 5 | 6) && text.chars().nth(1).is_some()
}
