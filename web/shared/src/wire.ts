/** The envelopes of push, pull and hello (docs/protocol.md). The API description leaves them open, so they are written down here and held
 * against the examples of that page by tests. */
import type { RecordState } from "./record";
import type { Status } from "./outbox";

/** The answer for one operation. */
export interface OpResult {
  seq: number;
  status: Status;
  reason?: string;
  rev?: number;
  vrev?: number;
  /** Fields that did not simply take the value sent, and by which rule. */
  fields?: Record<string, string>;
  /** Fields that the record still lacks. */
  incomplete?: string[];
  waits_for?: string;
  /** The stored answer of an earlier delivery. */
  replayed?: boolean;
}

/** Why the server stopped before the end of a batch; everything before is stored. */
export interface Stopped {
  reason: "gap" | "group_cut" | "budget" | "unreadable" | "busy";
  /** The sequence number the server wants next. */
  expect: number;
}

/** The answer to a push. */
export interface PushResponse {
  epoch: string;
  server_time: string;
  anchor?: string;
  consumed_to: number;
  results: OpResult[];
  stopped: Stopped | null;
  next_batch_max: number;
  backoff_s: number;
}

/** One record on the wire; `exit` when it has left the feed. */
export interface ChangedRecord {
  t: string;
  id: string;
  rev: number;
  vrev: number;
  number?: string;
  v?: RecordState;
}

/** One village in a page. */
export interface FeedPage {
  id: string;
  mode: "delta" | "snapshot";
  to: number;
  head: number;
  changes: ChangedRecord[];
}

/** A check of a village that the phone has whole. */
export interface FeedCheck {
  village: string;
  at: number;
  count: number;
  /** XOR of the check terms, 32 hex digits. */
  sum: string;
}

/** What became of an operation of this phone that waited. */
export interface OpOutcome {
  op: string;
  status: string;
  field?: string;
  text_zh: string;
}

/** One page of a pull. */
export interface PullResponse {
  epoch: string;
  server_time: string;
  anchor?: string;
  cursor: string;
  more: boolean;
  scope: { version: number; added: string[]; removed: { village: string; drain_until: string }[] };
  ack: { consumed_to: number; durable_to: number };
  outcomes?: OpOutcome[];
  villages: FeedPage[];
  check: FeedCheck[];
}

/** The answer to a hello. */
export interface Greeting {
  epoch: string;
  consumed_to: number;
  /** Hex SHA-256 of the last operation the server consumed in this life. */
  digest?: string | null;
}
