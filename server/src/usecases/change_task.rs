//! Takes a task back, or asks somebody else. What a newcomer gets wrong: a task that was answered stays answered; taking it back is for what nobody is to do
//! any more.

use crate::app::App;
use crate::usecases::act_error::ActError;
use crate::usecases::assign_task::{assignee_value, check_words, due_day};
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::list_assignees::assignable;
use crate::usecases::list_tasks::{TaskItem, TaskState, find_task, find_task_record};
use crate::usecases::push_operations::{console_op, patch, push_console_operations};
use crate::usecases::reading::ReadError;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::ops;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
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
/// [`ActError`]; then nothing was stored.
pub async fn change_task(
    app: &Arc<App>,
    caller: &Caller,
    id: Uuid,
    request: Uuid,
    change: &TaskChange,
) -> Result<TaskItem, ActError> {
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
        return Err(ActError::Unsound("该任务已完成或已取消，不能再改".to_owned()));
    }
    let op = console_op(app, caller, &record, record.rev, patch(&record, fields));
    push_console_operations(app, caller, vec![(op_id, op)]).await?;
    let entry = Entry::new(caller.actor(), Deed::TaskAct, Subject::record("task", id, None)).village(&village.id);
    write_audit_alone(app, entry.detail(words)).await?;
    find_task(app, caller, id).await.map_err(ActError::from)
}

fn cancelled(reason: &str) -> Result<Vec<(&'static str, Value)>, ActError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(ActError::Unsound("请填写取消的原因".to_owned()));
    }
    check_words(reason)?;
    Ok(vec![("cancelled", json!(true)), ("cancelled_reason", json!(reason))])
}
