//! Contract of `health`: what waits, the engine's settings, the migrations that ran.

use paicha_db::health::{Since, Waiting, count_waiting, list_engine_settings, list_migrations, unsound_settings};
use paicha_db::{Statement, connect};
use paicha_tests::databases::both_engines;

use super::{UPPER, id, put_villages};

const SINCE: Since = Since { waiting: 100, seen: 100, filling: 100, derive_version: 2 };

#[tokio::test]
async fn an_empty_database_is_well_and_set_up() {
    both_engines(|db| async move {
        let mut tx = db.begin_read().await?;
        assert_eq!(count_waiting(&mut tx, SINCE).await?, Waiting::default());
        let settings = list_engine_settings(&mut tx).await?;
        assert!(unsound_settings(db.engine(), &settings).is_empty(), "{settings:?}");
        assert_eq!(list_migrations(&mut tx).await?, connect::migration_versions());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_counted_by_how_long() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_villages(&mut tx).await?;
        let user = Statement::new(
            "INSERT INTO users (id, login, name, unit, phone, password_hash, scope_version, created_at) VALUES ($1, 'a', '', '', '', '', 1, 0)",
        );
        tx.execute(user.bind(id(900))).await?;
        for (number, declared_at, stored, bytes) in [(1_u128, 50_i64, false, 10_i64), (2, 100, false, 20), (3, 60, true, 30)] {
            let photo = Statement::new(
                "INSERT INTO photos (id, feed, sha256, bytes, mime, stored, derive_version, declared_at)
                 VALUES ($1, $2, $3, $4, 'image/jpeg', $5, 1, $6)",
            );
            let photo = photo.bind(id(number)).bind(UPPER).bind(vec![0_u8; 32]).bind(bytes).bind(stored).bind(declared_at);
            tx.execute(photo).await?;
        }
        let life = Statement::new(
            "INSERT INTO incarnations (id, device, consumed, pending_total, app, created_at, seen_at)
             VALUES ($1, $2, 0, $3, '', 0, $4)",
        );
        for (number, device, pending, seen_at) in [(11_u128, 21_u128, 3_i64, 50_i64), (12, 22, 3, 100), (13, 23, 0, 50), (14, 24, 3, 50)] {
            let life = life.clone().bind(id(number)).bind(id(device)).bind(pending).bind(seen_at);
            tx.execute(life).await?;
            let revoked_at = (device == 24).then_some(1_i64);
            let row = Statement::new(
                "INSERT INTO devices (id, user_id, label, model, enrolled_at, seen_at, revoked_at) VALUES ($1, $2, '', '', 0, 0, $3)",
            );
            tx.execute(row.bind(id(device)).bind(id(900)).bind(revoked_at)).await?;
        }
        let waiting = count_waiting(&mut tx, SINCE).await?;
        let expected = Waiting {
            photos_owed: 1,
            photos_to_derive: 1,
            oldest_to_derive: Some(60),
            phones_silent: 1,
            bytes_lately: 20,
            ..Waiting::default()
        };
        assert_eq!(waiting, expected);
        Ok(())
    })
    .await;
}
