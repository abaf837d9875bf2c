//! Contract of the projection `reviews`: questions of a record are replaced together, and the longest open comes first.

use paicha_db::projections::{ReviewPage, ReviewRow, Villages, list_reviews, list_reviews_of_feed, replace_reviews};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, only};

/// A question about a record of the upper village.
fn review(record: u128, field: &str, opened_at: i64) -> ReviewRow {
    ReviewRow {
        id: format!("{record}:{field}"),
        record: id(record),
        feed: UPPER.to_owned(),
        field: field.to_owned(),
        why: "disputed".to_owned(),
        op: None,
        opened_at,
    }
}

fn everything(limit: i64) -> ReviewPage {
    ReviewPage { after: None, limit }
}

fn after(opened_at: i64, id: &str, limit: i64) -> ReviewPage {
    ReviewPage { after: Some((opened_at, id.to_owned())), limit }
}

#[tokio::test]
async fn a_question_that_stays_is_replaced_and_one_that_is_answered_goes() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        replace_reviews(&mut tx, &[id(1)], vec![review(1, "level", 100), review(1, "place", 100)]).await?;
        replace_reviews(&mut tx, &[id(2)], vec![review(2, "level", 150)]).await?;
        let proposal = ReviewRow { why: "proposal".to_owned(), op: Some(id(8)), ..review(1, "state", 200) };
        let moved = ReviewRow { feed: LOWER.to_owned(), ..review(1, "level", 200) };
        replace_reviews(&mut tx, &[id(1)], vec![proposal.clone(), moved.clone()]).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let all = [review(2, "level", 150), moved, proposal];
        assert_eq!(list_reviews(&mut tx, &Villages::All, everything(9)).await?, all);
        replace_reviews(&mut tx, &[id(1)], Vec::new()).await?;
        replace_reviews(&mut tx, &[id(3)], Vec::new()).await?;
        assert_eq!(list_reviews(&mut tx, &Villages::All, everything(9)).await?, all[..1]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_longest_open_first_and_split_ties_by_id() {
    both_engines(|db| async move {
        let elsewhere = ReviewRow { feed: LOWER.to_owned(), ..review(2, "b", 100) };
        let all =
            [review(5, "z", -5), review(1, "a", 100), review(1, "b", 100), elsewhere.clone(), review(1, "c", 300)];
        let mut tx = db.begin_write().await?;
        replace_reviews(&mut tx, &[id(2)], vec![elsewhere.clone()]).await?;
        replace_reviews(&mut tx, &[id(1)], vec![all[4].clone(), all[2].clone(), all[1].clone()]).await?;
        replace_reviews(&mut tx, &[id(5)], vec![all[0].clone()]).await?;

        assert_eq!(list_reviews(&mut tx, &Villages::All, everything(5)).await?, all, "exactly one page");
        assert_eq!(list_reviews(&mut tx, &Villages::All, everything(2)).await?, all[..2]);
        assert_eq!(list_reviews(&mut tx, &Villages::All, after(100, "1:a", 2)).await?, all[2..4]);
        assert_eq!(list_reviews(&mut tx, &Villages::All, after(100, "2:b", 2)).await?, all[4..], "one more");
        assert_eq!(list_reviews(&mut tx, &Villages::All, after(300, "1:c", 2)).await?, []);
        assert_eq!(list_reviews(&mut tx, &only(&[LOWER]), everything(9)).await?, [elsewhere]);
        assert_eq!(list_reviews(&mut tx, &only(&[]), everything(9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_a_feed_in_order_of_id() {
    both_engines(|db| async move {
        let elsewhere = ReviewRow { feed: LOWER.to_owned(), ..review(2, "b", 100) };
        let all = [review(1, "a", 300), review(1, "b", 200), review(3, "a", 100)];
        let mut tx = db.begin_write().await?;
        replace_reviews(&mut tx, &[id(3)], vec![all[2].clone()]).await?;
        replace_reviews(&mut tx, &[id(2)], vec![elsewhere]).await?;
        replace_reviews(&mut tx, &[id(1)], vec![all[1].clone(), all[0].clone()]).await?;

        assert_eq!(list_reviews_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_reviews_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_reviews_of_feed(&mut tx, UPPER, Some("1:b"), 2).await?, all[2..]);
        assert_eq!(list_reviews_of_feed(&mut tx, UPPER, Some("3:a"), 2).await?, []);
        Ok(())
    })
    .await;
}
