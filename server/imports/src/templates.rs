//! Empty tables to fill in: UTF-8 with a byte order mark, which makes Excel show Chinese, and one example row that an
//! import passes over. What a newcomer gets wrong: the headings come from the same lists that reading uses, so a template
//! can never fail to import.

use crate::columns::Field;
use crate::{enterprises, people};

const ENTERPRISE_EXAMPLE: [&str; 13] = [
    "示例（导入时自动跳过）",
    "演示村",
    "",
    "企业",
    "工贸",
    "12",
    "张某",
    "13800000000",
    "演示路1号",
    "108.6600",
    "31.9500",
    "WGS84",
    "李某",
];
const PERSON_EXAMPLE: [&str; 5] = ["示例（导入时自动跳过）", "13800000000", "排查员", "演示村", ""];

/// The template of [`crate::enterprises`].
#[must_use]
pub fn enterprises_template_csv() -> Vec<u8> {
    template(&enterprises::FIELDS, &ENTERPRISE_EXAMPLE)
}

/// The template of [`crate::people`].
#[must_use]
pub fn people_template_csv() -> Vec<u8> {
    template(&people::FIELDS, &PERSON_EXAMPLE)
}

fn template(fields: &[Field], example: &[&str]) -> Vec<u8> {
    let headings: Vec<&str> = fields.iter().map(Field::name).collect();
    format!("\u{feff}{}\r\n{}\r\n", headings.join(","), example.join(",")).into_bytes()
}
