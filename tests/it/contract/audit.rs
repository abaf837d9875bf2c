//! Contract of `audit`: entries newest first, of everybody, one person or one kind, within an interval.

use paicha_db::DbError;
use paicha_db::audit::{AuditFilter, AuditRow, create_audit_entry, list_audit_entries};
use paicha_db::projections::Page;
use paicha_tests::databases::both_engines;

use super::{UPPER, id};

fn entry(number: u128, at: i64, actor: Option<u128>, kind: &str) -> AuditRow {
    AuditRow {
        id: id(number),
        at,
        actor: actor.map(id),
        kind: kind.to_owned(),
        subject_kind: "user".to_owned(),
        subject: "7".to_owned(),
        subject_text: "演示人员".to_owned(),
        village: (number == 2).then(|| UPPER.to_owned()),
        detail: "R1 排查员".to_owned(),
    }
}

/// In the order in which they are listed.
fn entries() -> [AuditRow; 5] {
    [
        entry(5, 300, None, "sign_in_failed"),
        entry(4, 200, Some(11), "grant_given"),
        entry(3, 200, Some(12), "grant_given"),
        entry(2, 200, Some(11), "sign_in"),
        entry(1, 100, Some(11), "grant_given"),
    ]
}

#[tokio::test]
async fn entries_are_listed_newest_first_by_person_kind_and_interval() {
    both_engines(|db| async move {
        let all = entries();
        let mut tx = db.begin_write().await?;
        for one in &all {
            create_audit_entry(&mut tx, one.clone()).await?;
        }
        tx.commit().await?;
        let of_kind = |kind: &str| AuditFilter { kind: Some(kind.to_owned()), ..AuditFilter::default() };
        let of_actor = |actor| AuditFilter { actor: Some(id(actor)), ..AuditFilter::default() };
        let between = |from, before| AuditFilter { from: Some(from), before: Some(before), ..AuditFilter::default() };
        let cases = [
            (AuditFilter::default(), vec![0, 1, 2, 3, 4]),
            (of_actor(11), vec![1, 3, 4]),
            (of_actor(13), vec![]),
            (of_kind("grant_given"), vec![1, 2, 4]),
            (AuditFilter { kind: Some("sign_in".to_owned()), ..of_actor(11) }, vec![3]),
            (between(200, 300), vec![1, 2, 3]),
            (AuditFilter { from: Some(101), ..of_kind("grant_given") }, vec![1, 2]),
            (AuditFilter { before: Some(200), ..of_actor(11) }, vec![4]),
        ];
        let mut tx = db.begin_read().await?;
        for (filter, expected) in cases {
            let expected: Vec<AuditRow> = expected.into_iter().map(|index: usize| all[index].clone()).collect();
            let mut joined = Vec::new();
            let mut after = None;
            loop {
                let page = list_audit_entries(&mut tx, &filter, Page { after, limit: 2 }).await?;
                let Some(last) = page.last() else { break };
                after = Some((last.at, last.id));
                joined.extend(page);
            }
            assert_eq!(joined, expected, "{filter:?}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_written_once() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_audit_entry(&mut tx, entry(1, 100, None, "sign_in")).await?;
        let again = create_audit_entry(&mut tx, entry(1, 200, None, "sign_in")).await;
        assert!(matches!(again, Err(DbError::UniqueViolation)), "{again:?}");
        Ok(())
    })
    .await;
}
