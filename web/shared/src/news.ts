/**
 * What the person should hear of after a sync: which rule decided about a value of theirs, what others changed on open hazards, what people
 * answered. Written in the transaction that brings it. What a newcomer gets wrong: a rule that decided is told with both values, or the
 * person cannot know what became of theirs.
 */
import { canonicalJson, type Json } from "./canonical";
import type { OpAnswer } from "./answer";
import { readOp, type Op } from "./op";
import type { RecordState } from "./record";
import { shown } from "./shown";
import type { NewsRow, Store } from "./store";
import type { OpOutcome } from "./wire";

/** Kinds of records whose changes by others are told. */
const TOLD_KINDS = ["hazard"];
/** Fields that say nothing to people, or are told elsewhere. */
const SILENT_FIELDS = ["integrity"];

/** The value that an operation writes to a field. */
export function writtenValue(op: Op, field: string): Json | null {
  switch (op.kind) {
    case "create":
    case "supplement":
      return op.fields[field] ?? null;
    case "patch":
      return op.set[field]?.new ?? null;
    case "transition":
      return field === "state" ? op.to : null;
    default:
      return null;
  }
}

/** Tells of every field that did not simply take this phone's value. */
export async function tellRules(store: Store, answers: OpAnswer[], at: number): Promise<void> {
  for (const { id, result } of answers) {
    const fields = Object.entries(result.fields ?? {}).filter(([field]) => !field.startsWith("photo."));
    if (fields.length === 0 || result.replayed) continue;
    const row = await store.outbox.where("opId").equals(id).first();
    if (!row || row.text === "") continue;
    const op = readOp(row.text);
    const told = fields.map(([field, by]) => news(row.record, "rule", { at, field, by, mine: writtenValue(op, field) }));
    await store.news.bulkAdd(told);
  }
}

/** Tells what people made of operations that waited. */
export async function tellOutcomes(store: Store, outcomes: OpOutcome[], at: number): Promise<void> {
  for (const { op, status, field, text_zh: text } of outcomes) {
    const row = await store.outbox.where("opId").equals(op).first();
    if (row) await store.news.add({ ...news(row.record, "outcome", { at, field: field ?? "", by: status, mine: null }), now: text });
  }
}

/** Tells what others changed on a record between two states of it. */
export async function tellChanges(store: Store, before: RecordState, after: RecordState, me: string, at: number): Promise<void> {
  if (!TOLD_KINDS.includes(after.kind)) return;
  const told = changesByOthers(before, after, me).map(({ field, mine, now }) => ({
    ...news(after.id, "change", { at, field, by: "", mine }),
    now,
  }));
  if (told.length > 0) await store.news.bulkAdd(told);
}

/** Fields that show another value since, where somebody else than `me` wrote since. */
export function changesByOthers(before: RecordState, after: RecordState, me: string): { field: string; mine: Json | null; now: Json | null }[] {
  const fields = Object.keys(after.fields).filter((field) => !SILENT_FIELDS.includes(field));
  return fields.flatMap((field) => {
    const byOther = (after.fields[field] ?? []).some((entry) => entry.rev > before.rev && entry.author !== me);
    if (!byOther) return [];
    const mine = shown(before, field) ?? null;
    const now = shown(after, field) ?? null;
    return canonicalJson(mine) === canonicalJson(now) ? [] : [{ field, mine, now }];
  });
}

function news(record: string, what: NewsRow["what"], some: Pick<NewsRow, "at" | "field" | "by" | "mine">): NewsRow {
  return { record, what, ...some, now: null, unread: 1 };
}
