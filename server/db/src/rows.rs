//! How `Tx::execute_rows` cuts many rows into few statements of few different lengths.
//!
//! The lengths are powers of two and three halves of them, so that a table has at most sixteen texts to keep prepared, whatever
//! the callers send, and fifty rows are two statements (decision 0221). No driver is named here. What a newcomer gets wrong: one `execute_rows` may be several statements, so a rule like "no
//! two rows with one key" must not count on them being apart or together.

use crate::engine::Engine;
use crate::error::DbError;
use crate::statement::{Value, placeholders};

/// Most rows in one statement.
pub(crate) const ROWS_MAX: usize = 256;

/// Most binds in one statement; SQLite takes 32 766.
pub(crate) const BINDS_MAX: usize = 16_384;

/// The rows of one statement, their values in order.
#[derive(Debug)]
pub(crate) struct Batch {
    rows: usize,
    columns: usize,
    /// `rows` times `columns` values.
    pub(crate) values: Vec<Value>,
}

impl Batch {
    /// `head ($1, $2), ($3, $4) tail`, and for SQLite `head (?, ?), (?, ?) tail`: it looks for each number among all of them, so a statement with
    /// a thousand numbered values spends most of its time on binding.
    pub(crate) fn sql(&self, engine: Engine, head: &str, tail: &str) -> String {
        let row = |row: usize| match engine {
            Engine::Sqlite => format!("({})", vec!["?"; self.columns].join(", ")),
            Engine::Postgres => format!("({})", placeholders(row * self.columns + 1, self.columns)),
        };
        let rows: Vec<String> = (0..self.rows).map(row).collect();
        format!("{head} {} {tail}", rows.join(", "))
    }
}

/// Cuts rows into batches, largest first, in the order given.
pub(crate) fn split(rows: Vec<Vec<Value>>) -> Result<Vec<Batch>, DbError> {
    let Some(columns) = rows.first().map(Vec::len) else { return Ok(Vec::new()) };
    if columns == 0 || columns > BINDS_MAX || rows.iter().any(|row| row.len() != columns) {
        return Err(DbError::InvalidValue { reason: "rows of different lengths" });
    }
    rows.iter().flatten().try_for_each(Value::check)?;
    let rows_max = length_below(ROWS_MAX.min(BINDS_MAX / columns));
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut batches = Vec::new();
    while left > 0 {
        let count = length_below(left).min(rows_max);
        let values = rows.by_ref().take(count).flatten().collect();
        batches.push(Batch { rows: count, columns, values });
        left -= count;
    }
    Ok(batches)
}

/// The largest power of two, or three halves of one, that is at most `number`, which is at least 1.
fn length_below(number: usize) -> usize {
    let power: usize = 1 << number.max(1).ilog2();
    let with_half = power + power / 2;
    if with_half <= number { with_half } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(rows: i64, columns: usize) -> Vec<Vec<Value>> {
        (0..rows).map(|row| vec![Value::I64(row); columns]).collect()
    }

    fn lengths(rows: i64, columns: usize) -> Vec<usize> {
        split(numbered(rows, columns)).unwrap().iter().map(|batch| batch.rows).collect()
    }

    #[test]
    fn rows_are_cut_into_few_lengths_within_both_limits() {
        assert_eq!(lengths(0, 2), [0_usize; 0]);
        assert_eq!(lengths(1, 2), [1]);
        assert_eq!(lengths(1, 500), [1]);
        assert_eq!(lengths(7, 2), [6, 1]);
        assert_eq!(lengths(50, 2), [48, 2]);
        assert_eq!(lengths(100, 2), [96, 4]);
        assert_eq!(lengths(600, 2), [256, 256, 64, 24]);
        assert_eq!(lengths(70, 500), [32, 32, 6]);
    }

    #[test]
    fn placeholders_count_through_all_rows_of_a_statement() {
        let batches = split(numbered(2, 3)).unwrap();
        let sql = |engine| batches[0].sql(engine, "INSERT INTO t (a, b, c) VALUES", "ON CONFLICT DO NOTHING");
        let postgres = "INSERT INTO t (a, b, c) VALUES ($1, $2, $3), ($4, $5, $6) ON CONFLICT DO NOTHING";
        assert_eq!(sql(Engine::Postgres), postgres);
        assert_eq!(sql(Engine::Sqlite), "INSERT INTO t (a, b, c) VALUES (?, ?, ?), (?, ?, ?) ON CONFLICT DO NOTHING");
        assert_eq!(batches[0].values[2..4], [Value::I64(0), Value::I64(1)]);
    }

    #[test]
    fn rows_of_different_lengths_are_refused() {
        let rows = vec![vec![Value::I64(1)], vec![Value::I64(1), Value::I64(2)]];
        assert!(matches!(split(rows), Err(DbError::InvalidValue { .. })));
    }
}
