/**
 * Fetching: one page per call, written with its cursor in one transaction. A page of another server history changes nothing but makes the
 * phone offer its recent work again. What a newcomer gets wrong: the cursor is the server's and opaque; hand it back or drop it.
 */
import { NotEnrolledError, ProblemError } from "./errors";
import { enterEpoch, keepTime } from "./history";
import { newRandomId } from "./ids";
import { PROTO, PULL_PAGE_BYTES, SCHEMA } from "./limits";
import { callJson, type Phone } from "./session";
import { readLife } from "./store";
import { beginLife } from "./storeOps";
import { startOver, writePage } from "./storeRecords";
import type { PullResponse } from "./wire";

/** What one page came to. */
export interface PullRound {
  changed: number;
  /** There is more to fetch now. */
  more: boolean;
  /** Villages whose check sum did not fit; everything is fetched anew. */
  diverged: string[];
  /** The server's history is another one: push again, then fetch everything. */
  newEpoch: boolean;
}

/** Fetches and writes one page; the cursor stays where it was when this throws. */
export async function pullOnce(phone: Phone): Promise<PullRound> {
  const { store, env } = phone;
  const sentAtUs = env.monoUs();
  let page: PullResponse;
  try {
    page = await fetchPage(phone);
  } catch (error) {
    if (!(error instanceof ProblemError && error.code === "bad-cursor")) throw error;
    await store.transaction("rw", store.tables, async () => startOver(store));
    return { changed: 0, more: true, diverged: [], newEpoch: false };
  }
  return store.transaction("rw", store.tables, async () => {
    const outcome = await writePage(store, page, env.nowMs());
    if (!outcome && (await enterEpoch(store, page.epoch, env.nowMs()))) await beginLife(store, newRandomId());
    await keepTime(store, env, page, sentAtUs);
    if (!outcome) return { changed: 0, more: true, diverged: [], newEpoch: true };
    return { ...outcome, more: page.more || outcome.diverged.length > 0, newEpoch: false };
  });
}

async function fetchPage(phone: Phone): Promise<PullResponse> {
  const device = await phone.store.get("device");
  if (!device) throw new NotEnrolledError();
  const { incarnation } = await readLife(phone.store);
  const cursor = (await phone.store.get("cursor")) ?? null;
  return callJson(phone, "/v1/sync/pull", { proto: PROTO, device, incarnation, schema: SCHEMA, cursor, max_bytes: PULL_PAGE_BYTES });
}
