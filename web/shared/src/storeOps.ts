/**
 * The outbox table: numbers, states and answers of frozen operations. Every function is part of the caller's transaction. What a newcomer
 * gets wrong: only the present life's rows are sent; a new life takes over what is unanswered under new numbers.
 */
import type { OpAnswer } from "./answer";
import { GROUP_OPS_MAX, PUSH_OPS_MAX, RETENTION_DAYS } from "./limits";
import type { LifeFacts } from "./life";
import { renumber, type FrozenOp } from "./outbox";
import { readLife, type OutboxRow, type Store } from "./store";
import { DAY_MS } from "./time";
import type { OpOutcome } from "./wire";

/** Rows loaded to plan a batch: a full batch and the rest of a group that stands over its end. */
const WINDOW_OPS = PUSH_OPS_MAX + GROUP_OPS_MAX;

/** Adds frozen operations and moves the sequence on. */
export async function insertOps(store: Store, ops: FrozenOp[], madeAt: number): Promise<void> {
  await store.outbox.bulkAdd(
    ops.map((op) => ({
      opId: op.id,
      incarnation: op.incarnation,
      seq: op.seq,
      groupId: op.group.id,
      groupI: op.group.i,
      groupN: op.group.n,
      digest: op.digest,
      text: op.text,
      village: op.village,
      record: op.record,
      madeAt,
      state: "queued" as const,
      result: null,
      seen: 0 as const,
    })),
  );
  await store.set({ last_seq: ops.at(-1)!.seq });
}

/** The first unanswered operations of the present life, in sequence: enough to plan one batch. */
export async function listQueued(store: Store): Promise<OutboxRow[]> {
  const { incarnation } = await readLife(store);
  const range = store.outbox.where("[state+incarnation+seq]").between(["queued", incarnation, 0], ["queued", incarnation, Infinity]);
  return range.limit(WINDOW_OPS).sortBy("seq");
}

/** Writes what the server said about operations. */
export async function writeAnswers(store: Store, answers: OpAnswer[]): Promise<void> {
  for (const { id, state, result } of answers) await store.outbox.where("opId").equals(id).modify({ state, result });
}

/** Writes what became of operations that waited; one that still waits, for people now, is told again. */
export async function writeOutcomes(store: Store, outcomes: OpOutcome[], toldAt: number): Promise<void> {
  for (const { op, status, field, text_zh: text } of outcomes) {
    await store.outcomes.put({ opId: op, status, field: field ?? null, text, toldAt });
    if (status === "review") continue;
    const waiting = store.outbox
      .where("opId")
      .equals(op)
      .and((row) => row.state === "waiting");
    await waiting.modify({ state: "acked" });
  }
}

/** Queues answered operations of the present life from `seq` on again, same numbers. Answers whether all of them are there: an archived one
 * has no text any more, and then only a new life helps. */
export async function requeueFrom(store: Store, seq: number): Promise<boolean> {
  const { incarnation, lastSeq } = await readLife(store);
  const rows = store.outbox.where("[incarnation+seq]").between([incarnation, seq], [incarnation, Infinity]);
  await rows.and((row) => row.state !== "archived").modify({ state: "queued", seen: 0 });
  const queued = await store.outbox
    .where("[incarnation+seq]")
    .between([incarnation, seq], [incarnation, Infinity])
    .and((row) => row.state === "queued")
    .count();
  return queued === lastSeq - seq + 1;
}

/** Ends the present life: queued operations get new numbers from 1 under `incarnation`, with the same ids and bytes. */
export async function beginLife(store: Store, incarnation: string): Promise<void> {
  const old = await readLife(store);
  // In the order of saving: operations of older lives came before everything of this one.
  const rows = await store.outbox.where("state").equals("queued").sortBy("saved");
  const named = rows.map((row) => ({ id: row.opId, group: { id: row.groupId, i: row.groupI, n: row.groupN } }));
  for (const { id, seq, group } of renumber(named)) {
    await store.outbox.where("opId").equals(id).modify({ incarnation, seq, groupI: group.i, groupN: group.n });
  }
  await store.set({ parent: old.incarnation, incarnation, last_seq: rows.length });
}

/** Queues again what was answered in the last 30 days, because the server's history changed. Answers whether operations of an earlier life
 * are among them; then the caller begins a new life, so that all of them have numbers again. */
export async function requeueRecent(store: Store, now: number): Promise<boolean> {
  const since = now - RETENTION_DAYS * DAY_MS;
  const kept = (await store.outbox.orderBy("saved").toArray()).filter((row) => row.state !== "archived");
  // From the first recent one on, whatever a clock that was set back said of the later ones: numbers may not have holes.
  const first = kept.find((row) => row.madeAt >= since);
  if (!first) return false;
  const again = kept.filter((row) => row.saved! >= first.saved!);
  for (const row of again) await store.outbox.update(row.saved!, { state: "queued", seen: 0 });
  const { incarnation } = await readLife(store);
  return again.some((row) => row.incarnation !== incarnation);
}

/** Notes how far a pulled page shows this phone's own effects and how far the server is backed up; empties what may be archived. */
export async function noteAcknowledged(
  store: Store,
  ack: { consumed_to: number; durable_to: number },
  complete: boolean,
  now: number,
): Promise<void> {
  const { incarnation } = await readLife(store);
  // Only the last page is sure to hold every effect; before it, another village's page may still be missing.
  if (complete) {
    const shown = (row: OutboxRow): boolean =>
      row.seen === 0 && (row.incarnation === incarnation ? row.seq <= ack.consumed_to : row.state !== "queued");
    await store.outbox.filter(shown).modify({ seen: 1 });
  }
  await store.set({ durable_to: ack.durable_to });
  const old = now - RETENTION_DAYS * DAY_MS;
  const done = (row: OutboxRow): boolean => row.incarnation === incarnation && row.seq <= ack.durable_to && row.madeAt < old && row.seen === 1;
  await store.outbox.where("state").equals("acked").and(done).modify({ state: "archived", text: "" });
}

/** What a hello must know, and number and digest of operation `seq` (the last one when absent). */
export async function lifeFacts(store: Store, seq?: number): Promise<{ facts: LifeFacts; named: { seq: number; digest: string } | null }> {
  const { incarnation, lastSeq } = await readLife(store);
  const rows = await store.outbox.where("[incarnation+seq]").between([incarnation, 0], [incarnation, Infinity]).toArray();
  const named = rows.find((row) => row.seq === (seq ?? lastSeq));
  return {
    facts: {
      lastSeq,
      firstUnanswered: rows.find((row) => row.state === "queued")?.seq ?? lastSeq + 1,
      firstKept: rows.find((row) => row.state !== "archived")?.seq ?? lastSeq + 1,
    },
    named: named ? { seq: named.seq, digest: named.digest } : null,
  };
}
