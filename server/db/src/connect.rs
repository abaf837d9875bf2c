//! `Database`: how it is opened, its pools with their limits, the settings of each connection, the migrations, and how a
//! transaction begins.
//!
//! Besides `engine.rs` this is the only file that names the drivers. SQLite has one writing connection, because SQLite
//! has one writer anyway and a queue in front of it is fairer than `SQLITE_BUSY`, and a pool of read-only ones.
//! PostgreSQL has one pool. What a newcomer gets wrong: a setting that must hold inside a transaction is sent with its
//! `BEGIN`, not at connect, since a connection pooler in front of PostgreSQL may drop what was set at connect.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Row as _};

use crate::engine::{Connection, Engine, Tx};
use crate::error::DbError;

/// Read-only connections of SQLite, unless the configuration says otherwise.
pub const READERS_MAX_DEFAULT: u32 = 4;
/// Connections to PostgreSQL, unless the configuration says otherwise.
pub const POOL_MAX_DEFAULT: u32 = 16;
/// How long a transaction waits for a free connection, unless the configuration says otherwise.
pub const ACQUIRE_TIMEOUT_DEFAULT_MS: u32 = 10_000;
/// How long SQLite waits for another process (a backup, a command) that holds the write lock.
const SQLITE_BUSY_TIMEOUT_MS: u64 = 5_000;
/// The write-ahead file of SQLite is cut back to this size after a checkpoint.
const SQLITE_JOURNAL_BYTES_MAX: &str = "67108864";
/// Pages of the write-ahead file, 4 KiB each, after which a commit brings them into the database: 32 MiB. SQLite's own 4 MiB make commits write the
/// same pages of the indexes again and again.
const SQLITE_CHECKPOINT_PAGES: &str = "8192";
/// Cache of the writing connection, in KiB, negative as SQLite wants it. SQLite's own 2 MiB do not hold the indexes that a batch touches.
const SQLITE_WRITER_CACHE_KIB: &str = "-16384";
/// Prepared statements kept on each connection. `execute_rows` and `$in` use several shapes of one text.
const STATEMENTS_CACHED_MAX: usize = 500;
/// The oldest PostgreSQL that is tested, as the server reports it.
const POSTGRES_VERSION_MIN: u32 = 150_000;
/// Orders in which text compares byte by byte. Cursors and list orders rely on it.
const POSTGRES_COLLATIONS: [&str; 3] = ["C", "POSIX", "C.UTF-8"];

/// Waits at most 5 s for a row lock, is cut off after 15 s without a statement, and is durable when `COMMIT` answers.
const POSTGRES_BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL lock_timeout = '5s'; \
     SET LOCAL idle_in_transaction_session_timeout = '15s'; \
     SET LOCAL synchronous_commit = 'on'";
/// A snapshot: every statement sees the database as the first one did.
const POSTGRES_BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL idle_in_transaction_session_timeout = '15s'";
/// Takes the write lock at once, so that a transaction that read first cannot fail later with `SQLITE_BUSY`.
const SQLITE_BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// A snapshot from the first statement on.
const SQLITE_BEGIN_READ: &str = "BEGIN DEFERRED";

/// Where the database is and how much of it may be used at once.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `sqlite:/path/file.db`, created when missing, or `postgres://user:password@host/name`.
    pub url: String,
    /// Read-only connections of SQLite, at least 1. PostgreSQL ignores it.
    pub readers_max: u32,
    /// Connections to PostgreSQL, at least 1. SQLite ignores it.
    pub pool_max: u32,
    /// How long a transaction waits for a free connection before it answers `DbError::PoolTimeout`.
    pub acquire_timeout_ms: u32,
}

impl DatabaseConfig {
    /// The URL with the default limits.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            readers_max: READERS_MAX_DEFAULT,
            pool_max: POOL_MAX_DEFAULT,
            acquire_timeout_ms: ACQUIRE_TIMEOUT_DEFAULT_MS,
        }
    }

    /// The engine the URL names.
    ///
    /// # Errors
    /// `DbError::Configuration` when it names neither.
    pub fn engine(&self) -> Result<Engine, DbError> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Engine::Sqlite),
            Some("postgres" | "postgresql") => Ok(Engine::Postgres),
            Some(_) | None => Err(DbError::Configuration {
                reason: "数据库地址应以 sqlite: 或 postgres:// 开头，请修改配置后重新启动。\
                         (the database URL must begin with sqlite: or postgres://)"
                    .to_owned(),
            }),
        }
    }

    /// The URL without user, password and parameters: fit for a log line.
    #[must_use]
    pub fn url_for_logs(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") else {
            return if self.url.starts_with("sqlite:") { self.url.clone() } else { "(unknown)".to_owned() };
        };
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split_once('?').map_or(place, |(place, _)| place);
        format!("{scheme}://{place}")
    }

    fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms.into())
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DatabaseConfig")
            .field("url", &self.url_for_logs())
            .field("readers_max", &self.readers_max)
            .field("pool_max", &self.pool_max)
            .field("acquire_timeout_ms", &self.acquire_timeout_ms)
            .finish()
    }
}

/// An open database. Clones share the same connections.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool },
}

/// Versions of all migrations that this program knows, in order; equal for both engines.
#[must_use]
pub fn migration_versions() -> Vec<i64> {
    paicha_migrations::sqlite_migrator().iter().map(|migration| migration.version).collect()
}

impl Database {
    /// Opens the database and proves it with one connection. Creates the SQLite file, but no tables: see `migrate`.
    ///
    /// # Errors
    /// `Configuration` for a URL or a database that does not fit, `Unavailable` when nobody answers.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, DbError> {
        let pools = match config.engine()? {
            Engine::Sqlite => {
                let (writer, readers) = open_sqlite(config).await?;
                Pools::Sqlite { writer, readers }
            }
            Engine::Postgres => Pools::Postgres { pool: open_postgres(config).await? },
        };
        Ok(Self { pools })
    }

    /// Brings the tables up to date. Safe to call from several processes at once on PostgreSQL.
    ///
    /// # Errors
    /// `Migration` when a migration fails, was edited after it ran, or is newer than this program.
    pub async fn migrate(&self) -> Result<(), DbError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => migrate_sqlite(writer).await,
            Pools::Postgres { pool } => migrate_postgres(pool).await,
        }
    }

    /// Which engine runs.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Opens a transaction that may write. On SQLite it is the only one; on PostgreSQL it reads what others committed.
    ///
    /// # Errors
    /// `PoolTimeout` when no connection became free, `Busy` when another process holds the SQLite file, `Closed`.
    pub async fn begin_write(&self) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => Self::begin_sqlite(writer, SQLITE_BEGIN_WRITE).await,
            Pools::Postgres { pool } => Self::begin_postgres(pool, POSTGRES_BEGIN_WRITE).await,
        }
    }

    /// Opens a transaction that sees one unchanging state of the database and cannot write.
    ///
    /// # Errors
    /// `PoolTimeout` when no connection became free, `Closed`.
    pub async fn begin_read(&self) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => Self::begin_sqlite(readers, SQLITE_BEGIN_READ).await,
            Pools::Postgres { pool } => Self::begin_postgres(pool, POSTGRES_BEGIN_READ).await,
        }
    }

    async fn begin_sqlite(pool: &SqlitePool, begin: &'static str) -> Result<Tx, DbError> {
        let connection = pool.acquire().await.map_err(|error| DbError::from_driver(Engine::Sqlite, error))?;
        Tx::begin(Connection::Sqlite(connection), begin).await
    }

    async fn begin_postgres(pool: &PgPool, begin: &'static str) -> Result<Tx, DbError> {
        let connection = pool.acquire().await.map_err(|error| DbError::from_driver(Engine::Postgres, error))?;
        Tx::begin(Connection::Postgres(connection), begin).await
    }

    /// Waits for open transactions and closes every connection. Later calls answer `Closed`.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                // The writer goes last: the last connection folds the write-ahead file into the database.
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool } => pool.close().await,
        }
    }

    /// Folds the write-ahead file of SQLite into the database and empties it. PostgreSQL does so by itself.
    ///
    /// For quiet moments and before a copy of the file is made: writers wait meanwhile, up to 5 s when a reader is slow. In
    /// between SQLite folds in what it can without making anybody wait.
    ///
    /// # Errors
    /// `Busy` when a reader still needs the file: try again later, nothing is lost.
    pub async fn checkpoint(&self) -> Result<(), DbError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let to_error = |error| DbError::from_driver(Engine::Sqlite, error);
                let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await.map_err(to_error)?;
                let blocked: i64 = row.try_get(0).map_err(to_error)?;
                if blocked == 0 { Ok(()) } else { Err(DbError::Busy) }
            }
            Pools::Postgres { .. } => Ok(()),
        }
    }
}

/// Opens the writer and the readers of a SQLite file; creates the file when it is missing.
async fn open_sqlite(config: &DatabaseConfig) -> Result<(SqlitePool, SqlitePool), DbError> {
    let path = config.url.trim_start_matches("sqlite:");
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(DbError::Configuration {
            reason: "SQLite 地址应为文件路径，例如 sqlite:/var/lib/paicha/paicha.db。\
                     (the SQLite URL must be a plain file path; a database in memory is not kept)"
                .to_owned(),
        });
    }
    let common = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(SQLITE_BUSY_TIMEOUT_MS))
        .statement_cache_capacity(STATEMENTS_CACHED_MAX);
    // FULL: a commit is on the disk before the phone is told so; NORMAL in WAL may lose the last commits at a power cut.
    let writing = common
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", SQLITE_JOURNAL_BYTES_MAX)
        .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES)
        .pragma("cache_size", SQLITE_WRITER_CACHE_KIB);
    let to_error = |error| DbError::from_driver(Engine::Sqlite, error);
    // Opening a connection costs a thread and an empty cache, and nothing is gained by a new one.
    let pool = || SqlitePoolOptions::new().max_lifetime(None).idle_timeout(None);
    let writer = limited(pool(), config, 1).connect_with(writing).await.map_err(to_error)?;
    let readers =
        limited(pool(), config, config.readers_max).connect_with(common.read_only(true)).await.map_err(to_error)?;
    Ok((writer, readers))
}

/// Opens the pool of a PostgreSQL database and checks its version, encoding and order of text.
async fn open_postgres(config: &DatabaseConfig) -> Result<PgPool, DbError> {
    let to_error = |error| DbError::from_driver(Engine::Postgres, error);
    let options = PgConnectOptions::from_str(&config.url)
        .map_err(to_error)?
        .application_name("paicha")
        .statement_cache_capacity(STATEMENTS_CACHED_MAX);
    let pool = limited(PgPoolOptions::new(), config, config.pool_max)
        .after_release(|connection, _| Box::pin(is_outside_a_transaction(connection)))
        .connect_with(options)
        .await
        .map_err(to_error)?;
    check_postgres(&pool).await?;
    Ok(pool)
}

/// The limits every pool shares.
fn limited<DB: sqlx::Database>(options: PoolOptions<DB>, config: &DatabaseConfig, connections: u32) -> PoolOptions<DB> {
    options.max_connections(connections.max(1)).min_connections(1).acquire_timeout(config.acquire_timeout())
}

/// Whether a connection may go back to the pool. Second line of defence: `engine.rs` closes a connection whose
/// transaction did not end, but sqlx 0.9.0 would take one back whose future was dropped during `BEGIN`. Outside a
/// transaction both times below are the start of this very query; in an aborted transaction the query fails.
async fn is_outside_a_transaction(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT now() = statement_timestamp()").fetch_one(&mut *connection).await?;
    let outside: bool = row.try_get_unchecked::<String, _>(0)? == "t";
    if !outside {
        tracing::warn!("a connection came back inside a transaction and is closed");
    }
    Ok(outside)
}

async fn check_postgres(pool: &PgPool) -> Result<(), DbError> {
    let to_error = |error| DbError::from_driver(Engine::Postgres, error);
    let mut connection = pool.acquire().await.map_err(to_error)?;
    connection.ping().await.map_err(to_error)?;
    if connection.server_version_num().is_some_and(|version| version < POSTGRES_VERSION_MIN) {
        return Err(DbError::Configuration {
            reason: "PostgreSQL 版本过低，请使用 15 或更新的版本。(PostgreSQL 15 or newer is needed)".to_owned(),
        });
    }
    let row = sqlx::query(
        "SELECT datcollate::text AS collation, pg_encoding_to_char(encoding)::text AS encoding
         FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(to_error)?;
    let collation: String = row.try_get("collation").map_err(to_error)?;
    let encoding: String = row.try_get("encoding").map_err(to_error)?;
    if POSTGRES_COLLATIONS.contains(&collation.as_str()) && encoding == "UTF8" {
        return Ok(());
    }
    Err(DbError::Configuration {
        reason: format!(
            "数据库的排序规则是 {collation}，编码是 {encoding}，应为 C 和 UTF8。请新建数据库：\
             CREATE DATABASE paicha TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'; \
             (the database must use the C collation and UTF8)"
        ),
    })
}

/// Runs what is missing of the SQLite migrations.
async fn migrate_sqlite(writer: &SqlitePool) -> Result<(), DbError> {
    let mut connection = writer.acquire().await.map_err(|error| DbError::from_driver(Engine::Sqlite, error))?;
    // A connection whose migration was interrupted must not be used again; closing it always is the simple way.
    connection.close_on_drop();
    let outcome = paicha_migrations::sqlite_migrator().run_direct(None, &mut *connection, false).await;
    outcome.map_err(|error| DbError::Migration(error.into()))
}

/// Runs what is missing of the PostgreSQL migrations; several processes take turns.
async fn migrate_postgres(pool: &PgPool) -> Result<(), DbError> {
    let mut connection = pool.acquire().await.map_err(|error| DbError::from_driver(Engine::Postgres, error))?;
    // Closing also gives back the advisory lock when this future is dropped half way.
    connection.close_on_drop();
    let outcome = paicha_migrations::postgres_migrator().run_direct(None, &mut *connection, false).await;
    outcome.map_err(|error| DbError::Migration(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_never_shows_its_password() {
        let urls = [
            "postgres://paicha:s3cret@db.example/paicha?sslpassword=s3cret",
            "postgresql://paicha:s3cret@s3cret@db.example/paicha",
            "mysql:s3cret",
        ];
        for url in urls {
            let shown = format!("{:?}", DatabaseConfig::new(url));
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn a_url_of_another_engine_is_refused() {
        assert!(matches!(DatabaseConfig::new("mysql://x").engine(), Err(DbError::Configuration { .. })));
        assert!(matches!(DatabaseConfig::new("paicha.db").engine(), Err(DbError::Configuration { .. })));
    }
}
