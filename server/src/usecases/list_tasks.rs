//! Tasks in the caller's villages: what was asked, of whom, and whether it is done. What a newcomer gets wrong: nobody says that one is done; a visit that
//! names it says so, and a reminder is done when there is nothing left to be reminded of.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::list_reminders::{is_still_due, is_to_hand_in};
use crate::usecases::projection::task_assignee;
use crate::usecases::push_operations::read_record;
use crate::usecases::reading::{
    PageOf, PageQuery, ReadError, area_names, cursor, instant, narrow, readable, shows_place,
};
use paicha_db::projections::{
    self, Page, PlaceRow, TaskFilter, TaskRow, TaskVisitRow, find_places, list_visits_of_tasks,
};
use paicha_db::records::RecordRow;
use paicha_db::{DbError, Tx, accounts, records};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::record::Record;
use sync_protocol::time::Micros;
use sync_protocol::words::word;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows looked at in one go, of which those in the wanted state are kept.
const ROWS_AT_ONCE: i64 = 200;

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// To be done, in time.
    Open,
    /// To be done, and its day is over.
    Overdue,
    /// A visit names it, or there is nothing left to be reminded of.
    Done,
    /// Taken back.
    Cancelled,
}

/// Which tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Village or subdistrict.
    pub village: Option<String>,
    /// Asked of this person.
    pub assignee: Option<Uuid>,
    /// `open` (overdue ones too), `overdue`, `done`, `cancelled`; all when absent.
    pub state: Option<String>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskItem {
    /// The record.
    pub id: Uuid,
    /// Its revision, which a change names.
    pub rev: i64,
    /// Village it is about.
    pub village: String,
    /// What people call that.
    pub village_name: String,
    /// `inspect` or `remind`.
    pub what: String,
    /// All of it in one line.
    pub text: String,
    /// Kind of the visit, by its code.
    pub visit_kind: Option<String>,
    /// The registered place.
    pub place: Option<Uuid>,
    /// What people call the place.
    pub place_name: Option<String>,
    /// The hazard somebody is reminded of.
    pub hazard: Option<Uuid>,
    /// Who is asked; nobody for everybody who inspects there.
    pub assignee: Option<Uuid>,
    /// Their name.
    pub assignee_name: Option<String>,
    /// Who asked.
    pub assigned_by: String,
    /// When.
    pub made_at: Micros,
    /// Day, `2023-06-30`.
    pub due: String,
    /// 工作要求.
    pub note: Option<String>,
    /// How far it has come.
    pub state: TaskState,
    /// The visit that answered it.
    pub visit: Option<Uuid>,
    /// Who made that visit.
    pub done_by: Option<String>,
    /// When it was handed in.
    pub done_at: Option<Micros>,
    /// Why it was taken back.
    pub cancelled_reason: Option<String>,
}

impl TaskQuery {
    fn filter(&self) -> TaskFilter {
        let (cancelled, visited) = match self.state.as_deref() {
            Some("open" | "overdue") => (Some(false), Some(false)),
            Some("done") => (Some(false), None),
            Some("cancelled") => (Some(true), None),
            Some(_) | None => (None, None),
        };
        let backwards = !matches!(self.state.as_deref(), Some("open" | "overdue"));
        TaskFilter { assignee: self.assignee, cancelled, visited, backwards }
    }

    fn wants(&self, state: TaskState) -> bool {
        match self.state.as_deref() {
            Some("open") => matches!(state, TaskState::Open | TaskState::Overdue),
            Some("overdue") => state == TaskState::Overdue,
            Some("done") => state == TaskState::Done,
            Some("cancelled") => state == TaskState::Cancelled,
            Some(_) | None => true,
        }
    }
}

/// One page of tasks: those to be done by their day, the first due first; others the last due first.
///
/// # Errors
/// [`ReadError`].
pub async fn list_tasks(
    app: &App,
    caller: &Caller,
    query: &TaskQuery,
    page: &PageQuery,
) -> Result<PageOf<TaskItem>, ReadError> {
    let list = ("tasks", query);
    let mut after = cursor::open::<(i64, Uuid)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadFindings)?, query.village.as_deref()).await?;
    let mut found: Vec<((i64, Uuid), TaskItem)> = Vec::new();
    let wanted = usize::try_from(limit + 1).unwrap_or(usize::MAX);
    loop {
        let page = Page { after, limit: ROWS_AT_ONCE };
        let rows = projections::list_tasks(&mut tx, &villages, &query.filter(), page).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.due_at, last.id));
        let keys: Vec<(i64, Uuid)> = rows.iter().map(|row| (row.due_at, row.id)).collect();
        let items = task_items(app, &mut tx, rows).await?;
        found.extend(keys.into_iter().zip(items).filter(|(_, item)| query.wants(item.state)));
        if found.len() >= wanted {
            found.truncate(wanted);
            break;
        }
    }
    tx.rollback().await?;
    let next = cursor::cut(app, caller, list, &mut found, limit, |(key, _)| *key)?;
    Ok(PageOf { items: found.into_iter().map(|(_, item)| item).collect(), next })
}

/// One task of the caller's villages.
///
/// # Errors
/// [`ReadError`].
pub(crate) async fn find_task(app: &App, caller: &Caller, id: Uuid) -> Result<TaskItem, ReadError> {
    let villages = readable(caller, Action::AssignTasks)?;
    let mut tx = app.database.begin_read().await?;
    let record = find_task_record(&mut tx, id).await?.filter(|record| villages.contain(record.feed.as_str()));
    let row = record.and_then(|record| crate::usecases::projection::task_row(&record));
    let items = task_items(app, &mut tx, row.into_iter().collect()).await?;
    tx.rollback().await?;
    items.into_iter().next().ok_or(ReadError::NotFound)
}

/// The record of a task.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub(crate) async fn find_task_record(tx: &mut Tx, id: Uuid) -> Result<Option<Record>, DbError> {
    let row = records::find_records(tx, &[id]).await?.into_iter().find(|row| row.kind == "task");
    row.as_ref().map(read_record).transpose()
}

/// What the rows of a page need: records, places, hazards, visits, names.
struct Around {
    tasks: BTreeMap<Uuid, Record>,
    hazards: BTreeMap<Uuid, Record>,
    places: BTreeMap<Uuid, PlaceRow>,
    visits: BTreeMap<Uuid, TaskVisitRow>,
    villages: BTreeMap<String, String>,
    people: BTreeMap<Uuid, String>,
    forms: BTreeMap<Uuid, String>,
}

async fn task_items(app: &App, tx: &mut Tx, rows: Vec<TaskRow>) -> Result<Vec<TaskItem>, ReadError> {
    let around = around(tx, &rows).await?;
    Ok(rows.into_iter().filter_map(|row| item(app, row, &around)).collect())
}

async fn around(tx: &mut Tx, rows: &[TaskRow]) -> Result<Around, ReadError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let tasks = read_all(&records::find_records(tx, &ids).await?)?;
    let named =
        |field: &str| -> Vec<Uuid> { tasks.values().filter_map(|task| task.shown_text(field)?.parse().ok()).collect() };
    let (places, hazards) = (named("place"), named("hazard"));
    let hazards = read_all(&records::find_records(tx, &hazards).await?)?;
    let places = find_places(tx, &places).await?.into_iter().map(|place| (place.id, place)).collect();
    let mut visits = BTreeMap::new();
    for visit in list_visits_of_tasks(tx, &ids).await? {
        visits.entry(visit.task).or_insert(visit);
    }
    let mut people = BTreeMap::new();
    for person in visits.values().map(|visit| visit.person) {
        if !people.contains_key(&person)
            && let Some(user) = accounts::find_user(tx, person).await?
        {
            people.insert(person, user.name);
        }
    }
    let mut forms = BTreeMap::new();
    for (id, task) in tasks.iter().filter(|(_, task)| task.shown_text("reminds").as_deref() == Some("form")) {
        let (kind, month) = (task.shown_text("form_kind"), task.shown_text("month"));
        let (kind, month) = (kind.unwrap_or_default(), month.unwrap_or_default());
        let form = projections::find_form(tx, task.feed.as_str(), &kind, &month).await?;
        forms.insert(*id, form.map_or_else(|| "draft".to_owned(), |form| form.state));
    }
    let villages = area_names(tx, rows.iter().map(|row| row.feed.as_str())).await?;
    Ok(Around { tasks, hazards, places, visits, villages, people, forms })
}

fn read_all(rows: &[RecordRow]) -> Result<BTreeMap<Uuid, Record>, DbError> {
    rows.iter().map(|row| Ok((row.id, read_record(row)?))).collect()
}

fn item(app: &App, row: TaskRow, around: &Around) -> Option<TaskItem> {
    let record = around.tasks.get(&row.id)?;
    let visit = around.visits.get(&row.id);
    let text = |field: &str| record.shown_text(field);
    let id = |field: &str| -> Option<Uuid> { text(field)?.parse().ok() };
    let name = |field: &str| Some(record.shown(field)?["name"].as_str()?.to_owned());
    let place = id("place").and_then(|place| around.places.get(&place));
    let place = place.filter(|place| shows_place(&place.feed, &row.feed, &row.feed));
    let place_name = place.map(|place| place.name.clone()).or_else(|| name("free_place"));
    let visit_kind = text("visit_kind");
    let kind_text = visit_kind.as_deref().and_then(|kind| word("task", "visit_kind", kind)).unwrap_or("排查");
    let village_name = around.villages.get(&row.feed).cloned().unwrap_or_default();
    let words = match text("text") {
        Some(text) => text,
        None => format!("{kind_text}：{}", place_name.as_deref().unwrap_or(&village_name)),
    };
    Some(TaskItem {
        id: row.id,
        rev: record.rev,
        text: words,
        place_name,
        visit_kind,
        place: place.map(|place| place.id),
        hazard: id("hazard"),
        assignee: task_assignee(record),
        assignee_name: name("assignee"),
        assigned_by: name("assigned_by").unwrap_or_default(),
        made_at: instant(row.made_at),
        due: text("due").unwrap_or_default(),
        note: text("note"),
        state: state(app, &row, record, around),
        visit: visit.map(|visit| visit.inspection),
        done_by: visit.and_then(|visit| around.people.get(&visit.person).cloned()),
        done_at: visit.map(|visit| instant(visit.ended_at)),
        cancelled_reason: text("cancelled_reason"),
        village_name,
        village: row.feed,
        what: row.what,
    })
}

fn state(app: &App, row: &TaskRow, record: &Record, around: &Around) -> TaskState {
    let is_done = match row.what.as_str() {
        "remind" => !is_reminder_due(app, row, record, around),
        _ => around.visits.contains_key(&row.id),
    };
    match (row.cancelled, is_done) {
        (true, _) => TaskState::Cancelled,
        (false, true) => TaskState::Done,
        (false, false) if row.due_at <= app.now().as_micros() => TaskState::Overdue,
        (false, false) => TaskState::Open,
    }
}

fn is_reminder_due(app: &App, row: &TaskRow, record: &Record, around: &Around) -> bool {
    if let Some(state) = around.forms.get(&row.id) {
        return is_to_hand_in(state);
    }
    let hazard = record.shown_text("hazard").and_then(|id| around.hazards.get(&id.parse().ok()?));
    let hazard = hazard.filter(|hazard| hazard.feed == record.feed);
    hazard.is_some_and(|hazard| is_still_due(app, hazard, &record.shown_text("reminds").unwrap_or_default()))
}
