//! Contract of failures: the same kind on both engines, and nothing kept of a transaction that had one.
//!
//! What a newcomer gets wrong: PostgreSQL answers `COMMIT` of a failed transaction with success, and SQLite keeps the rows
//! written before the failure. `Tx` does neither.

use anyhow::Result;
use paicha_db::{Database, DatabaseConfig, DbError, Engine, Statement, Value};
use paicha_tests::databases::{ENGINES, TestDatabase, both_engines};

use super::engine::{count, create_probe, insert_id};

#[tokio::test]
async fn the_first_failed_statement_ends_the_transaction() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut tx = db.begin_write().await?;
        insert_id(&mut tx, 1).await?;
        assert!(matches!(insert_id(&mut tx, 1).await, Err(DbError::UniqueViolation)));
        assert!(matches!(insert_id(&mut tx, 2).await, Err(DbError::TxFailed)));
        assert!(matches!(count(&mut tx).await, Err(DbError::TxFailed)));
        // The locks are free although the transaction was not dropped yet.
        let mut other = db.begin_write().await?;
        insert_id(&mut other, 1).await?;
        other.commit().await?;
        assert!(matches!(tx.commit().await, Err(DbError::TxFailed)));

        let mut tx = db.begin_read().await?;
        assert_eq!(count(&mut tx).await?, 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn errors_have_the_same_kind_on_both_engines() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut tx = db.begin_write().await?;
        tx.execute(Statement::by_engine(
            db.engine(),
            "CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY REFERENCES probe (id), size INTEGER NOT NULL CHECK (size > 0)) STRICT",
            "CREATE TABLE child (id BIGINT NOT NULL PRIMARY KEY REFERENCES probe (id), size BIGINT NOT NULL CHECK (size > 0))",
        ))
        .await?;
        insert_id(&mut tx, 1).await?;
        tx.commit().await?;

        let run = async |statement: Statement| -> Result<DbError> {
            let mut tx = db.begin_write().await?;
            let error = tx.execute(statement).await.expect_err("the statement must be refused");
            assert!(matches!(tx.commit().await, Err(DbError::TxFailed)));
            Ok(error)
        };
        let child = "INSERT INTO child (id, size) VALUES ($1, $2)";
        let orphan = run(Statement::new(child).bind(9_i64).bind(1_i64)).await?;
        assert!(matches!(orphan, DbError::ForeignKey), "{orphan:?}");
        let negative = run(Statement::new(child).bind(1_i64).bind(-1_i64)).await?;
        assert!(matches!(negative, DbError::CheckViolation), "{negative:?}");
        let null = run(Statement::new(child).bind(1_i64).bind(Value::NullI64)).await?;
        assert!(matches!(null, DbError::CheckViolation), "{null:?}");
        let wrong = run(Statement::new("INSERT INTO nowhere (id) VALUES (1)")).await?;
        assert!(matches!(wrong, DbError::Other(_)), "{wrong:?}");
        let refused = run(Statement::new(child).bind(1_i64).bind(f64::NAN)).await?;
        assert!(matches!(refused, DbError::InvalidValue { .. }), "{refused:?}");
        let rows = |id: i64| vec![vec![Value::I64(id)]];
        let mut tx = db.begin_write().await?;
        let many = tx.execute_rows("INSERT INTO probe (id) VALUES", rows(1), "").await;
        assert!(matches!(many, Err(DbError::UniqueViolation)), "{many:?}");
        assert!(!orphan.is_retryable() && DbError::Busy.is_retryable() && DbError::Serialization.is_retryable());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rule_checked_at_commit_leaves_nothing_behind() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut tx = db.begin_write().await?;
        tx.execute(Statement::by_engine(
            db.engine(),
            "CREATE TABLE late (id INTEGER NOT NULL REFERENCES probe (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
            "CREATE TABLE late (id BIGINT NOT NULL REFERENCES probe (id) DEFERRABLE INITIALLY DEFERRED)",
        ))
        .await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        insert_id(&mut tx, 1).await?;
        tx.execute(Statement::new("INSERT INTO late (id) VALUES (2)")).await?;
        assert!(matches!(tx.commit().await, Err(DbError::ForeignKey)));

        let mut tx = db.begin_write().await?;
        assert_eq!(count(&mut tx).await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_read_transaction_cannot_write() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut tx = db.begin_read().await?;
        let refused = insert_id(&mut tx, 1).await;
        assert!(matches!(refused, Err(DbError::ReadOnly)), "{refused:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_missing_row_or_a_wrong_column_leaves_the_transaction_open() {
    both_engines(|db| async move {
        create_probe(&db).await?;
        let mut tx = db.begin_write().await?;
        insert_id(&mut tx, 1).await?;
        let missing = tx.fetch_one(Statement::new("SELECT id FROM probe WHERE id = $1").bind(2_i64)).await;
        assert!(matches!(missing, Err(DbError::NotFound)));
        let row = tx.fetch_one(Statement::new("SELECT id, words FROM probe WHERE id = $1").bind(1_i64)).await?;
        assert!(matches!(row.i64("absent"), Err(DbError::Decode { .. })));
        assert!(matches!(row.text("words"), Err(DbError::Decode { .. })));
        assert!(matches!(row.i64("words"), Err(DbError::Decode { .. })));
        assert!(matches!(row.text("id"), Err(DbError::Decode { .. })));
        tx.commit().await?;
        let mut tx = db.begin_read().await?;
        assert_eq!(count(&mut tx).await?, 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_full_pool_and_a_closed_database_say_so() -> Result<()> {
    for engine in ENGINES {
        let fresh = TestDatabase::create_with(engine, true, |config| {
            config.readers_max = 1;
            config.pool_max = 1;
            config.acquire_timeout_ms = 300;
        })
        .await?;
        let held = fresh.database.begin_read().await?;
        assert!(matches!(fresh.database.begin_read().await, Err(DbError::PoolTimeout)), "on {engine:?}");
        held.rollback().await?;
        fresh.database.close().await;
        assert!(matches!(fresh.database.begin_read().await, Err(DbError::Closed)), "on {engine:?}");
        assert!(matches!(fresh.database.begin_write().await, Err(DbError::Closed)), "on {engine:?}");
        fresh.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_postgres_deadlock_is_retryable() -> Result<()> {
    let fresh = TestDatabase::create(Engine::Postgres).await?;
    let db = &fresh.database;
    create_probe(db).await?;
    let mut tx = db.begin_write().await?;
    insert_id(&mut tx, 1).await?;
    insert_id(&mut tx, 2).await?;
    tx.commit().await?;

    let lock = |id: i64| Statement::new("UPDATE probe SET words = 'x' WHERE id = $1").bind(id);
    let (mut one, mut two) = (db.begin_write().await?, db.begin_write().await?);
    one.execute(lock(1)).await?;
    two.execute(lock(2)).await?;
    let (first, second) = tokio::join!(one.execute(lock(2)), two.execute(lock(1)));
    let lost = first.err().or(second.err()).expect("one of the two must lose");
    assert!(matches!(lost, DbError::Serialization), "{lost:?}");
    assert!(lost.is_retryable());
    drop((one, two));
    fresh.remove().await
}

#[tokio::test]
async fn a_postgres_lock_that_is_not_granted_is_busy_and_retryable() -> Result<()> {
    let fresh = TestDatabase::create(Engine::Postgres).await?;
    create_probe(&fresh.database).await?;
    let mut holder = fresh.database.begin_write().await?;
    insert_id(&mut holder, 1).await?;
    let mut waiter = fresh.database.begin_write().await?;
    waiter.execute(Statement::new("SET LOCAL lock_timeout = '50ms'")).await?;
    let refused = insert_id(&mut waiter, 1).await.expect_err("the same key waits for the other transaction");
    assert!(matches!(refused, DbError::Busy) && refused.is_retryable(), "{refused:?}");
    drop((holder, waiter));
    fresh.remove().await
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt_and_a_missing_folder_unavailable() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "一份普通的文字文件，不是数据库。".repeat(100))?;
    let corrupt = Database::connect(&DatabaseConfig::new(format!("sqlite:{}", file.display()))).await;
    assert!(matches!(corrupt, Err(DbError::Corrupt { .. })), "{corrupt:?}");
    let nowhere = directory.path().join("absent/paicha.db");
    let missing = Database::connect(&DatabaseConfig::new(format!("sqlite:{}", nowhere.display()))).await;
    assert!(matches!(missing, Err(DbError::Unavailable(_))), "{missing:?}");
    Ok(())
}
