//! What waits for a decision in the caller's villages, longest open first.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{PageOf, PageQuery, ReadError, cursor, instant, narrow, readable};
use crate::usecases::wording::{field_title, kind_title, outcome_words};
use paicha_db::projections::{self, ReviewPage};
use paicha_db::records;
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// One question for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewItem {
    /// `record:field` or `record:field:op`.
    pub id: String,
    /// The record it is about.
    pub record: Uuid,
    /// Kind of that record, in words.
    pub record_kind_text: String,
    /// Its number.
    pub number: Option<String>,
    /// The feed that record syncs in.
    pub village: String,
    /// The field it is about.
    pub field: String,
    /// The same in words.
    pub field_text: String,
    /// `disputed`, or what became of the field: `proposal`, `illegal_transition`, ...
    pub why: String,
    /// The same in words.
    pub why_text: String,
    /// The operation that waits.
    pub op: Option<Uuid>,
    /// Since when.
    pub opened_at: Micros,
}

/// One page of open questions.
///
/// # Errors
/// [`ReadError`].
pub async fn list_reviews(
    app: &App,
    caller: &Caller,
    village: Option<&str>,
    page: &PageQuery,
) -> Result<PageOf<ReviewItem>, ReadError> {
    let list = ("reviews", &village);
    let after = cursor::open::<(i64, String)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let mut tx = app.database.begin_read().await?;
    let feeds = narrow(&mut tx, readable(caller, Action::ReadReviewItems)?, village).await?;
    let mut rows = projections::list_reviews(&mut tx, &feeds, ReviewPage { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.opened_at, row.id.clone()))?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.record).collect();
    let about = records::find_records(&mut tx, &ids).await?;
    tx.rollback().await?;
    let about: BTreeMap<Uuid, (String, Option<String>)> =
        about.into_iter().map(|record| (record.id, (record.kind, record.number))).collect();
    let items = rows.into_iter().map(|row| {
        let (kind, number) = about.get(&row.record).cloned().unwrap_or_default();
        ReviewItem {
            id: row.id,
            record: row.record,
            record_kind_text: kind_title(&kind),
            number,
            village: row.feed,
            field_text: field_title(&kind, &row.field),
            field: row.field,
            why_text: outcome_words(&row.why).to_owned(),
            why: row.why,
            op: row.op,
            opened_at: instant(row.opened_at),
        }
    });
    Ok(PageOf { items: items.collect(), next })
}
