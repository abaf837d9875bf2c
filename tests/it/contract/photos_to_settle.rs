//! Photos whose original is here although they are not marked as stored.

use paicha_db::projections::{self, PhotoRow};
use paicha_db::uploads::{self, BlobRow};
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
