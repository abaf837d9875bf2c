//! The unified social credit code (统一社会信用代码, GB 32100) of an enterprise: eighteen characters with a check digit.
//! Pure arithmetic, no register look-up: a code that passes may still belong to nobody. What a newcomer gets wrong: the
//! alphabet leaves out I, O, S, V and Z, and the code is optional, because many stalls and forest sites have none.

use std::fmt;

use thiserror::Error;

/// Characters of a code.
pub const USCC_LENGTH: usize = 18;

/// The digits of base 31, in order of value. No I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A checked code: eighteen capital characters of the alphabet with a correct check digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uscc(String);

/// Why a text is not a code. The messages are for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UsccError {
    /// Not eighteen characters after spaces were removed.
    #[error("统一社会信用代码应为18位，现有{found}位")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character outside the alphabet, such as I, O, S, V or Z.
    #[error("统一社会信用代码第{position}位“{character}”不是允许的字符（不使用I、O、S、V、Z）")]
    Character {
        /// Counted from 1.
        position: usize,
        /// The character as typed.
        character: char,
    },
    /// The last character does not fit the others: most likely one was mistyped.
    #[error("统一社会信用代码校验位不符，请核对是否有一位写错")]
    CheckDigit,
}

impl Uscc {
    /// Reads a code as people write it: full-width characters, spaces, hyphens and small letters are tolerated.
    ///
    /// # Errors
    /// [`UsccError`] says which rule the text breaks first.
    ///
    /// ```
    /// use sync_protocol::uscc::Uscc;
    /// assert_eq!(Uscc::parse(" 9111 0000 6000 3734 1l ").unwrap().as_str(), "91110000600037341L");
    /// assert!(Uscc::parse("91110000600037341K").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let characters: Vec<char> = text
            .chars()
            .map(narrow)
            .filter(|character| !character.is_whitespace() && *character != '-')
            .map(|character| character.to_ascii_uppercase())
            .collect();
        if characters.len() != USCC_LENGTH {
            return Err(UsccError::Length { found: characters.len() });
        }
        let mut values = [0_usize; USCC_LENGTH];
        for (index, character) in characters.iter().enumerate() {
            let value = ALPHABET.iter().position(|letter| char::from(*letter) == *character);
            values[index] = value.ok_or(UsccError::Character { position: index + 1, character: *character })?;
        }
        if values[USCC_LENGTH - 1] != check_value(&values) {
            return Err(UsccError::CheckDigit);
        }
        Ok(Self(characters.into_iter().collect()))
    }

    /// The eighteen characters, capitals only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The six digits of the county where the enterprise was registered; it may work elsewhere.
    #[must_use]
    pub fn area_code(&self) -> &str {
        &self.0[2..8]
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The value the last character must have: the weights are the powers of 3 modulo 31.
fn check_value(values: &[usize; USCC_LENGTH]) -> usize {
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..USCC_LENGTH - 1] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31
}

/// Full-width forms (U+FF01..U+FF5E) and the ideographic space become their ASCII counterparts.
fn narrow(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_published_codes_pass() {
        for code in ["9144030071526726XG", "914403001922038216", "91350100M000100Y43", "91110000600037341L"] {
            assert_eq!(Uscc::parse(code).map(|uscc| uscc.as_str().to_owned()), Ok(code.to_owned()));
        }
    }

    #[test]
    fn every_single_mistyped_character_is_found() {
        let code = "9144030071526726XG";
        for position in 0..USCC_LENGTH {
            for letter in ALPHABET {
                let mut wrong = code.as_bytes().to_vec();
                if wrong[position] == *letter {
                    continue;
                }
                wrong[position] = *letter;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(Uscc::parse(&wrong), Err(UsccError::CheckDigit), "{wrong}");
            }
        }
    }

    #[test]
    fn full_width_small_letters_and_spaces_are_read() {
        let read = Uscc::parse("　９１３５０１００ m０００１００ｙ４３").unwrap();
        assert_eq!(read.as_str(), "91350100M000100Y43");
        assert_eq!(read.area_code(), "350100");
    }

    #[test]
    fn wrong_length_and_forbidden_letters_are_named() {
        assert_eq!(Uscc::parse("123"), Err(UsccError::Length { found: 3 }));
        assert_eq!(Uscc::parse(""), Err(UsccError::Length { found: 0 }));
        assert_eq!(Uscc::parse("9I44030071526726XG"), Err(UsccError::Character { position: 2, character: 'I' }));
        assert!(matches!(Uscc::parse("九144030071526726XG"), Err(UsccError::Character { position: 1, .. })));
    }
}
