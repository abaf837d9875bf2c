//! 附件2 and the Word files read back: XLSX through a spreadsheet reader, everything else in the parts of the package.
//! The fixture holds the cells of the notice's form in reading order. All places are invented.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use paicha_reports::{
    Appendix1, Appendix1Row, Appendix2, Appendix2Values, CellPicture, FormProperties, NameMode, appendix1_docx,
    appendix2_content_sha256, appendix2_docx, appendix2_workbook_xlsx, appendix2_xlsx,
};
use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;

/// One cell a line, `⏎` for a line end inside a cell; the last two lines are the notes.
const NOTICE: &str = include_str!("fixtures/appendix2-empty.txt");

fn properties() -> FormProperties {
    FormProperties {
        subject: "演示一村 2023-06".into(),
        cutoff: "2023-05-31T16:00:00Z".parse().unwrap(),
        as_of: "2023-06-20T01:02:03Z".parse().unwrap(),
        rev: 2,
    }
}

fn empty() -> Appendix2 {
    Appendix2 {
        office_name: "葛城街道办事处".into(),
        area_name: String::new(),
        name_mode: NameMode::Stem,
        year: 2023,
        filled_on: None,
        values: Appendix2Values::default(),
        properties: properties(),
    }
}

fn filled(area_name: &str) -> Appendix2 {
    Appendix2 {
        area_name: area_name.into(),
        filled_on: Some("2023-06-20".parse().unwrap()),
        values: Appendix2Values {
            overall: [Some(3), Some(2), Some(10), None, Some(0), Some(0)],
            checks: [Some(21), Some(22), Some(23), Some(24), Some(25), Some(26), Some(27), Some(28)],
        },
        ..empty()
    }
}

fn sheet(file: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
    workbook.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn part(file: &[u8], name: &str) -> Vec<u8> {
    let mut package = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut bytes = Vec::new();
    package.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn text_part(file: &[u8], name: &str) -> String {
    String::from_utf8(part(file, name)).unwrap()
}

/// Texts of the paragraphs outside tables, and the cells of all tables, both in reading order.
fn docx_texts(file: &[u8]) -> (Vec<String>, Vec<String>) {
    let xml = text_part(file, "word/document.xml");
    let mut reader = XmlReader::from_str(&xml);
    let (mut outside, mut cells, mut text, mut in_cell, mut in_text) = (vec![], vec![], String::new(), false, false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => match tag.name().as_ref() {
                "w:tc" => {
                    in_cell = true;
                    text.clear();
                }
                "w:t" => in_text = true,
                _ => {}
            },
            Event::Empty(tag) if tag.name().as_ref() == "w:br" => text.push('\n'),
            Event::Empty(tag) if tag.name().as_ref() == "w:tab" && !text.is_empty() => text.push('\t'),
            Event::Text(piece) if in_text => text.push_str(&piece),
            Event::GeneralRef(name) if in_text => text.push_str(&format!("&{};", &*name)),
            Event::End(tag) => match tag.name().as_ref() {
                "w:tc" => {
                    cells.push(std::mem::take(&mut text));
                    in_cell = false;
                }
                "w:t" => in_text = false,
                "w:p" if !in_cell => outside.push(std::mem::take(&mut text)),
                _ => {}
            },
            Event::Eof => return (outside, cells),
            _ => {}
        }
    }
}

#[test]
fn the_empty_sheet_is_the_notice_cell_by_cell() {
    let file = appendix2_xlsx(&empty()).unwrap();
    let expected: Vec<String> = NOTICE.lines().map(|line| line.replace('⏎', "\n")).collect();
    let (expected_cells, notes) = expected.split_at(expected.len() - 2);
    let rows = sheet(&file, "未命名");
    assert_eq!(rows.len(), 11);
    let texts: Vec<String> = rows[..10].iter().flatten().map(ToString::to_string).filter(|t| !t.is_empty()).collect();
    let wanted: Vec<&String> = expected_cells.iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(texts.iter().collect::<Vec<_>>(), wanted);
    assert_eq!(rows[10][0].to_string(), notes.join("\n"));
    for (row, column) in (3..10).flat_map(|row| [(row, 3), (row, 6)]) {
        assert_eq!(rows[row].get(column).unwrap_or(&Data::Empty), &Data::Empty, "value cell {row},{column}");
    }
}

#[test]
fn values_stand_in_their_cells_as_numbers_and_zero_is_printed() {
    let rows = sheet(&appendix2_xlsx(&filled("演示一村")).unwrap(), "演示一村");
    let value = |row: usize, column: usize| rows[row][column].clone();
    assert_eq!([value(3, 3), value(3, 6), value(4, 3)], [Data::Float(3.0), Data::Float(2.0), Data::Float(10.0)]);
    assert_eq!([value(4, 6), value(5, 3), value(5, 6)], [Data::Empty, Data::Float(0.0), Data::Float(0.0)]);
    let checks: Vec<Data> = (6..10).flat_map(|row| [value(row, 3), value(row, 6)]).collect();
    assert_eq!(checks, (21..=28).map(|number| Data::Float(f64::from(number))).collect::<Vec<_>>());
    assert_eq!(value(2, 0).to_string(), "演示一村（社区）");
    assert_eq!(value(2, 4).to_string(), "时间：2023年6月20日");
}

#[test]
fn the_sheet_has_the_merges_and_the_page_of_the_form() {
    let file = appendix2_xlsx(&filled("演示一村")).unwrap();
    let xml = text_part(&file, "xl/worksheets/sheet1.xml");
    let merges: Vec<&str> =
        xml.split("<mergeCell ref=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let mut sorted = merges.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["A11:G11", "A1:G1", "A2:G2", "A3:D3", "A4:A6", "A7:A10", "E3:G3"]);
    assert!(xml.contains(r#"paperSize="9""#) && !xml.contains("landscape"), "{xml}");
    assert!(xml.matches(r#"ht="33.75""#).count() == 3 && xml.matches(r#"ht="44.25""#).count() == 4);
    let custom = text_part(&file, "docProps/custom.xml");
    let expected = ["2023-06-01T00:00:00+08:00", "2023-06-20T09:02:03+08:00", ">2<"];
    assert!(expected.iter().all(|text| custom.contains(text)), "{custom}");
    assert!(custom.contains(&appendix2_content_sha256(&filled("演示一村"))));
}

#[test]
fn the_header_names_the_village_as_asked() {
    let header = |area: &str, name_mode: NameMode| {
        let form = Appendix2 { name_mode, ..filled(area) };
        docx_texts(&appendix2_docx(&form).unwrap()).0[2].split('\t').next().unwrap().to_owned()
    };
    assert_eq!(header("演示一村", NameMode::Stem), "演示一村（社区）");
    assert_eq!(header("示范社区", NameMode::Stem), "示范村（社区）");
    assert_eq!(header("示范社区", NameMode::Full), "示范社区");
    assert_eq!(header("葛城街道", NameMode::Stem), "葛城街道");
}

#[test]
fn a_workbook_begins_with_the_summary_and_its_own_numbers() {
    let file = appendix2_workbook_xlsx(&filled("葛城街道"), &[filled("演示一村"), empty()]).unwrap();
    let workbook: Xlsx<_> = Xlsx::new(Cursor::new(&file)).unwrap();
    assert_eq!(workbook.sheet_names(), ["街道汇总", "演示一村", "未命名"]);
    assert_eq!(sheet(&file, "街道汇总")[3][3], Data::Float(3.0));
}

#[test]
fn the_hash_covers_what_is_printed_only() {
    let base = appendix2_content_sha256(&filled("演示一村"));
    let mut other = filled("演示一村");
    other.properties.rev = 9;
    assert_eq!(appendix2_content_sha256(&other), base);
    other.values.overall[4] = None;
    assert_ne!(appendix2_content_sha256(&other), base, "zero and missing differ");
}

#[test]
fn the_empty_word_form_is_the_notice_cell_by_cell() {
    let file = appendix2_docx(&empty()).unwrap();
    let (outside, cells) = docx_texts(&file);
    let expected: Vec<String> = NOTICE.lines().map(|line| line.replace('⏎', "\n")).collect();
    let (table, notes) = expected[4..].split_at(expected.len() - 6);
    assert_eq!(outside[..2], expected[..2]);
    assert_eq!(outside[2], format!("{}\t{}", expected[2], expected[3]));
    assert_eq!(&outside[3..], notes);
    assert_eq!(cells, table);
    let xml = text_part(&file, "word/document.xml");
    assert_eq!(xml.matches("<w:gridCol ").count(), 7);
    assert_eq!(xml.matches(r#"<w:vMerge w:val="restart"/>"#).count(), 2);
    assert_eq!(xml.matches(r#"<w:vMerge w:val="continue"/>"#).count(), 5);
    assert!(xml.contains(r#"w:eastAsia="zh-CN""#));
}

fn appendix1(rows: Vec<Appendix1Row>) -> Appendix1 {
    Appendix1 {
        office_name: "葛城街道办事处".into(),
        area_name: "演示一村".into(),
        month_label: "2023年6月".into(),
        rows,
        properties: properties(),
    }
}

#[test]
fn the_empty_word_list_has_the_labels_and_four_blank_rows() {
    let file = appendix1_docx(&appendix1(vec![])).unwrap();
    let (outside, cells) = docx_texts(&file);
    assert_eq!(
        outside,
        ["附件1：", "葛城街道办事处重大事故隐患排查表", "注：本表5月份开始上报，每月30日前上报本月隐患排查情况。"]
    );
    let labels = [
        "序号",
        "排查单位",
        "排查时间",
        "排查图片",
        "排查地点",
        "有无重大隐患及隐患描述",
        "重大隐患处置情况及建议",
        "备注",
    ];
    assert_eq!(cells[..8], labels);
    assert_eq!(cells[8..], vec![String::new(); 32]);
    let xml = text_part(&file, "word/document.xml");
    assert!(xml.contains(r#"w:orient="landscape""#));
    assert_eq!((xml.matches("<w:tblHeader/>").count(), xml.matches("<w:cantSplit/>").count()), (1, 5));
}

#[test]
fn word_pictures_are_the_bytes_given_and_bad_ones_are_told() {
    let mut jpeg = Vec::new();
    image::RgbImage::new(32, 24).write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    let picture = CellPicture { jpeg: jpeg.clone().into(), width_px: 320, height_px: 240 };
    let broken = CellPicture { jpeg: b"no picture".as_slice().into(), width_px: 320, height_px: 240 };
    let rows = vec![Appendix1Row {
        number: Some(1),
        pictures: vec![picture, broken],
        finding: "<w:p>&甲\u{1}乙\n丙".into(),
        ..Appendix1Row::default()
    }];
    let file = appendix1_docx(&appendix1(rows.clone())).unwrap();
    assert_eq!(part(&file, "word/media/image1.jpg"), jpeg);
    let (_, cells) = docx_texts(&file);
    assert_eq!(cells[8], "1");
    assert_eq!(cells[11], "1张图片无法显示");
    assert_eq!(cells[13], "&lt;w:p&gt;&amp;甲\u{fffd}乙\n丙");
    let xml = text_part(&file, "word/document.xml");
    assert!(xml.contains(r#"<wp:extent cx="1044000" cy="783000"/>"#), "29 mm wide, aspect kept");
    assert!(text_part(&file, "word/_rels/document.xml.rels").contains(r#"Id="rId2""#) && xml.contains("rId2"));
    assert_eq!(file, appendix1_docx(&appendix1(rows)).unwrap(), "equal input, equal bytes");
}
