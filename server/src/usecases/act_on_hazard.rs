//! What a person at the console does about a hazard (or, where it applies, an inspection): judge, order, confirm, accept, close, reopen, list, link, answer a proposal. Each act
//! becomes operations of that person, through the same push as a phone's, so the same rules decide and the same ledger keeps them. What a
//! newcomer gets wrong: nothing is decided here, not even who may; an act without enough people waits like any other.

mod act;
mod steps;

pub use act::{Act, ListingLevel};

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::act_error::ActError;
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::load_linked::load_linked;
use crate::usecases::push_operations::{console_op, push_console_operations, read_record};
use crate::usecases::read_record::is_readable;
use crate::usecases::reading::{ReadError, readable};
use crate::usecases::wording::{field_title, outcome_words, status_words};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::{DbError, ops, records};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::canonical::to_json;
use sync_protocol::merge::{Outcome, is_merged_away};
use sync_protocol::record::{Record, Verdict};
use utoipa::ToSchema;
use uuid::Uuid;

/// An act as it was asked for.
#[derive(Debug, Clone)]
pub struct ActRequest {
    /// Kind of the record: `hazard`, or `inspection` for what can be done about one.
    pub kind: &'static str,
    /// The record.
    pub record: Uuid,
    /// Made by the asker; the same one again gives the same answer and does nothing.
    pub request: Uuid,
    /// The revision of the record that the person saw.
    pub base_rev: i64,
    /// What they do.
    pub act: Act,
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActDone {
    /// The operations it became, in order.
    pub operations: Vec<ActOperation>,
    /// Revision of the record afterwards.
    pub rev: i64,
    /// Its state now.
    pub state: String,
    /// Its level now.
    pub level: Option<String>,
    /// What it came to, in words.
    pub text_zh: String,
}

/// One operation of an act.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActOperation {
    /// Its id; a second person's approval names it.
    pub op: Uuid,
    /// `applied`, `merged`, `review`, ...
    pub status: String,
    /// Fields that did not simply take the value, with what became of them.
    #[schema(value_type = Object)]
    pub fields: BTreeMap<String, String>,
    /// What has to be added before it counts.
    pub lacks: Vec<String>,
}

/// Does it.
///
/// # Errors
/// [`ActError`]; then nothing was stored.
pub async fn act_on_hazard(app: &Arc<App>, caller: &Caller, request: ActRequest) -> Result<ActDone, ActError> {
    let record = find_record(app, caller, request.kind, request.record).await?;
    if let Act::LinkDuplicate { survivor, .. } = &request.act {
        let survivor = find_record(app, caller, "hazard", *survivor).await?;
        steps::check_link(&record, &survivor).map_err(ActError::Unsound)?;
    }
    check_agreement(app, caller, &record, &request.act).await?;
    let allowed = request.kind == "hazard"
        || matches!(request.act, Act::ClearFlag { .. } | Act::Settle { .. } | Act::Decide { .. });
    if !allowed {
        return Err(ActError::Unsound("排查记录只能处理提示、更正内容和答复申请".to_owned()));
    }
    let bodies = steps::steps(&record, &request.act).map_err(ActError::Unsound)?;
    let ids: Vec<Uuid> = (0..bodies.len()).map(|index| op_id(app, caller, &request, index)).collect();
    let mut outcomes = stored_outcomes(app, &ids).await?;
    let is_new = outcomes.is_empty();
    if is_new {
        let ops = bodies.into_iter().map(|body| console_op(app, caller, &record, request.base_rev, body));
        let pushed = push_console_operations(app, caller, ids.iter().copied().zip(ops).collect()).await?;
        outcomes = pushed.results.into_iter().map(|result| result.outcome).collect();
    }
    let record = find_record(app, caller, request.kind, request.record).await?;
    let done = done(&record, &ids, &outcomes);
    if is_new {
        let number = number_of(app, request.record).await?;
        let deed = if request.kind == "hazard" { Deed::HazardAct } else { Deed::InspectionAct };
        let subject = Subject::record(request.kind, request.record, number.as_deref());
        let entry = Entry::new(caller.actor(), deed, subject).village(record.feed.as_str());
        write_audit_alone(app, entry.detail(format!("{}：{}", request.act.title(), done.text_zh))).await?;
    }
    Ok(done)
}

/// Whoever agrees to a link must not close a circle: the hazard that would stay has not been merged itself meanwhile.
async fn check_agreement(app: &App, caller: &Caller, record: &Record, act: &Act) -> Result<(), ActError> {
    let Act::Decide { op, verdict: Verdict::Approve, .. } = act else { return Ok(()) };
    let links = record.pending.iter().filter(|pending| pending.field == "duplicate_of" && pending.stamp.op.0 == *op);
    for survivor in links.filter_map(|pending| pending.value.as_str()?.parse().ok()) {
        let survivor = find_record(app, caller, "hazard", survivor).await?;
        let mut tx = app.database.begin_read().await?;
        let linked = load_linked(&mut tx, &[&survivor]).await?;
        tx.rollback().await?;
        if is_merged_away(&survivor, &linked, None) {
            return Err(ActError::Unsound("保留的那条隐患已合并到别处，请先解除其中一条合并".to_owned()));
        }
    }
    Ok(())
}

async fn number_of(app: &App, id: Uuid) -> Result<Option<String>, DbError> {
    let mut tx = app.database.begin_read().await?;
    let row = records::find_records(&mut tx, &[id]).await?.into_iter().next();
    tx.rollback().await?;
    Ok(row.and_then(|row| row.number))
}

async fn find_record(app: &App, caller: &Caller, kind: &str, id: Uuid) -> Result<Record, ActError> {
    let villages = readable(caller, Action::ActOnFindings)?;
    let mut tx = app.database.begin_read().await?;
    let row = records::find_records(&mut tx, &[id]).await?.into_iter().find(|row| row.kind == kind);
    let row = row.ok_or(ReadError::NotFound)?;
    let readable = is_readable(&mut tx, &villages, &row).await?;
    tx.rollback().await?;
    if !readable {
        return Err(ReadError::NotFound.into());
    }
    Ok(read_record(&row)?)
}

/// Ids follow from the asker, the request and what is asked, so that asking twice does nothing twice, another act under the same request is
/// another act, and nobody else can take them.
fn op_id(app: &App, caller: &Caller, request: &ActRequest, index: usize) -> Uuid {
    let ActRequest { record, request, act, .. } = request;
    keyed_id(app, &format!("act/{}/{record}/{request}/{index}/{act:?}", caller.user))
}

async fn stored_outcomes(app: &App, ids: &[Uuid]) -> Result<Vec<Outcome>, ActError> {
    let mut tx = app.database.begin_read().await?;
    let answers = ops::find_answers(&mut tx, ids).await?;
    tx.rollback().await?;
    let of = |id: &Uuid| answers.iter().find(|answer| answer.id == *id);
    Ok(ids.iter().filter_map(|id| serde_json::from_str(&of(id)?.outcome).ok()).collect())
}

fn done(record: &Record, ids: &[Uuid], outcomes: &[Outcome]) -> ActDone {
    let operations: Vec<ActOperation> =
        ids.iter().zip(outcomes).map(|(id, outcome)| operation(record, *id, outcome)).collect();
    ActDone {
        rev: record.rev,
        state: record.shown_text("state").unwrap_or_default(),
        level: record.shown_text("level"),
        text_zh: text(record, outcomes, &operations),
        operations,
    }
}

fn operation(record: &Record, op: Uuid, outcome: &Outcome) -> ActOperation {
    let plain = |value: String| value.trim_matches('"').to_owned();
    let waits = record.waiting().into_iter().filter(|waiting| waiting.stamp.op.0 == op);
    ActOperation {
        op,
        status: plain(to_json(&outcome.status)),
        fields: outcome.fields.iter().map(|(name, what)| (name.clone(), plain(to_json(what)))).collect(),
        lacks: waits.flat_map(|waiting| waiting.lacks).map(|name| field_title(&record.kind, &name)).collect(),
    }
}

/// What happened, what is kept, what to do.
fn text(record: &Record, outcomes: &[Outcome], operations: &[ActOperation]) -> String {
    let lacks: Vec<String> = operations.iter().flat_map(|operation| operation.lacks.clone()).collect();
    if !lacks.is_empty() {
        return format!("已保存。还差：{}，补齐后生效", lacks.join("、"));
    }
    let words = outcomes.iter().flat_map(|outcome| &outcome.fields).map(|(name, what)| {
        let what = to_json(what);
        format!("{}：{}", field_title(&record.kind, name), outcome_words(what.trim_matches('"')))
    });
    let words: Vec<String> = words.collect();
    let status = outcomes.iter().map(|outcome| outcome.status).max();
    let status = status.map(|status| to_json(&status)).unwrap_or_default();
    let status = status_words(status.trim_matches('"'));
    if words.is_empty() { status.to_owned() } else { format!("{status}。{}", words.join("；")) }
}
