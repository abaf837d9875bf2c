//! Asks somebody to make a visit: a record of kind `task`, made by an operation of whoever asks through the same push as a phone's, so that it reaches the
//! phones with the next pull. What a newcomer gets wrong: nothing says later that it was done; the visit that names it is that.

use crate::app::App;
use crate::usecases::act_error::ActError;
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::list_assignees::{assignable, people_of};
use crate::usecases::list_tasks::{TaskItem, find_task};
use crate::usecases::push_operations::{new_console_op, push_console_operations};
use crate::usecases::reading::ReadError;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::feeds::FeedRow;
use paicha_db::projections::find_places;
use paicha_db::{Tx, accounts, records};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::op::Body;
use sync_protocol::time::{DAY_US, LocalDate};
use uuid::Uuid;

/// Days ahead for which somebody can be asked.
const DAYS_AHEAD_MAX: i64 = 400;
/// Longest name of a place that is not registered, in characters.
const PLACE_CHARS_MAX: usize = 100;
/// Longest note or reason, in characters.
pub(super) const WORDS_CHARS_MAX: usize = 500;
/// Kinds of visits that somebody can be asked for; a review follows from its hazard, and what an enterprise does itself nobody is sent for.
/// A covert one would be told to the whole village, whose phones get its tasks.
const ASKED_KINDS: [&str; 7] = ["patrol", "special", "spot", "open", "supervise", "leader", "guide"];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Made by the asker; the same one again does nothing twice.
    pub request: Uuid,
    /// The village.
    pub village: String,
    /// Kind of visit.
    pub visit_kind: String,
    /// A registered place of the village.
    pub place: Option<Uuid>,
    /// Another place, by its name; neither for the whole village.
    pub free_place: Option<String>,
    /// Who; nobody for everybody who inspects there.
    pub assignee: Option<Uuid>,
    /// Day, YYYY-MM-DD.
    pub due: String,
    /// 工作要求.
    pub note: Option<String>,
}

/// Asks for it.
///
/// # Errors
/// [`ActError`]; then nothing was stored.
pub async fn assign_task(app: &Arc<App>, caller: &Caller, wanted: &Assignment) -> Result<TaskItem, ActError> {
    let mut tx = app.database.begin_read().await?;
    let village = assignable(&mut tx, caller, &wanted.village).await?;
    let mut fields = BTreeMap::from([
        ("what".to_owned(), json!("inspect")),
        ("visit_kind".to_owned(), json!(asked_kind(&wanted.visit_kind)?)),
        ("due".to_owned(), json!(due_day(app, &wanted.due)?)),
    ]);
    fields.extend(place(&mut tx, &village, wanted).await?);
    let note = wanted.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    if let Some(note) = note {
        check_words(note)?;
        fields.insert("note".to_owned(), json!(note));
    }
    if let Some(person) = wanted.assignee {
        fields.insert("assignee".to_owned(), assignee_value(&mut tx, &village, person).await?);
    }
    tx.rollback().await?;
    let id = keyed_id(app, &format!("task/{}/{wanted:?}", caller.user));
    create_task(app, caller, &village, id, fields).await
}

/// Stores a task and tells the audit log; one that is there already stays as it is.
///
/// # Errors
/// [`ActError`]; then nothing was stored.
pub(super) async fn create_task(
    app: &Arc<App>,
    caller: &Caller,
    village: &FeedRow,
    id: Uuid,
    mut fields: BTreeMap<String, Value>,
) -> Result<TaskItem, ActError> {
    let mut tx = app.database.begin_read().await?;
    let known = !records::find_records(&mut tx, &[id]).await?.is_empty();
    let asker = accounts::find_user(&mut tx, caller.user.0).await?.ok_or(ReadError::NotFound)?;
    tx.rollback().await?;
    if known {
        return find_task(app, caller, id).await.map_err(ActError::from);
    }
    fields.insert("assigned_by".to_owned(), json!({ "user": asker.id, "name": asker.name }));
    let op = new_console_op(app, caller, ("task", &village.id, id), Body::Create(fields)).map_err(ActError::Unsound)?;
    push_console_operations(app, caller, vec![(keyed_id(app, &format!("create/{id}")), op)]).await?;
    let made = find_task(app, caller, id).await?;
    let entry = Entry::new(caller.actor(), Deed::TaskAct, Subject::record("task", id, None)).village(&village.id);
    let whom = made.assignee_name.clone().unwrap_or_else(|| "全村（社区）排查员".to_owned());
    write_audit_alone(app, entry.detail(format!("{}，派给{whom}", made.text))).await?;
    Ok(made)
}

/// The day, if it can be asked for.
pub(super) fn due_day(app: &App, text: &str) -> Result<String, ActError> {
    let day: LocalDate = text.parse().map_err(|_| ActError::Unsound("完成时限应写成 2023-06-30 的样子".to_owned()))?;
    let days = day.first_instant().since(LocalDate::of(app.now()).first_instant()) / DAY_US;
    if (0..=DAYS_AHEAD_MAX).contains(&days) {
        Ok(day.to_iso())
    } else {
        Err(ActError::Unsound("完成时限不能早于今天，也不能晚于一年以后".to_owned()))
    }
}

/// The person as a record names them, if they inspect in the village.
pub(super) async fn assignee_value(tx: &mut Tx, village: &FeedRow, person: Uuid) -> Result<Value, ActError> {
    let people = people_of(tx, village).await?;
    let one = people.into_iter().find(|one| one.id == person);
    let one = one.ok_or_else(|| ActError::Unsound("承办人现在不在该村（社区）负责排查，请另选".to_owned()))?;
    Ok(json!({ "user": one.id, "name": one.name }))
}

/// Words of a person, within their length.
pub(super) fn check_words(words: &str) -> Result<(), ActError> {
    if words.chars().count() <= WORDS_CHARS_MAX {
        return Ok(());
    }
    Err(ActError::Unsound(format!("文字不能超过{WORDS_CHARS_MAX}字")))
}

fn asked_kind(kind: &str) -> Result<&str, ActError> {
    let known = ASKED_KINDS.contains(&kind);
    if known { Ok(kind) } else { Err(ActError::Unsound("请选择排查类型".to_owned())) }
}

/// Where to: a registered place of the village, another by its name, or nowhere in particular.
async fn place(tx: &mut Tx, village: &FeedRow, wanted: &Assignment) -> Result<Option<(String, Value)>, ActError> {
    let free = wanted.free_place.as_deref().map(str::trim).filter(|name| !name.is_empty());
    match (wanted.place, free) {
        (None, None) => Ok(None),
        (None, Some(name)) if name.chars().count() <= PLACE_CHARS_MAX => {
            Ok(Some(("free_place".to_owned(), json!({ "name": name }))))
        }
        (None, Some(_)) => Err(ActError::Unsound(format!("排查地点不能超过{PLACE_CHARS_MAX}字"))),
        (Some(id), None) => {
            let found = find_places(tx, &[id]).await?.into_iter().any(|place| place.feed == village.id);
            if found { Ok(Some(("place".to_owned(), json!(id)))) } else { Err(ReadError::NotFound.into()) }
        }
        (Some(_), Some(_)) => Err(ActError::Unsound("登记的场所和其他地点只能选一个".to_owned())),
    }
}
