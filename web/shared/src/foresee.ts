/**
 * What this phone's unanswered operations will come to: the server's state with them added the way the server will add them, so that the screen
 * shows a safer value as asked for (申请中) and not as done. What a newcomer gets wrong: it decides nothing and is never stored or sent; the
 * server's answer is final, and it replaces this as soon as it is pulled.
 */
import type { Json } from "./canonical";
import type { Op } from "./op";
import type { Entry, Pending, PhotoLink, RecordState, Stamp, Standing } from "./record";
import { findField, findKind, type FieldSpec } from "./schema";
import { isSafer, shown } from "./shown";
import { fateOfPending, fateOfTransition } from "./standing";

/** Name of this phone's own writes among those of a record; never leaves the phone. */
const LOCAL = "local";
/** Rules under which a new value joins the old ones. */
const JOINING = ["union", "append", "best_fix"];

/** A change that does not take effect by itself. */
export interface Waiting {
  /** Place of its operation among those that were given. */
  op: number;
  field: string;
  value: Json;
  /** What has to be added before it counts; empty when people have to agree. */
  lacks: string[];
}

/** A record as it will be, and what of this phone will wait. */
export interface Foreseen {
  record: RecordState;
  waiting: Waiting[];
}

/** Adds `pending` (in the order they were saved) to the server's state; `null` when nothing is known of the record. `roles` are the person's. */
export function foresee(id: string, server: RecordState | null, pending: Op[], roles: string[]): Foreseen | null {
  const about = pending.filter((op) => op.record === id);
  const first = about[0];
  if (!server && !first) return null;
  const record: RecordState = server
    ? { ...server, fields: { ...server.fields }, photos: { ...server.photos }, pending: [...(server.pending ?? [])] }
    : emptyRecord(id, first!);
  const waiting = about.flatMap((op, at) => addOne(record, op, at, roles));
  return { record, waiting: waiting.flatMap((one) => settled(record, one)) };
}

function emptyRecord(id: string, op: Op): RecordState {
  const created = stampOf(op, 0, 0);
  const initial = findKind(op.type ?? "")?.initial_state;
  const fields: Record<string, Entry[]> = initial ? { state: [{ ...created, value: initial }] } : {};
  return { id, kind: op.type ?? "", feed: op.village, rev: 0, created, received_at: op.made_at, fields, photos: {}, pending: [] };
}

function stampOf(op: Op, at: number, rev: number): Stamp {
  const times = { at: op.made_at, grade: "D", ...(op.hlc ? { hlc: op.hlc } : {}) };
  return { op: `${LOCAL}-${at}`, inc: LOCAL, seq: at + 1, rev: rev + at + 1, author: op.author, ...times };
}

/** Adds one operation and answers which of its changes may have to wait. */
function addOne(record: RecordState, op: Op, at: number, roles: string[]): Waiting[] {
  const stamp = stampOf(op, at, record.rev);
  // The phone shows what it has, so whoever saved had seen all of it.
  const standing: Standing = { roles, base_rev: Math.max(op.base_rev, record.rev) };
  switch (op.kind) {
    case "create":
    case "supplement":
      for (const [field, value] of Object.entries(op.fields)) put(record, field, { ...stamp, value });
      return [];
    case "patch":
      return Object.entries(op.set).flatMap(([field, change]) => addChange(record, field, change.new, { at, stamp, standing }));
    case "transition": {
      const via = { ...standing, from: op.from, ...(op.reason ? { reason: op.reason } : {}), ...(op.evidence ? { evidence: op.evidence } : {}) };
      record.fields.state = [...(record.fields.state ?? []), { ...stamp, value: op.to, via }];
      return [{ op: at, field: "state", value: op.to, lacks: [] }];
    }
    case "photo.attach":
      attach(record, op.photo, op.role ?? "site", op.source === "camera_inapp", stamp);
      return [];
    case "photo.retract":
      withdraw(record, op.photo, { ...stamp, ...standing, reason: op.reason ?? null });
      return [];
    case "submit":
      record.submitted ??= stamp;
      return [];
    case "resolve":
    case "link_duplicate":
      return [];
  }
}

function put(record: RecordState, field: string, entry: Entry): void {
  const rule = findField(record.kind, field)?.rule ?? "";
  const values = JOINING.includes(rule) && Array.isArray(entry.value) ? entry.value.map((value) => ({ ...entry, value })) : [entry];
  record.fields[field] = JOINING.includes(rule) ? [...(record.fields[field] ?? []), ...values] : values;
}

function addChange(record: RecordState, field: string, value: Json, by: { at: number; stamp: Stamp; standing: Standing }): Waiting[] {
  const spec = findField(record.kind, field);
  const seen = shown(record, field);
  if (!spec || !isGuarded(spec, record, seen, value, by.stamp)) {
    put(record, field, { ...by.stamp, value });
    return [];
  }
  const pending: Pending = { ...by.stamp, ...by.standing, why: "proposal", field, base: seen ?? null, value, reason: null };
  record.pending = [...(record.pending ?? []), pending];
  return [{ op: by.at, field, value, lacks: [] }];
}

/** Whether a value has to wait for people (`sync-protocol/src/merge/needs.rs`). */
function isGuarded(spec: FieldSpec, record: RecordState, seen: Json | undefined, value: Json, stamp: Stamp): boolean {
  const by = spec.guarding?.by;
  if (by === undefined) return false;
  if (seen === undefined) return by === "always";
  const length = (text: Json): number => (typeof text === "string" ? Array.from(text).length : 0);
  switch (by) {
    case "always":
      return true;
    case "safer":
    case "safer_by_level":
    case "level":
      return isSafer(spec, seen, value);
    case "change":
      return JSON.stringify(seen) !== JSON.stringify(value);
    case "shortening":
      return length(value) < length(seen) && stamp.author !== record.created.author;
    default:
      return true;
  }
}

function attach(record: RecordState, photo: string, role: string, inApp: boolean, stamp: Stamp): void {
  const link: PhotoLink = record.photos?.[photo] ?? { roles: [], attached: [] };
  const roles = link.roles.includes(role) ? link.roles : [...link.roles, role];
  record.photos = { ...record.photos, [photo]: { ...link, roles, in_app: link.in_app === true || inApp, attached: [...link.attached, stamp] } };
}

function withdraw(record: RecordState, photo: string, said: Stamp & Standing & { reason: string | null }): void {
  const link = record.photos?.[photo];
  if (link) record.photos = { ...record.photos, [photo]: { ...link, withdrawn: [...(link.withdrawn ?? []), said] } };
}

/** The change with what became of it, unless it stands. Asked at the end: what it lacked may have come with a later operation. */
function settled(record: RecordState, one: Waiting): Waiting[] {
  const own = `${LOCAL}-${one.op}`;
  if (one.field === "state") {
    const entry = (record.fields.state ?? []).find((state) => state.op === own);
    const fate = entry && fateOfTransition(record, entry, shown(record, "level"), null);
    if (!fate || fate.is === "stands") return [];
    return [{ ...one, lacks: fate.is === "lacks" ? fate.names : [] }];
  }
  const pending = (record.pending ?? []).find((waits) => waits.op === own && waits.field === one.field);
  return pending && fateOfPending(record, pending, null).is === "stands" ? [] : [one];
}

/** Steps of a record that somebody asked for and that do not stand yet, from the state that it shows. */
export function waitingSteps(record: RecordState): { entry: Entry; lacks: string[] }[] {
  const now = shown(record, "state");
  return (record.fields.state ?? []).flatMap((entry) => {
    if (!entry.via || entry.via.from !== now) return [];
    const fate = fateOfTransition(record, entry, shown(record, "level"), null);
    if (fate.is === "waits") return [{ entry, lacks: [] }];
    return fate.is === "lacks" ? [{ entry, lacks: fate.names }] : [];
  });
}
