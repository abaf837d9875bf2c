//! The table `reviews`: questions that wait for a person, each computed from one record.
//! Not where they are answered: an answer is an operation, and the question then is no longer among the record's. What a
//! newcomer gets wrong: `opened_at` is when the question first arose and survives every later rewrite.

use super::Villages;
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use uuid::Uuid;

/// One question that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// `record:field` or `record:field:op`.
    pub id: String,
    /// The record it is about.
    pub record: Uuid,
    /// Feed of that record.
    pub feed: String,
    /// The field it is about.
    pub field: String,
    /// `disputed`, or a field outcome such as `proposal`.
    pub why: String,
    /// The operation that waits, for changes without effect.
    pub op: Option<Uuid>,
    /// Microseconds UTC.
    pub opened_at: i64,
}

fn review_row(row: &Row) -> Result<ReviewRow, DbError> {
    Ok(ReviewRow {
        id: row.text("id")?,
        record: row.uuid("record")?,
        feed: row.text("feed")?,
        field: row.text("field")?,
        why: row.text("why")?,
        op: row.opt_uuid("op")?,
        opened_at: row.i64("opened_at")?,
    })
}

/// Makes the questions of a record exactly these, all of that record and no two of one id. Those that were open stay open
/// since then.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn replace_reviews(tx: &mut Tx, record: Uuid, reviews: Vec<ReviewRow>) -> Result<(), DbError> {
    let ids = reviews.iter().map(|review| Value::from(review.id.as_str())).collect();
    // An empty list would make NOT IN match nothing, so it is asked for apart.
    let gone = Statement::new("DELETE FROM reviews WHERE record = $1 AND ($2 OR id NOT IN ($in))")
        .bind(record)
        .bind(reviews.is_empty())
        .bind_list(ids);
    tx.execute(gone).await?;
    let rows = reviews.into_iter().map(|row| {
        vec![
            row.id.into(),
            record.into(),
            row.feed.into(),
            row.field.into(),
            row.why.into(),
            row.op.into(),
            row.opened_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO reviews (id, record, feed, field, why, op, opened_at) VALUES",
        rows.collect(),
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, field = excluded.field, why = excluded.why, op = excluded.op",
    )
    .await?;
    Ok(())
}

/// A page of questions: what comes after the last row of the page before, and how many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewPage {
    /// `opened_at` and id of the last row seen.
    pub after: Option<(i64, String)>,
    /// Rows wanted.
    pub limit: i64,
}

/// Questions about records of the feeds, longest open first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_reviews(tx: &mut Tx, feeds: &Villages, page: ReviewPage) -> Result<Vec<ReviewRow>, DbError> {
    let (all, ids) = feeds.binds();
    let (after_opened, after_id) = page.after.unwrap_or((i64::MIN, String::new()));
    let statement = Statement::new(
        "SELECT id, record, feed, field, why, op, opened_at FROM reviews
         WHERE (opened_at, id) > ($1, $2) AND ($3 OR feed IN ($in))
         ORDER BY opened_at, id LIMIT $4",
    )
    .bind(after_opened)
    .bind(after_id)
    .bind(all)
    .bind(page.limit)
    .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(review_row).collect()
}

/// All questions about records of a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_reviews_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ReviewRow>, DbError> {
    let statement = Statement::new(
        "SELECT id, record, feed, field, why, op, opened_at FROM reviews
         WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or_default())
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(review_row).collect()
}
