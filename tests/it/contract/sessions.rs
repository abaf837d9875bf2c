//! Contract of `sessions`: found by either token under a lock, rotated, and ended one by one or together.

use paicha_db::sessions::{
    Rotation, SessionRow, create_session, find_session, lock_session, lock_session_by_refresh, mark_current_used,
    revoke_session, revoke_sessions_of_device, revoke_sessions_of_user, rotate_session,
};
use paicha_db::{Database, DbError};
use paicha_tests::databases::both_engines;

use super::devices::create_users;
use super::{id, waits};

/// A sign-in of person 1 on phone 30 with the token of the same number.
fn session(number: u8) -> SessionRow {
    SessionRow {
        id: id(number.into()),
        user: id(1),
        device: Some(id(30)),
        current_hash: vec![number; 32],
        previous_hash: None,
        current_used: true,
        created_at: 1_000,
        rotated_at: 1_000,
        expires_at: 9_000,
        revoked_at: None,
    }
}

const ROTATION: Rotation<'_> =
    Rotation { previous_hash: &[10; 32], current_hash: &[20; 32], rotated_at: 2_000, expires_at: 9_500 };

/// Session 10 after `ROTATION`.
fn rotated() -> SessionRow {
    SessionRow {
        current_hash: vec![20; 32],
        previous_hash: Some(vec![10; 32]),
        current_used: false,
        rotated_at: 2_000,
        expires_at: 9_500,
        ..session(10)
    }
}

/// Commits the persons and these sessions.
async fn prepare(db: &Database, sessions: Vec<SessionRow>) -> Result<(), DbError> {
    let mut tx = db.begin_write().await?;
    create_users(&mut tx).await?;
    for session in sessions {
        create_session(&mut tx, session).await?;
    }
    tx.commit().await
}

#[tokio::test]
async fn a_sign_in_is_stored_whole_and_once() {
    both_engines(|db| async move {
        let browser = SessionRow {
            device: None,
            previous_hash: Some(vec![1; 32]),
            current_used: false,
            revoked_at: Some(3),
            ..session(11)
        };
        prepare(&db, vec![session(10), browser.clone()]).await?;

        let mut tx = db.begin_write().await?;
        assert_eq!(find_session(&mut tx, id(10)).await?, Some(session(10)));
        assert_eq!(find_session(&mut tx, id(11)).await?, Some(browser));
        assert_eq!(find_session(&mut tx, id(12)).await?, None);
        let taken = create_session(&mut tx, SessionRow { id: id(12), ..session(10) }).await;
        assert!(matches!(taken, Err(DbError::UniqueViolation)), "{taken:?}");
        let mut tx = db.begin_write().await?;
        let nobody = create_session(&mut tx, SessionRow { user: id(3), ..session(12) }).await;
        assert!(matches!(nobody, Err(DbError::ForeignKey)), "{nobody:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rotated_sign_in_is_found_by_the_current_and_the_previous_token_only() {
    both_engines(|db| async move {
        let oldest = SessionRow { previous_hash: Some(vec![1; 32]), ..session(10) };
        prepare(&db, vec![oldest, session(11)]).await?;

        let mut tx = db.begin_write().await?;
        assert!(rotate_session(&mut tx, id(10), ROTATION).await?);
        assert_eq!(lock_session_by_refresh(&mut tx, &[20; 32]).await?, Some(rotated()));
        assert_eq!(lock_session_by_refresh(&mut tx, &[10; 32]).await?, Some(rotated()));
        assert_eq!(lock_session_by_refresh(&mut tx, &[1; 32]).await?, None, "too old, but the id still finds it");
        assert_eq!(lock_session(&mut tx, id(10)).await?, Some(rotated()));
        assert_eq!(lock_session(&mut tx, id(12)).await?, None);
        assert_eq!(find_session(&mut tx, id(11)).await?, Some(session(11)), "another one is left alone");
        let taken = rotate_session(&mut tx, id(11), ROTATION).await;
        assert!(matches!(taken, Err(DbError::UniqueViolation)), "{taken:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_is_marked_used_once_and_only_while_it_is_current() {
    both_engines(|db| async move {
        prepare(&db, vec![session(10)]).await?;

        let mut tx = db.begin_write().await?;
        assert!(!mark_current_used(&mut tx, id(10), &[10; 32]).await?, "it was used before");
        rotate_session(&mut tx, id(10), ROTATION).await?;
        assert!(!mark_current_used(&mut tx, id(10), &[10; 32]).await?, "it is no longer current");
        assert_eq!(find_session(&mut tx, id(10)).await?, Some(rotated()));
        assert!(mark_current_used(&mut tx, id(10), &[20; 32]).await?);
        let used = SessionRow { current_used: true, ..rotated() };
        assert_eq!(find_session(&mut tx, id(10)).await?, Some(used));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_revoked_once_and_not_rotated_afterwards() {
    both_engines(|db| async move {
        prepare(&db, vec![session(10), session(11)]).await?;

        let mut tx = db.begin_write().await?;
        assert!(revoke_session(&mut tx, id(10), 5_000).await?);
        assert!(!revoke_session(&mut tx, id(10), 6_000).await?);
        assert!(!revoke_session(&mut tx, id(12), 6_000).await?);
        assert!(!rotate_session(&mut tx, id(10), ROTATION).await?);
        let revoked = SessionRow { revoked_at: Some(5_000), ..session(10) };
        assert_eq!(lock_session_by_refresh(&mut tx, &[10; 32]).await?, Some(revoked));
        assert_eq!(find_session(&mut tx, id(11)).await?, Some(session(11)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn all_sign_ins_of_a_person_or_a_phone_end_together() {
    both_engines(|db| async move {
        let ended = SessionRow { revoked_at: Some(3), ..session(13) };
        let browser = SessionRow { device: None, ..session(11) };
        let other = SessionRow { user: id(2), ..session(12) };
        prepare(&db, vec![session(10), browser.clone(), other.clone(), ended.clone()]).await?;

        let mut tx = db.begin_write().await?;
        assert_eq!(revoke_sessions_of_user(&mut tx, id(1), 5_000).await?, 2);
        assert_eq!(revoke_sessions_of_user(&mut tx, id(1), 6_000).await?, 0);
        assert_eq!(find_session(&mut tx, id(11)).await?, Some(SessionRow { revoked_at: Some(5_000), ..browser }));
        assert_eq!(find_session(&mut tx, id(13)).await?, Some(ended));
        assert_eq!(find_session(&mut tx, id(12)).await?, Some(other.clone()));
        assert_eq!(revoke_sessions_of_device(&mut tx, id(30), 7_000).await?, 1);
        assert_eq!(find_session(&mut tx, id(12)).await?, Some(SessionRow { revoked_at: Some(7_000), ..other }));
        assert_eq!(revoke_sessions_of_device(&mut tx, id(31), 7_000).await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_second_refresh_with_the_same_token_sees_what_the_first_did() {
    both_engines(|db| async move {
        prepare(&db, vec![session(10)]).await?;

        let mut first = db.begin_write().await?;
        assert_eq!(lock_session_by_refresh(&mut first, &[10; 32]).await?, Some(session(10)));
        let other = db.clone();
        let mut second = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            let by_token = lock_session_by_refresh(&mut tx, &[10; 32]).await?;
            tx.commit().await?;
            Ok::<_, DbError>(by_token)
        });
        assert!(waits(&mut second).await);
        rotate_session(&mut first, id(10), ROTATION).await?;
        first.commit().await?;
        assert_eq!(second.await??, Some(rotated()));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_locked_sign_in_is_waited_for() {
    both_engines(|db| async move {
        prepare(&db, vec![session(10)]).await?;

        let mut first = db.begin_write().await?;
        assert_eq!(lock_session(&mut first, id(10)).await?, Some(session(10)));
        let other = db.clone();
        let mut second = tokio::spawn(async move {
            let mut tx = other.begin_write().await?;
            let by_id = lock_session(&mut tx, id(10)).await?;
            tx.commit().await?;
            Ok::<_, DbError>(by_id)
        });
        assert!(waits(&mut second).await);
        rotate_session(&mut first, id(10), ROTATION).await?;
        first.commit().await?;
        assert_eq!(second.await??, Some(rotated()));
        Ok(())
    })
    .await;
}
