//! `Statement`, a SQL text with its bound values, and `Value`, the few types both engines share.
//!
//! No driver is named here; `engine.rs` turns values into arguments. Values are checked on the way in, so that what one
//! engine would silently change (SQLite stores a NaN as NULL) or refuse alone (PostgreSQL refuses a NUL byte in a text)
//! is refused by both. What a newcomer gets wrong: `$in` takes its numbers after all single binds, wherever it stands.

use std::fmt::{self, Write as _};

use uuid::Uuid;

use crate::engine::Engine;
use crate::error::DbError;

/// Most values in one `$in` list. SQLite takes 32 766 binds in a statement; this leaves room for the single ones.
pub const LIST_VALUES_MAX: usize = 16_384;

/// The word in a SQL text that `bind_list` replaces.
const LIST_PLACEHOLDER: &str = "$in";

/// One bound value. A NULL carries its type, because PostgreSQL wants to know it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// INTEGER on SQLite, BIGINT on PostgreSQL.
    I64(i64),
    /// REAL on SQLite, DOUBLE PRECISION on PostgreSQL. Finite.
    F64(f64),
    /// INTEGER 0 or 1 on SQLite, BOOLEAN on PostgreSQL.
    Bool(bool),
    /// TEXT, without NUL bytes.
    Text(String),
    /// BLOB on SQLite, BYTEA on PostgreSQL.
    Bytes(Vec<u8>),
    /// BLOB of 16 bytes on SQLite, UUID on PostgreSQL; both order by bytes.
    Uuid(Uuid),
    /// NULL where an `I64` may stand.
    NullI64,
    /// NULL where an `F64` may stand.
    NullF64,
    /// NULL where a `Text` may stand.
    NullText,
    /// NULL where `Bytes` may stand.
    NullBytes,
    /// NULL where a `Uuid` may stand.
    NullUuid,
    /// NULL where a `Bool` may stand.
    NullBool,
}

impl Value {
    /// Refuses what the two engines would store differently.
    pub(crate) fn check(&self) -> Result<(), DbError> {
        match self {
            Self::F64(number) if !number.is_finite() => {
                Err(DbError::InvalidValue { reason: "a number that is not finite" })
            }
            Self::Text(text) if text.contains('\0') => Err(DbError::InvalidValue { reason: "a text with a NUL byte" }),
            Self::I64(_) | Self::F64(_) | Self::Bool(_) | Self::Text(_) | Self::Bytes(_) | Self::Uuid(_) => Ok(()),
            Self::NullI64 | Self::NullF64 | Self::NullText | Self::NullBytes | Self::NullUuid | Self::NullBool => {
                Ok(())
            }
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::I64(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::I64(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::NullI64, Self::I64)
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::NullF64, Self::F64)
    }
}

impl From<Option<bool>> for Value {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::NullBool, Self::Bool)
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::NullText, Self::Text)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        value.map_or(Self::NullText, Self::from)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        value.map_or(Self::NullBytes, Self::Bytes)
    }
}

impl From<Option<&[u8]>> for Value {
    fn from(value: Option<&[u8]>) -> Self {
        value.map_or(Self::NullBytes, Self::from)
    }
}

impl From<Option<Uuid>> for Value {
    fn from(value: Option<Uuid>) -> Self {
        value.map_or(Self::NullUuid, Self::Uuid)
    }
}

/// The SQL text as it is sent: literal where possible, built where a list or several rows stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SqlText {
    Literal(&'static str),
    Built(String),
}

/// A literal SQL text with its values. Placeholders are `$1`, `$2`, ... in the order of `bind`.
#[derive(Clone)]
#[must_use = "a statement does nothing until a Tx runs it"]
pub struct Statement {
    sql: &'static str,
    values: Vec<Value>,
    list: Option<Vec<Value>>,
}

impl fmt::Debug for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be personal or secret; they do not belong into a log.
        write!(formatter, "Statement({:?}, {} values)", self.sql, self.values.len())
    }
}

impl Statement {
    /// One SQL text for both engines: the normal case.
    pub fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), list: None }
    }

    /// Two texts, where the engines must differ. Say why beside the call; a test counts the calls.
    pub fn by_engine(engine: Engine, sqlite: &'static str, postgres: &'static str) -> Self {
        match engine {
            Engine::Sqlite => Self::new(sqlite),
            Engine::Postgres => Self::new(postgres),
        }
    }

    /// Binds the next single value: the first call is `$1`.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the list of an `IN ($in)`. One list in a statement, used once; its numbers come after all single binds.
    ///
    /// The list is rounded up to a power of two by repeating its last value, so that few texts stay prepared. An empty list
    /// becomes `IN (NULL)`, which no row fulfils; so does `NOT IN ($in)`, hence do not use that. More than
    /// [`LIST_VALUES_MAX`] values are an error when the statement runs.
    pub fn bind_list(mut self, values: Vec<Value>) -> Self {
        self.list = Some(values);
        self
    }

    /// The text to send and all values in the order of their numbers.
    pub(crate) fn build(self) -> Result<(SqlText, Vec<Value>), DbError> {
        let Self { sql, mut values, list } = self;
        let sql = match (list, sql.split_once(LIST_PLACEHOLDER)) {
            (None, None) => SqlText::Literal(sql),
            (Some(list), Some((before, after))) => {
                if after.contains(LIST_PLACEHOLDER) {
                    return Err(DbError::InvalidValue { reason: "a statement with two lists" });
                }
                SqlText::Built(format!("{before}{}{after}", append_list(&mut values, list)?))
            }
            (None, Some(_)) | (Some(_), None) => {
                return Err(DbError::InvalidValue { reason: "a statement whose $in and bind_list do not match" });
            }
        };
        values.iter().try_for_each(Value::check)?;
        Ok((sql, values))
    }
}

/// Appends the padded list to `values` and returns its placeholders.
fn append_list(values: &mut Vec<Value>, mut list: Vec<Value>) -> Result<String, DbError> {
    if list.len() > LIST_VALUES_MAX {
        return Err(DbError::InvalidValue { reason: "a list of more than 16384 values" });
    }
    let Some(last) = list.last().cloned() else {
        return Ok("NULL".to_owned());
    };
    list.resize(list.len().next_power_of_two(), last);
    let placeholders = placeholders(values.len() + 1, list.len());
    values.append(&mut list);
    Ok(placeholders)
}

/// `$first, $first+1, ...`, `count` of them.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 6);
    for number in first..first + count {
        let separator = if number == first { "" } else { ", " };
        write!(text, "{separator}${number}").expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: i64) -> Vec<Value> {
        (1..=count).map(Value::I64).collect()
    }

    #[test]
    fn a_list_takes_its_numbers_after_the_single_binds_and_is_padded() {
        let statement = Statement::new("SELECT a FROM t WHERE k IN ($in) AND b = $1 AND c = $2");
        let (sql, values) = statement.bind_list(list(3)).bind(7_i64).bind("x").build().unwrap();
        assert_eq!(sql, SqlText::Built("SELECT a FROM t WHERE k IN ($3, $4, $5, $6) AND b = $1 AND c = $2".to_owned()));
        assert_eq!(values[2..], [Value::I64(1), Value::I64(2), Value::I64(3), Value::I64(3)]);
        assert_eq!(values[..2], [Value::I64(7), Value::from("x")]);
    }

    #[test]
    fn an_empty_list_becomes_null() {
        let (sql, values) = Statement::new("SELECT a FROM t WHERE k IN ($in)").bind_list(vec![]).build().unwrap();
        assert_eq!(sql, SqlText::Built("SELECT a FROM t WHERE k IN (NULL)".to_owned()));
        assert_eq!(values, []);
    }

    #[test]
    fn what_the_engines_would_store_differently_is_refused() {
        let too_long = i64::try_from(LIST_VALUES_MAX).unwrap() + 1;
        let refused = [
            Statement::new("SELECT $1").bind(f64::NAN),
            Statement::new("SELECT $1").bind(f64::INFINITY),
            Statement::new("SELECT $1").bind("a\0b"),
            Statement::new("SELECT 1 WHERE 1 IN ($in)").bind_list(list(too_long)),
            Statement::new("SELECT 1 WHERE 1 IN ($in)"),
            Statement::new("SELECT 1").bind_list(list(1)),
            Statement::new("SELECT 1 WHERE 1 IN ($in) OR 2 IN ($in)").bind_list(list(1)),
        ];
        for statement in refused {
            assert!(matches!(statement.build(), Err(DbError::InvalidValue { .. })));
        }
    }
}
