/**
 * Ids that the phone makes. Version 7 sorts by the wall clock's millisecond, version 4 tells nothing about when. `crypto.randomUUID` is
 * not used: it is missing where the page came over plain HTTP, and the office may try the app that way before it has a certificate.
 */

function toText(bytes: Uint8Array, version: number): string {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A new id of version 7 for a record, photo, operation or group; `nowMs` is the wall clock. */
export function newId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Math.max(0, Math.floor(nowMs));
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  return toText(bytes, 7);
}

/** A new id of version 4, as incarnations have. */
export function newRandomId(): string {
  return toText(crypto.getRandomValues(new Uint8Array(16)), 4);
}

/** The sixteen bytes of an id. */
export function idBytes(id: string): Uint8Array {
  const hex = id.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}
