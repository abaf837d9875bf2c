//! Contract of the projection `hazards`: whole rows, the filter, and pages newest first.

use paicha_db::projections::{
    BoundingBox, Figure, FigureBy, FigureFilter, HazardFilter, HazardRow, Page, PlaceRow, Villages, count_figures,
    find_hazard, list_hazards, list_hazards_of_feed, put_hazards, put_places,
};
use paicha_db::records::{RecordRow, put_records};
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

use super::places::bare as bare_place;
use super::{AT_POINT, BESIDE_POINT, LOWER, UPPER, id, only, put_villages};

/// Found at 1000, in the upper village, with everything known.
fn hazard(number: u128) -> HazardRow {
    HazardRow {
        id: id(number),
        feed: UPPER.to_owned(),
        village: UPPER.to_owned(),
        village_basis: "located".to_owned(),
        village_disputed: true,
        inspection: Some(id(70)),
        place: Some(id(80)),
        level: Some("general".to_owned()),
        state: "reg".to_owned(),
        origin: Some("patrol".to_owned()),
        description: Some("灭火器过期".to_owned()),
        deadline: Some("2031-05-09".to_owned()),
        found_at: 1_000,
        received_at: 2_000,
        lat84: Some(31.5),
        lon84: Some(108.25),
        photos: 2,
        incomplete: true,
        disputed: false,
    }
}

/// The same with nothing known that may be missing.
fn bare(number: u128) -> HazardRow {
    HazardRow {
        village_disputed: false,
        inspection: None,
        place: None,
        level: None,
        origin: None,
        description: None,
        deadline: None,
        lat84: None,
        lon84: None,
        incomplete: false,
        disputed: true,
        ..hazard(number)
    }
}

fn everything(limit: i64) -> Page {
    Page { after: None, limit }
}

/// Ids of what a filter finds in all villages.
async fn ids(tx: &mut Tx, filter: HazardFilter) -> Result<Vec<Uuid>, DbError> {
    let found = list_hazards(tx, &Villages::All, &filter, everything(9)).await?;
    Ok(found.iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn a_hazard_is_replaced_whole_but_for_when_it_was_first_heard_of() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_hazards(&mut tx, vec![hazard(1), bare(2)]).await?;
        let moved = HazardRow {
            feed: LOWER.to_owned(),
            village: LOWER.to_owned(),
            village_basis: "registered".to_owned(),
            state: "fixing".to_owned(),
            found_at: 1_500,
            photos: 0,
            ..bare(1)
        };
        let later = HazardRow { received_at: 9_000, ..moved.clone() };
        put_hazards(&mut tx, vec![later, hazard(2)]).await?;
        put_hazards(&mut tx, Vec::new()).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_hazard(&mut tx, &Villages::All, id(1)).await?, Some(moved));
        assert_eq!(find_hazard(&mut tx, &only(&[UPPER]), id(2)).await?, Some(hazard(2)));
        assert_eq!(find_hazard(&mut tx, &only(&[UPPER]), id(1)).await?, None, "it is another village's");
        assert_eq!(find_hazard(&mut tx, &only(&[]), id(1)).await?, None);
        assert_eq!(find_hazard(&mut tx, &Villages::All, id(3)).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_newest_first_and_split_ties_by_id() {
    both_engines(|db| async move {
        let newest = HazardRow { found_at: 2_000, ..hazard(1) };
        let oldest = HazardRow { found_at: -5, ..bare(9) };
        let elsewhere = HazardRow { village: LOWER.to_owned(), ..hazard(4) };
        let all = [newest.clone(), hazard(5), elsewhere.clone(), hazard(2), oldest.clone()];
        let mut tx = db.begin_write().await?;
        put_hazards(&mut tx, vec![hazard(2), oldest, hazard(5), newest, elsewhere.clone()]).await?;

        let filter = HazardFilter::default();
        assert_eq!(list_hazards(&mut tx, &Villages::All, &filter, everything(5)).await?, all, "exactly one page");
        assert_eq!(list_hazards(&mut tx, &Villages::All, &filter, everything(2)).await?, all[..2]);
        let second = Page { after: Some((1_000, id(5))), limit: 2 };
        assert_eq!(list_hazards(&mut tx, &Villages::All, &filter, second).await?, all[2..4]);
        let third = Page { after: Some((1_000, id(2))), limit: 2 };
        assert_eq!(list_hazards(&mut tx, &Villages::All, &filter, third).await?, all[4..], "one more");
        let end = Page { after: Some((-5, id(9))), limit: 2 };
        assert_eq!(list_hazards(&mut tx, &Villages::All, &filter, end).await?, []);
        assert_eq!(list_hazards(&mut tx, &only(&[LOWER]), &filter, everything(9)).await?, [elsewhere]);
        assert_eq!(list_hazards(&mut tx, &only(&[LOWER, UPPER]), &filter, everything(9)).await?, all);
        assert_eq!(list_hazards(&mut tx, &only(&[]), &filter, everything(9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn each_part_of_the_filter_narrows_alone() {
    both_engines(|db| async move {
        let other = HazardRow {
            state: "fixing".to_owned(),
            level: Some("major".to_owned()),
            place: Some(id(81)),
            inspection: Some(id(71)),
            found_at: 3_000,
            lat84: Some(-10.0),
            lon84: Some(-20.0),
            ..hazard(2)
        };
        let mut tx = db.begin_write().await?;
        put_hazards(&mut tx, vec![hazard(1), other, bare(3)]).await?;

        let none = HazardFilter::default;
        assert_eq!(ids(&mut tx, none()).await?, [id(2), id(3), id(1)]);
        assert_eq!(ids(&mut tx, HazardFilter { state: Some("reg".to_owned()), ..none() }).await?, [id(3), id(1)]);
        assert_eq!(ids(&mut tx, HazardFilter { level: Some("major".to_owned()), ..none() }).await?, [id(2)]);
        assert_eq!(ids(&mut tx, HazardFilter { place: Some(id(80)), ..none() }).await?, [id(1)]);
        assert_eq!(ids(&mut tx, HazardFilter { inspection: Some(id(71)), ..none() }).await?, [id(2)]);
        assert_eq!(ids(&mut tx, HazardFilter { from: Some(3_000), ..none() }).await?, [id(2)], "its start included");
        assert_eq!(ids(&mut tx, HazardFilter { before: Some(3_000), ..none() }).await?, [id(3), id(1)], "not its end");
        assert_eq!(ids(&mut tx, HazardFilter { within: Some(AT_POINT), ..none() }).await?, [id(1)], "edges included");
        for beside in BESIDE_POINT {
            assert!(ids(&mut tx, HazardFilter { within: Some(beside), ..none() }).await?.is_empty(), "{beside:?}");
        }
        let south = BoundingBox { south: -11.0, west: -21.0, north: -9.0, east: -19.0 };
        let nothing = HazardFilter { state: Some("reg".to_owned()), within: Some(south), ..none() };
        assert!(ids(&mut tx, nothing).await?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_a_feed_in_order_of_id() {
    both_engines(|db| async move {
        let other_village = HazardRow { village: LOWER.to_owned(), ..hazard(2) };
        let other_feed = HazardRow { feed: LOWER.to_owned(), ..hazard(3) };
        let mut tx = db.begin_write().await?;
        put_hazards(&mut tx, vec![hazard(4), other_feed, other_village.clone(), bare(1)]).await?;

        let all = [bare(1), other_village, hazard(4)];
        assert_eq!(list_hazards_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_hazards_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_hazards_of_feed(&mut tx, UPPER, Some(id(2)), 2).await?, all[2..]);
        assert_eq!(list_hazards_of_feed(&mut tx, UPPER, Some(id(4)), 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn words_are_found_in_description_place_and_number() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let wire = HazardRow { description: Some("线头裸露100%".to_owned()), place: Some(id(81)), ..hazard(2) };
        put_hazards(&mut tx, vec![hazard(1), wire, bare(3)]).await?;
        put_places(&mut tx, vec![bare_place(81, "演示云岫五金厂")]).await?;
        let record = RecordRow {
            id: id(3),
            kind: "hazard".to_owned(),
            feed: UPPER.to_owned(),
            rev: 1,
            number: Some("YH-500999001207-2031-0042".to_owned()),
            state: "{}".to_owned(),
        };
        put_records(&mut tx, vec![record]).await?;
        let with = |text: &str| HazardFilter { text: Some(text.to_owned()), ..HazardFilter::default() };
        assert_eq!(ids(&mut tx, with("灭火器")).await?, [id(1)], "its description");
        assert_eq!(ids(&mut tx, with("云岫五金")).await?, [id(2)], "the name of its place");
        assert_eq!(ids(&mut tx, with("2031-0042")).await?, [id(3)], "its number");
        assert_eq!(ids(&mut tx, with("%")).await?, [id(2)], "letter by letter, no pattern");
        let both = HazardFilter { state: Some("fixing".to_owned()), ..with("灭火器") };
        assert!(ids(&mut tx, both).await?.is_empty(), "beside the other conditions");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn figures_count_by_village_and_sector_without_the_voided() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let done = HazardRow { state: "closed".to_owned(), level: Some("major_direct".to_owned()), ..hazard(2) };
        let lower = HazardRow { village: LOWER.to_owned(), found_at: 5_000, deadline: None, place: None, ..hazard(3) };
        let void = HazardRow { state: "void".to_owned(), ..hazard(4) };
        put_hazards(&mut tx, vec![hazard(1), done, lower, void]).await?;
        put_places(&mut tx, vec![PlaceRow { sector: Some("fire".to_owned()), ..bare_place(80, "演示云岫五金厂") }])
            .await?;
        let filter = |before| FigureFilter { from: 1_000, before, today: "2031-05-10" };
        let figure =
            |key: &str, [found, major, done, late]: [i64; 4]| Figure { key: key.to_owned(), found, major, done, late };
        let all = count_figures(&mut tx, &Villages::All, FigureBy::Nothing, &filter(9_000), 10).await?;
        assert_eq!(all, [figure("", [3, 1, 1, 1])]);
        let villages = count_figures(&mut tx, &Villages::All, FigureBy::Village, &filter(9_000), 10).await?;
        let mut expected = vec![figure(UPPER, [2, 1, 1, 1]), figure(LOWER, [1, 0, 0, 0])];
        expected.sort_by(|one, other| one.key.cmp(&other.key));
        assert_eq!(villages, expected);
        let sectors = count_figures(&mut tx, &Villages::All, FigureBy::Sector, &filter(9_000), 10).await?;
        assert_eq!(sectors, [figure("", [1, 0, 0, 0]), figure("fire", [2, 1, 1, 1])]);
        let only_upper = Villages::Only(vec![UPPER.to_owned()]);
        let early = count_figures(&mut tx, &only_upper, FigureBy::Nothing, &filter(1_000), 10).await?;
        assert!(early.is_empty(), "the end is not included");
        Ok(())
    })
    .await;
}
