//! The words of 附件1: how the columns of one printed row come from an inspection and its hazards. Pure rules over plain
//! structs that the caller fills from the ledger; nothing here reads a record, and nothing here lays out a page (that is
//! the report crate). What a newcomer gets wrong: 附件1 lists inspections, not hazards, so an inspection that found
//! nothing prints “无”, and one that could not take place must never print “无”.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Pictures that fit the picture cell side by side.
pub const APPENDIX_PICTURES_MAX: usize = 2;

/// The description cell of an inspection that found nothing.
pub const NOTHING_FOUND: &str = "无";

/// The only row of a month without inspections, after the village confirmed 零报告.
pub const ZERO_REPORT: &str = "本月无";

/// What an empty 重大隐患处置情况及建议 cell prints.
pub const NO_HANDLING: &str = "/";

/// The picture cell of an inspection without any photo.
pub const NO_PICTURE: &str = "无图";

/// Printed where a hazard was registered without a description: the gap shows, the hazard still counts.
const NO_DESCRIPTION: &str = "（未填写描述）";

/// China has had one zone without daylight saving since 1992, so a fixed offset is exact for every campaign.
const SHANGHAI: Offset = Offset::constant(8);

/// What the form says about how grave a hazard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    /// 重大, by direct or collective judgement.
    Major,
    /// 疑似重大, not judged yet.
    Suspected,
    /// 一般.
    General,
}

/// One hazard of the inspection, as the description cell needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How grave it is at the moment of the form.
    pub level: FindingLevel,
    /// The finder's words; may be empty.
    pub description: String,
    /// Short name of the criterion, for major and suspected hazards.
    pub criterion: Option<String>,
}

/// What an inspection came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InspectionResult {
    /// It took place; the findings may be none.
    Inspected(Vec<Finding>),
    /// It could not take place, with the reason in Chinese (锁门, 停业/停产 ...).
    Blocked(String),
}

/// Column 有无重大隐患及隐患描述.
///
/// Major: “有。1.…；2.…”. Suspected: “疑似，待核定：…”. Only general: “无重大隐患；一般隐患n处：…”. Nothing: “无”. An inspection that
/// could not take place says so, since “无” would claim that somebody looked. Lists of one are not numbered.
///
/// ```
/// use sync_protocol::appendix::{Finding, FindingLevel, InspectionResult, finding_text};
/// let hazard = Finding { level: FindingLevel::Major, description: "焊工无证上岗。".into(), criterion: Some("无证上岗".into()) };
/// assert_eq!(finding_text(&InspectionResult::Inspected(vec![hazard])), "有。焊工无证上岗（无证上岗）");
/// assert_eq!(finding_text(&InspectionResult::Inspected(vec![])), "无");
/// ```
#[must_use]
pub fn finding_text(result: &InspectionResult) -> String {
    let findings = match result {
        InspectionResult::Blocked(reason) if reason.trim().is_empty() => return "未能检查".to_owned(),
        InspectionResult::Blocked(reason) => return format!("未能检查：{}", tidy(reason)),
        InspectionResult::Inspected(findings) => findings,
    };
    let of = |level| numbered(findings.iter().filter(|finding| finding.level == level).map(finding_words).collect());
    let general_count = findings.iter().filter(|finding| finding.level == FindingLevel::General).count();
    let (major, suspected, general) = (of(FindingLevel::Major), of(FindingLevel::Suspected), of(FindingLevel::General));

    let mut sentences = Vec::new();
    if let Some(major) = &major {
        sentences.push(format!("有。{major}"));
    }
    if let Some(suspected) = &suspected {
        sentences.push(format!("疑似，待核定：{suspected}"));
    }
    if let Some(general) = general {
        let opening = if sentences.is_empty() { "无重大隐患；" } else { "另有" };
        sentences.push(format!("{opening}一般隐患{general_count}处：{general}"));
    }
    if sentences.is_empty() { NOTHING_FOUND.to_owned() } else { sentences.join("。") }
}

/// What was done about one major or suspected hazard, latest state at submission, already in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handling {
    /// State, such as 整改中 or 已完成整改; empty when the control says enough.
    pub state: String,
    /// Control in force, such as 已责令停用; empty when none.
    pub control: String,
    /// Deadline; leave it out once the hazard is rectified.
    pub deadline: Option<Date>,
    /// Suggestion, such as 建议挂牌督办; empty when none.
    pub suggestion: String,
}

/// Column 重大隐患处置情况及建议: “已责令停用，限6月20日前整改；建议挂牌督办”. A deadline outside `form_year` prints its year. Nothing to
/// say prints “/”, so that a blank cell always means “not filled in”.
#[must_use]
pub fn handling_text(handlings: &[Handling], form_year: i16) -> String {
    let words = handlings.iter().map(|handling| handling_words(handling, form_year)).filter(|words| !words.is_empty());
    numbered(words.collect()).unwrap_or_else(|| NO_HANDLING.to_owned())
}

/// Which unit column 排查单位 names: the notice is ambiguous, so the office chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitChoice {
    /// The unit that inspects (the default).
    #[default]
    Inspecting,
    /// The unit that was inspected.
    Inspected,
    /// Both, on two lines.
    Both,
}

/// Column 排查单位. A joint visit names all its inspecting units once each.
#[must_use]
pub fn unit_text(choice: UnitChoice, inspecting: &[String], inspected: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in inspecting.iter().map(|name| name.trim()) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    let inspecting = names.join("、");
    match choice {
        UnitChoice::Inspecting => inspecting,
        UnitChoice::Inspected => inspected.trim().to_owned(),
        UnitChoice::Both => format!("查：{inspecting}\n被查：{}", inspected.trim()),
    }
}

/// Column 排查地点: name, address, and the positions (部位) in brackets. Coordinates are never printed.
#[must_use]
pub fn place_text(name: &str, address: &str, positions: &[String]) -> String {
    let (name, address) = (name.trim(), address.trim());
    let mut text = match (name.is_empty(), address.is_empty()) {
        (false, false) if address.contains(name) => address.to_owned(),
        (false, false) => format!("{name}\n{address}"),
        (false, true) => name.to_owned(),
        (true, _) => address.to_owned(),
    };
    let mut seen: Vec<&str> = Vec::new();
    for position in positions.iter().map(|position| position.trim()) {
        if !position.is_empty() && !seen.contains(&position) {
            seen.push(position);
        }
    }
    if !seen.is_empty() {
        text.push_str(&format!("（{}）", seen.join("、")));
    }
    text
}

/// Column 备注: the inspector's remark, “补报6月” for a row that came too late for its own month, and tags.
#[must_use]
pub fn remark_text(remark: &str, late_from_month: Option<i8>, tags: &[String]) -> String {
    let mut parts = Vec::new();
    if let Some(month) = late_from_month {
        parts.push(format!("补报{month}月"));
    }
    parts.extend(tags.iter().map(|tag| tidy(tag)));
    parts.push(tidy(remark));
    parts.retain(|part| !part.is_empty());
    parts.join("；")
}

/// A date as the form prints it, `2023年6月12日`, in Asia/Shanghai.
///
/// ```
/// let instant = "2023-06-11T16:30:00Z".parse().unwrap();
/// assert_eq!(sync_protocol::appendix::date_text(instant), "2023年6月12日");
/// ```
#[must_use]
pub fn date_text(instant: Timestamp) -> String {
    civil_date_text(SHANGHAI.to_datetime(instant).date())
}

/// A calendar date as the form prints it, `2023年6月12日`.
#[must_use]
pub fn civil_date_text(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// The other notation an office may choose: `2023-06-12 09:30` in Asia/Shanghai.
#[must_use]
pub fn date_time_text(instant: Timestamp) -> String {
    let local = SHANGHAI.to_datetime(instant);
    let (date, time) = (local.date(), local.time());
    format!("{:04}-{:02}-{:02} {:02}:{:02}", date.year(), date.month(), date.day(), time.hour(), time.minute())
}

/// What a photo shows. Roles that never print (signature, certificate ...) are not candidates at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureSubject {
    /// Before-photo of a hazard of this level.
    Before(FindingLevel),
    /// The site as a whole.
    Site,
}

/// A photo that may print: role site or before, not retracted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureCandidate {
    /// The variant to print: the redacted one where it exists. Also breaks ties.
    pub id: String,
    /// What it shows.
    pub subject: PictureSubject,
    /// When it was taken, for order within the same subject.
    pub taken_at: Timestamp,
    /// Whether the server holds its verified bytes.
    pub stored: bool,
}

/// What the picture cell shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PicturePick {
    /// Ids to print, most important first, at most [`APPENDIX_PICTURES_MAX`].
    pub ids: Vec<String>,
    /// Words under the pictures: 无图, 等5张, 待传照片2张, or empty.
    pub note: String,
}

/// Picks the two pictures of a row: before-photos of major hazards first, then suspected, general, the site; the
/// earliest first. Only stored photos can print; the others show as debt, so that nobody takes two of five for all.
/// `short_code`, if given, follows “等n张” and leads to the rest.
#[must_use]
pub fn pick_pictures(candidates: &[PictureCandidate], short_code: Option<&str>) -> PicturePick {
    let mut stored: Vec<&PictureCandidate> = candidates.iter().filter(|candidate| candidate.stored).collect();
    stored.sort_by(|left, right| {
        (left.subject, left.taken_at, &left.id).cmp(&(right.subject, right.taken_at, &right.id))
    });
    let ids = stored.iter().take(APPENDIX_PICTURES_MAX).map(|candidate| candidate.id.clone()).collect();
    let waiting = candidates.len() - stored.len();
    let mut notes = Vec::new();
    if candidates.is_empty() {
        notes.push(NO_PICTURE.to_owned());
    }
    if candidates.len() > APPENDIX_PICTURES_MAX {
        let code = short_code.map(|code| format!(" {code}")).unwrap_or_default();
        notes.push(format!("等{}张{code}", candidates.len()));
    }
    if waiting > 0 {
        notes.push(format!("待传照片{waiting}张"));
    }
    PicturePick { ids, note: notes.join("，") }
}

fn finding_words(finding: &Finding) -> String {
    let description = tidy(&finding.description);
    let description = if description.is_empty() { NO_DESCRIPTION.to_owned() } else { description };
    match finding.criterion.as_deref().map(tidy) {
        Some(criterion) if !criterion.is_empty() && finding.level != FindingLevel::General => {
            format!("{description}（{criterion}）")
        }
        Some(_) | None => description,
    }
}

fn handling_words(handling: &Handling, form_year: i16) -> String {
    let deadline = handling.deadline.map(|date| {
        let year = if date.year() == form_year { String::new() } else { format!("{}年", date.year()) };
        format!("限{year}{}月{}日前整改", date.month(), date.day())
    });
    let mut done = vec![tidy(&handling.state), tidy(&handling.control), deadline.unwrap_or_default()];
    done.retain(|part| !part.is_empty());
    let mut parts = vec![done.join("，"), tidy(&handling.suggestion)];
    parts.retain(|part| !part.is_empty());
    parts.join("；")
}

/// `None` for no item, the bare item for one, “1.…；2.…” for several.
fn numbered(items: Vec<String>) -> Option<String> {
    match items.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => {
            let lines: Vec<String> =
                several.iter().enumerate().map(|(index, item)| format!("{}.{item}", index + 1)).collect();
            Some(lines.join("；"))
        }
    }
}

/// Trims the text and the full stop or semicolon people end it with, so that joining never prints “。；”.
fn tidy(text: &str) -> String {
    text.trim().trim_end_matches(['。', '；', ';', '，', ',']).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn finding(level: FindingLevel, description: &str, criterion: Option<&str>) -> Finding {
        Finding { level, description: description.to_owned(), criterion: criterion.map(str::to_owned) }
    }

    fn found(findings: &[Finding]) -> String {
        finding_text(&InspectionResult::Inspected(findings.to_vec()))
    }

    #[test]
    fn description_cell_follows_the_gravest_finding() {
        let welding = finding(FindingLevel::Major, "焊工无证上岗。", Some("无证上岗"));
        let gas = finding(FindingLevel::Major, "液化气瓶存放在地下室；", None);
        let exit = finding(FindingLevel::Suspected, "疏散通道上锁", Some("堵塞通道"));
        let socket = finding(FindingLevel::General, "插座破损", Some("不打印"));
        let blank = finding(FindingLevel::Major, " 。", None);

        assert_eq!(found(&[]), "无");
        assert_eq!(found(&[welding.clone(), gas.clone()]), "有。1.焊工无证上岗（无证上岗）；2.液化气瓶存放在地下室");
        assert_eq!(found(std::slice::from_ref(&exit)), "疑似，待核定：疏散通道上锁（堵塞通道）");
        assert_eq!(found(&[socket.clone(), socket.clone()]), "无重大隐患；一般隐患2处：1.插座破损；2.插座破损");
        assert_eq!(
            found(&[socket.clone(), exit, gas]),
            "有。液化气瓶存放在地下室。疑似，待核定：疏散通道上锁（堵塞通道）。另有一般隐患1处：插座破损"
        );
        assert_eq!(found(&[blank]), "有。（未填写描述）");
    }

    #[test]
    fn blocked_inspection_never_prints_nothing_found() {
        assert_eq!(finding_text(&InspectionResult::Blocked("锁门".into())), "未能检查：锁门");
        assert_eq!(finding_text(&InspectionResult::Blocked(" ".into())), "未能检查");
    }

    #[test]
    fn handling_prints_control_deadline_and_suggestion_or_a_slash() {
        let ordered = Handling {
            control: "已责令停用。".into(),
            deadline: Some(date(2023, 6, 20)),
            suggestion: "建议挂牌督办".into(),
            ..Handling::default()
        };
        let later = Handling { state: "整改中".into(), deadline: Some(date(2024, 1, 5)), ..Handling::default() };

        assert_eq!(handling_text(&[], 2023), "/");
        assert_eq!(handling_text(&[Handling::default()], 2023), "/");
        assert_eq!(handling_text(std::slice::from_ref(&ordered), 2023), "已责令停用，限6月20日前整改；建议挂牌督办");
        assert_eq!(
            handling_text(&[ordered, later], 2023),
            "1.已责令停用，限6月20日前整改；建议挂牌督办；2.整改中，限2024年1月5日前整改"
        );
    }

    #[test]
    fn unit_and_place_columns_follow_the_office_choice() {
        let units = ["演示一村".to_owned(), "演示站".to_owned(), "演示一村".to_owned()];

        assert_eq!(unit_text(UnitChoice::Inspecting, &units, "演示厂"), "演示一村、演示站");
        assert_eq!(unit_text(UnitChoice::Inspected, &units, "演示厂"), "演示厂");
        assert_eq!(unit_text(UnitChoice::Both, &units[..1], "演示厂"), "查：演示一村\n被查：演示厂");
        assert_eq!(
            place_text("演示厂", "演示路1号", &["焊接间".into(), "焊接间".into()]),
            "演示厂\n演示路1号（焊接间）"
        );
        assert_eq!(place_text("演示厂", "演示路1号演示厂", &[]), "演示路1号演示厂");
        assert_eq!(place_text("", "演示沟口", &[]), "演示沟口");
    }

    #[test]
    fn date_belongs_to_the_day_in_shanghai() {
        let before_midnight = "2023-06-11T15:59:59.999Z".parse().unwrap();
        let midnight = "2023-06-11T16:00:00Z".parse().unwrap();

        assert_eq!(date_text(before_midnight), "2023年6月11日");
        assert_eq!(date_text(midnight), "2023年6月12日");
        assert_eq!(date_time_text("2023-06-12T01:30:00Z".parse().unwrap()), "2023-06-12 09:30");
    }

    #[test]
    fn late_row_says_which_month_it_belongs_to() {
        assert_eq!(remark_text("企业已搬迁。", Some(6), &["重点检查".into()]), "补报6月；重点检查；企业已搬迁");
        assert_eq!(remark_text("", None, &[]), "");
    }

    fn photo(id: &str, subject: PictureSubject, minute: i64, stored: bool) -> PictureCandidate {
        let taken_at = Timestamp::from_second(1_686_531_600 + minute * 60).unwrap();
        PictureCandidate { id: id.to_owned(), subject, taken_at, stored }
    }

    #[test]
    fn pictures_of_major_hazards_come_first_and_missing_ones_show() {
        let site = photo("site", PictureSubject::Site, 0, true);
        let general = photo("general", PictureSubject::Before(FindingLevel::General), 1, true);
        let major = photo("major", PictureSubject::Before(FindingLevel::Major), 3, true);
        let suspected = photo("suspected", PictureSubject::Before(FindingLevel::Suspected), 2, true);
        let missing = photo("missing", PictureSubject::Before(FindingLevel::Major), 0, false);

        let pick = pick_pictures(&[site.clone(), general, major, suspected, missing.clone()], None);
        assert_eq!(pick.ids, ["major", "suspected"]);
        assert_eq!(pick.note, "等5张，待传照片1张");
        assert_eq!(pick_pictures(&[], None).note, "无图");
        assert_eq!(pick_pictures(&[missing.clone(), missing], None).note, "待传照片2张");
        assert_eq!(pick_pictures(&[site.clone(), site.clone()], None).note, "");
        assert_eq!(pick_pictures(&[site.clone(), site.clone(), site], Some("K7Q2")).note, "等3张 K7Q2");
    }
}
