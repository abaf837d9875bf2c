//! The records behind a number of a locked 附件2, as the revision itself names them. What a newcomer gets wrong: a locked number rests on what was
//! counted then; what the records say now may be something else, and is another question.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::form_life::lists::page_of_number;
use crate::usecases::form_life::{FormQuery, LifeError, read_revision};
use crate::usecases::push_operations::read_record;
use crate::usecases::read_appendix2::CountedRecord;
use paicha_db::records;
use std::num::NonZeroU32;
use sync_protocol::ids::RecordId;
use sync_protocol::merge::report_village;
use uuid::Uuid;

/// The records behind `number` (`1.1` to `2.8`) of a locked revision, in order of id: after `after`, at most `limit`. The village is the one
/// that each counts for now.
///
/// # Errors
/// [`LifeError`], also for a revision that there is not.
pub async fn list_revision_records(
    app: &App,
    caller: &Caller,
    (query, revision): (&FormQuery, NonZeroU32),
    number: &str,
    (after, limit): (Option<Uuid>, usize),
) -> Result<Vec<CountedRecord>, LifeError> {
    let form = read_revision(app, caller, query, revision).await?;
    let Some(number) = form.content.appendix2.as_ref().and_then(|numbers| numbers.get(number)) else {
        return Ok(Vec::new());
    };
    let mut tx = app.database.begin_read().await?;
    let wanted = page_of_number(&mut tx, number, (after.map(RecordId), limit)).await?;
    let wanted: Vec<Uuid> = wanted.into_iter().map(|id| id.0).collect();
    let rows = records::find_records(&mut tx, &wanted).await?;
    tx.rollback().await?;
    let counted = |row: &records::RecordRow| {
        let record = read_record(row)?;
        let village =
            report_village(&record).map_or(record.feed.as_str().to_owned(), |found| found.code.as_str().to_owned());
        let enterprise = if row.kind == "inspection" { record.shown_text("place") } else { None };
        Ok(CountedRecord { record: row.id, village, enterprise })
    };
    rows.iter().map(counted).collect()
}
