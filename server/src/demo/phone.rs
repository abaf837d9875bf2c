//! A phone of the demo: keeps saves, numbers them in its gap-free sequence and hands them in like any phone. What a newcomer gets wrong: what
//! was saved is frozen once; the sequence of a phone must be the same on every run, or a second run would look like another phone.

use super::build::DemoError;
use super::chance::demo_id;
use super::people::Person;
use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::push_operations::{IncomingOp, PushBatch, push_operations};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_protocol::digest::sha256;
use sync_protocol::ids::{DeviceId, FeedId, GroupId, IncarnationId, RecordId};
use sync_protocol::limits::PUSH_OPS_MAX;
use sync_protocol::merge::Status;
use sync_protocol::op::{Body, CapturedTimes, Group, Head, Op};
use sync_protocol::time::Micros;

/// One thing done to one record.
#[derive(Debug, Clone)]
pub(super) struct Act {
    /// The record.
    pub(super) record: RecordId,
    /// Its kind.
    pub(super) kind: &'static str,
    /// What is done.
    pub(super) body: Body,
}

/// What somebody saved at once.
#[derive(Debug, Clone)]
pub(super) struct Save {
    /// When, by the phone's clock, which is right.
    pub(super) at: Micros,
    /// Which phone.
    pub(super) phone: usize,
    /// Names the save; its ids follow from it.
    pub(super) name: String,
    /// Village in which the phone keeps the records.
    pub(super) village: FeedId,
    /// What was done, in order.
    pub(super) acts: Vec<Act>,
}

/// What each phone last heard of each record: everybody pulls every evening.
pub(super) type Revisions = BTreeMap<RecordId, i64>;

/// A phone.
pub(super) struct Phone {
    pub(super) caller: Caller,
    device: DeviceId,
    incarnation: IncarnationId,
    seq: i64,
    outbox: Vec<IncomingOp>,
}

impl Phone {
    /// The id of a person's phone.
    pub(super) fn device_of(person: &Person) -> DeviceId {
        demo_id(&format!("device {}", person.login)).into()
    }

    /// A fresh phone of a signed-in person.
    pub(super) fn of(person: &Person, caller: Caller) -> Self {
        Self {
            caller,
            device: Self::device_of(person),
            incarnation: demo_id(&format!("incarnation {}", person.login)).into(),
            seq: 0,
            outbox: Vec::new(),
        }
    }

    /// Saves without signal.
    pub(super) fn save(&mut self, save: &Save, known: &Revisions) {
        let count = u32::try_from(save.acts.len()).unwrap_or(u32::MAX);
        let group: GroupId = demo_id(&format!("group {}", save.name)).into();
        for (act, position) in save.acts.iter().zip(1_u32..) {
            self.seq += 1;
            let op = Op { head: self.head(save, act, known), body: act.body.clone() };
            let bytes = op.freeze();
            self.outbox.push(IncomingOp {
                seq: self.seq,
                id: demo_id(&format!("op {} {position}", save.name)).into(),
                group: Some(Group { id: group, i: position, n: count }),
                digest_fits: true,
                digest: sha256(&bytes),
                op: Op::parse(&bytes),
                bytes,
            });
        }
    }

    fn head(&self, save: &Save, act: &Act, known: &Revisions) -> Head {
        Head {
            kind: act.body.kind().to_owned(),
            record_kind: Some(act.kind.to_owned()),
            village: save.village.clone(),
            record: act.record,
            base_rev: known.get(&act.record).copied().unwrap_or(0),
            made_at: save.at,
            hlc: format!("{:012x}-{:04x}", save.at.as_micros() / 1000, self.seq & 0xffff),
            author: self.caller.user,
            authored_scope: self.caller.scope_version,
            times: CapturedTimes {
                mono_us: Some(save.at.as_micros() % 86_400_000_000),
                boot_id: Some(format!("demo-{}", save.at.local_date().to_iso())),
                ..CapturedTimes::default()
            },
        }
    }

    /// Operations that wait for a signal.
    pub(super) fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Hands in everything that waits and hears the new revisions.
    pub(super) async fn push(&mut self, app: &Arc<App>, known: &mut Revisions) -> Result<(), DemoError> {
        while !self.outbox.is_empty() {
            let ops: Vec<IncomingOp> = self.outbox.drain(..self.outbox.len().min(PUSH_OPS_MAX)).collect();
            let records: Vec<Option<RecordId>> =
                ops.iter().map(|op| op.op.as_ref().ok().map(|op| op.head.record)).collect();
            let last = ops.last().map_or(0, |op| op.seq);
            let pending_total = i64::try_from(ops.len() + self.outbox.len()).unwrap_or(i64::MAX);
            let batch = PushBatch {
                rescued: None,
                admitted: std::collections::BTreeMap::new(),
                made_here: false,
                device: self.device,
                incarnation: self.incarnation,
                parent: None,
                app_version: "demo".to_owned(),
                clock: None,
                pending_total,
                ops,
                cut_off: false,
            };
            let pushed = push_operations(app.clone(), self.caller.clone(), batch).await?;
            if pushed.consumed_to < last || pushed.stopped.is_some() {
                return Err(DemoError::Stopped(format!("{:?}", pushed.stopped)));
            }
            for (result, record) in pushed.results.iter().zip(records) {
                match result.outcome.status {
                    Status::Applied | Status::Merged | Status::Review => {}
                    Status::Held | Status::Refused => {
                        return Err(DemoError::Stopped(format!("{:?}", result.outcome)));
                    }
                }
                if let Some((record, rev)) = record.zip(result.outcome.rev) {
                    let newest = known.entry(record).or_insert(rev);
                    *newest = rev.max(*newest);
                }
            }
        }
        Ok(())
    }
}
