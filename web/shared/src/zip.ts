/**
 * ZIP files without compression, written and read in the browser (PKZIP APPNOTE 6.3.3, 32-bit sizes). Bytes are never copied in memory as a whole:
 * writing refers to blobs, reading slices them. What a newcomer gets wrong: 32-bit sizes end at 4 GiB, so whoever writes splits before.
 */
import { utf8 } from "./digest";

/** Bytes that are in memory at once while a check sum is computed. */
const PIECE_BYTES = 1 << 20;
const END_BYTES = 22;
/** The longest comment behind the record at the end. */
const COMMENT_BYTES_MAX = 0xffff;
/** Bytes of the directory that are read; a file of ours has far less. */
const DIRECTORY_BYTES_MAX = 4 << 20;

/** One entry. */
export interface ZipEntry {
  name: string;
  bytes: Blob;
}

/** A ZIP with stored entries. */
export async function zip(entries: ZipEntry[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directoryBytes = 0;
  for (const { name, bytes } of entries) {
    const crc = await crc32(bytes);
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

/** The entries of a ZIP, each a slice of the file; `undefined` for anything but a whole ZIP without compression. */
export async function unzip(file: Blob): Promise<ZipEntry[] | undefined> {
  const tail = await view(file.slice(Math.max(0, file.size - END_BYTES - COMMENT_BYTES_MAX)));
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) return undefined;
  const [count, bytes, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (bytes > DIRECTORY_BYTES_MAX || start + bytes > file.size) return undefined;
  const directory = await view(file.slice(start, start + bytes));
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50 || directory.getUint16(at + 10, true) !== 0) return undefined;
    const [size, offset] = [directory.getUint32(at + 24, true), directory.getUint32(at + 42, true)];
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true)) as [number, number, number];
    if (at + 46 + name > directory.byteLength || offset + 30 > file.size) return undefined;
    const local = await view(file.slice(offset, offset + 30));
    const from = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    const nameBytes = new Uint8Array(directory.buffer, at + 46, name);
    entries.push({ name: new TextDecoder().decode(nameBytes), bytes: file.slice(from, from + size) });
    at += 46 + name + extra + comment;
  }
  return entries;
}

async function view(bytes: Blob): Promise<DataView> {
  return new DataView(await bytes.arrayBuffer());
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

async function crc32(bytes: Blob): Promise<number> {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.size; at += PIECE_BYTES) {
    const piece = new Uint8Array(await bytes.slice(at, at + PIECE_BYTES).arrayBuffer());
    for (const byte of piece) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
