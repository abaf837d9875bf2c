//! Contract of `ops`: operations with their answers, the ledger, what waits, and the quarantine.

use paicha_db::incarnations::{Seen, lock_incarnation};
use paicha_db::ops::{
    LedgerOp, NewLedgerEntry, NewOp, Quarantined, SettledOp, StoredAnswer, Stretch, create_ledger_entries, create_ops,
    create_quarantined, find_answers, find_last_seq_before, find_op, find_quarantined, find_waiting_beside,
    list_answers, list_ledger, list_ops_of_record, list_quarantined, list_settled, list_waiting, place_settlement,
    settle_op,
};
use paicha_db::{DbError, Statement, Tx};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, put_villages};

/// An operation of the phone database 101 at this place of its sequence, about record 50.
fn op(seq: i64) -> NewOp {
    NewOp {
        id: id(1_000 + u128::from(seq.unsigned_abs())),
        incarnation: id(101),
        seq,
        feed: UPPER.to_owned(),
        record: Some(id(50)),
        kind: "hazard.create".to_owned(),
        digest: vec![1; 32],
        body: vec![0, 255, 10],
        context: "{}".to_owned(),
        status: "applied".to_owned(),
        outcome: format!("{{\"seq\":{seq}}}"),
        waits_for: None,
        received_at: 5_000,
    }
}

fn answer(op: &NewOp, vrev: Option<i64>) -> StoredAnswer {
    let NewOp { id, incarnation, seq, digest, outcome, .. } = op.clone();
    StoredAnswer { id, incarnation, seq, digest, outcome, vrev }
}

fn entry(op: &NewOp, vrev: i64, effect: &str) -> NewLedgerEntry {
    NewLedgerEntry {
        feed: op.feed.clone(),
        vrev,
        op: op.id,
        effect: effect.to_owned(),
        number: None,
        hash: vrev.to_be_bytes().repeat(4),
    }
}

fn in_ledger(op: &NewOp, vrev: i64, effect: &str) -> LedgerOp {
    let NewLedgerEntry { vrev, effect, number, hash, .. } = entry(op, vrev, effect);
    LedgerOp { vrev, effect, hash, number, settled: None, settled_vrev: None, op: op.clone() }
}

/// Villages and the two phone databases 101 and 102.
async fn prepare(tx: &mut Tx) -> Result<(), DbError> {
    put_villages(tx).await?;
    for life in [101, 102] {
        let seen = Seen {
            id: id(life),
            device: id(2),
            parent: None,
            pending_total: 0,
            app: "2".to_owned(),
            at: 1,
            created_at: 1,
        };
        lock_incarnation(tx, seen).await?;
    }
    Ok(())
}

#[tokio::test]
async fn answers_of_a_range_come_in_sequence_with_their_place_in_the_ledger() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        let other = NewOp { id: id(2_000), incarnation: id(102), ..op(2) };
        create_ops(&mut tx, vec![op(3), op(1), other.clone(), op(2)]).await?;
        // A held operation has two entries later on; the answer tells the first.
        create_ledger_entries(&mut tx, vec![entry(&op(1), 1, "held"), entry(&op(3), 2, "applied")]).await?;
        create_ledger_entries(&mut tx, vec![entry(&op(1), 3, "released")]).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let answers = [answer(&op(1), Some(1)), answer(&op(2), None), answer(&op(3), Some(2))];
        assert_eq!(list_answers(&mut tx, id(101), 1, 3).await?, answers);
        assert_eq!(list_answers(&mut tx, id(101), 2, 2).await?, answers[1..2]);
        assert_eq!(list_answers(&mut tx, id(101), 4, 9).await?, []);
        assert_eq!(list_answers(&mut tx, id(103), 1, 9).await?, []);
        let found = find_answers(&mut tx, &[other.id, id(9), op(1).id]).await?;
        assert_eq!(found, [answers[0].clone(), answer(&other, None)]);
        assert_eq!(find_answers(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_operation_is_stored_once() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        create_ops(&mut tx, vec![op(1)]).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let same_place = create_ops(&mut tx, vec![NewOp { id: id(7), ..op(1) }]).await;
        assert!(matches!(same_place, Err(DbError::UniqueViolation)), "{same_place:?}");
        let mut tx = db.begin_write().await?;
        let same_id = create_ops(&mut tx, vec![NewOp { seq: 2, ..op(1) }]).await;
        assert!(matches!(same_id, Err(DbError::UniqueViolation)), "{same_id:?}");
        let mut tx = db.begin_write().await?;
        let nobody = create_ops(&mut tx, vec![NewOp { incarnation: id(9), ..op(3) }]).await;
        assert!(matches!(nobody, Err(DbError::ForeignKey)), "{nobody:?}");
        let mut tx = db.begin_read().await?;
        assert_eq!(find_op(&mut tx, op(1).id).await?, Some(op(1)));
        assert_eq!(find_op(&mut tx, id(7)).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_settled_operation_waits_no_longer() {
    both_engines(|db| async move {
        let waiting =
            |seq: i64, record: u128| NewOp { waits_for: Some(id(record)), status: "held".to_owned(), ..op(seq) };
        let other = NewOp { id: id(2_000), incarnation: id(102), ..waiting(1, 60) };
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        create_ops(&mut tx, vec![other.clone(), waiting(3, 61), waiting(2, 60), waiting(4, 62), op(5)]).await?;

        let all = [waiting(2, 60), waiting(3, 61), other.clone()];
        assert_eq!(list_waiting(&mut tx, &[id(61), id(60)], None, 3).await?, all);
        assert_eq!(list_waiting(&mut tx, &[id(61), id(60)], None, 2).await?, all[..2]);
        assert_eq!(list_waiting(&mut tx, &[], None, 9).await?, []);
        let second = (all[0].incarnation, all[0].seq);
        assert_eq!(list_waiting(&mut tx, &[id(61), id(60)], Some(second), 9).await?, all[1..]);
        assert!(!find_waiting_beside(&mut tx, &[id(60), id(61)]).await?, "no such record yet");
        settle_op(&mut tx, op(2).id, "merged").await?;
        assert_eq!(list_waiting(&mut tx, &[id(60)], None, 9).await?, [other]);
        assert_eq!(find_op(&mut tx, op(2).id).await?, Some(NewOp { waits_for: None, ..waiting(2, 60) }));
        let settled = Statement::new("SELECT settled FROM ops WHERE settled IS NOT NULL");
        assert_eq!(tx.fetch_one(settled).await?.text("settled")?, "merged");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn settlements_of_a_phone_are_found_by_their_place_in_the_ledger() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        let other_life = NewOp { id: id(2_000), incarnation: id(102), ..op(1) };
        let elsewhere = NewOp { feed: LOWER.to_owned(), ..op(4) };
        create_ops(&mut tx, vec![op(2), op(3), elsewhere.clone(), other_life.clone()]).await?;
        for (op, vrev) in [(op(2).id, 7), (op(3).id, 9), (other_life.id, 8), (elsewhere.id, 8)] {
            settle_op(&mut tx, op, "{}").await?;
            place_settlement(&mut tx, op, vrev).await?;
        }
        let settled = |id, vrev| SettledOp { id, settled: "{}".to_owned(), vrev };
        let found = list_settled(&mut tx, id(2), Stretch { feed: UPPER, after: 7, to: 9 }, 9).await?;
        assert_eq!(
            found,
            [settled(other_life.id, 8), settled(op(3).id, 9)],
            "every life of the phone, this village only"
        );
        assert_eq!(
            list_settled(&mut tx, id(2), Stretch { feed: UPPER, after: 0, to: 9 }, 1).await?,
            [settled(op(2).id, 7)]
        );
        assert_eq!(list_settled(&mut tx, id(3), Stretch { feed: UPPER, after: 0, to: 9 }, 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_older_than_an_instant_ends_before_the_first_newer_one() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        let at = |seq: i64, received_at: i64| NewOp { received_at, ..op(seq) };
        create_ops(&mut tx, vec![at(1, 100), at(2, 300), at(3, 200)]).await?;
        paicha_db::incarnations::advance_incarnation(&mut tx, id(101), 3, None).await?;
        for (since, last) in [(50, 0), (100, 0), (101, 1), (250, 1), (301, 3)] {
            assert_eq!(find_last_seq_before(&mut tx, id(101), since).await?, last, "since {since}");
        }
        assert_eq!(find_last_seq_before(&mut tx, id(999), 50).await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_timeline_of_a_record_is_oldest_first() {
    both_engines(|db| async move {
        let early = NewOp { received_at: 4_000, ..op(4) };
        let other = NewOp { record: Some(id(51)), ..op(2) };
        let unreadable = NewOp { record: None, kind: String::new(), ..op(5) };
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        create_ops(&mut tx, vec![op(3), op(1), other, early.clone(), unreadable.clone()]).await?;

        assert_eq!(list_ops_of_record(&mut tx, id(50), 3).await?, [early.clone(), op(1), op(3)]);
        assert_eq!(list_ops_of_record(&mut tx, id(50), 2).await?, [early, op(1)]);
        assert_eq!(list_ops_of_record(&mut tx, id(52), 2).await?, []);
        assert_eq!(find_op(&mut tx, unreadable.id).await?, Some(unreadable));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_ledger_is_read_in_order_of_position() {
    both_engines(|db| async move {
        let below = NewOp { feed: LOWER.to_owned(), ..op(3) };
        let numbered = NewLedgerEntry { number: Some("SW-1".to_owned()), ..entry(&op(2), 2, "applied") };
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        create_ops(&mut tx, vec![op(1), op(2), below.clone()]).await?;
        let released = entry(&op(1), 3, "released");
        create_ledger_entries(&mut tx, vec![released, numbered, entry(&op(1), 1, "held")]).await?;
        create_ledger_entries(&mut tx, vec![entry(&below, 1, "applied")]).await?;
        create_ledger_entries(&mut tx, Vec::new()).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let second = LedgerOp { number: Some("SW-1".to_owned()), ..in_ledger(&op(2), 2, "applied") };
        let all = [in_ledger(&op(1), 1, "held"), second, in_ledger(&op(1), 3, "released")];
        assert_eq!(list_ledger(&mut tx, UPPER, 0, 3).await?, all);
        assert_eq!(list_ledger(&mut tx, UPPER, 0, 2).await?, all[..2]);
        assert_eq!(list_ledger(&mut tx, UPPER, 2, 2).await?, all[2..]);
        assert_eq!(list_ledger(&mut tx, UPPER, 3, 2).await?, []);
        assert_eq!(list_ledger(&mut tx, LOWER, 0, 9).await?, [in_ledger(&below, 1, "applied")]);
        let taken = create_ledger_entries(&mut tx, vec![entry(&op(2), 1, "applied")]).await;
        assert!(matches!(taken, Err(DbError::UniqueViolation)), "{taken:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn quarantined_bytes_are_kept_once() {
    both_engines(|db| async move {
        let kept = |number: u128, digest: u8, received_at: i64| Quarantined {
            id: id(number),
            op: id(1_001),
            device: id(2),
            incarnation: id(101),
            seq: 1,
            code: "seq_reuse".to_owned(),
            digest: vec![digest; 32],
            body: vec![0, 1],
            received_at,
        };
        let mut tx = db.begin_write().await?;
        create_quarantined(&mut tx, kept(3, 1, 600)).await?;
        create_quarantined(&mut tx, kept(4, 1, 100)).await?;
        create_quarantined(&mut tx, kept(2, 2, 600)).await?;
        create_quarantined(&mut tx, kept(5, 3, 500)).await?;

        let all = [kept(5, 3, 500), kept(2, 2, 600), kept(3, 1, 600)];
        assert_eq!(list_quarantined(&mut tx, 3).await?, all);
        assert_eq!(list_quarantined(&mut tx, 2).await?, all[..2]);
        let of_life = [kept(3, 1, 600), kept(2, 2, 600), kept(5, 3, 500)];
        assert_eq!(find_quarantined(&mut tx, id(101), 1..=1, 9).await?, of_life);
        assert_eq!(find_quarantined(&mut tx, id(101), 0..=5, 2).await?, of_life[..2]);
        assert!(find_quarantined(&mut tx, id(101), 2..=5, 9).await?.is_empty());
        assert!(find_quarantined(&mut tx, id(102), 1..=1, 9).await?.is_empty());
        Ok(())
    })
    .await;
}
