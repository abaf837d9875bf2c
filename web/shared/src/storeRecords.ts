/**
 * Records and feeds as the server last told them, and the writing of one pulled page with its cursor in one transaction: either the page is
 * there and the cursor is past it, or neither. A village that left the scope keeps its rows until its operations are answered.
 */
import { tellChanges, tellOutcomes } from "./news";
import { matchesCheck, planPage, type LocalRow } from "./page";
import type { RecordRow, Store } from "./store";
import { noteAcknowledged, writeOutcomes } from "./storeOps";
import { parseMs } from "./time";
import type { ChangedRecord, FeedCheck, PullResponse } from "./wire";

/** What became of a page; `null` when the server's history is another one and nothing was written. */
export type PageOutcome = { changed: number; diverged: string[] } | null;

/** Writes a page within the caller's transaction. Checks are compared after the page's rows and before its cursor is kept. */
export async function writePage(store: Store, page: PullResponse, now: number): Promise<PageOutcome> {
  const keys = page.villages.flatMap((village) => village.changes.map((change): [string, string] => [village.id, change.id]));
  const rows = await store.records.bulkGet(keys);
  const local = new Map<string, LocalRow>();
  for (const row of rows) if (row) local.set(`${row.feed}/${row.id}`, { rev: row.rev, vrev: row.vrev, stale: row.stale === 1 });
  const changes = planPage(page, (await store.get("epoch")) ?? null, (feed, id) => local.get(`${feed}/${id}`));
  if (!changes) return null;
  await tellOfOthers(store, rows, changes.upserts, now);
  await store.records.bulkPut(
    changes.upserts.flatMap(({ feed, change: { t, id, rev, vrev, number, v } }) =>
      v ? [{ feed, id, kind: t, rev, vrev, number: number ?? null, state: v, stale: 0 as const }] : [],
    ),
  );
  await store.records.bulkDelete(changes.exits.map(({ feed, id }): [string, string] => [feed, id]));
  await noteFeeds(store, page);
  const diverged = await compareChecks(store, page);
  if (!page.more) await drainUnnamed(store, now);
  await writeOutcomes(store, page.outcomes ?? [], now);
  await tellOutcomes(store, page.outcomes ?? [], now);
  await noteAcknowledged(store, page.ack, !page.more, now);
  await store.set({ epoch: page.epoch, scope_version: page.scope.version });
  if (diverged.length === 0) await store.set({ cursor: page.cursor });
  else await startOver(store);
  await dropDrained(store);
  return { changed: changes.upserts.length + changes.exits.length, diverged };
}

async function tellOfOthers(
  store: Store,
  before: (RecordRow | undefined)[],
  upserts: { feed: string; change: ChangedRecord }[],
  now: number,
): Promise<void> {
  const known = new Map(before.flatMap((row) => (row && row.stale === 0 ? [[row.id, row] as const] : [])));
  const me = (await store.get("user"))?.id ?? "";
  for (const { change } of upserts) {
    const row = known.get(change.id);
    if (row && change.v) await tellChanges(store, row.state, change.v, me, now);
  }
}

/** Everything will be fetched from no cursor. Rows stay readable meanwhile; those that do not come again go at the end. */
export async function startOver(store: Store): Promise<void> {
  await store.records.toCollection().modify({ stale: 1 });
  // A first page names every readable village; one that stays at -1 has left the scope meanwhile.
  await store.feeds.toCollection().modify({ position: -1 });
  await store.set({ cursor: null });
}

/** Drops the rows of villages that left the scope and have no unanswered operations any more. */
export async function dropDrained(store: Store): Promise<void> {
  const left = await store.feeds.filter((feed) => feed.drainUntil !== null).toArray();
  for (const { feed } of left) {
    const waiting = await store.outbox
      .where("village")
      .equals(feed)
      .and((row) => row.state === "queued")
      .count();
    if (waiting > 0) continue;
    await store.records.where("[feed+id]").between([feed, ""], [feed, "\uffff"]).delete();
    await store.feeds.delete(feed);
  }
}

async function noteFeeds(store: Store, page: PullResponse): Promise<void> {
  const added = page.scope.added.map((feed) => ({ feed, position: 0, head: 0, drainUntil: null }));
  const told = page.villages.map(({ id, to, head }) => ({ feed: id, position: to, head, drainUntil: null }));
  await store.feeds.bulkPut([...added, ...told]);
  for (const { village, drain_until: until } of page.scope.removed) await store.feeds.update(village, { drainUntil: parseMs(until) ?? 0 });
}

/** Villages that no page named since everything was fetched from the start have left the scope. */
async function drainUnnamed(store: Store, now: number): Promise<void> {
  await store.feeds.filter((feed) => feed.position === -1 && feed.drainUntil === null).modify({ drainUntil: now });
}

/** Compares the checks of complete villages; what is still stale in them was not sent again, so it is gone on the server. */
async function compareChecks(store: Store, page: PullResponse): Promise<string[]> {
  if (!page.more) {
    const draining = new Set((await store.feeds.filter((feed) => feed.drainUntil !== null).toArray()).map((feed) => feed.feed));
    await store.records.filter((row) => row.stale === 1 && !draining.has(row.feed)).delete();
  }
  const diverged: string[] = [];
  for (const check of page.check) if (!(await isWhole(store, check))) diverged.push(check.village);
  return diverged;
}

async function isWhole(store: Store, check: FeedCheck): Promise<boolean> {
  const range = () => store.records.where("[feed+id]").between([check.village, ""], [check.village, "\uffff"]);
  await range()
    .and((row) => row.stale === 1)
    .delete();
  return matchesCheck(check, await range().toArray());
}
