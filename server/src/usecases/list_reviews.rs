//! What waits for a decision in the caller's villages, longest open first: questions about records, operations that took no effect, and what
//! is in quarantine, in one list. What a newcomer gets wrong: an operation without effect belongs to no record, so what it takes to decide
//! about it (who, from which phone, for which village, when) comes from the operation itself.

mod without_effect;

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{PageOf, PageQuery, ReadError, cursor, instant, narrow, readable};
use crate::usecases::wording::{field_title, kind_title, outcome_words};
use paicha_db::projections::{self, ReviewPage, ReviewRow, Villages};
use paicha_db::{DbError, Tx, feeds, records};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::FeedId;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// One question for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewItem {
    /// `record:field` or `record:field:op` for a question about a record, `op:` and the operation for one without effect, `kept:` and its
    /// key for what is in quarantine.
    pub id: String,
    /// The record it is about; nothing when the operation cannot be read.
    pub record: Option<Uuid>,
    /// Kind of that record, in words.
    pub record_kind_text: String,
    /// Its number.
    pub number: Option<String>,
    /// The feed that record or operation is in.
    pub village: String,
    /// The field it is about; empty for a whole operation.
    pub field: String,
    /// The same in words.
    pub field_text: String,
    /// `disputed`, what became of the field (`proposal`, `illegal_transition`, ...), or the reason why an operation took no effect
    /// (`out_of_scope`, `unknown_village`, `unreadable`, `seq_reuse`, ...).
    pub why: String,
    /// The same in words.
    pub why_text: String,
    /// The operation that waits.
    pub op: Option<Uuid>,
    /// Since when.
    pub opened_at: Micros,
    /// Of an operation without effect: who and what it says it is.
    pub claim: Option<Claim>,
}

/// What an operation without effect says of itself, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Claim {
    /// What it wanted to do, in words.
    pub text: String,
    /// Who it says did the work; whoever sent it when it cannot be read.
    pub author: Option<Uuid>,
    /// Their name.
    pub author_name: Option<String>,
    /// The phone it came from.
    pub device: Uuid,
    /// What people call that phone.
    pub device_label: Option<String>,
    /// The village it names.
    pub village: Option<String>,
    /// When it says it was made.
    pub made_at: Option<Micros>,
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
    let feeds = with_quarantine(&mut tx, feeds).await?;
    let rows =
        projections::list_reviews(&mut tx, &feeds, ReviewPage { after: after.clone(), limit: limit + 1 }).await?;
    let mut items = about_records(&mut tx, rows).await?;
    items.extend(without_effect::list(app, &mut tx, &feeds, after.as_ref(), limit + 1).await?);
    tx.rollback().await?;
    // Each source gave its first rows after the same place, so the first of all of them are among these.
    items.sort_by(|one, other| (one.opened_at, &one.id).cmp(&(other.opened_at, &other.id)));
    items.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
    let next = cursor::cut(app, caller, list, &mut items, limit, |row| (row.opened_at.as_micros(), row.id.clone()))?;
    Ok(PageOf { items, next })
}

/// The feeds, and the quarantine for whoever reads a whole subdistrict: what names no known village is nobody else's to settle.
async fn with_quarantine(tx: &mut Tx, villages: Villages) -> Result<Villages, DbError> {
    let Villages::Only(mut ids) = villages else { return Ok(Villages::All) };
    let known: BTreeSet<String> = ids.iter().cloned().collect();
    let whole =
        feeds::find_feeds(tx, &ids).await?.into_iter().any(|feed| feed.parent.is_some_and(|id| known.contains(&id)));
    if whole {
        ids.push(FeedId::quarantine().as_str().to_owned());
    }
    Ok(Villages::Only(ids))
}

async fn about_records(tx: &mut Tx, rows: Vec<ReviewRow>) -> Result<Vec<ReviewItem>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.record).collect();
    let about = records::find_records(tx, &ids).await?;
    let about: BTreeMap<Uuid, (String, Option<String>)> =
        about.into_iter().map(|record| (record.id, (record.kind, record.number))).collect();
    let items = rows.into_iter().map(|row| {
        let (kind, number) = about.get(&row.record).cloned().unwrap_or_default();
        ReviewItem {
            id: row.id,
            record: Some(row.record),
            record_kind_text: kind_title(&kind),
            number,
            village: row.feed,
            field_text: field_title(&kind, &row.field),
            field: row.field,
            why_text: outcome_words(&row.why).to_owned(),
            why: row.why,
            op: row.op,
            opened_at: instant(row.opened_at),
            claim: None,
        }
    });
    Ok(items.collect())
}
