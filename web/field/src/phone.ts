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

/** A value of the database that stays fresh; `depends` are the reactive values that the query reads. */
export function useLive<T>(query: () => Promise<T>, initial: T, depends: WatchSource[] = []): ShallowRef<T> {
  const value = shallowRef(initial);
  let subscription: { unsubscribe(): void } | null = null;
  const subscribe = (): void => {
    subscription?.unsubscribe();
    subscription = liveQuery(query).subscribe({ next: (fresh) => (value.value = fresh), error: (error: unknown) => console.error(error) });
  };
  subscribe();
  if (depends.length > 0) watch(depends, subscribe);
  onScopeDispose(() => subscription?.unsubscribe());
  return value;
}
