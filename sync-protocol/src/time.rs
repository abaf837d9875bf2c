//! Instants of the protocol and everything that is computed from them: the business calendar of Asia/Shanghai
//! (`Month`, `LocalDate`) and the grading of the four times of a captured fact (`grade`). It never asks what time it is:
//! every instant is passed in. What a newcomer gets wrong: a business date is not the date written in the text. The
//! instant `2023-06-01T01:00:00+10:00` belongs to May, because the calendar reads the instant at +08:00.

mod calendar;
mod grading;

pub use calendar::{DUE_DAY_MAX, LocalDate, Month, end_of_working_days};
pub use grading::{
    ANCHOR_AGE_MAX_US, Anchor, CLOCK_AHEAD_MAX_US, CLOCK_SUSPECT_US, Captured, DRIFT_PPM, GNSS_AGE_MAX_US, Grade,
    Graded, grade,
};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Microseconds in one second.
pub const SECOND_US: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE_US: i64 = 60 * SECOND_US;
/// Microseconds in one hour.
pub const HOUR_US: i64 = 60 * MINUTE_US;
/// Microseconds in one day.
pub const DAY_US: i64 = 24 * HOUR_US;
/// Distance of the business zone from UTC: +08:00, no daylight saving since 1991.
pub const BUSINESS_OFFSET_US: i64 = 8 * HOUR_US;
/// Longest text that is looked at as a time, in bytes.
pub const TIME_TEXT_BYTES_MAX: usize = 64;

/// Why a text or number is not a time. Messages are Chinese, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not RFC 3339 with an offset.
    #[error("时间“{0}”看不懂，应写成 2023-06-12T08:30:00+08:00 这样的格式（必须带时区）")]
    NotRfc3339(String),
    /// The instant lies outside the years 1 to 9999 of the business zone.
    #[error("时间超出可用范围（公元1年至9999年）")]
    OutOfRange,
    /// The text is not a month as `2023-06`.
    #[error("月份“{0}”看不懂，应写成 2023-06 这样的格式")]
    NotAMonth(String),
    /// The text or the numbers are not a day of the calendar as `2023-06-12`.
    #[error("日期“{0}”不存在或看不懂，应写成 2023-06-12 这样的格式")]
    NotADate(String),
}

/// An instant: signed microseconds since 1970-01-01T00:00:00Z, always within [`Micros::MIN`]..=[`Micros::MAX`].
///
/// On the wire it is an RFC 3339 text. Any offset is accepted; digits after the microsecond are cut off, so that an
/// instant never moves into the next month. It prints with `Z` and without trailing zeros.
///
/// ```
/// use sync_protocol::time::Micros;
/// let instant: Micros = "2023-05-31T23:59:59.999+08:00".parse()?;
/// assert_eq!(instant.to_string(), "2023-05-31T15:59:59.999Z");
/// assert_eq!(instant.local_date().to_string(), "2023年5月31日");
/// # Ok::<(), sync_protocol::time::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
pub struct Micros(i64);

impl Micros {
    /// First instant of the year 1 in the business zone.
    pub const MIN: Micros = Micros(-62_135_596_800 * SECOND_US - BUSINESS_OFFSET_US);
    /// Last microsecond of the year 9999 in the business zone.
    pub const MAX: Micros = Micros(253_402_300_800 * SECOND_US - BUSINESS_OFFSET_US - 1);

    /// The instant that many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// `TimeError::OutOfRange` outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Result<Micros, TimeError> {
        let instant = Micros(micros);
        if (Micros::MIN..=Micros::MAX).contains(&instant) { Ok(instant) } else { Err(TimeError::OutOfRange) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant `span_us` microseconds later (earlier when negative), stopping at the ends of the range.
    #[must_use]
    pub fn saturating_add(self, span_us: i64) -> Micros {
        Micros(self.0.saturating_add(span_us)).clamp(Micros::MIN, Micros::MAX)
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is in fact later. Cannot overflow.
    #[must_use]
    pub const fn since(self, earlier: Micros) -> i64 {
        self.0 - earlier.0
    }

    /// The business date (+08:00) this instant falls on.
    #[must_use]
    pub fn local_date(self) -> LocalDate {
        LocalDate::of(self)
    }

    /// The business month (+08:00) this instant falls in.
    #[must_use]
    pub fn local_month(self) -> Month {
        self.local_date().month_of()
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = calendar::civil_from_days(self.0.div_euclid(DAY_US));
        let of_day = self.0.rem_euclid(DAY_US);
        let (hour, minute) = (of_day / HOUR_US, of_day / MINUTE_US % 60);
        let (second, fraction) = (of_day / SECOND_US % 60, of_day % SECOND_US);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        formatter.write_str("Z")
    }
}

impl From<Micros> for String {
    fn from(instant: Micros) -> String {
        instant.to_string()
    }
}

impl TryFrom<String> for Micros {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Micros, TimeError> {
        text.parse()
    }
}

impl FromStr for Micros {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Micros, TimeError> {
        let instant = parse_rfc3339(text).ok_or_else(|| TimeError::NotRfc3339(shorten(text)))?;
        Micros::from_micros(instant)
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.f...](Z|±HH:MM)` into microseconds. Written out instead of taken from a library, because
/// libraries also take forms that are not RFC 3339 (no colons, zone names, hours only). The second 60 becomes the last
/// microsecond of its minute: the business calendar has no leap seconds.
fn parse_rfc3339(text: &str) -> Option<i64> {
    if text.len() > TIME_TEXT_BYTES_MAX || !text.is_ascii() {
        return None;
    }
    let (stamp, rest) = text.split_at_checked(19)?;
    let bytes = stamp.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if marks.iter().any(|&(at, mark)| bytes[at] != mark) || !bytes[10].eq_ignore_ascii_case(&b'T') {
        return None;
    }
    let (year, month, day) = (number(&stamp[0..4])?, number(&stamp[5..7])?, number(&stamp[8..10])?);
    let (hour, minute, second) = (number(&stamp[11..13])?, number(&stamp[14..16])?, number(&stamp[17..19])?);
    if !calendar::is_date(year, month, day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction_us, offset) = split_fraction(rest)?;
    let within_minute = if second == 60 { MINUTE_US - 1 } else { second * SECOND_US + fraction_us };
    let of_day = hour * HOUR_US + minute * MINUTE_US + within_minute;
    Some(calendar::days_from_civil(year, month, day) * DAY_US + of_day - parse_offset(offset)?)
}

/// Splits `.123456789Z` into its microseconds (cut, not rounded) and the offset.
fn split_fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(after_dot) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let digits = after_dot.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let (fraction, offset) = after_dot.split_at(digits);
    let padded = format!("{fraction:0<6}");
    Some((number(&padded[..6])?, offset))
}

fn parse_offset(offset: &str) -> Option<i64> {
    if offset.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let bytes = offset.as_bytes();
    if bytes.len() != 6 || bytes[3] != b':' {
        return None;
    }
    let (hours, minutes) = (number(&offset[1..3])?, number(&offset[4..6])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let span = hours * HOUR_US + minutes * MINUTE_US;
    match bytes[0] {
        b'+' => Some(span),
        b'-' => Some(-span),
        _ => None,
    }
}

/// Digits only: `str::parse` would also take a sign.
fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Quotes at most the beginning of a bad text, so that an error never carries a megabyte.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn micros(text: &str) -> i64 {
        text.parse::<Micros>().unwrap().as_micros()
    }

    #[test]
    fn rfc3339_is_read_with_any_offset() {
        let expected = 1_685_548_799_999_000;
        for text in [
            "2023-05-31T23:59:59.999+08:00",
            "2023-05-31T15:59:59.999Z",
            "2023-05-31t15:59:59.999z",
            "2023-06-01T01:59:59.999+10:00",
            "2023-05-31T10:59:59.999-05:00",
            "2023-05-31T15:59:59.999000999-00:00",
        ] {
            assert_eq!(micros(text), expected, "{text}");
            assert_eq!(text.parse::<Micros>().unwrap().local_month().to_string(), "2023-05", "{text}");
        }
        assert_eq!(micros("1970-01-01T00:00:00Z"), 0);
        assert_eq!(micros("1969-12-31T23:59:59.999999Z"), -1);
        assert_eq!(micros("2016-12-31T23:59:60Z"), micros("2016-12-31T23:59:59.999999Z"));
        assert_eq!(micros("2024-02-29T00:00:00Z"), 1_709_164_800_000_000);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "2023",
            "2023-05-31",
            "2023-05-31T23:59:59",
            "2023-05-31 23:59:59Z",
            "2023-05-31T23:59Z",
            "20230531T235959Z",
            "2023-02-29T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-04-31T00:00:00Z",
            "2023-05-31T24:00:00Z",
            "2023-05-31T23:60:00Z",
            "2023-05-31T23:59:61Z",
            "2023-05-31T23:59:59.Z",
            "2023-05-31T23:59:59,5Z",
            "2023-05-31T23:59:59+0800",
            "2023-05-31T23:59:59+08",
            "2023-05-31T23:59:59+24:00",
            "2023-05-31T23:59:59+08:60",
            "2023-05-31T23:59:59+08:00[Asia/Shanghai]",
            "+023-05-31T23:59:59Z",
            "2023-05-31T23:59:59Zx",
            "2023年5月31日 23:59",
            "1685548799",
        ] {
            assert!(matches!(text.parse::<Micros>(), Err(TimeError::NotRfc3339(_))), "{text}");
        }
        let long = format!("2023-05-31T23:59:59.{}Z", "0".repeat(1000));
        assert!(long.parse::<Micros>().unwrap_err().to_string().len() < 300);
    }

    #[test]
    fn the_range_ends_are_exact() {
        assert_eq!(Micros::MIN.to_string(), "0000-12-31T16:00:00Z");
        assert_eq!(Micros::MAX.to_string(), "9999-12-31T15:59:59.999999Z");
        assert_eq!("0001-01-01T00:00:00+08:00".parse::<Micros>(), Ok(Micros::MIN));
        assert_eq!("0000-12-31T15:59:59.999999Z".parse::<Micros>(), Err(TimeError::OutOfRange));
        assert_eq!("9999-12-31T16:00:00Z".parse::<Micros>(), Err(TimeError::OutOfRange));
        assert_eq!(Micros::from_micros(i64::MAX), Err(TimeError::OutOfRange));
        assert_eq!(Micros::MAX.saturating_add(i64::MAX), Micros::MAX);
        assert_eq!(Micros::MIN.saturating_add(i64::MIN), Micros::MIN);
    }

    #[test]
    fn serde_uses_the_shortest_utc_text() {
        let cases = [
            ("\"2026-11-20T11:01:58.100000+08:00\"", "\"2026-11-20T03:01:58.1Z\""),
            ("\"2026-11-20T03:01:58Z\"", "\"2026-11-20T03:01:58Z\""),
            ("\"2026-11-20T03:01:58.000001Z\"", "\"2026-11-20T03:01:58.000001Z\""),
        ];
        for (given, expected) in cases {
            let instant: Micros = serde_json::from_str(given).unwrap();
            assert_eq!(serde_json::to_string(&instant).unwrap(), expected);
        }
        assert!(serde_json::from_str::<Micros>("1685548799").is_err());
    }

    proptest! {
        #[test]
        fn every_instant_survives_print_and_parse(raw in Micros::MIN.0..=Micros::MAX.0) {
            let instant = Micros::from_micros(raw).unwrap();
            prop_assert_eq!(instant.to_string().parse::<Micros>().unwrap(), instant);
        }

        #[test]
        fn an_independent_library_agrees(raw in -30_000_000_000_000_000_i64..200_000_000_000_000_000) {
            let theirs = jiff::Timestamp::from_microsecond(raw).unwrap();
            let ours = Micros::from_micros(raw).unwrap();
            prop_assert_eq!(ours.to_string(), theirs.to_string());
        }

        #[test]
        fn any_text_is_answered_without_panic(text in ".{0,40}") {
            let _ = text.parse::<Micros>();
        }
    }
}
