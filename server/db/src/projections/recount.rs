//! What is kept beside the rows that 附件2 counts, computed again from those rows: to find what is wrong, and to put it right. What a newcomer gets
//! wrong: this says nothing about the rows themselves; whether they follow from the records is compared village by village.

use super::numbers::{HazardPeriodRow, period_row};
use super::totals::{HazardSteps, SpotSteps};
use crate::engine::{Engine, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use uuid::Uuid;

/// Rows read at once.
const BATCH_ROWS: i64 = 5_000;

/// What is wrong in `spot_items.counted`, `spot_firsts`, `hazard_months` and `spot_months`, in words, at most `limit` of each: nothing, unless
/// a table was damaged.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_wrong_totals(tx: &mut Tx, limit: i64) -> Result<Vec<String>, DbError> {
    let at_most = usize::try_from(limit).unwrap_or_default();
    let mut wrong = Vec::new();
    for (table, sql) in
        [("spot_items.counted", WRONG_KEYS), ("spot_firsts", WRONG_FIRSTS), ("spot_firsts", WRONG_SEVERAL)]
    {
        for row in tx.fetch_all(Statement::new(sql).bind(limit)).await? {
            wrong.push(format!("{table} {}", row.text("name")?));
        }
    }
    let stored = HazardSteps::stored(tx).await?;
    wrong.extend(stored.differences(&hazard_steps(tx).await?).take(at_most));
    let stored = SpotSteps::stored(tx).await?;
    wrong.extend(stored.differences(&spot_steps(tx).await?).take(at_most));
    Ok(wrong)
}

/// Counts everything again that [`list_wrong_totals`] compares. On PostgreSQL whoever pushes waits meanwhile.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn recount_totals(tx: &mut Tx) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        // In the order in which a push writes them. SQLite has one writer anyway.
        let lock = "LOCK TABLE places, hazard_periods, hazard_months, spot_items, spot_firsts, spot_months
                    IN SHARE ROW EXCLUSIVE MODE";
        tx.execute(Statement::new(lock)).await?;
    }
    for sql in RECOUNT {
        tx.execute(Statement::new(sql)).await?;
    }
    hazard_steps(tx).await?.store(tx).await?;
    spot_steps(tx).await?.store(tx).await
}

/// Checks that count under another key than the 统一社会信用代码 of their place, or else the place itself.
const WRONG_KEYS: &str = "SELECT DISTINCT spot_items.enterprise AS name
     FROM spot_items LEFT JOIN places ON places.id = spot_items.place
     WHERE spot_items.counted <> COALESCE(NULLIF(places.uscc, ''), spot_items.enterprise) ORDER BY name LIMIT $1";

/// Enterprises whose first checks are others.
const WRONG_FIRSTS: &str = "SELECT counted AS name FROM (
       SELECT counted, village, item, MIN(ended_at) AS first_at FROM spot_items GROUP BY counted, village, item
       EXCEPT SELECT counted, village, item, first_at FROM spot_firsts) AS missing
     UNION SELECT counted FROM (
       SELECT counted, village, item, first_at FROM spot_firsts
       EXCEPT SELECT counted, village, item, MIN(ended_at) FROM spot_items GROUP BY counted, village, item) AS surplus
     ORDER BY name LIMIT $1";

/// Enterprises that were checked for several villages and do not say so, or the other way round.
const WRONG_SEVERAL: &str = "SELECT counted AS name FROM spot_firsts GROUP BY counted
     HAVING SUM(CASE WHEN several THEN 1 ELSE 0 END) <> CASE WHEN COUNT(DISTINCT village) > 1 THEN COUNT(*) ELSE 0 END
     ORDER BY name LIMIT $1";

const RECOUNT: [&str; 5] = [
    "UPDATE spot_items SET counted =
       COALESCE((SELECT places.uscc FROM places WHERE places.id = spot_items.place AND places.uscc <> ''), enterprise)
     WHERE counted <>
       COALESCE((SELECT places.uscc FROM places WHERE places.id = spot_items.place AND places.uscc <> ''), enterprise)",
    "DELETE FROM spot_firsts",
    "INSERT INTO spot_firsts (counted, village, item, first_at, several)
     SELECT counted, village, item, MIN(ended_at),
            counted IN (SELECT counted FROM spot_items GROUP BY counted HAVING COUNT(DISTINCT village) > 1)
     FROM spot_items GROUP BY counted, village, item",
    "DELETE FROM hazard_months",
    "DELETE FROM spot_months",
];

async fn hazard_steps(tx: &mut Tx) -> Result<HazardSteps, DbError> {
    let mut steps = HazardSteps::default();
    let mut after = (Uuid::nil(), i64::MIN);
    loop {
        let statement = Statement::new(
            "SELECT record, feed, village, from_at, to_at, self_found, rectified, listed FROM hazard_periods
             WHERE (record, from_at) > ($1, $2) ORDER BY record, from_at LIMIT $3",
        );
        let rows = tx.fetch_all(statement.bind(after.0).bind(after.1).bind(BATCH_ROWS)).await?;
        let rows = rows.iter().map(period_row).collect::<Result<Vec<HazardPeriodRow>, _>>()?;
        let Some(last) = rows.last() else { return Ok(steps) };
        after = (last.record, last.from_at);
        rows.iter().for_each(|period| steps.add(period));
    }
}

async fn spot_steps(tx: &mut Tx) -> Result<SpotSteps, DbError> {
    let mut steps = SpotSteps::default();
    let mut after = (String::new(), String::new(), String::new());
    loop {
        let statement = Statement::new(
            "SELECT counted, village, item, first_at FROM spot_firsts
             WHERE (counted, village, item) > ($1, $2, $3) ORDER BY counted, village, item LIMIT $4",
        );
        let (counted, village, item) = &after;
        let rows = statement.bind(counted).bind(village).bind(item).bind(BATCH_ROWS);
        let rows = tx.fetch_all(rows).await?;
        let Some(last) = rows.last() else { return Ok(steps) };
        after = (last.text("counted")?, last.text("village")?, last.text("item")?);
        for row in &rows {
            steps.count(&row.text("village")?, &row.text("item")?, row.i64("first_at")?, 1);
        }
    }
}
