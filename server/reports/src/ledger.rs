//! Lists of hazards as a workbook: the ledger 重大事故隐患台账, the list of those lacking one of the five (五落实缺项表) and the
//! list under supervision (挂牌督办清单). Rows come from an iterator and leave memory at once. It filters nothing: the
//! caller decides which rows stand in which list. What a newcomer gets wrong: rows are written in order and can never
//! be changed again, so nothing here may look back.

use std::io::{Seek, Write};

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use crate::error::ReportError;
use crate::text::{printable, printable_line, without_markup};
use crate::wrap;

/// Most rows of one list; a sheet ends at 1,048,576 rows, head included.
pub const LEDGER_ROWS_MAX: usize = 1_000_000;
/// Most characters of one cell, the limit of spreadsheet programs less the mark of a cut.
const CELL_CHARACTERS_MAX: usize = 32_000;
const CUT_MARK: &str = "……（文字过长，其余见系统记录）";

/// The columns of the ledger, in their order.
pub const LEDGER_LABELS: [&str; 22] = [
    "隐患编号",
    "村（社区）",
    "场所",
    "部位",
    "隐患描述",
    "等级",
    "判定标准",
    "来源",
    "发现时间",
    "发现人",
    "管控措施",
    "责任人",
    "措施",
    "资金（万元）",
    "时限",
    "应急预案",
    "双报告",
    "挂牌督办",
    "状态",
    "复查结论",
    "销号时间",
    "备注",
];
const WIDTHS: [f64; 22] = [
    26.0, 14.0, 20.0, 16.0, 40.0, 18.0, 24.0, 14.0, 18.0, 10.0, 16.0, 10.0, 24.0, 14.0, 16.0, 24.0, 18.0, 14.0, 12.0,
    12.0, 14.0, 16.0,
];
/// Width of the column that names what is missing.
const MISSING_WIDTH: f64 = 24.0;
/// A unit of column width, a digit of the default font, in em of the body, less what cells keep free on their sides.
const EM_OF_WIDTH: f64 = 0.46;
/// Height of a line of the body and of the space around it, points; rows end at 409.
const LINE_HEIGHT_PT: f64 = 16.0;
const ROW_PADDING_PT: f64 = 4.0;
const ROW_LINES_MAX: usize = 25;
/// Columns of the five, named in [`MISSING_LABEL`] when empty.
const FIVE: std::ops::Range<usize> = 11..16;
const MISSING_LABEL: &str = "缺项";

/// Which list is written: its title and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKind {
    /// 重大事故隐患台账: all columns.
    Ledger,
    /// 五落实缺项表: place and the five, and which of them are missing.
    MissingFive,
    /// 挂牌督办清单: place, supervision and progress.
    Supervised,
}

impl LedgerKind {
    /// The printed title, which also names the sheet.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Ledger => "重大事故隐患台账",
            Self::MissingFive => "五落实缺项表",
            Self::Supervised => "挂牌督办清单",
        }
    }

    fn columns(self) -> Vec<usize> {
        match self {
            Self::Ledger => (0..LEDGER_LABELS.len()).collect(),
            Self::MissingFive => vec![0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 18],
            Self::Supervised => vec![0, 1, 2, 3, 4, 5, 17, 11, 14, 18, 19, 20, 21],
        }
    }
}

/// One hazard, in words; an empty text prints blank. The fields follow [`LEDGER_LABELS`].
#[derive(Debug, Clone, Default)]
pub struct LedgerRow {
    /// All texts but the funds, in the order of [`LEDGER_LABELS`]; the place of the funds is ignored.
    pub texts: [String; 22],
    /// Funds of the plan in 分; printed in 万元.
    pub funds_fen: Option<u64>,
}

/// Index of the funds in [`LEDGER_LABELS`].
const FUNDS: usize = 13;

impl LedgerRow {
    /// A row whose texts are named by their labels, so that none can slip into a neighbour's column.
    #[must_use]
    pub fn by_label(text_of: impl Fn(&str) -> String, funds_fen: Option<u64>) -> Self {
        Self { texts: LEDGER_LABELS.map(text_of), funds_fen }
    }

    /// The printed text of a column.
    pub(crate) fn text(&self, column: usize) -> String {
        if column == FUNDS { self.funds_fen.map(wan_yuan).unwrap_or_default() } else { printable(&self.texts[column]) }
    }

    /// The labels of the five that are empty, joined by 、.
    #[must_use]
    pub fn missing_five(&self) -> String {
        let missing: Vec<&str> =
            FIVE.filter(|column| self.text(*column).is_empty()).map(|column| LEDGER_LABELS[column]).collect();
        missing.join("、").replace("（万元）", "")
    }
}

/// 分 in 万元, exact, without trailing zeros.
fn wan_yuan(fen: u64) -> String {
    const FEN_PER_WAN: u64 = 1_000_000;
    let text = format!("{}.{:06}", fen / FEN_PER_WAN, fen % FEN_PER_WAN);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes a list as an XLSX file into `output`; at any time about one row is in memory, the rest in a temporary file.
/// Returns the number of rows.
///
/// # Errors
/// [`ReportError::TooManyRows`] past [`LEDGER_ROWS_MAX`]; nothing is written to `output` then. Otherwise as the writer.
pub fn ledger_xlsx<W: Write + Seek + Send>(
    kind: LedgerKind,
    area_name: &str,
    rows: impl IntoIterator<Item = LedgerRow>,
    output: W,
) -> Result<usize, ReportError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    let columns = kind.columns();
    let (head, body) = formats();
    write_head(sheet, kind, area_name, &columns, &head)?;
    let mut count = 0;
    for row in rows {
        if count == LEDGER_ROWS_MAX {
            let area_name = printable_line(area_name);
            return Err(ReportError::TooManyRows { area_name, rows: count + 1, limit: LEDGER_ROWS_MAX });
        }
        let line = u32::try_from(count + 2).expect("bounded by the limit of rows");
        let mut lines = 1;
        for (target, column) in (0_u16..).zip(&columns) {
            let text = cut(row.text(*column));
            lines = lines.max(lines_of(&text, WIDTHS[*column]));
            sheet.write_string_with_format(line, target, without_markup(&text), &body)?;
        }
        if kind == LedgerKind::MissingFive {
            let missing = row.missing_five();
            lines = lines.max(lines_of(&missing, MISSING_WIDTH));
            sheet.write_string_with_format(line, last(&columns) + 1, missing, &body)?;
        }
        sheet.set_row_height(line, height_pt(lines))?;
        count += 1;
    }
    workbook.save_to_writer(output)?;
    Ok(count)
}

fn write_head(
    sheet: &mut Worksheet,
    kind: LedgerKind,
    area_name: &str,
    columns: &[usize],
    head: &Format,
) -> Result<(), ReportError> {
    const A3: u8 = 8;
    sheet.set_name(kind.title())?;
    sheet.set_paper_size(A3).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(1, 1)?;
    sheet.set_footer("&C第 &P 页 共 &N 页");
    sheet.set_freeze_panes(2, 1)?;
    for (target, column) in (0_u16..).zip(columns) {
        sheet.set_column_width(target, WIDTHS[*column])?;
    }
    let title = format!("{}{}", printable_line(area_name), kind.title());
    let title_format = Format::new().set_font_name("方正小标宋简体").set_font_size(18);
    sheet.write_string_with_format(0, 0, without_markup(&title), &title_format)?;
    for (target, column) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(1, target, LEDGER_LABELS[*column], head)?;
    }
    if kind == LedgerKind::MissingFive {
        sheet.set_column_width(last(columns) + 1, MISSING_WIDTH)?;
        sheet.write_string_with_format(1, last(columns) + 1, MISSING_LABEL, head)?;
    }
    Ok(())
}

/// Lines that a text surely fits in a column of so many units; programs do not make a row higher by themselves when a file is opened.
fn lines_of(text: &str, width: f64) -> usize {
    wrap::pieces(text, width * EM_OF_WIDTH, ROW_LINES_MAX, 1).first().map_or(1, |(_, lines)| *lines)
}

fn height_pt(lines: usize) -> f64 {
    let lines = u16::try_from(lines.clamp(1, ROW_LINES_MAX)).unwrap_or(1);
    f64::from(lines) * LINE_HEIGHT_PT + ROW_PADDING_PT
}

fn formats() -> (Format, Format) {
    let boxed = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let head = boxed.clone().set_font_name("黑体").set_font_size(11).set_align(FormatAlign::Center);
    (head, boxed.set_font_name("仿宋_GB2312").set_font_size(11))
}

fn last(columns: &[usize]) -> u16 {
    u16::try_from(columns.len() - 1).expect("a list has some dozen columns")
}

/// Cuts what no cell holds, visibly. Units of UTF-16, as spreadsheet programs count.
fn cut(text: String) -> String {
    if text.len() <= CELL_CHARACTERS_MAX {
        return text;
    }
    let mut units = 0;
    let kept: String = text
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= CELL_CHARACTERS_MAX
        })
        .collect();
    if kept.len() == text.len() { text } else { format!("{kept}{CUT_MARK}") }
}
