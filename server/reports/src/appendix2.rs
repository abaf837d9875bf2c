//! 附件2, the monthly form of fourteen cumulative numbers: its data, its words and the calls that write it as a workbook.
//! It computes no number. What a newcomer gets wrong: zero is a statement and prints `0`, a missing number prints
//! blank and means “not reported”; the two must never be exchanged.

use jiff::civil::Date;
use rust_xlsxwriter::{Format, Workbook};
use sha2::{Digest, Sha256};

use crate::appendix1::{APPENDIX1_SHEETS_MAX, DEFAULT_COLUMN_PIXELS, DEFAULT_ROW_PIXELS, SUMMARY_SHEET};
use crate::appendix2_sheet::write_sheet;
use crate::error::ReportError;
use crate::properties::{FormProperties, add_text};
use crate::sheet_names::SheetNames;
use crate::text::printable_line;

pub(crate) const MARK: &str = "附件2：";
/// Ten underscores, as in the notice.
const BLANK_NAME: &str = "__________";
const NAME_SUFFIX: &str = "村（社区）";
pub(crate) const OVERALL_LABEL: &str = "总体\n情况";
pub(crate) const CHECKS_LABEL: &str = "对企业\n自查\n自改\n进行\n抽查\n检查\n情况";
pub(crate) const OVERALL: [&str; 6] = [
    "企业自查发现的重大事故隐患（个）",
    "企业自查发现重大事故隐患中已完成整改的（个）",
    "排查发现的重大事故隐患（个）",
    "排查发现重大事故隐患中已完成整改的（个）",
    "政府挂牌督办的重大事故隐患（个）",
    "挂牌督办重大事故隐患中已完成整改的（个）",
];
pub(crate) const CHECKS: [&str; 8] = [
    "抽查检查的企业总数（家）",
    "企业主要负责人未按要求亲自研究排查整治工作（家）",
    "企业主要负责人未带队检查（家）",
    "企业未制定全员安全生产责任制职责清单（家）",
    "企业未依法建立安全管理机构和\n配足安全管理人员（家）",
    "电焊等特种作业岗位人员无证上岗作业（家）",
    "外包外租安全管理混乱（家）",
    "未按规定开展应急演练、员工不熟悉逃生出口（家）",
];
pub(crate) const NOTES: [&str; 2] = [
    "注：1．调度表自5月份开始上报，每月30日前上报截至上月末的累计情况。",
    "2．调度表内容应围绕专项行动并对照方案具体要求如实填报，特别是对企业自查情况进行抽查检查时，要深挖细查，查出问题。如：电焊等人员无证上岗作业，既要通过现场检查发现问题，也要通过对企业动火等特种作业存单进行检查核实来发现问题；外包外租管理混乱，是指符合以下情形之一的：承包承租方不具备安全生产条件、未取得相应资质，双方未签订安全生产协议，安全生产管理职责不清，未纳入本企业统一管理。",
];
/// Widths of the seven columns; they fill A4 portrait between two margins of 22 mm.
pub(crate) const COLUMN_WIDTHS_MM: [f64; 7] = [18.0, 9.0, 46.0, 15.0, 9.0, 54.0, 15.0];

/// The words beside a number, in one line; `part` is 1 (总体情况) or 2 (抽查检查情况), `line` counts from 1 in it.
#[must_use]
pub fn appendix2_label(part: usize, line: usize) -> Option<String> {
    let labels: &[&str] = match part {
        1 => &OVERALL,
        2 => &CHECKS,
        _ => return None,
    };
    labels.get(line.checked_sub(1)?).map(|label| label.replace('\n', ""))
}

/// One form 附件2: an area, a cut-off, fourteen numbers.
#[derive(Debug, Clone)]
pub struct Appendix2 {
    /// Name that opens the title, such as 葛城街道办事处.
    pub office_name: String,
    /// Village or subdistrict; empty prints the underscores of the empty form.
    pub area_name: String,
    /// How the village's name is printed.
    pub name_mode: NameMode,
    /// Year of the campaign, in the title and in an unfilled date line.
    pub year: u16,
    /// The date filled in; `None` leaves month and day blank.
    pub filled_on: Option<Date>,
    /// The numbers.
    pub values: Appendix2Values,
    /// What goes into the document properties.
    pub properties: FormProperties,
}

/// The numbers in the form's order; `None` prints blank, that is, not reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appendix2Values {
    /// 总体情况 1 to 6, in 个.
    pub overall: [Option<u32>; 6],
    /// 抽查检查情况 1 to 8, in 家.
    pub checks: [Option<u32>; 8],
}

/// How the header names the village.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameMode {
    /// The name without 村 or 社区, followed by the printed 村（社区）. An area that is neither prints its full name.
    Stem,
    /// The full name instead of blank and suffix.
    Full,
}

/// The header line's left part: what is underlined, and what follows.
pub(crate) struct HeaderName {
    pub(crate) underlined: String,
    pub(crate) suffix: &'static str,
}

impl Appendix2 {
    /// The printed title.
    pub(crate) fn title(&self) -> String {
        let (office, year) = (printable_line(&self.office_name), self.year);
        format!("{office}重大事故隐患专项排查整治{year}行动进展情况月度调度表")
    }

    /// `None` for the empty form, which prints [`blank_header`].
    pub(crate) fn header_name(&self) -> Option<HeaderName> {
        let name = printable_line(&self.area_name);
        if name.is_empty() {
            return None;
        }
        let stem = name.strip_suffix("社区").or_else(|| name.strip_suffix('村')).filter(|stem| !stem.is_empty());
        Some(match (self.name_mode, stem) {
            (NameMode::Stem, Some(stem)) => HeaderName { underlined: stem.to_owned(), suffix: NAME_SUFFIX },
            (NameMode::Stem, None) | (NameMode::Full, _) => HeaderName { underlined: name, suffix: "" },
        })
    }

    /// The header line's right part.
    pub(crate) fn date_line(&self) -> String {
        match self.filled_on {
            Some(date) => format!("时间：{}年{}月{}日", date.year(), date.month(), date.day()),
            None => format!("时间：{}年   月   日", self.year),
        }
    }
}

/// The header line's left part in the empty form.
pub(crate) fn blank_header() -> String {
    format!("{BLANK_NAME}{NAME_SUFFIX}")
}

/// Writes one form as an XLSX file of one sheet named by the area.
///
/// # Errors
/// [`ReportError::Workbook`] when the writer refuses, which is a defect.
pub fn appendix2_xlsx(form: &Appendix2) -> Result<Vec<u8>, ReportError> {
    write_workbook(form, &[(form.area_name.as_str(), form)])
}

/// Writes the workbook of a subdistrict: 街道汇总 first, then one sheet per village in the order given. The summary is
/// given, never added up here: a site in two villages counts once for the subdistrict.
///
/// # Errors
/// [`ReportError::TooManySheets`], else as [`appendix2_xlsx`].
pub fn appendix2_workbook_xlsx(summary: &Appendix2, villages: &[Appendix2]) -> Result<Vec<u8>, ReportError> {
    if villages.len() > APPENDIX1_SHEETS_MAX {
        return Err(ReportError::TooManySheets { sheets: villages.len(), limit: APPENDIX1_SHEETS_MAX });
    }
    let mut sheets = vec![(SUMMARY_SHEET, summary)];
    sheets.extend(villages.iter().map(|village| (village.area_name.as_str(), village)));
    write_workbook(summary, &sheets)
}

/// SHA-256 in lower-case hex over everything the form prints and nothing else.
#[must_use]
pub fn appendix2_content_sha256(form: &Appendix2) -> String {
    content_sha256(&[form])
}

fn content_sha256(forms: &[&Appendix2]) -> String {
    let mut digest = Sha256::new();
    for form in forms {
        add_text(&mut digest, &form.title());
        let header = form.header_name();
        add_text(&mut digest, header.as_ref().map_or("", |name| &name.underlined));
        add_text(&mut digest, header.as_ref().map_or("", |name| name.suffix));
        add_text(&mut digest, &form.date_line());
        for value in form.values.overall.iter().chain(&form.values.checks) {
            digest.update(value.map_or(0, |value| u64::from(value) + 1).to_be_bytes());
        }
    }
    hex::encode(digest.finalize())
}

fn write_workbook(main: &Appendix2, sheets: &[(&str, &Appendix2)]) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    // As in 附件1: column widths count in digits of 宋体 12.
    let default_format = Format::new().set_font_name("宋体").set_font_size(12);
    workbook.set_default_format(&default_format, DEFAULT_ROW_PIXELS, DEFAULT_COLUMN_PIXELS)?;
    let forms: Vec<&Appendix2> = sheets.iter().map(|(_, form)| *form).collect();
    let sha256 = content_sha256(&forms);
    workbook.set_properties(&main.properties.for_workbook(&main.title(), &main.office_name, &sha256)?);
    let mut names = SheetNames::default();
    for (name, form) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(names.next(name))?;
        write_sheet(sheet, form)?;
    }
    Ok(workbook.save_to_buffer()?)
}
