/**
 * What one page of a pull changes on the phone. Rows are taken if their revision is not older than the local one; rows of a feed that is
 * fetched anew replace whatever is there. What a newcomer gets wrong: a village that left the scope is only marked; its rows go when
 * its outbox is empty, which is the store's business.
 */
import { checkTerm, toHex } from "./digest";
import type { ChangedRecord, FeedCheck, PullResponse } from "./wire";

/** Kind of a row that says: this record has left the feed. */
const EXIT = "exit";

/** What the phone has of one record. `stale` rows are left over from before a resync; anything newer replaces them. */
export interface LocalRow {
  rev: number;
  vrev: number;
  stale: boolean;
}

/** The rows to write. */
export interface PageChanges {
  upserts: { feed: string; change: ChangedRecord }[];
  exits: { feed: string; id: string }[];
  ignored: number;
}

/** Plans a page; `null` when the server's history is another one than `epoch`. `local` finds the phone's row of a record in a feed. */
export function planPage(page: PullResponse, epoch: string | null, local: (feed: string, id: string) => LocalRow | undefined): PageChanges | null {
  if (epoch !== null && epoch !== page.epoch) return null;
  const changes: PageChanges = { upserts: [], exits: [], ignored: 0 };
  for (const village of page.villages) {
    for (const change of village.changes) {
      const known = local(village.id, change.id);
      const have = known && !known.stale ? known : undefined;
      if (change.t === EXIT) {
        if (!have || change.vrev >= have.vrev) changes.exits.push({ feed: village.id, id: change.id });
        else changes.ignored += 1;
      } else if (!have || change.rev >= have.rev) {
        changes.upserts.push({ feed: village.id, change });
      } else {
        changes.ignored += 1;
      }
    }
  }
  return changes;
}

/** Whether the rows of a feed are exactly those the server counted. */
export function matchesCheck(check: FeedCheck, rows: { id: string; rev: number }[]): boolean {
  const sum = new Uint8Array(16);
  for (const { id, rev } of rows) {
    checkTerm(id, rev).forEach((byte, at) => {
      sum[at]! ^= byte;
    });
  }
  return rows.length === check.count && toHex(sum) === check.sum;
}
