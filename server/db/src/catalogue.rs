//! The table `standard_packs`: standards that were imported. What they say is JSON here; the catalogue crate reads it.

use crate::engine::Tx;
use crate::error::DbError;
use crate::statement::Statement;

/// Stores a pack, in place of the one with its code.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_standard_pack(tx: &mut Tx, code: &str, pack: &str, imported_at: i64) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO standard_packs (code, pack, imported_at) VALUES ($1, $2, $3)
         ON CONFLICT (code) DO UPDATE SET pack = excluded.pack, imported_at = excluded.imported_at",
    )
    .bind(code)
    .bind(pack)
    .bind(imported_at);
    tx.execute(statement).await?;
    Ok(())
}

/// The imported packs, in order of code.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_standard_packs(tx: &mut Tx, limit: i64) -> Result<Vec<String>, DbError> {
    let statement = Statement::new("SELECT pack FROM standard_packs ORDER BY code LIMIT $1").bind(limit);
    tx.fetch_all(statement).await?.iter().map(|row| row.text("pack")).collect()
}
