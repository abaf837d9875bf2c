//! Dates as they stand in office tables: `2023.6.5`, `2023/6/5`, `2023-06-05`, `2023年6月5日`, `20230605`, `6月5日`, and the day
//! numbers of Excel. What a newcomer gets wrong: Excel's numbers count from 1899-12-30 or, in files of old Macs, from
//! 1904-01-01, and only the file knows which.

use jiff::civil::Date;

use crate::cells::{Cell, clean};

/// Day number of 9999-12-31 in Excel.
const SERIAL_MAX: f64 = 2_958_465.0;
/// Days between Excel's two epochs.
const EPOCH_1904_DAYS: i64 = 1_462;

/// Reads a date; `6月5日` takes `default_year`. `None` when the cell is not a date.
///
/// ```
/// use paicha_imports::{Cell, dates::parse_date};
/// let date = parse_date(&Cell::Text("2023.6.5".into()), 2024).unwrap();
/// assert_eq!(date.to_string(), "2023-06-05");
/// ```
#[must_use]
pub fn parse_date(cell: &Cell, default_year: i16) -> Option<Date> {
    match cell {
        Cell::Text(text) => from_text(&clean(text), default_year),
        Cell::DateSerial { days, from_1904 } => from_serial(*days, *from_1904),
        Cell::Number(number) if (19_000_101.0..=99_991_231.0).contains(number) => {
            from_text(&number.to_string(), default_year)
        }
        Cell::Number(number) => from_serial(*number, false),
        Cell::Fault(_) => None,
    }
}

fn from_text(text: &str, default_year: i16) -> Option<Date> {
    // A time after the date is of no interest.
    let text = text.split([' ', 'T']).next()?;
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok();
    }
    let chinese = text.contains('月');
    let text = text.strip_suffix(['日', '号']).unwrap_or(text);
    let parts: Vec<&str> = text.split(['.', '/', '-', '年', '月']).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        [month, day] if chinese => Date::new(default_year, month.parse().ok()?, day.parse().ok()?).ok(),
        _ => None,
    }
}

fn from_serial(days: f64, from_1904: bool) -> Option<Date> {
    if !(1.0..=SERIAL_MAX).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a small positive number; the time is dropped")]
    let whole_days = days as i64 + if from_1904 { EPOCH_1904_DAYS } else { 0 };
    Date::constant(1899, 12, 30).checked_add(jiff::Span::new().try_days(whole_days).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse_date(&Cell::Text(text.into()), 2023).map_or_else(|| "no date".into(), |date| date.to_string())
    }

    #[test]
    fn office_notations_are_read() {
        for text in [
            "2023.6.5",
            "2023/6/5",
            "2023-06-05",
            "2023年6月5日",
            "20230605",
            "6月5日",
            "２０２３．６．５",
            "2023-06-05 09:30",
        ] {
            assert_eq!(read(text), "2023-06-05", "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "2023.13.5", "2023.2.30", "6.5", "2023", "昨天", "23.6.5", "2023.6.5.1"] {
            assert_eq!(read(text), "no date", "{text}");
        }
    }

    #[test]
    fn day_numbers_of_both_epochs_are_read() {
        let date = |cell| parse_date(&cell, 2023).map(|date| date.to_string());
        assert_eq!(date(Cell::Number(45_082.0)).as_deref(), Some("2023-06-05"));
        assert_eq!(date(Cell::DateSerial { days: 45_082.4, from_1904: false }).as_deref(), Some("2023-06-05"));
        assert_eq!(date(Cell::DateSerial { days: 43_620.0, from_1904: true }).as_deref(), Some("2023-06-05"));
        assert_eq!(date(Cell::Number(20_230_605.0)).as_deref(), Some("2023-06-05"));
        assert_eq!(date(Cell::Number(-1.0)), None);
        assert_eq!(date(Cell::Number(f64::NAN)), None);
    }
}
