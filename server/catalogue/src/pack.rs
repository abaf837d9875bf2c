//! One pack: a JSON object that people can read and write. What a newcomer gets wrong: errors are for whoever wrote the file, so they say which
//! item, in Chinese.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use sync_protocol::schema::{PLACE_TYPES, SECTORS};
use sync_protocol::time::LocalDate;

/// The format of packs that this version reads.
const FORMAT: u32 = 1;
/// Bytes of a pack at most.
const PACK_BYTES_MAX: usize = 2 << 20;
/// Items of a pack at most.
const ITEMS_MAX: usize = 2_000;
/// Characters of a code at most.
const CODE_CHARS_MAX: usize = 40;

/// What a pack holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackKind {
    /// 判定标准: each item makes a hazard 重大.
    Criteria,
    /// 检查表: items that are looked at.
    Checklist,
}

/// How far an item was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Read in full and compared; reaches phones.
    Verified,
    /// To be compared with the official text first; supervisors see it.
    Doubtful,
    /// Not used any more.
    Withdrawn,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable for ever: `GM-2023-3.1`.
    pub code: String,
    /// Article of the document.
    pub article: String,
    /// The official text.
    pub text: String,
    /// How far it was checked.
    pub status: Status,
    /// Types of places that it is about (`place.place_type`); with `sectors` empty too, every place. One fitting type or sector is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub place_types: Vec<String>,
    /// 行业领域 that it is about (`place.sector`), where that is narrower than its pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sectors: Vec<String>,
}

/// One edition of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Format of the file; 1.
    pub format: u32,
    /// Domain and year: `GM-2023`.
    pub code: String,
    /// Name of the standard.
    pub title: String,
    /// Number of the document.
    pub doc_no: String,
    /// First day in force, `YYYY-MM-DD`.
    pub effective_from: LocalDate,
    /// Last day in force.
    pub effective_to: Option<LocalDate>,
    /// 行业领域, if it is about one.
    pub sector: Option<String>,
    /// What it holds.
    pub kind: PackKind,
    /// Where its text comes from and how far it was read.
    pub source: String,
    /// Items that the whole standard has, where that is known.
    pub items_total: Option<u32>,
    /// The items that were read.
    pub items: Vec<Item>,
}

/// Why a text is no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not JSON of this shape.
    #[error("不是标准包文件：{0}")]
    Unreadable(String),
    /// Too large.
    #[error("标准包太大（最多 2 MiB、{ITEMS_MAX} 条）")]
    TooLarge,
    /// Another format.
    #[error("标准包格式 {0} 不支持，本版本只读格式 {FORMAT}")]
    Format(u32),
    /// A code that is none.
    #[error("编号“{0}”不对：应以包的编号开头，只用字母、数字、点和横线")]
    Code(String),
    /// A code twice.
    #[error("编号“{0}”重复")]
    Twice(String),
    /// Nothing in it.
    #[error("“{0}”没有内容")]
    Empty(String),
    /// A type of place or 行业领域 that the schema does not know.
    #[error("“{item}”适用的“{code}”不是场所类型或行业领域的代码")]
    Applies {
        /// The item.
        item: String,
        /// What nobody knows.
        code: String,
    },
    /// The last day lies before the first.
    #[error("废止日期早于施行日期")]
    Dates,
    /// A code of the pack that it replaces is gone.
    #[error("编号“{0}”在原来的标准包中有，新的没有：编号不能取消，停用的请写 withdrawn")]
    Vanished(String),
}

/// Reads and checks a pack.
///
/// # Errors
/// [`PackError`].
pub fn read_pack(text: &str) -> Result<Pack, PackError> {
    if text.len() > PACK_BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let pack: Pack = serde_json::from_str(text).map_err(|error| PackError::Unreadable(error.to_string()))?;
    if pack.format != FORMAT {
        return Err(PackError::Format(pack.format));
    }
    if pack.items.len() > ITEMS_MAX {
        return Err(PackError::TooLarge);
    }
    if !is_code(&pack.code) {
        return Err(PackError::Code(pack.code));
    }
    if pack.effective_to.is_some_and(|to| to < pack.effective_from) {
        return Err(PackError::Dates);
    }
    let mut codes = BTreeSet::new();
    for item in &pack.items {
        if !is_code(&item.code) || !item.code.starts_with(&format!("{}-", pack.code)) {
            return Err(PackError::Code(item.code.clone()));
        }
        if item.text.trim().is_empty() {
            return Err(PackError::Empty(item.code.clone()));
        }
        if !codes.insert(&item.code) {
            return Err(PackError::Twice(item.code.clone()));
        }
        if let Some(code) = unknown_place(item) {
            return Err(PackError::Applies { item: item.code.clone(), code: code.to_owned() });
        }
    }
    if pack.items.is_empty() || pack.title.trim().is_empty() {
        return Err(PackError::Empty(pack.code));
    }
    Ok(pack)
}

/// What an item is said to be about and the schema does not know; phones would never offer it.
fn unknown_place(item: &Item) -> Option<&str> {
    let types = item.place_types.iter().map(|code| (code, PLACE_TYPES));
    let sectors = item.sectors.iter().map(|code| (code, SECTORS));
    types.chain(sectors).find(|(code, known)| !known.contains(&code.as_str())).map(|(code, _)| code.as_str())
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= CODE_CHARS_MAX
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-')
}

impl Pack {
    /// Whether it is in force on a day.
    pub fn is_in_force(&self, on: LocalDate) -> bool {
        self.is_in_force_within(on, on)
    }

    /// Whether it is in force on some day from `from` to `until`.
    pub fn is_in_force_within(&self, from: LocalDate, until: LocalDate) -> bool {
        self.effective_from <= until && self.effective_to.is_none_or(|to| from <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"format":1,"code":"XX-2024","title":"演示标准","doc_no":"演示1号","effective_from":"2024-01-01",
        "effective_to":null,"sector":null,"kind":"criteria","source":"虚构","items_total":null,
        "items":[{"code":"XX-2024-1","article":"1","text":"演示条文","status":"verified"}]}"#;

    #[test]
    fn what_is_wrong_with_a_pack_is_said() {
        read_pack(GOOD).unwrap();
        let wrong = |from: &str, to: &str| read_pack(&GOOD.replace(from, to)).unwrap_err().to_string();
        assert!(wrong("\"format\":1", "\"format\":2").contains("格式 2"));
        assert!(wrong("XX-2024-1", "YY-1").contains("YY-1"));
        assert!(wrong("演示条文", " ").contains("XX-2024-1"));
        assert!(wrong("\"effective_to\":null", "\"effective_to\":\"2023-01-01\"").contains("废止日期"));
        let about = |what: &str| format!("\"status\":\"verified\",{what}}}]");
        assert!(wrong("\"status\":\"verified\"}]", &about("\"place_types\":[\"castle\"]")).contains("castle"));
        assert!(wrong("\"status\":\"verified\"}]", &about("\"sectors\":[\"enterprise\"]")).contains("enterprise"));
        read_pack(
            &GOOD.replace("\"status\":\"verified\"}]", &about("\"place_types\":[\"forest\"],\"sectors\":[\"fire\"]")),
        )
        .unwrap();
        assert!(wrong("\"effective_from\":\"2024-01-01\"", "\"effective_from\":\"1月1日\"").contains("不是标准包文件"));
        assert!(
            wrong(
                "\"items\":[",
                "\"items\":[{\"code\":\"XX-2024-1\",\"article\":\"\",\"text\":\"x\",\"status\":\"verified\"},"
            )
            .contains("重复")
        );
    }
}
