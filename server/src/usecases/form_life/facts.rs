//! What the checks look at: the records that a form rests on, the area's open hazards, and its phones. What a newcomer gets wrong: photos and
//! conflicts of a visit's hazards count for the visit's row too.

use super::content::FormContent;
use super::lists::records_of;
use crate::app::App;
use crate::usecases::load_linked::load_linked;
use crate::usecases::projection::criterion_ids;
use crate::usecases::push_operations::read_record;
use crate::usecases::read_catalogue::load_catalogue;
use paicha_catalogue::Catalogue;
use paicha_db::devices::list_silent_phones;
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, HazardFilter, Page, Villages};
use paicha_db::{DbError, Tx, records};
use sync_protocol::ids::RecordId;
use sync_protocol::merge::is_merged_away;
use sync_protocol::record::Record;
use sync_protocol::time::{HOUR_US, LocalDate, Micros, end_of_working_days};
use sync_protocol::workflow::{OPEN_STATES, five_missing};
use uuid::Uuid;

/// Records looked at in one statement.
const AT_ONCE: usize = 100;
/// Rows of one list: more than a hundred records have.
const ROWS_MAX: i64 = 20_000;
/// Open hazards read at once.
const PAGE_ROWS: i64 = 500;
/// A phone is silent after so long.
const SILENT_US: i64 = 48 * HOUR_US;

/// Fewest people of a collective judgement (GB 35181).
const COLLECTIVE_MEMBERS_MIN: usize = 3;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Records with a conflict or proposal that waits.
    pub(super) disputed: Vec<RecordId>,
    /// Records with a hard flag that nobody cleared.
    pub(super) flagged: Vec<RecordId>,
    /// 疑似 that nobody judged in time.
    pub(super) suspected: Vec<RecordId>,
    /// Major hazards without a criterion that was in force when they were found.
    pub(super) unfounded: Vec<RecordId>,
    /// Records that lack something required.
    pub(super) incomplete: Vec<RecordId>,
    /// Records whose photos are not all here.
    pub(super) owing: Vec<RecordId>,
    /// Photos of those records.
    pub(super) photos_declared: i64,
    /// Of those, not here.
    pub(super) photos_owed: i64,
    /// Open major hazards without 五落实.
    pub(super) without_five: Vec<RecordId>,
    /// Whose phones may still have something.
    pub(super) silent: Vec<String>,
}

/// Looks.
pub(super) async fn gather(
    app: &App,
    tx: &mut Tx,
    (area, villages): (&FeedRow, &[FeedRow]),
    content: &FormContent,
) -> Result<Facts, DbError> {
    let mut facts = Facts::default();
    let codes: Vec<String> = std::iter::once(area).chain(villages).map(|feed| feed.id.clone()).collect();
    let counted = records_of(tx, content).await?;
    let catalogue = load_catalogue(tx).await?;
    for some in counted.chunks(AT_ONCE) {
        let ids = with_hazards(tx, some, &counted).await?;
        about_records(tx, &ids, &catalogue, &mut facts).await?;
    }
    let now = app.now();
    let in_time = (now, app.config.workflow.suspected_days);
    let of_area = Villages::Only(codes.clone());
    for state in OPEN_STATES {
        about_open_hazards(tx, &of_area, state, in_time, &mut facts).await?;
    }
    let seen_before = now.saturating_add(-SILENT_US).as_micros();
    let phones = list_silent_phones(tx, &codes, seen_before, ROWS_MAX).await?;
    facts.silent = phones.into_iter().map(|phone| format!("{}（{}）", phone.person, phone.label)).collect();
    Ok(facts)
}

/// Some of the records, and the hazards that were found by those of them that are visits, unless they are among the records themselves.
async fn with_hazards(tx: &mut Tx, some: &[RecordId], counted: &[RecordId]) -> Result<Vec<Uuid>, DbError> {
    let mut all: Vec<Uuid> = some.iter().map(|id| id.0).collect();
    let hazards = projections::list_hazards_of_inspections(tx, &all, ROWS_MAX).await?;
    let others = hazards.into_iter().filter(|hazard| hazard.state != "void" && !is_among(counted, hazard.id));
    all.extend(others.map(|hazard| hazard.id));
    all.sort_unstable();
    Ok(all)
}

fn is_among(counted: &[RecordId], id: Uuid) -> bool {
    counted.binary_search(&RecordId(id)).is_ok()
}

async fn about_records(tx: &mut Tx, ids: &[Uuid], catalogue: &Catalogue, facts: &mut Facts) -> Result<(), DbError> {
    for debt in projections::count_photo_debt(tx, ids).await?.into_iter().filter(|debt| debt.stored < debt.declared) {
        facts.owing.push(debt.record.into());
        facts.photos_declared += debt.declared;
        facts.photos_owed += debt.declared - debt.stored;
    }
    for flag in projections::list_flags_of_records(tx, ids, ROWS_MAX).await? {
        let open = flag.level == "hard" && !flag.cleared;
        if open && facts.flagged.last() != Some(&flag.record.into()) {
            facts.flagged.push(flag.record.into());
        }
    }
    for row in records::find_records(tx, ids).await? {
        let record = read_record(&row)?;
        if !record.disputed().is_empty() || !record.waiting().is_empty() {
            facts.disputed.push(record.id);
        }
        // Photos are a check of their own.
        let lacks = record.incomplete().into_iter().any(|field| field != "photos");
        if lacks && record.kind == "hazard" {
            facts.incomplete.push(record.id);
        } else if is_unfounded(&record, catalogue) {
            facts.unfounded.push(record.id);
        }
    }
    Ok(())
}

/// I-04: a major hazard rests on a criterion in force on the day it was found, or on a collective judgement of three.
fn is_unfounded(record: &Record, catalogue: &Catalogue) -> bool {
    let found = record.shown_text("found_at").and_then(|text| text.parse::<Micros>().ok()).unwrap_or(record.created.at);
    let day = LocalDate::of(found.min(record.created.at));
    match record.shown_text("level").as_deref() {
        Some("major_direct") => !criterion_ids(record).iter().any(|code| catalogue.is_in_force(code, day)),
        Some("major_collective") => {
            let members = record.shown("judge_members").and_then(|members| Some(members.as_array()?.len()));
            members.unwrap_or(0) < COLLECTIVE_MEMBERS_MIN
        }
        Some(_) | None => false,
    }
}

/// Looks at every hazard in an open state: 疑似 that nobody judged in time (without a level is no better), 重大 without 五落实.
async fn about_open_hazards(
    tx: &mut Tx,
    villages: &Villages,
    state: &str,
    (now, suspected_days): (Micros, u32),
    facts: &mut Facts,
) -> Result<(), DbError> {
    let filter = HazardFilter { state: Some(state.to_owned()), ..HazardFilter::default() };
    let mut after = None;
    loop {
        let rows = projections::list_hazards(tx, villages, &filter, Page { after, limit: PAGE_ROWS }).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.found_at, last.id));
        let grave = rows.iter().filter(|row| row.level.as_deref() != Some("general"));
        let ids: Vec<Uuid> = grave.map(|row| row.id).collect();
        for row in records::find_records(tx, &ids).await? {
            let hazard = read_record(&row)?;
            if is_merged_away(&hazard, &load_linked(tx, &[&hazard]).await?, None) {
                // What is asked of it is asked of the one that counts for both.
                continue;
            }
            match hazard.shown_text("level").as_deref() {
                Some("major_direct" | "major_collective") if !five_missing(&hazard).is_empty() => {
                    facts.without_five.push(hazard.id);
                }
                Some("major_direct" | "major_collective") => {}
                Some(_) | None if end_of_working_days(hazard.received_at, suspected_days) <= now => {
                    facts.suspected.push(hazard.id);
                }
                Some(_) | None => {}
            }
        }
    }
}
