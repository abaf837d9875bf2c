//! Makes typed text safe to put into a cell without changing what it says. It is not for wording and not for layout.
//! What a newcomer gets wrong: illegal characters are replaced visibly, never dropped, because a reader must see that
//! something stood there.

use std::borrow::Cow;

/// What stands for a character that cannot print: the replacement character.
pub const UNPRINTABLE: char = '\u{fffd}';

/// Makes text printable: line ends become `\n`, tabs become spaces, characters that XML forbids, other controls and
/// characters that turn the reading direction around become [`UNPRINTABLE`]. Outer white space goes.
///
/// ```
/// assert_eq!(paicha_reports::text::printable("=1+1\r\n甲\u{1}乙"), "=1+1\n甲\u{fffd}乙");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                printable.push('\n');
            }
            '\n' | '\u{2028}' | '\u{2029}' => printable.push('\n'),
            '\t' => printable.push(' '),
            character if is_unprintable(character) => printable.push(UNPRINTABLE),
            character => printable.push(character),
        }
    }
    printable
}

/// The last step before a cell is written. The spreadsheet writer takes a string from `<r>` to `</r>` for its own markup
/// and copies it unescaped, which would break the file: the first bracket becomes a full-width one.
pub(crate) fn without_markup(text: &str) -> Cow<'_, str> {
    if text.starts_with("<r>") && text.ends_with("</r>") {
        Cow::Owned(format!("＜{}", &text[1..]))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text for one line: as [`printable`], with line ends turned into spaces.
#[must_use]
pub fn printable_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn illegal_characters_show_as_replacement() {
        assert_eq!(printable("甲\u{0}\u{b}\u{7f}\u{fffe}\u{202e}乙"), "甲\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}乙");
        assert_eq!(printable(" 甲\r乙\r\n丙\t丁 "), "甲\n乙\n丙 丁");
    }

    #[test]
    fn markup_of_the_writer_is_defused() {
        assert_eq!(without_markup("<r><t>甲</t></r>"), "＜r><t>甲</t></r>");
        assert_eq!(without_markup("<r>甲"), "<r>甲");
    }
}
