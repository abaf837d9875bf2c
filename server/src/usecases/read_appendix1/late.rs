//! What earlier forms have printed: a visit that is in none of them, although its month was handed in, prints in the next form (补报). What a
//! newcomer gets wrong: this compares ids, never times. A visit may be received before a form is handed in and still not be in it.

use crate::usecases::form_life::content::{FormContent, stored_content};
use paicha_db::projections::{self, Villages};
use paicha_db::{DbError, Tx};
use std::collections::BTreeSet;
use sync_protocol::ids::RecordId;
use sync_protocol::time::Month;

/// Months before a form in which visits may lie that it prints as 补报.
pub const LATE_MONTHS_MAX: usize = 12;
/// Forms of one area in so many months, with room.
const FORMS_MAX: i64 = 64;

/// What was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Printed {
    /// The first of the handed-in months that reach without a gap to the form's own, or that month itself.
    pub(super) from: Month,
    /// The visits that their forms print.
    pub(super) ids: BTreeSet<RecordId>,
}

/// The forms that were handed in before this month. Before a month that is still open nothing is late: its own form prints it.
pub(super) async fn printed_before(tx: &mut Tx, area: &str, month: Month) -> Result<Printed, DbError> {
    let mut first = month;
    for _ in 0..LATE_MONTHS_MAX {
        first = first.previous();
    }
    let area = Villages::Only(vec![area.to_owned()]);
    let span = (first.to_string(), month.to_string());
    let forms = projections::list_forms(tx, &area, (&span.0, &span.1), FORMS_MAX).await?;
    let mut printed = Printed { from: month, ids: BTreeSet::new() };
    for form in forms.iter().rev().filter(|form| form.form_kind == "appendix1") {
        let Some(content) = form.content.as_ref().filter(|_| form.month == printed.from.previous().to_string()) else {
            break;
        };
        printed.from = printed.from.previous();
        if let Some(FormContent { appendix1: Some(rows), .. }) = stored_content(tx, content).await? {
            printed.ids.extend(rows.into_iter().flat_map(|row| row.inspections));
        }
    }
    Ok(printed)
}
