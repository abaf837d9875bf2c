//! What a verification asks of whole tables. The sync tests damage a real history; here each question is asked once of few rows.

use super::{LOWER, UPPER, id, put_villages};
use paicha_db::incarnations::{Seen, advance_incarnation, lock_incarnation};
use paicha_db::ops::{Quarantined, create_quarantined};
use paicha_db::projections::{ReviewRow, replace_reviews};
use paicha_db::records::put_entries;
use paicha_db::verify::{
    FeedEntry, LifeCount, count_stray_rows, list_feed_entries, list_life_counts, list_misplaced_ops,
    list_quarantine_by_id,
};
use paicha_db::{Statement, Tx};
use paicha_tests::databases::both_engines;

fn seen(life: u128, device: u128) -> Seen {
    Seen { id: id(life), device: id(device), parent: None, pending_total: 0, app: String::new(), at: 1, created_at: 1 }
}

fn kept(number: u128, seq: i64) -> Quarantined {
    Quarantined {
        id: id(number),
        op: id(number),
        device: id(1),
        incarnation: id(1),
        seq,
        code: "id_reuse".to_owned(),
        digest: vec![1; 32],
        body: vec![2],
        received_at: 1,
    }
}

async fn put_op(tx: &mut Tx, number: u128, seq: i64) -> Result<u64, paicha_db::DbError> {
    let statement = Statement::new(
        "INSERT INTO ops (id, incarnation, seq, feed, kind, digest, body, context, status, outcome, received_at)
         VALUES ($1, $2, $3, $4, '', $5, $5, '{}', 'applied', '{}', 1)",
    );
    tx.execute(statement.bind(id(number)).bind(id(1)).bind(seq).bind(UPPER).bind(vec![0_u8; 32])).await
}

#[tokio::test]
async fn positions_of_a_feed_come_in_order_of_record() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_entries(&mut tx, UPPER, &[(id(2), 5), (id(1), 7), (id(3), 1)]).await?;
        put_entries(&mut tx, LOWER, &[(id(4), 1)]).await?;
        let entry = |record: u128, vrev| FeedEntry { record: id(record), vrev, gone: false };
        assert_eq!(list_feed_entries(&mut tx, UPPER, None, 2).await?, [entry(1, 7), entry(2, 5)]);
        assert_eq!(list_feed_entries(&mut tx, UPPER, Some(id(2)), 2).await?, [entry(3, 1)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_life_is_counted_with_what_stands_in_quarantine_only() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        lock_incarnation(&mut tx, seen(1, 1)).await?;
        lock_incarnation(&mut tx, seen(2, 2)).await?;
        lock_incarnation(&mut tx, seen(3, 2)).await?;
        advance_incarnation(&mut tx, id(1), 4, None).await?;
        for (number, seq) in [(11, 2), (12, 3)] {
            put_op(&mut tx, number, seq).await?;
        }
        for (number, seq) in [(21, 3), (22, 4), (23, 4)] {
            create_quarantined(&mut tx, kept(number, seq)).await?;
        }
        let lives = list_life_counts(&mut tx, None, 2).await?;
        let first = LifeCount {
            id: id(1),
            device: id(1),
            has_relatives: false,
            consumed: 4,
            stored: 2,
            quarantined: 1,
            lowest: 2,
            highest: 3,
        };
        assert_eq!(lives[0], first);
        assert!(lives[1].has_relatives && lives[1].lowest == 1 && lives[1].highest == 0);
        assert_eq!(list_life_counts(&mut tx, Some(id(2)), 9).await?.len(), 1);
        let kept: Vec<_> =
            list_quarantine_by_id(&mut tx, Some(id(21)), 9).await?.into_iter().map(|kept| kept.id).collect();
        assert_eq!(kept, [id(22), id(23)]);
        let misplaced = list_misplaced_ops(&mut tx, 9).await?;
        assert_eq!(misplaced, [(id(11), UPPER.to_owned(), 0), (id(12), UPPER.to_owned(), 0)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn rows_of_no_feed_and_no_record_are_counted() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        assert_eq!(count_stray_rows(&mut tx).await?, []);
        put_entries(&mut tx, "990000000009", &[(id(2), 5), (id(1), 7)]).await?;
        let review = ReviewRow {
            id: "a".to_owned(),
            record: id(1),
            feed: "990000000009".to_owned(),
            field: "level".to_owned(),
            why: "disputed".to_owned(),
            op: None,
            opened_at: 1,
        };
        replace_reviews(&mut tx, &[id(1)], vec![review]).await?;
        assert_eq!(count_stray_rows(&mut tx).await?, [("feed_entries".to_owned(), 2), ("reviews".to_owned(), 1)]);
        Ok(())
    })
    .await;
}
