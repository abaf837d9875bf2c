//! Operations at rest on the phone: frozen once, when the person saves, then only numbered anew if the database begins a new life.
//! The states are those of protocol 3.13. What a newcomer gets wrong: `Inflight` is never written to disk; after a crash an
//! operation that was on its way is simply `Queued`, and the server answers the second delivery from its memory.

use serde::{Deserialize, Serialize};
use sync_protocol::digest::op_digest;
use sync_protocol::ids::{FeedId, GroupId, IncarnationId, OpId};
use sync_protocol::limits::{GROUP_BYTES_MAX, GROUP_OPS_MAX, OP_BYTES_MAX};
use sync_protocol::merge::Status;
use sync_protocol::op::{Group, Op};

/// Where one operation stands (protocol 3.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpState {
    /// Saved; waits to be sent.
    Queued,
    /// On its way in this very moment; only in memory.
    Inflight,
    /// The server has it and it took effect.
    Acked,
    /// The server has it; a person or another record must come first.
    Waiting,
    /// The server keeps it in quarantine; the person has to see it.
    Refused,
    /// Refused, and the person has seen it.
    Acknowledged,
    /// Long acknowledged and in a backup of the server; the bytes may go, the digest stays.
    Archived,
}

impl OpState {
    /// Every state, in the order of an operation's life.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Inflight, Self::Acked, Self::Waiting, Self::Refused, Self::Acknowledged, Self::Archived];

    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Inflight => "inflight",
            Self::Acked => "acked",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Acknowledged => "acknowledged",
            Self::Archived => "archived",
        }
    }

    /// What people read.
    #[must_use]
    pub const fn title_zh(self) -> &'static str {
        match self {
            Self::Queued => "待上传",
            Self::Inflight => "上传中",
            Self::Acked => "已上传",
            Self::Waiting => "申请中",
            Self::Refused => "未被采用，请查看",
            Self::Acknowledged => "未被采用，已查看",
            Self::Archived => "已归档",
        }
    }

    /// The state of that word.
    #[must_use]
    pub fn find_by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Where a result of the server leads.
    #[must_use]
    pub const fn after(status: Status) -> Self {
        match status {
            Status::Applied | Status::Merged => Self::Acked,
            Status::Review | Status::Held => Self::Waiting,
            Status::Refused => Self::Refused,
        }
    }

    /// Whether the server has answered for the operation.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        match self {
            Self::Queued | Self::Inflight => false,
            Self::Acked | Self::Waiting | Self::Refused | Self::Acknowledged | Self::Archived => true,
        }
    }
}

/// One operation as it will be stored and sent for ever: bytes and digest never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenOp {
    /// The operation's id.
    pub id: OpId,
    /// Life of the database that numbered it.
    pub incarnation: IncarnationId,
    /// Place in that life's gap-free sequence, from 1.
    pub seq: i64,
    /// The local save it belongs to.
    pub group: Group,
    /// Base64 of the SHA-256 of `bytes`.
    pub digest: String,
    /// The frozen JSON.
    pub bytes: Vec<u8>,
    /// The feed it names, for draining a village.
    pub village: FeedId,
}

/// Why a save cannot be frozen. Nothing was saved, the form on the screen is untouched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// There is nothing to save.
    #[error("没有可保存的内容")]
    Empty,
    /// One operation is too long for the protocol.
    #[error("第 {index} 项内容有 {bytes} 字节，超过 {OP_BYTES_MAX} 字节的上限；尚未保存，请缩短文字后重试")]
    OpTooLong {
        /// Place in the save, from 1.
        index: usize,
        /// Its length.
        bytes: usize,
    },
    /// Ids and operations do not pair up: a mistake of the caller.
    #[error("编号数量与内容数量不符（程序错误），尚未保存")]
    IdsMissing,
}

/// Freezes the operations of one save and numbers them from `next_seq` without a gap. A save that is longer than a group may be
/// (20 operations, 256 KiB) becomes several groups; `group_ids` must hold enough of them (one per operation always is).
///
/// # Errors
/// [`FreezeError`]; nothing is numbered then.
pub fn freeze_save(
    incarnation: IncarnationId,
    next_seq: i64,
    ops: &[Op],
    op_ids: &[OpId],
    group_ids: &[GroupId],
) -> Result<Vec<FrozenOp>, FreezeError> {
    if ops.is_empty() {
        return Err(FreezeError::Empty);
    }
    if op_ids.len() != ops.len() || group_ids.len() < ops.len() {
        return Err(FreezeError::IdsMissing);
    }
    let bytes: Vec<Vec<u8>> = ops.iter().map(Op::freeze).collect();
    if let Some((index, long)) = bytes.iter().enumerate().find(|(_, bytes)| bytes.len() > OP_BYTES_MAX) {
        return Err(FreezeError::OpTooLong { index: index + 1, bytes: long.len() });
    }
    let lengths: Vec<usize> = bytes.iter().map(Vec::len).collect();
    let numbers = group_numbers(&lengths, group_ids);
    let frozen = bytes.into_iter().zip(ops).zip(op_ids).zip(numbers).zip(next_seq..);
    Ok(frozen
        .map(|((((bytes, op), id), group), seq)| FrozenOp {
            id: *id,
            incarnation,
            seq,
            group,
            digest: op_digest(&bytes),
            bytes,
            village: op.head.village.clone(),
        })
        .collect())
}

/// Cuts a save into groups that the protocol allows and numbers their members.
fn group_numbers(lengths: &[usize], group_ids: &[GroupId]) -> Vec<Group> {
    let ops_max = usize::try_from(GROUP_OPS_MAX).unwrap_or(usize::MAX);
    let mut sizes: Vec<usize> = Vec::new();
    let mut bytes_in_group = 0;
    for length in lengths {
        match sizes.last_mut() {
            Some(size) if *size < ops_max && bytes_in_group + length <= GROUP_BYTES_MAX => {
                *size += 1;
                bytes_in_group += length;
            }
            Some(_) | None => {
                sizes.push(1);
                bytes_in_group = *length;
            }
        }
    }
    let members = sizes.iter().zip(group_ids).flat_map(|(size, id)| (1..=*size).map(move |i| member(*id, i, *size)));
    members.collect()
}

fn member(id: GroupId, i: usize, n: usize) -> Group {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Group { id, i: narrow(i), n: narrow(n) }
}

/// Numbers operations anew from 1 for a new life of the database (protocol 3.8): same ids, same bytes, new places. Groups keep their id;
/// their members are counted again, because a group's answered part stays behind.
#[must_use]
pub fn renumber(ops: &[(OpId, Group)]) -> Vec<(OpId, i64, Group)> {
    let mut renumbered = Vec::with_capacity(ops.len());
    for run in ops.chunk_by(|(_, a), (_, b)| a.id == b.id) {
        for (index, (id, group)) in run.iter().enumerate() {
            let seq = i64::try_from(renumbered.len() + 1).unwrap_or(i64::MAX);
            renumbered.push((*id, seq, member(group.id, index + 1, run.len())));
        }
    }
    renumbered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{patch_op, uuid};

    fn freeze(count: usize, text_len: usize) -> Vec<FrozenOp> {
        let ops: Vec<Op> = (0..count).map(|_| patch_op(&"字".repeat(text_len))).collect();
        let op_ids: Vec<OpId> = (0..count).map(|n| uuid(n as u128).into()).collect();
        let group_ids: Vec<GroupId> = (0..count).map(|n| uuid(1000 + n as u128).into()).collect();
        freeze_save(uuid(9).into(), 41, &ops, &op_ids, &group_ids).unwrap()
    }

    #[test]
    fn a_save_is_numbered_without_a_gap_and_its_digest_fits_its_bytes() {
        let frozen = freeze(3, 1);
        assert_eq!(frozen.iter().map(|op| op.seq).collect::<Vec<_>>(), [41, 42, 43]);
        assert!(frozen.iter().all(|op| op.digest == op_digest(&op.bytes) && op.group.n == 3));
        assert!(frozen.iter().all(|op| Op::parse(&op.bytes).unwrap() == patch_op("字")));
    }

    #[test]
    fn groups_hold_twenty_operations_and_256_kib_at_most() {
        let sizes = |frozen: &[FrozenOp]| {
            frozen.chunk_by(|a, b| a.group.id == b.group.id).map(<[FrozenOp]>::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&freeze(20, 1)), [20]);
        assert_eq!(sizes(&freeze(21, 1)), [20, 1]);
        let long = freeze(9, 15_000);
        assert_eq!(sizes(&long), [5, 4], "five operations of 45 kB fit in 256 KiB, six do not");
        assert!(long.iter().all(|op| op.group.i >= 1 && op.group.i <= op.group.n));
    }

    #[test]
    fn an_operation_over_the_limit_is_told_before_anything_is_saved() {
        let ops = [patch_op(&"字".repeat(30_000))];
        let frozen = freeze_save(uuid(9).into(), 1, &ops, &[uuid(1).into()], &[uuid(2).into()]);
        assert!(matches!(frozen, Err(FreezeError::OpTooLong { index: 1, .. })));
    }

    #[test]
    fn a_new_life_counts_from_one_and_closes_cut_groups() {
        let first = member(uuid(1).into(), 2, 3);
        let ops = [(uuid(11).into(), first), (uuid(12).into(), Group { i: 3, ..first })];
        let other = (uuid(13).into(), member(uuid(2).into(), 1, 1));
        let renumbered = renumber(&[ops[0], ops[1], other]);
        let places: Vec<_> = renumbered.iter().map(|(_, seq, group)| (*seq, group.i, group.n)).collect();
        assert_eq!(places, [(1, 1, 2), (2, 2, 2), (3, 1, 1)]);
    }
}
