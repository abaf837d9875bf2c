//! The least work for the same bytes: bare inserts of operations into one table, and a bare SELECT of the records. Same engine, same
//! connections, same durability, same commit sizes. What a newcomer gets wrong: a push can never reach it, since it also decides.

use crate::operations::Batch;
use anyhow::Result;
use paicha_db::{Database, Engine, Statement};
use sync_protocol::limits::CHUNK_OPS_MAX;

/// Makes the table of the floor.
pub(crate) async fn create_table(database: &Database, engine: Engine) -> Result<()> {
    let mut tx = database.begin_write().await?;
    let sql = match engine {
        Engine::Sqlite => "CREATE TABLE bench_floor (id BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT",
        Engine::Postgres => "CREATE TABLE bench_floor (id UUID PRIMARY KEY, body BYTEA NOT NULL)",
    };
    tx.execute(Statement::new(sql)).await?;
    tx.commit().await?;
    Ok(())
}

/// Inserts a batch, as many operations a commit as a push has.
pub(crate) async fn insert(database: &Database, batch: &Batch) -> Result<()> {
    for chunk in batch.ops.chunks(CHUNK_OPS_MAX) {
        let rows = chunk.iter().map(|(id, body)| vec![(*id).into(), body.clone().into()]).collect();
        let mut tx = database.begin_write().await?;
        tx.execute_rows("INSERT INTO bench_floor (id, body) VALUES", rows, "").await?;
        tx.commit().await?;
    }
    Ok(())
}
