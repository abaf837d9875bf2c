//! One cell of an import file and how its text is cleaned: full-width characters, stray spaces, numbers that are really
//! texts. It is not for rules about any column. What a newcomer gets wrong: a spreadsheet keeps only fifteen digits of a
//! number, so a long code that was typed as a number is damaged and must not be accepted.

/// What stood in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, cleaned of outer white space; empty for a blank cell.
    Text(String),
    /// A number without a date format.
    Number(f64),
    /// A number with a date format: days since the epoch of the file.
    DateSerial {
        /// Days, with the time as fraction.
        days: f64,
        /// Whether the file counts from 1904 instead of 1900.
        from_1904: bool,
    },
    /// A formula error such as `#N/A`.
    Fault(String),
}

/// Above this a spreadsheet has dropped digits.
const EXACT_NUMBER_MAX: f64 = 1e15;

impl Cell {
    /// A blank cell.
    #[must_use]
    pub fn blank() -> Self {
        Self::Text(String::new())
    }

    /// Whether nothing was filled in.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The cell as people read it, full-width forms narrowed; numbers without exponent.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Fault(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::DateSerial { days, .. } => days.to_string(),
        }
    }

    /// Whether the number is so long that the spreadsheet has replaced its last digits by zeros.
    #[must_use]
    pub fn has_lost_digits(&self) -> bool {
        matches!(self, Self::Number(number) if number.abs() >= EXACT_NUMBER_MAX)
    }
}

/// Narrows full-width characters, turns every white space into one space, drops invisible ones, trims.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        let character = match character {
            // Quotes, brackets and punctuation inside names stay as typed; only letters, digits and signs are narrowed.
            '\u{ff10}'..='\u{ff19}'
            | '\u{ff21}'..='\u{ff3a}'
            | '\u{ff41}'..='\u{ff5a}'
            | '\u{ff0b}'
            | '\u{ff0d}'
            | '\u{ff0e}'
            | '\u{ff0f}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => continue,
            character if character.is_whitespace() || character.is_control() => ' ',
            character => character,
        };
        if character != ' ' || !cleaned.ends_with(' ') {
            cleaned.push(character);
        }
    }
    cleaned.trim().to_owned()
}

/// As [`clean`], without any space and with brackets narrowed: for comparing headings and names of things.
pub(crate) fn key(text: &str) -> String {
    clean(text)
        .chars()
        .filter(|character| *character != ' ')
        .map(|character| match character {
            '（' => '(',
            '）' => ')',
            '：' => ':',
            '＊' => '*',
            character => character.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_stray_spaces_are_cleaned() {
        assert_eq!(clean("　１３８\u{200b}００１３\u{a0} ８０００\n"), "1380013 8000");
        assert_eq!(clean("演示厂（分部）"), "演示厂（分部）");
        assert_eq!(key(" 所属 村（社区）＊"), "所属村(社区)*");
    }

    #[test]
    fn numbers_read_without_exponent() {
        assert_eq!(Cell::Number(13_800_138_000.0).text(), "13800138000");
        assert_eq!(Cell::Number(12.5).text(), "12.5");
        assert!(Cell::Number(9.114_403e17).has_lost_digits());
    }
}
