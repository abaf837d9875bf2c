//! `Tx`, an open transaction of either engine, and `Row`, an answer of either.
//!
//! Every method has two arms and nothing else in this crate knows which engine runs. No trait, generic or macro on
//! purpose: two adapters behind a trait drift apart. Not the place for SQL of tables. What a newcomer gets wrong: a
//! transaction that is not committed is rolled back, and after a failed statement there is nothing left to commit.
//!
//! A connection goes back to its pool only after `COMMIT` or `ROLLBACK` was answered; otherwise it is closed. That
//! covers futures dropped at any await point, among them the one during `BEGIN` where sqlx 0.9.0 would hand out a
//! connection that is still inside a transaction.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Decode, Row as _, SqlSafeStr, SqlStr, Type, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::error::DbError;
use crate::rows;
use crate::statement::{SqlText, Statement, Value};

/// Which database runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// One file on this computer.
    Sqlite,
    /// A PostgreSQL server, 15 or newer.
    Postgres,
}

/// A connection of either engine, taken from its pool.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    async fn run_literal(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(&mut **connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(&mut **connection).await.map(drop),
        }
    }

    async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let arguments = sqlite_arguments(values)?;
                let done = sqlx::query_with(sql, arguments).execute(&mut **connection).await?;
                Ok(done.rows_affected())
            }
            Self::Postgres(connection) => {
                let arguments = postgres_arguments(values)?;
                let done = sqlx::query_with(sql, arguments).execute(&mut **connection).await?;
                Ok(done.rows_affected())
            }
        }
    }

    async fn fetch_all(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let arguments = sqlite_arguments(values)?;
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(|row| Row(EngineRow::Sqlite(row))).collect())
            }
            Self::Postgres(connection) => {
                let arguments = postgres_arguments(values)?;
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(|row| Row(EngineRow::Postgres(row))).collect())
            }
        }
    }

    fn close_on_drop(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.close_on_drop(),
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

/// A connection inside a transaction. Unless the transaction was ended, dropping this closes the connection, which
/// rolls back on both engines.
#[derive(Debug)]
struct Held {
    connection: Connection,
    ended: bool,
}

impl Held {
    async fn end(mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        self.connection.run_literal(sql).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

/// An open transaction. Dropping it rolls back; the first failed or cancelled statement does so too.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Tx {
    engine: Engine,
    /// Nothing after the transaction failed.
    held: Option<Held>,
    /// Whether a statement was sent and not answered: its future may have been dropped half way.
    in_flight: bool,
}

impl Tx {
    pub(crate) async fn begin(connection: Connection, begin: &'static str) -> Result<Self, DbError> {
        let engine = connection.engine();
        // From here on a dropped future or an error closes the connection.
        let mut held = Held { connection, ended: false };
        held.connection.run_literal(begin).await.map_err(|error| DbError::from_driver(engine, error))?;
        Ok(Self { engine, held: Some(held), in_flight: false })
    }

    /// Which engine runs, for `Statement::by_engine`.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Runs a statement and answers how many rows it wrote.
    ///
    /// # Errors
    /// By kind; the transaction is rolled back and over.
    pub async fn execute(&mut self, statement: Statement) -> Result<u64, DbError> {
        let (sql, values) = self.build(statement).await?;
        let connection = self.start()?;
        let outcome = connection.execute(sql, values).await;
        self.finish(outcome).await
    }

    /// Runs a query and answers all its rows. The SQL bounds how many.
    ///
    /// # Errors
    /// By kind; the transaction is rolled back and over.
    pub async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let (sql, values) = self.build(statement).await?;
        let connection = self.start()?;
        let outcome = connection.fetch_all(sql, values).await;
        self.finish(outcome).await
    }

    /// Runs a query that answers one row or none; of several rows, the first.
    ///
    /// # Errors
    /// By kind; the transaction is rolled back and over.
    pub async fn fetch_optional(&mut self, statement: Statement) -> Result<Option<Row>, DbError> {
        // Reading all rows, not the first, so that a write with RETURNING runs to its end on both engines.
        Ok(self.fetch_all(statement).await?.into_iter().next())
    }

    /// Runs a query that answers one row.
    ///
    /// # Errors
    /// `NotFound` when there is none, which leaves the transaction open. Others by kind; it is then over.
    pub async fn fetch_one(&mut self, statement: Statement) -> Result<Row, DbError> {
        self.fetch_optional(statement).await?.ok_or(DbError::NotFound)
    }

    /// Writes many rows with few statements: `INSERT INTO t (a, b) VALUES`, one list of values a row, and what follows,
    /// such as `ON CONFLICT (a) DO NOTHING`. Answers how many rows were written.
    ///
    /// Every row has as many values as the first. With `DO UPDATE` no two rows may have the same key: PostgreSQL refuses
    /// that inside one statement, and which rows share one is not promised.
    ///
    /// # Errors
    /// By kind; the transaction is rolled back and over.
    pub async fn execute_rows(
        &mut self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64, DbError> {
        let batches = match rows::split(rows) {
            Ok(batches) => batches,
            Err(error) => return Err(self.fail(error).await),
        };
        let mut written = 0;
        for batch in batches {
            let sql = AssertSqlSafe(batch.sql(self.engine(), head, tail)).into_sql_str();
            let connection = self.start()?;
            let outcome = connection.execute(sql, batch.values).await;
            written += self.finish(outcome).await?;
        }
        Ok(written)
    }

    /// Makes everything in the transaction durable and visible to others.
    ///
    /// # Errors
    /// `TxFailed` when a statement failed earlier. After `Unavailable` the outcome is unknown; otherwise nothing was stored.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.start()?;
        self.in_flight = false;
        self.end("COMMIT").await
    }

    /// Gives up everything in the transaction and frees its connection before it answers.
    ///
    /// # Errors
    /// When the connection is lost; the engine rolls back all the same.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        if self.in_flight {
            // The answer of a cancelled statement is still on its way: closing is the only clean end.
            self.held = None;
        }
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, sql: &'static str) -> Result<(), DbError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        held.end(sql).await.map_err(|error| DbError::from_driver(self.engine, error))
    }

    async fn build(&mut self, statement: Statement) -> Result<(SqlStr, Vec<Value>), DbError> {
        match statement.build() {
            Ok((SqlText::Literal(sql), values)) => Ok((sql.into_sql_str(), values)),
            // Built from a literal and numbered placeholders only.
            Ok((SqlText::Built(sql), values)) => Ok((AssertSqlSafe(sql).into_sql_str(), values)),
            Err(error) => Err(self.fail(error).await),
        }
    }

    /// The connection for the next statement, unless an earlier one failed or was cancelled.
    fn start(&mut self) -> Result<&mut Connection, DbError> {
        if self.in_flight {
            self.held = None;
        }
        let held = self.held.as_mut().ok_or(DbError::TxFailed)?;
        self.in_flight = true;
        Ok(&mut held.connection)
    }

    async fn finish<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, DbError> {
        self.in_flight = false;
        match outcome {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.fail(DbError::from_driver(self.engine, error)).await),
        }
    }

    /// Rolls back at once, so that locks are free before the caller has handled the error.
    async fn fail(&mut self, error: DbError) -> DbError {
        if let Err(rollback) = self.end("ROLLBACK").await {
            // The connection is closed instead, which rolls back too. SQLite also answers this when it rolled back itself.
            tracing::debug!(error = %rollback, "a failed transaction was ended by closing its connection");
        }
        error
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.in_flight {
            return;
        }
        let (Some(held), Ok(runtime)) = (self.held.take(), tokio::runtime::Handle::try_current()) else { return };
        // Dropping after `?` is ordinary; keep the connection. When the runtime stops first, `Held` closes it.
        runtime.spawn(async move {
            if let Err(error) = held.end("ROLLBACK").await {
                tracing::debug!(%error, "a dropped transaction was ended by closing its connection");
            }
        });
    }
}

/// One answered row. Columns are asked for by name; a wrong name or type is `DbError::Decode`.
#[derive(Debug)]
pub struct Row(EngineRow);

enum EngineRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for EngineRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be personal; they do not belong into a log.
        match self {
            Self::Sqlite(row) => write!(formatter, "Sqlite({} columns)", row.len()),
            Self::Postgres(row) => write!(formatter, "Postgres({} columns)", row.len()),
        }
    }
}

impl Row {
    /// An integer of up to 64 bits.
    ///
    /// # Errors
    /// `Decode`, also for NULL. So do all of these; the `opt_` ones answer `None` for NULL.
    pub fn i64(&self, column: &str) -> Result<i64, DbError> {
        self.opt_i64(column)?.ok_or_else(|| null(column))
    }

    /// An integer, or NULL.
    pub fn opt_i64(&self, column: &str) -> Result<Option<i64>, DbError> {
        match &self.0 {
            // A literal such as `SELECT 1` has 32 bits on PostgreSQL.
            EngineRow::Postgres(row)
                if row.try_get_raw(column).is_ok_and(|value| value.type_info().name() == "INT4") =>
            {
                Ok(self.get::<i32>(column)?.map(i64::from))
            }
            EngineRow::Sqlite(_) | EngineRow::Postgres(_) => self.get(column),
        }
    }

    /// A floating point number.
    pub fn f64(&self, column: &str) -> Result<f64, DbError> {
        self.get(column)?.ok_or_else(|| null(column))
    }

    /// A floating point number, or NULL.
    pub fn opt_f64(&self, column: &str) -> Result<Option<f64>, DbError> {
        self.get(column)
    }

    /// A truth value, also of a comparison in the SQL.
    pub fn bool(&self, column: &str) -> Result<bool, DbError> {
        self.get(column)?.ok_or_else(|| null(column))
    }

    /// A truth value, or NULL.
    pub fn opt_bool(&self, column: &str) -> Result<Option<bool>, DbError> {
        self.get(column)
    }

    /// A text.
    pub fn text(&self, column: &str) -> Result<String, DbError> {
        self.get(column)?.ok_or_else(|| null(column))
    }

    /// A text, or NULL.
    pub fn opt_text(&self, column: &str) -> Result<Option<String>, DbError> {
        self.get(column)
    }

    /// Bytes.
    pub fn bytes(&self, column: &str) -> Result<Vec<u8>, DbError> {
        self.get(column)?.ok_or_else(|| null(column))
    }

    /// Bytes, or NULL.
    pub fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, DbError> {
        self.get(column)
    }

    /// An id.
    pub fn uuid(&self, column: &str) -> Result<Uuid, DbError> {
        self.get(column)?.ok_or_else(|| null(column))
    }

    /// An id, or NULL.
    pub fn opt_uuid(&self, column: &str) -> Result<Option<Uuid>, DbError> {
        self.get(column)
    }

    /// Always asks for an `Option`: sqlx reads a NULL of SQLite as an empty text or a zero otherwise.
    fn get<T>(&self, column: &str) -> Result<Option<T>, DbError>
    where
        T: Type<Sqlite> + for<'r> Decode<'r, Sqlite> + Type<Postgres> + for<'r> Decode<'r, Postgres>,
    {
        match &self.0 {
            EngineRow::Sqlite(row) => row.try_get(column).map_err(|error| DbError::from_driver(Engine::Sqlite, error)),
            EngineRow::Postgres(row) => {
                row.try_get(column).map_err(|error| DbError::from_driver(Engine::Postgres, error))
            }
        }
    }
}

fn null(column: &str) -> DbError {
    DbError::Decode { column: column.to_owned(), source: "unexpected NULL".into() }
}

fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::I64(value) => arguments.add(value),
            Value::F64(value) => arguments.add(value),
            Value::Bool(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Uuid(value) => arguments.add(value),
            Value::NullI64 => arguments.add(None::<i64>),
            Value::NullF64 => arguments.add(None::<f64>),
            Value::NullText => arguments.add(None::<String>),
            Value::NullBytes => arguments.add(None::<Vec<u8>>),
            Value::NullUuid => arguments.add(None::<Uuid>),
            Value::NullBool => arguments.add(None::<bool>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::I64(value) => arguments.add(value),
            Value::F64(value) => arguments.add(value),
            Value::Bool(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Uuid(value) => arguments.add(value),
            Value::NullI64 => arguments.add(None::<i64>),
            Value::NullF64 => arguments.add(None::<f64>),
            Value::NullText => arguments.add(None::<String>),
            Value::NullBytes => arguments.add(None::<Vec<u8>>),
            Value::NullUuid => arguments.add(None::<Uuid>),
            Value::NullBool => arguments.add(None::<bool>),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
