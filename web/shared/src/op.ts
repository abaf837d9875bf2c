/**
 * One operation: what somebody meant, frozen as text when they saved it (docs/protocol.md). The server stores, hashes and compares exactly
 * the UTF-8 bytes of that text. Kinds are a small closed set that serves every record kind.
 */
import { canonicalJson, type Json } from "./canonical";

/** A position as the phone got it. */
export interface Fix {
  lat: number;
  lon: number;
  crs: "wgs84" | "cgcs2000" | "gcj02" | "bd09";
  acc_m?: number;
  alt_m?: number;
  provider?: "gnss" | "network" | "fused" | "manual";
  mock?: boolean;
  age_ms?: number;
}

/** The clocks of a capture; a browser knows no boot, so its "boot" is one life of the page. */
export interface CapturedTimes {
  mono_us?: number;
  boot_id?: string;
  anchor?: string;
  anchor_mono_us?: number;
  anchor_rtt_us?: number;
}

/** What every operation carries, whatever its kind. */
export interface Head {
  /** Record kind: `hazard`, ... */
  type?: string;
  /** The feed in which the phone keeps the record. */
  village: string;
  record: string;
  /** The newest revision of the record that the phone had seen; 0 for none. */
  base_rev: number;
  made_at: string;
  hlc?: string;
  /** Who did the work; may differ from who uploads. */
  author: string;
  authored_scope: number;
  times: CapturedTimes;
}

/** A new value and the one it replaces, as the person saw it; `base` is absent when the field was empty. */
export interface Change {
  base?: Json;
  new: Json;
}

/** A new value in place of what the person saw, if they saw one. */
export function changeOf(base: Json | undefined, value: Json): Change {
  return base === undefined ? { new: value } : { base, new: value };
}

/** A declared photo; its bytes follow over the upload path. */
export interface PhotoAttach {
  photo: string;
  /** SHA-256 of the original bytes, 64 hex digits. */
  sha256: string;
  bytes: number;
  mime: string;
  role?: string;
  taken_at?: string;
  fix?: Fix;
  source?: "camera_inapp" | "album" | "file";
  caption?: string;
}

/** What an operation means, by kind. */
export type Body =
  | { kind: "create" | "supplement"; fields: Record<string, Json> }
  | { kind: "patch"; set: Record<string, Change> }
  | { kind: "transition"; from: string; to: string; reason?: string | null; evidence?: Record<string, Json> }
  | { kind: "resolve"; target: string; verdict: "approve" | "refuse"; reason?: string | null }
  | { kind: "link_duplicate"; survivor?: string | null; reason?: string | null }
  | { kind: "submit" }
  | ({ kind: "photo.attach" } & PhotoAttach)
  | { kind: "photo.retract"; photo: string; reason?: string | null };

/** One operation. */
export type Op = Head & Body;

/** Membership in a local save: `i` of `n`, from 1. */
export interface Group {
  id: string;
  i: number;
  n: number;
}

/** Members that the reference client always writes, be it as `null`. */
function completed(op: Op): Op {
  switch (op.kind) {
    case "transition": {
      const { evidence, ...rest } = op;
      const some = evidence && Object.keys(evidence).length > 0;
      return { ...rest, reason: op.reason ?? null, ...(some ? { evidence } : {}) };
    }
    case "resolve":
    case "photo.retract":
      return { ...op, reason: op.reason ?? null };
    case "link_duplicate":
      return { ...op, survivor: op.survivor ?? null, reason: op.reason ?? null };
    default:
      return op;
  }
}

/** The text a phone freezes for this operation. */
export function freezeOp(op: Op): string {
  return canonicalJson(completed(op) as unknown as Json);
}

/** Reads a frozen operation of this phone. */
export function readOp(text: string): Op {
  return JSON.parse(text) as Op;
}
