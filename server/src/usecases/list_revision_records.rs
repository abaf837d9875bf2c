//! The records behind a number of a locked 附件2, as the revision itself names them. What a newcomer gets wrong: a locked number rests on what was
//! counted then; what the records say now may be something else, and is another question.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::form_life::{FormQuery, LifeError, read_revision};
use crate::usecases::push_operations::read_record;
use crate::usecases::read_appendix2::CountedRecord;
use paicha_db::records;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use uuid::Uuid;

/// The records behind `number` (`1.1` to `2.8`) of a locked revision, in order of id: after `after`, at most `limit`. The village is the one
/// each syncs in.
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
    let counted = form.content.appendix2.as_ref().and_then(|numbers| numbers.get(number));
    let all = counted.into_iter().flat_map(|counted| &counted.records).map(|id| id.0);
    let wanted: Vec<Uuid> = all.filter(|id| after.is_none_or(|after| *id > after)).take(limit).collect();
    let mut tx = app.database.begin_read().await?;
    let rows = records::find_records(&mut tx, &wanted).await?;
    tx.rollback().await?;
    let rows: BTreeMap<Uuid, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let known = wanted.iter().filter_map(|id| rows.get(id));
    let found = known.map(|row| {
        let checked = if row.kind == "inspection" { read_record(row)?.shown_text("place") } else { None };
        Ok(CountedRecord { record: row.id, village: row.feed.clone(), enterprise: checked })
    });
    found.collect()
}
