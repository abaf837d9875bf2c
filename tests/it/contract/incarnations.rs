//! Contract of `incarnations`: a life is made when first seen, keeps its phone, and its sequence never goes back.

use paicha_db::incarnations::{
    Incarnation, Seen, advance_incarnation, find_incarnation, find_incarnations, find_newest_event, lock_incarnation,
};
use paicha_db::{DbError, Statement, Tx};
use paicha_tests::databases::both_engines;

use super::{id, waits};

fn seen(device: u128) -> Seen {
    Seen {
        id: id(1),
        device: id(device),
        parent: Some(id(9)),
        pending_total: 7,
        app: "2.4.1".to_owned(),
        at: 1_000,
        created_at: 900,
    }
}

fn life(consumed: i64, last_event_at: Option<i64>) -> Incarnation {
    Incarnation { id: id(1), device: id(2), parent: Some(id(9)), consumed, last_event_at }
}

/// What a push notes and no row type holds.
async fn noted(tx: &mut Tx) -> Result<(i64, String, i64, i64), DbError> {
    let columns = Statement::new("SELECT pending_total, app, created_at, seen_at FROM incarnations WHERE id = $1");
    let row = tx.fetch_one(columns.bind(id(1))).await?;
    Ok((row.i64("pending_total")?, row.text("app")?, row.i64("created_at")?, row.i64("seen_at")?))
}

#[tokio::test]
async fn a_life_is_made_when_first_seen_and_keeps_its_phone() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        assert_eq!(find_incarnation(&mut tx, id(1)).await?, None);
        assert_eq!(lock_incarnation(&mut tx, seen(2)).await?, life(0, None));
        assert_eq!(noted(&mut tx).await?, (7, "2.4.1".to_owned(), 900, 1_000));
        let again = Seen { parent: None, pending_total: 3, app: "2.5.0".to_owned(), at: 2_000, ..seen(5) };
        assert_eq!(lock_incarnation(&mut tx, again).await?, life(0, None), "the caller compares the device");
        let older = Seen { pending_total: 9, app: String::new(), at: 1_500, ..seen(2) };
        lock_incarnation(&mut tx, older).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_incarnation(&mut tx, id(1)).await?, Some(life(0, None)));
        assert_eq!(find_incarnations(&mut tx, &[id(8), id(1)]).await?, [life(0, None)]);
        assert_eq!(noted(&mut tx).await?, (3, "2.5.0".to_owned(), 900, 2_000), "what it said later stands");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_sequence_only_advances() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        lock_incarnation(&mut tx, seen(2)).await?;
        advance_incarnation(&mut tx, id(1), 5, Some(800)).await?;
        advance_incarnation(&mut tx, id(1), 6, None).await?;
        assert_eq!(find_incarnation(&mut tx, id(1)).await?, Some(life(6, Some(800))));
        advance_incarnation(&mut tx, id(1), 4, Some(900)).await?;
        advance_incarnation(&mut tx, id(8), 4, Some(900)).await?;
        assert_eq!(find_newest_event(&mut tx).await?, Some(800));
        assert_eq!(find_incarnation(&mut tx, id(1)).await?, Some(life(6, Some(800))));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn two_deliveries_of_one_batch_queue_at_the_life() {
    both_engines(|db| async move {
        let mut first = db.begin_write().await?;
        lock_incarnation(&mut first, seen(2)).await?;
        let other = db.clone();
        let mut second = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            let found = lock_incarnation(&mut tx, seen(2)).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        });
        assert!(waits(&mut second).await);
        advance_incarnation(&mut first, id(1), 5, Some(800)).await?;
        first.commit().await?;
        assert_eq!(second.await??, life(5, Some(800)), "the second finds everything done");
        Ok(())
    })
    .await;
}
