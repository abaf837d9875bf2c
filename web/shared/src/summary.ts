/** What waits on the phone, for the first screen and the upload screen. Counts of what is accepted come from the server's results. */
import { readOp, type Op } from "./op";
import type { OutboxRow, PhotoRow, Store } from "./store";
import type { PhotosWait } from "./settings";
import { recordState, type RecordFacts, type StateWord } from "./wording";

/** What waits in all. */
export interface Waiting {
  /** Local saves with something that the server has not answered for. */
  saves: number;
  refused: number;
  photos: number;
  photoBytes: number;
  photoBytesSent: number;
  /** All photos since the oldest that waits was taken, sent ones too: what a bar of progress is about. */
  batch: { photos: number; stored: number; bytes: number; sent: number };
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
    batch: await countBatch(store, owed),
  };
}

/** The oldest goes last, so the whole stays the same while its parts go. */
async function countBatch(store: Store, owed: PhotoRow[]): Promise<Waiting["batch"]> {
  const batch = { photos: 0, stored: 0, bytes: 0, sent: 0 };
  if (owed.length === 0) return batch;
  const oldest = Math.min(...owed.map((photo) => photo.madeAt));
  await store.photos
    .where("madeAt")
    .aboveOrEqual(oldest)
    .each((photo) => {
      batch.photos += 1;
      batch.bytes += photo.length;
      batch.stored += photo.owed === 0 ? 1 : 0;
      batch.sent += photo.owed === 0 ? photo.length : photo.sent;
    });
  return batch;
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
  /** The hazard it found or was about, the review it made, else the inspection or other record. */
  record: string;
  kind: string;
  /** `create` for a finding, else what was done. */
  act: string;
  /** The inspection it made, if it did. */
  inspection: string | null;
  /** How many hazards it made. */
  hazards: number;
  /** The operation that says so; `null` once its text was archived. */
  main: Op | null;
  ops: OutboxRow[];
  photos: PhotoRow[];
  state: StateWord;
}

/** Local saves of this person, and those of others that are not sent yet; newest first, at most `limit`. */
export async function listSavedWork(store: Store, syncing: boolean, limit: number, photosWait: PhotosWait | null = null): Promise<SavedWork[]> {
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
  return [...saves.entries()].slice(0, limit).map(([key, ops]) => toSavedWork(key, ops, photos, { syncing, photosWait }));
}

/** What people call a save by, first that applies: a found hazard, a review, a step. */
const MAIN: ((op: Op) => boolean)[] = [
  (op) => op.kind === "create" && op.type === "hazard",
  (op) => op.kind === "create" && op.type === "review",
  (op) => op.kind === "transition",
];

function toSavedWork(key: string, ops: OutboxRow[], photos: PhotoRow[], now: Pick<RecordFacts, "syncing" | "photosWait">): SavedWork {
  const ids = new Set(ops.map((op) => op.opId));
  const own = photos.filter((photo) => ids.has(photo.opId));
  const read = ops.map((row) => (row.text === "" ? null : readOp(row.text)));
  const made = (kind: string): Op[] => read.filter((op): op is Op => op?.type === kind && op.kind === "create");
  const at = Math.max(
    0,
    ...MAIN.map((is) => read.findIndex((op) => op !== null && is(op)))
      .filter((found) => found >= 0)
      .slice(0, 1),
  );
  return {
    key,
    madeAt: ops[0]!.madeAt,
    record: ops[at]!.record,
    kind: read[at]?.type ?? "",
    act: read[at]?.kind ?? "",
    inspection: made("inspection")[0]?.record ?? null,
    hazards: made("hazard").length,
    main: read[at] ?? null,
    ops,
    photos: own,
    state: recordState({
      ops: ops.map((op) => ({ state: op.state, reason: op.result?.reason, incomplete: op.result?.incomplete })),
      photos: own.length,
      photosStored: own.filter((photo) => photo.owed === 0).length,
      ...now,
    }),
  };
}
