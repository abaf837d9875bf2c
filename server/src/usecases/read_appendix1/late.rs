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
const FORMS_MAX: i64 = 128;

/// What was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Printed {
    /// The months before whose forms were handed in.
    pub(super) months: BTreeSet<Month>,
    /// The visits that some handed-in form prints, of these months or later.
    pub(super) ids: BTreeSet<RecordId>,
}

/// The forms that were handed in for the months before this one. What lies in a month that is still open is not late: its own form prints it.
pub(super) async fn printed_before(tx: &mut Tx, area: &str, month: Month) -> Result<Printed, DbError> {
    let mut first = month;
    for _ in 0..LATE_MONTHS_MAX {
        first = first.previous();
    }
    let area = Villages::Only(vec![area.to_owned()]);
    let mut last = month;
    for _ in 0..=LATE_MONTHS_MAX {
        last = last.next();
    }
    let span = (first.to_string(), last.to_string());
    let forms = projections::list_forms(tx, &area, (&span.0, &span.1), FORMS_MAX).await?;
    let mut printed = Printed { months: BTreeSet::new(), ids: BTreeSet::new() };
    for form in forms.iter().filter(|form| form.form_kind == "appendix1") {
        let Some(content) = form.content.as_ref() else { continue };
        let of_month: Option<Month> = form.month.parse().ok();
        if of_month == Some(month) {
            continue;
        }
        printed.months.extend(of_month.filter(|of_month| *of_month < month));
        if let Some(FormContent { appendix1: Some(rows), .. }) = stored_content(tx, content).await? {
            printed.ids.extend(rows.into_iter().flat_map(|row| row.inspections));
        }
    }
    Ok(printed)
}
