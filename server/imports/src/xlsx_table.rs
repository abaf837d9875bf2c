//! Reads the first filled sheet of an XLSX file, cell by cell, under limits on what it unpacks to. What a newcomer gets
//! wrong: the package may lie about its sizes, and the reader library trusts some numbers in it (a string count, the
//! corners of a sheet), so every part is unpacked once under a cap first and sheets are never read into one block.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};

use crate::MAX_UNPACKED_BYTES;
use crate::cells::{Cell, clean};
use crate::table::{ImportError, Table, TableBuilder};

/// Parts of a package; a sheet with pictures has some dozens.
const PARTS_MAX: usize = 5_000;
/// Merged areas looked at.
const MERGED_AREAS_MAX: usize = 20_000;
/// Strings a package may announce; the reader sets memory aside for as many as are announced.
const ANNOUNCED_STRINGS_MAX: u64 = 2_000_000;

pub(crate) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    check_package(bytes)?;
    // The reader library overflows on absurd cell names. It holds nothing but this call's own memory, so its panic is
    // one more way of saying that the file is no table.
    std::panic::catch_unwind(|| read_workbook(bytes)).unwrap_or(Err(ImportError::NotATable))
}

fn read_workbook(bytes: &[u8]) -> Result<Table, ImportError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| ImportError::NotATable)?;
    let visible: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    for name in &visible {
        let mut builder = read_sheet(&mut workbook, name)?;
        if builder.is_empty() {
            continue;
        }
        fill_merged(&mut workbook, name, &mut builder)?;
        let others = visible.iter().filter(|other| *other != name).cloned().collect();
        return Ok(builder.finish(Some(name.clone()), others));
    }
    Err(ImportError::Empty)
}

/// Unpacks every part once, keeping none, and refuses what is larger than it may be, whatever the directory declares.
fn check_package(bytes: &[u8]) -> Result<(), ImportError> {
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::NotATable)?;
    if package.len() > PARTS_MAX {
        return Err(ImportError::UnpacksTooLarge);
    }
    let mut left = MAX_UNPACKED_BYTES;
    for index in 0..package.len() {
        let part = package.by_index(index).map_err(|_| ImportError::NotATable)?;
        if part.size() > left {
            return Err(ImportError::UnpacksTooLarge);
        }
        let mut content = Vec::new();
        part.take(left + 1).read_to_end(&mut content).map_err(|_| ImportError::NotATable)?;
        left = left.checked_sub(content.len() as u64).ok_or(ImportError::UnpacksTooLarge)?;
        check_announced_strings(&content)?;
    }
    Ok(())
}

/// Finds every `uniqueCount="n"`, wherever it stands, and refuses large ones.
fn check_announced_strings(part: &[u8]) -> Result<(), ImportError> {
    const ATTRIBUTE: &[u8] = b"uniqueCount";
    const LONGEST_VALUE: usize = 64;
    // The attribute would be hidden from this search in a part written in UTF-16; no program writes such parts.
    if part.starts_with(&[0xff, 0xfe]) || part.starts_with(&[0xfe, 0xff]) || part.starts_with(b"<\0") {
        return Err(ImportError::NotATable);
    }
    let mut rest = part;
    while let Some(at) = rest.windows(ATTRIBUTE.len()).position(|window| window == ATTRIBUTE) {
        rest = &rest[at + ATTRIBUTE.len()..];
        let value: String = rest
            .iter()
            .take(LONGEST_VALUE)
            .map(|byte| char::from(*byte))
            .skip_while(|character| matches!(character, ' ' | '\t' | '\r' | '\n' | '=' | '"' | '\''))
            .take_while(char::is_ascii_digit)
            .collect();
        if !value.is_empty() && value.parse::<u64>().map_or(true, |count| count > ANNOUNCED_STRINGS_MAX) {
            return Err(ImportError::UnpacksTooLarge);
        }
    }
    Ok(())
}

fn read_sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<TableBuilder, ImportError> {
    let from_1904 = workbook.has_1904_epoch();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|_| ImportError::NotATable)?;
    let mut builder = TableBuilder::default();
    while let Some(found) = cells.next_cell().map_err(|_| ImportError::NotATable)? {
        let (row, column) = found.get_position();
        builder.put(row.saturating_add(1), column, cell(found.get_value(), from_1904))?;
    }
    Ok(builder)
}

fn cell(value: &DataRef<'_>, from_1904: bool) -> Cell {
    match value {
        DataRef::Empty => Cell::blank(),
        DataRef::String(text) => Cell::Text(clean(text)),
        DataRef::SharedString(text) => Cell::Text(clean(text)),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(clean(text)),
        // Integers beyond 2^53 have lost digits in the spreadsheet already, and show as such.
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(truth) => Cell::Text(if *truth { "是" } else { "否" }.to_owned()),
        DataRef::DateTime(serial) => Cell::DateSerial { days: serial.as_f64(), from_1904 },
        DataRef::Error(error) => Cell::Fault(error.to_string()),
    }
}

/// A cell merged over several rows counts for each of them, as people mean it when they merge the village of a block of
/// rows. Cells merged sideways (titles) stay in their first column.
fn fill_merged(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, builder: &mut TableBuilder) -> Result<(), ImportError> {
    let areas = workbook.merge_cells_by_sheet_name(name).map_err(|_| ImportError::NotATable)?;
    let last_row = builder.last_row();
    for area in areas.iter().take(MERGED_AREAS_MAX) {
        let (top, left) = (area.start.0.saturating_add(1), area.start.1);
        let bottom = area.end.0.saturating_add(1).min(last_row);
        if area.start.1 != area.end.1 {
            continue;
        }
        let Some(value) = builder.get(top, left).cloned() else { continue };
        for row in top.saturating_add(1)..=bottom {
            if builder.get(row, left).is_none_or(Cell::is_blank) && builder.has_row(row) {
                builder.put(row, left, value.clone())?;
            }
        }
    }
    Ok(())
}
