//! Hands the work of one inspector in some villages to another: who answers for each open hazard, and the role of inspector there. Who found and
//! wrote what stays as it is. What a newcomer gets wrong: the hazards go first, as operations of whoever hands over, and the roles last, in one
//! transaction, so that a hand-over that stopped half way is finished by asking again.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::act_error::ActError;
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::load_grants::EVERYWHERE;
use crate::usecases::push_operations::{console_op, patch, push_console_operations, read_record};
use crate::usecases::reading::{ReadError, readable};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::accounts::{self, GrantRow, UserRow};
use paicha_db::devices::{list_device_reports, list_devices};
use paicha_db::projections::{
    HazardFilter, InspectionFilter, Page, TaskFilter, Villages, list_hazards, list_inspections, list_tasks,
};
use paicha_db::{DbError, Tx, feeds, records};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use sync_protocol::ids::UserId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::merge::Status;
use sync_protocol::record::Record;
use sync_protocol::role::Role;
use sync_protocol::workflow::OPEN_STATES;
use utoipa::ToSchema;
use uuid::Uuid;

/// Records read at once, and operations in one push.
const ROWS_AT_ONCE: i64 = 200;
/// Villages handed over at once.
const VILLAGES_MAX: usize = 100;
/// Grants of one person that are looked at.
const GRANTS_MAX: i64 = 1000;
/// Phones of one person that are looked at.
const PHONES_MAX: i64 = 200;
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// What is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Made by the asker; the same one again does nothing twice.
    pub request: Uuid,
    /// Who gives it away.
    pub from: UserId,
    /// Who takes it.
    pub to: UserId,
    /// Villages, as the giver's grants name them.
    pub villages: BTreeSet<String>,
    /// Why.
    pub reason: String,
}

/// What was handed over, and what stays with the giver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandedOver {
    /// Open hazards for which the taker answers from now on.
    pub hazards: usize,
    /// Tasks that the taker is asked to do from now on.
    pub tasks: usize,
    /// Villages in which the role went over.
    pub villages: Vec<String>,
    /// Inspections of the giver there that were not handed in; only their phone can finish them.
    pub unfinished: usize,
    /// Operations that the giver's phones said they still had.
    pub unsent: i64,
    /// All of it in words.
    pub text_zh: String,
}

/// Both people, and the giver's grants as an inspector in force.
struct Parties {
    from: UserRow,
    to: UserRow,
    held: BTreeSet<String>,
}

/// Hands it over.
///
/// # Errors
/// [`ActError`].
pub async fn hand_over_work(app: &Arc<App>, caller: &Caller, wanted: &HandOver) -> Result<HandedOver, ActError> {
    check(caller, wanted)?;
    let mut tx = app.database.begin_read().await?;
    let parties = parties(&mut tx, wanted).await?;
    let mut area = BTreeSet::new();
    for village in &wanted.villages {
        area.extend(opened(&mut tx, village).await?);
    }
    let villages = match area.contains(EVERYWHERE) {
        true => Villages::All,
        false => Villages::Only(area.into_iter().collect()),
    };
    let hazards = hazards_of(&mut tx, &villages, wanted.from).await?;
    let tasks = tasks_of(&mut tx, &villages, wanted.from).await?;
    let unfinished = unfinished_of(&mut tx, &villages, wanted.from).await?;
    let unsent = unsent_of(&mut tx, wanted.from).await?;
    tx.rollback().await?;
    let new = json!({ "user": parties.to.id, "name": parties.to.name });
    let moved = move_records(app, caller, wanted, &hazards, ("keeper", &new)).await?;
    let tasks = move_records(app, caller, wanted, &tasks, ("assignee", &new)).await?;
    let villages = move_role(app, caller, wanted, &parties, moved).await?;
    let mut text_zh = format!("已交接：{}条未销号隐患由{}负责", moved, parties.to.name);
    if moved < hazards.len() {
        text_zh.push_str(&format!("，另有{}条没有改成，请到隐患页面查看", hazards.len() - moved));
    }
    if tasks > 0 {
        text_zh.push_str(&format!("；{tasks}项任务改派给{}", parties.to.name));
    }
    if unfinished > 0 {
        text_zh.push_str(&format!("；{}有{unfinished}次排查尚未提交，只能在原手机上提交", parties.from.name));
    }
    if unsent > 0 {
        text_zh.push_str(&format!("；原手机上还有{unsent}项未上传，上传后照常接收"));
    }
    Ok(HandedOver { hazards: moved, tasks, villages, unfinished, unsent, text_zh })
}

fn check(caller: &Caller, wanted: &HandOver) -> Result<(), ActError> {
    readable(caller, Action::HandOver)?;
    if wanted.villages.iter().any(|village| !caller.may(Action::HandOver, Some(village))) {
        return Err(ReadError::NotFound.into());
    }
    let words = if wanted.villages.is_empty() {
        "请选择交接哪些村（社区）"
    } else if wanted.villages.len() > VILLAGES_MAX {
        "一次交接的村（社区）太多，请分几次交接"
    } else if wanted.from == wanted.to {
        "交接人和接手人不能是同一个人"
    } else if wanted.reason.trim().is_empty() || wanted.reason.chars().count() > REASON_CHARS_MAX {
        "请填写交接原因（不超过500字）"
    } else {
        return Ok(());
    };
    Err(ActError::Unsound(words.to_owned()))
}

async fn parties(tx: &mut Tx, wanted: &HandOver) -> Result<Parties, ActError> {
    let from = accounts::find_user(tx, wanted.from.0).await?.ok_or(ReadError::NotFound)?;
    let to = accounts::find_user(tx, wanted.to.0).await?.ok_or(ReadError::NotFound)?;
    if to.disabled_at.is_some() {
        return Err(ActError::Unsound(format!("{}的账号已停用，不能接手", to.name)));
    }
    let given = accounts::list_grants(tx, from.id, GRANTS_MAX).await?;
    let taken = accounts::list_grants(tx, to.id, GRANTS_MAX).await?;
    let known = |grants: &[GrantRow], village: &str| {
        grants.iter().any(|grant| grant.role == Role::R1.code() && grant.feed == village)
    };
    let holds = |grants: &[GrantRow], village: &str| {
        let mine = |grant: &&GrantRow| grant.role == Role::R1.code() && grant.feed == village;
        grants.iter().filter(mine).any(|grant| grant.revoked_at.is_none())
    };
    let mut held = BTreeSet::new();
    for village in &wanted.villages {
        if !known(&given, village) {
            // Who never was an inspector there has nothing to give; whether they exist at all is not told.
            return Err(ReadError::NotFound.into());
        }
        if holds(&given, village) {
            held.insert(village.clone());
        } else if !holds(&taken, village) {
            let words =
                format!("{}在{village}已没有排查员角色，{}也没有；请系统管理员先授权再交接", from.name, to.name);
            return Err(ActError::Unsound(words));
        }
    }
    Ok(Parties { from, to, held })
}

/// The feeds that a grant's village stands for.
async fn opened(tx: &mut Tx, village: &str) -> Result<Vec<String>, DbError> {
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut feeds = if village == EVERYWHERE { Vec::new() } else { feeds::list_children(tx, village, limit).await? };
    feeds.push(village.to_owned());
    Ok(feeds)
}

/// Open hazards there for which this person answers.
async fn hazards_of(tx: &mut Tx, villages: &Villages, person: UserId) -> Result<Vec<Record>, ActError> {
    let mut found = Vec::new();
    for state in OPEN_STATES {
        let filter = HazardFilter { state: Some(state.to_owned()), ..HazardFilter::default() };
        let mut after = None;
        loop {
            let rows = list_hazards(tx, villages, &filter, Page { after, limit: ROWS_AT_ONCE }).await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.found_at, last.id));
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            found.extend(read(tx, &ids).await?.into_iter().filter(|record| keeper(record) == person));
        }
    }
    Ok(found)
}

/// Tasks there that this person is asked to do, and nobody did.
async fn tasks_of(tx: &mut Tx, villages: &Villages, person: UserId) -> Result<Vec<Record>, ActError> {
    let filter =
        TaskFilter { assignee: Some(person.0), cancelled: Some(false), visited: Some(false), ..TaskFilter::default() };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let rows = list_tasks(tx, villages, &filter, Page { after, limit: ROWS_AT_ONCE }).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some((last.due_at, last.id));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        found.extend(read(tx, &ids).await?);
    }
}

/// Inspections there that this person began and nobody handed in.
async fn unfinished_of(tx: &mut Tx, villages: &Villages, person: UserId) -> Result<usize, ActError> {
    let filter = InspectionFilter { submitted: Some(false), ..InspectionFilter::default() };
    let mut after = None;
    let mut count = 0;
    loop {
        let rows = list_inspections(tx, villages, &filter, Page { after, limit: ROWS_AT_ONCE }).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = Some((last.started_at, last.id));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        count += read(tx, &ids).await?.into_iter().filter(|record| record.created.author == person).count();
    }
}

async fn read(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Record>, ActError> {
    let rows = records::find_records(tx, ids).await?;
    Ok(rows.iter().map(read_record).collect::<Result<_, _>>()?)
}

/// Who answers for a hazard: whom it was handed to last, else who found it.
pub fn keeper(record: &Record) -> UserId {
    let named = record.shown("keeper").and_then(|keeper| Uuid::try_parse(keeper["user"].as_str()?).ok());
    named.map_or(record.created.author, UserId::from)
}

/// What the person's phones said they still had.
async fn unsent_of(tx: &mut Tx, person: UserId) -> Result<i64, ActError> {
    let phones = list_devices(tx, Some(person.0), Page { after: None, limit: PHONES_MAX }).await?;
    let ids: Vec<Uuid> = phones.into_iter().filter(|phone| phone.revoked_at.is_none()).map(|phone| phone.id).collect();
    Ok(list_device_reports(tx, &ids).await?.into_iter().map(|report| report.pending).sum())
}

/// Writes the taker into each record; how many took it.
async fn move_records(
    app: &Arc<App>,
    caller: &Caller,
    wanted: &HandOver,
    all: &[Record],
    (field, taker): (&str, &Value),
) -> Result<usize, ActError> {
    let mut moved = 0;
    for some in all.chunks(usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX)) {
        let id = |record: &Record| keyed_id(app, &format!("handover/{}/{}/{}", caller.user, wanted.request, record.id));
        let body = |record: &Record| patch(record, vec![(field, taker.clone())]);
        let op = |record: &Record| (id(record), console_op(app, caller, record, record.rev, body(record)));
        let pushed = push_console_operations(app, caller, some.iter().map(op).collect()).await?;
        let took = |status: Status| matches!(status, Status::Applied | Status::Merged);
        moved += pushed.results.iter().filter(|result| took(result.outcome.status)).count();
    }
    Ok(moved)
}

/// Gives the taker the role wherever the giver held it, and takes it from the giver; the villages where that happened.
async fn move_role(
    app: &App,
    caller: &Caller,
    wanted: &HandOver,
    parties: &Parties,
    hazards: usize,
) -> Result<Vec<String>, ActError> {
    let now_us = app.clock.now_us();
    let Parties { from, to, held } = parties;
    let role = Role::R1;
    let mut tx = app.database.begin_write().await?;
    let mut villages = Vec::new();
    for village in held {
        // Somebody may have revoked it meanwhile: what is not there any more is not given on.
        if !accounts::revoke_grant(&mut tx, from.id, role.code(), village, now_us).await? {
            continue;
        }
        let entry = |deed, user: &UserRow| {
            let entry = Entry::new(caller.actor(), deed, Subject::user(user)).village(village);
            entry.detail(format!("{} {}（工作交接）", role.code(), role.title()))
        };
        write_audit(app, &mut tx, entry(Deed::GrantRevoked, from)).await?;
        if accounts::put_grant(&mut tx, to.id, role.code(), village, now_us).await? {
            write_audit(app, &mut tx, entry(Deed::GrantGiven, to)).await?;
        }
        villages.push(village.clone());
    }
    let words = format!("交给{}，未销号隐患{hazards}条。{}", to.name, wanted.reason.trim());
    let mut entry = Entry::new(caller.actor(), Deed::HandedOver, Subject::user(from)).detail(words);
    entry.village = wanted.villages.first().filter(|_| wanted.villages.len() == 1).cloned();
    write_audit(app, &mut tx, entry).await?;
    tx.commit().await?;
    tracing::info!(from = %from.id, to = %to.id, by = %caller.user, hazards, "work handed over");
    Ok(villages)
}
