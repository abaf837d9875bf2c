//! Whatever the network does, every saved operation arrives exactly once and in order. A tiny model of the server and a phone made only
//! of the pure functions play any sequence of saves, lost requests, lost replies and partial answers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sync_protocol::ids::OpId;
use sync_protocol::merge::Status;
use sync_protocol::op::Group;
use sync_protocol::push::{OpResult, PushResponse, Stopped};

use crate::pure::answer::{Next, SentOp, read_answer};
use crate::pure::batch::{BatchSize, QueuedOp, plan_batch};
use crate::pure::outbox::{OpState, renumber};
use crate::test_data::{push_response, result, uuid};

#[derive(Debug, Clone)]
enum Step {
    Save {
        ops: u32,
    },
    Push,
    PushLostBefore,
    PushLostAfter,
    PushPartial {
        groups: usize,
    },
    /// The server has no time now.
    PushBusy,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_u32..=20).prop_map(|ops| Step::Save { ops }),
        3 => Just(Step::Push),
        2 => Just(Step::PushLostBefore),
        2 => Just(Step::PushLostAfter),
        2 => (0_usize..3).prop_map(|groups| Step::PushPartial { groups }),
        1 => Just(Step::PushBusy),
    ];
    prop::collection::vec(step, 0..40)
}

#[derive(Debug, Clone, Copy)]
struct Row {
    id: OpId,
    seq: i64,
    group: Group,
    state: OpState,
}

#[derive(Default)]
struct ModelServer {
    consumed: i64,
    log: Vec<OpId>,
    results: BTreeMap<i64, OpResult>,
}

impl ModelServer {
    /// Consumes whole groups in sequence, at most `groups_max` new ones; answers repeats from memory.
    fn push(&mut self, batch: &[Row], groups_max: usize) -> PushResponse {
        let mut results = Vec::new();
        let mut taken = 0;
        for group in batch.chunk_by(|a, b| a.group.id == b.group.id) {
            if group[0].seq > self.consumed {
                assert_eq!(group[0].seq, self.consumed + 1, "the phone left a gap");
                assert_eq!(group.len(), group[0].group.n as usize, "the phone cut a group");
                if taken == groups_max {
                    let stopped = Stopped::Budget { expect: self.consumed + 1 };
                    return push_response(self.consumed, results, Some(stopped));
                }
                taken += 1;
            }
            for row in group {
                if let Some(stored) = self.results.get(&row.seq) {
                    results.push(OpResult { replayed: true, ..stored.clone() });
                    continue;
                }
                self.log.push(row.id);
                self.consumed = row.seq;
                self.results.insert(row.seq, result(row.seq, Status::Applied));
                results.push(result(row.seq, Status::Applied));
            }
        }
        push_response(self.consumed, results, None)
    }
}

#[derive(Default)]
struct ModelPhone {
    rows: Vec<Row>,
    saves: u128,
    size: BatchSize,
}

impl ModelPhone {
    fn save(&mut self, ops: u32) {
        self.saves += 1;
        let id = uuid(self.saves).into();
        for i in 1..=ops {
            let seq = i64::try_from(self.rows.len()).unwrap() + 1;
            let group = Group { id, i, n: ops };
            self.rows.push(Row {
                id: uuid((self.saves << 32) + u128::from(i)).into(),
                seq,
                group,
                state: OpState::Queued,
            });
        }
    }

    fn batch(&self) -> Vec<Row> {
        let queued: Vec<Row> = self.rows.iter().filter(|row| row.state == OpState::Queued).copied().collect();
        let sizes: Vec<QueuedOp> =
            queued.iter().map(|row| QueuedOp { seq: row.seq, group: row.group, bytes: 100 }).collect();
        queued[..plan_batch(&sizes, self.size)].to_vec()
    }

    fn take(&mut self, batch: &[Row], response: &PushResponse) {
        let sent: Vec<SentOp> = batch.iter().map(|row| SentOp { id: row.id, seq: row.seq }).collect();
        let effects = read_answer(&sent, i64::try_from(self.rows.len()).unwrap(), response);
        assert!(!matches!(effects.next, Next::NewLife | Next::ResendFrom { .. }), "nothing here goes back in time");
        for answer in effects.answers {
            let row = self.rows.iter_mut().find(|row| row.id == answer.id).unwrap();
            row.state = answer.state;
        }
        self.size = self.size.doubled(500);
    }
}

fn play(step: &Step, phone: &mut ModelPhone, server: &mut ModelServer) {
    if let Step::Save { ops } = step {
        phone.save(*ops);
        return;
    }
    let batch = phone.batch();
    if batch.is_empty() {
        return;
    }
    match step {
        Step::Save { .. } => {}
        Step::Push => phone.take(&batch, &server.push(&batch, usize::MAX)),
        Step::PushPartial { groups } => phone.take(&batch, &server.push(&batch, *groups)),
        Step::PushLostBefore => phone.size = phone.size.halved(),
        Step::PushLostAfter => {
            let _lost = server.push(&batch, usize::MAX);
            phone.size = phone.size.halved();
        }
        Step::PushBusy => {
            let busy = push_response(server.consumed, vec![], Some(Stopped::Busy { expect: batch[0].seq }));
            phone.take(&batch, &busy);
        }
    }
}

proptest! {
    #[test]
    fn every_operation_is_delivered_exactly_once_and_in_order(steps in steps()) {
        let (mut phone, mut server) = (ModelPhone::default(), ModelServer::default());
        for step in &steps {
            play(step, &mut phone, &mut server);
            prop_assert!(server.log.iter().eq(phone.rows.iter().map(|row| &row.id).take(server.log.len())));
        }
        let mut rounds = 0;
        while !phone.batch().is_empty() {
            play(&Step::Push, &mut phone, &mut server);
            rounds += 1;
            prop_assert!(rounds <= phone.rows.len() + 1, "the queue must drain in bounded rounds");
        }
        prop_assert_eq!(server.log, phone.rows.iter().map(|row| row.id).collect::<Vec<_>>());
        prop_assert!(phone.rows.iter().all(|row| row.state == OpState::Acked));
    }

    #[test]
    fn a_new_life_keeps_ids_and_order_and_whole_groups(saves in prop::collection::vec(1_u32..=20, 1..8), cut in 0_usize..40) {
        let mut phone = ModelPhone::default();
        saves.iter().for_each(|ops| phone.save(*ops));
        let rest: Vec<(OpId, Group)> = phone.rows.iter().skip(cut).map(|row| (row.id, row.group)).collect();
        let renumbered = renumber(&rest);
        prop_assert!(renumbered.iter().map(|(id, ..)| id).eq(rest.iter().map(|(id, _)| id)));
        prop_assert!(renumbered.iter().zip(1..).all(|((_, seq, _), expected)| *seq == expected));
        for group in renumbered.chunk_by(|a, b| a.2.id == b.2.id) {
            prop_assert!(group.iter().zip(1..).all(|((.., group_of), i)| group_of.i == i));
            prop_assert!(group.iter().all(|(.., group_of)| group_of.n as usize == group.len()));
        }
    }
}
