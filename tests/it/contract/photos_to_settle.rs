//! Photos whose original is here although they are not marked as stored.

use paicha_db::projections::{self, PhotoRow};
use paicha_db::uploads::{self, BlobRow, UploadRow};
use paicha_tests::databases::both_engines;
use uuid::Uuid;

fn photo(id: u128, original: u8, stored: bool) -> PhotoRow {
    PhotoRow {
        id: Uuid::from_u128(id),
        feed: "900000001001".to_owned(),
        sha256: vec![original; 32],
        bytes: 5,
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
        declared_at: 1,
    }
}

#[tokio::test]
async fn only_unmarked_photos_with_an_original_are_to_settle() {
    both_engines(|database| async move {
        let mut tx = database.begin_write().await?;
        let photos = vec![photo(4, 1, false), photo(2, 1, false), photo(3, 2, false), photo(1, 1, true)];
        projections::put_photos(&mut tx, photos).await?;
        uploads::put_blob(&mut tx, BlobRow { sha256: vec![1; 32], bytes: 5, stored_at: 1 }).await?;
        let found = projections::list_photos_to_settle(&mut tx, None, 10).await?;
        assert_eq!(found, [photo(2, 1, false), photo(4, 1, false)]);
        let found = projections::list_photos_to_settle(&mut tx, Some(Uuid::from_u128(2)), 10).await?;
        assert_eq!(found, [photo(4, 1, false)]);
        let found = projections::list_photos_to_settle(&mut tx, None, 1).await?;
        assert_eq!(found, [photo(2, 1, false)]);
        tx.commit().await?;
        Ok(())
    })
    .await;
}

fn sent(photo: u128, finished: bool) -> UploadRow {
    UploadRow {
        id: format!("upload{photo}"),
        device: Uuid::nil(),
        user: Uuid::nil(),
        photo: Uuid::from_u128(photo),
        sha256: vec![1; 32],
        length: 5,
        received: 5,
        fence: 1,
        failures: 0,
        finished,
        created_at: 1,
        expires_at: 2,
    }
}

#[tokio::test]
async fn a_photo_of_another_feed_is_to_settle_only_once_it_was_sent() {
    both_engines(|database| async move {
        let mut tx = database.begin_write().await?;
        let elsewhere = |id| PhotoRow { feed: "900000001002".to_owned(), ..photo(id, 1, false) };
        let longer = PhotoRow { bytes: 6, ..photo(5, 1, false) };
        let photos = vec![photo(1, 1, true), elsewhere(2), elsewhere(3), longer];
        projections::put_photos(&mut tx, photos).await?;
        uploads::put_blob(&mut tx, BlobRow { sha256: vec![1; 32], bytes: 5, stored_at: 1 }).await?;
        assert_eq!(projections::list_photos_to_settle(&mut tx, None, 10).await?, []);
        assert!(projections::is_stored_in_feed(&mut tx, "900000001001", &[1; 32]).await?);
        assert!(!projections::is_stored_in_feed(&mut tx, "900000001002", &[1; 32]).await?);
        assert!(!projections::is_stored_in_feed(&mut tx, "900000001001", &[2; 32]).await?);
        uploads::create_upload(&mut tx, sent(2, false)).await?;
        uploads::create_upload(&mut tx, sent(3, false)).await?;
        uploads::finish_upload(&mut tx, "upload3").await?;
        assert_eq!(projections::list_photos_to_settle(&mut tx, None, 10).await?, [elsewhere(3)]);
        tx.commit().await?;
        Ok(())
    })
    .await;
}
