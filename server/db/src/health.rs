//! Numbers that tell whether an installation is well: what waits, for how long, and how the database is set up. Reads only. Not for the
//! daily lists of people; those page through the rows themselves.

use crate::engine::{Engine, Tx};
use crate::error::DbError;
use crate::statement::Statement;

/// Instants that divide what is fresh from what has waited too long; microseconds UTC.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// Photos declared and operations received before this have waited too long.
    pub waiting: i64,
    /// Phones that last pushed before this have not been seen lately.
    pub seen: i64,
    /// Photos that arrived since this tell how fast the disk fills.
    pub filling: i64,
    /// The version of the code that derives pictures.
    pub derive_version: i64,
}

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Photos whose originals are missing for too long.
    pub photos_owed: i64,
    /// Originals without pictures of the present version.
    pub photos_to_derive: i64,
    /// When the oldest of them was declared.
    pub oldest_to_derive: Option<i64>,
    /// Operations that have waited too long for a record.
    pub ops_held: i64,
    /// Byte strings under numbers or ids that were taken.
    pub quarantined: i64,
    /// Open questions for people: about records, and operations that took no effect.
    pub reviews: i64,
    /// Phones with unsent operations that were not seen lately.
    pub phones_silent: i64,
    /// Bytes of photos declared lately.
    pub bytes_lately: i64,
    /// When the newest operation was received.
    pub newest_op_at: Option<i64>,
}

/// Counts what waits.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_waiting(tx: &mut Tx, since: Since) -> Result<Waiting, DbError> {
    let statement = Statement::new(
        "SELECT
           (SELECT COUNT(*) FROM photos WHERE NOT stored AND declared_at < $1) AS photos_owed,
           (SELECT COUNT(*) FROM photos WHERE stored AND derive_version < $2) AS photos_to_derive,
           (SELECT MIN(declared_at) FROM photos WHERE stored AND derive_version < $2) AS oldest_to_derive,
           (SELECT COUNT(*) FROM ops WHERE waits_for IS NOT NULL AND received_at < $1) AS ops_held,
           (SELECT COUNT(*) FROM quarantine) AS quarantined,
           (SELECT COUNT(*) FROM reviews)
             + (SELECT COUNT(*) FROM ops WHERE (status = 'refused' OR status = 'review'
                  AND substr(outcome, 1, 27) = '{\"status\":\"review\",\"reason\"')
                  AND NOT EXISTS (SELECT 1 FROM ops AS again WHERE again.record = ops.record AND again.digest = ops.digest
         AND (again.status IN ('applied', 'merged')
           OR again.status = 'review' AND substr(again.outcome, 1, 27) <> '{\"status\":\"review\",\"reason\"'))) AS reviews,
           (SELECT COUNT(DISTINCT incarnations.device) FROM incarnations JOIN devices ON devices.id = incarnations.device
             WHERE incarnations.pending_total > 0 AND incarnations.seen_at < $3 AND devices.revoked_at IS NULL)
             AS phones_silent,
           (SELECT COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM photos WHERE declared_at >= $4) AS bytes_lately,
           (SELECT MAX(received_at) FROM ops) AS newest_op_at",
    )
    .bind(since.waiting)
    .bind(since.derive_version)
    .bind(since.seen)
    .bind(since.filling);
    let row = tx.fetch_one(statement).await?;
    Ok(Waiting {
        photos_owed: row.i64("photos_owed")?,
        photos_to_derive: row.i64("photos_to_derive")?,
        oldest_to_derive: row.opt_i64("oldest_to_derive")?,
        ops_held: row.i64("ops_held")?,
        quarantined: row.i64("quarantined")?,
        reviews: row.i64("reviews")?,
        phones_silent: row.i64("phones_silent")?,
        bytes_lately: row.i64("bytes_lately")?,
        newest_op_at: row.opt_i64("newest_op_at")?,
    })
}

/// Names and values of the engine's own settings that durability and order rest on, in order of name.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_engine_settings(tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
    // The engines say this each in their own words; there is nothing in common to ask.
    let statement = Statement::by_engine(
        tx.engine(),
        "SELECT 'journal_mode' AS name, journal_mode AS value FROM pragma_journal_mode
         UNION ALL SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous
         UNION ALL SELECT 'version', sqlite_version() ORDER BY name",
        "SELECT name, setting AS value FROM pg_settings
         WHERE name IN ('server_version_num', 'synchronous_commit', 'fsync', 'full_page_writes')
         UNION ALL SELECT 'collation', datcollate FROM pg_database WHERE datname = current_database() ORDER BY name",
    );
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.text("name")?, row.text("value")?))).collect()
}

/// Versions of the migrations that ran, in order.
///
/// # Errors
/// When the database fails, or was never set up; the transaction is then over.
pub async fn list_migrations(tx: &mut Tx) -> Result<Vec<i64>, DbError> {
    let statement = Statement::new("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version LIMIT 10000");
    tx.fetch_all(statement).await?.iter().map(|row| row.i64("version")).collect()
}

/// The oldest version of PostgreSQL that works, as `server_version_num` counts.
pub const POSTGRES_VERSION_MIN: i64 = 150_000;

/// What is wrong with the engine's settings, in the engine's words; empty when nothing.
pub fn unsound_settings(engine: Engine, settings: &[(String, String)]) -> Vec<String> {
    let value = |name: &str| settings.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let mut wrong = Vec::new();
    let mut expect = |name: &str, good: bool| {
        if !good {
            wrong.push(format!("{name} = {}", value(name)));
        }
    };
    match engine {
        Engine::Sqlite => {
            expect("journal_mode", value("journal_mode") == "wal");
            expect("synchronous", value("synchronous") == "2");
        }
        Engine::Postgres => {
            let version: i64 = value("server_version_num").parse().unwrap_or(0);
            expect("server_version_num", version >= POSTGRES_VERSION_MIN);
            expect("synchronous_commit", matches!(value("synchronous_commit"), "on" | "remote_write" | "remote_apply"));
            expect("fsync", value("fsync") == "on");
            expect("full_page_writes", value("full_page_writes") == "on");
            expect("collation", value("collation") == "C");
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_settings_are_named() {
        let set = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let sound = set(&[("journal_mode", "wal"), ("synchronous", "2")]);
        assert!(unsound_settings(Engine::Sqlite, &sound).is_empty());
        let lax = set(&[("journal_mode", "delete"), ("synchronous", "1")]);
        assert_eq!(unsound_settings(Engine::Sqlite, &lax), ["journal_mode = delete", "synchronous = 1"]);
        let old = set(&[
            ("server_version_num", "140009"),
            ("synchronous_commit", "off"),
            ("fsync", "off"),
            ("full_page_writes", "on"),
            ("collation", "en_US.UTF-8"),
        ]);
        assert_eq!(unsound_settings(Engine::Postgres, &old).len(), 4);
    }
}
