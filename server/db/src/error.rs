//! `DbError`: every way a database call fails, by kind, the same on both engines.
//!
//! Callers decide on the kind alone; the drivers' messages are for the log. There is no constraint name here, because
//! SQLite reports none: a use case that must know which uniqueness broke asks before it writes. What a newcomer gets
//! wrong: after any failed statement the transaction is over, so "insert, and on `UniqueViolation` update" needs
//! `ON CONFLICT` or a new transaction.

use sqlx::error::{DatabaseError, ErrorKind};

use crate::engine::Engine;

/// The cause of an error, without naming the driver it came from.
pub type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failed database call, by kind.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A lock was not granted in time; nothing was written. Running the whole transaction again may succeed.
    #[error("the database is busy: a lock was not granted in time")]
    Busy,
    /// Two transactions got in each other's way and this one lost. Run the whole transaction again.
    #[error("the transaction conflicted with another one and was rolled back")]
    Serialization,
    /// A primary key or unique index already holds this value.
    #[error("a unique value exists already")]
    UniqueViolation,
    /// A row refers to one that is missing, or is still referred to.
    #[error("a foreign key does not match")]
    ForeignKey,
    /// A `NOT NULL` or `CHECK` rule of the table refused the row: a mistake in this program.
    #[error("a table rule refused the row")]
    CheckViolation,
    /// A write was tried in a read transaction: a mistake in this program.
    #[error("a read transaction cannot write")]
    ReadOnly,
    /// `fetch_one` found no row. The transaction stays usable.
    #[error("no such row")]
    NotFound,
    /// Every connection stayed in use for the whole waiting time: more load than this server can take now.
    #[error("no database connection became free in time")]
    PoolTimeout,
    /// The database was closed; the server is shutting down.
    #[error("the database is closed")]
    Closed,
    /// The database cannot be reached or dropped the connection. The outcome of a commit that answers this is unknown.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Source),
    /// No space left for the database.
    #[error("the disk of the database is full")]
    Full(#[source] Source),
    /// The database file or an index is damaged: stop, and restore a backup.
    #[error("the database is damaged")]
    Corrupt {
        /// What the engine said.
        source: Source,
    },
    /// An earlier statement of this transaction failed (or was cancelled), so everything in it was rolled back.
    #[error("an earlier statement of this transaction failed, everything in it was rolled back")]
    TxFailed,
    /// A value or list that both engines must refuse alike; nothing was sent.
    #[error("a value cannot be stored: {reason}")]
    InvalidValue {
        /// Which rule it broke.
        reason: &'static str,
    },
    /// A column is missing from the row, is NULL unexpectedly, or has another type: a mistake in this program.
    #[error("column {column} cannot be read")]
    Decode {
        /// The name that was asked for.
        column: String,
        /// What the driver said.
        #[source]
        source: Source,
    },
    /// The database URL or the database itself does not fit what this server needs.
    #[error("{reason}")]
    Configuration {
        /// What is wrong and what to do, for the person who starts the server. Never holds the password.
        reason: String,
    },
    /// The tables could not be brought up to date. Earlier migrations stay applied, the failed one does not.
    #[error("the tables could not be brought up to date")]
    Migration(#[source] Source),
    /// Anything else, such as wrong SQL.
    #[error("the database failed")]
    Other(#[source] Source),
}

impl DbError {
    /// Whether running the same transaction again, from its beginning, may succeed soon.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::Serialization => true,
            Self::UniqueViolation
            | Self::ForeignKey
            | Self::CheckViolation
            | Self::ReadOnly
            | Self::NotFound
            | Self::PoolTimeout
            | Self::Closed
            | Self::Unavailable(_)
            | Self::Full(_)
            | Self::Corrupt { .. }
            | Self::TxFailed
            | Self::InvalidValue { .. }
            | Self::Decode { .. }
            | Self::Configuration { .. }
            | Self::Migration(_)
            | Self::Other(_) => false,
        }
    }

    /// Sorts a driver's error into its kind.
    pub(crate) fn from_driver(engine: Engine, error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::from_database(engine, error),
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut => Self::PoolTimeout,
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::ColumnNotFound(ref column) => Self::Decode { column: column.clone(), source: error.into() },
            sqlx::Error::ColumnDecode { index, source } => Self::Decode { column: index, source },
            error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed) => {
                Self::Unavailable(error.into())
            }
            error => Self::Other(error.into()),
        }
    }

    fn from_database(engine: Engine, error: Box<dyn DatabaseError>) -> Self {
        // The kinds below drop the driver's text (which may hold values of rows); a developer finds it at debug level.
        tracing::debug!(?engine, error = error.message(), "a statement was refused");
        match error.kind() {
            ErrorKind::UniqueViolation => return Self::UniqueViolation,
            ErrorKind::ForeignKeyViolation => return Self::ForeignKey,
            ErrorKind::NotNullViolation | ErrorKind::CheckViolation => return Self::CheckViolation,
            _ => {}
        }
        let code = error.code().unwrap_or_default().into_owned();
        match engine {
            Engine::Sqlite => Self::from_sqlite_code(code.parse().unwrap_or_default(), error),
            Engine::Postgres => Self::from_postgres_code(&code, error),
        }
    }

    /// Result codes: <https://www.sqlite.org/rescode.html>. The low byte is the kind, the rest refines it.
    fn from_sqlite_code(code: i64, error: Box<dyn DatabaseError>) -> Self {
        const BUSY: i64 = 5;
        const LOCKED: i64 = 6;
        const READONLY: i64 = 8;
        const CORRUPT: i64 = 11;
        const FULL: i64 = 13;
        const CANTOPEN: i64 = 14;
        const CONSTRAINT: i64 = 19;
        const NOT_A_DATABASE: i64 = 26;
        const BUSY_SNAPSHOT: i64 = 517;
        match code & 0xff {
            _ if code == BUSY_SNAPSHOT => Self::Serialization,
            BUSY | LOCKED => Self::Busy,
            READONLY => Self::ReadOnly,
            CONSTRAINT => Self::CheckViolation,
            CORRUPT | NOT_A_DATABASE => Self::Corrupt { source: error.into_error() },
            FULL => Self::Full(error.into_error()),
            CANTOPEN => Self::Unavailable(error.into_error()),
            _ => Self::Other(error.into_error()),
        }
    }

    /// SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn from_postgres_code(code: &str, error: Box<dyn DatabaseError>) -> Self {
        match code {
            "40001" | "40P01" => Self::Serialization,
            "55P03" => Self::Busy,
            "25006" => Self::ReadOnly,
            "25P02" => Self::TxFailed,
            "53100" => Self::Full(error.into_error()),
            "53300" => Self::Unavailable(error.into_error()),
            _ if code.starts_with("08") || code.starts_with("57P") || code == "25P03" => {
                Self::Unavailable(error.into_error())
            }
            _ if code.starts_with("XX00") && code != "XX000" => Self::Corrupt { source: error.into_error() },
            _ => Self::Other(error.into_error()),
        }
    }
}
