/**
 * Which operations travel together: whole groups, in sequence, within the limits of the protocol and of this radio link. It halves after a
 * time-out or 413 and doubles after success. What a newcomer gets wrong: a group is never cut, even when it alone is larger than the
 * present batch size; the server would not consume it.
 */
import { PUSH_BYTES_MAX, PUSH_OPS_MAX } from "./limits";
import type { Group } from "./op";
import { chunkByGroup } from "./outbox";

/** Bytes of a push that are not operations: envelope, ids, clocks. */
const ENVELOPE_BYTES = 4 << 10;
/** Bytes around each operation: seq, id, group, digest and their names. */
const OP_OVERHEAD_BYTES = 320;
/** Bytes of one batch before compression: a batch that fits uncompressed fits always. */
export const BATCH_BYTES_MAX = PUSH_BYTES_MAX - ENVELOPE_BYTES;

/** What the planner knows of one queued operation. */
export interface QueuedOp {
  seq: number;
  group: Group;
  bytes: number;
}

function within(opsMax: number): number {
  return Math.min(Math.max(1, Math.floor(opsMax)), PUSH_OPS_MAX);
}

/** The batch size after a time-out or 413. */
export function halved(opsMax: number): number {
  return within(opsMax / 2);
}

/** The batch size after success; the server may name a smaller limit. */
export function doubled(opsMax: number, serverMax: number): number {
  return within(Math.min(opsMax * 2, Math.max(1, serverMax)));
}

/** How many of `queued` (in sequence, from the first unanswered) make the next batch. A group whose end is not in `queued` is left for the
 * next time, unless it stands first: nothing may block the queue for ever. */
export function planBatch(queued: QueuedOp[], opsMax: number): number {
  let planned = 0;
  let bytes = 0;
  let expected = queued[0]?.seq ?? 0;
  for (const group of chunkByGroup(queued)) {
    const first = expected;
    const contiguous = group.every((op, at) => op.seq === first + at);
    const last = group.at(-1)!;
    const whole = last.group.i === last.group.n;
    const groupBytes = group.reduce((sum, op) => sum + op.bytes + OP_OVERHEAD_BYTES, 0);
    const fits = planned + group.length <= opsMax && bytes + groupBytes <= BATCH_BYTES_MAX;
    if (planned > 0 && !(fits && whole && contiguous)) break;
    planned += group.length;
    bytes += groupBytes;
    expected += group.length;
  }
  return Math.min(planned, PUSH_OPS_MAX);
}
