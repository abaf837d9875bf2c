//! Counts again what is kept for the numbers of 附件2: after a verification found it wrong. What a newcomer gets wrong: it trusts the rows that are
//! counted, which a verification compares with the records.

use paicha_db::{Database, DbError, projections};

/// Counts again; answers what was wrong before, in words, `limit` of a kind at most.
///
/// # Errors
/// When the database fails; then nothing is changed.
pub async fn recount(database: &Database, limit: i64) -> Result<Vec<String>, DbError> {
    let mut tx = database.begin_write().await?;
    let wrong = projections::list_wrong_totals(&mut tx, limit).await?;
    projections::recount_totals(&mut tx).await?;
    tx.commit().await?;
    Ok(wrong)
}
