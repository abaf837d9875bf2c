//! The table `reviews`: questions that wait for a person, each computed from one record.
//! Not where they are answered: an answer is an operation, and the question then is no longer among the record's. What a
//! newcomer gets wrong: `opened_at` is computed from the record like everything else, so nothing of an old row survives.

use super::Villages;
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{LIST_VALUES_MAX, Statement, Value};
use std::collections::BTreeSet;
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

/// Makes the questions of `records` exactly these: all of those records, and no two of one id. A record without questions loses all
/// it had.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn replace_reviews(tx: &mut Tx, records: &[Uuid], reviews: Vec<ReviewRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    // Questions are rare: reading which are open costs one statement, and most records need no second one.
    let open = Statement::new("SELECT id FROM reviews WHERE record IN ($in)")
        .bind_list(records.iter().copied().map(Value::from).collect());
    let kept: BTreeSet<&str> = reviews.iter().map(|review| review.id.as_str()).collect();
    let mut gone = Vec::new();
    for row in tx.fetch_all(open).await? {
        let id = row.text("id")?;
        if !kept.contains(id.as_str()) {
            gone.push(Value::from(id));
        }
    }
    for ids in gone.chunks(LIST_VALUES_MAX) {
        tx.execute(Statement::new("DELETE FROM reviews WHERE id IN ($in)").bind_list(ids.to_vec())).await?;
    }
    let rows = reviews.into_iter().map(|row| {
        vec![
            row.id.into(),
            row.record.into(),
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
        "ON CONFLICT (id) DO UPDATE SET feed = excluded.feed, field = excluded.field, why = excluded.why, op = excluded.op,
         opened_at = excluded.opened_at",
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

/// The list, with `$lead` as the condition that an index answers.
macro_rules! reviews_sql {
    ($lead:literal) => {
        concat!(
            "SELECT id, record, feed, field, why, op, opened_at FROM reviews WHERE ",
            $lead,
            " AND (opened_at, id) > ($1, $2) ORDER BY opened_at, id LIMIT $4"
        )
    };
}

fn list_sql(feeds: &Villages) -> &'static str {
    match feeds {
        Villages::All => reviews_sql!("($3 OR feed IN ($in))"),
        Villages::Only(ids) if ids.len() == 1 => reviews_sql!("NOT $3 AND feed = ($in)"),
        Villages::Only(_) => reviews_sql!("NOT $3 AND feed IN ($in)"),
    }
}

/// Questions about records of the feeds, longest open first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_reviews(tx: &mut Tx, feeds: &Villages, page: ReviewPage) -> Result<Vec<ReviewRow>, DbError> {
    let (all, ids) = feeds.binds();
    let (after_opened, after_id) = page.after.unwrap_or((i64::MIN, String::new()));
    let statement =
        Statement::new(list_sql(feeds)).bind(after_opened).bind(after_id).bind(all).bind(page.limit).bind_list(ids);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::sqlite_plan;

    #[tokio::test]
    async fn the_lists_of_all_and_of_one_village_walk_an_index_in_order() {
        let plan = sqlite_plan(list_sql(&Villages::All), 4, &Villages::All).await;
        assert!(plan.contains("USING INDEX reviews_by_opened") && !plan.contains("TEMP B-TREE"), "{plan}");
        let one = Villages::Only(vec!["500229001201".to_owned()]);
        let plan = sqlite_plan(list_sql(&one), 4, &one).await;
        assert!(plan.contains("USING INDEX reviews_by_feed") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
