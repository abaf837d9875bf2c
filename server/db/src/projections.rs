//! Projections: typed tables for what people ask, computed from records and written in the same transaction. Nothing here decides;
//! every row can be rebuilt. What a newcomer gets wrong: writing a row here without the record it comes from.

mod counting;
mod figures;
mod flags;
mod forms;
mod hazards;
mod inspections;
mod numbers;
mod photos;
mod places;
mod recount;
mod reviews;
mod spot_checks;
mod tasks;
mod totals;
mod visits;

pub use counting::{Counting, count_hazards_by_rows, count_spot_items_by_rows};
pub use figures::{Figure, FigureBy, FigureFilter, count_figures};
pub use flags::{FlagFilter, FlagPage, FlagRow, list_flags, list_flags_of_feed, list_flags_of_records, put_flags};
pub use forms::{
    FormContentRow, FormPartRow, FormRow, find_form, find_form_content, find_form_part, list_forms, list_forms_of_feed,
    put_form_content, put_form_parts, put_forms,
};
pub use hazards::{
    HazardFilter, HazardRow, find_hazard, list_hazards, list_hazards_of_feed, list_hazards_of_inspections, put_hazards,
};
pub use inspections::{
    InspectionFilter, InspectionRow, find_inspection, list_inspections, list_inspections_for_form,
    list_inspections_of_feed, list_inspections_of_month, put_inspections,
};
pub use numbers::{
    HazardPeriodRow, SpotCounts, SpotItemRow, list_counted_hazards, list_hazard_periods_of_feed, list_spot_items,
    list_spot_items_of_feed, put_hazard_periods,
};
pub use photos::{
    PhotoDebt, PhotoLinkRow, PhotoRow, count_photo_debt, count_photos_owed, find_photos, is_stored_in_feed,
    list_hashed_photos, list_photo_links, list_photo_links_of_feed, list_photo_links_of_photo, list_photos_by_sha256,
    list_photos_of_feed, list_photos_owed, list_photos_to_derive, list_photos_to_settle, put_photo_links, put_photos,
};
pub use places::{PlaceFilter, PlacePage, PlaceRow, find_places, list_places, list_places_of_feed, put_places};
pub use recount::{list_wrong_totals, recount_totals};
pub use reviews::{ReviewPage, ReviewRow, list_reviews, list_reviews_of_feed, replace_reviews};
pub use spot_checks::put_spot_items;
pub use tasks::{
    TaskFilter, TaskRow, TaskVisitRow, list_task_visits_of_feed, list_tasks, list_tasks_of_feed, list_visits_of_tasks,
    put_task_visits, put_tasks,
};
pub use totals::{HazardCount, count_hazards, count_spot_items};
pub use visits::{
    CriterionRow, VisitCount, VisitRow, VisitsOf, count_visits, find_visit, list_hazard_criteria_of_feed,
    list_hazards_with_criterion, list_visits_after, list_visits_before, list_visits_of_feed, put_hazard_criteria,
    put_visits,
};

use crate::statement::Value;

/// Which villages an answer may speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Villages {
    /// Every village there is.
    All,
    /// These; an empty list gives an empty answer.
    Only(Vec<String>),
}

/// A page of a list: what comes after the last row of the page before, and how many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Order value and id of the last row seen.
    pub after: Option<(i64, uuid::Uuid)>,
    /// Rows wanted.
    pub limit: i64,
}

/// Degrees, WGS-84: south, west, north, east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Southern edge.
    pub south: f64,
    /// Western edge.
    pub west: f64,
    /// Northern edge.
    pub north: f64,
    /// Eastern edge.
    pub east: f64,
}

impl Villages {
    /// Whether this village is meant.
    pub fn contain(&self, village: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.iter().any(|id| id == village),
        }
    }

    /// Whether every village is meant, and the list for `IN ($in)`.
    pub(crate) fn binds(&self) -> (bool, Vec<Value>) {
        match self {
            Self::All => (true, Vec::new()),
            Self::Only(ids) => (false, ids.iter().map(|id| Value::from(id.as_str())).collect()),
        }
    }
}

/// How SQLite would run a list: one line per step. `binds` single binds stand before the villages.
#[cfg(test)]
pub(crate) async fn sqlite_plan(sql: &'static str, binds: usize, villages: &Villages) -> String {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("plan.db").display());
    let database = crate::Database::connect(&crate::DatabaseConfig::new(url)).await.unwrap();
    database.migrate().await.unwrap();
    let explained = String::leak(format!("EXPLAIN QUERY PLAN {sql}"));
    let mut statement = crate::Statement::new(explained);
    for _ in 0..binds {
        statement = statement.bind(0_i64);
    }
    let mut tx = database.begin_read().await.unwrap();
    if sql.contains("($in)") {
        statement = statement.bind_list(villages.binds().1);
    }
    let rows = tx.fetch_all(statement).await.unwrap();
    rows.iter().map(|row| row.text("detail").unwrap()).collect::<Vec<_>>().join("; ")
}
