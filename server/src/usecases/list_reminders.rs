//! What is due in an area (domain 9.3): the two forms of the month, deadlines of hazards, 双报告, 疑似 to judge, phones that are silent. What a
//! newcomer gets wrong: these are computed when somebody looks; nothing here is stored or counted against anybody.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::form_area::{FormAreaError, find_form_area};
use crate::usecases::push_operations::read_record;
use crate::usecases::send_reminder::{ReminderToSend, is_meant};
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, HazardFilter, Page, Villages};
use paicha_db::{DbError, Tx, records};
use serde::Serialize;
use sync_protocol::ids::FeedId;
use sync_protocol::record::Record;
use sync_protocol::time::{DAY_US, LocalDate, Micros, Month, end_of_working_days};
use sync_protocol::workflow::OPEN_STATES;
use utoipa::ToSchema;
use uuid::Uuid;

/// Reminders of one answer.
const REMINDERS_MAX: usize = 500;
/// Days before a deadline from which on it is due.
const DEADLINE_DAYS: i64 = 3;
/// Working days in which 双报告 is expected ("及时" has no number in the law).
const DUAL_REPORT_WORKING_DAYS: u32 = 3;
/// Hazards that are looked at at once.
const HAZARDS_AT_ONCE: i64 = 500;

/// Everything that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reminders {
    /// The most urgent first.
    pub items: Vec<Reminder>,
    /// There are more than these.
    pub more: bool,
}

/// One thing that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reminder {
    /// `form`, `deadline`, `dual_report`, `judge`.
    pub kind: &'static str,
    /// Village or subdistrict, by its code.
    pub area: String,
    /// The hazard, where it is about one.
    pub record: Option<Uuid>,
    /// `appendix1` or `appendix2`, where it is about a form.
    pub form_kind: Option<&'static str>,
    /// The form's month, `2023-06`.
    pub month: Option<String>,
    /// When it is due.
    pub due_at: Micros,
    /// That is over.
    pub overdue: bool,
    /// What people read.
    pub text: String,
}

/// What is due now.
///
/// # Errors
/// [`FormAreaError`].
pub async fn list_reminders(app: &App, caller: &Caller, area: Option<&FeedId>) -> Result<Reminders, FormAreaError> {
    let now = app.now();
    let mut tx = app.database.begin_read().await?;
    let (area, villages) = find_form_area(&mut tx, caller, area).await?;
    let mut items = Vec::new();
    for feed in std::iter::once(&area).chain(&villages) {
        items.extend(forms(&mut tx, feed, now).await?);
    }
    let codes: Vec<String> = std::iter::once(&area).chain(&villages).map(|feed| feed.id.clone()).collect();
    let in_time = (now, app.config.workflow.suspected_days);
    for state in OPEN_STATES {
        hazards(&mut tx, &Villages::Only(codes.clone()), state, in_time, &mut items).await?;
    }
    tx.rollback().await?;
    let more = items.len() > REMINDERS_MAX;
    most_urgent_first(&mut items);
    items.truncate(REMINDERS_MAX);
    Ok(Reminders { items, more })
}

/// The forms of this month, and of the last one where they are still open.
async fn forms(tx: &mut Tx, feed: &FeedRow, now: Micros) -> Result<Vec<Reminder>, DbError> {
    let mut due = Vec::new();
    let this = now.local_month();
    for (month, title, kind) in [this.previous(), this]
        .into_iter()
        .flat_map(|month| [(month, "附件1", "appendix1"), (month, "附件2", "appendix2")])
    {
        let form = projections::find_form(tx, &feed.id, kind, &month.to_string()).await?;
        let state = form.map_or_else(|| "draft".to_owned(), |form| form.state);
        if ["draft", "village_submitted", "street_returned"].contains(&state.as_str()) {
            due.push(form_reminder(feed, (month, kind, title), &state, now));
        }
    }
    Ok(due)
}

fn form_reminder(
    feed: &FeedRow,
    (month, kind, title): (Month, &'static str, &str),
    state: &str,
    now: Micros,
) -> Reminder {
    let due_at = month.due_at();
    let overdue = due_at < now;
    let waits = if state == "village_submitted" { "已提交，待锁定" } else { "未提交" };
    let days =
        LocalDate::of(due_at.saturating_add(-1)).first_instant().since(LocalDate::of(now).first_instant()) / DAY_US;
    let text = if overdue {
        format!("{} {}{title}{waits}，已过上报时间", feed.name, month.to_chinese())
    } else {
        format!("{} {}{title}{waits}，距上报还有{days}天", feed.name, month.to_chinese())
    };
    Reminder {
        kind: "form",
        area: feed.id.clone(),
        record: None,
        form_kind: Some(kind),
        month: Some(month.to_string()),
        due_at,
        overdue,
        text,
    }
}

/// Adds what is due about the open hazards in one state: all of them are looked at, since the oldest are the most urgent, and as many
/// reminders kept as one answer holds.
async fn hazards(
    tx: &mut Tx,
    villages: &Villages,
    state: &str,
    in_time: (Micros, u32),
    items: &mut Vec<Reminder>,
) -> Result<(), DbError> {
    let filter = HazardFilter { state: Some(state.to_owned()), ..HazardFilter::default() };
    let mut after = None;
    loop {
        let page = Page { after, limit: HAZARDS_AT_ONCE };
        let rows = projections::list_hazards(tx, villages, &filter, page).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.found_at, last.id));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        for row in records::find_records(tx, &ids).await? {
            items.extend(about(&read_record(&row)?, row.number.as_deref().unwrap_or_default(), in_time));
        }
        most_urgent_first(items);
        items.truncate(REMINDERS_MAX + 1);
    }
}

/// What is due of this kind about a hazard, or about a form of the village, if it still is.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub(crate) async fn find_reminder(
    app: &App,
    tx: &mut Tx,
    village: &FeedRow,
    wanted: &ReminderToSend,
) -> Result<Option<Reminder>, DbError> {
    let due = match wanted.record {
        None => {
            let (kind, month) = (wanted.form_kind.as_deref(), wanted.month.as_deref());
            let form = projections::find_form(tx, &village.id, kind.unwrap_or_default(), month.unwrap_or_default());
            let handed_in = form.await?.is_some_and(|form| !is_to_hand_in(&form.state));
            if handed_in { Vec::new() } else { forms(tx, village, app.now()).await? }
        }
        Some(hazard) => {
            let rows = records::find_records(tx, &[hazard]).await?;
            let row = rows.first().filter(|row| row.kind == "hazard" && row.feed == village.id);
            let Some(row) = row else { return Ok(None) };
            due_of(app, &read_record(row)?, row.number.as_deref().unwrap_or_default())
        }
    };
    Ok(due.into_iter().find(|due| is_meant(due, wanted)))
}

/// Whether somebody still has to be reminded of this about a hazard (`deadline`, `dual_report`, `judge`).
pub(crate) fn is_still_due(app: &App, hazard: &Record, kind: &str) -> bool {
    due_of(app, hazard, "").iter().any(|due| due.kind == kind)
}

/// What is due about one hazard now; nothing once it is settled.
fn due_of(app: &App, hazard: &Record, number: &str) -> Vec<Reminder> {
    let state = hazard.shown_text("state").unwrap_or_default();
    let open = OPEN_STATES.contains(&state.as_str());
    if open { about(hazard, number, (app.now(), app.config.workflow.suspected_days)) } else { Vec::new() }
}

/// Whether a form in this state still has to be handed in.
pub(crate) fn is_to_hand_in(state: &str) -> bool {
    ["draft", "street_returned"].contains(&state)
}

fn most_urgent_first(items: &mut [Reminder]) {
    items.sort_by(|one, other| (one.due_at, &one.area, &one.text).cmp(&(other.due_at, &other.area, &other.text)));
}

/// What is due about one open hazard.
fn about(record: &Record, number: &str, (now, suspected_days): (Micros, u32)) -> Vec<Reminder> {
    let reminder = |kind, due_at: Micros, text: String| Reminder {
        kind,
        area: record.feed.as_str().to_owned(),
        record: Some(record.id.0),
        form_kind: None,
        month: None,
        due_at,
        overdue: due_at <= now,
        text,
    };
    let mut due = Vec::new();
    let deadline = record.shown_text("deadline").and_then(|day| day.parse::<LocalDate>().ok());
    if let Some(day) = deadline {
        let end = day.first_instant().saturating_add(DAY_US);
        if end <= now {
            due.push(reminder("deadline", end, format!("隐患{number}已逾期（时限{day}），请督促整改")));
        } else if end.since(now) <= DEADLINE_DAYS * DAY_US {
            due.push(reminder("deadline", end, format!("隐患{number}时限{day}将到，请督促整改")));
        }
    }
    let level = record.shown_text("level").unwrap_or_default();
    let after = |days| end_of_working_days(record.received_at, days);
    if level == "suspected" {
        due.push(reminder("judge", after(suspected_days), format!("隐患{number}为疑似重大，请尽快核定")));
    } else if level.is_empty() {
        due.push(reminder("judge", after(suspected_days), format!("隐患{number}没有等级，按疑似重大对待，请尽快核定")));
    }
    if level.starts_with("major") && record.shown("dual.regulator_at").is_none() {
        due.push(reminder("dual_report", after(DUAL_REPORT_WORKING_DAYS), format!("重大隐患{number}还没有“双报告”")));
    }
    due
}
