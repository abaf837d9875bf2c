/**
 * Looking at records and changing them offline. A change names what the person saw (base revision and base values), so the server can tell a
 * conflict from a correction. Nothing is merged here.
 */
import type { Json } from "./canonical";
import { foresee, type Foreseen } from "./foresee";
import { t } from "./language";
import { isLaidOver, layOver, type ShownRecord } from "./overlay";
import { changeOf, readOp, type Body, type Op } from "./op";
import type { RecordState } from "./record";
import { save } from "./save";
import { findKind } from "./schema";
import type { Phone } from "./session";
import type { RecordRow, Store } from "./store";

/** The server's newest state of a record on this phone. */
export async function findRecord(store: Store, record: string): Promise<RecordRow | null> {
  const rows = await store.records.where("id").equals(record).toArray();
  return rows.sort((a, b) => b.rev - a.rev)[0] ?? null;
}

/** A record as the screen shows it; `null` when nothing is known of it. */
export async function viewRecord(store: Store, record: string): Promise<ShownRecord | null> {
  const server = (await findRecord(store, record))?.state ?? null;
  return shownWith(store, record, server);
}

/** The same for a state that is at hand already. */
export async function shownWith(store: Store, record: string, server: RecordState | null): Promise<ShownRecord | null> {
  return layOver(record, server, await pendingOn(store, record, server), (await store.get("roles")) ?? []);
}

/** A record with everything this phone did to it, as it will be once the server agreed, and what of it waits. */
export async function foreseeRecord(store: Store, record: string): Promise<Foreseen | null> {
  const server = (await findRecord(store, record))?.state ?? null;
  return foresee(record, server, await pendingOn(store, record, server), (await store.get("roles")) ?? []);
}

/** This phone's operations about a record that the server's state does not show yet, in the order they were saved. */
async function pendingOn(store: Store, record: string, server: RecordState | null): Promise<Op[]> {
  const rows = await store.outbox.where("record").equals(record).sortBy("saved");
  return rows.filter((row) => isLaidOver({ state: row.state, seen: row.seen === 1 }, server !== null)).map((row) => readOp(row.text));
}

/** What a person had before their eyes when they began to change a record. */
export type Seen = Pick<ShownRecord, "rev" | "fields">;

/**
 * Sets fields of a record. `seen` is what the form was filled with: what arrived while it was open was not seen, and claiming so would let
 * this value take the place of somebody else's without a word.
 */
export async function editRecord(phone: Phone, record: string, values: Record<string, Json>, seen: Seen): Promise<string> {
  const shown = await requireShown(phone, record);
  const set = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, changeOf(seen.fields[name], value)]));
  return saveAbout(phone, { ...shown, rev: seen.rev }, { kind: "patch", set });
}

/** Takes an edge of the record's state machine, from the state shown now. */
export async function takeEdge(
  phone: Phone,
  record: string,
  to: string,
  reason: string | null,
  evidence: Record<string, Json> = {},
): Promise<string> {
  const shown = await requireShown(phone, record);
  const from = String(shown.fields.state ?? findKind(shown.kind)?.initial_state ?? "");
  return saveAbout(phone, shown, { kind: "transition", from, to, reason, evidence });
}

/** Adds to a record without changing it. */
export async function supplement(phone: Phone, record: string, fields: Record<string, Json>): Promise<string> {
  return saveAbout(phone, await requireShown(phone, record), { kind: "supplement", fields });
}

async function requireShown({ store }: Phone, record: string): Promise<ShownRecord> {
  const shown = await viewRecord(store, record);
  if (!shown) throw new Error(t("手机上没有这条记录"));
  return shown;
}

async function saveAbout(phone: Phone, shown: ShownRecord, body: Body): Promise<string> {
  const draft = { village: shown.feed, record: shown.id, recordKind: shown.kind, baseRev: shown.rev, body };
  return (await save(phone, [draft]))[0]!;
}
