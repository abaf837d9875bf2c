//! What people do with a form: hand in, return, lock, ask for a correction, agree to it. What a newcomer gets wrong: two people may press at
//! once. Both events have the same place in the form's record and the same operation id, so one is stored, and the other is told who was first.

use super::checks::{self, Check};
use super::content::{self, FormContent, Purpose};
use super::{FormQuery, LifeError, Loaded, allow, in_force, load, read_form_life, view::FormView};
use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::push_operations::{push_server_operations, server_patch};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::accounts;
use serde::Deserialize;
use std::collections::BTreeMap;
use sync_protocol::canonical::to_json;
use sync_protocol::form::{FormAction, FormEvent};
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::op::{Body, Op};
use sync_protocol::time::Micros;
use utoipa::ToSchema;

/// What somebody does with a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormAct {
    /// `submit`, `return`, `lock`, `request_correction`, `approve_correction` or `refuse_correction`.
    pub action: String,
    /// Why; needed for everything but handing in and locking.
    #[serde(default)]
    pub reason: Option<String>,
    /// Explanations by check: `{"W2": "确未发现", "B3": "手机丢失"}`. `W1` is the 零报告.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub explained: BTreeMap<String, String>,
}

/// Does it.
///
/// # Errors
/// [`LifeError`]; then nothing was stored but, perhaps, a content that nobody refers to.
pub async fn act_on_form(app: &App, caller: &Caller, query: &FormQuery, act: &FormAct) -> Result<FormView, LifeError> {
    let action: FormAction = serde_json::from_value(act.action.clone().into())
        .map_err(|_| LifeError::Unsound(format!("没有“{}”这种操作", act.action)))?;
    let at = app.now();
    let mut tx = app.database.begin_read().await?;
    let loaded = load(&mut tx, caller, query).await?;
    allow(caller, needed(action), &loaded.area)?;
    loaded.life.check(action, caller.user)?;
    let reason = act.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_none() && !matches!(action, FormAction::Submit | FormAction::Lock) {
        return Err(LifeError::Unsound("请填写原因".to_owned()));
    }
    let standing = in_force(&mut tx, &loaded.life).await?;
    let place = (&loaded.area, loaded.villages.as_slice());
    let config = &app.config;
    let which = (query.kind, query.month);
    let content: Option<FormContent> = match action {
        FormAction::Submit => Some(content::compute(&mut tx, which, place, config, at, Purpose::HandIn).await?),
        FormAction::RequestCorrection => {
            let purpose = standing.as_ref().map_or(Purpose::HandIn, Purpose::Correct);
            Some(content::compute(&mut tx, which, place, config, at, purpose).await?)
        }
        FormAction::Return | FormAction::Lock | FormAction::ApproveCorrection | FormAction::RefuseCorrection => None,
    };
    if let Some(checked) = content.as_ref().or(standing.as_ref().filter(|_| action == FormAction::Lock)) {
        let found = checks::check(app, &mut tx, which, place, checked).await?;
        // What was explained when it was handed in holds for the lock of that content, and for nothing later.
        let handed_in = loaded.events.last().filter(|_| action == FormAction::Lock).map(|event| &event.explained);
        settle(caller, &loaded, &found, (&act.explained, handed_in))?;
    }
    let by_name = accounts::find_user(&mut tx, caller.user.0).await?.map(|user| user.name).unwrap_or_default();
    tx.rollback().await?;
    let event = FormEvent {
        action,
        at,
        by: caller.user,
        by_name,
        reason: reason.map(str::to_owned),
        content: None,
        explained: act.explained.clone(),
        token: app.ids.new_id().to_string(),
    };
    let label = format!("{} {} {}", query.kind.title(), loaded.area.name, query.month.to_chinese());
    let words =
        event.reason.as_ref().map_or_else(|| title(action).to_owned(), |reason| format!("{}：{reason}", title(action)));
    write(app, query, &loaded, event, content).await?;
    let subject = Subject { kind: "form", id: format!("{}/{}", query.kind.code(), query.month), text: label };
    let entry = Entry::new(caller.actor(), Deed::FormAct, subject).village(&loaded.area.id);
    write_audit_alone(app, entry.detail(words)).await?;
    read_form_life(app, caller, query).await
}

/// What it is called.
fn title(action: FormAction) -> &'static str {
    match action {
        FormAction::Submit => "提交",
        FormAction::Return => "退回",
        FormAction::Lock => "锁定",
        FormAction::RequestCorrection => "申请更正",
        FormAction::ApproveCorrection => "同意更正",
        FormAction::RefuseCorrection => "不同意更正",
    }
}

fn needed(action: FormAction) -> Action {
    match action {
        FormAction::Submit => Action::SubmitForm,
        FormAction::Return | FormAction::Lock | FormAction::RequestCorrection => Action::LockForm,
        FormAction::ApproveCorrection | FormAction::RefuseCorrection => Action::UnlockForm,
    }
}

/// Every hard check must be gone, or be one that the subdistrict overrides with a reason; every other one needs words.
fn settle(
    caller: &Caller,
    loaded: &Loaded,
    found: &[Check],
    (explained, handed_in): (&BTreeMap<String, String>, Option<&BTreeMap<String, String>>),
) -> Result<(), LifeError> {
    let words = |code: &str| {
        let said = explained.get(code).or(handed_in.and_then(|words| words.get(code)));
        said.is_some_and(|words| !words.trim().is_empty())
    };
    let overrides = caller.may(Action::LockForm, Some(&loaded.area.id));
    let stands = |check: &&Check| {
        if check.hard { !(check.may_override && overrides && words(check.code)) } else { !words(check.code) }
    };
    let left: Vec<Check> = found.iter().filter(stands).cloned().collect();
    if left.is_empty() { Ok(()) } else { Err(LifeError::Blocked(left)) }
}

/// Writes the event as an operation of the server's own, and finds out whether somebody else was first.
async fn write(
    app: &App,
    query: &FormQuery,
    loaded: &Loaded,
    event: FormEvent,
    content: Option<FormContent>,
) -> Result<(), LifeError> {
    let feed: FeedId = loaded.area.id.parse().map_err(|_| LifeError::NotAllowed)?;
    let record: RecordId =
        loaded.record.unwrap_or_else(|| keyed_id(app, &format!("form/{}", name(query, &feed)))).into();
    let mut event = event;
    if let Some(content) = content {
        let mut tx = app.database.begin_write().await?;
        event.content = Some(content::keep(&mut tx, record, content).await?);
        tx.commit().await?;
    }
    let number = loaded.events.len() + 1;
    let field = format!("event.{number:04}");
    let mut ops = Vec::new();
    if loaded.record.is_none() {
        let id = keyed_id(app, &format!("form/create/{}", name(query, &feed)));
        ops.push((id, creation(app, query, feed.clone(), record)));
    }
    let value = serde_json::from_str(&to_json(&event)).unwrap_or_default();
    let id = keyed_id(app, &format!("form/event/{}/{number}", name(query, &feed)));
    ops.push((id, server_patch(app, feed, record, vec![(&field, value)])));
    push_server_operations(app, ops).await?;
    let mut tx = app.database.begin_read().await?;
    let rows = paicha_db::records::find_records(&mut tx, &[record.0]).await?;
    tx.rollback().await?;
    let events = match rows.first() {
        Some(row) => crate::usecases::projection::form_events(&crate::usecases::push_operations::read_record(row)?),
        None => Vec::new(),
    };
    match events.get(number - 1) {
        Some(stored) if stored.token == event.token => Ok(()),
        Some(first) => Err(LifeError::Overtaken(format!("已由{}先办理，请刷新后查看", first.by_name))),
        None => Err(LifeError::Overtaken("没有办成，请刷新后重试".to_owned())),
    }
}

fn name(query: &FormQuery, feed: &FeedId) -> String {
    format!("{}/{}/{}", query.kind.code(), feed.as_str(), query.month)
}

fn creation(app: &App, query: &FormQuery, feed: FeedId, record: RecordId) -> Op {
    let mut op = server_patch(app, feed.clone(), record, Vec::new());
    let fields = [
        ("form_kind", query.kind.code().to_owned()),
        ("area", feed.as_str().to_owned()),
        ("month", query.month.to_string()),
    ];
    op.head.kind = "create".to_owned();
    op.head.record_kind = Some("form".to_owned());
    op.body = Body::Create(fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect());
    op
}

/// For callers that only want the instant of an event.
pub(super) fn newest(events: &[FormEvent]) -> Option<Micros> {
    events.last().map(|event| event.at)
}
