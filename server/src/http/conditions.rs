//! The conditions of the lists of findings as they stand in an address, and the pages they answer. What a newcomer gets wrong: a box is
//! west, south, east, north as in GeoJSON, longitude first; everywhere else latitude comes first and both have names.

use super::parameters::bad_parameter;
use super::problem::ApiError;
use crate::usecases::reading::{Conditions, PAGE_ROWS_MAX, PageOf, PageQuery, ReadError, bounding_box};
use serde::{Deserialize, Serialize};
use sync_protocol::problem::Problem;
use sync_protocol::time::{LocalDate, Micros};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Letters of a search.
const SEARCH_CHARS_MAX: usize = 60;

/// Conditions that the lists of hazards and inspections and the map share.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindingParameters {
    /// Area code of a village or subdistrict.
    pub village: Option<String>,
    /// State code of hazards: `reg`, `plan`, `fixing`, `verify`, `accepted`, `closed`, `void`.
    pub state: Option<String>,
    /// Level code of hazards: `general`, `suspected`, `major_direct`, `major_collective`.
    pub level: Option<String>,
    /// Kind code of inspections: `patrol`, `spot`, ...
    pub kind: Option<String>,
    /// The place.
    pub place: Option<Uuid>,
    /// The inspection that found a hazard.
    pub inspection: Option<Uuid>,
    /// Happened then or later: a day in Shanghai, `2023-06-01`, or an instant, `2023-06-01T08:00:00+08:00`.
    pub from: Option<String>,
    /// Happened before then; as `from`.
    pub before: Option<String>,
    /// `west,south,east,north` in degrees, WGS-84.
    pub bbox: Option<String>,
    /// Words in a hazard's description, in the name of its place or in its number.
    pub text: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Rows of the page, 1 to 200; 50 when absent.
    pub limit: Option<i64>,
}

impl FindingParameters {
    /// The page that is wanted.
    ///
    /// # Errors
    /// `bad-parameter` for a number of rows out of range.
    pub fn page(&self) -> Result<PageQuery, ApiError> {
        page_query(self.after.clone(), self.limit)
    }

    /// Conditions on hazards.
    ///
    /// # Errors
    /// `bad-parameter` with what is wrong; a condition that hazards do not have is never ignored.
    pub fn of_hazards(self) -> Result<Conditions, ApiError> {
        match self.kind {
            Some(_) => Err(bad_parameter("隐患没有 kind 条件")),
            None => self.conditions(),
        }
    }

    /// Conditions on inspections.
    ///
    /// # Errors
    /// `bad-parameter` with what is wrong; a condition that inspections do not have is never ignored.
    pub fn of_inspections(self) -> Result<Conditions, ApiError> {
        match (&self.state, &self.level, self.inspection, &self.text) {
            (None, None, None, None) => self.conditions(),
            (_, _, _, _) => Err(bad_parameter("排查记录没有 state、level、inspection、text 条件")),
        }
    }

    fn conditions(self) -> Result<Conditions, ApiError> {
        let text = self.text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.as_ref().is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX) {
            return Err(bad_parameter(format!("text 不超过 {SEARCH_CHARS_MAX} 字")));
        }
        Ok(Conditions {
            text,
            village: self.village,
            state: self.state,
            level: self.level,
            kind: self.kind,
            place: self.place,
            inspection: self.inspection,
            from: self.from.as_deref().map(day_or_instant).transpose()?,
            before: self.before.as_deref().map(day_or_instant).transpose()?,
            within: self.bbox.as_deref().map(parse_box).transpose()?.map(bounding_box),
        })
    }
}

/// A page of at most so many rows, after the page before.
///
/// # Errors
/// `bad-parameter` for a number of rows out of range.
pub fn page_query(after: Option<String>, limit: Option<i64>) -> Result<PageQuery, ApiError> {
    match limit {
        Some(limit) if !(1..=PAGE_ROWS_MAX).contains(&limit) => {
            Err(bad_parameter(format!("limit 应在 1 到 {PAGE_ROWS_MAX} 之间")))
        }
        Some(_) | None => Ok(PageQuery { cursor: after, limit }),
    }
}

/// The first instant of a day in Shanghai, or an instant.
///
/// # Errors
/// `bad-parameter` for anything else.
pub fn day_or_instant(text: &str) -> Result<Micros, ApiError> {
    let day = || text.parse::<LocalDate>().ok().map(LocalDate::first_instant);
    let bad = || bad_parameter("时间应写成 2023-06-01 或 2023-06-01T08:00:00+08:00 的样子");
    text.parse().ok().or_else(day).ok_or_else(bad)
}

/// South, west, north, east of a box that a request gives as `west,south,east,north`.
///
/// # Errors
/// `bad-parameter` for anything else, and for sides in the wrong order.
pub fn parse_box(text: &str) -> Result<[f64; 4], ApiError> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let sides: Option<[f64; 4]> = numbers.and_then(|numbers| numbers.try_into().ok());
    match sides {
        Some([west, south, east, north])
            if -90.0 <= south && south <= north && north <= 90.0 && -180.0 <= west && west <= east && east <= 180.0 =>
        {
            Ok([south, west, north, east])
        }
        Some(_) | None => Err(bad_parameter("bbox 应为 西,南,东,北 四个度数（WGS-84）")),
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody<T: ToSchema> {
    /// Its rows.
    items: Vec<T>,
    /// Pass it as `after` for the next page; null at the end.
    next: Option<String>,
}

impl<T: ToSchema> From<PageOf<T>> for PageBody<T> {
    fn from(page: PageOf<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotAllowed => Problem::Forbidden.into(),
            ReadError::NotFound => Problem::NotFound.into(),
            ReadError::BadCursor => bad_parameter("翻页位置无效，请从第一页重新查询"),
            ReadError::Store(error) => Self::internal(error),
            ReadError::Database(error) => error.into(),
        }
    }
}
