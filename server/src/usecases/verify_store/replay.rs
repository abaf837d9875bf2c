//! Walks one village's ledger, checks every entry and decides every operation again. What comes out is the village as its operations make
//! it. Pure but for the list of findings: the caller reads the pages. What a newcomer gets wrong: after a broken link the walk goes on
//! from the stored hash, so one damaged entry is one finding and not one for every later entry.

use super::findings::{Check, Findings, Place, difference};
use paicha_db::feeds::FeedRow;
use paicha_db::ops::LedgerOp;
use paicha_db::records::RecordRow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use sync_protocol::canonical::to_json;
use sync_protocol::digest::sha256;
use sync_protocol::ids::{FeedId, IncarnationId, OpId, RecordId, UserId};
use sync_protocol::ledger;
use sync_protocol::merge::{Context, Held, Outcome, Scope, Status, Submission, World, decide_and_release};
use sync_protocol::op::Op;
use sync_protocol::record::{Record, Stamp};
use sync_protocol::schema::find_kind;
use sync_protocol::text::clean;
use sync_protocol::time::{Grade, Micros};
use uuid::Uuid;

/// One village as its operations make it.
pub(super) struct Replay {
    pub(super) feed: FeedId,
    pub(super) world: World,
    /// Records of other villages that operations here name; in `world` too, so that the merge answers as it did.
    pub(super) foreign: BTreeSet<RecordId>,
    /// Newest position of each record.
    pub(super) positions: BTreeMap<RecordId, i64>,
    pub(super) numbers: BTreeMap<RecordId, String>,
    pub(super) operations: u64,
    held: BTreeMap<RecordId, Vec<Held>>,
    /// What the row of each held operation says it waits for, and whether it is settled.
    waiting: BTreeMap<OpId, (Option<RecordId>, bool)>,
    /// What operations that waited for people came to, as decided again and as their rows say.
    ends: BTreeMap<OpId, (String, i64)>,
    ends_stored: BTreeMap<OpId, (String, i64)>,
    /// Releases that must come next in the ledger.
    releases: VecDeque<(OpId, Outcome)>,
    number_max: i64,
    numbers_given: BTreeSet<String>,
    vrev: i64,
    hash: [u8; 32],
}

impl Replay {
    /// A village before its first operation.
    pub(super) fn new(feed: FeedId, number_max: i64) -> Self {
        Self {
            feed,
            world: World::default(),
            foreign: BTreeSet::new(),
            positions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            operations: 0,
            held: BTreeMap::new(),
            waiting: BTreeMap::new(),
            ends: BTreeMap::new(),
            ends_stored: BTreeMap::new(),
            releases: VecDeque::new(),
            number_max,
            numbers_given: BTreeSet::new(),
            vrev: 0,
            hash: ledger::GENESIS,
        }
    }

    /// The position to read on from.
    pub(super) fn vrev(&self) -> i64 {
        self.vrev
    }

    /// Records that stand where this village has none yet: of other villages, or to be made by a later operation.
    pub(super) fn unknown_records(&self, op: &LedgerOp) -> Vec<RecordId> {
        let records = Op::parse(&op.op.body).map(|op| op.records()).unwrap_or_default();
        records.into_iter().filter(|id| !self.world.records.contains_key(id)).collect()
    }

    /// Tells the replay of a record of another village. Only that it exists, where, and of which kind matters here; its state may be
    /// damaged, which its own village's walk will find.
    pub(super) fn add_foreign(&mut self, row: &RecordRow) {
        let Ok(feed) = row.feed.parse() else { return };
        let nobody = Stamp {
            op: OpId(Uuid::nil()),
            incarnation: IncarnationId(Uuid::nil()),
            seq: 0,
            rev: row.rev,
            hlc: String::new(),
            author: UserId(Uuid::nil()),
            at: Micros::MIN,
            grade: Grade::D,
        };
        let record = Record {
            id: row.id.into(),
            kind: row.kind.clone(),
            feed,
            rev: row.rev,
            created: nobody,
            received_at: Micros::MIN,
            submitted: None,
            fields: BTreeMap::new(),
            past: BTreeMap::new(),
            photos: BTreeMap::new(),
            pending: Vec::new(),
            additions: Vec::new(),
            decisions: Vec::new(),
        };
        self.foreign.insert(record.id);
        self.world.records.insert(record.id, record);
    }

    /// Takes the next ledger entry.
    pub(super) fn take(&mut self, entry: &LedgerOp, findings: &mut Findings) {
        self.link(entry, findings);
        if entry.effect == "released" {
            self.release(entry, findings);
            return;
        }
        self.end_releases(findings);
        self.operations += 1;
        if sha256(&entry.op.body).as_slice() != entry.op.digest {
            findings.add(Check::BodyDigest, self.at(entry), "");
        }
        self.decide(entry, findings);
    }

    fn at(&self, entry: &LedgerOp) -> Place {
        Place {
            feed: Some(self.feed.as_str().to_owned()),
            vrev: Some(entry.vrev),
            record: entry.op.record,
            op: Some(entry.op.id),
        }
    }

    fn link(&mut self, entry: &LedgerOp, findings: &mut Findings) {
        let dense = entry.vrev == self.vrev + 1;
        if !dense {
            let detail = format!("第 {} 条之后是第 {} 条", self.vrev, entry.vrev);
            findings.add(Check::LedgerGap, self.at(entry), detail);
        }
        let digest = entry.op.digest.as_slice().try_into().unwrap_or_default();
        let linked = ledger::Entry {
            feed: &self.feed,
            vrev: entry.vrev,
            op: entry.op.id.into(),
            digest: &digest,
            effect: &entry.effect,
            context: &entry.op.context,
        };
        // After a gap the entry before is not known, so nothing can be said of this link.
        if dense && ledger::chain(&self.hash, &linked).as_slice() != entry.hash {
            findings.add(Check::LedgerHash, self.at(entry), "");
        }
        self.hash = entry.hash.as_slice().try_into().unwrap_or_default();
        self.vrev = entry.vrev;
    }

    fn decide(&mut self, entry: &LedgerOp, findings: &mut Findings) {
        let row = &entry.op;
        let context = serde_json::from_str::<Context>(&row.context);
        let stored = serde_json::from_str::<Outcome>(&row.outcome);
        let (Ok(context), Ok(stored)) = (context, stored) else {
            findings.add(Check::OpRow, self.at(entry), "裁决依据或答复无法读取");
            return;
        };
        let op = Op::parse(&row.body).ok();
        if let Some(wrong) = self.contradiction(entry, op.as_ref(), &context) {
            findings.add(Check::OpRow, self.at(entry), wrong);
        }
        let absent: Vec<RecordId> = op.iter().flat_map(Op::records).filter(|id| self.is_absent(id)).collect();
        let outcome = match (undecided(op.as_ref(), &self.feed, &stored), &op) {
            (Some(outcome), _) => outcome,
            (None, Some(op)) => {
                let submission = Submission {
                    id: row.id.into(),
                    incarnation: row.incarnation.into(),
                    seq: row.seq,
                    op,
                    context: &context,
                };
                let (outcome, released) = decide_and_release(&mut self.world, &mut self.held, submission);
                self.releases.extend(released.into_iter().map(|released| (released.id, released.outcome)));
                outcome
            }
            (None, None) => return,
        };
        let rebuilt = to_json(&outcome);
        let status = to_json(&outcome.status);
        if rebuilt != row.outcome {
            findings.add(Check::Outcome, self.at(entry), difference(&row.outcome, &rebuilt));
        } else if status.trim_matches('"') != row.status || row.status != entry.effect {
            findings.add(Check::Outcome, self.at(entry), difference(&row.status, &status));
        }
        self.note_waiting(entry, &outcome, findings);
        let brought = absent.into_iter().filter(|id| !self.is_absent(id)).collect();
        self.changed(entry, &outcome, &brought, &context, findings);
    }

    fn is_absent(&self, id: &RecordId) -> bool {
        !self.world.records.contains_key(id)
    }

    /// What in the columns does not follow from the operation and its context.
    fn contradiction(&self, entry: &LedgerOp, op: Option<&Op>, context: &Context) -> Option<String> {
        let row = &entry.op;
        let kind = op.map(|op| clean(&op.head.kind)).unwrap_or_default();
        let place = op.is_none_or(|op| op.head.village == self.feed) || self.feed.is_quarantine();
        if row.feed != self.feed.as_str() || !place {
            return Some(format!("操作属于村 {}", op.map_or(row.feed.as_str(), |op| op.head.village.as_str())));
        }
        if op.is_none() && (!self.feed.is_quarantine() || context.scope != Scope::Outside) {
            return Some("操作原文无法读取".to_owned());
        }
        if row.kind != kind || row.record != op.map(|op| op.head.record.0) {
            return Some(difference(&row.kind, &kind));
        }
        (row.received_at != context.received_at.as_micros()).then(|| "收到时间与裁决依据不同".to_owned())
    }

    fn note_waiting(&mut self, entry: &LedgerOp, outcome: &Outcome, findings: &mut Findings) {
        let row = (entry.op.waits_for.map(RecordId::from), entry.settled.is_some());
        if outcome.waits_for.is_some() {
            self.waiting.insert(entry.op.id.into(), row);
        } else if row.0.is_some() {
            findings.add(Check::Release, self.at(entry), "这条操作不应在等待");
        }
        if let (None, Some(settled)) = (outcome.waits_for, &entry.settled) {
            self.ends_stored.insert(entry.op.id.into(), (settled.clone(), entry.settled_vrev.unwrap_or(0)));
        }
        self.note_ends(outcome, entry.vrev);
    }

    fn note_ends(&mut self, outcome: &Outcome, vrev: i64) {
        self.ends.extend(outcome.settles.iter().map(|settled| (settled.op, (to_json(settled), vrev))));
    }

    fn release(&mut self, entry: &LedgerOp, findings: &mut Findings) {
        let Some((op, outcome)) = self.releases.pop_front() else {
            findings.add(Check::Release, self.at(entry), "此处不应有放行");
            return;
        };
        if op.0 != entry.op.id {
            findings.add(Check::Release, self.at(entry), format!("应放行操作 {op}"));
        }
        if entry.op.waits_for.is_some() {
            findings.add(Check::Release, self.at(entry), "这条操作不应在等待");
        }
        self.waiting.remove(&op);
        self.ends.insert(op, (to_json(&outcome), entry.vrev));
        let stored = entry.settled.clone().map(|settled| (op, (settled, entry.settled_vrev.unwrap_or(0))));
        self.ends_stored.extend(stored);
        self.note_ends(&outcome, entry.vrev);
        let Ok(context) = serde_json::from_str::<Context>(&entry.op.context) else { return };
        self.changed(entry, &outcome, &BTreeSet::new(), &context, findings);
    }

    /// Releases that the ledger does not have.
    fn end_releases(&mut self, findings: &mut Findings) {
        for (op, outcome) in std::mem::take(&mut self.releases) {
            let place = Place {
                feed: Some(self.feed.as_str().to_owned()),
                op: Some(op.0),
                record: outcome.changed.first().map(|record| record.0),
                vrev: Some(self.vrev),
            };
            self.waiting.remove(&op);
            findings.add(Check::Release, place, "台账中缺少放行");
        }
    }

    /// Notes positions and human numbers of what an entry changed.
    fn changed(
        &mut self,
        entry: &LedgerOp,
        outcome: &Outcome,
        brought: &BTreeSet<RecordId>,
        context: &Context,
        findings: &mut Findings,
    ) {
        self.positions.extend(outcome.changed.iter().map(|id| (*id, entry.vrev)));
        let prefix = |id: &&RecordId| Some((**id, find_kind(&self.world.records.get(id)?.kind)?.number_prefix?));
        match (brought.iter().find_map(|id| prefix(&id)), &entry.number) {
            (Some((id, prefix)), Some(number)) => {
                let start = format!("{prefix}-{}-{}-", self.feed, context.received_at.local_date().year());
                let sequence = number.strip_prefix(&start).and_then(|rest| rest.parse::<i64>().ok());
                let plausible = sequence.is_some_and(|sequence| (1..=self.number_max).contains(&sequence));
                if !plausible || !self.numbers_given.insert(number.clone()) {
                    findings.add(Check::HumanNumber, self.at(entry), number.clone());
                }
                self.numbers.insert(id, number.clone());
            }
            (Some(_), None) => findings.add(Check::HumanNumber, self.at(entry), "缺少编号"),
            // Later operations of the same batch repeat the number of the record they change.
            (None, Some(number)) => {
                if !outcome.changed.iter().any(|id| self.numbers.get(id) == Some(number)) {
                    findings.add(Check::HumanNumber, self.at(entry), number.clone());
                }
            }
            (None, None) => {}
        }
    }

    /// Compares the end of the walk with the village's row.
    pub(super) fn finish(&mut self, feed: &FeedRow, findings: &mut Findings) {
        self.end_releases(findings);
        let place = || Place { feed: Some(feed.id.clone()), ..Place::default() };
        if self.vrev != feed.vrev {
            let detail = format!("台账到第 {} 条，村记为 {}", self.vrev, feed.vrev);
            findings.add(Check::FeedHead, place(), detail);
        }
        if self.hash.as_slice() != feed.head_hash {
            findings.add(Check::FeedHead, place(), "链头不同");
        }
        for (record, waiting) in &self.held {
            for op in waiting {
                if self.waiting.get(&op.id) != Some(&(Some(*record), false)) {
                    let place = Place { record: Some(record.0), op: Some(op.id.0), ..place() };
                    findings.add(Check::Release, place, "应仍在等待");
                }
            }
        }
        let ops: BTreeSet<&OpId> = self.ends.keys().chain(self.ends_stored.keys()).collect();
        for op in ops {
            // An operation that was released and then waited for people keeps what came of that last.
            let (rebuilt, stored) = (self.ends.get(op), self.ends_stored.get(op));
            if rebuilt != stored {
                let place = Place { op: Some(op.0), ..place() };
                let text =
                    |end: Option<&(String, i64)>| end.map(|(end, at)| format!("{end} @{at}")).unwrap_or_default();
                findings.add(Check::Release, place, difference(&text(stored), &text(rebuilt)));
            }
        }
        for id in &self.foreign {
            self.world.records.remove(id);
        }
    }
}

/// The outcome of an operation that was not decided, recognised as the push did. Whether the digest that was sent fitted, whether another
/// member of the save was unreadable and whether the server failed is not stored apart from the answer; there the answer is believed,
/// and its effect (none) is checked.
fn undecided(op: Option<&Op>, feed: &FeedId, stored: &Outcome) -> Option<Outcome> {
    let Some(op) = op else { return Some(Outcome::without_effect(Status::Refused, "unreadable")) };
    match stored.reason.as_deref() {
        Some("wrong_digest") => Some(Outcome::without_effect(Status::Refused, "wrong_digest")),
        Some("group_refused") => Some(Outcome::without_effect(Status::Held, "group_refused")),
        Some("server_fault") => Some(Outcome::without_effect(Status::Review, "server_fault")),
        Some(_) | None if op.head.village != *feed => Some(Outcome::without_effect(Status::Review, "unknown_village")),
        Some(_) | None => None,
    }
}
