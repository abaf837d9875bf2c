//! The tables of Paicha for SQLite and PostgreSQL, in pairs.
//!
//! Each pair `sqlite/NNNN_words.sql` and `postgres/NNNN_words.sql` creates the same tables with the same columns, and
//! every column carries a comment. The files are embedded by the build script: adding a pair is enough. This crate is not
//! the place for queries. What a newcomer gets wrong: a released file is never edited, not even its comments, because
//! every existing database remembers its checksum; write the next pair instead.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// All migrations for SQLite, in order, each in its own transaction.
#[must_use]
pub fn sqlite_migrator() -> Migrator {
    migrator(SQLITE)
}

/// All migrations for PostgreSQL, in order, each in its own transaction, under an advisory lock so that several starting
/// processes do not run them twice.
#[must_use]
pub fn postgres_migrator() -> Migrator {
    migrator(POSTGRES)
}

fn migrator(files: &'static [(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files
        .iter()
        .map(|&(version, description, sql)| {
            Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}
