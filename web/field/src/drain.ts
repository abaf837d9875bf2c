/**
 * One drain of the outbox at a time, whoever starts it: a tab, another tab, or the service worker. What a newcomer gets wrong: the lock is asked
 * for and never waited for; who holds it does the work for everybody.
 */
import type { Phone } from "@paicha/shared/session";

const LOCK = "paicha-sync";
/** Name of the background sync. */
export const SYNC_TAG = "paicha-outbox";
/** What the worker says to an open page: the network is back. */
export const DRAIN_MESSAGE = "paicha-drain";

/** Runs alone; answers whether it ran. Browsers without locks have no background sync either. */
export async function alone(run: () => Promise<void>): Promise<boolean> {
  if (!navigator.locks) {
    await run();
    return true;
  }
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
    return lock !== null;
  });
}

/** Whether anything on the phone has still to go, as far as it may go now. */
export async function hasUnsent({ store }: Phone, withPhotos: boolean): Promise<boolean> {
  if ((await store.outbox.where("state").equals("queued").count()) > 0) return true;
  return withPhotos && (await store.photos.where("owed").equals(1).count()) > 0;
}
