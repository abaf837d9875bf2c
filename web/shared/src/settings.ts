/** What the person chose on this phone, and whether photos may go now. */
import type { Settings, Store } from "./store";

/** Before anybody chose. */
export const NO_CHOICES: Settings = { largeText: false, wifiOnly: false, photosPaused: false };

/** The choices. */
export async function readSettings(store: Store): Promise<Settings> {
  return { ...NO_CHOICES, ...(await store.get("settings")) };
}

/** Changes some of them. */
export async function changeSettings(store: Store, some: Partial<Settings>): Promise<void> {
  await store.transaction("rw", store.meta, async () => store.set({ settings: { ...(await readSettings(store)), ...some } }));
}

/** Why photos wait: the person said stop, or said not over the phone's own data. Records always go. */
export type PhotosWait = "paused" | "wlan";

/** Whether photos have to wait, and why. `metered`: sending now would use the phone's own data. */
export function whyPhotosWait(settings: Settings, metered: boolean): PhotosWait | null {
  if (settings.photosPaused) return "paused";
  return settings.wifiOnly && metered ? "wlan" : null;
}
