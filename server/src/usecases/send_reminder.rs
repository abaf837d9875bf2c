//! Sends one of the things that are due to somebody's phone, as a task. What a newcomer gets wrong: only what is due now can be sent, in the words of the
//! list, and once a day; that a phone got it changes nothing about the thing itself.

use crate::app::App;
use crate::usecases::act_error::ActError;
use crate::usecases::assign_task::{assignee_value, create_task};
use crate::usecases::caller::Caller;
use crate::usecases::hand_over_work::keeper;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::list_assignees::{assignable, people_of};
use crate::usecases::list_reminders::{Reminder, find_reminder};
use crate::usecases::list_tasks::TaskItem;
use crate::usecases::push_operations::read_record;
use paicha_db::feeds::FeedRow;
use paicha_db::{Tx, records};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::role::Role;
use sync_protocol::time::{LocalDate, Micros};
use uuid::Uuid;

/// Which thing, and whom to send it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderToSend {
    /// `form`, `deadline`, `dual_report`, `judge`.
    pub kind: String,
    /// Village.
    pub area: String,
    /// The hazard, where it is about one.
    pub record: Option<Uuid>,
    /// `appendix1` or `appendix2`, where it is about a form.
    pub form_kind: Option<String>,
    /// The form's month.
    pub month: Option<String>,
    /// Who; when nobody is named, whoever answers for the hazard, or the village's head for a form.
    pub assignee: Option<Uuid>,
}

/// Sends it; a second time on the same day answers what was sent.
///
/// # Errors
/// [`ActError`]; then nothing was stored.
pub async fn send_reminder(app: &Arc<App>, caller: &Caller, wanted: &ReminderToSend) -> Result<TaskItem, ActError> {
    let today = LocalDate::of(app.now());
    let mut tx = app.database.begin_read().await?;
    let village = assignable(&mut tx, caller, &wanted.area).await?;
    let due = find_reminder(app, &mut tx, &village, wanted).await?;
    let due = due.ok_or_else(|| ActError::Unsound("这件事现在不用提醒，可能已经办了，请刷新".to_owned()))?;
    let whom = match wanted.assignee {
        Some(person) => Some(assignee_value(&mut tx, &village, person).await?),
        None => answering(&mut tx, &village, wanted).await?,
    };
    tx.rollback().await?;
    let ReminderToSend { kind, area, record, form_kind, month, .. } = wanted;
    let id = keyed_id(app, &format!("remind/{kind}/{area}/{record:?}/{form_kind:?}/{month:?}/{today}"));
    let mut fields = BTreeMap::from([
        ("what".to_owned(), json!("remind")),
        ("reminds".to_owned(), json!(kind)),
        ("text".to_owned(), json!(due.text)),
        ("due".to_owned(), json!(last_day(due.due_at, today))),
    ]);
    let more = [
        ("hazard", record.map(|record| json!(record))),
        ("form_kind", form_kind.clone().map(|kind| json!(kind))),
        ("month", month.clone().map(|month| json!(month))),
        ("assignee", whom),
    ];
    fields.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    create_task(app, caller, &village, id, fields).await
}

/// The day by which it is asked for: its own, or today when that is over.
fn last_day(due_at: Micros, today: LocalDate) -> String {
    LocalDate::of(due_at.saturating_add(-1)).max(today).to_iso()
}

/// Who answers for it, if that person inspects there now and is the only one.
async fn answering(
    tx: &mut Tx,
    village: &FeedRow,
    wanted: &ReminderToSend,
) -> Result<Option<serde_json::Value>, ActError> {
    let people = people_of(tx, village).await?;
    let found = match wanted.record {
        Some(hazard) => {
            let rows = records::find_records(tx, &[hazard]).await?;
            let keeper = rows.first().map(read_record).transpose()?.map(|record| keeper(&record).0);
            people.into_iter().find(|one| Some(one.id) == keeper)
        }
        None => {
            let mut heads = people.into_iter().filter(|one| one.roles.contains(&Role::R2));
            heads.next().filter(|_| heads.next().is_none())
        }
    };
    Ok(found.map(|one| json!({ "user": one.id, "name": one.name })))
}

/// Whether this is the thing that is meant.
pub(crate) fn is_meant(due: &Reminder, wanted: &ReminderToSend) -> bool {
    due.kind == wanted.kind
        && due.area == wanted.area
        && due.record == wanted.record
        && due.form_kind == wanted.form_kind.as_deref()
        && due.month == wanted.month
}
