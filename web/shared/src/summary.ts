/** What waits on the phone, for the first screen and the upload screen. Counts of what is accepted come from the server's results. */
import { readOp, type Op } from "./op";
import type { OutboxRow, PhotoRow, Store } from "./store";
import { recordState, type StateWord } from "./wording";

/** What waits in all. */
export interface Waiting {
  /** Local saves with something that the server has not answered for. */
  saves: number;
  refused: number;
  photos: number;
  photoBytes: number;
  photoBytesSent: number;
}

/** Counts what waits. */
export async function countWaiting(store: Store): Promise<Waiting> {
  const [queued, refused, owed] = await Promise.all([
    store.outbox.where("state").equals("queued").toArray(),
    store.outbox.where("state").equals("refused").count(),
    store.photos.where("owed").equals(1).toArray(),
  ]);
  const sum = (of: (photo: PhotoRow) => number): number => owed.reduce((total, photo) => total + of(photo), 0);
  return {
    saves: countSaves(queued),
    refused,
    photos: owed.length,
    photoBytes: sum((photo) => photo.length),
    photoBytesSent: sum((photo) => photo.sent),
  };
}

/** How many local saves operations belong to. */
export function countSaves(ops: Pick<OutboxRow, "madeAt">[]): number {
  return new Set(ops.map((op) => op.madeAt)).size;
}

/** One local save of this phone: a finding, or a change of a record. */
export interface SavedWork {
  /** The group of its operations. */
  key: string;
  madeAt: number;
  /** The hazard it is about, else the inspection or other record. */
  record: string;
  kind: string;
  /** `create` for a finding, else what was done. */
  act: string;
  /** The inspection it made, if it did. */
  inspection: string | null;
  /** How many hazards it made. */
  hazards: number;
  ops: OutboxRow[];
  photos: PhotoRow[];
  state: StateWord;
}

/** Local saves of this person, and those of others that are not sent yet; newest first, at most `limit`. */
export async function listSavedWork(store: Store, syncing: boolean, limit: number): Promise<SavedWork[]> {
  const me = `"author":${JSON.stringify((await store.get("user"))?.id ?? "")}`;
  const rows = await store.outbox
    .orderBy("saved")
    .reverse()
    .filter((row) => row.state === "queued" || row.text === "" || row.text.includes(me))
    .limit(limit * 8)
    .toArray();
  const saves = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    // A long save is several groups; what its operations share is the instant of the save.
    const key = String(row.madeAt);
    saves.set(key, [row, ...(saves.get(key) ?? [])]);
  }
  const photos = await store.photos
    .where("opId")
    .anyOf(rows.map((row) => row.opId))
    .toArray();
  return [...saves.entries()].slice(0, limit).map(([key, ops]) => toSavedWork(key, ops, photos, syncing));
}

function toSavedWork(key: string, ops: OutboxRow[], photos: PhotoRow[], syncing: boolean): SavedWork {
  const ids = new Set(ops.map((op) => op.opId));
  const own = photos.filter((photo) => ids.has(photo.opId));
  const read = ops.map((row) => (row.text === "" ? null : readOp(row.text)));
  const made = (kind: string): Op[] => read.filter((op): op is Op => op?.type === kind && op.kind === "create");
  const hazard = read.findIndex((op) => op?.type === "hazard" && op.kind === "create");
  const at = hazard < 0 ? 0 : hazard;
  return {
    key,
    madeAt: ops[0]!.madeAt,
    record: ops[at]!.record,
    kind: read[at]?.type ?? "",
    act: read[at]?.kind ?? "",
    inspection: made("inspection")[0]?.record ?? null,
    hazards: made("hazard").length,
    ops,
    photos: own,
    state: recordState({
      ops: ops.map((op) => ({ state: op.state, reason: op.result?.reason, incomplete: op.result?.incomplete })),
      photos: own.length,
      photosStored: own.filter((photo) => photo.owed === 0).length,
      syncing,
    }),
  };
}
