/**
 * The server's history and time as the phone keeps them. A server that was restored from a backup has another epoch: recent operations and
 * photos are offered again and everything is fetched anew. Every function is part of the caller's transaction.
 */
import type { Env } from "./env";
import { observe } from "./hlc";
import { RETENTION_DAYS } from "./limits";
import { readLife, type Store } from "./store";
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

/** The server lost answered operations of the present life from `seq` on: photos that it stored since the last one it still knows may be gone
 * with them and are offered again. Does nothing when all operations from there on were only never answered. */
export async function oweAgainFrom(store: Store, seq: number, now: number): Promise<void> {
  const { incarnation } = await readLife(store);
  const rows = await store.outbox
    .where("[incarnation+seq]")
    .between([incarnation, seq - 1], [incarnation, Infinity])
    .toArray();
  if (!rows.some((row) => row.seq >= seq && row.state !== "queued")) return;
  // A server that knows nothing of this life cannot say when its copy was made.
  const recent = seq <= 1 ? now - RETENTION_DAYS * DAY_MS : Infinity;
  const since = rows.reduce((earliest, row) => Math.min(earliest, row.madeAt), recent);
  // By operation too, for clocks that were set back in between.
  const ops = new Set(rows.map((row) => row.opId));
  const lost = store.photos.filter((photo) => photo.storedAt !== null && (photo.storedAt >= since || ops.has(photo.opId)));
  await lost.modify({ storedAt: null, uploadUrl: null, sent: 0, owed: 1 });
}

/** Keeps the server's time: the hybrid clock adopts it, and the sealed anchor is kept with the life of the page it arrived in. */
export async function keepTime(store: Store, env: Env, answer: { server_time: string; anchor?: string }, sentAtUs: number): Promise<void> {
  const serverMs = parseMs(answer.server_time);
  if (serverMs !== null) await store.set({ hlc: observe((await store.get("hlc")) ?? "", serverMs) });
  if (!answer.anchor) return;
  const monoUs = env.monoUs();
  await store.set({ anchor: { text: answer.anchor, boot: env.bootId, monoUs, rttUs: monoUs - sentAtUs } });
}
