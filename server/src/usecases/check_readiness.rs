//! Whether the server can work now: the database answers a read.

use crate::app::App;
use paicha_db::{DbError, meta};

/// Asks the database something small.
///
/// # Errors
/// When it does not answer.
pub async fn check_readiness(app: &App) -> Result<(), DbError> {
    let mut tx = app.database.begin_read().await?;
    meta::find_meta(&mut tx, "installation").await?;
    tx.rollback().await
}
