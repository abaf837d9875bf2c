//! A form as people see it: its state and events in words, its revisions, what stands against it, and what arrived since it was handed in.

use super::act::newest;
use super::checks::{Check, line_name};
use super::content::{ContentRow, FormContent};
use super::lists::{only_in, records_of};
use super::{FormQuery, Loaded};
use crate::usecases::projection::form_state_code;
use paicha_db::{DbError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::form::{FormAction, FormEvent, FormState};
use sync_protocol::ids::RecordId;
use sync_protocol::time::Micros;
use utoipa::ToSchema;

/// Records that are named as late.
const LATE_RECORDS_MAX: usize = 200;

/// A form and everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FormView {
    /// `appendix1` or `appendix2`.
    pub form_kind: String,
    /// Village or subdistrict, by its code.
    pub area: String,
    /// What people call it.
    pub area_name: String,
    /// `YYYY-MM`.
    pub month: String,
    /// When it is due: the 30th, or the last day of a shorter month, 24:00.
    pub due_at: Micros,
    /// `draft`, `village_submitted`, `street_returned` or `street_locked`.
    pub state: String,
    /// The same in words.
    pub state_text: String,
    /// A correction waits for a second person.
    pub correction_waits: bool,
    /// Locked revisions, in order.
    pub revisions: Vec<RevisionView>,
    /// What happened, in order.
    pub events: Vec<EventView>,
    /// Its newest event.
    pub changed_at: Option<Micros>,
    /// What stands against handing it in or locking it now.
    pub checks: Vec<Check>,
    /// What arrived since it was handed in; it flows into the next form.
    pub late: Option<LateView>,
}

/// A locked revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevisionView {
    /// From 1.
    pub number: u32,
    /// SHA-256 of its content.
    pub sha256: String,
    /// When its content was computed.
    pub as_of: Micros,
    /// Who handed it in.
    pub handed_in_by: String,
    /// When it was locked.
    pub locked_at: Micros,
    /// By whom.
    pub locked_by: String,
    /// Why it corrects the one before.
    pub reason: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    pub at: Micros,
    /// Name of who did it.
    pub by: String,
    /// What, in words.
    pub text: String,
}

/// What the records say now and the form does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LateView {
    /// Records that the form would rest on now and does not.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub added: Vec<RecordId>,
    /// Records that it rests on and would not now.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub removed: Vec<RecordId>,
    /// Numbers that would be others now: `一.3：2 → 3`; for 附件1 rows whose findings would be.
    pub numbers: Vec<String>,
    /// The same in a sentence.
    pub text: String,
}

/// What arrived since `standing` was handed in.
pub(super) async fn late(tx: &mut Tx, standing: &FormContent, now: &FormContent) -> Result<LateView, DbError> {
    let (then, today) = (records_of(tx, standing).await?, records_of(tx, now).await?);
    let added = only_in(&today, &then, LATE_RECORDS_MAX);
    let removed = only_in(&then, &today, LATE_RECORDS_MAX);
    let codes = now.appendix2.iter().flat_map(|numbers| numbers.keys());
    let changed = codes.filter(|code| now.number(code) != standing.number(code));
    let numbers: Vec<String> =
        changed.map(|code| format!("{}：{} → {}", line_name(code), standing.number(code), now.number(code))).collect();
    let rows: Vec<String> =
        changed_rows(standing, now).map(|number| format!("第{number}行发现的隐患有变化，请申请更正")).collect();
    let records = added.len() + removed.len();
    let mut sentences = Vec::new();
    if records > 0 || !numbers.is_empty() {
        sentences.push(format!("提交后到达或变化{records}条（影响{}个数字），计入下月", numbers.len()));
    }
    if !rows.is_empty() {
        // A visit that was printed prints in no later form.
        sentences.push(format!("有{}行发现的隐患有变化，以后的表不会再列，请申请更正本表", rows.len()));
    }
    let text = if sentences.is_empty() { "提交后没有新的变化".to_owned() } else { sentences.join("；") };
    let numbers: Vec<String> = numbers.into_iter().chain(rows).collect();
    Ok(LateView { added, removed, numbers, text })
}

/// Numbers of the rows of 附件1 whose findings are not what was printed: a hazard that arrived later on a visit that was printed without it.
pub(super) fn changed_rows<'a>(standing: &'a FormContent, now: &FormContent) -> impl Iterator<Item = &'a str> {
    let rows = now.appendix1.iter().flatten();
    let finding = |row: &ContentRow| row.cells[FINDING].clone();
    let of_visit = |row: &ContentRow| row.inspections.iter().map(|visit| (*visit, finding(row))).collect::<Vec<_>>();
    let today: BTreeMap<RecordId, String> = rows.flat_map(of_visit).collect();
    standing.appendix1.iter().flatten().filter_map(move |row| {
        let is_other = |visit: &RecordId| today.get(visit).is_some_and(|now| *now != finding(row));
        row.inspections.iter().any(is_other).then_some(row.cells[0].as_str())
    })
}

/// Place of 有无重大隐患及隐患描述 among the columns.
const FINDING: usize = 5;

/// Puts it together.
pub(super) fn form_view(query: &FormQuery, loaded: &Loaded, checks: &[Check], late: Option<LateView>) -> FormView {
    let life = &loaded.life;
    let revision = |revision: &sync_protocol::form::Revision| RevisionView {
        number: revision.number,
        sha256: revision.handed_in.content.clone(),
        as_of: revision.handed_in.as_of,
        handed_in_by: revision.handed_in.by_name.clone(),
        locked_at: revision.locked_at,
        locked_by: revision.locked_by.clone(),
        reason: revision.handed_in.reason.clone(),
    };
    FormView {
        form_kind: query.kind.code().to_owned(),
        area: loaded.area.id.clone(),
        area_name: loaded.area.name.clone(),
        month: query.month.to_string(),
        due_at: query.month.due_at(),
        state: form_state_code(life.state).to_owned(),
        state_text: state_words(life.state).to_owned(),
        correction_waits: life.proposed.is_some(),
        revisions: life.revisions.iter().map(revision).collect(),
        events: loaded.events.iter().map(event_view).collect(),
        changed_at: newest(&loaded.events),
        checks: checks.to_vec(),
        late,
    }
}

/// A state in words.
pub(super) fn state_words(state: FormState) -> &'static str {
    match state {
        FormState::Draft => "未提交",
        FormState::VillageSubmitted => "已提交，待街道锁定",
        FormState::StreetReturned => "街道已退回，请修改后重新提交",
        FormState::StreetLocked => "已报街道，如需修改请申请更正",
    }
}

fn event_view(event: &FormEvent) -> EventView {
    let what = match event.action {
        FormAction::Submit => "提交",
        FormAction::Return => "退回",
        FormAction::Lock => "锁定",
        FormAction::RequestCorrection => "申请更正",
        FormAction::ApproveCorrection => "批准更正",
        FormAction::RefuseCorrection => "不同意更正",
    };
    let reason = event.reason.iter().map(|reason| format!("：{reason}"));
    let explained = event.explained.iter().map(|(code, words)| format!("；{code} {words}"));
    EventView {
        at: event.at,
        by: event.by_name.clone(),
        text: std::iter::once(what.to_owned()).chain(reason).chain(explained).collect(),
    }
}
