//! The lists of hazards read back. All places and people are invented.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use paicha_reports::{
    Correction, CorrectionRow, FormProperties, LEDGER_LABELS, LedgerKind, LedgerRow, Position, correction_docx,
    ledger_csv, ledger_geojson, ledger_xlsx,
};

fn row() -> LedgerRow {
    let mut row = LedgerRow { funds_fen: Some(1_230_000), ..LedgerRow::default() };
    row.texts[0] = "演示-0001".into();
    row.texts[4] = "=1+1，\"通道\"\n堵塞".into();
    row.texts[11] = "演示甲".into();
    row.texts[14] = "2023年6月20日".into();
    row
}

fn sheet(kind: LedgerKind, rows: usize) -> Vec<Vec<Data>> {
    let mut file = Cursor::new(Vec::new());
    assert_eq!(ledger_xlsx(kind, "演示一村", std::iter::repeat_n(row(), rows), &mut file).unwrap(), rows);
    let mut workbook: Xlsx<_> = Xlsx::new(file).unwrap();
    workbook.worksheet_range(kind.title()).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn the_ledger_prints_every_column_as_text() {
    let rows = sheet(LedgerKind::Ledger, 3);
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0][0].to_string(), "演示一村重大事故隐患台账");
    assert_eq!(rows[1].iter().map(ToString::to_string).collect::<Vec<_>>(), LEDGER_LABELS);
    assert_eq!(rows[4][4], Data::String("=1+1，\"通道\"\n堵塞".into()));
    assert_eq!(rows[4][13], Data::String("1.23".into()));
}

/// The XML of a list's sheet.
fn sheet_xml(row: LedgerRow) -> String {
    let mut file = Cursor::new(Vec::new());
    ledger_xlsx(LedgerKind::Ledger, "演示一村", [row], &mut file).unwrap();
    let mut xml = String::new();
    let mut package = zip::ZipArchive::new(file).unwrap();
    package.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut xml).unwrap();
    xml
}

#[test]
fn a_row_is_as_high_as_its_longest_text_and_the_head_repeats_on_each_page() {
    let height = |description: &str| {
        let mut long = row();
        long.texts[4] = description.into();
        let xml = sheet_xml(long);
        let row = xml.split(r#"<row r="3""#).nth(1).unwrap().split('>').next().unwrap().to_owned();
        row.split(r#"ht=""#).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(height("短") < 40.0);
    let (some, more) = (height(&"通道堵塞".repeat(20)), height(&"通道堵塞".repeat(2000)));
    assert!(some >= 5.0 * 16.0, "{some}");
    assert!((400.0..=409.0).contains(&more), "{more}");
    let xml = sheet_xml(row());
    assert!(xml.contains(r#"paperSize="8""#) && xml.contains("第 &amp;P 页 共 &amp;N 页"), "{xml}");
}

#[test]
fn the_list_of_gaps_names_what_is_missing() {
    let rows = sheet(LedgerKind::MissingFive, 1);
    assert_eq!(rows[1].last().unwrap().to_string(), "缺项");
    assert_eq!(rows[2].last().unwrap().to_string(), "措施、应急预案");
}

#[test]
fn the_list_under_supervision_has_its_columns() {
    let labels: Vec<String> = sheet(LedgerKind::Supervised, 1)[1].iter().map(ToString::to_string).collect();
    assert_eq!(labels[6..9], ["挂牌督办", "责任人", "时限"]);
}

#[test]
fn csv_is_quoted_marked_and_runs_no_formula() {
    let mut file = Vec::new();
    assert_eq!(ledger_csv([row()], &mut file).unwrap(), 1);
    let text = String::from_utf8(file).unwrap();
    assert!(text.starts_with("\u{feff}\"隐患编号\",\"村（社区）\""));
    assert!(text.contains(",\"'=1+1，\"\"通道\"\"\n堵塞\","), "{text}");
    assert!(text.contains(",\"1.23\",") && text.ends_with("\"\r\n"));
    assert_eq!(text.matches("\r\n").count(), 2);
}

#[test]
fn geojson_keeps_hazards_without_a_position() {
    let mut file = Vec::new();
    let position = Position { longitude: 108.5, latitude: 31.9 };
    assert_eq!(ledger_geojson([(row(), Some(position)), (row(), None)], &mut file).unwrap(), 2);
    let json: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(json["features"][0]["geometry"]["coordinates"], serde_json::json!([108.5, 31.9]));
    assert!(json["features"][1]["geometry"].is_null());
    assert_eq!(json["features"][1]["properties"]["隐患编号"], "演示-0001");
}

#[test]
fn a_correction_tells_blank_from_zero() {
    let rows = vec![CorrectionRow {
        label: "排查发现的重大事故隐患（个）".into(),
        old: None,
        new: Some("0".into()),
        reason: "漏报<补>".into(),
        record_numbers: vec!["演示-0001".into(), "演示-0002".into()],
    }];
    let properties = FormProperties {
        subject: "演示一村 2023-06".into(),
        cutoff: "2023-05-31T16:00:00Z".parse().unwrap(),
        as_of: "2023-06-20T01:02:03Z".parse().unwrap(),
        rev: 2,
    };
    let correction = Correction {
        office_name: "葛城街道办事处".into(),
        report_label: "演示一村2023年6月附件2".into(),
        rows,
        properties,
    };
    let file = correction_docx(&correction).unwrap();
    let mut xml = String::new();
    let mut package = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    package.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    let texts: Vec<&str> =
        xml.split("<w:t xml:space=\"preserve\">").skip(1).map(|rest| rest.split("</w:t>").next().unwrap()).collect();
    let row = ["1", "排查发现的重大事故隐患（个）", "未填", "0", "漏报&lt;补&gt;", "演示-0001、演示-0002"];
    assert_eq!(texts[8..], row);
}
