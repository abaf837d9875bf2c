//! Contract of the list of operations without effect: which there are, in which order, page by page.

use paicha_db::incarnations::{Seen, lock_incarnation};
use paicha_db::ops::{NewOp, Quarantined, create_ops, create_quarantined, settle_op};
use paicha_db::projections::Villages;
use paicha_db::unsettled::{UnsettledPage, has_unreadable, list_admissible, list_quarantine_page, list_unsettled_ops};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::{LOWER, UPPER, id, only, put_villages};

fn op(number: u128, feed: &str, status: &str, outcome: &str, received_at: i64) -> NewOp {
    NewOp {
        id: id(number),
        incarnation: id(50),
        seq: i64::try_from(number).expect("small numbers"),
        feed: feed.to_owned(),
        record: None,
        kind: String::new(),
        digest: vec![1; 32],
        body: vec![7],
        context: "{}".to_owned(),
        status: status.to_owned(),
        outcome: outcome.to_owned(),
        waits_for: None,
        received_at,
    }
}

fn page(after: Option<(i64, Uuid)>, limit: i64) -> UnsettledPage {
    UnsettledPage { after, limit }
}

const NO_EFFECT: &str = r#"{"status":"review","reason":"out_of_scope"}"#;

#[tokio::test]
async fn operations_without_effect_are_listed_first_come_first_asked() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let seen = Seen {
            id: id(50),
            device: id(60),
            parent: None,
            pending_total: 0,
            app: String::new(),
            at: 1,
            created_at: 1,
        };
        lock_incarnation(&mut tx, seen).await?;
        let waits = |number, at| NewOp { waits_for: Some(id(99)), ..op(number, UPPER, "held", "{}", at) };
        let rows = vec![
            op(1, UPPER, "review", NO_EFFECT, 100),
            op(2, UPPER, "review", r#"{"status":"review","rev":3,"fields":{"level":"proposal"}}"#, 100),
            op(3, LOWER, "refused", r#"{"status":"refused","reason":"unreadable"}"#, 50),
            op(4, UPPER, "held", r#"{"status":"held","reason":"unknown_kind"}"#, 300),
            waits(5, 10),
            waits(6, 200),
            waits(7, 20),
            op(8, UPPER, "applied", r#"{"status":"applied"}"#, 5),
        ];
        create_ops(&mut tx, rows).await?;
        settle_op(&mut tx, id(7), "{}").await?;
        let listed =
            |rows: Vec<paicha_db::unsettled::UnsettledOp>| rows.into_iter().map(|op| op.id).collect::<Vec<_>>();
        let all = [id(5), id(3), id(1), id(4)];
        let found = list_unsettled_ops(&mut tx, &Villages::All, 200, page(None, 9)).await?;
        assert_eq!((found[1].device, found[1].feed.as_str()), (id(60), LOWER));
        assert_eq!(listed(found), all);
        assert_eq!(
            listed(list_unsettled_ops(&mut tx, &Villages::All, 200, page(Some((50, id(3))), 1)).await?),
            all[2..3]
        );
        assert_eq!(
            listed(list_unsettled_ops(&mut tx, &only(&[UPPER]), 201, page(None, 9)).await?),
            [id(5), id(1), id(6), id(4)]
        );
        assert_eq!(list_unsettled_ops(&mut tx, &only(&[]), 200, page(None, 9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_quarantine_is_read_page_by_page() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let kept = |number, received_at| Quarantined {
            id: id(number),
            op: id(number + 10),
            device: id(60),
            incarnation: id(50),
            seq: 1,
            code: "seq_reuse".to_owned(),
            digest: vec![1; 32],
            body: vec![7],
            received_at,
        };
        let rows = [kept(3, 10), kept(1, 20), kept(2, 20)];
        for row in [&rows[2], &rows[0], &rows[1]] {
            create_quarantined(&mut tx, row.clone()).await?;
        }
        assert_eq!(list_quarantine_page(&mut tx, page(None, 9)).await?, rows);
        assert_eq!(list_quarantine_page(&mut tx, page(Some((20, id(1))), 9)).await?, rows[2..]);
        assert_eq!(list_quarantine_page(&mut tx, page(None, 2)).await?, rows[..2]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_came_again_is_a_question_no_more_and_what_is_outside_is_found_in_sequence() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let seen = Seen {
            id: id(50),
            device: id(60),
            parent: None,
            pending_total: 0,
            app: String::new(),
            at: 1,
            created_at: 1,
        };
        lock_incarnation(&mut tx, seen).await?;
        let about = |number: u128, bytes: u8, row: NewOp| NewOp {
            record: Some(id(70)),
            digest: vec![bytes; 32],
            ..NewOp { id: id(number), ..row }
        };
        let rows = vec![
            about(1, 1, op(1, UPPER, "review", NO_EFFECT, 100)),
            about(2, 2, op(2, UPPER, "review", NO_EFFECT, 100)),
            about(3, 3, op(3, UPPER, "review", r#"{"status":"review","reason":"server_fault"}"#, 100)),
            about(4, 1, op(4, UPPER, "applied", r#"{"status":"applied"}"#, 200)),
            about(5, 5, op(5, UPPER, "held", r#"{"status":"held","reason":"group_refused"}"#, 300)),
            about(6, 6, op(6, UPPER, "review", r#"{"status":"review","reason":"unknown_village"}"#, 300)),
            about(7, 7, op(7, UPPER, "review", r#"{"status":"review","reason":"already_exists"}"#, 300)),
        ];
        create_ops(&mut tx, rows.clone()).await?;
        let open = list_unsettled_ops(&mut tx, &Villages::All, 0, page(None, 9)).await?;
        assert_eq!(open.iter().map(|op| op.id).collect::<Vec<_>>(), [2, 3, 5, 6, 7].map(id));
        assert_eq!(list_admissible(&mut tx, (id(50), UPPER), 0, 3).await?, rows[..3]);
        let after = list_admissible(&mut tx, (id(50), UPPER), 3, 9).await?;
        assert_eq!(after, rows[4..6]);
        assert_eq!(list_admissible(&mut tx, (id(50), LOWER), 0, 9).await?, []);

        let damaged = r#"{"status":"refused","reason":"wrong_digest"}"#;
        let unreadable = r#"{"status":"refused","reason":"unreadable"}"#;
        let refused = vec![
            about(8, 8, NewOp { body: vec![8], ..op(8, UPPER, "refused", damaged, 400) }),
            about(9, 9, NewOp { body: vec![9], ..op(9, UPPER, "refused", unreadable, 400) }),
            about(10, 10, NewOp { body: vec![10], ..op(10, UPPER, "refused", damaged, 400) }),
        ];
        create_ops(&mut tx, refused.clone()).await?;
        let readable = list_admissible(&mut tx, (id(50), UPPER), 7, 9).await?;
        assert_eq!(readable, [refused[0].clone(), refused[2].clone()], "damaged, and can be read");
        assert!(has_unreadable(&mut tx, id(50), 1..=9).await?);
        assert!(!has_unreadable(&mut tx, id(50), 10..=29).await?);
        assert!(!has_unreadable(&mut tx, id(51), 1..=9).await?);
        let applied = op(11, UPPER, "applied", r#"{"status":"applied"}"#, 500);
        create_ops(&mut tx, vec![about(11, 11, NewOp { body: vec![8], ..applied })]).await?;
        let open = list_unsettled_ops(&mut tx, &Villages::All, 0, page(None, 99)).await?;
        let refused: Vec<Uuid> = open.iter().map(|op| op.id).filter(|op| *op > id(7)).collect();
        assert_eq!(refused, [id(9), id(10)], "what counts under its right digest is a question no more");
        Ok(())
    })
    .await;
}
