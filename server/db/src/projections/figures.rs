//! Counts over the table `hazards`, for pictures: not the numbers of the forms, which count by what was known when (`numbers`).

use super::Villages;
use crate::engine::Tx;
use crate::error::DbError;
use crate::statement::Statement;

/// By what hazards are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureBy {
    /// All together, under the empty key.
    Nothing,
    /// The village each counts for.
    Village,
    /// The sector of its place; the empty key for those without a registered place.
    Sector,
}

/// Which hazards.
#[derive(Debug, Clone)]
pub struct FigureFilter<'a> {
    /// Found at this instant or later, microseconds UTC.
    pub from: i64,
    /// Found before this instant, microseconds UTC.
    pub before: i64,
    /// The day that it is, `YYYY-MM-DD`: a deadline before it is over.
    pub today: &'a str,
}

/// How many, as they stand now; voided ones are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Village or sector.
    pub key: String,
    /// All of them.
    pub found: i64,
    /// 重大.
    pub major: i64,
    /// Accepted or closed.
    pub done: i64,
    /// Open beyond their deadline.
    pub late: i64,
}

macro_rules! figures_sql {
    ($key:literal, $from:literal) => {
        concat!(
            "SELECT ",
            $key,
            " AS name, COUNT(*) AS found,
             SUM(CASE WHEN level IN ('major_direct', 'major_collective') THEN 1 ELSE 0 END) AS major,
             SUM(CASE WHEN state IN ('accepted', 'closed') THEN 1 ELSE 0 END) AS done,
             SUM(CASE WHEN state NOT IN ('accepted', 'closed') AND deadline < $3 THEN 1 ELSE 0 END) AS late
         FROM ",
            $from,
            " WHERE state <> 'void' AND found_at >= $1 AND found_at < $2 AND ($4 OR hazards.village IN ($in))
         GROUP BY 1 ORDER BY 1 LIMIT $5"
        )
    };
}

/// Counts of hazards in the villages, in order of the key, `limit` keys at most.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_figures(
    tx: &mut Tx,
    villages: &Villages,
    by: FigureBy,
    filter: &FigureFilter<'_>,
    limit: i64,
) -> Result<Vec<Figure>, DbError> {
    let (all, ids) = villages.binds();
    let sql = match by {
        FigureBy::Nothing => figures_sql!("''", "hazards"),
        FigureBy::Village => figures_sql!("hazards.village", "hazards"),
        FigureBy::Sector => {
            figures_sql!("COALESCE(places.sector, '')", "hazards LEFT JOIN places ON places.id = hazards.place")
        }
    };
    let statement = Statement::new(sql)
        .bind(filter.from)
        .bind(filter.before)
        .bind(filter.today.to_owned())
        .bind(all)
        .bind(limit)
        .bind_list(ids);
    let rows = tx.fetch_all(statement).await?;
    let figure = |row: &crate::engine::Row| {
        Ok(Figure {
            key: row.text("name")?,
            found: row.i64("found")?,
            major: row.i64("major")?,
            done: row.i64("done")?,
            late: row.i64("late")?,
        })
    };
    rows.iter().map(figure).collect()
}
