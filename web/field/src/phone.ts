/**
 * The one phone of this app: its database and its surroundings, and live views of the database for screens. Other tabs share the database;
 * what one saves the others show.
 */
import { liveQuery } from "dexie";
import { systemEnv } from "@paicha/shared/env";
import { newRandomId } from "@paicha/shared/ids";
import type { Phone } from "@paicha/shared/session";
import { Store } from "@paicha/shared/store";
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from "vue";

/** The database and its surroundings. A browser knows no boot, so each life of the page names itself. */
export const phone: Phone = { store: new Store(), env: systemEnv(newRandomId()) };

/** A live query that failed is asked again after this. */
const AGAIN_MS = 1_000;

/** A value of the database that stays fresh; `depends` are the reactive values that the query reads. */
export function useLive<T>(query: () => Promise<T>, initial: T, depends: WatchSource[] = []): ShallowRef<T> {
  const value = shallowRef(initial);
  let subscription: { unsubscribe(): void } | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const subscribe = (): void => {
    clearTimeout(again);
    subscription?.unsubscribe();
    subscription = liveQuery(query).subscribe({
      next: (fresh) => (value.value = fresh),
      error: (error: unknown) => {
        // A query that failed is over; a phone without room fails even to read, and has room again later.
        console.warn(`live query: ${String(error)}`);
        again = setTimeout(subscribe, AGAIN_MS);
      },
    });
  };
  subscribe();
  if (depends.length > 0) watch(depends, subscribe);
  onScopeDispose(() => {
    clearTimeout(again);
    subscription?.unsubscribe();
  });
  return value;
}
