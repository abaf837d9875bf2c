//! Text that people typed, made fit for a column of a table and a cell of a form. Stored operations and records keep what was sent, byte for
//! byte; only what is computed from them is cleaned, by this one function, so that every engine and every form shows the same.
//! What a newcomer gets wrong: a character that cannot stand is replaced and never dropped, because a reader must see that something
//! was there.

use std::borrow::Cow;

/// What stands for a character that cannot be stored or printed: the replacement character.
pub const UNPRINTABLE: char = '\u{fffd}';

/// Whether a character can stand in no column and no form: controls (PostgreSQL stores no U+0000, XML allows none but three), what
/// is no character, and marks that turn the reading direction around. Line ends and tabs are not meant.
#[must_use]
pub fn is_unprintable(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
        || matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with [`UNPRINTABLE`] for every character that cannot stand. Doing it twice changes nothing more.
///
/// ```
/// assert_eq!(sync_protocol::text::clean("甲\u{0}乙\n丙"), "甲\u{fffd}乙\n丙");
/// ```
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_unprintable) {
        Cow::Owned(text.replace(is_unprintable, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
