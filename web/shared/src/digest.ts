/**
 * SHA-256, as hex for photos and as base64 for operations. Operations are hashed synchronously, because a save must not leave its
 * database transaction; photos by the browser, because they are megabytes.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { idBytes } from "./ids";

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Base64 of the SHA-256 of an operation's exact bytes. */
export function opDigest(text: string): string {
  return btoa(String.fromCharCode(...sha256(utf8(text))));
}

/** The hex form of a base64 digest, as hello writes digests. */
export function base64ToHex(digest: string): string {
  return toHex(Uint8Array.from(atob(digest), (character) => character.charCodeAt(0)));
}

/** Hex SHA-256 of a photo's bytes. */
export async function photoDigest(bytes: ArrayBuffer): Promise<string> {
  // Without HTTPS there is no `subtle`; slower, but the same answer.
  if (!globalThis.crypto?.subtle) return toHex(sha256(new Uint8Array(bytes)));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** What one record adds to the check sum of its village: the first 16 bytes of SHA-256 over id and revision (big-endian, 8 bytes). */
export function checkTerm(record: string, rev: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(idBytes(record));
  new DataView(bytes.buffer).setBigUint64(16, BigInt(rev));
  return sha256(bytes).slice(0, 16);
}
