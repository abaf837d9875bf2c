//! The numbers of 附件2 counted from their rows, by choices other than the usual. The usual ones are read from `totals`, which follow the ends
//! of months; these are counted when they are asked for, so that nothing stored depends on a choice. What a newcomer gets wrong: a hazard
//! that was found before the beginning is left out for good, not only its earlier stretches.

use super::Villages;
use super::numbers::SpotCounts;
use super::totals::{HazardCount, hazard_count};
use crate::engine::Tx;
use crate::error::DbError;
use crate::statement::Statement;

/// What of the rows a form counts. Instants are microseconds UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    /// What happened before this instant.
    pub cutoff: i64,
    /// Only hazards that first counted, and checks that ended, at this instant or later; nothing is from the beginning.
    pub from: Option<i64>,
    /// Spot checks count for the village in whose feed they are, not for the one in which the enterprise is.
    pub by_performer: bool,
}

impl Counting {
    /// Everything before an instant, where it is.
    pub fn before(cutoff: i64) -> Self {
        Self { cutoff, from: None, by_performer: false }
    }
}

/// Counts the hazards of villages by village and how they count.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_hazards_by_rows(
    tx: &mut Tx,
    villages: &Villages,
    counting: &Counting,
) -> Result<Vec<HazardCount>, DbError> {
    let (all, list) = villages.binds();
    let statement = Statement::new(
        "SELECT village, self_found, rectified, listed, COUNT(*) AS hazards FROM hazard_periods
         WHERE from_at < $1 AND (to_at IS NULL OR to_at >= $1) AND ($2 OR village IN ($in))
           AND ($3 OR NOT EXISTS (SELECT 1 FROM hazard_periods AS earlier
                                  WHERE earlier.record = hazard_periods.record AND earlier.from_at < $4))
         GROUP BY village, self_found, rectified, listed ORDER BY village, self_found, rectified, listed",
    )
    .bind(counting.cutoff)
    .bind(all)
    .bind(counting.from.is_none())
    .bind(counting.from.unwrap_or(i64::MIN))
    .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(hazard_count).collect()
}

/// Counts distinct enterprises by item, in each village and in all together.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_spot_items_by_rows(
    tx: &mut Tx,
    villages: &Villages,
    counting: &Counting,
) -> Result<SpotCounts, DbError> {
    let (of_villages, of_all) = if counting.by_performer {
        (PERFORMED_IN_VILLAGES, PERFORMED_IN_ALL)
    } else {
        (LOCATED_IN_VILLAGES, LOCATED_IN_ALL)
    };
    let asked = |sql: &'static str| {
        let (all, list) = villages.binds();
        let from = counting.from.unwrap_or(i64::MIN);
        Statement::new(sql).bind(counting.cutoff).bind(from).bind(all).bind_list(list)
    };
    let mut counts = SpotCounts::default();
    for row in tx.fetch_all(asked(of_villages)).await? {
        counts.villages.entry(row.text("village")?).or_default().insert(row.text("item")?, row.i64("found")?);
    }
    for row in tx.fetch_all(asked(of_all)).await? {
        counts.all.insert(row.text("item")?, row.i64("found")?);
    }
    Ok(counts)
}

const LOCATED_IN_VILLAGES: &str = "SELECT village, item, COUNT(DISTINCT counted) AS found FROM spot_items
     WHERE ended_at < $1 AND ended_at >= $2 AND ($3 OR village IN ($in)) GROUP BY village, item ORDER BY village, item";
const LOCATED_IN_ALL: &str = "SELECT item, COUNT(DISTINCT counted) AS found FROM spot_items
     WHERE ended_at < $1 AND ended_at >= $2 AND ($3 OR village IN ($in)) GROUP BY item ORDER BY item";
const PERFORMED_IN_VILLAGES: &str = "SELECT feed AS village, item, COUNT(DISTINCT counted) AS found FROM spot_items
     WHERE ended_at < $1 AND ended_at >= $2 AND ($3 OR feed IN ($in)) GROUP BY feed, item ORDER BY feed, item";
const PERFORMED_IN_ALL: &str = "SELECT item, COUNT(DISTINCT counted) AS found FROM spot_items
     WHERE ended_at < $1 AND ended_at >= $2 AND ($3 OR feed IN ($in)) GROUP BY item ORDER BY item";
