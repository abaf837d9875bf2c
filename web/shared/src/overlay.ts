/**
 * What the person sees: the server's state with the phone's own unanswered operations laid over it. The phone never merges; values of
 * pending operations simply win until a pull brings their effect. What a newcomer gets wrong: what waits for a person (申请中) is not laid
 * over, be it answered or still on the phone, or the phone would show a level that nobody has accepted.
 */
import type { Json } from "./canonical";
import { foresee, type Foreseen } from "./foresee";
import type { Op } from "./op";
import type { OpState } from "./outbox";
import { livePhotos, type RecordState } from "./record";
import { shown as shownValue, shownFields } from "./shown";

/** One record as the screen shows it. */
export interface ShownRecord {
  id: string;
  kind: string;
  feed: string;
  /** Newest revision from the server; 0 while it has none. */
  rev: number;
  fields: Record<string, Json>;
  photos: string[];
  submitted: boolean;
  /** Operations of this phone that the server's state does not show yet. */
  pendingOps: number;
}

/** Whether an operation in this state is laid over. What waits for a person is shown only while the server has nothing of the record, so
 * that nobody's own capture seems to vanish. */
export function isLaidOver(op: { state: OpState; seen: boolean }, onServer: boolean): boolean {
  switch (op.state) {
    case "queued":
    case "acked":
      return !op.seen || !onServer;
    case "waiting":
      return !onServer;
    case "refused":
    case "acknowledged":
    case "archived":
      return false;
  }
}

/** Lays `pending` (in the order they were saved) over the server's state; `null` when nothing is known of the record at all. `roles` are the
 * person's: what they may not do alone is not shown as done. */
export function layOver(id: string, server: RecordState | null, pending: Op[], roles: string[]): ShownRecord | null {
  const about = pending.filter((op) => op.record === id);
  const first = about[0];
  if (!server && !first) return null;
  const shown: ShownRecord = server
    ? {
        id: server.id,
        kind: server.kind,
        feed: server.feed,
        rev: server.rev,
        fields: shownFields(server),
        photos: livePhotos(server),
        submitted: server.submitted !== undefined,
        pendingOps: 0,
      }
    : { id, kind: first!.type ?? "", feed: first!.village, rev: 0, fields: {}, photos: [], submitted: false, pendingOps: 0 };
  const foreseen = foresee(id, server, about, roles);
  for (const [at, op] of about.entries()) {
    shown.pendingOps += 1;
    layOne(shown, op, at, foreseen);
  }
  return shown;
}

function layOne(shown: ShownRecord, op: Op, at: number, foreseen: Foreseen | null): void {
  const waits = (field: string): boolean => (foreseen?.waiting ?? []).some((one) => one.op === at && one.field === field);
  switch (op.kind) {
    case "create":
      shown.kind = op.type ?? shown.kind;
      Object.assign(shown.fields, op.fields);
      break;
    case "supplement":
      Object.assign(shown.fields, op.fields);
      break;
    case "patch":
      for (const [name, change] of Object.entries(op.set)) if (!waits(name)) shown.fields[name] = change.new;
      break;
    case "transition":
      shown.fields.state = (foreseen && shownValue(foreseen.record, "state")) ?? op.to;
      break;
    case "submit":
      shown.submitted = true;
      break;
    case "photo.attach":
      if (!shown.photos.includes(op.photo)) shown.photos.push(op.photo);
      break;
    case "photo.retract":
      shown.photos = shown.photos.filter((photo) => photo !== op.photo);
      break;
    case "resolve":
    case "link_duplicate":
      break;
  }
}
