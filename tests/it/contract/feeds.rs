//! Contract of `feeds`: made once, listed in order, and counters that only `take_positions` moves.

use paicha_db::feeds::{
    FeedRow, Taken, find_feeds, list_boundaries, list_children, list_feeds, put_feed, put_head, skip_numbers,
    take_positions,
};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, put_villages, waits};

/// The subdistrict of both villages, before them in order.
const SUBDISTRICT: &str = "990000000000";

/// A feed as it is made.
fn fresh(id: &str, name: &str, parent: Option<&str>) -> FeedRow {
    FeedRow {
        id: id.to_owned(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        vrev: 0,
        head_hash: vec![0; 32],
        number_seq: 0,
        check_count: 0,
        check_sum: vec![0; 16],
    }
}

fn taken(feed: &str) -> Taken<'_> {
    Taken { feed, positions: 3, numbers: 2, records: 1 }
}

#[tokio::test]
async fn a_feed_is_renamed_without_touching_its_ledger() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_feed(&mut tx, UPPER, "上湾", None, Some("{}")).await?;
        take_positions(&mut tx, taken(UPPER)).await?;
        put_head(&mut tx, UPPER, &[7; 32], &[9; 16]).await?;
        put_feed(&mut tx, UPPER, "上湾村", Some(SUBDISTRICT), None).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let expected = FeedRow {
            vrev: 3,
            head_hash: vec![7; 32],
            number_seq: 2,
            check_count: 1,
            check_sum: vec![9; 16],
            ..fresh(UPPER, "上湾村", Some(SUBDISTRICT))
        };
        assert_eq!(list_feeds(&mut tx, 10).await?, [expected]);
        let boundary = (UPPER.to_owned(), "上湾村".to_owned(), "{}".to_owned());
        assert_eq!(list_boundaries(&mut tx, 10).await?, [boundary], "a boundary stays when none is given");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn feeds_are_listed_in_order_of_id_up_to_the_limit() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_feed(&mut tx, LOWER, "下湾村", Some(SUBDISTRICT), Some("{\"b\":2}")).await?;
        put_feed(&mut tx, UPPER, "上湾村", Some(SUBDISTRICT), Some("{\"b\":1}")).await?;
        put_feed(&mut tx, SUBDISTRICT, "双湾街道", None, None).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let subdistrict = fresh(SUBDISTRICT, "双湾街道", None);
        let upper = fresh(UPPER, "上湾村", Some(SUBDISTRICT));
        let lower = fresh(LOWER, "下湾村", Some(SUBDISTRICT));
        assert_eq!(list_feeds(&mut tx, 3).await?, [subdistrict.clone(), upper.clone(), lower.clone()]);
        assert_eq!(list_feeds(&mut tx, 2).await?, [subdistrict.clone(), upper]);
        let asked = [LOWER.to_owned(), "990000000009".to_owned(), SUBDISTRICT.to_owned()];
        assert_eq!(find_feeds(&mut tx, &asked).await?, [subdistrict, lower]);
        assert_eq!(find_feeds(&mut tx, &[]).await?, []);
        let boundaries = list_boundaries(&mut tx, 10).await?;
        let texts: Vec<_> = boundaries.iter().map(|(id, _, boundary)| (id.as_str(), boundary.as_str())).collect();
        assert_eq!(texts, [(UPPER, "{\"b\":1}"), (LOWER, "{\"b\":2}")]);
        assert_eq!(list_boundaries(&mut tx, 1).await?, boundaries[..1]);
        assert_eq!(list_children(&mut tx, SUBDISTRICT, 2).await?, [UPPER, LOWER]);
        assert_eq!(list_children(&mut tx, SUBDISTRICT, 1).await?, [UPPER]);
        assert!(list_children(&mut tx, UPPER, 9).await?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn taking_positions_answers_the_feed_afterwards_and_nothing_for_an_unknown_one() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let expected = FeedRow { vrev: 3, number_seq: 2, check_count: 1, ..fresh(UPPER, "上湾村", None) };
        assert_eq!(take_positions(&mut tx, taken(UPPER)).await?, Some(expected));
        let left = Taken { feed: UPPER, positions: 1, numbers: 0, records: -1 };
        let expected = FeedRow { vrev: 4, number_seq: 2, check_count: 0, ..fresh(UPPER, "上湾村", None) };
        assert_eq!(take_positions(&mut tx, left).await?, Some(expected));
        assert_eq!(take_positions(&mut tx, taken("990000000009")).await?, None);
        skip_numbers(&mut tx, 10).await?;
        let expected = FeedRow { vrev: 7, number_seq: 14, check_count: 1, ..fresh(UPPER, "上湾村", None) };
        assert_eq!(take_positions(&mut tx, taken(UPPER)).await?, Some(expected));
        put_head(&mut tx, "990000000009", &[7; 32], &[9; 16]).await?;
        let lower = FeedRow { number_seq: 10, ..fresh(LOWER, "下湾村", None) };
        assert_eq!(
            list_feeds(&mut tx, 10).await?[1],
            lower,
            "another feed is left alone, but for the numbers left out"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn positions_taken_at_once_are_dense() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        tx.commit().await?;

        let mut first = db.begin_write().await?;
        take_positions(&mut first, taken(UPPER)).await?;
        let other = db.clone();
        let mut second = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            let feed = take_positions(&mut tx, taken(UPPER)).await?;
            tx.commit().await?;
            Ok::<_, paicha_db::DbError>(feed)
        });
        assert!(waits(&mut second).await);
        first.commit().await?;
        assert_eq!(second.await??.map(|feed| feed.vrev), Some(6));
        Ok(())
    })
    .await;
}
