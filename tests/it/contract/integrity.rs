//! Contract of the tables that the integrity rules read and fill: visits in order of time, criteria by time, flags replaced together.

use paicha_db::projections::{
    CriterionRow, FlagFilter, FlagPage, FlagRow, Villages, VisitCount, VisitRow, VisitsOf, count_visits, find_visit,
    list_flags, list_flags_of_feed, list_flags_of_records, list_hashed_photos, list_hazard_criteria_of_feed,
    list_hazards_with_criterion, list_visits_after, list_visits_before, list_visits_of_feed, put_flags,
    put_hazard_criteria, put_photos, put_visits,
};
use paicha_db::records::{RecordRow, create_records, put_entries};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::{LOWER, UPPER, id, only, put_villages};

fn visit(record: u128, author: u128, started_at: i64, acc_m: Option<f64>) -> VisitRow {
    VisitRow {
        record: id(record),
        feed: UPPER.to_owned(),
        author: id(author),
        incarnation: id(80),
        started_at,
        ended_at: started_at + 5,
        lat84: acc_m.map(|_| 31.5),
        lon84: acc_m.map(|_| 108.25),
        acc_m,
        without_photo: record.is_multiple_of(2),
    }
}

fn records(visits: &[VisitRow]) -> Vec<Uuid> {
    visits.iter().map(|visit| visit.record).collect()
}

#[tokio::test]
async fn visits_are_found_before_and_after_one() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let all = vec![
            visit(1, 7, 10, Some(5.0)),
            visit(2, 7, 20, Some(101.0)),
            visit(3, 8, 20, None),
            visit(4, 7, 20, None),
        ];
        put_visits(&mut tx, all.clone()).await?;
        assert_eq!(find_visit(&mut tx, id(2)).await?, Some(all[1].clone()));
        assert_eq!(find_visit(&mut tx, id(9)).await?, None);
        let mine = VisitsOf::Author(id(7));
        assert_eq!(records(&list_visits_before(&mut tx, mine, (20, id(4)), 9).await?), [id(2), id(1)]);
        assert_eq!(records(&list_visits_after(&mut tx, mine, (10, id(1)), 1).await?), [id(2)]);
        let of_phone = VisitsOf::Phone(id(80));
        assert_eq!(records(&list_visits_before(&mut tx, of_phone, (20, id(4)), 1).await?), [id(3)]);
        assert_eq!(records(&list_visits_after(&mut tx, of_phone, (20, id(2)), 9).await?), [id(3), id(4)]);
        let counted = VisitCount { visits: 2, poor_fixes: 2, without_photo: 2 };
        assert_eq!(count_visits(&mut tx, id(7), (20, 21), 100.0).await?, counted);
        assert_eq!(count_visits(&mut tx, id(9), (0, 99), 100.0).await?, VisitCount::default());
        assert_eq!(records(&list_visits_of_feed(&mut tx, UPPER, Some(id(1)), 2).await?), [id(2), id(3)]);
        put_visits(&mut tx, vec![VisitRow { started_at: 30, ..visit(1, 8, 10, None) }]).await?;
        assert_eq!(find_visit(&mut tx, id(1)).await?.map(|visit| (visit.author, visit.started_at)), Some((id(8), 30)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn hazards_are_found_by_criterion_and_time() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let row = |record: u128, criterion: &str, found_at| CriterionRow {
            record: id(record),
            criterion: criterion.to_owned(),
            feed: UPPER.to_owned(),
            place: Some(id(70)),
            found_at,
        };
        let rows = vec![row(1, "GM-2023-3.1", 10), row(1, "GM-2023-3.2", 10), row(2, "GM-2023-3.1", 20)];
        put_hazard_criteria(&mut tx, &[id(1), id(2)], rows.clone()).await?;
        let found = list_hazards_with_criterion(&mut tx, "GM-2023-3.1", (10, 21), 9).await?;
        assert_eq!(found, [rows[2].clone(), rows[0].clone()]);
        assert_eq!(list_hazards_with_criterion(&mut tx, "GM-2023-3.1", (11, 20), 9).await?, []);
        let after = Some((id(1), "GM-2023-3.1".to_owned()));
        assert_eq!(list_hazard_criteria_of_feed(&mut tx, UPPER, after, 9).await?, rows[1..]);
        put_hazard_criteria(&mut tx, &[id(1)], vec![]).await?;
        assert_eq!(list_hazard_criteria_of_feed(&mut tx, UPPER, None, 9).await?, rows[2..]);
        Ok(())
    })
    .await;
}

fn flag(record: u128, key: &str, level: &str, village: &str, found_at: i64) -> FlagRow {
    FlagRow {
        id: format!("{}:{key}", id(record)),
        record: id(record),
        key: key.to_owned(),
        feed: UPPER.to_owned(),
        village: village.to_owned(),
        rule: "R-01".to_owned(),
        level: level.to_owned(),
        explained: false,
        cleared: key == "done",
        words: "照片相同".to_owned(),
        found_at,
    }
}

#[tokio::test]
async fn flags_of_a_record_are_replaced_together_and_listed_in_order() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let rows =
            vec![flag(1, "a", "hard", UPPER, 20), flag(1, "done", "hard", UPPER, 20), flag(2, "b", "soft", LOWER, 10)];
        put_flags(&mut tx, &[id(1), id(2)], rows.clone()).await?;
        let page = |after: Option<(i64, String)>| FlagPage { after, limit: 9 };
        let all = FlagFilter::default();
        let listed = list_flags(&mut tx, &Villages::All, &all, page(None)).await?;
        assert_eq!(listed, [rows[2].clone(), rows[0].clone(), rows[1].clone()]);
        let after = page(Some((20, rows[0].id.clone())));
        assert_eq!(list_flags(&mut tx, &Villages::All, &all, after).await?, rows[1..2]);
        let hard = FlagFilter { level: Some("hard".to_owned()), open: true };
        assert_eq!(list_flags(&mut tx, &Villages::All, &hard, page(None)).await?, rows[..1]);
        assert_eq!(list_flags(&mut tx, &only(&[LOWER]), &hard, page(None)).await?, []);
        assert_eq!(list_flags_of_records(&mut tx, &[id(1)], 9).await?, rows[..2]);
        assert_eq!(list_flags_of_feed(&mut tx, UPPER, Some(&rows[0].id), 9).await?, rows[1..]);
        put_flags(&mut tx, &[id(1)], vec![]).await?;
        assert_eq!(list_flags_of_feed(&mut tx, UPPER, None, 9).await?, rows[2..]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn hashed_photos_come_in_order_of_their_feed() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let record = |number: u128| RecordRow {
            id: id(number),
            kind: "photo".to_owned(),
            feed: UPPER.to_owned(),
            rev: 1,
            number: None,
            state: "{}".to_owned(),
        };
        create_records(&mut tx, (1..=3).map(record).collect()).await?;
        put_entries(&mut tx, UPPER, &[(id(1), 5), (id(2), 5), (id(3), 4)]).await?;
        let photo = |number: u128, phash: Option<i64>| super::photos::photo_with_hash(number, phash);
        put_photos(&mut tx, vec![photo(1, Some(1)), photo(2, None), photo(3, Some(-3))]).await?;
        let found = list_hashed_photos(&mut tx, UPPER, (0, Uuid::nil()), 9).await?;
        assert_eq!(found.iter().map(|(vrev, photo)| (*vrev, photo.id)).collect::<Vec<_>>(), [(4, id(3)), (5, id(1))]);
        assert_eq!(list_hashed_photos(&mut tx, UPPER, (5, id(1)), 9).await?, []);
        assert_eq!(list_hashed_photos(&mut tx, UPPER, (4, id(3)), 9).await?.len(), 1);
        Ok(())
    })
    .await;
}
