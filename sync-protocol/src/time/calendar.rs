//! The business calendar: dates and months of Asia/Shanghai as plain arithmetic on +08:00. It serves report months,
//! due dates and printed dates; it knows nothing of holidays, which never move a due date. What a newcomer gets wrong:
//! a month ends when the next one begins, so compare with `first_instant()` of the next month, exclusive, while
//! `due_at()` is inclusive (“30日前” counts the 30th itself up to 24:00).

use super::{BUSINESS_OFFSET_US, DAY_US, Micros, TimeError, number, shorten};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Forms are due on this day of the month, or on the last day of a shorter month.
pub const DUE_DAY_MAX: u8 = 30;

const YEAR_MIN: i64 = 1;
const YEAR_MAX: i64 = 9999;

/// A month of the business calendar, years 1 to 9999. On the wire and in text: `2023-06`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The month with these numbers; `month` counts from 1.
    ///
    /// # Errors
    /// `TimeError::NotAMonth` unless the year is 1 to 9999 and the month 1 to 12.
    pub fn new(year: u16, month: u8) -> Result<Month, TimeError> {
        if (YEAR_MIN..=YEAR_MAX).contains(&i64::from(year)) && (1..=12).contains(&month) {
            Ok(Month { year, month })
        } else {
            Err(TimeError::NotAMonth(format!("{year}-{month}")))
        }
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month in its year, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Number of days, 28 to 31.
    #[must_use]
    pub fn days(self) -> u8 {
        days_in_month(i64::from(self.year), i64::from(self.month))
    }

    /// 00:00 of the first day at +08:00. For form 附件2 of this month it is the cut-off, exclusive (“截至上月末”).
    #[must_use]
    pub fn first_instant(self) -> Micros {
        self.first_day().first_instant()
    }

    /// The first day of the month.
    #[must_use]
    pub const fn first_day(self) -> LocalDate {
        LocalDate { year: self.year, month: self.month, day: 1 }
    }

    /// The following month. The last month there is (9999-12) is followed by itself.
    #[must_use]
    pub const fn next(self) -> Month {
        match (self.year, self.month) {
            (9999, 12) => self,
            (year, 12) => Month { year: year + 1, month: 1 },
            (year, month) => Month { year, month: month + 1 },
        }
    }

    /// The month before. The first month there is (0001-01) is preceded by itself.
    #[must_use]
    pub const fn previous(self) -> Month {
        match (self.year, self.month) {
            (1, 1) => self,
            (year, 1) => Month { year: year - 1, month: 12 },
            (year, month) => Month { year, month: month - 1 },
        }
    }

    /// When the forms of this month are due: day `min(30, days)` 24:00, inclusive (`t <= due_at` is in time).
    #[must_use]
    pub fn due_at(self) -> Micros {
        let due_day = DUE_DAY_MAX.min(self.days());
        self.first_instant().saturating_add(i64::from(due_day) * DAY_US)
    }

    /// Whether the instant falls in this month, read at +08:00.
    #[must_use]
    pub fn contains(self, instant: Micros) -> bool {
        instant.local_month() == self
    }

    /// As people write it: `2023年6月`.
    #[must_use]
    pub fn to_chinese(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Month, TimeError> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            if year.len() != 4 || month.len() != 2 {
                return None;
            }
            Month::new(u16::try_from(number(year)?).ok()?, u8::try_from(number(month)?).ok()?).ok()
        };
        read().ok_or_else(|| TimeError::NotAMonth(shorten(text)))
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

impl TryFrom<String> for Month {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Month, TimeError> {
        text.parse()
    }
}

/// A day of the business calendar. On the wire `2023-06-12`; `Display` prints it for people: `2023年6月12日`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalDate {
    year: u16,
    month: u8,
    day: u8,
}

impl LocalDate {
    /// The day with these numbers.
    ///
    /// # Errors
    /// `TimeError::NotADate` when the calendar (years 1 to 9999) has no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<LocalDate, TimeError> {
        if year > 0 && is_date(i64::from(year), i64::from(month), i64::from(day)) {
            Ok(LocalDate { year, month, day })
        } else {
            Err(TimeError::NotADate(format!("{year}-{month}-{day}")))
        }
    }

    /// The day the instant falls on at +08:00.
    #[must_use]
    pub fn of(instant: Micros) -> LocalDate {
        let (year, month, day) = civil_from_days((instant.as_micros() + BUSINESS_OFFSET_US).div_euclid(DAY_US));
        let reason = "Micros stays within the years 1 to 9999 of this zone";
        LocalDate {
            year: u16::try_from(year).expect(reason),
            month: u8::try_from(month).expect(reason),
            day: u8::try_from(day).expect(reason),
        }
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month in its year, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day in its month, 1 to 31.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The month this day belongs to.
    #[must_use]
    pub const fn month_of(self) -> Month {
        Month { year: self.year, month: self.month }
    }

    /// 00:00 of this day at +08:00.
    #[must_use]
    pub fn first_instant(self) -> Micros {
        let days = days_from_civil(i64::from(self.year), i64::from(self.month), i64::from(self.day));
        // Within Micros::MIN..=Micros::MAX, because the range is the years 1 to 9999 of this very zone.
        Micros(days * DAY_US - BUSINESS_OFFSET_US)
    }

    /// The wire form `2023-06-12`.
    #[must_use]
    pub fn to_iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}年{}月{}日", self.year, self.month, self.day)
    }
}

impl FromStr for LocalDate {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<LocalDate, TimeError> {
        let read = || {
            let (month, day) = text.rsplit_once('-')?;
            let month: Month = month.parse().ok()?;
            if day.len() != 2 {
                return None;
            }
            LocalDate::new(month.year, month.month, u8::try_from(number(day)?).ok()?).ok()
        };
        read().ok_or_else(|| TimeError::NotADate(shorten(text)))
    }
}

impl From<LocalDate> for String {
    fn from(date: LocalDate) -> String {
        date.to_iso()
    }
}

impl TryFrom<String> for LocalDate {
    type Error = TimeError;
    fn try_from(text: String) -> Result<LocalDate, TimeError> {
        text.parse()
    }
}

const fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> u8 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether the proleptic Gregorian calendar has this day (years 0 to 9999; the year 0 occurs only as UTC text).
pub(super) fn is_date(year: i64, month: i64, day: i64) -> bool {
    (0..=YEAR_MAX).contains(&year)
        && (1..=12).contains(&month)
        && (1..=i64::from(days_in_month(year, month))).contains(&day)
}

/// On the wire both are texts; their fields are nobody's business.
#[cfg(feature = "openapi")]
mod openapi {
    use super::{LocalDate, Month};
    use utoipa::openapi::{RefOr, schema::Schema};
    use utoipa::{PartialSchema, ToSchema};

    impl PartialSchema for Month {
        fn schema() -> RefOr<Schema> {
            String::schema()
        }
    }
    impl ToSchema for Month {}

    impl PartialSchema for LocalDate {
        fn schema() -> RefOr<Schema> {
            String::schema()
        }
    }
    impl ToSchema for LocalDate {}
}

/// Days from 1970-01-01 to the given day. The year is counted from March, so that the leap day is its last day and
/// the lengths before it follow one straight line (153 days in five months).
pub(super) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month <= 2 { year - 1 } else { year };
    let march_month = (month + 9) % 12;
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`]: `(year, month, day)`.
pub(super) const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The end of the `days`-th working day after the day of `instant`. Holidays differ from year to year and are not known: only Saturdays and
/// Sundays are left out.
#[must_use]
pub fn end_of_working_days(instant: Micros, days: u32) -> Micros {
    let mut day = LocalDate::of(instant).first_instant();
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(DAY_US);
        // 1 January 1970 was a Thursday.
        let since_monday = ((day.as_micros() + BUSINESS_OFFSET_US).div_euclid(DAY_US) + 3).rem_euclid(7);
        left -= u32::from(since_monday < 5);
    }
    day.saturating_add(DAY_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Micros {
        text.parse().unwrap()
    }

    #[test]
    fn months_end_and_are_due_as_the_notice_says() {
        let cases = [
            // month, days, first instant, due: 24:00 of the 30th or of the last day (Z3)
            ("2023-05", 31, "2023-04-30T16:00:00Z", "2023-05-30T16:00:00Z"),
            ("2023-06", 30, "2023-05-31T16:00:00Z", "2023-06-30T16:00:00Z"),
            ("2023-02", 28, "2023-01-31T16:00:00Z", "2023-02-28T16:00:00Z"),
            ("2024-02", 29, "2024-01-31T16:00:00Z", "2024-02-29T16:00:00Z"),
            ("2000-02", 29, "2000-01-31T16:00:00Z", "2000-02-29T16:00:00Z"),
            ("2100-02", 28, "2100-01-31T16:00:00Z", "2100-02-28T16:00:00Z"),
            ("2023-12", 31, "2023-11-30T16:00:00Z", "2023-12-30T16:00:00Z"),
            ("9999-12", 31, "9999-11-30T16:00:00Z", "9999-12-30T16:00:00Z"),
        ];
        for (text, days, first, due) in cases {
            assert_eq!(month(text).days(), days, "{text}");
            assert_eq!(month(text).first_instant(), at(first), "{text}");
            assert_eq!(month(text).due_at(), at(due), "{text}");
            assert_eq!(month(text).to_string(), text);
        }
    }

    #[test]
    fn the_first_cumulative_form_is_cut_before_the_notice() {
        // Z2: the 附件2 of May 2023 is cut at 2023-04-30 24:00, three weeks before the notice of 05-22.
        let cut = month("2023-05").first_instant();
        assert_eq!(cut, at("2023-05-01T00:00:00+08:00"));
        assert!(at("2023-05-22T00:00:00+08:00") > cut);
        assert!(at("2023-04-30T23:59:59.999999+08:00") < cut);
    }

    #[test]
    fn the_31st_is_after_the_due_time_but_in_the_month() {
        let may = month("2023-05");
        assert_eq!(may.due_at(), at("2023-05-31T00:00:00+08:00"));
        assert!(may.contains(may.due_at()));
        assert!(may.contains(at("2023-05-31T23:59:59.999999+08:00")));
    }

    #[test]
    fn months_border_on_the_microsecond() {
        let june = month("2023-06");
        let first = june.first_instant();
        assert!(june.contains(first));
        assert!(june.previous().contains(first.saturating_add(-1)));
        assert!(june.contains(june.next().first_instant().saturating_add(-1)));
        assert!(!june.contains(june.next().first_instant()));
    }

    #[test]
    fn years_turn_in_both_directions() {
        assert_eq!(month("2023-12").next(), month("2024-01"));
        assert_eq!(month("2024-01").previous(), month("2023-12"));
        assert_eq!(month("9999-12").next(), month("9999-12"));
        assert_eq!(month("0001-01").previous(), month("0001-01"));
        assert_eq!(month("0001-01").first_instant(), Micros::MIN);
        assert!(month("9999-12").contains(Micros::MAX));
        assert!(month("0001-01").contains(Micros::MIN));
    }

    #[test]
    fn dates_print_in_chinese_without_padding() {
        assert_eq!(at("2023-06-11T16:00:00Z").local_date().to_string(), "2023年6月12日");
        assert_eq!(at("2023-06-11T15:59:59.999999Z").local_date().to_string(), "2023年6月11日");
        assert_eq!(month("2023-06").to_chinese(), "2023年6月");
    }

    #[test]
    fn bad_months_and_dates_are_refused() {
        for text in ["", "2023", "2023-6", "2023-13", "2023-00", "0000-05", "23-06", "2023/06", "2023-06-01", "+023-06"]
        {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        for text in ["", "2023-06", "2023-06-31", "2023-02-29", "2023-6-1", "2023-06-00", "2023-06-1", "0000-01-01"] {
            assert!(text.parse::<LocalDate>().is_err(), "{text}");
        }
        let date: LocalDate = serde_json::from_str("\"2024-02-29\"").unwrap();
        assert_eq!(serde_json::to_string(&date).unwrap(), "\"2024-02-29\"");
        let month: Month = serde_json::from_str("\"2023-06\"").unwrap();
        assert_eq!(serde_json::to_string(&month).unwrap(), "\"2023-06\"");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        // Two whole Gregorian cycles around the present, against an independent library.
        let mut theirs = jiff::civil::date(1700, 1, 1);
        for days in days_from_civil(1700, 1, 1)..days_from_civil(2500, 1, 1) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!((year, month, day), (theirs.year().into(), theirs.month().into(), theirs.day().into()));
            assert_eq!(days_from_civil(year, month, day), days);
            theirs = theirs.tomorrow().unwrap();
        }
    }

    #[test]
    fn three_working_days_leave_out_the_weekend() {
        let by = |text: &str| LocalDate::of(end_of_working_days(text.parse().unwrap(), 3).saturating_add(-1)).to_iso();
        // 12 June 2023 was a Monday.
        assert_eq!(by("2023-06-12T10:00:00+08:00"), "2023-06-15");
        assert_eq!(by("2023-06-14T23:59:00+08:00"), "2023-06-19");
        assert_eq!(by("2023-06-16T00:30:00+08:00"), "2023-06-21");
        assert_eq!(by("2023-06-17T12:00:00+08:00"), "2023-06-21");
    }
}
