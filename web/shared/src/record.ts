/**
 * The state of one record as the server stores and sends it (`sync-protocol/src/record.rs`): every field keeps each value nobody has yet
 * replaced, with who wrote it. What is shown is computed from them (`shown.ts`). The phone only reads these; it never makes one.
 */
import type { Json } from "./canonical";

/** Where a write came from. */
export interface Stamp {
  op: string;
  inc: string;
  seq: number;
  rev: number;
  hlc?: string;
  author: string;
  at: string;
  /** How well the time is known, A to D. */
  grade: string;
}

/** What an author had seen and who they were to the village. */
export interface Standing {
  roles: string[];
  uploader?: string;
  base_rev: number;
  ancestors?: string[];
}

/** One value of a field. */
export interface Entry extends Stamp {
  value: Json;
  village?: string;
  /** For states: the edge that led here. */
  via?: Standing & { from: string; reason?: string; evidence?: Record<string, Json> };
  /** What its author had seen, where a proposal about the field was among it. */
  saw?: Standing;
}

/** What a person said about a change that waits. */
export interface Decision extends Stamp, Standing {
  target: string;
  verdict: "approve" | "refuse";
  reason?: string;
}

/** A change that waits for a person. */
export interface Pending extends Stamp, Standing {
  why: string;
  field: string;
  base: Json;
  value: Json;
  reason: string | null;
  strict?: boolean;
  village?: string;
}

/** A photo on a record. */
export interface PhotoLink {
  roles: string[];
  in_app?: boolean;
  attached: Stamp[];
  withdrawn?: (Stamp & Standing & { reason: string | null })[];
}

/** The state of one record. */
export interface RecordState {
  id: string;
  kind: string;
  feed: string;
  rev: number;
  created: Stamp;
  received_at: string;
  submitted?: Stamp;
  fields: Record<string, Entry[]>;
  past?: Record<string, Entry[]>;
  photos?: Record<string, PhotoLink>;
  pending?: Pending[];
  additions?: (Stamp & { field: string; value: Json })[];
  decisions?: Decision[];
}

/** Orders stamps by (hlc, op), which knows nothing of arrival. */
export function compareStamps(a: Stamp, b: Stamp): number {
  const left = a.hlc ?? "";
  const right = b.hlc ?? "";
  if (left !== right) return left < right ? -1 : 1;
  return a.op < b.op ? -1 : a.op > b.op ? 1 : 0;
}

/** Whether the author of `stamp`, standing as said, had seen what `earlier` wrote to the same record. */
export function hadSeen(stamp: Stamp, standing: Standing, earlier: Stamp): boolean {
  return (
    earlier.rev <= standing.base_rev || (earlier.inc === stamp.inc && earlier.seq < stamp.seq) || (standing.ancestors ?? []).includes(earlier.inc)
  );
}

/** Roles that may withdraw what others attached. */
const WITHDRAWS_OTHERS = ["R2", "R3", "R4"];

/** Whether some attach of a photo was not withdrawn. */
export function isLive(link: PhotoLink): boolean {
  const covers = (withdrawal: Stamp & Standing, attach: Stamp): boolean => {
    const own = attach.author === withdrawal.author && (!withdrawal.uploader || attach.inc === withdrawal.inc);
    const may = own || withdrawal.roles.some((role) => WITHDRAWS_OTHERS.includes(role));
    return may && hadSeen(withdrawal, withdrawal, attach);
  };
  return link.attached.some((attach) => !(link.withdrawn ?? []).some((withdrawal) => covers(withdrawal, attach)));
}

/** Ids of the photos that were not withdrawn, in order. */
export function livePhotos(record: RecordState): string[] {
  const photos = Object.entries(record.photos ?? {});
  return photos
    .filter(([, link]) => isLive(link))
    .map(([id]) => id)
    .sort();
}
