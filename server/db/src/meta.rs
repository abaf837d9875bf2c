//! Facts about the database as a whole: the table `server_meta`, a name and a text each.
//!
//! For things like the id of this installation. Not for settings, which live in the configuration file, and not for
//! anything that several transactions count up. This file is also the pattern for the others: a function takes an open
//! `Tx` first, holds its SQL beside its binds, and neither begins nor commits.

use crate::engine::Tx;
use crate::error::DbError;
use crate::statement::Statement;

/// The value of `key`, or nothing when it was never put.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_meta(tx: &mut Tx, key: &str) -> Result<Option<String>, DbError> {
    let statement = Statement::new("SELECT value FROM server_meta WHERE key = $1").bind(key);
    tx.fetch_optional(statement).await?.map(|row| row.text("value")).transpose()
}

/// Sets `key` to `value`, whether it was there or not.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_meta(tx: &mut Tx, key: &str, value: &str) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO server_meta (key, value) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(key)
    .bind(value);
    tx.execute(statement).await?;
    Ok(())
}
