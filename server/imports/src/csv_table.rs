//! Reads CSV as offices make it: UTF-8 or GBK, with or without byte order mark, commas, semicolons or tabs. What a
//! newcomer gets wrong: a cell may hold line ends and blank lines count as rows, as they do in the spreadsheet program; the
//! usual reader library passes over blank lines and cannot tell, so that errors would point at the wrong rows.

use std::iter::Peekable;
use std::str::Chars;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::cells::{Cell, clean};
use crate::table::{ImportError, Table, TableBuilder};

pub(crate) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let separator = separator(&text);
    let mut builder = TableBuilder::default();
    let (mut row, mut column) = (1_u32, 0_u32);
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        let (field, end) = next_field(&mut characters, separator);
        builder.put(row, column, Cell::Text(clean(&field)))?;
        match end {
            FieldEnd::Separator => column = column.saturating_add(1),
            FieldEnd::Record => (row, column) = (row.saturating_add(1), 0),
        }
    }
    Ok(builder.finish(None, Vec::new()))
}

/// What ended a field; the end of the text ends a record.
enum FieldEnd {
    Separator,
    Record,
}

/// Takes one field. A quotation mark is one only where a field begins, as in Excel; inside, two of them stand for one.
fn next_field(characters: &mut Peekable<Chars<'_>>, separator: char) -> (String, FieldEnd) {
    let mut field = String::new();
    let mut quoted = characters.next_if_eq(&'"').is_some();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            character if quoted => field.push(character),
            '\n' => return (field, FieldEnd::Record),
            character if character == separator => return (field, FieldEnd::Separator),
            character => field.push(character),
        }
    }
    (field, FieldEnd::Record)
}

fn decode(bytes: &[u8]) -> Result<String, ImportError> {
    let wide = match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = wide {
        let (text, damaged) = encoding.decode_with_bom_removal(bytes);
        return if damaged { Err(ImportError::UnknownEncoding) } else { Ok(text.into_owned()) };
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(_) => {
            let (text, damaged) = GB18030.decode_without_bom_handling(bytes);
            if damaged {
                return Err(ImportError::UnknownEncoding);
            }
            text.into_owned()
        }
    };
    // Binary files pass as text now and then; a table never holds a zero byte.
    if text.contains('\0') { Err(ImportError::NotATable) } else { Ok(text) }
}

/// The separator that the first lines use most.
fn separator(text: &str) -> char {
    const LINES_LOOKED_AT: usize = 10;
    let count = |separator: char| text.lines().take(LINES_LOOKED_AT).map(|line| line.matches(separator).count()).sum();
    let (commas, tabs, semicolons): (usize, usize, usize) = (count(','), count('\t'), count(';'));
    if tabs > commas && tabs >= semicolons {
        '\t'
    } else if semicolons > commas {
        ';'
    } else {
        ','
    }
}
