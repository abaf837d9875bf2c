//! Files as they come in: encodings, separators, sheets, merged cells, limits and packages made to hurt.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use std::io::{Cursor, Read, Write};

use encoding_rs::GB18030;
use paicha_imports::{Cell, ImportError, MAX_IMPORT_BYTES, Table, parse_table};
use rust_xlsxwriter::{Format, Workbook};

const CSV: &str = "企业名称,电话\r\n演示厂,13800000000\r\n";

fn texts(table: &Table) -> Vec<(u32, Vec<String>)> {
    table.rows.iter().map(|row| (row.number, row.cells.iter().map(Cell::text).collect())).collect()
}

fn row(number: u32, texts: &[&str]) -> (u32, Vec<String>) {
    (number, texts.iter().map(|text| (*text).to_owned()).collect())
}

fn parse(bytes: &[u8]) -> Result<Table, ImportError> {
    parse_table(bytes, "演示.xlsx")
}

/// Copies a package with one part changed.
fn with_part(package: &[u8], name: &str, change: impl Fn(String) -> Vec<u8>) -> Vec<u8> {
    let mut source = zip::ZipArchive::new(Cursor::new(package)).unwrap();
    let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..source.len() {
        let mut part = source.by_index(index).unwrap();
        let part_name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if part_name == name {
            content = change(String::from_utf8(content).unwrap());
        }
        target.start_file(part_name, zip::write::SimpleFileOptions::default()).unwrap();
        target.write_all(&content).unwrap();
    }
    target.finish().unwrap().into_inner()
}

fn small_workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "企业名称").unwrap();
    sheet.write_string(1, 0, "演示厂").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn every_usual_encoding_of_csv_is_read() {
    let gbk = GB18030.encode(CSV).0.into_owned();
    let with_mark = format!("\u{feff}{CSV}").into_bytes();
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(CSV.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let expected = [row(1, &["企业名称", "电话"]), row(2, &["演示厂", "13800000000"])];

    assert_eq!(texts(&parse(CSV.as_bytes()).unwrap()), expected);
    assert_eq!(texts(&parse(&gbk).unwrap()), expected);
    assert_eq!(texts(&parse(&with_mark).unwrap()), expected);
    assert_eq!(texts(&parse(&wide).unwrap()), expected);
    assert_eq!(texts(&parse(CSV.replace(',', "\t").as_bytes()).unwrap()), expected);
    assert_eq!(texts(&parse(CSV.replace(',', ";").as_bytes()).unwrap()), expected);
}

#[test]
fn row_numbers_are_those_of_the_sheet() {
    let csv = "名称,地址\n\n\"甲\"\"厂\",\"一行\r\n二,行\"\r\n\r\n乙\"厂,丙路";
    assert_eq!(
        texts(&parse(csv.as_bytes()).unwrap()),
        [row(1, &["名称", "地址"]), row(3, &["甲\"厂", "一行 二,行"]), row(5, &["乙\"厂", "丙路"])]
    );
}

#[test]
fn first_filled_visible_sheet_is_read_and_the_others_are_named() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("封面").unwrap();
    let hidden = workbook.add_worksheet();
    hidden.set_name("隐藏").unwrap().set_hidden(true);
    hidden.write_string(0, 0, "不读").unwrap();
    let sheet = workbook.add_worksheet().set_name("台账").unwrap();
    sheet.write_string(2, 1, "　演示厂 ").unwrap();
    sheet.write_number(2, 2, 13_800_000_000.0).unwrap();
    sheet.write_number_with_format(2, 3, 45_082.0, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
    sheet.write_blank(40_000, 0, &Format::new().set_bold()).unwrap();
    let table = parse(&workbook.save_to_buffer().unwrap()).unwrap();

    assert_eq!(table.sheet_name.as_deref(), Some("台账"));
    assert_eq!(table.other_sheets, ["封面"]);
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0].number, 3);
    assert_eq!(
        table.rows[0].cells,
        [
            Cell::blank(),
            Cell::Text("演示厂".into()),
            Cell::Number(13_800_000_000.0),
            Cell::DateSerial { days: 45_082.0, from_1904: false }
        ]
    );
}

#[test]
fn village_merged_over_rows_counts_for_each() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 0, 1, "演示台账", &Format::new()).unwrap();
    sheet.merge_range(1, 0, 3, 0, "演示村", &Format::new()).unwrap();
    for (line, name) in (1_u32..).zip(["甲厂", "乙厂", "丙厂"]) {
        sheet.write_string(line, 1, name).unwrap();
    }
    assert_eq!(
        texts(&parse(&workbook.save_to_buffer().unwrap()).unwrap()),
        [row(1, &["演示台账"]), row(2, &["演示村", "甲厂"]), row(3, &["演示村", "乙厂"]), row(4, &["演示村", "丙厂"])]
    );
}

#[test]
fn what_is_no_table_is_refused_with_advice() {
    assert_eq!(parse(b""), Err(ImportError::Empty));
    assert_eq!(parse(b"\r\n,,\r\n"), Err(ImportError::Empty));
    assert_eq!(parse(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Err(ImportError::OldExcel));
    assert_eq!(parse(b"PK\x03\x04nonsense"), Err(ImportError::NotATable));
    assert_eq!(parse(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(ImportError::NotATable));
    assert_eq!(parse(b"\xff\xff\x41"), Err(ImportError::UnknownEncoding));
    assert_eq!(parse(b"a\0b"), Err(ImportError::NotATable));
    assert!(ImportError::OldExcel.to_string().contains("另存为"));
}

#[test]
fn limits_are_kept() {
    let too_large = vec![b'a'; MAX_IMPORT_BYTES + 1];
    assert_eq!(parse(&too_large), Err(ImportError::TooLarge { bytes: MAX_IMPORT_BYTES + 1 }));
    assert_eq!(parse("甲\n".repeat(10_001).as_bytes()), Err(ImportError::TooManyRows));
    assert_eq!(parse("a,".repeat(65).as_bytes()), Err(ImportError::TooManyColumns));
    assert_eq!(parse("长".repeat(2_001).as_bytes()), Err(ImportError::CellTooLong { row: 1 }));
    assert_eq!(parse("甲\n".repeat(10_000).as_bytes()).map(|table| table.rows.len()), Ok(10_000));
}

#[test]
fn package_that_unpacks_to_too_much_is_refused() {
    let bomb = with_part(&small_workbook(), "xl/worksheets/sheet1.xml", |_| vec![b' '; 70 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(parse(&bomb), Err(ImportError::UnpacksTooLarge));
}

#[test]
fn package_that_lies_about_its_sizes_is_refused() {
    let mut bomb = with_part(&small_workbook(), "xl/worksheets/sheet1.xml", |_| vec![b' '; 70 * 1024 * 1024]);
    let declared = (70_u32 * 1024 * 1024).to_le_bytes();
    let places: Vec<usize> = (0..bomb.len() - 4).filter(|at| bomb[*at..*at + 4] == declared).collect();
    assert!(!places.is_empty());
    for at in places {
        bomb[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    assert!(matches!(parse(&bomb), Err(ImportError::UnpacksTooLarge | ImportError::NotATable)));
}

#[test]
fn announced_string_count_cannot_take_the_memory() {
    let lie = |count: &str| {
        with_part(&small_workbook(), "xl/sharedStrings.xml", |xml| {
            assert!(xml.contains("uniqueCount=\"2\""));
            xml.replace("uniqueCount=\"2\"", count).into_bytes()
        })
    };
    assert!(parse(&lie("uniqueCount=\"2\"")).is_ok());
    assert_eq!(parse(&lie("uniqueCount=\"9999999999999\"")), Err(ImportError::UnpacksTooLarge));
    assert_eq!(parse(&lie("uniqueCount = '99999999999999999999999'")), Err(ImportError::UnpacksTooLarge));
}

#[test]
fn absurd_cell_names_are_an_answer_and_no_crash() {
    let named = |name: &str| {
        with_part(&small_workbook(), "xl/worksheets/sheet1.xml", |xml| {
            assert!(xml.contains("r=\"A2\""));
            xml.replace("r=\"A2\"", &format!("r=\"{name}\"")).into_bytes()
        })
    };
    assert!(parse(&named("ZZZZZZZZZZZZ2")).is_err());
    assert!(parse(&named("A99999999999999999999")).is_err());
    assert!(parse(&named("")).is_err());
}

#[test]
fn far_corner_of_a_sheet_is_not_unrolled() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "甲").unwrap();
    sheet.write_string(1_048_575, 16_383, "乙").unwrap();
    assert_eq!(parse(&workbook.save_to_buffer().unwrap()), Err(ImportError::TooManyRows));
}
