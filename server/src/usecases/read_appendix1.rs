//! 附件1 of an area and a month as data: which inspections it prints, in which order, in which words (domain 2.6 and 2.7). Computed from the
//! records as they stand now, for the whole subdistrict too: a village's form is never added to another. Not the file; that is
//! `export_appendix1`. What a newcomer gets wrong: the form lists visits of the month by when they happened in Shanghai, not by when
//! they arrived, and a visit that found nothing is a row; one that arrives after its month was handed in prints in the next form as 补报.

mod facts;
mod late;
mod rows;
#[cfg(test)]
mod rows_tests;

use crate::config::Appendix1;
use crate::usecases::form_area::FormAreaError;
use facts::{Visit, load_visits};
pub use late::LATE_MONTHS_MAX;
use late::printed_before;
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, InspectionRow};
use paicha_db::{DbError, Tx};
use paicha_reports::{APPENDIX1_ROWS_MAX, ReportError};
use rows::form_rows;
use std::collections::BTreeSet;
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::RecordId;
use sync_protocol::time::Month;

/// 排查图片 of photos that are here and of which no picture is made yet.
pub const PICTURES_TO_COME: &str = "缩略图处理中";

/// Visits whose records are in memory at once.
const VISITS_AT_ONCE: usize = 100;

/// Why there is no form.
#[derive(Debug, thiserror::Error)]
pub enum Appendix1Error {
    /// There is no form of that area for the caller.
    #[error(transparent)]
    Area(#[from] FormAreaError),
    /// Too many rows, sheets or pictures, or the writer failed.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The photo store failed.
    #[error("the photo store failed")]
    Store(#[from] crate::blobs::BlobError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// The task that writes the file died.
    #[error("the export ended early")]
    Interrupted,
}

/// One form.
#[derive(Debug, Clone, PartialEq)]
pub struct Appendix1Form {
    /// Village or subdistrict, by its code.
    pub area: String,
    /// What people call it.
    pub area_name: String,
    /// Its rows, as they print.
    pub rows: Vec<FormRow>,
}

/// One row: one visit, or one joint visit.
#[derive(Debug, Clone, PartialEq)]
pub struct FormRow {
    /// The inspections it rests on; several for a joint visit.
    pub inspections: Vec<RecordId>,
    /// The 重大 that were found by them.
    pub majors: Vec<RecordId>,
    /// 序号, from 1.
    pub number: u32,
    /// 排查单位.
    pub inspecting_unit: String,
    /// 排查时间.
    pub inspected_at: String,
    /// The pictures that print, two at most.
    pub pictures: Vec<FormPicture>,
    /// What stands under them: 无图, 等5张, 待传照片2张.
    pub picture_note: String,
    /// 排查地点.
    pub place: String,
    /// 有无重大隐患及隐患描述.
    pub finding: String,
    /// 重大隐患处置情况及建议.
    pub handling: String,
    /// 备注.
    pub remark: String,
}

/// A picture that prints: the thumbnail of a stored photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPicture {
    /// The photo.
    pub photo: RecordId,
    /// Hash of its original.
    pub sha256: Sha256Bytes,
    /// Version of the code that made the thumbnail.
    pub derive_version: i64,
}

/// The form of one area: the month's visits and those of closed months that no form has; or, for a correction, exactly these.
///
/// # Errors
/// [`Appendix1Error`].
pub async fn area_form(
    tx: &mut Tx,
    (area, villages): (&FeedRow, &[FeedRow]),
    (month, choice): (Month, &Appendix1),
    only: Option<&BTreeSet<RecordId>>,
) -> Result<Appendix1Form, Appendix1Error> {
    let printed = printed_before(tx, &area.id, month).await?;
    let mut left = APPENDIX1_ROWS_MAX;
    let mut visits = Vec::new();
    // 村（社区） in order of their codes, each by time, as the notice's reporting chain has them.
    for feed in std::iter::once(area).chain(villages) {
        let mut rows = Vec::new();
        for of_month in printed.months.iter().copied().chain([month]) {
            let found = list_visits(tx, feed, (of_month, choice)).await?;
            // Where the office has begun to choose by another day, the form before may have printed the first days of this one.
            let own = |row: &InspectionRow| of_month == month && row.started_at >= month.first_instant().as_micros();
            rows.extend(found.into_iter().filter(|row| match only {
                Some(only) => only.contains(&row.id.into()),
                None => own(row) || !printed.ids.contains(&row.id.into()),
            }));
        }
        if rows.len() > left {
            let rows = APPENDIX1_ROWS_MAX + 1;
            let area_name = area.name.clone();
            return Err(ReportError::TooManyRows { area_name, rows, limit: APPENDIX1_ROWS_MAX }.into());
        }
        left -= rows.len();
        visits.extend(load_all(tx, &rows).await?);
    }
    let visits: Vec<&Visit> = visits.iter().collect();
    Ok(Appendix1Form { area: area.id.clone(), area_name: area.name.clone(), rows: form_rows(&visits, month, choice) })
}

/// The visits of one feed and month that a form lists.
async fn list_visits(
    tx: &mut Tx,
    feed: &FeedRow,
    (month, choice): (Month, &Appendix1),
) -> Result<Vec<InspectionRow>, Appendix1Error> {
    let (from, before) = choice.window_of(month);
    let window = (from.as_micros(), before.as_micros());
    let limit = i64::try_from(APPENDIX1_ROWS_MAX + 1).unwrap_or(i64::MAX);
    let rows = projections::list_inspections_for_form(tx, &feed.id, window, &choice.kinds_left_out(), limit).await?;
    if rows.len() > APPENDIX1_ROWS_MAX {
        let rows = APPENDIX1_ROWS_MAX + 1;
        return Err(ReportError::TooManyRows { area_name: feed.name.clone(), rows, limit: APPENDIX1_ROWS_MAX }.into());
    }
    Ok(rows)
}

async fn load_all(tx: &mut Tx, rows: &[InspectionRow]) -> Result<Vec<Visit>, Appendix1Error> {
    let mut visits = Vec::with_capacity(rows.len());
    for some in rows.chunks(VISITS_AT_ONCE) {
        visits.extend(load_visits(tx, some).await?);
    }
    Ok(visits)
}
