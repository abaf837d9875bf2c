/**
 * The service worker: keeps the app's own files for a start without signal, and hands in what waits when the browser says that there is network,
 * also after the app was closed. What a newcomer gets wrong: an open page does it itself; the worker only steps in when nobody looks, and under
 * the same lock, so that nothing is sent by both.
 */
import { systemEnv } from "@paicha/shared/env";
import { newRandomId } from "@paicha/shared/ids";
import { readSettings, whyPhotosWait } from "@paicha/shared/settings";
import { Store } from "@paicha/shared/store";
import { sync } from "@paicha/shared/sync";
import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { alone, DRAIN_MESSAGE, hasUnsent, SYNC_TAG } from "./drain";
import { isMeteredNow } from "./metered";

interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
  tag?: string;
  data?: { type?: string };
}

interface WindowOfApp {
  visibilityState: string;
  postMessage(message: unknown): void;
}

interface Worker {
  __WB_MANIFEST: (PrecacheEntry | string)[];
  clients: { matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<WindowOfApp[]> };
  addEventListener(name: "message" | "sync", call: (event: WorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
}

declare const self: Worker;

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
// The page of the very first visit, too, must find its parts without signal. A newer version still waits until the app was closed.
clientsClaim();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/app/index.html")));

self.addEventListener("message", (event) => {
  if (event.data?.type === "SKIP_WAITING") void self.skipWaiting();
});

self.addEventListener("sync", (event) => {
  if (event.tag === SYNC_TAG) event.waitUntil(handIn());
});

/** Fails while something is left, so that the browser asks again. */
async function handIn(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const watched = pages.find((page) => page.visibilityState === "visible");
  if (watched) {
    watched.postMessage({ type: DRAIN_MESSAGE });
    return;
  }
  if (!navigator.locks || !navigator.onLine) throw new Error("not now");
  const phone = { store: new Store(), env: systemEnv(newRandomId()) };
  if (!(await phone.store.get("refresh_token"))) return;
  const settings = await readSettings(phone.store);
  const maySendPhotos = (): boolean => whyPhotosWait(settings, isMeteredNow()) === null;
  await alone(async () => {
    await sync(phone, { onStage: () => undefined, maySendPhotos });
  });
  const left = await hasUnsent(phone, maySendPhotos());
  phone.store.close();
  if (left) throw new Error("something is left");
}
