/**
 * The server's history and time as the phone keeps them. A server that was restored from a backup has another epoch: recent operations and
 * photos are offered again and everything is fetched anew. Every function is part of the caller's transaction.
 */
import type { Env } from "./env";
import { observe } from "./hlc";
import { RETENTION_DAYS } from "./limits";
import type { Store } from "./store";
import { requeueRecent } from "./storeOps";
import { startOver } from "./storeRecords";
import { DAY_MS, parseMs } from "./time";

/** Takes note of the server's history. Answers whether a new life must begin, because operations of earlier lives are offered again. */
export async function enterEpoch(store: Store, epoch: string, now: number): Promise<boolean> {
  const known = await store.get("epoch");
  if (known === epoch) return false;
  await store.set({ epoch });
  if (known === undefined) return false;
  await startOver(store);
  const since = now - RETENTION_DAYS * DAY_MS;
  const recent = store.photos.filter((photo) => photo.storedAt !== null && photo.storedAt >= since);
  await recent.modify({ storedAt: null, uploadUrl: null, sent: 0, owed: 1 });
  return requeueRecent(store, now);
}

/** Keeps the server's time: the hybrid clock adopts it, and the sealed anchor is kept with the life of the page it arrived in. */
export async function keepTime(store: Store, env: Env, answer: { server_time: string; anchor?: string }, sentAtUs: number): Promise<void> {
  const serverMs = parseMs(answer.server_time);
  if (serverMs !== null) await store.set({ hlc: observe((await store.get("hlc")) ?? "", serverMs) });
  if (!answer.anchor) return;
  const monoUs = env.monoUs();
  await store.set({ anchor: { text: answer.anchor, boot: env.bootId, monoUs, rttUs: monoUs - sentAtUs } });
}
