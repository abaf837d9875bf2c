//! Contract of `Database`, `Tx`, `Statement` and `Row`: values, transactions, lists, many rows.
//!
//! Dropped futures are in `engine_cancel`, failures in `engine_errors`. The tests make a table `probe` of their own, so they
//! do not change when the real tables do.

use anyhow::Result;
use paicha_db::meta::{find_meta, put_meta};
use paicha_db::{Database, DbError, Engine, Statement, Tx, Value};
use paicha_tests::databases::{TestDatabase, both_engines};
use uuid::Uuid;

/// A table with a column of every type. The column types are the only difference between the engines.
pub(super) async fn create_probe(db: &Database) -> Result<()> {
    let mut tx = db.begin_write().await?;
    let table = Statement::by_engine(
        db.engine(),
        "CREATE TABLE probe (id INTEGER NOT NULL PRIMARY KEY, number REAL, flag INTEGER, words TEXT, bytes BLOB, ref BLOB)
         STRICT",
        "CREATE TABLE probe (id BIGINT NOT NULL PRIMARY KEY, number DOUBLE PRECISION, flag BOOLEAN, words TEXT,
         bytes BYTEA, ref UUID)",
    );
    tx.execute(table).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn insert_id(tx: &mut Tx, id: i64) -> Result<u64, DbError> {
    tx.execute(Statement::new("INSERT INTO probe (id) VALUES ($1)").bind(id)).await
}

pub(super) async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    tx.fetch_one(Statement::new("SELECT COUNT(*) AS n FROM probe")).await?.i64("n")
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_was_bound() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let reference = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_00ff);
        let mut tx = db.begin_write().await?;
        let insert = "INSERT INTO probe (id, number, flag, words, bytes, ref) VALUES ($1, $2, $3, $4, $5, $6)";
        let full = Statement::new(insert).bind(i64::MIN).bind(0.1).bind(true).bind("隐患 🙂").bind(vec![0, 255]);
        tx.execute(full.bind(reference)).await?;
        let empty = Statement::new(insert).bind(i64::MAX).bind(-0.0).bind(false).bind("").bind(Vec::new());
        tx.execute(empty.bind(Uuid::nil())).await?;
        let nulls = Statement::new(insert).bind(0_i64).bind(None::<f64>).bind(None::<bool>).bind(None::<&str>);
        tx.execute(nulls.bind(None::<Vec<u8>>).bind(None::<Uuid>)).await?;

        let rows = tx.fetch_all(Statement::new("SELECT * FROM probe ORDER BY id LIMIT 10")).await?;
        assert_eq!([rows[0].i64("id")?, rows[1].i64("id")?, rows[2].i64("id")?], [i64::MIN, 0, i64::MAX]);
        assert_eq!([rows[0].f64("number")?, rows[2].f64("number")?], [0.1, 0.0]);
        assert_eq!([rows[0].bool("flag")?, rows[2].bool("flag")?], [true, false]);
        assert_eq!([rows[0].text("words")?, rows[2].text("words")?], ["隐患 🙂", ""]);
        assert_eq!([rows[0].bytes("bytes")?, rows[2].bytes("bytes")?], [vec![0, 255], vec![]]);
        assert_eq!([rows[0].uuid("ref")?, rows[2].uuid("ref")?], [reference, Uuid::nil()]);
        assert_eq!(rows[0].opt_i64("id")?, Some(i64::MIN));
        assert_eq!((rows[1].opt_f64("number")?, rows[1].opt_bool("flag")?), (None, None));
        assert_eq!((rows[1].opt_text("words")?, rows[1].opt_bytes("bytes")?), (None, None));
        assert_eq!(rows[1].opt_uuid("ref")?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn expressions_and_literals_read_alike() {
    both_engines(|db| async move {
        let mut tx = db.begin_read().await?;
        let row = tx
            .fetch_one(
                Statement::new("SELECT 1 AS one, $1 > 2 AS more, CAST(SUM($1) AS BIGINT) AS total, $2 AS absent")
                    .bind(3_i64)
                    .bind(Value::NullI64),
            )
            .await;
        let row = row?;
        assert_eq!((row.i64("one")?, row.bool("more")?, row.i64("total")?), (1, true, 3));
        assert_eq!(row.opt_i64("absent")?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_a_committed_transaction_leaves_a_trace() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut dropped = db.begin_write().await?;
        insert_id(&mut dropped, 1).await?;
        drop(dropped);
        let mut rolled_back = db.begin_write().await?;
        insert_id(&mut rolled_back, 2).await?;
        rolled_back.rollback().await?;
        let mut committed = db.begin_write().await?;
        assert_eq!(count(&mut committed).await?, 0);
        assert_eq!(insert_id(&mut committed, 3).await?, 1);
        committed.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(count(&mut tx).await?, 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_read_transaction_sees_one_snapshot() {
    both_engines(|db| async move {
        let mut reader = db.begin_read().await?;
        assert_eq!(find_meta(&mut reader, "k").await?, None);
        let mut writer = db.begin_write().await?;
        put_meta(&mut writer, "k", "v").await?;
        writer.commit().await?;

        assert_eq!(find_meta(&mut reader, "k").await?, None);
        reader.rollback().await?;
        let mut later = db.begin_read().await?;
        assert_eq!(find_meta(&mut later, "k").await?.as_deref(), Some("v"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn many_rows_are_written_and_conflicts_are_counted_out() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let rows = |ids: std::ops::Range<i64>| ids.map(|id| vec![id.into(), format!("词 {id}").into()]).collect();
        let mut tx = db.begin_write().await?;
        let head = "INSERT INTO probe (id, words) VALUES";
        assert_eq!(tx.execute_rows(head, rows(0..1_000), "").await?, 1_000);
        assert_eq!(tx.execute_rows(head, rows(900..1_100), "ON CONFLICT (id) DO NOTHING").await?, 100);
        assert_eq!(tx.execute_rows(head, Vec::new(), "").await?, 0);
        assert_eq!(count(&mut tx).await?, 1_100);
        let words = Statement::new("SELECT words FROM probe WHERE id = $1").bind(1_099_i64);
        assert_eq!(tx.fetch_one(words).await?.text("words")?, "词 1099");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_list_matches_its_values_and_an_empty_list_matches_nothing() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let ids: Vec<Uuid> = (1..=20).map(Uuid::from_u128).collect();
        let rows = ids.iter().zip(1_i64..).map(|(id, number)| vec![number.into(), (*id).into()]).collect();
        let mut tx = db.begin_write().await?;
        tx.execute_rows("INSERT INTO probe (id, ref) VALUES", rows, "").await?;
        let query = "SELECT id FROM probe WHERE ref IN ($in) AND id > $1 ORDER BY id LIMIT 100";
        let five = ids[..5].iter().map(|id| (*id).into()).collect();
        let found = tx.fetch_all(Statement::new(query).bind(2_i64).bind_list(five)).await?;
        assert_eq!(found.len(), 3);
        let none = tx.fetch_all(Statement::new(query).bind(0_i64).bind_list(Vec::new())).await?;
        assert_eq!(none.len(), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn text_is_ordered_byte_by_byte() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        for key in ["a", "B", "中", "_", "é", "a b", "🙂"] {
            put_meta(&mut tx, key, "").await?;
        }
        let rows = tx.fetch_all(Statement::new("SELECT key FROM server_meta ORDER BY key LIMIT 10")).await?;
        let keys = rows.iter().map(|row| row.text("key")).collect::<Result<Vec<_>, _>>()?;
        assert_eq!(keys, ["B", "_", "a", "a b", "é", "中", "🙂"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_meta(&mut tx, "k", "v").await?;
        tx.commit().await?;
        db.migrate().await?;
        db.checkpoint().await?;
        let mut tx = db.begin_read().await?;
        assert_eq!(find_meta(&mut tx, "k").await?.as_deref(), Some("v"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_sqlite_commit_is_on_the_disk_and_foreign_keys_hold() -> Result<()> {
    let fresh = TestDatabase::create(Engine::Sqlite).await?;
    let mut tx = fresh.database.begin_write().await?;
    let full = tx.fetch_one(Statement::new("PRAGMA synchronous")).await?;
    let journal = tx.fetch_one(Statement::new("PRAGMA journal_mode")).await?;
    let foreign_keys = tx.fetch_one(Statement::new("PRAGMA foreign_keys")).await?;
    assert_eq!(full.i64("synchronous")?, 2);
    assert_eq!(journal.text("journal_mode")?, "wal");
    assert_eq!(foreign_keys.i64("foreign_keys")?, 1);
    Ok(())
}

#[tokio::test]
async fn a_postgres_write_is_durable_and_waits_and_idles_with_limits() -> Result<()> {
    let fresh = TestDatabase::create(Engine::Postgres).await?;
    let mut tx = fresh.database.begin_write().await?;
    let settings = Statement::new(
        "SELECT current_setting('synchronous_commit') AS durable, current_setting('lock_timeout') AS lock_wait,
         current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name,
         current_setting('transaction_isolation') AS isolation",
    );
    let row = tx.fetch_one(settings).await?;
    assert_eq!((row.text("durable")?, row.text("lock_wait")?), ("on".to_owned(), "5s".to_owned()));
    assert_eq!((row.text("idle")?, row.text("name")?), ("15s".to_owned(), "paicha".to_owned()));
    assert_eq!(row.text("isolation")?, "read committed");
    tx.rollback().await?;
    fresh.remove().await
}
