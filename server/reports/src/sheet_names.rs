//! Names of sheets: at most 31 characters, none of `[]:*?/\`, no apostrophe at either end, unique in the workbook
//! without regard to case. What a newcomer gets wrong: two villages may become equal only after cutting, so the number
//! that tells them apart must itself fit into the 31.

use std::collections::HashSet;

use crate::text::printable_line;

/// Longest name in UTF-16 units, as Excel counts.
const SHEET_NAME_UNITS_MAX: usize = 31;

/// Gives out names that are legal and not used before.
#[derive(Debug, Default)]
pub(crate) struct SheetNames {
    used: HashSet<String>,
}

impl SheetNames {
    /// The legal name nearest to `wanted`; a number in brackets tells equal ones apart.
    pub(crate) fn next(&mut self, wanted: &str) -> String {
        let base = legal(wanted);
        let mut name = cut(&base, SHEET_NAME_UNITS_MAX);
        let mut attempt = 2;
        while !self.used.insert(name.to_lowercase()) {
            let suffix = format!("({attempt})");
            name = format!("{}{suffix}", cut(&base, SHEET_NAME_UNITS_MAX - suffix.len()));
            attempt += 1;
        }
        name
    }
}

fn legal(wanted: &str) -> String {
    let replaced = printable_line(wanted).replace(['[', ']', ':', '*', '?', '/', '\\'], "_");
    let trimmed = replaced.trim_matches(['\'', ' ']);
    // Excel keeps "History" for itself.
    if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("history") {
        "未命名".to_owned()
    } else {
        trimmed.to_owned()
    }
}

fn cut(name: &str, units_max: usize) -> String {
    let mut units = 0;
    let kept: String = name
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= units_max
        })
        .collect();
    kept.trim_end_matches(['\'', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_unique() {
        let mut names = SheetNames::default();
        assert_eq!(names.next("演示一村"), "演示一村");
        assert_eq!(names.next("演示一村"), "演示一村(2)");
        assert_eq!(names.next("a/b:[c]*?\\"), "a_b__c____");
        assert_eq!(names.next("''"), "未命名");
        assert_eq!(names.next("History"), "未命名(2)");
        assert_eq!(names.next("ABC"), "ABC");
        assert_eq!(names.next("abc"), "abc(2)");
        let long = "长".repeat(40);
        assert_eq!(names.next(&long), "长".repeat(31));
        assert_eq!(names.next(&long), format!("{}(2)", "长".repeat(28)));
    }
}
