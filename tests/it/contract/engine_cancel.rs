//! Contract of `Tx` when a future is dropped half way, as happens when a client hangs up.
//!
//! The rule under test: a connection goes back to the pool only outside a transaction, and a transaction with a cancelled
//! statement is over. sqlx 0.9.0 alone breaks the first one when a future is dropped during `BEGIN`. The pools here hold
//! one connection, so that the next call gets the very one that was interrupted.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use anyhow::Result;
use paicha_db::{Database, DbError, Engine, Statement};
use paicha_tests::databases::{ENGINES, TestDatabase};

use super::engine::{count, create_probe, insert_id};

/// More interruptions than `BEGIN` or a statement has await points on either engine.
const INTERRUPTIONS: u32 = 12;

async fn with_one_connection(engine: Engine) -> Result<TestDatabase> {
    let fresh = TestDatabase::create_with(engine, true, |config| {
        config.readers_max = 1;
        config.pool_max = 1;
    })
    .await?;
    create_probe(&fresh.database).await?;
    Ok(fresh)
}

/// Runs `future` until it has waited `waits` times, then drops it; whether it ended before.
async fn interrupted<F: Future>(future: F, waits: u32) -> bool {
    let mut future = pin!(future);
    let mut left = waits;
    std::future::poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if left == 0 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// What a request after the interruption does; its write must be there for the next one, and nobody else's.
async fn write_and_commit(db: &Database, id: i64) -> Result<(), DbError> {
    let mut tx = db.begin_write().await?;
    insert_id(&mut tx, id).await?;
    tx.commit().await
}

#[tokio::test]
async fn a_begin_dropped_anywhere_never_poisons_the_pool() -> Result<()> {
    for engine in ENGINES {
        let fresh = with_one_connection(engine).await?;
        let db = &fresh.database;
        for waits in 0..INTERRUPTIONS {
            interrupted(db.begin_write(), waits).await;
            write_and_commit(db, i64::from(waits) * 2).await?;
            interrupted(db.begin_read(), waits).await;
            write_and_commit(db, i64::from(waits) * 2 + 1).await?;
        }
        // A second pool sees only what was really committed.
        let other = Database::connect(&fresh.config).await?;
        let mut tx = other.begin_read().await?;
        assert_eq!(count(&mut tx).await?, i64::from(INTERRUPTIONS) * 2, "on {engine:?}");
        tx.rollback().await?;
        other.close().await;
        fresh.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_with_a_dropped_statement_cannot_go_on() -> Result<()> {
    for engine in ENGINES {
        let fresh = with_one_connection(engine).await?;
        let db = &fresh.database;
        for waits in 0..INTERRUPTIONS {
            let mut tx = db.begin_write().await?;
            insert_id(&mut tx, 1).await?;
            if interrupted(insert_id(&mut tx, 2), waits).await {
                tx.rollback().await?;
            } else {
                assert!(matches!(count(&mut tx).await, Err(DbError::TxFailed)), "on {engine:?}");
                assert!(matches!(tx.commit().await, Err(DbError::TxFailed)), "on {engine:?}");
            }
            let mut tx = db.begin_read().await?;
            assert_eq!(count(&mut tx).await?, 0, "on {engine:?}");
        }
        fresh.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_commit_dropped_half_way_is_whole_or_nothing() -> Result<()> {
    for engine in ENGINES {
        let fresh = with_one_connection(engine).await?;
        let db = &fresh.database;
        for waits in 0..INTERRUPTIONS {
            let mut tx = db.begin_write().await?;
            tx.execute(Statement::new("DELETE FROM probe")).await?;
            insert_id(&mut tx, i64::from(waits)).await?;
            insert_id(&mut tx, i64::from(waits) + 100).await?;
            interrupted(tx.commit(), waits).await;
            let mut tx = db.begin_write().await?;
            let rows = count(&mut tx).await?;
            assert!(rows == 2 || rows == 0 && waits == 0, "{rows} rows on {engine:?} after {waits} waits");
        }
        fresh.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_transaction_gives_its_connection_back() -> Result<()> {
    for engine in ENGINES {
        let fresh = with_one_connection(engine).await?;
        for id in 0..20 {
            let mut tx = fresh.database.begin_write().await?;
            insert_id(&mut tx, id).await?;
            drop(tx);
        }
        let mut tx = fresh.database.begin_read().await?;
        assert_eq!(count(&mut tx).await?, 0, "on {engine:?}");
        tx.rollback().await?;
        fresh.remove().await?;
    }
    Ok(())
}
