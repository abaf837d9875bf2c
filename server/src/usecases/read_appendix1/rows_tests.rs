//! The rows of 附件1 from visits: what every column says, and how joint visits become one row.

use super::FormRow;
use super::facts::{PhotoState, Visit, VisitHazard, VisitPhoto};
use super::rows::form_rows;
use crate::config::{Appendix1, Config, Sources, TimeNotation, Window};
use sync_protocol::appendix::{FindingLevel, PictureSubject, UnitChoice};
use sync_protocol::ids::RecordId;
use sync_protocol::time::{Micros, Month};
use uuid::Uuid;

fn id(number: u128) -> RecordId {
    Uuid::from_u128(number).into()
}

fn visit(number: u128) -> Visit {
    let started_at: Micros = "2023-06-12T09:30:00+08:00".parse().unwrap();
    Visit {
        id: id(number),
        village: "900000009001".to_owned(),
        started_at: started_at.as_micros(),
        unit: "演示一村".to_owned(),
        place_name: "演示木器厂".to_owned(),
        place_address: "演示路1号".to_owned(),
        place_elsewhere: false,
        time_unknown: false,
        blocked: None,
        hazards: Vec::new(),
        summary: String::new(),
        handling: String::new(),
        remark: String::new(),
        submitted: true,
        photos: Vec::new(),
        joint: Vec::new(),
    }
}

fn hazard(level: FindingLevel, description: &str) -> VisitHazard {
    VisitHazard {
        id: id(0x77),
        level,
        state: "reg".to_owned(),
        description: description.to_owned(),
        criteria: Vec::new(),
        position: "焊接间".to_owned(),
        control: None,
        deadline: None,
        suggestion: String::new(),
    }
}

fn photo(number: u128, subject: PictureSubject, state: PhotoState) -> VisitPhoto {
    VisitPhoto { id: id(number), subject, taken_at: i64::try_from(number).unwrap(), state }
}

fn ready() -> PhotoState {
    PhotoState::Ready { sha256: [7; 32], derive_version: 1 }
}

fn defaults() -> Appendix1 {
    Config::load(&Sources::default()).unwrap().appendix1
}

fn rows(visits: &[Visit]) -> Vec<FormRow> {
    form_rows(&visits.iter().collect::<Vec<_>>(), Month::new(2023, 6).unwrap(), &defaults())
}

fn row(visit: Visit) -> FormRow {
    rows(&[visit]).remove(0)
}

#[test]
fn a_visit_that_found_nothing_says_so_in_every_column() {
    let row = row(visit(1));
    assert_eq!((row.number, row.inspecting_unit.as_str(), row.inspected_at.as_str()), (1, "演示一村", "2023年6月12日"));
    assert_eq!((row.place.as_str(), row.picture_note.as_str()), ("演示木器厂\n演示路1号", "无图"));
    assert_eq!((row.finding.as_str(), row.handling.as_str(), row.remark.as_str()), ("无", "/", ""));
}

#[test]
fn the_gravest_hazard_speaks_first_and_only_grave_ones_are_handled() {
    let major = VisitHazard {
        control: Some("partial_stop".to_owned()),
        deadline: Some("2023-06-20".to_owned()),
        suggestion: "建议挂牌督办".to_owned(),
        criteria: vec!["GM-2023-3.2".to_owned()],
        ..hazard(FindingLevel::Major, "焊工无证上岗")
    };
    let settled = VisitHazard {
        state: "accepted".to_owned(),
        deadline: Some("2023-06-20".to_owned()),
        ..hazard(FindingLevel::Suspected, "疏散通道上锁")
    };
    let general = hazard(FindingLevel::General, "插座破损");
    let row = row(Visit { hazards: vec![general, settled, major], ..visit(1) });
    assert_eq!(row.finding, "有。焊工无证上岗（GM-2023-3.2）。疑似，待核定：疏散通道上锁。另有一般隐患1处：插座破损");
    assert_eq!(row.handling, "1.已局部停用/停产，限6月20日前整改；建议挂牌督办；2.已完成整改");
    assert_eq!(row.place, "演示木器厂\n演示路1号（焊接间）");
}

#[test]
fn words_that_the_inspector_wrote_are_never_hidden() {
    let words = Visit {
        summary: "有。见现场照片".to_owned(),
        handling: "已约谈负责人".to_owned(),
        remark: "重点企业".to_owned(),
        submitted: false,
        ..visit(1)
    };
    let row = row(words);
    assert_eq!(
        (row.finding.as_str(), row.handling.as_str(), row.remark.as_str()),
        ("有。见现场照片", "已约谈负责人", "未提交；重点企业")
    );
}

#[test]
fn a_visit_that_could_not_take_place_never_prints_nothing_found() {
    let locked = Visit { blocked: Some("locked".to_owned()), ..visit(1) };
    assert_eq!(row(locked.clone()).finding, "未能检查：锁门");
    let seen_from_outside = Visit { hazards: vec![hazard(FindingLevel::General, "电线裸露")], ..locked };
    let row = row(seen_from_outside);
    assert_eq!((row.finding.as_str(), row.remark.as_str()), ("无重大隐患；一般隐患1处：电线裸露", "锁门"));
}

#[test]
fn pictures_are_two_at_most_and_every_other_photo_is_accounted_for() {
    let before = PictureSubject::Before(FindingLevel::Major);
    let photos = vec![
        photo(1, PictureSubject::Site, ready()),
        photo(2, PictureSubject::Site, ready()),
        photo(3, before, ready()),
        photo(4, before, PhotoState::Owed),
        photo(5, before, PhotoState::Unshowable),
        photo(6, before, PhotoState::Waiting),
    ];
    let row = row(Visit { photos, ..visit(9) });
    assert_eq!(row.pictures.iter().map(|picture| picture.photo).collect::<Vec<_>>(), [id(3), id(1)]);
    assert_eq!(row.picture_note, "等4张，待传照片1张，1张已收到，缩略图处理中，1张已收到，无法显示");
}

#[test]
fn photos_that_cannot_be_shown_are_not_absent() {
    let row = row(Visit { photos: vec![photo(1, PictureSubject::Site, PhotoState::Unshowable)], ..visit(9) });
    assert_eq!((row.pictures.len(), row.picture_note.as_str()), (0, "1张已收到，无法显示"));
}

#[test]
fn visits_that_name_each_other_are_one_row_in_the_place_of_the_first() {
    let first = Visit { photos: vec![photo(9, PictureSubject::Site, ready())], joint: vec![id(3)], ..visit(1) };
    let between = visit(2);
    let other = Visit {
        unit: "演示街道安监站".to_owned(),
        joint: vec![id(1)],
        hazards: vec![hazard(FindingLevel::General, "插座破损")],
        photos: vec![photo(9, PictureSubject::Before(FindingLevel::General), ready())],
        ..visit(3)
    };
    let rows = rows(&[first, between, other]);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rows[0].inspections, [id(1), id(3)]);
    assert_eq!(rows[0].inspecting_unit, "演示一村、演示街道安监站");
    assert_eq!(rows[0].finding, "无重大隐患；一般隐患1处：插座破损");
    assert_eq!(rows[0].pictures.len(), 1, "one photo on both is one picture");
    assert_eq!(rows[1].inspections, [id(2)]);
}

#[test]
fn a_claim_of_one_side_or_of_another_village_folds_no_row() {
    let one_sided = Visit { joint: vec![id(1)], ..visit(2) };
    assert_eq!(rows(&[visit(1), one_sided]).len(), 2);
    let here = Visit { joint: vec![id(2)], ..visit(1) };
    let there = Visit { joint: vec![id(1)], village: "900000009002".to_owned(), ..visit(2) };
    assert_eq!(rows(&[here, there]).len(), 2);
}

#[test]
fn a_chain_of_visits_that_name_each_other_is_one_row_and_a_claim_into_it_is_not() {
    let middle = Visit { joint: vec![id(1), id(3)], ..visit(2) };
    let ends = |number| Visit { joint: vec![id(2)], ..visit(number) };
    let outsider = Visit { joint: vec![id(1), id(2), id(3)], ..visit(4) };
    let rows = rows(&[ends(1), middle, ends(3), outsider]);
    let found: Vec<_> = rows.iter().map(|row| row.inspections.clone()).collect();
    assert_eq!(found, [vec![id(1), id(2), id(3)], vec![id(4)]]);
}

#[test]
fn the_inspectors_own_summary_prints_beside_hazards_and_reasons() {
    let summary = "仓库未进入，另约".to_owned();
    let with_hazard =
        Visit { hazards: vec![hazard(FindingLevel::General, "插座破损")], summary: summary.clone(), ..visit(1) };
    assert_eq!(row(with_hazard).finding, "无重大隐患；一般隐患1处：插座破损。仓库未进入，另约");
    let blocked = Visit { blocked: Some("locked".to_owned()), summary, ..visit(1) };
    assert_eq!(row(blocked).finding, "未能检查：锁门。仓库未进入，另约");
    let said_twice = Visit {
        hazards: vec![hazard(FindingLevel::General, "插座破损")],
        summary: "插座破损。".to_owned(),
        ..visit(1)
    };
    assert_eq!(row(said_twice).finding, "无重大隐患；一般隐患1处：插座破损");
}

#[test]
fn a_place_of_another_village_is_a_question_and_not_a_name() {
    let elsewhere = Visit {
        place_name: String::new(),
        place_address: String::new(),
        place_elsewhere: true,
        remark: "次日复查".to_owned(),
        ..visit(1)
    };
    let row = row(elsewhere);
    assert_eq!((row.place.as_str(), row.remark.as_str()), ("", "所选场所属于其他村，待核实；次日复查"));
}

#[test]
fn the_office_chooses_how_unit_and_time_read_and_which_month_a_visit_is_of() {
    let mut late = visit(2);
    late.started_at = "2023-05-27T09:30:00+08:00".parse::<Micros>().unwrap().as_micros();
    let visits = [late, visit(1)];
    let print =
        |choice: &Appendix1| form_rows(&visits.iter().collect::<Vec<_>>(), Month::new(2023, 6).unwrap(), choice);
    let literal = print(&defaults());
    assert_eq!((literal[1].inspecting_unit.as_str(), literal[1].inspected_at.as_str()), ("演示一村", "2023年6月12日"));
    assert_eq!((literal[0].remark.as_str(), literal[1].remark.as_str()), ("补报5月", ""));
    let chosen = Appendix1 {
        window: Window::FixedDay,
        window_day: 26,
        unit: UnitChoice::Both,
        time: TimeNotation::Minute,
        ..defaults()
    };
    let rows = print(&chosen);
    assert_eq!(rows[1].inspecting_unit, "查：演示一村\n被查：演示木器厂");
    assert_eq!(rows[1].inspected_at, "2023-06-12 09:30");
    assert_eq!(rows[0].remark, "", "the 27th of May is of the form of June");
}

#[test]
fn a_time_that_nobody_knows_does_not_print_as_a_fact() {
    let doubtful = Visit { time_unknown: true, remark: "次日复查".to_owned(), ..visit(1) };
    assert_eq!(row(doubtful).remark, "手机时间不准，排查时间待核实；次日复查");
}
