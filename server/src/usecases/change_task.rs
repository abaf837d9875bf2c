//! Takes a task back, or asks somebody else. What a newcomer gets wrong: a task that was answered stays answered; taking it back is for what nobody is to do
//! any more.

use crate::app::App;
use crate::usecases::assign_task::{TaskError, assignee_value, check_words, due_day};
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::list_assignees::assignable;
use crate::usecases::list_tasks::{TaskItem, TaskState, find_task, find_task_record};
use crate::usecases::push_operations::{console_op, push_console_operations};
use crate::usecases::reading::ReadError;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::ops;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::op::{Body, Change};
use sync_protocol::record::Record;
use utoipa::ToSchema;
use uuid::Uuid;

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskChange {
    /// 取消.
    Cancel {
        /// Why.
        reason: String,
    },
    /// 改派, or another day.
    Reassign {
        /// Who; nobody for everybody who inspects there.
        #[serde(default)]
        assignee: Option<Uuid>,
        /// Day, YYYY-MM-DD.
        due: String,
    },
}

/// Does it; the same request again does nothing.
///
/// # Errors
/// [`TaskError`]; then nothing was stored.
pub async fn change_task(
    app: &Arc<App>,
    caller: &Caller,
    id: Uuid,
    request: Uuid,
    change: &TaskChange,
) -> Result<TaskItem, TaskError> {
    let op_id = keyed_id(app, &format!("task/{}/{id}/{request}/{change:?}", caller.user));
    let before = find_task(app, caller, id).await?;
    let mut tx = app.database.begin_read().await?;
    let record = find_task_record(&mut tx, id).await?.ok_or(ReadError::NotFound)?;
    let village = assignable(&mut tx, caller, record.feed.as_str()).await?;
    let known = !ops::find_answers(&mut tx, &[op_id]).await?.is_empty();
    let (fields, words) = match change {
        TaskChange::Cancel { reason } => (cancelled(reason)?, format!("取消：{}。{}", before.text, reason.trim())),
        TaskChange::Reassign { assignee, due } => {
            let whom = match assignee {
                Some(person) => assignee_value(&mut tx, &village, *person).await?,
                None => json!({}),
            };
            let due = if before.due == *due { due.clone() } else { due_day(app, due)? };
            let name = whom["name"].as_str().unwrap_or("全村（社区）排查员").to_owned();
            let words = format!("改派：{}，{name}，{due}前完成", before.text);
            (vec![("assignee", whom), ("due", json!(due))], words)
        }
    };
    tx.rollback().await?;
    if known {
        return Ok(before);
    }
    if matches!(before.state, TaskState::Done | TaskState::Cancelled) {
        return Err(TaskError::Unsound("该任务已完成或已取消，不能再改".to_owned()));
    }
    let op = console_op(app, caller, &record, record.rev, patch(&record, fields));
    push_console_operations(app, caller, vec![(op_id, op)]).await?;
    let entry = Entry::new(caller.actor(), Deed::TaskAct, Subject::record("task", id, None)).village(&village.id);
    write_audit_alone(app, entry.detail(words)).await?;
    find_task(app, caller, id).await.map_err(TaskError::from)
}

fn cancelled(reason: &str) -> Result<Vec<(&'static str, Value)>, TaskError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(TaskError::Unsound("请填写取消的原因".to_owned()));
    }
    check_words(reason)?;
    Ok(vec![("cancelled", json!(true)), ("cancelled_reason", json!(reason))])
}

/// The operation that writes these fields; one that says what is there already is left out.
fn patch(record: &Record, fields: Vec<(&'static str, Value)>) -> Body {
    let change = |(name, new): (&str, Value)| {
        let base = record.shown(name);
        (base.as_ref() != Some(&new)).then(|| (name.to_owned(), Change { base, new }))
    };
    Body::Patch(fields.into_iter().filter_map(change).collect::<BTreeMap<_, _>>())
}

/// The operation that asks another person, for whoever hands work over.
pub(crate) fn reassigned(record: &Record, person: Uuid, name: &str) -> Body {
    patch(record, vec![("assignee", json!({ "user": person, "name": name }))])
}
