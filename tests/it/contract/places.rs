//! Contract of the projection `places`: whole rows, prefixes of names, and pages in order of name.

use paicha_db::projections::{
    BoundingBox, PlaceFilter, PlacePage, PlaceRow, Villages, find_places, list_places, list_places_of_feed, put_places,
};
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::{AT_POINT, BESIDE_POINT, LOWER, UPPER, id, only};

/// In the upper village, with everything known.
fn place(number: u128, name: &str) -> PlaceRow {
    PlaceRow {
        id: id(number),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        name: name.to_owned(),
        place_type: Some("factory".to_owned()),
        sector: Some("tea".to_owned()),
        uscc: Some("91990000MA0000000X".to_owned()),
        address: Some("上湾村 1 组".to_owned()),
        lat84: Some(31.5),
        lon84: Some(108.25),
        status: Some("open".to_owned()),
    }
}

/// The same with nothing known that may be missing.
pub(super) fn bare(number: u128, name: &str) -> PlaceRow {
    PlaceRow {
        place_type: None,
        sector: None,
        uscc: None,
        address: None,
        lat84: None,
        lon84: None,
        status: None,
        ..place(number, name)
    }
}

fn everything(limit: i64) -> PlacePage {
    PlacePage { after: None, limit }
}

fn after(name: &str, number: u128, limit: i64) -> PlacePage {
    PlacePage { after: Some((name.to_owned(), id(number))), limit }
}

/// Ids of what a filter finds in all villages.
async fn ids(tx: &mut Tx, filter: PlaceFilter) -> Result<Vec<Uuid>, DbError> {
    let found = list_places(tx, &Villages::All, &filter, everything(9)).await?;
    Ok(found.iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn a_place_is_replaced_whole() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_places(&mut tx, vec![place(1, "五里坡茶厂"), bare(2, "")]).await?;
        let moved = PlaceRow { feed: LOWER.to_owned(), village: LOWER.to_owned(), ..bare(1, "八里坡茶厂") };
        put_places(&mut tx, vec![moved.clone(), place(2, "加油站")]).await?;
        put_places(&mut tx, Vec::new()).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let found = find_places(&mut tx, &[id(2), id(9), id(1), id(1)]).await?;
        assert_eq!(found, [moved, place(2, "加油站")]);
        assert_eq!(find_places(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_in_order_of_name_and_split_ties_by_id() {
    both_engines(|db| async move {
        let elsewhere = PlaceRow { village: LOWER.to_owned(), ..place(3, "茶厂") };
        let all = [bare(9, ""), place(2, "茶厂"), elsewhere.clone(), place(4, "茶厂"), bare(1, "茶厂二")];
        let mut tx = db.begin_write().await?;
        put_places(&mut tx, all.iter().rev().cloned().collect()).await?;

        let filter = PlaceFilter::default();
        assert_eq!(list_places(&mut tx, &Villages::All, &filter, everything(5)).await?, all, "exactly one page");
        assert_eq!(list_places(&mut tx, &Villages::All, &filter, everything(2)).await?, all[..2]);
        assert_eq!(list_places(&mut tx, &Villages::All, &filter, after("茶厂", 2, 2)).await?, all[2..4]);
        assert_eq!(list_places(&mut tx, &Villages::All, &filter, after("茶厂", 4, 2)).await?, all[4..], "one more");
        assert_eq!(list_places(&mut tx, &Villages::All, &filter, after("茶厂二", 1, 2)).await?, []);
        assert_eq!(list_places(&mut tx, &only(&[LOWER]), &filter, everything(9)).await?, [elsewhere]);
        assert_eq!(list_places(&mut tx, &only(&[LOWER, UPPER]), &filter, everything(9)).await?, all);
        assert_eq!(list_places(&mut tx, &only(&[]), &filter, everything(9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_prefix_finds_names_byte_by_byte() {
    both_engines(|db| async move {
        let names = ["五", "五里", "五里坡", "五里\u{10ffff}坡", "五重", "Tea", "tea", "t%a", "\u{10ffff}"];
        let mut tx = db.begin_write().await?;
        let rows = (1..).zip(names).map(|(number, name)| bare(number, name)).collect();
        put_places(&mut tx, rows).await?;

        let prefix = |prefix: &str| PlaceFilter { name_prefix: Some(prefix.to_owned()), ..PlaceFilter::default() };
        assert_eq!(ids(&mut tx, prefix("五里")).await?, [id(2), id(3), id(4)]);
        assert_eq!(ids(&mut tx, prefix("t")).await?, [id(8), id(7)]);
        assert_eq!(ids(&mut tx, prefix("t%")).await?, [id(8)]);
        assert_eq!(ids(&mut tx, prefix("\u{10ffff}")).await?, [id(9)]);
        assert_eq!(ids(&mut tx, prefix("")).await?.len(), 9);
        let rest = list_places(&mut tx, &Villages::All, &prefix("五里"), after("五里", 2, 9)).await?;
        assert_eq!(rest, [bare(3, names[2]), bare(4, names[3])]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn each_part_of_the_filter_narrows_alone() {
    both_engines(|db| async move {
        let other = PlaceRow {
            place_type: Some("mine".to_owned()),
            sector: Some("coal".to_owned()),
            uscc: Some("91990000MA0000001Y".to_owned()),
            status: Some("closed".to_owned()),
            lat84: Some(-10.0),
            lon84: Some(-20.0),
            ..place(2, "b")
        };
        let mut tx = db.begin_write().await?;
        put_places(&mut tx, vec![place(1, "a"), other, bare(3, "c")]).await?;

        let none = PlaceFilter::default;
        assert_eq!(ids(&mut tx, none()).await?, [id(1), id(2), id(3)]);
        assert_eq!(ids(&mut tx, PlaceFilter { place_type: Some("mine".to_owned()), ..none() }).await?, [id(2)]);
        assert_eq!(ids(&mut tx, PlaceFilter { sector: Some("tea".to_owned()), ..none() }).await?, [id(1)]);
        let uscc = Some("91990000MA0000001Y".to_owned());
        assert_eq!(ids(&mut tx, PlaceFilter { uscc, ..none() }).await?, [id(2)]);
        assert_eq!(ids(&mut tx, PlaceFilter { status: Some("open".to_owned()), ..none() }).await?, [id(1)]);
        assert_eq!(ids(&mut tx, PlaceFilter { within: Some(AT_POINT), ..none() }).await?, [id(1)], "edges included");
        for beside in BESIDE_POINT {
            assert!(ids(&mut tx, PlaceFilter { within: Some(beside), ..none() }).await?.is_empty(), "{beside:?}");
        }
        let south = BoundingBox { south: -11.0, west: -21.0, north: -9.0, east: -19.0 };
        let nothing = PlaceFilter { sector: Some("tea".to_owned()), within: Some(south), ..none() };
        assert!(ids(&mut tx, nothing).await?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_a_feed_in_order_of_id() {
    both_engines(|db| async move {
        let other_village = PlaceRow { village: LOWER.to_owned(), ..place(2, "b") };
        let other_feed = PlaceRow { feed: LOWER.to_owned(), ..place(3, "c") };
        let mut tx = db.begin_write().await?;
        put_places(&mut tx, vec![place(4, "a"), other_feed, other_village.clone(), bare(1, "z")]).await?;

        let all = [bare(1, "z"), other_village, place(4, "a")];
        assert_eq!(list_places_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_places_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_places_of_feed(&mut tx, UPPER, Some(id(2)), 2).await?, all[2..]);
        assert_eq!(list_places_of_feed(&mut tx, UPPER, Some(id(4)), 2).await?, []);
        Ok(())
    })
    .await;
}
