//! The tables `hazard_months` and `spot_months`: what the forms of 附件2 count, as steps by month, so that a number is a short sum. They are kept on
//! every write, in the transaction that changes what they follow from, by adding and taking off; the row that is added to is locked until the
//! commit, so two pushes cannot lose a count. What a newcomer gets wrong: a step stands under the first form that counts it, the month after.

use super::Villages;
use super::numbers::{HazardPeriodRow, SpotCounts};
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use std::collections::BTreeMap;
use sync_protocol::time::{Micros, Month};

/// The month of the first form that counts what happened at an instant (microseconds UTC): its cutoff is the first one after it.
pub(super) fn first_form(at: i64) -> Month {
    let outside = if at < 0 { Micros::MIN } else { Micros::MAX };
    Micros::from_micros(at).unwrap_or(outside).local_month().next()
}

/// Village, first form, 企业自查发现, 已完成整改, 政府挂牌督办.
type HazardStep = (String, Month, bool, bool, bool);

/// What changes in `hazard_months`, in order of its key, which is the order in which its rows are locked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HazardSteps(BTreeMap<HazardStep, i64>);

impl HazardSteps {
    /// A period that is there now.
    pub(super) fn add(&mut self, period: &HazardPeriodRow) {
        self.count(period, 1);
    }

    /// A period that was there.
    pub(super) fn take(&mut self, period: &HazardPeriodRow) {
        self.count(period, -1);
    }

    fn count(&mut self, period: &HazardPeriodRow, times: i64) {
        let mut step = |at: i64, by: i64| {
            let key = (period.village.clone(), first_form(at), period.self_found, period.rectified, period.listed);
            *self.0.entry(key).or_default() += by;
        };
        step(period.from_at, times);
        if let Some(to_at) = period.to_at {
            step(to_at, -times);
        }
    }

    /// Adds the steps to the table.
    pub(super) async fn store(self, tx: &mut Tx) -> Result<(), DbError> {
        let changed = self.0.into_iter().filter(|(_, hazards)| *hazards != 0);
        let rows = changed.map(|((village, month, self_found, rectified, listed), hazards)| {
            let month = month.to_string();
            vec![village.into(), month.into(), self_found.into(), rectified.into(), listed.into(), hazards.into()]
        });
        tx.execute_rows(
            "INSERT INTO hazard_months (village, month, self_found, rectified, listed, hazards) VALUES",
            rows.collect(),
            "ON CONFLICT (village, month, self_found, rectified, listed)
             DO UPDATE SET hazards = hazard_months.hazards + excluded.hazards",
        )
        .await?;
        Ok(())
    }

    /// The steps that the table holds.
    pub(super) async fn stored(tx: &mut Tx) -> Result<Self, DbError> {
        let sql = "SELECT village, month, self_found, rectified, listed, hazards FROM hazard_months WHERE hazards <> 0";
        let mut steps = Self::default();
        for row in tx.fetch_all(Statement::new(sql)).await? {
            let flags = (row.bool("self_found")?, row.bool("rectified")?, row.bool("listed")?);
            let key = (row.text("village")?, month(&row)?, flags.0, flags.1, flags.2);
            steps.0.insert(key, row.i64("hazards")?);
        }
        Ok(steps)
    }

    /// What is other in `self` than in `other`, in words.
    pub(super) fn differences(mut self, other: &Self) -> impl Iterator<Item = String> {
        other.0.iter().for_each(|(key, hazards)| *self.0.entry(key.clone()).or_default() -= hazards);
        let wrong = self.0.into_iter().filter(|(_, hazards)| *hazards != 0);
        wrong.map(|((village, month, ..), hazards)| format!("hazard_months {village} {month} {hazards:+}"))
    }
}

/// Village, first form, item of the form.
type SpotStep = (String, Month, String);

/// What changes in `spot_months`, in order of its key, which is the order in which its rows are locked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SpotSteps(BTreeMap<SpotStep, i64>);

impl SpotSteps {
    /// An enterprise counts in a village for an item since an instant (`times` 1), or did so before (-1).
    pub(super) fn count(&mut self, village: &str, item: &str, first_at: i64, times: i64) {
        *self.0.entry((village.to_owned(), first_form(first_at), item.to_owned())).or_default() += times;
    }

    /// Adds the steps to the table.
    pub(super) async fn store(self, tx: &mut Tx) -> Result<(), DbError> {
        let changed = self.0.into_iter().filter(|(_, enterprises)| *enterprises != 0);
        let rows = changed.map(|((village, month, item), enterprises)| {
            vec![village.into(), month.to_string().into(), item.into(), enterprises.into()]
        });
        tx.execute_rows(
            "INSERT INTO spot_months (village, month, item, enterprises) VALUES",
            rows.collect(),
            "ON CONFLICT (village, month, item) DO UPDATE SET enterprises = spot_months.enterprises + excluded.enterprises",
        )
        .await?;
        Ok(())
    }

    /// The steps that the table holds.
    pub(super) async fn stored(tx: &mut Tx) -> Result<Self, DbError> {
        let sql = "SELECT village, month, item, enterprises FROM spot_months WHERE enterprises <> 0";
        let mut steps = Self::default();
        for row in tx.fetch_all(Statement::new(sql)).await? {
            let key = (row.text("village")?, month(&row)?, row.text("item")?);
            steps.0.insert(key, row.i64("enterprises")?);
        }
        Ok(steps)
    }

    /// What is other in `self` than in `other`, in words.
    pub(super) fn differences(mut self, other: &Self) -> impl Iterator<Item = String> {
        other.0.iter().for_each(|(key, enterprises)| *self.0.entry(key.clone()).or_default() -= enterprises);
        let wrong = self.0.into_iter().filter(|(_, enterprises)| *enterprises != 0);
        wrong.map(|((village, month, item), number)| format!("spot_months {village} {month} {item} {number:+}"))
    }
}

fn month(row: &Row) -> Result<Month, DbError> {
    row.text("month")?.parse().map_err(|error| DbError::Corrupt { source: Box::new(error) })
}

/// How many hazards of a village count one way in a form.
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

/// Counts the hazards of villages for the form of a month (what happened before it began), by village and how they count.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_hazards(tx: &mut Tx, villages: &Villages, month: Month) -> Result<Vec<HazardCount>, DbError> {
    let (all, list) = villages.binds();
    let statement = Statement::new(
        "SELECT village, self_found, rectified, listed, CAST(SUM(hazards) AS BIGINT) AS hazards FROM hazard_months
         WHERE month <= $1 AND ($2 OR village IN ($in))
         GROUP BY village, self_found, rectified, listed HAVING SUM(hazards) <> 0
         ORDER BY village, self_found, rectified, listed",
    )
    .bind(month.to_string())
    .bind(all)
    .bind_list(list);
    tx.fetch_all(statement).await?.iter().map(hazard_count).collect()
}

pub(super) fn hazard_count(row: &Row) -> Result<HazardCount, DbError> {
    Ok(HazardCount {
        village: row.text("village")?,
        self_found: row.bool("self_found")?,
        rectified: row.bool("rectified")?,
        listed: row.bool("listed")?,
        hazards: row.i64("hazards")?,
    })
}

/// Counts distinct enterprises by item for the form of a month (what happened before it began); one with several sites is one, in each village
/// and in all together.
///
/// The villages' totals are added up, and those that were checked for several of the villages are taken off again: few, and found by an index.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_spot_items(tx: &mut Tx, villages: &Villages, month: Month) -> Result<SpotCounts, DbError> {
    let (all, list) = villages.binds();
    let totals = Statement::new(
        "SELECT village, item, CAST(SUM(enterprises) AS BIGINT) AS found FROM spot_months
         WHERE month <= $1 AND ($2 OR village IN ($in))
         GROUP BY village, item HAVING SUM(enterprises) <> 0 ORDER BY village, item",
    )
    .bind(month.to_string())
    .bind(all)
    .bind_list(list.clone());
    let surplus = Statement::new(SPOT_SURPLUS).bind(month.first_instant().as_micros()).bind(all).bind_list(list);
    let mut counts = SpotCounts::default();
    for row in tx.fetch_all(totals).await? {
        let (village, item, found) = (row.text("village")?, row.text("item")?, row.i64("found")?);
        *counts.all.entry(item.clone()).or_default() += found;
        counts.villages.entry(village).or_default().insert(item, found);
    }
    for row in tx.fetch_all(surplus).await? {
        *counts.all.entry(row.text("item")?).or_default() -= row.i64("surplus")?;
    }
    Ok(counts)
}

/// How often enterprises count beyond the first time in villages that are counted together, by item.
const SPOT_SURPLUS: &str = "SELECT item, CAST(SUM(found - 1) AS BIGINT) AS surplus
     FROM (SELECT item, counted, COUNT(*) AS found FROM spot_firsts
           WHERE several AND first_at < $1 AND ($2 OR village IN ($in)) GROUP BY item, counted) AS checked
     WHERE found > 1 GROUP BY item";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stands_under_the_first_form_whose_cutoff_is_after_it() {
        let june = Month::new(2023, 6).unwrap();
        let begins = june.first_instant().as_micros();
        assert_eq!(first_form(begins - 1), june);
        assert_eq!(first_form(begins), june.next(), "the cutoff is exclusive");
        assert_eq!(first_form(begins + 1), june.next());
        assert_eq!((first_form(i64::MIN).year(), first_form(i64::MAX).year()), (1, 9999));
    }

    #[tokio::test]
    async fn enterprises_of_several_villages_are_read_in_order_of_an_index() {
        let plan = super::super::sqlite_plan(SPOT_SURPLUS, 2, &Villages::All).await;
        assert!(plan.contains("COVERING INDEX spot_firsts_of_several"), "{plan}");
        // Only the few groups that are left are sorted.
        assert_eq!(plan.matches("TEMP B-TREE").count(), 1, "{plan}");
    }
}
