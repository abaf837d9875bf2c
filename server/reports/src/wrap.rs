//! Estimates where a spreadsheet program will break the lines of a cell, so that a row can be made high enough before
//! it is printed. It is an estimate on the safe side, not typesetting: fonts differ between machines. What a newcomer
//! gets wrong: Excel neither grows a row that has a given height nor allows more than 409 points, so text that needs
//! more goes on in the next row.

/// Width of a narrow character in em; a little more than the half of true half-width fonts, for fallback fonts.
const NARROW_EM: f64 = 0.6;

/// Punctuation that never begins a line; the estimate lets it hang over, the slack of the caller pays for it.
const NEVER_FIRST: &str = "，。；：、）”》！？";

/// Where a cell's text was cut because it would fill too many rows.
pub(crate) const CUT_MARK: &str = "……（文字过长，其余见系统记录）";

/// One estimated line and whether the writer ended it on purpose.
struct Line {
    text: String,
    ends_hard: bool,
}

/// Splits `text` into pieces of at most `lines_max` estimated lines of `width_em`, and at most `pieces_max` pieces; what
/// is beyond is cut, and the last piece ends in [`CUT_MARK`]. Joining the pieces gives the text back, apart from hard
/// line ends between pieces. Returns each piece with its number of lines; no text gives no piece.
pub(crate) fn pieces(text: &str, width_em: f64, lines_max: usize, pieces_max: usize) -> Vec<(String, usize)> {
    if text.is_empty() {
        return Vec::new();
    }
    let lines = break_lines(text, width_em);
    let mut pieces: Vec<(String, usize)> = Vec::new();
    for group in lines.chunks(lines_max) {
        if pieces.len() == pieces_max {
            let mark_lines = break_lines(CUT_MARK, width_em).len();
            let last = pieces.last_mut().expect("pieces_max is at least one");
            last.0.push_str(CUT_MARK);
            last.1 += mark_lines;
            break;
        }
        let mut piece = String::new();
        for (index, line) in group.iter().enumerate() {
            piece.push_str(&line.text);
            if line.ends_hard && index + 1 < group.len() {
                piece.push('\n');
            }
        }
        pieces.push((piece, group.len()));
    }
    pieces
}

fn break_lines(text: &str, width_em: f64) -> Vec<Line> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used_em = 0.0;
        for word in words(paragraph) {
            let word_em: f64 = word.chars().map(character_em).sum();
            let hangs = !line.is_empty() && word.chars().all(|character| NEVER_FIRST.contains(character));
            if hangs || word_em <= width_em - used_em {
                line.push_str(word);
                used_em += word_em;
                continue;
            }
            if word_em <= width_em {
                lines.push(Line { text: std::mem::replace(&mut line, word.to_owned()), ends_hard: false });
                used_em = word_em;
                continue;
            }
            for character in word.chars() {
                let character_em = character_em(character);
                if used_em + character_em > width_em && !line.is_empty() {
                    lines.push(Line { text: std::mem::take(&mut line), ends_hard: false });
                    used_em = 0.0;
                }
                line.push(character);
                used_em += character_em;
            }
        }
        lines.push(Line { text: line, ends_hard: true });
    }
    lines
}

/// Runs of narrow characters stay together as a word ending in its spaces; every other character is its own word.
fn words(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut rest = paragraph;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let mut end = first.len_utf8();
        if first.is_ascii() {
            let mut previous = first;
            for character in rest[end..].chars() {
                if !character.is_ascii() || (previous == ' ' && character != ' ') {
                    break;
                }
                end += character.len_utf8();
                previous = character;
            }
        }
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

fn character_em(character: char) -> f64 {
    if character.is_ascii() { NARROW_EM } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_count(text: &str, width_em: f64) -> usize {
        break_lines(text, width_em).len()
    }

    #[test]
    fn chinese_breaks_anywhere_and_words_stay_together() {
        assert_eq!(line_count("一二三四五六七八九十", 5.0), 2);
        assert_eq!(line_count("一二三四五六七八九十一", 5.0), 3);
        assert_eq!(line_count("一二三四 XYZ", 5.0), 2);
        assert_eq!(line_count("ABCDEFGHIJKLMNOPQRST", 6.0), 2);
        assert_eq!(line_count("甲\n\n乙", 5.0), 3);
        assert_eq!(line_count("", 5.0), 1);
        assert_eq!(line_count("甲", 0.1), 1);
    }

    #[test]
    fn pieces_give_the_text_back() {
        let text = "一二三四五六七八九十ABC DEF一二三四五六";
        let pieces = pieces(text, 4.0, 2, 99);
        assert!(pieces.len() > 2);
        assert!(pieces.iter().all(|(_, lines)| *lines <= 2));
        assert_eq!(pieces.iter().map(|(piece, _)| piece.as_str()).collect::<String>(), text);
    }

    #[test]
    fn too_much_text_is_cut_visibly() {
        let pieces = pieces(&"长".repeat(40_000), 10.0, 20, 3);
        assert_eq!(pieces.len(), 3);
        assert!(pieces[2].0.ends_with(CUT_MARK));
    }

    #[test]
    fn no_text_needs_no_piece() {
        assert!(pieces("", 10.0, 20, 3).is_empty());
    }
}
