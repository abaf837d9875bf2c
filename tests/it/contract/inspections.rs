//! Contract of the projection `inspections`: whole rows, the filter, pages newest first, and a month as the form prints it.

use paicha_db::projections::{
    BoundingBox, InspectionFilter, InspectionRow, Page, Villages, find_inspection, list_inspections,
    list_inspections_of_feed, list_inspections_of_month, put_inspections,
};
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::{AT_POINT, BESIDE_POINT, LOWER, UPPER, id, only};

/// Started at 1000, in the upper village, with everything known.
fn inspection(number: u128) -> InspectionRow {
    InspectionRow {
        id: id(number),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        village_basis: "registered".to_owned(),
        village_disputed: true,
        kind: Some("spot".to_owned()),
        place: Some(id(80)),
        inspecting_unit: Some("上湾村委会".to_owned()),
        started_at: 1_000,
        received_at: 2_000,
        submitted: true,
        lat84: Some(31.5),
        lon84: Some(108.25),
        photos: 3,
        incomplete: false,
    }
}

/// The same with nothing known that may be missing.
fn bare(number: u128) -> InspectionRow {
    InspectionRow {
        village_disputed: false,
        kind: None,
        place: None,
        inspecting_unit: None,
        submitted: false,
        lat84: None,
        lon84: None,
        incomplete: true,
        ..inspection(number)
    }
}

fn everything(limit: i64) -> Page {
    Page { after: None, limit }
}

/// Ids of what a filter finds in all villages.
async fn ids(tx: &mut Tx, filter: InspectionFilter) -> Result<Vec<Uuid>, DbError> {
    let found = list_inspections(tx, &Villages::All, &filter, everything(9)).await?;
    Ok(found.iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn an_inspection_is_replaced_whole_but_for_when_it_was_first_heard_of() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_inspections(&mut tx, vec![inspection(1), bare(2)]).await?;
        let moved = InspectionRow {
            feed: LOWER.to_owned(),
            village: LOWER.to_owned(),
            village_basis: "located".to_owned(),
            started_at: 1_500,
            photos: 0,
            ..bare(1)
        };
        let later = InspectionRow { received_at: 9_000, ..moved.clone() };
        put_inspections(&mut tx, vec![later, inspection(2)]).await?;
        put_inspections(&mut tx, Vec::new()).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_inspection(&mut tx, &Villages::All, id(1)).await?, Some(moved));
        assert_eq!(find_inspection(&mut tx, &only(&[UPPER]), id(2)).await?, Some(inspection(2)));
        assert_eq!(find_inspection(&mut tx, &only(&[UPPER]), id(1)).await?, None, "it is another village's");
        assert_eq!(find_inspection(&mut tx, &only(&[]), id(1)).await?, None);
        assert_eq!(find_inspection(&mut tx, &Villages::All, id(3)).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_newest_first_and_split_ties_by_id() {
    both_engines(|db| async move {
        let newest = InspectionRow { started_at: 2_000, ..inspection(1) };
        let oldest = InspectionRow { started_at: -5, ..bare(9) };
        let elsewhere = InspectionRow { village: LOWER.to_owned(), ..inspection(4) };
        let all = [newest.clone(), inspection(5), elsewhere.clone(), inspection(2), oldest.clone()];
        let mut tx = db.begin_write().await?;
        put_inspections(&mut tx, vec![inspection(2), oldest, inspection(5), newest, elsewhere.clone()]).await?;

        let filter = InspectionFilter::default();
        assert_eq!(list_inspections(&mut tx, &Villages::All, &filter, everything(5)).await?, all, "exactly one page");
        assert_eq!(list_inspections(&mut tx, &Villages::All, &filter, everything(2)).await?, all[..2]);
        let second = Page { after: Some((1_000, id(5))), limit: 2 };
        assert_eq!(list_inspections(&mut tx, &Villages::All, &filter, second).await?, all[2..4]);
        let third = Page { after: Some((1_000, id(2))), limit: 2 };
        assert_eq!(list_inspections(&mut tx, &Villages::All, &filter, third).await?, all[4..], "one more");
        let end = Page { after: Some((-5, id(9))), limit: 2 };
        assert_eq!(list_inspections(&mut tx, &Villages::All, &filter, end).await?, []);
        assert_eq!(list_inspections(&mut tx, &only(&[LOWER]), &filter, everything(9)).await?, [elsewhere]);
        assert_eq!(list_inspections(&mut tx, &only(&[LOWER, UPPER]), &filter, everything(9)).await?, all);
        assert_eq!(list_inspections(&mut tx, &only(&[]), &filter, everything(9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn each_part_of_the_filter_narrows_alone() {
    both_engines(|db| async move {
        let other = InspectionRow {
            kind: Some("review".to_owned()),
            place: Some(id(81)),
            started_at: 3_000,
            submitted: false,
            lat84: Some(-10.0),
            lon84: Some(-20.0),
            ..inspection(2)
        };
        let mut tx = db.begin_write().await?;
        put_inspections(&mut tx, vec![inspection(1), other, bare(3)]).await?;

        let none = InspectionFilter::default;
        assert_eq!(ids(&mut tx, none()).await?, [id(2), id(3), id(1)]);
        assert_eq!(ids(&mut tx, InspectionFilter { kind: Some("spot".to_owned()), ..none() }).await?, [id(1)]);
        assert_eq!(ids(&mut tx, InspectionFilter { place: Some(id(81)), ..none() }).await?, [id(2)]);
        assert_eq!(ids(&mut tx, InspectionFilter { submitted: Some(true), ..none() }).await?, [id(1)]);
        assert_eq!(ids(&mut tx, InspectionFilter { submitted: Some(false), ..none() }).await?, [id(2), id(3)]);
        assert_eq!(
            ids(&mut tx, InspectionFilter { from: Some(3_000), ..none() }).await?,
            [id(2)],
            "its start included"
        );
        let early = InspectionFilter { before: Some(3_000), ..none() };
        assert_eq!(ids(&mut tx, early).await?, [id(3), id(1)], "not its end");
        assert_eq!(
            ids(&mut tx, InspectionFilter { within: Some(AT_POINT), ..none() }).await?,
            [id(1)],
            "edges included"
        );
        for beside in BESIDE_POINT {
            assert!(ids(&mut tx, InspectionFilter { within: Some(beside), ..none() }).await?.is_empty(), "{beside:?}");
        }
        let south = BoundingBox { south: -11.0, west: -21.0, north: -9.0, east: -19.0 };
        let nothing = InspectionFilter { submitted: Some(true), within: Some(south), ..none() };
        assert!(ids(&mut tx, nothing).await?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_month_is_printed_by_village_then_oldest_first() {
    both_engines(|db| async move {
        let at = |number: u128, village: &str, started_at: i64| InspectionRow {
            village: village.to_owned(),
            started_at,
            ..inspection(number)
        };
        let mut tx = db.begin_write().await?;
        let before = vec![at(1, UPPER, 999), at(2, UPPER, 2_000)];
        let inside = vec![at(7, LOWER, 1_000), at(6, UPPER, 1_999), at(5, UPPER, 1_000), at(4, UPPER, 1_000)];
        put_inspections(&mut tx, before).await?;
        put_inspections(&mut tx, inside).await?;

        let all = [at(4, UPPER, 1_000), at(5, UPPER, 1_000), at(6, UPPER, 1_999), at(7, LOWER, 1_000)];
        assert_eq!(list_inspections_of_month(&mut tx, &Villages::All, 1_000, 2_000, 4).await?, all);
        assert_eq!(list_inspections_of_month(&mut tx, &Villages::All, 1_000, 2_000, 3).await?, all[..3]);
        assert_eq!(list_inspections_of_month(&mut tx, &only(&[LOWER]), 1_000, 2_000, 9).await?, all[3..]);
        assert_eq!(list_inspections_of_month(&mut tx, &only(&[]), 1_000, 2_000, 9).await?, []);
        assert_eq!(list_inspections_of_month(&mut tx, &Villages::All, 3_000, 4_000, 9).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_a_feed_in_order_of_id() {
    both_engines(|db| async move {
        let other_village = InspectionRow { village: LOWER.to_owned(), ..inspection(2) };
        let other_feed = InspectionRow { feed: LOWER.to_owned(), ..inspection(3) };
        let mut tx = db.begin_write().await?;
        put_inspections(&mut tx, vec![inspection(4), other_feed, other_village.clone(), bare(1)]).await?;

        let all = [bare(1), other_village, inspection(4)];
        assert_eq!(list_inspections_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_inspections_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_inspections_of_feed(&mut tx, UPPER, Some(id(2)), 2).await?, all[2..]);
        assert_eq!(list_inspections_of_feed(&mut tx, UPPER, Some(id(4)), 2).await?, []);
        Ok(())
    })
    .await;
}
