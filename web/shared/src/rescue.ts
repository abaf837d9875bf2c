/**
 * A rescue file: everything on this phone that the server has not got, as one ZIP that the person can send to the office by any means, which
 * imports it (docs/protocol.md). It holds the frozen operations as they are (`ops.json`, one push envelope without tokens) and the originals of
 * photos owed (`photos/<sha256>`). What is too big for one file becomes several, each with all operations. Nothing on the phone changes.
 */
import { utf8 } from "./digest";
import { RESCUE_PART_BYTES_MAX, RESCUE_PART_PHOTOS_MAX } from "./limits";
import { pushedOp } from "./push";
import type { Phone } from "./session";
import type { PhotoRow } from "./store";
import { countSaves } from "./summary";
import { formatInstant } from "./time";
import { zip, type ZipEntry } from "./zip";

/** Version of the file's layout. */
const RESCUE_VERSION = 1;

/** What is in a rescue. */
export interface Rescue {
  /** One file as a rule. */
  files: { file: Blob; name: string }[];
  /** Local saves that it holds. */
  saves: number;
  photos: number;
}

/** Makes the file, or files, of all unsent work. */
export async function makeRescue({ store, env }: Phone): Promise<Rescue> {
  const rows = await store.outbox.where("state").equals("queued").sortBy("saved");
  const owed = await store.photos.where("owed").equals(1).toArray();
  const now = env.nowMs();
  const head = {
    rescue: RESCUE_VERSION,
    made_at: formatInstant(now),
    device: (await store.get("device")) ?? null,
    user: (await store.get("user")) ?? null,
    incarnation: await store.get("incarnation"),
    photos: owed.map(({ photo, record, sha256, length, mime }) => ({ photo, record, sha256, bytes: length, mime })),
  };
  const ops = rows.map(pushedOp).join(",");
  const day = formatInstant(now).replace(/\D/g, "").slice(0, 12);
  const shares = shareOut(owed, RESCUE_PART_BYTES_MAX, RESCUE_PART_PHOTOS_MAX);
  const files: Rescue["files"] = [];
  let photos = 0;
  for (const [at, share] of shares.entries()) {
    const part = shares.length > 1 ? { part: { i: at + 1, n: shares.length } } : {};
    const text = `${JSON.stringify({ ...head, ...part }).slice(0, -1)},"ops":[${ops}]}`;
    const entries: ZipEntry[] = [{ name: "ops.json", bytes: new Blob([utf8(text) as BlobPart]) }];
    for (const photo of share) {
      const row = await store.photoBytes.get(photo.photo);
      if (row) entries.push({ name: `photos/${photo.sha256}`, bytes: row.bytes });
    }
    photos += entries.length - 1;
    const which = shares.length > 1 ? `-${at + 1}-${shares.length}` : "";
    files.push({ file: await zip(entries), name: `paicha-rescue-${day}${which}.zip` });
  }
  return { files, saves: countSaves(rows), photos };
}

/** Photos by file: each original once, as many in one file as it may hold; one file at least. */
export function shareOut<T extends Pick<PhotoRow, "sha256" | "length">>(photos: T[], bytesMax: number, photosMax: number): T[][] {
  const shares: T[][] = [[]];
  const seen = new Set<string>();
  let bytes = 0;
  for (const photo of photos) {
    if (seen.has(photo.sha256)) continue;
    seen.add(photo.sha256);
    const last = shares.at(-1)!;
    if (last.length > 0 && (bytes + photo.length > bytesMax || last.length >= photosMax)) {
      shares.push([photo]);
      bytes = photo.length;
    } else {
      last.push(photo);
      bytes += photo.length;
    }
  }
  return shares;
}
