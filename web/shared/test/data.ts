/** Builders for tests: valid values with the parts that matter passed in. */
import { readFileSync } from "node:fs";
import type { Op } from "../src/op";
import type { Entry, RecordState, Stamp } from "../src/record";
import type { OpResult, PullResponse, PushResponse } from "../src/wire";

export const VILLAGE = "500299001203";
export const HAZARD = "0192f0c4-6f3a-7c11-8a00-000000000077";

export function uuid(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** A file of `docs/`. */
export function docs(name: string): string {
  return readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
}

export function patchOp(text: string, record = HAZARD): Op {
  return {
    kind: "patch",
    type: "hazard",
    village: VILLAGE,
    record,
    base_rev: 7,
    made_at: "2026-11-20T03:02:11Z",
    author: uuid(1),
    authored_scope: 1,
    times: {},
    set: { position_text: { new: text } },
  };
}

export function stamp(n: number, more: Partial<Stamp> = {}): Stamp {
  return {
    op: uuid(n),
    inc: uuid(900 + n),
    seq: 1,
    rev: n,
    hlc: `00000000000${n}-0000`,
    author: uuid(100 + n),
    at: "2026-11-20T03:00:00Z",
    grade: "B",
    ...more,
  };
}

export function record(fields: Record<string, Entry[]>, more: Partial<RecordState> = {}): RecordState {
  return { id: HAZARD, kind: "hazard", feed: VILLAGE, rev: 9, created: stamp(1), received_at: "2026-11-20T04:00:00Z", fields, ...more };
}

export function pushResponse(results: OpResult[], more: Partial<PushResponse> = {}): PushResponse {
  const envelope = { epoch: "e1", server_time: "2026-11-23T08:15:03.004Z", consumed_to: 0, stopped: null, next_batch_max: 500, backoff_s: 0 };
  return { ...envelope, results, ...more };
}

export function page(more: Partial<PullResponse>): PullResponse {
  return {
    epoch: "e1",
    server_time: "2026-11-23T08:15:04Z",
    cursor: "c1",
    more: false,
    scope: { version: 1, added: [], removed: [] },
    ack: { consumed_to: 0, durable_to: 0 },
    villages: [],
    check: [],
    ...more,
  };
}
