//! Compares every projection row of a village with what its records say, table by table, in pages. What a newcomer gets wrong: a row may
//! also be there that no record asks for; those are differences too.

use super::PAGE_ROWS;
use super::findings::{Check, Findings, Place, difference};
use crate::usecases::projection::{Projected, project};
use paicha_db::projections::{
    self, CriterionRow, FlagRow, FormRow, HazardPeriodRow, HazardRow, InspectionRow, PhotoLinkRow, PhotoRow, PlaceRow,
    ReviewRow, SpotItemRow, TaskRow, TaskVisitRow, VisitRow,
};
use paicha_db::{DbError, Tx};
use std::collections::BTreeMap;
use std::fmt::Debug;
use sync_protocol::merge::World;
use uuid::Uuid;

/// One table: how its rows are told apart and read.
trait Table: PartialEq + Debug + Sized {
    const NAME: &'static str;
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
    fn record(&self) -> Uuid;
    async fn page(tx: &mut Tx, feed: &str, after: Option<Self::Key>) -> Result<Vec<Self>, DbError>;
}

macro_rules! table_by_id {
    ($row:ident, $name:literal, $list:ident) => {
        impl Table for $row {
            const NAME: &'static str = $name;
            type Key = Uuid;
            fn key(&self) -> Uuid {
                self.id
            }
            fn record(&self) -> Uuid {
                self.id
            }
            async fn page(tx: &mut Tx, feed: &str, after: Option<Uuid>) -> Result<Vec<Self>, DbError> {
                projections::$list(tx, feed, after, PAGE_ROWS).await
            }
        }
    };
}

table_by_id!(PlaceRow, "places", list_places_of_feed);
table_by_id!(InspectionRow, "inspections", list_inspections_of_feed);
table_by_id!(HazardRow, "hazards", list_hazards_of_feed);
table_by_id!(PhotoRow, "photos", list_photos_of_feed);
table_by_id!(TaskRow, "tasks", list_tasks_of_feed);

impl Table for PhotoLinkRow {
    const NAME: &'static str = "photo_links";
    type Key = (Uuid, Uuid);
    fn key(&self) -> Self::Key {
        (self.record, self.photo)
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Self::Key>) -> Result<Vec<Self>, DbError> {
        projections::list_photo_links_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for ReviewRow {
    const NAME: &'static str = "reviews";
    type Key = String;
    fn key(&self) -> String {
        self.id.clone()
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<String>) -> Result<Vec<Self>, DbError> {
        projections::list_reviews_of_feed(tx, feed, after.as_deref(), PAGE_ROWS).await
    }
}

impl Table for HazardPeriodRow {
    const NAME: &'static str = "hazard_periods";
    type Key = (Uuid, i64);
    fn key(&self) -> Self::Key {
        (self.record, self.from_at)
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Self::Key>) -> Result<Vec<Self>, DbError> {
        projections::list_hazard_periods_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for SpotItemRow {
    const NAME: &'static str = "spot_items";
    type Key = (Uuid, String);
    fn key(&self) -> Self::Key {
        (self.record, self.item.clone())
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Self::Key>) -> Result<Vec<Self>, DbError> {
        projections::list_spot_items_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for FormRow {
    const NAME: &'static str = "forms";
    type Key = Uuid;
    fn key(&self) -> Uuid {
        self.record
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Uuid>) -> Result<Vec<Self>, DbError> {
        projections::list_forms_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for VisitRow {
    const NAME: &'static str = "visits";
    type Key = Uuid;
    fn key(&self) -> Uuid {
        self.record
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Uuid>) -> Result<Vec<Self>, DbError> {
        projections::list_visits_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for TaskVisitRow {
    const NAME: &'static str = "task_visits";
    type Key = Uuid;
    fn key(&self) -> Uuid {
        self.inspection
    }
    fn record(&self) -> Uuid {
        self.inspection
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Uuid>) -> Result<Vec<Self>, DbError> {
        projections::list_task_visits_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for CriterionRow {
    const NAME: &'static str = "hazard_criteria";
    type Key = (Uuid, String);
    fn key(&self) -> Self::Key {
        (self.record, self.criterion.clone())
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<Self::Key>) -> Result<Vec<Self>, DbError> {
        projections::list_hazard_criteria_of_feed(tx, feed, after, PAGE_ROWS).await
    }
}

impl Table for FlagRow {
    const NAME: &'static str = "flags";
    type Key = String;
    fn key(&self) -> String {
        self.id.clone()
    }
    fn record(&self) -> Uuid {
        self.record
    }
    async fn page(tx: &mut Tx, feed: &str, after: Option<String>) -> Result<Vec<Self>, DbError> {
        projections::list_flags_of_feed(tx, feed, after.as_deref(), PAGE_ROWS).await
    }
}

/// Compares what is kept for the numbers of 附件2, which concerns several records and villages, with the rows that it follows from.
pub(super) async fn compare_totals(tx: &mut Tx, findings: &mut Findings) -> Result<(), DbError> {
    for wrong in projections::list_wrong_totals(tx, PAGE_ROWS).await? {
        findings.add(
            Check::Projection,
            Place::default(),
            format!("附件2 的汇总与记录不一致（可用 paicha recount 重新统计）：{wrong}"),
        );
    }
    Ok(())
}

/// Compares all tables of a village.
pub(super) async fn compare_tables(
    tx: &mut Tx,
    feed: &str,
    world: &World,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let mut all = Projected::default();
    for record in world.records.values() {
        all.add(project(record, &world.records));
    }
    compare(tx, feed, all.places, findings).await?;
    compare(tx, feed, all.inspections, findings).await?;
    compare(tx, feed, all.hazards, findings).await?;
    compare(tx, feed, all.periods.into_iter().flat_map(|(_, rows)| rows).collect(), findings).await?;
    compare(tx, feed, all.spots.into_iter().flat_map(|(_, rows)| rows).collect(), findings).await?;
    compare(tx, feed, all.photos, findings).await?;
    compare(tx, feed, all.links.into_iter().flat_map(|(_, links)| links).collect(), findings).await?;
    compare(tx, feed, all.forms, findings).await?;
    compare(tx, feed, all.visits, findings).await?;
    compare(tx, feed, all.tasks, findings).await?;
    compare(tx, feed, all.task_visits.into_iter().filter_map(|(_, visit)| visit).collect(), findings).await?;
    compare(tx, feed, all.criteria.into_iter().flat_map(|(_, rows)| rows).collect(), findings).await?;
    compare(tx, feed, all.flags.into_iter().flat_map(|(_, rows)| rows).collect(), findings).await?;
    compare(tx, feed, all.reviews.into_iter().flat_map(|(_, reviews)| reviews).collect(), findings).await
}

async fn compare<T: Table>(tx: &mut Tx, feed: &str, rebuilt: Vec<T>, findings: &mut Findings) -> Result<(), DbError> {
    let mut rebuilt: BTreeMap<T::Key, T> = rebuilt.into_iter().map(|row| (row.key(), row)).collect();
    let place = |row: &T| Place { feed: Some(feed.to_owned()), record: Some(row.record()), ..Place::default() };
    let mut after = None;
    loop {
        let rows = T::page(tx, feed, after).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.key());
        for row in rows {
            match rebuilt.remove(&row.key()) {
                Some(expected) if expected == row => {}
                Some(expected) => {
                    let both = difference(&format!("{row:?}"), &format!("{expected:?}"));
                    findings.add(Check::Projection, place(&row), format!("{} 表 {both}", T::NAME));
                }
                None => findings.add(Check::Projection, place(&row), format!("{} 表多出一行", T::NAME)),
            }
        }
    }
    for row in rebuilt.values() {
        findings.add(Check::Projection, place(row), format!("{} 表缺少一行", T::NAME));
    }
    Ok(())
}
