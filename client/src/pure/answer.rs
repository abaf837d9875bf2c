//! What the answer to a push means for every operation that was in it. Results are matched by sequence number, never by position, and
//! only a result moves an operation on: what the answer does not mention stays queued and is sent again. What a newcomer gets wrong:
//! `consumed_to` alone proves that the server has an operation but not what it came to, so the phone asks again and gets the stored answer.

use crate::pure::outbox::OpState;
use sync_protocol::ids::OpId;
use sync_protocol::merge::Status;
use sync_protocol::push::{OpResult, PushResponse, Stopped};

/// Reason of a refusal that means: this number was used before for other bytes, so the phone's database went back in time.
pub const SEQ_REUSE: &str = "seq_reuse";
/// Seconds to wait when the server consumed nothing and named no time.
pub const NO_PROGRESS_WAIT_S: u64 = 2;

/// One operation that was in the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentOp {
    /// Its id.
    pub id: OpId,
    /// Its place in the sequence.
    pub seq: i64,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OpAnswer {
    /// Its id.
    pub id: OpId,
    /// Its place in the sequence.
    pub seq: i64,
    /// Its state from now on.
    pub state: OpState,
    /// The server's words.
    pub result: OpResult,
}

/// What to do after the states are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send what is queued.
    Continue,
    /// The same, after this many seconds.
    Wait {
        /// Seconds.
        seconds: u64,
    },
    /// The server lacks operations from here on: queue them again under the same numbers, then send.
    ResendFrom {
        /// First sequence number the server wants.
        seq: i64,
    },
    /// The numbering of this database is not the one the server knows: begin a new incarnation, queue what is unanswered.
    NewLife,
}

/// The whole meaning of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PushEffects {
    /// Operations with a new state, in sequence.
    pub answers: Vec<OpAnswer>,
    /// What follows.
    pub next: Next,
}

/// Reads an answer. `sent` is the batch in sequence, `last_seq` the last number this incarnation gave out.
#[must_use]
pub fn read_answer(sent: &[SentOp], last_seq: i64, response: &PushResponse) -> PushEffects {
    let mut answers: Vec<OpAnswer> = Vec::with_capacity(response.results.len());
    let mut reused = false;
    for result in &response.results {
        let Ok(at) = sent.binary_search_by_key(&result.seq, |op| op.seq) else { continue };
        if is_seq_reuse(result) {
            reused = true;
            continue;
        }
        let state = OpState::after(result.outcome.status);
        answers.push(OpAnswer { id: sent[at].id, seq: result.seq, state, result: result.clone() });
    }
    answers.sort_by_key(|answer| answer.seq);
    answers.dedup_by_key(|answer| answer.seq);
    let next = if reused { Next::NewLife } else { next_step(sent, last_seq, response, !answers.is_empty()) };
    PushEffects { answers, next }
}

/// A replayed refusal is an old story that was told before; beginning yet another life because of it would never end.
fn is_seq_reuse(result: &OpResult) -> bool {
    result.outcome.status == Status::Refused && result.outcome.reason.as_deref() == Some(SEQ_REUSE) && !result.replayed
}

fn next_step(sent: &[SentOp], last_seq: i64, response: &PushResponse, progress: bool) -> Next {
    let first = sent.first().map_or(1, |op| op.seq);
    let asked_s = u64::try_from(response.backoff_s).unwrap_or(0);
    let calm = |least_s: u64| match asked_s.max(least_s) {
        0 => Next::Continue,
        seconds => Next::Wait { seconds },
    };
    match response.stopped {
        Some(Stopped::Gap { expect } | Stopped::GroupCut { expect }) if expect < 1 || expect > last_seq => {
            Next::NewLife
        }
        Some(Stopped::Gap { expect } | Stopped::GroupCut { expect }) if expect < first => {
            Next::ResendFrom { seq: expect }
        }
        // The first group is cut in our own numbering; only counting anew closes it.
        Some(Stopped::GroupCut { .. }) if !progress => Next::NewLife,
        // What this phone froze can be read; if the server says otherwise, hurrying changes nothing.
        Some(Stopped::Unreadable { .. }) => calm(NO_PROGRESS_WAIT_S),
        Some(Stopped::Busy { .. }) => calm(1),
        Some(Stopped::Gap { .. } | Stopped::GroupCut { .. } | Stopped::Budget { .. }) | None => {
            calm(if progress { 0 } else { NO_PROGRESS_WAIT_S })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{push_response, result, uuid};

    fn sent(seqs: std::ops::RangeInclusive<i64>) -> Vec<SentOp> {
        seqs.map(|seq| SentOp { id: uuid(u128::from(seq.unsigned_abs())).into(), seq }).collect()
    }

    fn states(effects: &PushEffects) -> Vec<(i64, OpState)> {
        effects.answers.iter().map(|answer| (answer.seq, answer.state)).collect()
    }

    #[test]
    fn every_status_has_its_state() {
        let cases = [
            (Status::Applied, OpState::Acked),
            (Status::Merged, OpState::Acked),
            (Status::Review, OpState::Waiting),
            (Status::Held, OpState::Waiting),
            (Status::Refused, OpState::Refused),
        ];
        for (status, state) in cases {
            let effects = read_answer(&sent(1..=1), 1, &push_response(1, vec![result(1, status)], None));
            assert_eq!(states(&effects), [(1, state)]);
            assert_eq!(effects.next, Next::Continue);
        }
    }

    #[test]
    fn operations_without_a_result_stay_queued() {
        let response = push_response(2, vec![result(2, Status::Applied), result(1, Status::Applied)], None);
        let effects = read_answer(&sent(1..=4), 4, &response);
        assert_eq!(states(&effects), [(1, OpState::Acked), (2, OpState::Acked)]);
        let silent = read_answer(&sent(1..=4), 4, &push_response(4, vec![], None));
        assert!(silent.answers.is_empty(), "consumed_to alone says nothing of what became of them");
        assert_eq!(silent.next, Next::Wait { seconds: NO_PROGRESS_WAIT_S });
    }

    #[test]
    fn results_for_numbers_nobody_sent_are_ignored() {
        let effects = read_answer(&sent(3..=4), 9, &push_response(9, vec![result(9, Status::Applied)], None));
        assert!(effects.answers.is_empty());
    }

    #[test]
    fn every_stop_has_its_next_step() {
        let done = || vec![result(5, Status::Applied)];
        let cases = [
            ("gap behind us", Stopped::Gap { expect: 2 }, vec![], Next::ResendFrom { seq: 2 }),
            ("gap before time", Stopped::Gap { expect: 0 }, vec![], Next::NewLife),
            ("gap in the future", Stopped::Gap { expect: 99 }, vec![], Next::NewLife),
            ("group cut behind us", Stopped::GroupCut { expect: 4 }, vec![], Next::ResendFrom { seq: 4 }),
            ("our own group is cut", Stopped::GroupCut { expect: 5 }, vec![], Next::NewLife),
            ("later group is cut", Stopped::GroupCut { expect: 6 }, done(), Next::Continue),
            ("budget", Stopped::Budget { expect: 6 }, done(), Next::Continue),
            ("busy", Stopped::Busy { expect: 5 }, vec![], Next::Wait { seconds: 1 }),
        ];
        for (name, stopped, results, next) in cases {
            let effects = read_answer(&sent(5..=8), 8, &push_response(5, results, Some(stopped)));
            assert_eq!(effects.next, next, "{name}");
        }
    }

    #[test]
    fn a_reused_number_begins_a_new_life_once() {
        let mut reused = result(2, Status::Refused);
        reused.outcome.reason = Some(SEQ_REUSE.to_owned());
        let fresh =
            read_answer(&sent(1..=2), 2, &push_response(2, vec![result(1, Status::Applied), reused.clone()], None));
        assert_eq!(states(&fresh), [(1, OpState::Acked)], "the operation itself stays queued");
        assert_eq!(fresh.next, Next::NewLife);
        reused.replayed = true;
        let replayed = read_answer(&sent(1..=2), 2, &push_response(2, vec![reused], None));
        assert_eq!(states(&replayed), [(2, OpState::Refused)]);
        assert_eq!(replayed.next, Next::Continue);
    }
}
