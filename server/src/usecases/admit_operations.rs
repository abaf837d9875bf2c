//! Takes in work that was kept without effect for a reason that the office can set right: an inspector sent to help a neighbour (`out_of_scope`), a
//! village that was imported later (`unknown_village`), a save of which one operation came damaged but can be read (`wrong_digest`,
//! `group_refused`), a failure of the server (`server_fault`). Somebody of the office vouches for it, and the same bytes come in once more, with their author and their event time. What a
//! newcomer gets wrong: nothing is changed about the operations that were kept; what is taken in are new ones with ids that follow from them, so
//! doing it twice does nothing.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::push_operations::{IncomingOp, PushBatch, PushError, push_operations};
use crate::usecases::reading::{ReadError, readable};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::ops::{self, NewOp};
use paicha_db::{DbError, Tx, feeds, unsettled};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use sync_protocol::digest::sha256;
use sync_protocol::ids::OpId;
use sync_protocol::limits::PUSH_OPS_MAX;
use sync_protocol::merge::Context;
use sync_protocol::op::Op;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// It may not be read, or is not there.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not kept for one of these reasons.
    #[error("这项操作已经生效，或者留存的原因不是纳入能解决的")]
    NotAdmissible,
    /// Part of the same save cannot be read: without it a visit would print as if nothing had been found.
    #[error(
        "同一次保存中有内容损坏、无法读取，只纳入其余部分会让这次排查看起来没有发现隐患，所以不能纳入。原文都已留存；请联系填写人，按手机上的内容重新登记"
    )]
    PartUnreadable,
    /// Nobody has imported its village yet.
    #[error("所填的村（社区）还没有导入，请先导入村界，再纳入")]
    UnknownVillage,
    /// It could not be stored.
    #[error(transparent)]
    Push(#[from] PushError),
}

impl From<DbError> for AdmitError {
    fn from(error: DbError) -> Self {
        Self::Read(error.into())
    }
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Admitted {
    /// Operations of the same phone and village that count now.
    pub operations: usize,
    /// There are more; ask again.
    pub more: bool,
    /// What happened, in words.
    pub text_zh: String,
}

/// Takes in this operation and all others of the same phone and village that were kept for the same reason, in their order.
///
/// # Errors
/// [`AdmitError`]; what was taken in before a failure counts, and asking again goes on.
pub async fn admit_operations(app: &Arc<App>, caller: &Caller, id: Uuid) -> Result<Admitted, AdmitError> {
    let villages = readable(caller, Action::Review)?;
    let limit = i64::try_from(PUSH_OPS_MAX).unwrap_or(i64::MAX);
    let mut tx = app.database.begin_read().await?;
    let named = ops::find_op(&mut tx, id).await?.filter(|op| villages.contain(&op.feed)).ok_or(ReadError::NotFound)?;
    let mut kept: Vec<NewOp> = Vec::new();
    let (mut after, mut more, mut broken) = (0, false, BTreeSet::new());
    loop {
        let page = unsettled::list_admissible(&mut tx, (named.incarnation, &named.feed), after, limit).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        kept.extend(still_kept(app, &mut tx, page).await?);
        let torn = kept.iter().filter(|op| is_held_by_group(op)).map(|op| op.seq);
        for seq in torn.collect::<Vec<_>>() {
            if unsettled::has_unreadable(&mut tx, named.incarnation, seq - GROUP_REACH..=seq + GROUP_REACH).await? {
                broken.insert(seq);
            }
        }
        kept.retain(|op| !broken.contains(&op.seq));
        if kept.len() >= PUSH_OPS_MAX {
            more = true;
            kept.truncate(PUSH_OPS_MAX);
            break;
        }
    }
    let known = ops::find_answers(&mut tx, &[admitted_id(app, id)]).await?;
    let unknown = without_villages(&mut tx, &mut kept).await?;
    tx.rollback().await?;
    if broken.contains(&named.seq) {
        return Err(AdmitError::PartUnreadable);
    }
    if kept.is_empty() && unknown {
        return Err(AdmitError::UnknownVillage);
    }
    if kept.is_empty() && known.is_empty() {
        return Err(AdmitError::NotAdmissible);
    }
    let operations = kept.len();
    if operations > 0 {
        let mut batch = PushBatch::of_admitted(app, named.incarnation.into());
        batch.admitted =
            kept.iter().filter_map(|op| Some((admitted_id(app, op.id).into(), event(op)?))).collect::<BTreeMap<_, _>>();
        batch.ops = kept.into_iter().map(|op| incoming(app, op)).collect();
        let asker = Caller { device: Some(batch.device), ..caller.clone() };
        push_operations(app.clone(), asker, batch).await?;
    }
    if operations > 0 {
        let subject = Subject::record("operation", id, None);
        let entry = Entry::new(caller.actor(), Deed::Admitted, subject).village(&named.feed);
        write_audit_alone(app, entry.detail(format!("{operations}项"))).await?;
    }
    let text_zh = format!("已纳入{operations}项，作者和时间按原记录；照片由手机下次同步时上传");
    Ok(Admitted { operations, more, text_zh })
}

/// How far two operations of one save may stand apart in their phone's sequence: a save has at most twenty (`GROUP_OPS_MAX`).
const GROUP_REACH: i64 = 19;

/// Whether it took no effect because of another operation of its save.
fn is_held_by_group(op: &NewOp) -> bool {
    op.status == "held" && op.outcome.contains("\"group_refused\"")
}

/// Leaves out what is about villages that nobody has imported yet; whether there was any.
async fn without_villages(tx: &mut Tx, kept: &mut Vec<NewOp>) -> Result<bool, DbError> {
    let village = |op: &NewOp| Op::parse(&op.body).ok().map(|op| op.head.village.as_str().to_owned());
    let named: BTreeSet<String> = kept.iter().filter_map(village).collect();
    let found = feeds::find_feeds(tx, &named.into_iter().collect::<Vec<_>>()).await?;
    let known: BTreeSet<String> = found.into_iter().map(|feed| feed.id).collect();
    let all = kept.len();
    kept.retain(|op| village(op).is_some_and(|village| known.contains(&village)));
    Ok(kept.len() < all)
}

/// Those that were not taken in yet.
async fn still_kept(app: &App, tx: &mut Tx, page: Vec<NewOp>) -> Result<Vec<NewOp>, DbError> {
    let ids: Vec<Uuid> = page.iter().map(|op| admitted_id(app, op.id)).collect();
    let known: Vec<Uuid> = ops::find_answers(tx, &ids).await?.into_iter().map(|answer| answer.id).collect();
    Ok(page.into_iter().filter(|op| !known.contains(&admitted_id(app, op.id))).collect())
}

/// The id under which an operation is taken in: the same for the same operation.
fn admitted_id(app: &App, id: Uuid) -> Uuid {
    keyed_id(app, &format!("admitted/op/{id}"))
}

fn event(op: &NewOp) -> Option<sync_protocol::merge::EventTime> {
    serde_json::from_str::<Context>(&op.context).ok().map(|context| context.event)
}

fn incoming(app: &App, kept: NewOp) -> IncomingOp {
    IncomingOp {
        seq: 0,
        id: OpId(admitted_id(app, kept.id)),
        group: None,
        digest_fits: true,
        digest: sha256(&kept.body),
        op: Op::parse(&kept.body),
        bytes: kept.body,
    }
}
