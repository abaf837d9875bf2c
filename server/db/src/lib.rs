//! SQL of Paicha: one text for two engines, plain functions on an open transaction.
//!
//! Everything else uses `Database` (a SQLite writer and readers, or a PostgreSQL pool, in `connect.rs`), `Tx` (an open
//! transaction of either) and `Row` (both in `engine.rs`), and `Statement` (SQL and bound values). Every other file owns the
//! SQL of one group of tables; `meta.rs` shows the pattern. Only use cases and jobs open or commit a transaction.
//! What a newcomer gets wrong is in the rules below.
//!
//! # Rules for SQL that runs on both engines
//!
//! * The SQL is a string literal with `$1` placeholders. One text for both; where they must differ, `Statement::by_engine` with
//!   the reason beside it. A test counts those calls.
//! * Ids are UUIDv7: `BLOB` on SQLite, `UUID` on PostgreSQL; both order by bytes.
//! * Times are signed 64-bit microseconds UTC, bound from the clock. Never `now()`.
//! * Integers are `i64`: `INTEGER` on SQLite, `BIGINT` on PostgreSQL. `SUM` of those is a NUMERIC on PostgreSQL, so write
//!   `CAST(SUM(x) AS BIGINT)`; `COUNT` is fine.
//! * A single `INTEGER PRIMARY KEY` makes up a value for NULL on SQLite. Ours are never NULL: bind an `i64`, not an `Option`.
//! * Truth values are `INTEGER` 0 or 1 on SQLite and `BOOLEAN` on PostgreSQL. Write `WHERE flag` or `flag = $1`, never
//!   `flag = 1`.
//! * JSON is opaque text to SQL; what is searched gets a column.
//! * Every list has an `ORDER BY` that cannot tie, and a `LIMIT`. Say `NULLS FIRST` or `NULLS LAST` when a sorted column may
//!   be NULL: the engines differ.
//! * Text compares byte by byte: PostgreSQL databases use the C collation, and `LIKE` ignores ASCII case on SQLite only, so
//!   match prefixes with `>=` and `<`.
//! * A text holds no NUL byte and a number is finite: the engine layer refuses both.
//! * Writes on SQLite use `BEGIN IMMEDIATE` on one connection with `synchronous=FULL` in WAL. Read transactions are
//!   repeatable-read snapshots on both. Bulk writes use `Tx::execute_rows`.
//! * A write transaction on PostgreSQL reads what others committed meanwhile: lock the row that guards an invariant with a first
//!   `UPDATE`, which is the same text on both engines (SQLite has one writer).
//! * The first failed statement kills the `Tx` on both engines. (PostgreSQL answers a later commit with success and stores
//!   nothing; SQLite keeps the earlier rows.) Write `ON CONFLICT` instead of catching `UniqueViolation`.
//! * SQLite reports no constraint name: errors are told apart by kind only.
//! * Every public function here is named in the contract tests, which run on both engines.

pub mod accounts;
pub mod audit;
pub mod catalogue;
pub mod connect;
pub mod devices;
pub mod engine;
pub mod error;
pub mod feeds;
pub mod health;
pub mod incarnations;
pub mod meta;
pub mod ops;
pub mod projections;
pub mod records;
mod rows;
pub mod sessions;
pub mod statement;
pub mod unsettled;
pub mod uploads;
pub mod verify;

pub use connect::{Database, DatabaseConfig};
pub use engine::{Engine, Row, Tx};
pub use error::DbError;
pub use statement::{Statement, Value};
