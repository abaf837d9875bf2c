//! The choices of an office: windows that follow each other without a gap, and settings that are refused by name.

use super::*;
use crate::config::{Config, Sources};

fn at(text: &str) -> Micros {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn with(flags: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load(&Sources { flags, ..Sources::default() })
}

#[test]
fn a_calendar_month_is_the_default() {
    let choice = with(&[]).unwrap().appendix1;
    let (from, before) = choice.window_of(month("2023-06"));
    assert_eq!((from, before), (at("2023-06-01T00:00:00+08:00"), at("2023-07-01T00:00:00+08:00")));
    assert_eq!(choice.month_of(at("2023-06-30T23:59:59.999999+08:00")), month("2023-06"));
    assert_eq!(choice.month_of(at("2023-06-30T16:00:00Z")), month("2023-07"));
    assert_eq!(choice.policy(), "calendar_to_submit");
}

#[test]
fn a_fixed_day_begins_in_the_month_before() {
    let choice = with(&[("appendix1.window", "fixed_day"), ("appendix1.window_day", "26")]).unwrap().appendix1;
    let (from, before) = choice.window_of(month("2024-03"));
    assert_eq!((from, before), (at("2024-02-26T00:00:00+08:00"), at("2024-03-26T00:00:00+08:00")));
    assert_eq!(choice.month_of(at("2024-03-25T23:59:59.999999+08:00")), month("2024-03"));
    assert_eq!(choice.month_of(at("2024-03-26T00:00:00+08:00")), month("2024-04"));
    assert_eq!(choice.month_of(at("2023-12-31T12:00:00+08:00")), month("2024-01"));
    assert_eq!(choice.policy(), "fixed_day:26");
}

#[test]
fn windows_follow_each_other_without_a_gap() {
    for day in 2..=28 {
        let choice =
            with(&[("appendix1.window", "fixed_day"), ("appendix1.window_day", &day.to_string())]).unwrap().appendix1;
        let mut of_month = month("2023-11");
        while of_month < month("2024-05") {
            let (from, before) = choice.window_of(of_month);
            assert_eq!(choice.month_of(from), of_month, "day {day}");
            assert_eq!(choice.month_of(before.saturating_add(-1)), of_month, "day {day}");
            assert_eq!(choice.window_of(of_month.next()).0, before, "day {day}");
            of_month = of_month.next();
        }
    }
}

#[test]
fn a_form_is_compared_by_the_choice_of_then() {
    let calendar = with(&[]).unwrap().appendix1;
    let fixed = with(&[("appendix1.window", "fixed_day"), ("appendix1.window_day", "20")]).unwrap().appendix1;
    assert_eq!(calendar.as_was(&fixed.policy()), fixed.as_was("fixed_day:20"));
    assert_eq!(calendar.as_was(&fixed.policy()).window_of(month("2023-06")), fixed.window_of(month("2023-06")));
    assert_eq!(fixed.as_was(&calendar.policy()).window_of(month("2023-06")), calendar.window_of(month("2023-06")));
}

#[test]
fn only_known_kinds_can_be_left_out() {
    let choice = with(&[("appendix1.kinds", "spot,guide")]).unwrap().appendix1;
    assert!(!choice.kinds_left_out().contains(&"guide") && choice.kinds_left_out().contains(&"patrol"));
    let covert = with(&[]).unwrap().appendix1.kinds_left_out();
    assert_eq!(covert, ["covert", "review", "guide", "self_day", "self_week", "self_month"]);
}

#[test]
fn appendix2_counts_until_the_month_before_or_until_it_is_handed_in() {
    let usual = with(&[]).unwrap().appendix2;
    let june = month("2023-06");
    let now = at("2023-06-28T09:00:00+08:00");
    assert_eq!(usual.cutoff_of(june, now), june.first_instant());
    assert_eq!((usual.policy().as_str(), usual.counts_from()), ("prev_month_end", None));
    let other = [("cutoff", "submit_day"), ("spot_scope", "performed_by"), ("cum_from", "2023-01-01")];
    let other = other.map(|(key, value)| (format!("appendix2.{key}"), value));
    let other = with(&other.each_ref().map(|(key, value)| (key.as_str(), *value))).unwrap().appendix2;
    assert_eq!(other.cutoff_of(june, now), now);
    assert_eq!(other.cutoff_of(june, at("2023-09-01T00:00:00+08:00")), june.next().first_instant());
    assert_eq!(other.counts_from(), Some(at("2023-01-01T00:00:00+08:00")));
    assert_eq!(other.policy(), "submit_day,performed_by,cum_from:2023-01-01");
    assert_eq!((Appendix2::of_policy(&other.policy()), Appendix2::of_policy(&usual.policy())), (other, usual));
}

#[test]
fn choices_that_are_none_are_refused_by_name() {
    let cases = [
        ("appendix1.window_day", "29"),
        ("appendix1.window_day", "1"),
        ("appendix1.kinds", "spot,sport"),
        ("workflow.suspected_days", "0"),
        ("appendix2.cum_from", "2023-02-30"),
        ("appendix2.cum_from", "20230101"),
    ];
    for (key, value) in cases {
        assert!(with(&[(key, value)]).unwrap_err().to_string().contains(key), "{key} = {value}");
    }
    assert!(with(&[("appendix1.window", "weekly")]).is_err());
    assert!(with(&[("appendix2.cutoff", "never")]).is_err());
}
