/**
 * Operations at rest on the phone: frozen once, when the person saves, then only numbered anew if the database begins a new life. What a
 * newcomer gets wrong: "being sent" is never written down; after a crash such an operation is simply queued, and the server answers the
 * second delivery from its memory.
 */
import { GROUP_BYTES_MAX, GROUP_OPS_MAX, OP_BYTES_MAX } from "./limits";
import { opDigest, utf8 } from "./digest";
import { t } from "./language";
import { freezeOp, type Group, type Op } from "./op";

/**
 * Where one operation stands: `queued` waits to be sent; `acked` took effect; `waiting` is with the server and needs a person or another
 * record; `refused` is in quarantine and the person has to see it, `acknowledged` once they have; `archived` is long in a backup.
 */
export type OpState = "queued" | "acked" | "waiting" | "refused" | "acknowledged" | "archived";

/** Status of a result of the server. */
export type Status = "applied" | "merged" | "review" | "held" | "refused";

/** Where a result of the server leads. */
export function stateAfter(status: Status): OpState {
  switch (status) {
    case "applied":
    case "merged":
      return "acked";
    case "review":
    case "held":
      return "waiting";
    case "refused":
      return "refused";
  }
}

/** One operation as it will be stored and sent for ever. */
export interface FrozenOp {
  id: string;
  /** Life of the database that numbered it. */
  incarnation: string;
  /** Place in that life's gap-free sequence, from 1. */
  seq: number;
  group: Group;
  /** Base64 of the SHA-256 of the text's UTF-8 bytes. */
  digest: string;
  text: string;
  village: string;
  record: string;
}

/** Why a save cannot be frozen; nothing was saved, the form on the screen is untouched. */
export class FreezeError extends Error {}

/** Ids for one save; one group per operation is always enough. */
export interface SaveIds {
  ops: string[];
  groups: string[];
}

/** Freezes the operations of one save and numbers them from `nextSeq` without a gap. A save longer than a group may be becomes several. */
export function freezeSave(incarnation: string, nextSeq: number, ops: Op[], ids: SaveIds): FrozenOp[] {
  if (ops.length === 0) throw new FreezeError(t("没有可保存的内容"));
  const texts = ops.map(freezeOp);
  const lengths = texts.map((text) => utf8(text).length);
  const long = lengths.findIndex((length) => length > OP_BYTES_MAX);
  if (long >= 0) {
    throw new FreezeError(
      t("第 {long} 项内容有 {bytes} 字节，超过 {limit} 字节的上限；尚未保存，请缩短文字后重试", {
        long: long + 1,
        bytes: lengths[long],
        limit: OP_BYTES_MAX,
      }),
    );
  }
  const groups = groupNumbers(lengths, ids.groups);
  return ops.map((op, at) => ({
    id: ids.ops[at]!,
    incarnation,
    seq: nextSeq + at,
    group: groups[at]!,
    digest: opDigest(texts[at]!),
    text: texts[at]!,
    village: op.village,
    record: op.record,
  }));
}

function groupNumbers(lengths: number[], groupIds: string[]): Group[] {
  const sizes: number[] = [];
  let bytes = 0;
  for (const length of lengths) {
    const last = sizes.length - 1;
    if (last >= 0 && sizes[last]! < GROUP_OPS_MAX && bytes + length <= GROUP_BYTES_MAX) {
      sizes[last]! += 1;
      bytes += length;
    } else {
      sizes.push(1);
      bytes = length;
    }
  }
  return sizes.flatMap((n, at) => Array.from({ length: n }, (_, i) => ({ id: groupIds[at]!, i: i + 1, n })));
}

/** Numbers operations anew from 1 for a new life of the database: same ids, same bytes. Members of a group are counted again, because its
 * answered part stays behind. */
export function renumber(ops: { id: string; group: Group }[]): { id: string; seq: number; group: Group }[] {
  return chunkByGroup(ops)
    .flatMap((run) => run.map(({ id, group }, at) => ({ id, group: { id: group.id, i: at + 1, n: run.length } })))
    .map((op, at) => ({ ...op, seq: at + 1 }));
}

/** Runs of neighbours that belong to one group. */
export function chunkByGroup<T extends { group: Group }>(ops: T[]): T[][] {
  const runs: T[][] = [];
  for (const op of ops) {
    const last = runs.at(-1);
    if (last && last[0]!.group.id === op.group.id) last.push(op);
    else runs.push([op]);
  }
  return runs;
}
