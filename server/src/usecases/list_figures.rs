//! Figures for pictures: how many hazards were found by month, village and sector, and how far they have come. What a newcomer gets wrong: these
//! are ledger entries as they stand today; the numbers that are reported are those of the two forms. There is no figure by person.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{ReadError, area_names, narrow, readable};
use paicha_db::projections::{Figure, FigureBy, FigureFilter, Villages, count_figures};
use paicha_db::{DbError, Tx};
use serde::Serialize;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::time::{LocalDate, Month};
use sync_protocol::words::word;
use utoipa::ToSchema;

/// Months of one answer.
pub const FIGURE_MONTHS_MAX: usize = 36;

/// Which hazards.
#[derive(Debug, Clone)]
pub struct FigureQuery {
    /// Village or subdistrict.
    pub village: Option<String>,
    /// First month of finding.
    pub from: Month,
    /// Last month of finding, included; [`FIGURE_MONTHS_MAX`] at most.
    pub to: Month,
}

impl FigureQuery {
    /// The months in question, in order.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        let to = self.to;
        // The last month there is has no next one.
        let following = |month: &Month| Some(month.next()).filter(|next| next > month);
        std::iter::successors(Some(self.from), following).take_while(move |month| *month <= to)
    }
}

/// How many hazards were found, and how far they have come today. Voided ones are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureItem {
    /// Month (`2023-06`), area code, or sector code; empty for hazards without a registered place.
    pub key: String,
    /// The same in words.
    pub text: String,
    /// All of them.
    pub found: i64,
    /// 重大.
    pub major: i64,
    /// Accepted or closed.
    pub done: i64,
    /// Open beyond their deadline.
    pub late: i64,
}

/// Hazards by month, village and sector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// Every month of the question, in order.
    pub months: Vec<FigureItem>,
    /// Villages with a hazard, in order of code.
    pub villages: Vec<FigureItem>,
    /// Sectors of the places, in order of code.
    pub sectors: Vec<FigureItem>,
}

/// The figures of the caller's villages.
///
/// # Errors
/// [`ReadError`].
pub async fn list_figures(app: &App, caller: &Caller, query: &FigureQuery) -> Result<Figures, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, query.village.as_deref()).await?;
    let today = LocalDate::of(app.now()).to_iso();
    let mut months = Vec::new();
    for month in query.months().take(FIGURE_MONTHS_MAX) {
        let found = count(&mut tx, &villages, FigureBy::Nothing, (month, month), &today).await?;
        let figure = found.into_iter().next().unwrap_or(NOTHING);
        months.push(item(Figure { key: month.to_string(), ..figure }, month.to_chinese()));
    }
    let range = (query.from, query.to);
    let by_village = count(&mut tx, &villages, FigureBy::Village, range, &today).await?;
    let by_sector = count(&mut tx, &villages, FigureBy::Sector, range, &today).await?;
    let names = area_names(&mut tx, by_village.iter().map(|figure| figure.key.as_str())).await?;
    tx.rollback().await?;
    let named = |figure: Figure| {
        let text = names.get(&figure.key).cloned().unwrap_or_else(|| figure.key.clone());
        item(figure, text)
    };
    let in_sector = |figure: Figure| {
        let text = if figure.key.is_empty() { None } else { word("place", "sector", &figure.key) };
        item(figure, text.unwrap_or("未登记").to_owned())
    };
    Ok(Figures {
        months,
        villages: by_village.into_iter().map(named).collect(),
        sectors: by_sector.into_iter().map(in_sector).collect(),
    })
}

const NOTHING: Figure = Figure { key: String::new(), found: 0, major: 0, done: 0, late: 0 };

async fn count(
    tx: &mut Tx,
    villages: &Villages,
    by: FigureBy,
    (from, to): (Month, Month),
    today: &str,
) -> Result<Vec<Figure>, DbError> {
    let (from, before) = (from.first_instant().as_micros(), to.next().first_instant().as_micros());
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    count_figures(tx, villages, by, &FigureFilter { from, before, today }, limit).await
}

fn item(figure: Figure, text: String) -> FigureItem {
    let Figure { key, found, major, done, late } = figure;
    FigureItem { key, text, found, major, done, late }
}
