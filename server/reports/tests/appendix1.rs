//! 附件1 read back: cell texts through a spreadsheet reader, everything else in the parts of the package. All places and
//! people here are invented.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use std::io::{Cursor, Read};
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};
use paicha_reports::{
    Appendix1, Appendix1Row, CellPicture, FormProperties, ReportError, appendix1_content_sha256, appendix1_docx,
    appendix1_workbook_xlsx, appendix1_xlsx,
};

/// The form in the notice, in reading order, without its blank cells.
const NOTICE_CELLS: [&str; 11] = [
    "附件1：",
    "葛城街道办事处重大事故隐患排查表",
    "序号",
    "排查单位",
    "排查时间",
    "排查图片",
    "排查地点",
    "有无重大隐患及隐患描述",
    "重大隐患处置情况及建议",
    "备注",
    "注：本表5月份开始上报，每月30日前上报本月隐患排查情况。",
];

fn form(rows: Vec<Appendix1Row>) -> Appendix1 {
    Appendix1 {
        office_name: "葛城街道办事处".into(),
        area_name: "演示一村".into(),
        month_label: "2023年6月".into(),
        rows,
        properties: FormProperties {
            subject: "演示一村 2023-06".into(),
            cutoff: "2023-06-30T16:00:00Z".parse().unwrap(),
            as_of: "2023-06-30T01:02:03Z".parse().unwrap(),
            rev: 1,
        },
    }
}

fn row(number: u32) -> Appendix1Row {
    Appendix1Row {
        number: Some(number),
        inspecting_unit: "演示一村".into(),
        inspected_at: "2023年6月12日".into(),
        pictures: vec![],
        picture_note: "无图".into(),
        place: "演示机械厂".into(),
        finding: "无".into(),
        handling: "/".into(),
        remark: String::new(),
    }
}

fn picture(width_px: u32, height_px: u32, shade: u8) -> CellPicture {
    let mut jpeg = Vec::new();
    let pixels = image::RgbImage::from_pixel(width_px, height_px, image::Rgb([shade, 120, 90]));
    pixels.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    CellPicture { jpeg: jpeg.into(), width_px, height_px }
}

/// Rows of a sheet; the first row and column of the sheet are the first here.
fn cells(file: &[u8], sheet: &str) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    assert_eq!(range.start(), Some((0, 0)));
    range.rows().map(<[Data]>::to_vec).collect()
}

fn part(file: &[u8], name: &str) -> String {
    let mut package = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut text = String::new();
    package.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn part_names(file: &[u8]) -> Vec<String> {
    zip::ZipArchive::new(Cursor::new(file)).unwrap().file_names().map(|name| name.unwrap().into_owned()).collect()
}

fn text(data: &Data) -> &str {
    match data {
        Data::String(text) => text,
        Data::Empty => "",
        other => panic!("not a text: {other:?}"),
    }
}

fn row_heights(sheet_xml: &str) -> Vec<f64> {
    sheet_xml.split(" ht=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn empty_form_reads_like_the_notice() {
    let file = appendix1_xlsx(&form(vec![])).unwrap();
    let cells = cells(&file, "演示一村");

    let filled: Vec<&str> = cells.iter().flatten().map(text).filter(|text| !text.is_empty()).collect();
    assert_eq!(filled, NOTICE_CELLS);
    assert_eq!(cells.len(), 8, "title, labels, four blank rows and the note");
    assert_eq!(text(&cells[7][0]), NOTICE_CELLS[10]);
}

#[test]
fn page_is_set_as_the_design_says() {
    let file = appendix1_xlsx(&form(vec![row(1), row(2), row(3), row(4), row(5)])).unwrap();
    let sheet = part(&file, "xl/worksheets/sheet1.xml");

    assert!(sheet.contains(
        r#"<mergeCells count="3"><mergeCell ref="A1:H1"/><mergeCell ref="A2:H2"/><mergeCell ref="A9:H9"/></mergeCells>"#
    ));
    assert!(sheet.contains(r#"<pageSetUpPr fitToPage="1"/>"#));
    assert!(sheet.contains(r#"<pageSetup paperSize="9" fitToHeight="0" orientation="landscape""#));
    assert!(sheet.contains(r#"<printOptions horizontalCentered="1"/>"#));
    let foot = "<oddFooter>&amp;L&amp;9演示一村 2023-06　第1版&amp;C&amp;9第 &amp;P 页 共 &amp;N 页</oddFooter>";
    assert!(sheet.contains(foot), "{sheet}");
    let word = appendix1_docx(&form(vec![row(1)])).unwrap();
    let foot = part(&word, "word/footer1.xml");
    assert!(foot.contains("演示一村 2023-06　第1版") && foot.contains(r#"w:instr=" NUMPAGES ""#), "{foot}");
    assert!(part(&word, "word/document.xml").contains(r#"<w:footerReference w:type="default" r:id="rId2"/>"#));
    assert!(part(&file, "xl/workbook.xml").contains("Print_Titles\" localSheetId=\"0\">演示一村!$3:$3</definedName>"));
    let styles = part(&file, "xl/styles.xml");
    for font in ["方正小标宋简体", "黑体", "仿宋_GB2312"] {
        assert!(styles.contains(font), "{font}");
    }
}

#[test]
fn properties_tell_two_printouts_apart() {
    let report = form(vec![row(1)]);
    let file = appendix1_xlsx(&report).unwrap();

    let core = part(&file, "docProps/core.xml");
    assert!(core.contains("<dc:title>葛城街道办事处重大事故隐患排查表（2023年6月）</dc:title>"));
    assert!(core.contains("<dc:subject>演示一村 2023-06</dc:subject>"));
    assert!(core.contains("2023-06-30T01:02:03Z"));
    let custom = part(&file, "docProps/custom.xml");
    assert!(custom.contains("2023-07-01T00:00:00+08:00") && custom.contains("2023-06-30T09:02:03+08:00"));
    assert!(custom.contains(&appendix1_content_sha256(&report)));
    assert_eq!(file, appendix1_xlsx(&report).unwrap(), "equal input gives equal bytes");
}

#[test]
fn content_hash_follows_what_is_printed() {
    let report = form(vec![row(1)]);
    let hash = appendix1_content_sha256(&report);

    let mut exported_later = report.clone();
    exported_later.properties.as_of = "2023-07-02T00:00:00Z".parse().unwrap();
    assert_eq!(appendix1_content_sha256(&exported_later), hash);
    let mut moved = report;
    moved.rows[0].place = "演示机械".into();
    moved.rows[0].finding = "厂无".into();
    assert_ne!(appendix1_content_sha256(&moved), hash);
}

#[test]
fn pictures_are_anchored_drawings_that_keep_their_aspect() {
    let mut first = row(1);
    first.pictures = vec![picture(320, 240, 10), picture(180, 320, 200)];
    first.picture_note = "等5张".into();
    let file = appendix1_xlsx(&form(vec![first, row(2)])).unwrap();

    let drawing = part(&file, "xl/drawings/drawing1.xml");
    assert_eq!(
        drawing.matches("<xdr:twoCellAnchor>").count(),
        2,
        "move and size with cells is the default of the anchor"
    );
    assert_eq!(drawing.matches("<xdr:from><xdr:col>3</xdr:col>").count(), 2);
    assert_eq!(drawing.matches("<xdr:to><xdr:col>3</xdr:col>").count(), 2);
    assert_eq!(drawing.matches("<xdr:row>3</xdr:row>").count(), 4);
    let mut sizes: Vec<(f64, f64)> = drawing
        .split("<a:ext cx=\"")
        .skip(1)
        .map(|rest| {
            let mut numbers = rest.split('"');
            (numbers.next().unwrap().parse().unwrap(), numbers.nth(1).unwrap().parse().unwrap())
        })
        .map(|(width_emu, height_emu): (f64, f64)| (width_emu / 36_000.0, height_emu / 36_000.0))
        .collect();
    sizes.sort_by(|left, right| right.0.total_cmp(&left.0));
    assert!((sizes[0].0 - 29.0).abs() < 0.2 && (sizes[0].1 - 21.75).abs() < 0.2, "{sizes:?}");
    assert!((sizes[1].0 - 15.19).abs() < 0.2 && (sizes[1].1 - 27.0).abs() < 0.2, "{sizes:?}");
    assert_eq!(text(&cells(&file, "演示一村")[3][3]), "等5张");
    assert!(!part_names(&file).iter().any(|name| name.contains("richData") || name.contains("cellimages")));
    let heights = row_heights(&part(&file, "xl/worksheets/sheet1.xml"));
    assert!(heights[3] >= 90.7 + 16.0, "the note has room under the pictures: {heights:?}");
}

#[test]
fn broken_picture_prints_a_note() {
    let mut first = row(1);
    let good = picture(40, 30, 9);
    let cut = CellPicture { jpeg: Arc::from(&good.jpeg[..20]), ..good.clone() };
    let nothing = CellPicture { jpeg: Arc::from(&b"GIF89a"[..]), width_px: 0, height_px: 0 };
    first.pictures = vec![cut, nothing];
    first.picture_note = String::new();
    let file = appendix1_xlsx(&form(vec![first])).unwrap();

    assert_eq!(text(&cells(&file, "演示一村")[3][3]), "2张图片无法显示");
    let mut crowded = row(1);
    crowded.pictures = vec![good.clone(), good.clone(), good];
    assert!(matches!(appendix1_xlsx(&form(vec![crowded])), Err(ReportError::TooManyPictures { row: 1, pictures: 3 })));
}

#[test]
fn text_stays_text() {
    let hostile = [
        "=HYPERLINK(\"http://example.invalid\",\"点\")",
        "+1+1",
        "@SUM(A1)",
        "00123",
        "1e5",
        "https://example.invalid/",
        "<r><t>甲</t></r>",
        "_x0041_ & <b> \"引号\"",
        "甲\u{0}乙\u{b}丙",
    ];
    let rows = hostile.iter().map(|text| Appendix1Row { place: (*text).into(), ..row(1) }).collect();
    let file = appendix1_xlsx(&form(rows)).unwrap();

    let read: Vec<String> = cells(&file, "演示一村")[3..12].iter().map(|row| text(&row[4]).to_owned()).collect();
    let mut expected: Vec<String> = hostile.iter().map(|text| (*text).to_owned()).collect();
    expected[6] = "＜r><t>甲</t></r>".into();
    expected[8] = "甲\u{fffd}乙\u{fffd}丙".into();
    assert_eq!(read, expected);
    let sheet = part(&file, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>") && !sheet.contains("hyperlink"));
}

#[test]
fn long_text_goes_on_in_further_rows_and_none_is_lost() {
    let finding = "燃气管道穿越密闭空间未采取通风措施。".repeat(30);
    let file = appendix1_xlsx(&form(vec![Appendix1Row { finding: finding.clone(), ..row(7) }, row(8)])).unwrap();
    let cells = cells(&file, "演示一村");

    assert_eq!(cells[3][0], Data::Float(7.0));
    assert_eq!(text(&cells[4][0]), "7续");
    let last = cells.iter().position(|row| row[0] == Data::Float(8.0)).unwrap();
    let printed: String = cells[3..last].iter().map(|row| text(&row[5])).collect();
    assert_eq!(printed, finding);
    assert!(row_heights(&part(&file, "xl/worksheets/sheet1.xml")).iter().all(|height| *height <= 409.0));
}

#[test]
fn endless_text_is_cut_visibly() {
    let endless = "长".repeat(200_000);
    let newlines = format!("甲{}乙", "\n".repeat(50_000));
    let rows = vec![Appendix1Row { finding: endless, ..row(1) }, Appendix1Row { remark: newlines, ..row(2) }];
    let file = appendix1_xlsx(&form(rows)).unwrap();
    let cells = cells(&file, "演示一村");

    assert!(cells.len() < 70);
    assert_eq!(cells.iter().filter(|row| text(&row[5]).ends_with("（文字过长，其余见系统记录）")).count(), 1);
    assert_eq!(cells.iter().filter(|row| text(&row[7]).ends_with("（文字过长，其余见系统记录）")).count(), 1);
}

#[test]
fn workbook_of_a_subdistrict_has_the_summary_first() {
    let mut other = form(vec![row(1)]);
    other.area_name = "演示/二村".into();
    let summary = form(vec![row(1), row(2)]);
    let file = appendix1_workbook_xlsx(&summary, &[form(vec![]), other.clone(), other]).unwrap();

    let workbook: Xlsx<_> = Xlsx::new(Cursor::new(&file)).unwrap();
    assert_eq!(workbook.sheet_names(), ["街道汇总", "演示一村", "演示_二村", "演示_二村(2)"]);
    assert_eq!(cells(&file, "街道汇总")[4][0], Data::Float(2.0));
    assert_eq!(cells(&file, "演示_二村")[3][0], Data::Float(1.0));
}

#[test]
fn too_many_rows_are_refused_with_advice() {
    let error = appendix1_xlsx(&form(vec![row(1); 5_001])).unwrap_err();
    assert_eq!(error.to_string(), "“演示一村”本月有5001行，超过一张表的上限5000行，未导出；请按村（社区）分别导出");
}
