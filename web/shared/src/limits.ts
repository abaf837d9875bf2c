/** Limits of the protocol that a phone needs without signal (`sync-protocol/src/limits.rs`; the server tells them at /v1/sync/config). */

/** Version of the envelope. */
export const PROTO = 1;
/** Version of operation payloads that this code writes. */
export const SCHEMA = 1;
/** Operations in one push. */
export const PUSH_OPS_MAX = 500;
/** Bytes of a push as sent. */
export const PUSH_BYTES_MAX = 1 << 20;
/** Bytes of one operation. */
export const OP_BYTES_MAX = 64 << 10;
/** Operations in one group (one local save). */
export const GROUP_OPS_MAX = 20;
/** Bytes of all operations of one group. */
export const GROUP_BYTES_MAX = 256 << 10;
/** Bytes of a pull page asked for. */
export const PULL_PAGE_BYTES = 512 << 10;
/** Bytes of one photo's original. */
export const PHOTO_BYTES_MAX = 64 << 20;
/** Bytes of one piece of an upload: a lost link costs at most this. */
export const UPLOAD_CHUNK_BYTES = 512 << 10;
/** Days a phone keeps acknowledged operations. */
export const RETENTION_DAYS = 30;
/** Bytes of the photos in one rescue file: what a phone's messenger and a ZIP with 32-bit sizes both take. */
export const RESCUE_PART_BYTES_MAX = 1 << 30;
/** Photos in one rescue file. */
export const RESCUE_PART_PHOTOS_MAX = 2_000;
