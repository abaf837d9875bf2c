//! Contract of `records`: records by id and by feed, and what a pull reads.

use paicha_db::DbError;
use paicha_db::records::{
    Changed, RecordRow, create_records, find_records, list_changed, list_records, lock_records, put_entries,
    put_numbers, put_records,
};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, put_villages, waits};

fn record(number: u128) -> RecordRow {
    RecordRow {
        id: id(number),
        kind: "hazard".to_owned(),
        feed: UPPER.to_owned(),
        rev: 1,
        number: None,
        state: format!("{{\"n\":{number}}}"),
    }
}

fn changed(number: u128, vrev: i64) -> Changed {
    let RecordRow { id, kind, rev, number, state, .. } = record(number);
    Changed { id, vrev, gone: false, kind, rev, number, state }
}

#[tokio::test]
async fn a_record_is_replaced_and_keeps_its_number_kind_and_feed() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(1), record(2)]).await?;
        put_numbers(&mut tx, vec![(id(1), "SW-2026-0001".to_owned())]).await?;
        let next = RecordRow { rev: 2, state: "{}".to_owned(), ..record(1) };
        let other =
            RecordRow { kind: "place".to_owned(), feed: LOWER.to_owned(), number: Some("X".to_owned()), ..next };
        put_records(&mut tx, vec![other]).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let number = Some("SW-2026-0001".to_owned());
        let first = RecordRow { rev: 2, state: "{}".to_owned(), number, ..record(1) };
        let asked = [id(2), id(9), id(1)];
        assert_eq!(find_records(&mut tx, &asked).await?, [first.clone(), record(2)]);
        assert_eq!(lock_records(&mut tx, &asked).await?, [first, record(2)]);
        assert_eq!(find_records(&mut tx, &[]).await?, []);
        assert_eq!(lock_records(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn records_of_a_feed_come_in_order_of_id_page_by_page() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let elsewhere = RecordRow { feed: LOWER.to_owned(), ..record(2) };
        put_records(&mut tx, vec![record(4), record(1), elsewhere, record(3)]).await?;

        assert_eq!(list_records(&mut tx, UPPER, None, 3).await?, [record(1), record(3), record(4)]);
        assert_eq!(list_records(&mut tx, UPPER, None, 2).await?, [record(1), record(3)]);
        assert_eq!(list_records(&mut tx, UPPER, Some(id(3)), 2).await?, [record(4)]);
        assert_eq!(list_records(&mut tx, UPPER, Some(id(4)), 2).await?, []);
        assert_eq!(list_records(&mut tx, "990000000009", None, 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_record_of_an_unknown_feed_is_refused() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let refused = put_records(&mut tx, vec![record(1)]).await;
        assert!(matches!(refused, Err(DbError::ForeignKey)), "{refused:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pull_reads_each_record_once_at_its_newest_position() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(1), record(2), record(3)]).await?;
        put_entries(&mut tx, UPPER, &[(id(1), 1), (id(2), 2), (id(3), 3)]).await?;
        put_entries(&mut tx, LOWER, &[(id(2), 1)]).await?;
        put_entries(&mut tx, UPPER, &[(id(1), 4)]).await?;
        put_entries(&mut tx, UPPER, &[]).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let all = [changed(2, 2), changed(3, 3), changed(1, 4)];
        assert_eq!(list_changed(&mut tx, UPPER, 0, 3).await?, all);
        assert_eq!(list_changed(&mut tx, UPPER, 0, 2).await?, all[..2]);
        assert_eq!(list_changed(&mut tx, UPPER, 3, 2).await?, all[2..]);
        assert_eq!(list_changed(&mut tx, UPPER, 4, 2).await?, []);
        assert_eq!(list_changed(&mut tx, LOWER, 0, 2).await?, [changed(2, 1)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn records_at_one_position_come_in_order_of_id() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(1), record(2), record(3)]).await?;
        put_entries(&mut tx, UPPER, &[(id(3), 5), (id(1), 5), (id(2), 5)]).await?;
        assert_eq!(list_changed(&mut tx, UPPER, 4, 9).await?, [changed(1, 5), changed(2, 5), changed(3, 5)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_locked_record_is_waited_for() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(1), record(2)]).await?;
        tx.commit().await?;

        let mut first = db.begin_write().await?;
        lock_records(&mut first, &[id(1)]).await?;
        let other = db.clone();
        let mut second = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            let found = lock_records(&mut tx, &[id(2), id(1)]).await?;
            tx.commit().await?;
            Ok::<_, DbError>(found)
        });
        assert!(waits(&mut second).await);
        put_records(&mut first, vec![RecordRow { rev: 2, ..record(1) }]).await?;
        first.commit().await?;
        assert_eq!(second.await??, [RecordRow { rev: 2, ..record(1) }, record(2)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_record_is_created_once() {
    both_engines(|db| async move {
        let numbered = RecordRow { number: Some("SW-1".to_owned()), rev: 3, ..record(2) };
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        create_records(&mut tx, vec![record(1), numbered.clone()]).await?;
        create_records(&mut tx, Vec::new()).await?;
        assert_eq!(find_records(&mut tx, &[id(1), id(2)]).await?, [record(1), numbered]);
        let again = create_records(&mut tx, vec![record(3), RecordRow { rev: 9, ..record(1) }]).await;
        assert!(matches!(again, Err(DbError::UniqueViolation)), "{again:?}");
        Ok(())
    })
    .await;
}
