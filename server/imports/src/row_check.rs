//! Reads one data row field by field and notes what is wrong with it; the checks that enterprises and people share live
//! here. What a newcomer gets wrong: a check goes on after the first error, so that a person mends a row once.

use crate::cells::Cell;
use crate::columns::{Field, Headings};
use crate::outcome::ImportOutcome;
use crate::table::TableRow;
use crate::villages::KnownVillages;

/// A row being read.
pub(crate) struct RowCheck<'check, T> {
    pub(crate) row: &'check TableRow,
    pub(crate) headings: &'check Headings,
    pub(crate) fields: &'check [Field],
    pub(crate) outcome: &'check mut ImportOutcome<T>,
    pub(crate) failed: bool,
}

impl<T> RowCheck<'_, T> {
    /// Notes an error at a field of this row.
    pub(crate) fn fail(&mut self, field: usize, message_zh: impl Into<String>) {
        let heading = self.headings.heading(self.row, field, self.fields);
        let value = self.headings.text(self.row, field);
        self.outcome.fail(self.row.number, &heading, &value, message_zh);
        self.failed = true;
    }

    /// The text of a field, `None` when blank or unusable; a blank required field is an error.
    pub(crate) fn text(&mut self, field: usize) -> Option<String> {
        let cell = self.headings.cell(self.row, field);
        if let Cell::Fault(_) = cell {
            self.fail(field, "单元格是公式错误，请改成文字或数字");
            return None;
        }
        if cell.has_lost_digits() {
            self.fail(field, "号码以数字格式存放，末几位已被表格软件改成0；请把这一列设为“文本”格式后重新填写");
            return None;
        }
        let text = cell.text();
        if text.is_empty() {
            if self.fields[field].required {
                self.fail(field, format!("“{}”必须填写", self.fields[field].name()));
            }
            return None;
        }
        Some(text)
    }

    /// A text within a length.
    pub(crate) fn short_text(&mut self, field: usize, characters_max: usize) -> Option<String> {
        let text = self.text(field)?;
        if text.chars().count() > characters_max {
            self.fail(field, format!("超过{characters_max}字，请缩短"));
            return None;
        }
        Some(text)
    }

    /// The real name of a person.
    pub(crate) fn person_name(&mut self, field: usize) -> Option<String> {
        const NAME_CHARACTERS_MAX: usize = 40;
        let name = self.short_text(field, NAME_CHARACTERS_MAX)?;
        if name.chars().any(|character| character.is_ascii_digit()) {
            self.fail(field, "姓名里有数字，请填写真实姓名，电话另填一列");
            return None;
        }
        Some(name)
    }

    /// One telephone number, digits only.
    pub(crate) fn phone(&mut self, field: usize) -> Option<String> {
        let text = self.text(field)?;
        let digits: String =
            text.chars().filter(|character| !matches!(character, ' ' | '-' | '(' | ')' | '（' | '）')).collect();
        let digits = digits.strip_prefix("+86").unwrap_or(&digits).to_owned();
        if is_mobile(&digits) || is_landline(&digits) {
            return Some(digits);
        }
        self.fail(field, "电话不对，请填一个11位手机号，或带区号的座机号");
        None
    }

    /// The code of the village a field names.
    pub(crate) fn village(&mut self, field: usize, villages: &KnownVillages) -> Option<String> {
        let text = self.text(field)?;
        match villages.find(&text) {
            Ok(code) => Some(code.to_owned()),
            Err(miss) => {
                self.fail(field, villages.message_zh(miss));
                None
            }
        }
    }
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1' && bytes[1] >= b'3'
}

fn is_landline(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let length = bytes.len();
    let with_area = bytes.first() == Some(&b'0') && (10..=12).contains(&length);
    let local = bytes.first().is_some_and(|digit| *digit >= b'2') && (7..=8).contains(&length);
    bytes.iter().all(u8::is_ascii_digit) && (with_area || local)
}
