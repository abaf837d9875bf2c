//! Decides when a captured fact happened, from the four times that came with it, and how far that may be trusted (grade
//! A to D). Nothing is ever rejected for its clock: the worst case is the time of receipt with grade D. It does not
//! check signatures: an anchor handed in here must already be verified. What a newcomer gets wrong: missing evidence
//! is not good evidence. Without an explicit `mock: false` and an age, a satellite time cannot give grade B.

use super::{DAY_US, MINUTE_US, Micros, SECOND_US};
use serde::{Deserialize, Serialize};

/// An anchor counts for this long after it was received, inclusive.
pub const ANCHOR_AGE_MAX_US: i64 = 7 * DAY_US;
/// A satellite fix counts when it is at most this far from the capture, inclusive.
pub const GNSS_AGE_MAX_US: i64 = 120 * SECOND_US;
/// A clock may be this far ahead of the server and still be believed, inclusive.
pub const CLOCK_AHEAD_MAX_US: i64 = 2 * MINUTE_US;
/// A wall clock farther than this from the trusted time is suspect (rule R-16, soft).
pub const CLOCK_SUSPECT_US: i64 = 5 * MINUTE_US;
/// A clock that was set back by at most this since the fact before is still believed: network time corrects clocks all day.
pub(super) const CLOCK_BACK_MAX_US: i64 = CLOCK_SUSPECT_US;
/// Drift allowed to the monotonic clock, in parts per million.
pub const DRIFT_PPM: i64 = 50;

/// A time anchor the server signed and the phone kept; verified before it comes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Server time in the anchor.
    pub server_time: Micros,
    /// The phone's monotonic clock when the anchor arrived, in microseconds.
    pub mono_us: i64,
    /// The boot (or, in a browser, the page life) the monotonic clock belongs to.
    pub boot_id: String,
    /// Round trip of the answer that carried the anchor, in microseconds.
    pub rtt_us: i64,
}

/// The times that came with one captured fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The phone's wall clock (`t_wall`).
    pub wall: Micros,
    /// The phone's monotonic clock (`t_mono`), in microseconds.
    pub mono_us: Option<i64>,
    /// The boot the monotonic clock belongs to; a browser sends one id per page life.
    pub boot_id: Option<String>,
    /// Time inside the satellite fix (`t_gnss`).
    pub gnss_at: Option<Micros>,
    /// How long before the capture the fix was made, in microseconds, by the phone's monotonic clock; negative when it
    /// was made after.
    pub gnss_age_us: Option<i64>,
    /// What the phone said about mock locations; `None` when it cannot know (browsers).
    pub mock: Option<bool>,
    /// When the server received the fact (`t_recv`).
    pub received_at: Micros,
    /// The last verified anchor the phone had at the capture.
    pub anchor: Option<Anchor>,
    /// Event time of this device's fact before this one.
    pub previous_event_at: Option<Micros>,
    /// By how much the phone's wall clock was ahead when it handed the fact in, in microseconds; nothing when it did not say.
    pub ahead_us: Option<i64>,
}

/// How far an event time may be trusted. Better grades are smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Grade {
    /// Counted from a signed anchor of the same boot.
    A,
    /// Read from a satellite fix.
    B,
    /// The wall clock, which is plausible.
    C,
    /// The wall clock set right by how far it was off when the fact was handed in, or the time of receipt: the wall clock is implausible.
    D,
}

/// When a fact happened, as far as the server can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graded {
    /// The event time (`t_event`); never after the receipt.
    pub event_at: Micros,
    /// How far it may be trusted.
    pub grade: Grade,
    /// Half width of the interval the event lies in, in microseconds; `None` for grades C and D, where nothing bounds it.
    pub uncertainty_us: Option<i64>,
    /// Rule R-16: the wall clock is implausible, more than five minutes from the trusted time, or the trusted time lies
    /// more than two minutes after the receipt.
    pub clock_suspect: bool,
}

/// Grades the four times of one fact. Pure and total: every input has an answer.
#[must_use]
pub fn grade(captured: &Captured) -> Graded {
    let trusted = anchored(captured)
        .filter(|(event_at, _)| !slept(captured, *event_at))
        .map(|found| (Grade::A, found))
        .or_else(|| satellite(captured).map(|found| (Grade::B, found)));
    match trusted {
        Some((grade, (event_at, uncertainty_us))) => Graded {
            event_at: event_at.min(captured.received_at),
            grade,
            uncertainty_us: Some(uncertainty_us),
            clock_suspect: captured.wall.since(event_at).abs() > CLOCK_SUSPECT_US
                || event_at.since(captured.received_at) > CLOCK_AHEAD_MAX_US,
        },
        None if is_known_to_be_off(captured) => {
            Graded { event_at: set_right(captured), grade: Grade::D, uncertainty_us: None, clock_suspect: true }
        }
        None if wall_is_plausible(captured) => Graded {
            event_at: captured.wall.min(captured.received_at),
            grade: Grade::C,
            uncertainty_us: None,
            clock_suspect: false,
        },
        None => Graded { event_at: captured.received_at, grade: Grade::D, uncertainty_us: None, clock_suspect: true },
    }
}

fn is_known_to_be_off(captured: &Captured) -> bool {
    captured.ahead_us.is_some_and(|ahead_us| ahead_us.saturating_abs() > CLOCK_SUSPECT_US)
}

/// When something happened by a phone whose clock is off. One that is off by more than a day is no evidence at all, and one that was set since the
/// capture gives a time that cannot be; then the receipt counts.
fn set_right(captured: &Captured) -> Micros {
    let ahead_us = captured.ahead_us.unwrap_or(0);
    let event_at = captured.wall.saturating_add(ahead_us.saturating_neg());
    let can_be = ahead_us.saturating_abs() <= DAY_US && event_at.since(captured.received_at) <= CLOCK_AHEAD_MAX_US;
    if can_be { event_at.min(captured.received_at) } else { captured.received_at }
}

/// Whether the monotonic clock stood still since the anchor, as a browser's does while the phone sleeps: counted time is then too short, and
/// the wall clock, which is ahead of it and not of the receipt, says when it was. Somebody who sets the wall clock forward gains nothing:
/// to have seen something later than it was is no benefit.
fn slept(captured: &Captured, event_at: Micros) -> bool {
    captured.wall.since(event_at) > CLOCK_SUSPECT_US && wall_is_plausible(captured)
}

/// Event time and uncertainty by the anchor, when it is of the same boot and 0 to 7 days old.
fn anchored(captured: &Captured) -> Option<(Micros, i64)> {
    let anchor = captured.anchor.as_ref()?;
    if captured.boot_id.as_ref() != Some(&anchor.boot_id) || anchor.rtt_us < 0 {
        return None;
    }
    // A phone cannot have timed a fact against an anchor that it received later: a negative age is a broken clock.
    let age_us = captured.mono_us?.checked_sub(anchor.mono_us)?;
    if !(0..=ANCHOR_AGE_MAX_US).contains(&age_us) {
        return None;
    }
    let uncertainty_us = anchor.rtt_us / 2 + anchor.rtt_us % 2 + (age_us * DRIFT_PPM + 999_999) / 1_000_000;
    Some((anchor.server_time.saturating_add(age_us), uncertainty_us))
}

/// Event time and uncertainty by a satellite fix that is known not to be mocked and known to be fresh.
fn satellite(captured: &Captured) -> Option<(Micros, i64)> {
    let age_us = captured.gnss_age_us?.checked_abs()?;
    let usable = captured.mock == Some(false) && age_us <= GNSS_AGE_MAX_US;
    captured.gnss_at.filter(|_| usable).map(|gnss_at| (gnss_at, age_us))
}

/// Nobody keeps work on a phone for longer; a phone whose battery died thinks that it is 1970 or the year it was made.
const WALL_AGE_MAX_US: i64 = 400 * DAY_US;

fn wall_is_plausible(captured: &Captured) -> bool {
    captured.previous_event_at.is_none_or(|previous| previous <= captured.wall.saturating_add(CLOCK_BACK_MAX_US))
        && captured.received_at.since(captured.wall) <= WALL_AGE_MAX_US
        && captured.wall <= captured.received_at.saturating_add(CLOCK_AHEAD_MAX_US)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR_US;
    use proptest::prelude::*;

    const RECEIVED: &str = "2023-06-12T10:00:00+08:00";

    fn at(text: &str) -> Micros {
        text.parse().unwrap()
    }

    fn received() -> Micros {
        at(RECEIVED)
    }

    /// Only a wall clock, one hour before the receipt.
    fn plain() -> Captured {
        Captured {
            wall: received().saturating_add(-HOUR_US),
            mono_us: None,
            boot_id: None,
            gnss_at: None,
            gnss_age_us: None,
            mock: None,
            received_at: received(),
            anchor: None,
            previous_event_at: None,
            ahead_us: None,
        }
    }

    /// An anchor of the same boot; the wall clock agrees with it.
    fn with_anchor(age_us: i64) -> Captured {
        let event_at = received().saturating_add(-HOUR_US);
        Captured {
            mono_us: Some(5_000_000 + age_us),
            boot_id: Some("boot-1".into()),
            anchor: Some(Anchor {
                server_time: event_at.saturating_add(-age_us),
                mono_us: 5_000_000,
                boot_id: "boot-1".into(),
                rtt_us: 301,
            }),
            ..plain()
        }
    }

    /// A satellite fix half a minute before the capture.
    fn with_fix(age_us: i64) -> Captured {
        Captured {
            gnss_at: Some(received().saturating_add(-HOUR_US - 30 * SECOND_US)),
            gnss_age_us: Some(age_us),
            mock: Some(false),
            ..plain()
        }
    }

    #[test]
    fn an_anchor_of_the_same_boot_gives_grade_a() {
        let graded = grade(&with_anchor(1_000_000));
        let expected = Graded {
            event_at: received().saturating_add(-HOUR_US),
            grade: Grade::A,
            uncertainty_us: Some(151 + 50),
            clock_suspect: false,
        };
        assert_eq!(graded, expected);
    }

    #[test]
    fn an_anchor_counts_for_exactly_seven_days() {
        assert_eq!(grade(&with_anchor(0)).uncertainty_us, Some(151));
        assert_eq!(grade(&with_anchor(1)).uncertainty_us, Some(152), "the drift is rounded up");
        let oldest = grade(&with_anchor(ANCHOR_AGE_MAX_US));
        assert_eq!((oldest.grade, oldest.uncertainty_us), (Grade::A, Some(151 + 30_240_000)));
        assert_eq!(grade(&with_anchor(ANCHOR_AGE_MAX_US + 1)).grade, Grade::C);
        assert_eq!(grade(&with_anchor(-1)).grade, Grade::C);
    }

    #[test]
    fn an_anchor_that_does_not_fit_is_no_anchor() {
        let other_boot = Captured { boot_id: Some("boot-2".into()), ..with_anchor(1) };
        let no_boot = Captured { boot_id: None, ..with_anchor(1) };
        let no_mono = Captured { mono_us: None, ..with_anchor(1) };
        let overflowing = Captured { mono_us: Some(i64::MIN), ..with_anchor(1) };
        let mut negative_trip = with_anchor(1);
        negative_trip.anchor.as_mut().unwrap().rtt_us = -1;
        for captured in [other_boot, no_boot, no_mono, overflowing, negative_trip] {
            assert_eq!(grade(&captured).grade, Grade::C, "{captured:?}");
        }
    }

    #[test]
    fn an_anchor_beats_a_wrong_wall_clock_and_says_so() {
        let fits = |wall_offset_us| {
            let event_at = received().saturating_add(-HOUR_US);
            grade(&Captured { wall: event_at.saturating_add(wall_offset_us), ..with_anchor(1) })
        };
        for (offset, suspect) in [
            (CLOCK_SUSPECT_US, false),
            // Beyond the receipt a wall clock ahead of the counted time is no sleep.
            (2 * HOUR_US, true),
            (-CLOCK_SUSPECT_US, false),
            (-CLOCK_SUSPECT_US - 1, true),
        ] {
            let graded = fits(offset);
            assert_eq!((graded.grade, graded.clock_suspect), (Grade::A, suspect), "{offset}");
            assert_eq!(graded.event_at, received().saturating_add(-HOUR_US));
        }
    }

    #[test]
    fn a_phone_that_slept_is_timed_by_its_wall_clock() {
        // Counted: one second after the anchor. The wall clock: thirteen minutes.
        let event_at = received().saturating_add(-HOUR_US);
        let wall = event_at.saturating_add(13 * MINUTE_US);
        let graded = grade(&Captured { wall, ..with_anchor(1_000_000) });
        let expected = Graded { event_at: wall, grade: Grade::C, uncertainty_us: None, clock_suspect: false };
        assert_eq!(graded, expected);
        let awake = Captured { wall: event_at.saturating_add(CLOCK_SUSPECT_US), ..with_anchor(1_000_000) };
        assert_eq!(grade(&awake).grade, Grade::A);
    }

    #[test]
    fn a_fresh_satellite_fix_gives_grade_b() {
        for age in [0, 30 * SECOND_US, GNSS_AGE_MAX_US, -GNSS_AGE_MAX_US] {
            let graded = grade(&with_fix(age));
            assert_eq!((graded.grade, graded.uncertainty_us), (Grade::B, Some(age.abs())), "{age}");
            assert_eq!(Some(graded.event_at), with_fix(age).gnss_at);
        }
        for age in [GNSS_AGE_MAX_US + 1, -GNSS_AGE_MAX_US - 1, i64::MIN] {
            assert_eq!(grade(&with_fix(age)).grade, Grade::C, "{age}");
        }
    }

    #[test]
    fn a_fix_that_may_be_mocked_or_stale_is_no_evidence() {
        let mocked = Captured { mock: Some(true), ..with_fix(0) };
        let unknown = Captured { mock: None, ..with_fix(0) };
        let ageless = Captured { gnss_age_us: None, ..with_fix(0) };
        let timeless = Captured { gnss_at: None, ..with_fix(0) };
        for captured in [mocked, unknown, ageless, timeless] {
            assert_eq!(grade(&captured).grade, Grade::C, "{captured:?}");
        }
    }

    #[test]
    fn an_anchor_goes_before_a_fix() {
        let both = Captured { gnss_at: with_fix(0).gnss_at, gnss_age_us: Some(0), mock: Some(false), ..with_anchor(1) };
        assert_eq!(grade(&both).grade, Grade::A);
        let stale_anchor = Captured { boot_id: Some("boot-2".into()), ..both };
        assert_eq!(grade(&stale_anchor).grade, Grade::B);
    }

    #[test]
    fn a_wall_clock_is_believed_between_its_bounds() {
        let previous = received().saturating_add(-2 * HOUR_US);
        let with_wall = |wall| grade(&Captured { wall, previous_event_at: Some(previous), ..plain() });
        let latest = received().saturating_add(CLOCK_AHEAD_MAX_US);
        for (wall, expected, suspect, event_at) in [
            (previous, Grade::C, false, previous),
            (previous.saturating_add(-CLOCK_BACK_MAX_US), Grade::C, false, previous.saturating_add(-CLOCK_BACK_MAX_US)),
            (previous.saturating_add(-CLOCK_BACK_MAX_US - 1), Grade::D, true, received()),
            (received(), Grade::C, false, received()),
            (received().saturating_add(1), Grade::C, false, received()),
            (latest, Grade::C, false, received()),
            (latest.saturating_add(1), Grade::D, true, received()),
        ] {
            let expected = Graded { event_at, grade: expected, uncertainty_us: None, clock_suspect: suspect };
            assert_eq!(with_wall(wall), expected, "{wall}");
        }
        let first = |age_us: i64| grade(&Captured { wall: received().saturating_add(-age_us), ..plain() }).grade;
        assert_eq!((first(WALL_AGE_MAX_US), first(WALL_AGE_MAX_US + 1)), (Grade::C, Grade::D), "a dead battery's 1970");
    }

    #[test]
    fn trusted_times_after_the_receipt_are_clamped() {
        let ahead = |span_us| {
            let event_at = received().saturating_add(span_us);
            grade(&Captured { wall: event_at, gnss_at: Some(event_at), ..with_fix(0) })
        };
        for (span_us, suspect) in [(1, false), (CLOCK_AHEAD_MAX_US, false), (CLOCK_AHEAD_MAX_US + 1, true)] {
            let graded = ahead(span_us);
            assert_eq!((graded.event_at, graded.grade), (received(), Grade::B));
            assert_eq!(graded.clock_suspect, suspect, "{span_us}");
        }
    }

    #[test]
    fn the_last_moment_of_may_stays_in_may() {
        let wall = at("2023-05-31T23:59:59.999+08:00");
        let graded = grade(&Captured { wall, ..plain() });
        assert_eq!(graded.event_at.local_month().to_string(), "2023-05");
    }

    /// Instants up to ten days on either side of the receipt.
    fn nearby() -> impl Strategy<Value = Micros> {
        (-10 * DAY_US..=10 * DAY_US).prop_map(|span_us| received().saturating_add(span_us))
    }

    proptest! {
        #[test]
        fn no_event_is_after_its_receipt(
            wall in nearby(),
            age_us in -DAY_US..=8 * DAY_US,
            server_time in nearby(),
            boot in prop::sample::select(vec!["boot-1", "boot-2"]),
            gnss_at in prop::option::of(nearby()),
            gnss_age_us in prop::option::of(-130 * SECOND_US..=130 * SECOND_US),
            mock: Option<bool>,
            previous_event_at in prop::option::of(nearby()),
        ) {
            let mut captured = Captured { wall, gnss_at, gnss_age_us, mock, previous_event_at, ..with_anchor(age_us) };
            captured.boot_id = Some(boot.into());
            captured.anchor.as_mut().expect("with_anchor has one").server_time = server_time;
            prop_assert!(grade(&captured).event_at <= received());
        }

        #[test]
        fn no_input_overflows(
            wall: i64, mono_us: Option<i64>, anchor_mono_us: i64, rtt_us: i64, gnss_age_us: Option<i64>, server: i64,
        ) {
            let instant = |raw: i64| Micros::MIN.saturating_add(raw);
            let mut captured = Captured { wall: instant(wall), mono_us, gnss_age_us, ..with_anchor(0) };
            captured.anchor = Some(Anchor {
                server_time: instant(server),
                mono_us: anchor_mono_us,
                boot_id: "boot-1".into(),
                rtt_us,
            });
            prop_assert!(grade(&captured).event_at <= received());
        }
    }
}
