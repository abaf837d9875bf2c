//! Pages of lists: how many rows, and where the page before ended. The place is opaque to clients, so the order can change one day. What
//! a newcomer gets wrong: `next` is null on the last page only when the page was not full; one empty page at the end is fine.

use super::problem::ApiError;
use serde::Deserialize;
use sync_protocol::problem::Problem;
use sync_protocol::time::Micros;
use utoipa::IntoParams;
use uuid::Uuid;

/// Rows of a page when nobody asks for a number.
const ROWS_DEFAULT: u32 = 50;

/// What every list takes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 50 when absent.
    pub limit: Option<u32>,
}

impl PageParameters {
    /// Rows of this page, from 1 to `rows_max`.
    ///
    /// # Errors
    /// `bad-parameter` outside of that.
    pub fn limit(&self, rows_max: u32) -> Result<u32, ApiError> {
        let limit = self.limit.unwrap_or(ROWS_DEFAULT.min(rows_max));
        if (1..=rows_max).contains(&limit) {
            return Ok(limit);
        }
        Err(ApiError::new(Problem::BadParameter).detail(format!("limit 应在 1 到 {rows_max} 之间")))
    }

    /// Where a list ordered by an instant and an id goes on.
    ///
    /// # Errors
    /// `bad-parameter` for a place that is none of ours.
    pub fn after_instant(&self) -> Result<Option<(i64, Uuid)>, ApiError> {
        let Some(place) = &self.after else { return Ok(None) };
        let parsed = place.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, Uuid::try_parse(id).ok()?)));
        parsed.map(Some).ok_or_else(|| ApiError::new(Problem::BadParameter).detail("after 不是上一页给出的位置"))
    }
}

/// `next` of a list ordered by an instant and an id; nothing when the page was not full.
pub fn next_instant(last: Option<(i64, Uuid)>, rows: usize, limit: u32) -> Option<String> {
    last.filter(|_| is_full(rows, limit)).map(|(at_us, id)| format!("{at_us}.{id}"))
}

/// Whether another page may follow.
pub fn is_full(rows: usize, limit: u32) -> bool {
    usize::try_from(limit).is_ok_and(|limit| rows >= limit)
}

/// A stored instant for an answer; nothing for one outside of the calendar, which only a damaged row holds.
pub fn instant(at_us: i64) -> Option<Micros> {
    Micros::from_micros(at_us).ok()
}
