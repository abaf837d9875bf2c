//! Which operations travel together: whole groups, in sequence, within the limits of the protocol and of this radio link. It halves
//! after a time-out or 413 and doubles after success, so a weak link gets small batches and a good one large ones. What a newcomer
//! gets wrong: a group is never cut, even when it alone is larger than the present batch size; the server would not consume it.

use sync_protocol::limits::{PUSH_ENCODED_BYTES_MAX, PUSH_OPS_MAX};
use sync_protocol::op::Group;

/// Bytes of a push that are not operations: envelope, ids, clocks.
const ENVELOPE_BYTES: usize = 4 << 10;
/// Bytes around each operation: seq, id, group, digest and their names.
const OP_OVERHEAD_BYTES: usize = 320;
/// Bytes of one batch before compression. The encoded limit is used, because a batch that fits it uncompressed fits it always.
pub const BATCH_BYTES_MAX: usize = PUSH_ENCODED_BYTES_MAX - ENVELOPE_BYTES;

/// What the planner knows of one queued operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuedOp {
    /// Its place in the sequence.
    pub seq: i64,
    /// Its group.
    pub group: Group,
    /// Bytes of the frozen operation.
    pub bytes: usize,
}

/// How many operations the next batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize {
    ops_max: usize,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self { ops_max: PUSH_OPS_MAX }
    }
}

impl BatchSize {
    /// A batch size of `ops_max` operations, within 1 and the protocol's limit.
    #[must_use]
    pub fn new(ops_max: usize) -> Self {
        Self { ops_max: ops_max.clamp(1, PUSH_OPS_MAX) }
    }

    /// Operations at most.
    #[must_use]
    pub const fn ops_max(self) -> usize {
        self.ops_max
    }

    /// After a time-out or 413.
    #[must_use]
    pub fn halved(self) -> Self {
        Self::new(self.ops_max / 2)
    }

    /// After success; the server may name a smaller limit.
    #[must_use]
    pub fn doubled(self, server_max: i64) -> Self {
        let server_max = usize::try_from(server_max).unwrap_or(PUSH_OPS_MAX).max(1);
        Self::new((self.ops_max * 2).min(server_max))
    }
}

/// How many of `queued` (in sequence, from the first unanswered) make the next batch. A group that `queued` does not hold to its end is
/// left for the next time, unless it stands first: then what is there is sent, so that nothing can block the queue for ever.
#[must_use]
pub fn plan_batch(queued: &[QueuedOp], size: BatchSize) -> usize {
    let mut planned = 0;
    let mut bytes = 0;
    let mut expected = queued.first().map_or(0, |op| op.seq);
    for group in queued.chunk_by(|a, b| a.group.id == b.group.id) {
        let contiguous = group.iter().zip(expected..).all(|(op, seq)| op.seq == seq);
        let whole = group.last().is_some_and(|op| op.group.i == op.group.n);
        let group_bytes: usize = group.iter().map(|op| op.bytes + OP_OVERHEAD_BYTES).sum();
        let fits = planned + group.len() <= size.ops_max && bytes + group_bytes <= BATCH_BYTES_MAX;
        if planned > 0 && !(fits && whole && contiguous) {
            break;
        }
        planned += group.len();
        bytes += group_bytes;
        expected += i64::try_from(group.len()).unwrap_or(i64::MAX);
    }
    planned.min(PUSH_OPS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::uuid;

    /// Groups of these sizes, one after another, each operation of `bytes` bytes.
    fn queue(sizes: &[u32], bytes: usize) -> Vec<QueuedOp> {
        let members = sizes.iter().enumerate().flat_map(|(id, n)| (1..=*n).map(move |i| (id, i, *n)));
        let queued = members.zip(1..).map(|((id, i, n), seq)| QueuedOp {
            seq,
            group: Group { id: uuid(id as u128).into(), i, n },
            bytes,
        });
        queued.collect()
    }

    #[test]
    fn batches_end_at_the_borders_of_groups() {
        let cases: &[(&str, Vec<QueuedOp>, usize, usize)] = &[
            ("nothing local", queue(&[], 100), 500, 0),
            ("one save", queue(&[3], 100), 500, 3),
            ("exactly one page", queue(&[20; 25], 100), 500, 500),
            ("one more than a page", queue(&[[20; 25].as_slice(), &[1]].concat(), 100), 500, 500),
            ("a group over the border stays whole", queue(&[7, 4], 100), 10, 7),
            ("a group at the border goes along", queue(&[6, 4], 100), 10, 10),
            ("a group larger than the size goes alone", queue(&[20, 1], 100), 4, 20),
            ("bytes end a batch too", queue(&[1; 40], 60_000), 500, 17),
            ("a largest group fits always", queue(&[4, 4], 65_536), 500, 8),
        ];
        for (name, queued, ops_max, planned) in cases {
            assert_eq!(plan_batch(queued, BatchSize::new(*ops_max)), *planned, "{name}");
        }
    }

    #[test]
    fn a_group_whose_end_is_not_loaded_waits_unless_it_is_first() {
        let mut queued = queue(&[2, 5], 100);
        queued.truncate(5);
        assert_eq!(plan_batch(&queued, BatchSize::default()), 2);
        assert_eq!(plan_batch(&queued[2..], BatchSize::default()), 3);
    }

    #[test]
    fn a_batch_never_jumps_over_a_hole() {
        let mut queued = queue(&[1, 1, 1], 100);
        queued.remove(1);
        assert_eq!(plan_batch(&queued, BatchSize::default()), 1);
    }

    #[test]
    fn sizes_halve_to_one_and_double_to_what_the_server_takes() {
        let mut size = BatchSize::default();
        for _ in 0..20 {
            size = size.halved();
        }
        assert_eq!(size.ops_max(), 1);
        for _ in 0..20 {
            size = size.doubled(500);
        }
        assert_eq!(size.ops_max(), 500);
        assert_eq!(size.doubled(80).ops_max(), 80);
        assert_eq!(size.doubled(-1).ops_max(), 500);
        assert_eq!(size.doubled(0).ops_max(), 1);
    }
}
