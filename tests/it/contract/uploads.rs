//! Contract of `uploads`: created once, fenced, reset and removed with their pieces; and of the originals that are here.

use paicha_db::uploads::{
    BlobRow, PieceRow, UploadRow, add_piece, advance_upload, count_failure, create_upload, delete_upload, find_blob,
    find_upload, finish_upload, list_expired_uploads, list_pieces, put_blob, reset_upload, take_fence,
};
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;

use super::id;

/// Nothing received yet of 100 bytes; ends at 9000.
fn upload(name: &str) -> UploadRow {
    UploadRow {
        id: name.to_owned(),
        device: id(30),
        user: id(1),
        photo: id(40),
        sha256: vec![7; 32],
        length: 100,
        received: 0,
        fence: 0,
        failures: 0,
        finished: false,
        created_at: 1_000,
        expires_at: 9_000,
    }
}

fn piece(start: i64, bytes: i64, fence: i64) -> PieceRow {
    PieceRow { start, bytes, fence }
}

/// Upload `u` with two pieces and 70 bytes, its second request under way with fence 2, and another upload with a piece.
async fn prepare(tx: &mut Tx) -> Result<(), DbError> {
    for name in ["u", "other"] {
        create_upload(tx, upload(name)).await?;
        take_fence(tx, name, 9_000).await?;
        advance_upload(tx, name, 1, 40).await?;
        add_piece(tx, name, piece(0, 40, 1)).await?;
    }
    take_fence(tx, "u", 9_000).await?;
    advance_upload(tx, "u", 2, 70).await?;
    add_piece(tx, "u", piece(40, 30, 2)).await
}

#[tokio::test]
async fn creating_twice_answers_the_upload_as_it_is() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        assert_eq!(create_upload(&mut tx, upload("u")).await?, upload("u"));
        let fenced = UploadRow { fence: 1, expires_at: 9_500, ..upload("u") };
        assert_eq!(take_fence(&mut tx, "u", 9_500).await?, Some(fenced.clone()));
        let again = UploadRow { device: id(31), created_at: 5_000, expires_at: 20_000, ..upload("u") };
        assert_eq!(create_upload(&mut tx, again).await?, fenced);
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        assert_eq!(find_upload(&mut tx, "u").await?, Some(fenced));
        assert_eq!(find_upload(&mut tx, "U").await?, None);
        assert_eq!(take_fence(&mut tx, "U", 9_500).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_the_newest_request_advances_the_offset() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_upload(&mut tx, upload("u")).await?;
        take_fence(&mut tx, "u", 9_000).await?;
        assert!(advance_upload(&mut tx, "u", 1, 40).await?);
        assert!(advance_upload(&mut tx, "u", 1, 40).await?, "an empty request is no failure");
        take_fence(&mut tx, "u", 9_000).await?;
        assert!(!advance_upload(&mut tx, "u", 1, 70).await?, "a newer request took the fence");
        assert!(!advance_upload(&mut tx, "u", 3, 70).await?);
        assert!(!advance_upload(&mut tx, "u", 2, 39).await?, "the offset never goes back");
        assert!(!advance_upload(&mut tx, "u", 2, 101).await?, "nor past the length");
        assert!(!advance_upload(&mut tx, "other", 2, 70).await?);
        assert_eq!(find_upload(&mut tx, "u").await?, Some(UploadRow { received: 40, fence: 2, ..upload("u") }));
        assert!(advance_upload(&mut tx, "u", 2, 100).await?);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_finished_upload_stays_finished() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        assert!(finish_upload(&mut tx, "u").await?);
        assert!(finish_upload(&mut tx, "u").await?);
        assert!(!finish_upload(&mut tx, "absent").await?);
        let finished = UploadRow { received: 100, fence: 2, finished: true, ..upload("u") };
        assert_eq!(find_upload(&mut tx, "u").await?, Some(finished.clone()));
        assert!(!advance_upload(&mut tx, "u", 2, 100).await?);
        assert_eq!(reset_upload(&mut tx, "u").await?, []);
        assert_eq!(find_upload(&mut tx, "u").await?, Some(finished));
        assert_eq!(list_pieces(&mut tx, "u", 9).await?.len(), 2);
        let other = UploadRow { received: 40, fence: 1, ..upload("other") };
        assert_eq!(find_upload(&mut tx, "other").await?, Some(other));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_piece_starts_at_one_offset_once() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_upload(&mut tx, upload("u")).await?;
        create_upload(&mut tx, upload("other")).await?;
        for one in [piece(40, 30, 2), piece(0, 40, 1), piece(70, 30, 2)] {
            add_piece(&mut tx, "u", one).await?;
        }
        let all = [piece(0, 40, 1), piece(40, 30, 2), piece(70, 30, 2)];
        assert_eq!(list_pieces(&mut tx, "u", 3).await?, all);
        assert_eq!(list_pieces(&mut tx, "u", 2).await?, all[..2]);
        assert_eq!(list_pieces(&mut tx, "other", 2).await?, []);
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let twice = add_piece(&mut tx, "u", piece(40, 5, 3)).await;
        assert!(matches!(twice, Err(DbError::UniqueViolation)), "{twice:?}");
        let mut tx = db.begin_write().await?;
        let nowhere = add_piece(&mut tx, "absent", piece(0, 5, 1)).await;
        assert!(matches!(nowhere, Err(DbError::ForeignKey)), "{nowhere:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_reset_begins_again_and_cuts_off_requests_under_way() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        assert_eq!(count_failure(&mut tx, "u").await?, Some(1));
        assert_eq!(count_failure(&mut tx, "u").await?, Some(2));
        assert_eq!(count_failure(&mut tx, "absent").await?, None);
        assert_eq!(reset_upload(&mut tx, "u").await?, [piece(0, 40, 1), piece(40, 30, 2)]);
        assert_eq!(find_upload(&mut tx, "u").await?, Some(UploadRow { fence: 3, failures: 2, ..upload("u") }));
        assert!(!advance_upload(&mut tx, "u", 2, 100).await?);
        assert_eq!(list_pieces(&mut tx, "u", 9).await?, []);
        assert_eq!(list_pieces(&mut tx, "other", 9).await?, [piece(0, 40, 1)]);
        assert_eq!(reset_upload(&mut tx, "absent").await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_upload_is_removed_with_its_pieces() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        prepare(&mut tx).await?;
        assert_eq!(delete_upload(&mut tx, "u").await?, [piece(0, 40, 1), piece(40, 30, 2)]);
        assert_eq!(delete_upload(&mut tx, "u").await?, []);
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_upload(&mut tx, "u").await?, None);
        assert_eq!(list_pieces(&mut tx, "u", 9).await?, []);
        assert_eq!(list_pieces(&mut tx, "other", 9).await?, [piece(0, 40, 1)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn expired_uploads_come_in_order_of_their_end() {
    both_engines(|db| async move {
        let ends = |name: &str, expires_at: i64| UploadRow { expires_at, ..upload(name) };
        let finished = UploadRow { finished: true, ..ends("a", 300) };
        let mut tx = db.begin_write().await?;
        for one in [ends("c", 200), ends("b", 200), finished.clone(), ends("d", 301)] {
            create_upload(&mut tx, one).await?;
        }
        let all = [ends("b", 200), ends("c", 200), finished];
        assert_eq!(list_expired_uploads(&mut tx, 300, 3).await?, all);
        assert_eq!(list_expired_uploads(&mut tx, 300, 2).await?, all[..2]);
        assert_eq!(list_expired_uploads(&mut tx, 199, 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_original_is_noted_once() {
    both_engines(|db| async move {
        let blob = BlobRow { sha256: vec![7; 32], bytes: 100, stored_at: 1_000 };
        let mut tx = db.begin_write().await?;
        put_blob(&mut tx, blob.clone()).await?;
        put_blob(&mut tx, BlobRow { stored_at: 2_000, ..blob.clone() }).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_blob(&mut tx, &[7; 32]).await?, Some(blob));
        assert_eq!(find_blob(&mut tx, &[8; 32]).await?, None);
        Ok(())
    })
    .await;
}
