//! The operations of a rescue file on their way through the push. They continue the phone's own numbers as far as they can; what cannot (a
//! hole, a life of another phone) goes into a life beside it with the same ids, so the phone is answered from there when it comes itself.
//! What a newcomer gets wrong: nothing damaged may take an id or a number that the whole operation still needs.

use super::read_file::RescueFile;
use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::import_report::ImportFailure;
use crate::usecases::push_operations::{
    IncomingOp, PushBatch, PushError, Rescued, groups, push_operations, rescued_life,
};
use paicha_db::ops::{self, Quarantined, StoredAnswer};
use paicha_db::{DbError, Tx, incarnations};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::ids::{DeviceId, GroupId, IncarnationId};
use sync_protocol::limits::{GROUP_OPS_MAX, PUSH_OPS_MAX};
use sync_protocol::merge::{Outcome, Status};
use sync_protocol::op::Group;
use sync_protocol::push::{SEQ_UNREADABLE, Stopped};
use uuid::Uuid;

/// Ids that are looked up at once.
const LOOKED_UP: usize = 500;
/// How often a busy database is asked again without any progress, and how long between.
const BUSY_TRIES_MAX: u32 = 20;
/// See [`BUSY_TRIES_MAX`].
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// Holes that are told.
const HOLES_MAX: usize = 20;

/// What becomes of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Stored before.
    Here,
    /// Its bytes are not what they were, or its id has other bytes: kept in quarantine under this code.
    Quarantine(&'static str),
    /// The next number of the phone's own life.
    Main,
    /// Into the life beside.
    Beside,
}

/// The operations of a file, told apart.
#[derive(Debug)]
pub(super) struct Sorted {
    /// One for each operation of the file.
    pub(super) ways: Vec<Way>,
    /// Digests of operations that were here before, by their ids.
    pub(super) known: BTreeMap<Uuid, Vec<u8>>,
    /// Numbers that are missing in the file and here: first and last of each run.
    pub(super) holes: Vec<(i64, i64)>,
}

/// Tells the operations apart.
pub(super) async fn sort_ops(tx: &mut Tx, file: &RescueFile) -> Result<Sorted, DbError> {
    let known = find_known(tx, &file.ops).await?;
    let life = incarnations::find_incarnation(tx, file.life.0).await?;
    let consumed = life.as_ref().map_or(0, |life| life.consumed);
    // The phone was handed on, or its data copied: its numbers are another phone's to continue.
    let foreign = life.is_some_and(|life| Some(DeviceId::from(life.device)) != file.device);
    let mut seen = BTreeSet::new();
    let mut expected = consumed + 1;
    let mut next = consumed + 1;
    let mut holes = Vec::new();
    let mut ways = Vec::with_capacity(file.ops.len());
    for op in &file.ops {
        let stored = known.get(&op.id.0);
        let way = if stored.is_some_and(|stored| stored.digest == op.digest) {
            if !foreign && op.seq == expected { Way::Main } else { Way::Here }
        } else if !op.digest_fits {
            Way::Quarantine("wrong_digest")
        } else if stored.is_some() || seen.contains(&op.id) {
            Way::Quarantine("id_reuse")
        } else if !foreign && op.seq == expected {
            Way::Main
        } else {
            Way::Beside
        };
        seen.insert(op.id);
        if way == Way::Main {
            expected += 1;
        }
        if !foreign && op.seq >= next {
            if op.seq > next && holes.len() < HOLES_MAX {
                holes.push((next, op.seq - 1));
            }
            next = op.seq + 1;
        }
        ways.push(way);
    }
    let known = known.into_values().map(|answer| (answer.id, answer.digest));
    Ok(Sorted { ways, known: known.collect(), holes })
}

async fn find_known(tx: &mut Tx, ops: &[IncomingOp]) -> Result<BTreeMap<Uuid, StoredAnswer>, DbError> {
    let mut known = BTreeMap::new();
    for some in ops.chunks(LOOKED_UP) {
        let ids: Vec<Uuid> = some.iter().map(|op| op.id.0).collect();
        known.extend(ops::find_answers(tx, &ids).await?.into_iter().map(|answer| (answer.id, answer)));
    }
    Ok(known)
}

/// How an operation that is stored stands, and why, as it was answered first.
pub(super) async fn read_outcomes(
    tx: &mut Tx,
    ops: &[IncomingOp],
) -> Result<BTreeMap<Uuid, (Status, String)>, DbError> {
    let known = find_known(tx, ops).await?;
    let outcomes = known.into_iter().filter_map(|(id, answer)| {
        let outcome = serde_json::from_str::<Outcome>(&answer.outcome).ok()?;
        Some((id, (outcome.status, outcome.reason.unwrap_or_default())))
    });
    Ok(outcomes.collect())
}

/// Hands in what is new: what is damaged to the quarantine, the rest through the push.
///
/// # Errors
/// [`ImportFailure`]; what was stored before stays, and the same file goes on there.
pub(super) async fn hand_in(
    app: &Arc<App>,
    asker: &Caller,
    file: &RescueFile,
    sorted: &Sorted,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), ImportFailure> {
    keep_damaged(app, file, sorted).await?;
    let Some(device) = file.device else { return Ok(()) };
    let damaged = file.ops.iter().zip(&sorted.ways).filter(|(_, way)| **way == Way::Quarantine("wrong_digest"));
    let broken_groups: BTreeSet<GroupId> = damaged.filter_map(|(op, _)| Some(op.group?.id)).collect();
    let of_way = |wanted: Way| {
        let ops = file.ops.iter().zip(&sorted.ways).filter(move |(_, way)| **way == wanted);
        ops.map(|(op, _)| op.clone()).collect::<Vec<_>>()
    };
    let rescued = Rescued { beside: false, broken_groups, made_at: file.made_at };
    let main = Carrier { app, asker, rescued: rescued.clone(), life: (device, file.life), parent: None };
    // Whoever handed in meanwhile left a hole behind: the rest goes beside too.
    let mut beside = main.carry(recounted(of_way(Way::Main)), progress).await?;
    beside.extend(of_way(Way::Beside));
    let life = rescued_life(app, device, file.life);
    let rescued = Rescued { beside: true, ..rescued };
    let carrier = Carrier { app, asker, rescued, life: (device, life), parent: Some(file.life) };
    if carrier.carry(recounted(beside), progress).await?.is_empty() {
        Ok(())
    } else {
        Err(PushError::Interrupted.into())
    }
}

struct Carrier<'a> {
    app: &'a Arc<App>,
    asker: &'a Caller,
    rescued: Rescued,
    life: (DeviceId, IncarnationId),
    parent: Option<IncarnationId>,
}

impl Carrier<'_> {
    /// Pushes batch after batch; what cannot continue the life's numbers is answered.
    async fn carry(
        &self,
        ops: Vec<IncomingOp>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Vec<IncomingOp>, ImportFailure> {
        let mut done = 0;
        let mut tries = 0;
        while done < ops.len() {
            let end = done + batch_length(&ops[done..]);
            let batch = PushBatch::of_rescue(self.life, self.parent, self.rescued.clone(), ops[done..end].to_vec());
            let pushed = push_operations(self.app.clone(), self.asker.clone(), batch).await?;
            let taken = if pushed.stopped.is_none() { end } else { (done + pushed.results.len()).min(end) };
            progress(ops[done..taken].iter().map(|op| u64::try_from(op.bytes.len()).unwrap_or(0)).sum());
            tries = if taken > done { 0 } else { tries + 1 };
            done = taken;
            match pushed.stopped {
                None | Some(Stopped::Budget { .. }) => {}
                Some(Stopped::Busy { .. }) if tries < BUSY_TRIES_MAX => tokio::time::sleep(BUSY_WAIT).await,
                Some(Stopped::Busy { .. }) => return Err(PushError::Interrupted.into()),
                Some(Stopped::Gap { .. } | Stopped::GroupCut { .. } | Stopped::Unreadable { .. }) => break,
            }
        }
        Ok(ops[done..].to_vec())
    }
}

/// Operations of the next batch: whole groups, as many as a push may have.
fn batch_length(ops: &[IncomingOp]) -> usize {
    let ends = groups(ops).into_iter().map(|group| group.end);
    ends.take_while(|end| *end <= PUSH_OPS_MAX).last().unwrap_or(ops.len().min(PUSH_OPS_MAX))
}

/// Counts the members of each group anew: some may be here already, or damaged.
fn recounted(mut ops: Vec<IncomingOp>) -> Vec<IncomingOp> {
    for run in ops.chunk_by_mut(|one, next| one.group.is_some() && one.group.map(|g| g.id) == next.group.map(|g| g.id))
    {
        let n = u32::try_from(run.len()).ok().filter(|n| *n <= GROUP_OPS_MAX);
        for (op, i) in run.iter_mut().zip(1..) {
            op.group = op.group.zip(n).map(|(group, n)| Group { id: group.id, i, n });
        }
    }
    ops
}

async fn keep_damaged(app: &App, file: &RescueFile, sorted: &Sorted) -> Result<(), DbError> {
    let damaged = file.ops.iter().zip(&sorted.ways).filter_map(|(op, way)| match way {
        Way::Quarantine(code) => Some((op, *code)),
        Way::Here | Way::Main | Way::Beside => None,
    });
    let rows: Vec<Quarantined> = damaged
        .map(|(op, code)| Quarantined {
            id: app.ids.new_id(),
            op: op.id.0,
            device: file.device.map_or(Uuid::nil(), |device| device.0),
            incarnation: file.life.0,
            seq: if op.seq == SEQ_UNREADABLE { 0 } else { op.seq },
            code: code.to_owned(),
            digest: op.digest.to_vec(),
            body: op.bytes.clone(),
            received_at: app.now().as_micros(),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut tx = app.database.begin_write().await?;
    for row in rows {
        tracing::warn!(device = %row.device, incarnation = %row.incarnation, seq = row.seq, op = %row.op, code = row.code,
            "kept in quarantine from a rescue file");
        ops::create_quarantined(&mut tx, row).await?;
    }
    tx.commit().await
}
