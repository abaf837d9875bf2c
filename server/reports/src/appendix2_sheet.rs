//! One sheet of 附件2: merges, widths, heights, borders and print settings of the notice's form. The words are in
//! `appendix2`. What a newcomer gets wrong: a merged range needs its border on every cell, and a row never grows by
//! itself when printed, so all heights are set.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, FormatUnderline, Worksheet};

use crate::appendix2::{
    self, Appendix2, CHECKS, CHECKS_LABEL, COLUMN_WIDTHS_MM, MARK, NOTES, OVERALL, OVERALL_LABEL, blank_header,
};
use crate::error::ReportError;
use crate::pictures::pixels;
use crate::properties::FormProperties;
use crate::text::without_markup;
use crate::wrap;

const LAST_COLUMN: u16 = 6;
const OVERALL_FIRST_ROW: u32 = 3;
const CHECKS_FIRST_ROW: u32 = 6;
const NOTES_ROW: u32 = 10;

const MARK_HEIGHT_PT: f64 = 22.0;
const TITLE_LINE_HEIGHT_PT: f64 = 30.0;
const HEADER_HEIGHT_PT: f64 = 24.0;
const OVERALL_HEIGHT_PT: f64 = 34.0;
const CHECKS_HEIGHT_PT: f64 = 44.0;
const NOTES_HEIGHT_PT: f64 = 125.0;
const TITLE_SIZE_PT: f64 = 22.0;
/// At this size the longest label, of three lines, fits its row.
const LABEL_SIZE_PT: f64 = 10.5;
const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Lays out one form on an empty sheet.
pub(crate) fn write_sheet(sheet: &mut Worksheet, form: &Appendix2) -> Result<(), ReportError> {
    set_page(sheet, &form.properties)?;
    let formats = Formats::new();
    write_head(sheet, form, &formats)?;
    let values = &form.values;
    write_group(sheet, OVERALL_FIRST_ROW, OVERALL_LABEL, &OVERALL, &values.overall, OVERALL_HEIGHT_PT, &formats)?;
    write_group(sheet, CHECKS_FIRST_ROW, CHECKS_LABEL, &CHECKS, &values.checks, CHECKS_HEIGHT_PT, &formats)?;
    sheet.merge_range(NOTES_ROW, 0, NOTES_ROW, LAST_COLUMN, &NOTES.join("\n"), &formats.notes)?;
    sheet.set_row_height(NOTES_ROW, NOTES_HEIGHT_PT)?;
    Ok(())
}

fn set_page(sheet: &mut Worksheet, properties: &FormProperties) -> Result<(), ReportError> {
    const A4: u8 = 9;
    const INCH_MM: f64 = 25.4;
    let (side, end, footer) = (22.0 / INCH_MM, 20.0 / INCH_MM, 8.0 / INCH_MM);
    for (column, width_mm) in (0_u16..).zip(COLUMN_WIDTHS_MM) {
        sheet.set_column_width_pixels(column, pixels(width_mm))?;
    }
    sheet
        .set_paper_size(A4)
        .set_portrait()
        .set_margins(side, side, end, end, footer, footer)
        .set_print_fit_to_pages(1, 1)
        .set_print_center_horizontally(true)
        .set_footer(properties.sheet_foot())
        .set_print_area(0, 0, NOTES_ROW, LAST_COLUMN)?;
    Ok(())
}

fn write_head(sheet: &mut Worksheet, form: &Appendix2, formats: &Formats) -> Result<(), ReportError> {
    sheet.merge_range(0, 0, 0, LAST_COLUMN, MARK, &formats.mark)?;
    sheet.set_row_height(0, MARK_HEIGHT_PT)?;
    let width_em = COLUMN_WIDTHS_MM.iter().sum::<f64>() * POINTS_PER_MM / TITLE_SIZE_PT - 1.0;
    let (title, lines) =
        wrap::pieces(&form.title(), width_em, 4, 1).into_iter().next().unwrap_or_else(|| (form.title(), 2));
    sheet.merge_range(1, 0, 1, LAST_COLUMN, &title, &formats.title)?;
    sheet.set_row_height(1, TITLE_LINE_HEIGHT_PT * f64::from(u8::try_from(lines.max(2)).unwrap_or(u8::MAX)))?;
    sheet.merge_range(2, 0, 2, 3, "", &formats.header_left)?;
    match form.header_name() {
        None => sheet.write_string_with_format(2, 0, blank_header(), &formats.header_left)?,
        Some(appendix2::HeaderName { underlined, suffix: "" }) => {
            sheet.write_string_with_format(2, 0, without_markup(&underlined), &formats.header_underlined)?
        }
        Some(appendix2::HeaderName { underlined, suffix }) => {
            let (marked, plain) = (&formats.underline_run, &formats.plain_run);
            let runs = [(marked, underlined.as_str()), (plain, suffix)];
            sheet.write_rich_string_with_format(2, 0, &runs, &formats.header_left)?
        }
    };
    sheet.merge_range(2, 4, 2, LAST_COLUMN, &form.date_line(), &formats.header_right)?;
    sheet.set_row_height(2, HEADER_HEIGHT_PT)?;
    Ok(())
}

fn write_group(
    sheet: &mut Worksheet,
    first_row: u32,
    group: &str,
    labels: &[&str],
    values: &[Option<u32>],
    height_pt: f64,
    formats: &Formats,
) -> Result<(), ReportError> {
    let mut row = first_row;
    let mut number: u32 = 1;
    for (labels, values) in labels.chunks(2).zip(values.chunks(2)) {
        for (column, (label, value)) in [1_u16, 4].into_iter().zip(labels.iter().zip(values)) {
            sheet.write_number_with_format(row, column, number, &formats.value)?;
            sheet.write_string_with_format(row, column + 1, *label, &formats.label)?;
            match value {
                Some(value) => sheet.write_number_with_format(row, column + 2, *value, &formats.value)?,
                None => sheet.write_blank(row, column + 2, &formats.value)?,
            };
            number += 1;
        }
        sheet.set_row_height(row, height_pt)?;
        row += 1;
    }
    sheet.merge_range(first_row, 0, row - 1, 0, group, &formats.group)?;
    Ok(())
}

/// The formats of a sheet. Fonts are named, never embedded.
struct Formats {
    mark: Format,
    title: Format,
    header_left: Format,
    header_underlined: Format,
    header_right: Format,
    underline_run: Format,
    plain_run: Format,
    group: Format,
    label: Format,
    value: Format,
    notes: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = Format::new().set_text_wrap().set_align(FormatAlign::VerticalCenter);
        let run = Format::new().set_font_name("仿宋_GB2312").set_font_size(12);
        let body = plain.clone().set_font_name("仿宋_GB2312").set_font_size(12);
        let boxed = body.clone().set_border(FormatBorder::Thin);
        let centred = boxed.clone().set_align(FormatAlign::Center);
        let header_left = body.clone().set_align(FormatAlign::Left);
        Self {
            mark: plain.clone().set_font_name("黑体").set_font_size(16).set_align(FormatAlign::Left),
            title: plain.set_font_name("方正小标宋简体").set_font_size(TITLE_SIZE_PT).set_align(FormatAlign::Center),
            header_underlined: header_left.clone().set_underline(FormatUnderline::Single),
            header_left,
            header_right: body.clone().set_align(FormatAlign::Right),
            underline_run: run.clone().set_underline(FormatUnderline::Single),
            plain_run: run,
            group: centred.clone(),
            label: boxed.set_font_size(LABEL_SIZE_PT).set_align(FormatAlign::Left),
            value: centred.set_num_format("0"),
            notes: body.set_font_size(11).set_align(FormatAlign::Left).set_align(FormatAlign::Top),
        }
    }
}
