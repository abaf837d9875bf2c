//! The rows of a task and of the visit that answers one.

use super::{shown_clean, shown_uuid};
use paicha_db::projections::{TaskRow, TaskVisitRow};
use sync_protocol::record::Record;
use sync_protocol::time::{DAY_US, LocalDate};
use uuid::Uuid;

/// The person who is asked, by the record; nobody for the whole village.
pub(crate) fn assignee(record: &Record) -> Option<Uuid> {
    record.shown("assignee")?["user"].as_str()?.parse().ok()
}

/// The row of a task. What somebody wrote who may not assign says nothing, and is no task.
pub(crate) fn task(record: &Record) -> Option<TaskRow> {
    let what = shown_clean(record, "what")?;
    let day = record.shown_text("due").and_then(|day| day.parse::<LocalDate>().ok());
    let day = day.unwrap_or_else(|| LocalDate::of(record.created.at));
    Some(TaskRow {
        id: record.id.0,
        feed: record.feed.as_str().to_owned(),
        what,
        assignee: assignee(record),
        due_at: day.first_instant().saturating_add(DAY_US).as_micros(),
        made_at: record.created.at.as_micros(),
        cancelled: is_true(record, "cancelled"),
    })
}

/// The row of a visit that names a task: handed in and not voided.
pub(super) fn visit(record: &Record) -> Option<TaskVisitRow> {
    let submitted = record.submitted.as_ref().filter(|_| !is_true(record, "voided"))?;
    Some(TaskVisitRow {
        inspection: record.id.0,
        feed: record.feed.as_str().to_owned(),
        task: shown_uuid(record, "task")?,
        person: record.created.author.0,
        ended_at: submitted.at.as_micros(),
    })
}

fn is_true(record: &Record, field: &str) -> bool {
    record.shown(field).and_then(|flag| flag.as_bool()) == Some(true)
}
