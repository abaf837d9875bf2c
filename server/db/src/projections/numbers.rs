//! The rows behind the fourteen numbers of 附件2: `hazard_periods` and `spot_items`; how many there are is kept in `totals`. What a newcomer gets
//! wrong: a cutoff is exclusive (events before it count), and an enterprise counts once however often it was checked.

use super::counting::Counting;
use super::totals::HazardSteps;
use super::{Page, Villages};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A stretch of time in which a hazard counts one way. Instants are microseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HazardPeriodRow {
    /// The hazard.
    pub record: Uuid,
    /// Feed it syncs in.
    pub feed: String,
    /// Village it counts for.
    pub village: String,
    /// Counts for cutoffs after this instant.
    pub from_at: i64,
    /// And up to this one; nothing while it goes on.
    pub to_at: Option<i64>,
    /// 企业自查发现.
    pub self_found: bool,
    /// 已完成整改.
    pub rectified: bool,
    /// 政府挂牌督办.
    pub listed: bool,
}

/// What a completed spot check says about one line of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotItemRow {
    /// The spot check.
    pub record: Uuid,
    /// `1` for the check itself, `2` to `8` for what was found wrong, `u2` to `u8` for what was not checked.
    pub item: String,
    /// Feed it syncs in.
    pub feed: String,
    /// Village it counts for.
    pub village: String,
    /// Id of the place, or the name of one that is not registered.
    pub enterprise: String,
    /// The place record.
    pub place: Option<Uuid>,
    /// Event time at which the check ended, microseconds UTC.
    pub ended_at: i64,
}

pub(super) fn period_row(row: &Row) -> Result<HazardPeriodRow, DbError> {
    Ok(HazardPeriodRow {
        record: row.uuid("record")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        from_at: row.i64("from_at")?,
        to_at: row.opt_i64("to_at")?,
        self_found: row.bool("self_found")?,
        rectified: row.bool("rectified")?,
        listed: row.bool("listed")?,
    })
}

fn item_row(row: &Row) -> Result<SpotItemRow, DbError> {
    Ok(SpotItemRow {
        record: row.uuid("record")?,
        item: row.text("item")?,
        feed: row.text("feed")?,
        village: row.text("village")?,
        enterprise: row.text("enterprise")?,
        place: row.opt_uuid("place")?,
        ended_at: row.i64("ended_at")?,
    })
}

fn ids(records: &[Uuid]) -> Vec<Value> {
    records.iter().copied().map(Value::from).collect()
}

/// Makes the periods of `records` exactly these, and adds to the totals what became other.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_hazard_periods(tx: &mut Tx, records: &[Uuid], rows: Vec<HazardPeriodRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let gone = Statement::new(
        "DELETE FROM hazard_periods WHERE record IN ($in)
         RETURNING record, feed, village, from_at, to_at, self_found, rectified, listed",
    );
    let mut steps = HazardSteps::default();
    for row in tx.fetch_all(gone.bind_list(ids(records))).await? {
        steps.take(&period_row(&row)?);
    }
    rows.iter().for_each(|period| steps.add(period));
    let rows = rows.into_iter().map(|row| {
        vec![
            row.record.into(),
            row.feed.into(),
            row.village.into(),
            row.from_at.into(),
            row.to_at.into(),
            row.self_found.into(),
            row.rectified.into(),
            row.listed.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO hazard_periods (record, feed, village, from_at, to_at, self_found, rectified, listed) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    steps.store(tx).await
}

/// Periods of all hazards of a feed after a key, in order of hazard, then time: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_hazard_periods_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<(Uuid, i64)>,
    limit: i64,
) -> Result<Vec<HazardPeriodRow>, DbError> {
    let (record, from_at) = after.unwrap_or((Uuid::nil(), i64::MIN));
    let statement = Statement::new(
        "SELECT record, feed, village, from_at, to_at, self_found, rectified, listed FROM hazard_periods
         WHERE feed = $1 AND (record > $2 OR (record = $2 AND from_at > $3)) ORDER BY record, from_at LIMIT $4",
    )
    .bind(feed)
    .bind(record)
    .bind(from_at)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(period_row).collect()
}

/// Items of all spot checks of a feed after a key, in order of check, then item: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_spot_items_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<(Uuid, String)>,
    limit: i64,
) -> Result<Vec<SpotItemRow>, DbError> {
    let (record, item) = after.unwrap_or((Uuid::nil(), String::new()));
    let statement = Statement::new(
        "SELECT record, item, feed, village, enterprise, place, ended_at FROM spot_items
         WHERE feed = $1 AND (record > $2 OR (record = $2 AND item > $3)) ORDER BY record, item LIMIT $4",
    )
    .bind(feed)
    .bind(record)
    .bind(item)
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(item_row).collect()
}

/// The hazards that count for a cutoff, in order of id: the records behind the numbers of part 一.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_counted_hazards(
    tx: &mut Tx,
    villages: &Villages,
    counting: &Counting,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<HazardPeriodRow>, DbError> {
    let (all, list) = villages.binds();
    let statement = Statement::new(
        "SELECT record, feed, village, from_at, to_at, self_found, rectified, listed FROM hazard_periods
         WHERE from_at < $1 AND (to_at IS NULL OR to_at >= $1) AND ($2 OR village IN ($in)) AND record > $3
           AND ($5 OR NOT EXISTS (SELECT 1 FROM hazard_periods AS earlier
                                  WHERE earlier.record = hazard_periods.record AND earlier.from_at < $6))
         ORDER BY record LIMIT $4",
    )
    .bind(counting.cutoff)
    .bind(all)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit)
    .bind(counting.from.is_none())
    .bind(counting.from.unwrap_or(i64::MIN))
    .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(period_row).collect()
}

/// Distinct enterprises in a form. The villages' do not add up to all: an enterprise may be checked in two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpotCounts {
    /// Of each village, by item of the form.
    pub villages: BTreeMap<String, BTreeMap<String, i64>>,
    /// Of all villages asked for together, by item of the form.
    pub all: BTreeMap<String, i64>,
}

/// The spot checks with an item, in order of time: the records behind a number of part 二.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_spot_items(
    tx: &mut Tx,
    villages: &Villages,
    (item, counting): (&str, &Counting),
    page: Page,
) -> Result<Vec<SpotItemRow>, DbError> {
    let (all, list) = villages.binds();
    let (at, record) = page.after.unwrap_or((i64::MIN, Uuid::nil()));
    let (at, record) = (at, record).max((counting.from.unwrap_or(i64::MIN), Uuid::nil()));
    let sql = if counting.by_performer { PERFORMED_ITEMS } else { LOCATED_ITEMS };
    let statement = Statement::new(sql)
        .bind(item)
        .bind(counting.cutoff)
        .bind(all)
        .bind(at)
        .bind(record)
        .bind(page.limit)
        .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(item_row).collect()
}

const LOCATED_ITEMS: &str = "SELECT record, item, feed, village, enterprise, place, ended_at FROM spot_items
     WHERE item = $1 AND ended_at < $2 AND ($3 OR village IN ($in)) AND (ended_at, record) > ($4, $5)
     ORDER BY ended_at, record LIMIT $6";
const PERFORMED_ITEMS: &str = "SELECT record, item, feed, village, enterprise, place, ended_at FROM spot_items
     WHERE item = $1 AND ended_at < $2 AND ($3 OR feed IN ($in)) AND (ended_at, record) > ($4, $5)
     ORDER BY ended_at, record LIMIT $6";
