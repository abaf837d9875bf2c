//! A batch as it came, and how it is cut: chunks of bounded size that never split a local save. Pure.

use crate::app::{App, Installation};
use crate::usecases::keyed_id::keyed_id;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use sync_protocol::digest::{Sha256Bytes, digest_text, sha256};
use sync_protocol::ids::{DeviceId, GroupId, IncarnationId, OpId, UserId};
use sync_protocol::limits::{CHUNK_OPS_MAX, GROUP_OPS_MAX};
use sync_protocol::merge::EventTime;
use sync_protocol::op::{Group, Op, Unreadable};
use sync_protocol::push::{PhoneClock, PushRequest, PushedOp, SEQ_UNREADABLE, Stopped};
use sync_protocol::text::clean;
use sync_protocol::time::Micros;

/// One operation as it came, with its exact bytes.
#[derive(Debug, Clone)]
pub struct IncomingOp {
    /// Place in the phone's sequence; 0 for the server's own, numbered in the transaction.
    pub seq: i64,
    /// Its id.
    pub id: OpId,
    /// The local save it belongs to.
    pub group: Option<Group>,
    /// Whether the digest sent fits the bytes.
    pub digest_fits: bool,
    /// SHA-256 of `bytes`.
    pub digest: Sha256Bytes,
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub op: Result<Op, Unreadable>,
}

impl IncomingOp {
    /// Reads and hashes an operation on its way.
    pub fn of_pushed(pushed: &PushedOp<'_>) -> Self {
        let bytes = pushed.op.get().as_bytes().to_vec();
        let digest = sha256(&bytes);
        Self {
            seq: pushed.seq,
            id: pushed.id,
            group: pushed.group,
            digest_fits: digest_text(&digest) == pushed.digest,
            digest,
            op: Op::parse(&bytes),
            bytes,
        }
    }
}

/// What is known of operations that somebody brings in a rescue file instead of their phone.
#[derive(Debug, Clone)]
pub struct Rescued {
    /// They do not continue the phone's own numbers: they go into a life beside the phone's and are numbered in the transaction.
    pub beside: bool,
    /// Groups of which an operation came broken; the rest of them has no effect.
    pub broken_groups: BTreeSet<GroupId>,
    /// The phone's clock when it made the file.
    pub made_at: Micros,
}

/// A batch as it came.
#[derive(Debug, Clone)]
pub struct PushBatch {
    /// The phone.
    pub device: DeviceId,
    /// The life of its database.
    pub incarnation: IncarnationId,
    /// The life before.
    pub parent: Option<IncarnationId>,
    /// Version of its app.
    pub app_version: String,
    /// Its clocks.
    pub clock: Option<PhoneClock>,
    /// Operations it still has.
    pub pending_total: i64,
    /// Made here, not on a phone: numbered in the transaction, and timed by the server's own clock.
    pub made_here: bool,
    /// Out of a rescue file.
    pub rescued: Option<Rescued>,
    /// Work outside its author's villages that somebody of the office takes in: when each was done, as it was graded when it came.
    pub admitted: BTreeMap<OpId, EventTime>,
    /// The operations, in sequence.
    pub ops: Vec<IncomingOp>,
    /// Behind them stood an entry whose number cannot be read.
    pub cut_off: bool,
}

impl PushBatch {
    /// Takes the operations out of an envelope, reading and hashing each.
    pub fn of_request(request: &PushRequest<'_>) -> Self {
        let readable = request.ops.iter().take_while(|pushed| pushed.seq != SEQ_UNREADABLE);
        let cut_off = request.ops.iter().any(|pushed| pushed.seq == SEQ_UNREADABLE);
        let ops = readable.map(IncomingOp::of_pushed);
        Self {
            device: request.device,
            incarnation: request.incarnation,
            parent: request.parent,
            app_version: clean(&request.app).chars().take(APP_VERSION_CHARS_MAX).collect(),
            clock: request.clock.clone(),
            pending_total: request.pending_total.max(0),
            made_here: false,
            rescued: None,
            admitted: BTreeMap::new(),
            ops: ops.collect(),
            cut_off,
        }
    }

    /// A batch of the server's own.
    pub fn of_server(installation: &Installation, ops: Vec<(uuid::Uuid, Op)>) -> Self {
        Self::made_here(installation.device, installation.incarnation, ops)
    }

    /// A batch that a person made at the console: each has a device and a sequence of their own here.
    pub fn of_console(app: &App, user: UserId, ops: Vec<(uuid::Uuid, Op)>) -> Self {
        let id = |what: &str| keyed_id(app, &format!("console/{what}/{user}"));
        Self::made_here(id("device").into(), id("life").into(), ops)
    }

    /// A batch of operations that the office takes in: they stay the sequence of the phone they came from, and know nothing of what the
    /// person who vouches for them has done.
    pub fn of_admitted(app: &App, life: IncarnationId) -> Self {
        let device = keyed_id(app, &format!("admitted/device/{life}"));
        Self::made_here(device.into(), admitted_life(app, life), Vec::new())
    }

    /// Operations of a phone's life out of a rescue file.
    pub fn of_rescue(
        (device, life): (DeviceId, IncarnationId),
        parent: Option<IncarnationId>,
        rescued: Rescued,
        ops: Vec<IncomingOp>,
    ) -> Self {
        Self {
            pending_total: 0,
            app_version: String::new(),
            made_here: false,
            rescued: Some(rescued),
            parent,
            ops,
            ..Self::made_here(device, life, Vec::new())
        }
    }

    /// Whether the operations get their numbers in the transaction.
    pub(super) fn is_numbered_here(&self) -> bool {
        self.made_here || self.rescued.as_ref().is_some_and(|rescued| rescued.beside)
    }

    fn made_here(device: DeviceId, incarnation: IncarnationId, ops: Vec<(uuid::Uuid, Op)>) -> Self {
        let ops = ops.into_iter().map(|(id, op)| {
            let bytes = op.freeze();
            IncomingOp {
                seq: 0,
                id: id.into(),
                group: None,
                digest_fits: true,
                digest: sha256(&bytes),
                bytes,
                op: Ok(op),
            }
        });
        Self {
            device,
            incarnation,
            parent: None,
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            clock: None,
            pending_total: 0,
            made_here: true,
            rescued: None,
            admitted: BTreeMap::new(),
            ops: ops.collect(),
            cut_off: false,
        }
    }
}

/// The life under which operations of a phone's life are taken in: for that phone they are its own.
pub(super) fn admitted_life(app: &App, life: IncarnationId) -> IncarnationId {
    keyed_id(app, &format!("admitted/life/{life}")).into()
}

/// The life beside a phone's, for what a rescue file brings that does not continue the phone's numbers. It is the same phone's, so whoever
/// wrote it there is told what became of it.
pub fn rescued_life(app: &App, device: DeviceId, life: IncarnationId) -> IncarnationId {
    keyed_id(app, &format!("rescued/life/{device}/{life}")).into()
}

/// Characters of an app version that are kept.
const APP_VERSION_CHARS_MAX: usize = 40;

/// The runs of operations that belong together: a group whose members stand in order, or one operation.
pub fn groups(ops: &[IncomingOp]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < ops.len() {
        let end = start + run_length(&ops[start..]);
        runs.push(start..end);
        start = end;
    }
    runs
}

fn run_length(ops: &[IncomingOp]) -> usize {
    let Some(first) = ops[0].group.filter(|group| group.i == 1 && (1..=GROUP_OPS_MAX).contains(&group.n)) else {
        return 1;
    };
    let member = |(op, i): &(&IncomingOp, u32)| {
        op.group.is_some_and(|group| group.id == first.id && group.i == *i && group.n == first.n)
    };
    ops.iter().zip(1..=first.n).take_while(member).count()
}

/// Whether the run is a group of which members are missing at its end.
fn is_cut(run: &[IncomingOp]) -> bool {
    let whole =
        run[0].group.filter(|group| group.i == 1 && (1..=GROUP_OPS_MAX).contains(&group.n)).map_or(1, |group| group.n);
    u32::try_from(run.len()).is_ok_and(|length| length < whole)
}

/// Chunks of at most [`CHUNK_OPS_MAX`] operations that never split a group. A group that the batch cuts at its end is left out, and the
/// phone is told to send it whole.
pub(super) fn plan_chunks(ops: &[IncomingOp]) -> (Vec<Range<usize>>, Option<Stopped>) {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    for run in groups(ops) {
        if is_cut(&ops[run.clone()]) && run.end == ops.len() {
            return (chunks, Some(Stopped::GroupCut { expect: ops[run.start].seq }));
        }
        match chunks.last_mut() {
            Some(chunk) if run.end - chunk.start <= CHUNK_OPS_MAX => chunk.end = run.end,
            Some(_) | None => chunks.push(run),
        }
    }
    (chunks, None)
}
