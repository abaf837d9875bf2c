/** The person's choices as screens use them, and whether photos have to wait now. */
import { liveQuery } from "dexie";
import { changeSettings, NO_CHOICES, readSettings, whyPhotosWait } from "@paicha/shared/settings";
import type { Settings } from "@paicha/shared/store";
import { computed, ref } from "vue";
import { isMeteredNow, onNetworkChange } from "./metered";
import { phone } from "./phone";

/** The choices, as they are now in the database. */
export const settings = ref<Settings>(NO_CHOICES);
/** Sending now would cost the person's own data. */
export const metered = ref(isMeteredNow());
/** Why photos wait now; `null` when they may go. */
export const photosWait = computed(() => whyPhotosWait(settings.value, metered.value));

/** Reads the choices and follows them and the kind of network. */
export async function followSettings(): Promise<void> {
  onNetworkChange(() => (metered.value = isMeteredNow()));
  settings.value = await readSettings(phone.store);
  liveQuery(() => readSettings(phone.store)).subscribe({ next: (now) => (settings.value = now), error: (error: unknown) => console.error(error) });
}

/** Changes some of them. */
export function choose(some: Partial<Settings>): Promise<void> {
  return changeSettings(phone.store, some);
}
