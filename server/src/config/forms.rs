//! What an office may choose about 附件1 and 附件2 where the notice leaves room (domain 2.6, 2.7 and 10): which visits belong to a
//! month, how two columns read, and what is counted. Every choice has the notice's most literal reading as its default. What a newcomer gets wrong: a
//! choice changes what is computed from now on; what was handed in keeps what it said, and says by which choice.

use super::{ConfigError, require};
use serde::{Deserialize, Serialize};
use sync_protocol::appendix::UnitChoice;
use sync_protocol::schema::INSPECTION_KINDS;
use sync_protocol::time::{DAY_US, Micros, Month};

/// 附件1.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Appendix1 {
    /// How a month's visits are chosen.
    pub window: Window,
    /// With `fixed_day`: the day of the month before on which a form's visits begin, 2 to 28.
    pub window_day: u8,
    /// Kinds of visits that print; a kind that this program does not know prints always.
    pub kinds: Vec<String>,
    /// What 排查单位 names.
    pub unit: UnitChoice,
    /// How 排查时间 reads.
    pub time: TimeNotation,
}

/// Which visits a month's form lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Those of the calendar month that were here when it was handed in; the rest print in the next as 补报.
    CalendarToSubmit,
    /// Those from a day of the month before up to that day of this month.
    FixedDay,
}

/// How 排查时间 reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeNotation {
    /// `2023年6月12日`.
    Date,
    /// `2023-06-12 09:30`.
    Minute,
}

/// 附件2.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Appendix2 {
    /// Until when it counts.
    pub cutoff: Cutoff,
    /// For which village a spot check counts.
    pub spot_scope: SpotScope,
    /// First day of the cumulative count, `YYYY-MM-DD`; empty for none.
    pub cum_from: String,
}

/// Until when 附件2 counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cutoff {
    /// The end of the month before (截至上月末).
    PrevMonthEnd,
    /// The moment it is handed in; until then now, and never beyond its own month.
    SubmitDay,
}

/// For which village a spot check counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotScope {
    /// The one where the enterprise is.
    LocatedIn,
    /// The one whose people made it.
    PerformedBy,
}

/// How long the office may take.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Working days in which 疑似重大 is to be judged; after them no form can be handed in.
    pub suspected_days: u32,
}

impl Appendix1 {
    /// The choice of visits by its name, as a form that is handed in keeps it: `calendar_to_submit` or `fixed_day:26`.
    #[must_use]
    pub fn policy(&self) -> String {
        match self.window {
            Window::CalendarToSubmit => "calendar_to_submit".to_owned(),
            Window::FixedDay => format!("fixed_day:{}", self.window_day),
        }
    }

    /// These choices, but with the visits chosen as in a form that was handed in under another.
    #[must_use]
    pub fn as_was(&self, policy: &str) -> Self {
        let day = policy.strip_prefix("fixed_day:").and_then(|day| day.parse().ok());
        let window = if day.is_some() { Window::FixedDay } else { Window::CalendarToSubmit };
        Self { window, window_day: day.unwrap_or(self.window_day), ..self.clone() }
    }

    /// When the visits of a month's form begin, and before when they do.
    #[must_use]
    pub fn window_of(&self, month: Month) -> (Micros, Micros) {
        (self.begin_of(month), self.begin_of(month.next()))
    }

    /// The month whose form lists a visit of this instant.
    #[must_use]
    pub fn month_of(&self, instant: Micros) -> Month {
        let month = instant.local_month();
        if instant < self.begin_of(month.next()) { month } else { month.next() }
    }

    fn begin_of(&self, month: Month) -> Micros {
        match self.window {
            Window::CalendarToSubmit => month.first_instant(),
            Window::FixedDay => {
                month.previous().first_instant().saturating_add(i64::from(self.window_day.saturating_sub(1)) * DAY_US)
            }
        }
    }

    /// The kinds that do not print.
    #[must_use]
    pub fn kinds_left_out(&self) -> Vec<&'static str> {
        INSPECTION_KINDS.iter().copied().filter(|kind| !self.kinds.iter().any(|printed| printed == kind)).collect()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        require((2..=28).contains(&self.window_day), "appendix1.window_day", "应在 2 到 28 之间")?;
        let known = |kind: &String| INSPECTION_KINDS.contains(&kind.as_str());
        require(!self.kinds.is_empty(), "appendix1.kinds", "至少列一种")?;
        require(self.kinds.iter().all(known), "appendix1.kinds", "有不认识的排查类型")
    }
}

/// Words of a policy: what is not as usual follows the cutoff.
const PERFORMED_BY: &str = "performed_by";
const CUM_FROM: &str = "cum_from:";

impl Appendix2 {
    /// The choices by their names, as a form that is handed in keeps them: `prev_month_end`, or `submit_day,performed_by,cum_from:2023-01-01`.
    #[must_use]
    pub fn policy(&self) -> String {
        let cutoff = match self.cutoff {
            Cutoff::PrevMonthEnd => "prev_month_end",
            Cutoff::SubmitDay => "submit_day",
        };
        let scope = (self.spot_scope == SpotScope::PerformedBy).then(|| PERFORMED_BY.to_owned());
        let from = (!self.cum_from.is_empty()).then(|| format!("{CUM_FROM}{}", self.cum_from));
        std::iter::once(cutoff.to_owned()).chain(scope).chain(from).collect::<Vec<_>>().join(",")
    }

    /// The choices of a form that was handed in.
    #[must_use]
    pub fn of_policy(policy: &str) -> Self {
        let has = |word: &str| policy.split(',').any(|part| part == word);
        let from = policy.split(',').find_map(|part| part.strip_prefix(CUM_FROM));
        Self {
            cutoff: if has("submit_day") { Cutoff::SubmitDay } else { Cutoff::PrevMonthEnd },
            spot_scope: if has(PERFORMED_BY) { SpotScope::PerformedBy } else { SpotScope::LocatedIn },
            cum_from: from.unwrap_or_default().to_owned(),
        }
    }

    /// The end of what a month's form counts when it is computed at an instant, exclusive.
    #[must_use]
    pub fn cutoff_of(&self, month: Month, as_of: Micros) -> Micros {
        match self.cutoff {
            Cutoff::PrevMonthEnd => month.first_instant(),
            Cutoff::SubmitDay => as_of.min(month.next().first_instant()),
        }
    }

    /// The beginning of what is counted, if there is one.
    #[must_use]
    pub fn counts_from(&self) -> Option<Micros> {
        day_begin(&self.cum_from)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let sound = self.cum_from.is_empty() || self.counts_from().is_some();
        require(sound, "appendix2.cum_from", "应为空，或形如 2023-01-01 的日期")
    }
}

/// The first instant of a day in Shanghai.
fn day_begin(day: &str) -> Option<Micros> {
    let day: jiff::civil::Date = day.parse().ok().filter(|_| day.len() == DAY_LENGTH)?;
    format!("{day}T00:00:00+08:00").parse().ok()
}

/// Length of `2023-01-01`.
const DAY_LENGTH: usize = 10;

impl Workflow {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        require((1..=30).contains(&self.suspected_days), "workflow.suspected_days", "应在 1 到 30 之间")
    }
}

#[cfg(test)]
#[path = "forms_tests.rs"]
mod tests;
