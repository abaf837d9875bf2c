//! Contract of what lists and forms ask beside the projections' own lists: a village's month, hazards of visits, numbers, debts.

use paicha_db::projections::{
    HazardRow, InspectionRow, PhotoLinkRow, PhotoRow, Villages, count_photos_owed, list_hazards_of_inspections,
    list_inspections_for_form, list_photo_links_of_photo, put_hazards, put_inspections, put_photo_links, put_photos,
};
use paicha_db::records::{RecordRow, find_feeds_of_records, find_numbers, put_numbers, put_records};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, only, put_villages};

fn inspection(number: u128, started_at: i64, kind: Option<&str>) -> InspectionRow {
    InspectionRow {
        id: id(number),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        village_basis: "registered".to_owned(),
        village_disputed: false,
        kind: kind.map(str::to_owned),
        place: None,
        inspecting_unit: None,
        started_at,
        received_at: 9_000,
        submitted: true,
        lat84: None,
        lon84: None,
        photos: 0,
        incomplete: false,
    }
}

fn hazard(number: u128, inspection: Option<u128>, found_at: i64) -> HazardRow {
    HazardRow {
        id: id(number),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        village_basis: "registered".to_owned(),
        village_disputed: false,
        inspection: inspection.map(id),
        place: None,
        level: None,
        state: "reg".to_owned(),
        origin: None,
        description: None,
        deadline: None,
        found_at,
        received_at: 9_000,
        lat84: None,
        lon84: None,
        photos: 0,
        incomplete: false,
        disputed: false,
    }
}

fn photo(number: u128, feed: &str, stored: bool) -> PhotoRow {
    PhotoRow {
        id: id(number),
        feed: feed.to_owned(),
        sha256: vec![7; 32],
        bytes: 10,
        mime: "image/jpeg".to_owned(),
        stored,
        derive_state: None,
        derive_version: 0,
        taken_at: None,
        lat84: None,
        lon84: None,
        dhash: None,
        phash: None,
        entropy_bits: None,
        declared_at: 1_000,
    }
}

#[tokio::test]
async fn a_villages_month_is_oldest_first_without_the_kinds_left_out() {
    both_engines(|db| async move {
        let elsewhere = InspectionRow { village: LOWER.to_owned(), ..inspection(7, 150, Some("spot")) };
        let rows = [
            inspection(5, 100, Some("spot")),
            inspection(2, 199, None),
            inspection(3, 199, Some("patrol")),
            inspection(4, 150, Some("covert")),
            inspection(1, 200, Some("spot")),
            inspection(6, 99, Some("spot")),
            elsewhere,
        ];
        let mut tx = db.begin_write().await?;
        put_inspections(&mut tx, rows.to_vec()).await?;
        let left_out = ["covert", "review"];
        let all = list_inspections_for_form(&mut tx, UPPER, (100, 200), &left_out, 9).await?;
        assert_eq!(all, rows[..3]);
        assert_eq!(list_inspections_for_form(&mut tx, UPPER, (100, 200), &left_out, 2).await?, rows[..2]);
        assert_eq!(list_inspections_for_form(&mut tx, "990000000009", (0, 999), &left_out, 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn hazards_of_visits_come_in_order_of_finding() {
    both_engines(|db| async move {
        let rows = [hazard(3, Some(71), 10), hazard(1, Some(70), 20), hazard(2, Some(71), 20)];
        let mut tx = db.begin_write().await?;
        put_hazards(&mut tx, vec![rows[2].clone(), hazard(8, None, 5), rows[0].clone(), rows[1].clone()]).await?;
        put_hazards(&mut tx, vec![hazard(9, Some(72), 15)]).await?;
        put_inspections(&mut tx, [70, 71, 72].map(|number| inspection(number, 5, None)).into()).await?;
        let elsewhere = HazardRow { feed: LOWER.to_owned(), ..hazard(4, Some(70), 1) };
        put_hazards(&mut tx, vec![elsewhere]).await?;
        assert_eq!(list_hazards_of_inspections(&mut tx, &[id(70), id(71)], 9).await?, rows);
        assert_eq!(list_hazards_of_inspections(&mut tx, &[id(71), id(70)], 1).await?, rows[..1]);
        assert_eq!(list_hazards_of_inspections(&mut tx, &[], 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn photos_owed_are_counted_by_feed() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let photos =
            vec![photo(1, UPPER, false), photo(2, UPPER, false), photo(3, UPPER, true), photo(4, LOWER, false)];
        put_photos(&mut tx, photos).await?;
        let (upper, lower) = ((UPPER.to_owned(), 2), (LOWER.to_owned(), 1));
        assert_eq!(count_photos_owed(&mut tx, &Villages::All, 9).await?, [upper.clone(), lower.clone()]);
        assert_eq!(count_photos_owed(&mut tx, &Villages::All, 1).await?, [upper]);
        assert_eq!(count_photos_owed(&mut tx, &only(&[LOWER]), 9).await?, [lower]);
        assert_eq!(count_photos_owed(&mut tx, &only(&[]), 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_records_of_a_photo_come_in_order_of_id() {
    both_engines(|db| async move {
        let link = |record, role: &str| PhotoLinkRow { record: id(record), photo: id(1), role: role.to_owned() };
        let mut tx = db.begin_write().await?;
        put_photo_links(&mut tx, &[id(6)], vec![link(6, "site")]).await?;
        put_photo_links(&mut tx, &[id(5)], vec![link(5, "before")]).await?;
        put_photo_links(&mut tx, &[id(7)], vec![PhotoLinkRow { photo: id(2), ..link(7, "site") }]).await?;
        let both = [link(5, "before"), link(6, "site")];
        assert_eq!(list_photo_links_of_photo(&mut tx, id(1), 9).await?, both);
        assert_eq!(list_photo_links_of_photo(&mut tx, id(1), 1).await?, both[..1]);
        assert_eq!(list_photo_links_of_photo(&mut tx, id(3), 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn numbers_are_found_for_the_records_that_have_one() {
    both_engines(|db| async move {
        let record = |number| RecordRow {
            id: id(number),
            kind: "hazard".to_owned(),
            feed: UPPER.to_owned(),
            rev: 1,
            number: None,
            state: "{}".to_owned(),
        };
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(1), record(2), record(3)]).await?;
        put_numbers(&mut tx, vec![(id(3), "YH-3".to_owned())]).await?;
        put_numbers(&mut tx, vec![(id(1), "YH-1".to_owned())]).await?;
        let numbered = [(id(1), "YH-1".to_owned()), (id(3), "YH-3".to_owned())];
        assert_eq!(find_numbers(&mut tx, &[id(3), id(2), id(1), id(9)]).await?, numbered);
        assert_eq!(find_numbers(&mut tx, &[]).await?, []);
        let feeds = [(id(1), UPPER.to_owned()), (id(3), UPPER.to_owned())];
        assert_eq!(find_feeds_of_records(&mut tx, &[id(3), id(9), id(1)]).await?, feeds);
        assert_eq!(find_feeds_of_records(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}
