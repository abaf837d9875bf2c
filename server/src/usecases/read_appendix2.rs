//! The fourteen numbers of 附件2 of an area and a month, and the records behind each (domain 2.6): cumulative, from what happened before the
//! month began in Shanghai (截至上月末), where the office chose nothing else. What a newcomer gets wrong: the cutoff is the beginning of the month of the form, not its end, and
//! the subdistrict's numbers are counted from records, never added up from villages.

use crate::app::App;
use crate::config::{Appendix2, SpotScope};
use crate::usecases::caller::Caller;
use crate::usecases::form_area::{FormAreaError, find_form_area};
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, Counting, HazardCount, Page, SpotCounts, Villages};
use paicha_db::{DbError, Tx};
use paicha_reports::ReportError;
use std::collections::BTreeMap;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::time::{Micros, Month};
use uuid::Uuid;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Appendix2Query {
    /// Village or subdistrict; nothing is the one subdistrict that the caller reaches.
    pub area: Option<FeedId>,
    /// The month of the form.
    pub month: Month,
}

/// One form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appendix2Form {
    /// Village or subdistrict, by its code.
    pub area: String,
    /// What people call it.
    pub area_name: String,
    /// 一.1 to 一.6.
    pub hazards: [i64; 6],
    /// 二.1 to 二.8.
    pub spots: [i64; 8],
    /// Enterprises with something 未查, by line of part 二 (2 to 8); printed nowhere, so that 0 can be told from not looked at.
    pub unchecked: BTreeMap<String, i64>,
}

impl Appendix2Form {
    /// Whether every number is 0: the form then needs an explicit 零报告.
    pub fn is_zero(&self) -> bool {
        self.hazards.iter().chain(&self.spots).all(|number| *number == 0)
    }
}

/// The villages whose records an area's form counts: its own, and those of its villages.
fn counted(area: &FeedRow, villages: &[FeedRow]) -> Villages {
    Villages::Only(std::iter::once(area).chain(villages).map(|feed| feed.id.clone()).collect())
}

/// What a month's form counts by an office's choices, when it is computed at an instant.
pub fn counting_of(choice: &Appendix2, month: Month, as_of: Micros) -> Counting {
    counting_until(choice, choice.cutoff_of(month, as_of))
}

/// What a form counts until an instant.
pub fn counting_until(choice: &Appendix2, cutoff: Micros) -> Counting {
    Counting {
        cutoff: cutoff.as_micros(),
        from: choice.counts_from().map(Micros::as_micros),
        by_performer: choice.spot_scope == SpotScope::PerformedBy,
    }
}

/// What the forms of an area and its villages count, read once for all of them.
pub struct Counted {
    hazards: Vec<HazardCount>,
    spots: SpotCounts,
}

impl Counted {
    /// Reads it.
    ///
    /// # Errors
    /// When the database fails; the transaction is then over.
    pub async fn read(
        tx: &mut Tx,
        area: &FeedRow,
        villages: &[FeedRow],
        (month, counting): (Month, &Counting),
    ) -> Result<Self, DbError> {
        let counted = counted(area, villages);
        let usual = *counting == Counting::before(month.first_instant().as_micros());
        let (hazards, spots) = if usual {
            let hazards = projections::count_hazards(tx, &counted, month).await?;
            (hazards, projections::count_spot_items(tx, &counted, month).await?)
        } else {
            let hazards = projections::count_hazards_by_rows(tx, &counted, counting).await?;
            (hazards, projections::count_spot_items_by_rows(tx, &counted, counting).await?)
        };
        Ok(Self { hazards, spots })
    }

    /// The numbers of all that was read together.
    pub fn of_all(&self) -> FormNumbers {
        numbered(&self.hazards.iter().collect::<Vec<_>>(), &self.spots.all)
    }

    /// The numbers of one village among them.
    pub fn of_village(&self, village: &str) -> FormNumbers {
        let hazards: Vec<&HazardCount> = self.hazards.iter().filter(|count| count.village == village).collect();
        let none = BTreeMap::new();
        numbered(&hazards, self.spots.villages.get(village).unwrap_or(&none))
    }
}

fn numbered(hazards: &[&HazardCount], spots: &BTreeMap<String, i64>) -> FormNumbers {
    let hazards = (1..).zip(HAZARD_LINES).map(|(line, counts)| (format!("1.{line}"), sum(hazards, counts)));
    let spot = |line: usize| (format!("2.{line}"), spots.get(&line.to_string()).copied().unwrap_or_default());
    FormNumbers {
        numbers: hazards.chain((1..=8).map(spot)).map(|(code, value)| (code, (value, Vec::new()))).collect(),
        unchecked: spots
            .iter()
            .filter_map(|(item, count)| Some((item.strip_prefix('u')?.to_owned(), *count)))
            .collect(),
    }
}

/// Which hazards a line of part 一 counts.
type HazardLine = fn(bool, bool, bool) -> bool;

/// 一.1 to 一.6, of (自查发现, 已完成整改, 挂牌督办).
const HAZARD_LINES: [HazardLine; 6] = [
    |own, _, _| own,
    |own, done, _| own && done,
    |own, _, _| !own,
    |own, done, _| !own && done,
    |_, _, listed| listed,
    |_, done, listed| listed && done,
];

fn sum(counts: &[&HazardCount], line: HazardLine) -> i64 {
    counts.iter().filter(|count| line(count.self_found, count.rectified, count.listed)).map(|count| count.hazards).sum()
}

/// The fourteen numbers of an area by code, each with the records behind it, in order of id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormNumbers {
    /// `1.1` to `2.8`.
    pub numbers: BTreeMap<String, (i64, Vec<RecordId>)>,
    /// Enterprises with something 未查, by line of part 二.
    pub unchecked: BTreeMap<String, i64>,
}

/// Records behind one number of a form that is handed in, 16 bytes each while it is computed; more would be no form of a subdistrict.
pub const NUMBER_RECORDS_MAX: usize = 1_000_000;

/// The numbers with the records behind each, as they are handed in. Every row is read once, whatever the villages.
///
/// # Errors
/// [`FormAreaError`]; also when a number rests on more records than a form can name.
pub async fn numbers_of(
    tx: &mut Tx,
    area: &FeedRow,
    villages: &[FeedRow],
    (month, counting): (Month, &Counting),
) -> Result<FormNumbers, FormAreaError> {
    let mut all = Counted::read(tx, area, villages, (month, counting)).await?.of_all();
    let counted = counted(area, villages);
    let mut add = |code: String, record: Uuid| {
        let Some((_, records)) = all.numbers.get_mut(&code) else { return Ok(()) };
        records.push(RecordId::from(record));
        let (rows, limit) = (records.len(), NUMBER_RECORDS_MAX);
        if rows > limit { Err(ReportError::TooManyRows { area_name: area.name.clone(), rows, limit }) } else { Ok(()) }
    };
    let mut after = None;
    loop {
        let rows = projections::list_counted_hazards(tx, &counted, counting, after, LISTED_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.record);
        for row in &rows {
            let counts = |line: &&HazardLine| line(row.self_found, row.rectified, row.listed);
            for (line, _) in (1..).zip(&HAZARD_LINES).filter(|(_, line)| counts(line)) {
                add(format!("1.{line}"), row.record)?;
            }
        }
    }
    for line in 1..=8 {
        let mut after = None;
        loop {
            let page = Page { after, limit: LISTED_ROWS };
            let rows = projections::list_spot_items(tx, &counted, (&line.to_string(), counting), page).await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.ended_at, last.record));
            rows.iter().try_for_each(|row| add(format!("2.{line}"), row.record))?;
        }
    }
    for (_, records) in all.numbers.values_mut() {
        records.sort_unstable();
        records.dedup();
    }
    Ok(all)
}

/// A number of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// 一.1 to 一.6.
    Hazards(usize),
    /// 二.1 to 二.8.
    Spots(usize),
}

impl Line {
    /// `1.1` to `1.6`, `2.1` to `2.8`.
    pub fn find_by_code(code: &str) -> Option<Self> {
        let (part, line) = code.split_once('.')?;
        let line: usize = line.parse().ok()?;
        match (part, line) {
            ("1", 1..=6) => Some(Self::Hazards(line)),
            ("2", 1..=8) => Some(Self::Spots(line)),
            _ => None,
        }
    }
}

/// A record behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRecord {
    /// The hazard, or the spot check.
    pub record: Uuid,
    /// The village it counts for.
    pub village: String,
    /// For spot checks, who was checked: several of one enterprise count once.
    pub enterprise: Option<String>,
}

/// Records read at once while those of one line are picked.
const BATCH_ROWS: i64 = 500;
/// Records read at once while those of all lines are listed.
const LISTED_ROWS: i64 = 5_000;

/// The records behind one number, a page at a time: after `after`, at most `limit`.
///
/// # Errors
/// [`FormAreaError`].
pub async fn list_counted_records(
    app: &App,
    caller: &Caller,
    query: &Appendix2Query,
    line: Line,
    (after, limit): (Option<(i64, Uuid)>, usize),
) -> Result<Vec<(i64, CountedRecord)>, FormAreaError> {
    let counting = counting_of(&app.config.appendix2, query.month, app.now());
    let mut tx = app.database.begin_read().await?;
    let (area, villages) = find_form_area(&mut tx, caller, query.area.as_ref()).await?;
    let counted = counted(&area, &villages);
    let found = records_of(&mut tx, &counted, line, &counting, (after, limit)).await?;
    tx.rollback().await?;
    Ok(found)
}

async fn records_of(
    tx: &mut Tx,
    counted: &Villages,
    line: Line,
    counting: &Counting,
    (after, limit): (Option<(i64, Uuid)>, usize),
) -> Result<Vec<(i64, CountedRecord)>, DbError> {
    match line {
        Line::Hazards(line) => hazards_of(tx, counted, (line, counting), after.map(|(_, id)| id), limit).await,
        Line::Spots(line) => {
            let page = Page { after, limit: i64::try_from(limit).unwrap_or(i64::MAX) };
            let rows = projections::list_spot_items(tx, counted, (&line.to_string(), counting), page).await?;
            let record = |row: projections::SpotItemRow| {
                let enterprise = Some(row.enterprise);
                let village = if counting.by_performer { row.feed } else { row.village };
                (row.ended_at, CountedRecord { record: row.record, village, enterprise })
            };
            Ok(rows.into_iter().map(record).collect())
        }
    }
}

async fn hazards_of(
    tx: &mut Tx,
    villages: &Villages,
    (line, counting): (usize, &Counting),
    mut after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<(i64, CountedRecord)>, DbError> {
    let counts = HAZARD_LINES[line - 1];
    let mut found = Vec::new();
    while found.len() < limit {
        let rows = projections::list_counted_hazards(tx, villages, counting, after, BATCH_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.record);
        let of_line = rows.into_iter().filter(|row| counts(row.self_found, row.rectified, row.listed));
        found
            .extend(of_line.map(|row| {
                (row.from_at, CountedRecord { record: row.record, village: row.village, enterprise: None })
            }));
    }
    found.truncate(limit);
    Ok(found)
}
