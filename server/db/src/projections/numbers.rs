//! The tables behind the fourteen numbers of 附件2: `hazard_periods`, `spot_items` and `spot_firsts`. What a newcomer gets wrong: a cutoff is
//! exclusive (events before it count), and an enterprise counts once however often it was checked.

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

fn period_row(row: &Row) -> Result<HazardPeriodRow, DbError> {
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

/// Makes the periods of `records` exactly these.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_hazard_periods(tx: &mut Tx, records: &[Uuid], rows: Vec<HazardPeriodRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let gone = Statement::new("DELETE FROM hazard_periods WHERE record IN ($in)").bind_list(ids(records));
    tx.execute(gone).await?;
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
    Ok(())
}

/// Makes the items of `records` exactly these, and brings the first times of the enterprises concerned up to date.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_spot_items(tx: &mut Tx, records: &[Uuid], rows: Vec<SpotItemRow>) -> Result<(), DbError> {
    if records.is_empty() {
        return Ok(());
    }
    let before = Statement::new("SELECT DISTINCT enterprise FROM spot_items WHERE record IN ($in) ORDER BY enterprise")
        .bind_list(ids(records));
    let before = tx.fetch_all(before).await?;
    let mut concerned = before.iter().map(|row| row.text("enterprise")).collect::<Result<Vec<_>, _>>()?;
    concerned.extend(rows.iter().map(|row| row.enterprise.clone()));
    concerned.sort_unstable();
    concerned.dedup();
    if concerned.is_empty() {
        return Ok(());
    }
    tx.execute(Statement::new("DELETE FROM spot_items WHERE record IN ($in)").bind_list(ids(records))).await?;
    let rows = rows.into_iter().map(|row| {
        vec![
            row.record.into(),
            row.item.into(),
            row.feed.into(),
            row.village.into(),
            row.enterprise.into(),
            row.place.into(),
            row.ended_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO spot_items (record, item, feed, village, enterprise, place, ended_at) VALUES",
        rows.collect(),
        "",
    )
    .await?;
    let names = || concerned.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>();
    tx.execute(Statement::new("DELETE FROM spot_firsts WHERE enterprise IN ($in)").bind_list(names())).await?;
    let firsts = Statement::new(
        "INSERT INTO spot_firsts (enterprise, village, item, place, first_at)
         SELECT firsts.enterprise, firsts.village, firsts.item,
                (SELECT spot_items.place FROM spot_items WHERE spot_items.enterprise = firsts.enterprise
                  ORDER BY spot_items.record LIMIT 1),
                firsts.first_at
         FROM (SELECT enterprise, village, item, MIN(ended_at) AS first_at FROM spot_items
               WHERE enterprise IN ($in) GROUP BY enterprise, village, item) AS firsts",
    );
    tx.execute(firsts.bind_list(names())).await?;
    Ok(())
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

/// Enterprises whose first times do not follow from the spot checks, in order: none, unless the table was damaged.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_wrong_spot_firsts(tx: &mut Tx, limit: i64) -> Result<Vec<String>, DbError> {
    let statement = Statement::new(
        "SELECT enterprise FROM (
           SELECT enterprise, village, item, MIN(ended_at) AS first_at FROM spot_items GROUP BY enterprise, village, item
           EXCEPT SELECT enterprise, village, item, first_at FROM spot_firsts) AS missing
         UNION SELECT enterprise FROM (
           SELECT enterprise, village, item, first_at FROM spot_firsts
           EXCEPT SELECT enterprise, village, item, MIN(ended_at) FROM spot_items GROUP BY enterprise, village, item)
           AS surplus
         ORDER BY enterprise LIMIT $1",
    )
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(|row| row.text("enterprise")).collect()
}

/// How many hazards of a village count one way for a cutoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HazardCount {
    /// Village they count for.
    pub village: String,
    /// 企业自查发现.
    pub self_found: bool,
    /// 已完成整改.
    pub rectified: bool,
    /// 政府挂牌督办.
    pub listed: bool,
    /// Hazards.
    pub hazards: i64,
}

/// Counts the hazards of villages for a cutoff (exclusive, microseconds UTC), by village and how they count: read once, in order of an index.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_hazards(tx: &mut Tx, villages: &Villages, cutoff: i64) -> Result<Vec<HazardCount>, DbError> {
    let (all, list) = villages.binds();
    let statement = Statement::new(
        "SELECT village, self_found, rectified, listed, COUNT(*) AS hazards FROM hazard_periods
         WHERE from_at < $1 AND (to_at IS NULL OR to_at >= $1) AND ($2 OR village IN ($in))
         GROUP BY village, self_found, rectified, listed ORDER BY village, self_found, rectified, listed",
    )
    .bind(cutoff)
    .bind(all)
    .bind_list(list);
    let rows = tx.fetch_all(statement).await?;
    let count = |row: &Row| {
        Ok(HazardCount {
            village: row.text("village")?,
            self_found: row.bool("self_found")?,
            rectified: row.bool("rectified")?,
            listed: row.bool("listed")?,
            hazards: row.i64("hazards")?,
        })
    };
    rows.iter().map(count).collect()
}

/// The hazards that count for a cutoff, in order of id: the records behind the numbers of part 一.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_counted_hazards(
    tx: &mut Tx,
    villages: &Villages,
    cutoff: i64,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<HazardPeriodRow>, DbError> {
    let (all, list) = villages.binds();
    let statement = Statement::new(
        "SELECT record, feed, village, from_at, to_at, self_found, rectified, listed FROM hazard_periods
         WHERE from_at < $1 AND (to_at IS NULL OR to_at >= $1) AND ($2 OR village IN ($in)) AND record > $3
         ORDER BY record LIMIT $4",
    )
    .bind(cutoff)
    .bind(all)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit)
    .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(period_row).collect()
}

/// Distinct enterprises for a cutoff. The villages' do not add up to all: an enterprise may be checked in two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpotCounts {
    /// Of each village, by item of the form.
    pub villages: BTreeMap<String, BTreeMap<String, i64>>,
    /// Of all villages asked for together, by item of the form.
    pub all: BTreeMap<String, i64>,
}

/// Counts distinct enterprises by item of the form for a cutoff; an enterprise with one 统一社会信用代码 on several sites is one.
///
/// Nearly every enterprise has one row of an item, so rows are counted, and those too many are taken off: only enterprises that have several
/// sites or were checked for several villages can have some, and only their rows are compared.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_spot_items(tx: &mut Tx, villages: &Villages, cutoff: i64) -> Result<SpotCounts, DbError> {
    let (all, list) = villages.binds();
    let rows = Statement::new(
        "SELECT village, item, COUNT(*) AS found FROM spot_firsts WHERE first_at < $1 AND ($2 OR village IN ($in))
         GROUP BY village, item ORDER BY village, item",
    );
    let surplus = Statement::new(SPOT_SURPLUS);
    let mut counts = SpotCounts::default();
    for row in tx.fetch_all(rows.bind(cutoff).bind(all).bind_list(list.clone())).await? {
        let (village, item, found) = (row.text("village")?, row.text("item")?, row.i64("found")?);
        *counts.all.entry(item.clone()).or_default() += found;
        counts.villages.entry(village).or_default().insert(item, found);
    }
    for row in tx.fetch_all(surplus.bind(cutoff).bind(all).bind_list(list)).await? {
        let (item, surplus) = (row.text("item")?, row.i64("surplus")?);
        let of = match row.opt_text("village")? {
            Some(village) => counts.villages.entry(village).or_default(),
            None => &mut counts.all,
        };
        *of.entry(item).or_default() -= surplus;
    }
    Ok(counts)
}

/// Rows beyond the first of an enterprise, by village and item, and with no village by item in all.
const SPOT_SURPLUS: &str = "WITH sites AS (
       SELECT id, uscc FROM places
       WHERE uscc IN (SELECT uscc FROM places WHERE uscc <> '' GROUP BY uscc HAVING COUNT(*) > 1)),
     several AS (
       SELECT spot_firsts.village, spot_firsts.item, sites.uscc AS counted
       FROM sites CROSS JOIN spot_firsts WHERE spot_firsts.place = sites.id AND spot_firsts.first_at < $1
       UNION ALL
       SELECT spot_firsts.village, spot_firsts.item, spot_firsts.enterprise
       FROM (SELECT enterprise FROM spot_firsts WHERE item = '1' GROUP BY enterprise HAVING COUNT(*) > 1) AS roaming
       CROSS JOIN spot_firsts
       WHERE spot_firsts.enterprise = roaming.enterprise AND spot_firsts.first_at < $1
         AND NOT EXISTS (SELECT 1 FROM sites WHERE sites.id = spot_firsts.place)),
     grouped AS MATERIALIZED (
       SELECT item, counted, village, COUNT(*) AS found FROM several WHERE $2 OR village IN ($in)
       GROUP BY item, counted, village)
     SELECT village, item, CAST(SUM(found) - COUNT(*) AS BIGINT) AS surplus FROM grouped
     GROUP BY village, item HAVING SUM(found) > COUNT(*)
     UNION ALL
     SELECT NULL, item, CAST(SUM(found) - COUNT(DISTINCT counted) AS BIGINT) FROM grouped GROUP BY item";

/// The spot checks with an item before a cutoff, in order of time: the records behind a number of part 二.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_spot_items(
    tx: &mut Tx,
    villages: &Villages,
    (item, cutoff): (&str, i64),
    page: Page,
) -> Result<Vec<SpotItemRow>, DbError> {
    let (all, list) = villages.binds();
    let (at, record) = page.after.unwrap_or((i64::MIN, Uuid::nil()));
    let statement = Statement::new(
        "SELECT record, item, feed, village, enterprise, place, ended_at FROM spot_items
         WHERE item = $1 AND ended_at < $2 AND ($3 OR village IN ($in))
           AND (ended_at > $4 OR (ended_at = $4 AND record > $5))
         ORDER BY ended_at, record LIMIT $6",
    )
    .bind(item)
    .bind(cutoff)
    .bind(all)
    .bind(at)
    .bind(record)
    .bind(page.limit)
    .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(item_row).collect()
}
