/**
 * A rescue file: everything on this phone that the server has not got, as one ZIP that the person can send to the office by any means. It
 * holds the frozen operations as they are (`ops.json`, one push envelope without tokens) and the originals of photos owed
 * (`photos/<sha256>`). Photos are stored, not compressed, and never copied in memory as a whole. Nothing on the phone changes.
 */
import { utf8 } from "./digest";
import { pushedOp } from "./push";
import type { Phone } from "./session";
import { countSaves } from "./summary";
import { formatInstant } from "./time";

/** Version of the file's layout. */
const RESCUE_VERSION = 1;

/** What is in a rescue file. */
export interface Rescue {
  file: Blob;
  name: string;
  /** Local saves that the file holds. */
  saves: number;
  photos: number;
}

/** Makes the file of all unsent work. */
export async function makeRescueFile({ store, env }: Phone): Promise<Rescue> {
  const rows = await store.outbox.where("state").equals("queued").sortBy("saved");
  const owed = await store.photos.where("owed").equals(1).toArray();
  const head = JSON.stringify({
    rescue: RESCUE_VERSION,
    made_at: formatInstant(env.nowMs()),
    device: (await store.get("device")) ?? null,
    user: (await store.get("user")) ?? null,
    incarnation: await store.get("incarnation"),
    photos: owed.map(({ photo, record, sha256, length, mime }) => ({ photo, record, sha256, bytes: length, mime })),
  });
  const ops = `${head.slice(0, -1)},"ops":[${rows.map(pushedOp).join(",")}]}`;
  const entries: { name: string; bytes: Blob }[] = [{ name: "ops.json", bytes: new Blob([utf8(ops) as BlobPart]) }];
  for (const photo of owed) {
    const row = await store.photoBytes.get(photo.photo);
    if (row) entries.push({ name: `photos/${photo.sha256}`, bytes: row.bytes });
  }
  const day = formatInstant(env.nowMs()).replace(/\D/g, "").slice(0, 12);
  return { file: await zip(entries), name: `paicha-rescue-${day}.zip`, saves: countSaves(rows), photos: entries.length - 1 };
}

/** A ZIP with stored entries. */
export async function zip(entries: { name: string; bytes: Blob }[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directoryBytes = 0;
  for (const { name, bytes } of entries) {
    const crc = crc32(new Uint8Array(await bytes.arrayBuffer()));
    const nameBytes = utf8(name);
    // Version 2.0, UTF-8 names, stored, 1980-01-01: what a reader needs and nothing that changes from run to run.
    const common = words([20, 2], [0x0800, 2], [0, 2], [0, 2], [0x21, 2], [crc, 4], [bytes.size, 4], [bytes.size, 4], [nameBytes.length, 2], [0, 2]);
    const local = [words([0x04034b50, 4]), common, nameBytes as BlobPart];
    const central = [words([0x02014b50, 4], [20, 2]), common, words([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), nameBytes as BlobPart];
    parts.push(...local, bytes);
    directory.push(...central);
    offset += 30 + nameBytes.length + bytes.size;
    directoryBytes += 46 + nameBytes.length;
  }
  const count = entries.length;
  const end = words([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [directoryBytes, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function words(...numbers: [number, 2 | 4][]): ArrayBuffer {
  const buffer = new ArrayBuffer(numbers.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(buffer);
  let at = 0;
  for (const [number, size] of numbers) {
    if (size === 2) view.setUint16(at, number, true);
    else view.setUint32(at, number >>> 0, true);
    at += size;
  }
  return buffer;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
