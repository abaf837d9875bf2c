//! Contract of the projections `photos` and `photo_links`: whole rows, what is to derive, what is owed, and the debt.

use paicha_db::projections::{
    PhotoDebt, PhotoLinkRow, PhotoRow, Villages, count_photo_debt, find_photos, list_photo_links,
    list_photo_links_of_feed, list_photos_by_sha256, list_photos_of_feed, list_photos_owed, list_photos_to_derive,
    put_photo_links, put_photos,
};
use paicha_db::records::{RecordRow, put_records};
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, only, put_villages};

/// Stored and derived by version 3, declared at 1000, with everything known.
fn photo(number: u128) -> PhotoRow {
    PhotoRow {
        id: id(number),
        feed: UPPER.to_owned(),
        sha256: vec![7; 32],
        bytes: 3_100_000,
        mime: "image/jpeg".to_owned(),
        stored: true,
        derive_state: Some("derived".to_owned()),
        derive_version: 3,
        taken_at: Some(900),
        lat84: Some(31.5),
        lon84: Some(108.25),
        dhash: Some(i64::MIN),
        phash: Some(-1),
        entropy_bits: Some(6.5),
        declared_at: 1_000,
    }
}

/// The same with another DCT hash.
pub(super) fn photo_with_hash(number: u128, phash: Option<i64>) -> PhotoRow {
    PhotoRow { phash, ..photo(number) }
}

/// Declared at 1000 and not here yet.
fn owed(number: u128) -> PhotoRow {
    PhotoRow {
        stored: false,
        derive_state: None,
        derive_version: 0,
        taken_at: None,
        lat84: None,
        lon84: None,
        dhash: None,
        phash: None,
        entropy_bits: None,
        ..photo(number)
    }
}

fn link(record: u128, photo: u128, role: &str) -> PhotoLinkRow {
    PhotoLinkRow { record: id(record), photo: id(photo), role: role.to_owned() }
}

/// Links one record to photos, all before.
async fn link_all(tx: &mut Tx, record: u128, photos: &[u128]) -> Result<(), DbError> {
    put_photo_links(tx, &[id(record)], photos.iter().map(|photo| link(record, *photo, "before")).collect()).await
}

#[tokio::test]
async fn a_photo_is_replaced_whole() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![owed(1), photo(2)]).await?;
        let other =
            PhotoRow { feed: LOWER.to_owned(), sha256: vec![8; 32], bytes: 5, mime: "image/png".to_owned(), ..owed(2) };
        put_photos(&mut tx, vec![PhotoRow { declared_at: 9_000, ..photo(1) }, other.clone()]).await?;
        put_photos(&mut tx, Vec::new()).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        let declared = PhotoRow { declared_at: 9_000, ..photo(1) };
        assert_eq!(find_photos(&mut tx, &[id(2), id(9), id(1)]).await?, [declared, other]);
        assert_eq!(find_photos(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn photos_of_one_original_come_in_order_of_id() {
    both_engines(|db| async move {
        let other = PhotoRow { sha256: vec![8; 32], ..photo(2) };
        let elsewhere = PhotoRow { feed: LOWER.to_owned(), ..photo(1) };
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![photo(4), other, owed(3), elsewhere.clone()]).await?;

        let all = [elsewhere, owed(3), photo(4)];
        assert_eq!(list_photos_by_sha256(&mut tx, &[7; 32], 3).await?, all);
        assert_eq!(list_photos_by_sha256(&mut tx, &[7; 32], 2).await?, all[..2]);
        assert_eq!(list_photos_by_sha256(&mut tx, &[9; 32], 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn photos_to_derive_are_stored_and_behind_never_tried_ones_first() {
    both_engines(|db| async move {
        let derived = |number: u128, derive_version: i64, declared_at: i64| PhotoRow {
            derive_version,
            declared_at,
            ..photo(number)
        };
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![derived(1, 3, 5), derived(2, 2, 10), derived(3, 2, 5), derived(4, 2, 5)]).await?;
        put_photos(&mut tx, vec![derived(5, 0, 90), owed(6), derived(7, 4, 1)]).await?;

        let all = [derived(5, 0, 90), derived(3, 2, 5), derived(4, 2, 5), derived(2, 2, 10)];
        assert_eq!(list_photos_to_derive(&mut tx, 3, 4).await?, all);
        assert_eq!(list_photos_to_derive(&mut tx, 3, 3).await?, all[..3]);
        assert_eq!(list_photos_to_derive(&mut tx, 0, 3).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn photos_owed_are_listed_oldest_first_until_they_are_here() {
    both_engines(|db| async move {
        let declared = |number: u128, feed: &str, declared_at: i64| PhotoRow {
            feed: feed.to_owned(),
            declared_at,
            ..owed(number)
        };
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![declared(4, UPPER, 10), declared(3, LOWER, 10), declared(5, UPPER, 9)]).await?;
        put_photos(&mut tx, vec![declared(1, UPPER, 20), PhotoRow { declared_at: 1, ..photo(2) }]).await?;

        let all = [declared(5, UPPER, 9), declared(3, LOWER, 10), declared(4, UPPER, 10)];
        assert_eq!(list_photos_owed(&mut tx, &Villages::All, 20, 3).await?, all);
        assert_eq!(list_photos_owed(&mut tx, &Villages::All, 20, 2).await?, all[..2]);
        assert_eq!(list_photos_owed(&mut tx, &only(&[LOWER]), 20, 9).await?, all[1..2]);
        assert_eq!(list_photos_owed(&mut tx, &only(&[]), 20, 9).await?, []);
        put_photos(&mut tx, vec![PhotoRow { stored: true, ..declared(5, UPPER, 9) }]).await?;
        assert_eq!(list_photos_owed(&mut tx, &Villages::All, 20, 9).await?, all[1..]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_photos_of_a_record_are_replaced_together() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        link_all(&mut tx, 50, &[3, 1]).await?;
        link_all(&mut tx, 51, &[1]).await?;
        put_photo_links(&mut tx, &[id(50)], vec![link(50, 2, "after"), link(50, 1, "after")]).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let all = [link(50, 1, "after"), link(50, 2, "after"), link(51, 1, "before")];
        assert_eq!(list_photo_links(&mut tx, &[id(51), id(50), id(52)], 3).await?, all);
        assert_eq!(list_photo_links(&mut tx, &[id(51), id(50)], 2).await?, all[..2]);
        assert_eq!(list_photo_links(&mut tx, &[], 9).await?, []);
        put_photo_links(&mut tx, &[id(50)], Vec::new()).await?;
        assert_eq!(list_photo_links(&mut tx, &[id(51), id(50)], 9).await?, all[2..]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_debt_of_a_record_counts_what_is_not_here() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![photo(1), photo(2), owed(3)]).await?;
        link_all(&mut tx, 52, &[1, 2]).await?;
        // The fourth photo is not declared itself.
        link_all(&mut tx, 50, &[1, 3, 4]).await?;
        link_all(&mut tx, 51, &[3]).await?;

        let debt = |record: u128, declared: i64, stored: i64| PhotoDebt { record: id(record), declared, stored };
        let asked = [id(52), id(51), id(50), id(53)];
        assert_eq!(count_photo_debt(&mut tx, &asked).await?, [debt(50, 3, 1), debt(51, 1, 0), debt(52, 2, 2)]);
        assert_eq!(count_photo_debt(&mut tx, &[id(53)]).await?, []);
        assert_eq!(count_photo_debt(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_photos_of_a_feed_in_order_of_id() {
    both_engines(|db| async move {
        let elsewhere = PhotoRow { feed: LOWER.to_owned(), ..photo(3) };
        let mut tx = db.begin_write().await?;
        put_photos(&mut tx, vec![photo(4), elsewhere, photo(2), owed(1)]).await?;

        let all = [owed(1), photo(2), photo(4)];
        assert_eq!(list_photos_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_photos_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_photos_of_feed(&mut tx, UPPER, Some(id(2)), 2).await?, all[2..]);
        assert_eq!(list_photos_of_feed(&mut tx, UPPER, Some(id(4)), 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_reads_links_of_records_of_a_feed() {
    both_engines(|db| async move {
        let record = |number: u128, feed: &str| RecordRow {
            id: id(number),
            kind: "hazard".to_owned(),
            feed: feed.to_owned(),
            rev: 1,
            number: None,
            state: "{}".to_owned(),
        };
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        put_records(&mut tx, vec![record(50, UPPER), record(51, LOWER), record(52, UPPER)]).await?;
        link_all(&mut tx, 52, &[2, 1]).await?;
        link_all(&mut tx, 51, &[1]).await?;
        link_all(&mut tx, 50, &[5]).await?;

        let all = [link(50, 5, "before"), link(52, 1, "before"), link(52, 2, "before")];
        assert_eq!(list_photo_links_of_feed(&mut tx, UPPER, None, 3).await?, all);
        assert_eq!(list_photo_links_of_feed(&mut tx, UPPER, None, 2).await?, all[..2]);
        assert_eq!(list_photo_links_of_feed(&mut tx, UPPER, Some((id(52), id(1))), 2).await?, all[2..]);
        assert_eq!(list_photo_links_of_feed(&mut tx, UPPER, Some((id(52), id(2))), 2).await?, []);
        Ok(())
    })
    .await;
}
