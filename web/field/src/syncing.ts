/**
 * When to synchronise: at once after a save, when the signal comes back, when the person looks at the app again, by a timer that does not
 * depend on any of these, and when the person asks. One tab, or the service worker, at a time. What a newcomer gets wrong: a failure starts the next attempt by
 * the retry policy; nobody has to press anything, and nothing on the phone changes by failing.
 */
import { SignedOutError, NotEnrolledError, ProblemError } from "@paicha/shared/errors";
import { t } from "@paicha/shared/language";
import { refreshPreviews } from "@paicha/shared/previews";
import { waitMs } from "@paicha/shared/retry";
import { sync } from "@paicha/shared/sync";
import { watch } from "vue";
import { alone, DRAIN_MESSAGE, hasUnsent, SYNC_TAG } from "./drain";
import { phone } from "./phone";
import { examine } from "./platform";
import { photosWait } from "./settings";
import { syncing } from "./syncState";

/** Time between syncs while nothing happens. */
const PERIOD_MS = 5 * 60_000;
/** Somebody else holds the lock: another tab, or the worker. Asked again soon, for what was saved meanwhile. */
const BUSY_MS = 10_000;
/** Looking at the app again starts a sync when the last one is older. */
const FRESH_MS = 60_000;

export { syncing };

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let again = false;
let busyElsewhere = false;

/** Synchronises now; while one runs, another follows it. */
export async function syncNow(): Promise<void> {
  if (syncing.running) {
    again = true;
    return;
  }
  clearTimeout(timer);
  syncing.running = true;
  try {
    do {
      again = false;
      busyElsewhere = !(await alone(runOnce));
    } while (again && !busyElsewhere);
    failures = 0;
    syncing.trouble = null;
    syncing.signedOut = false;
  } catch (error) {
    failures += 1;
    busyElsewhere = false;
    note(error);
  } finally {
    syncing.running = false;
    syncing.stage = null;
    plan();
    void examine();
    void askForBackgroundSync();
  }
}

async function runOnce(): Promise<void> {
  const maySendPhotos = (): boolean => photosWait.value === null;
  syncing.report = await sync(phone, { onStage: (stage) => (syncing.stage = stage), maySendPhotos });
  syncing.stage = null;
  await refreshPreviews(phone, maySendPhotos);
}

function note(error: unknown): void {
  syncing.signedOut = error instanceof SignedOutError || error instanceof NotEnrolledError;
  const words = error instanceof Error ? error.message : String(error);
  syncing.trouble = error instanceof ProblemError || error instanceof Error ? words : t("同步没有完成；内容都在手机上");
}

function plan(): void {
  clearTimeout(timer);
  // A session that ended is not helped by asking again.
  const retry = failures > 0 && !syncing.signedOut ? Math.max(2_000, waitMs(failures - 1, null, Math.random())) : PERIOD_MS;
  const wait = busyElsewhere ? BUSY_MS : retry;
  timer = setTimeout(() => void syncIfPossible(), wait);
}

/** Synchronises if there is somebody in whose name to ask and a network that the browser knows of; else the timer asks again. */
export async function syncIfPossible(): Promise<void> {
  if (navigator.onLine && (await phone.store.get("refresh_token"))) await syncNow();
  else {
    plan();
    await askForBackgroundSync();
  }
}

interface SyncRegistration {
  sync?: { register(tag: string): Promise<void> };
}

/** Lets the browser wake the worker when there is network, also after the app was closed. Where it cannot, the timer is all there is. */
async function askForBackgroundSync(): Promise<void> {
  if (!(await hasUnsent(phone, photosWait.value === null))) return;
  const registration = (await navigator.serviceWorker?.getRegistration()) as SyncRegistration | undefined;
  await registration?.sync?.register(SYNC_TAG).catch(() => undefined);
}

/** Starts the timer and listens for signal and for the person coming back. */
export function startSyncing(): void {
  addEventListener("online", () => {
    syncing.online = true;
    failures = 0;
    void syncIfPossible();
  });
  addEventListener("offline", () => (syncing.online = false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void syncWhenStale();
  });
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<{ type?: string } | null>) => {
    if (event.data?.type === DRAIN_MESSAGE) void syncIfPossible();
  });
  // Photos that waited for WLAN, or for the person, go as soon as they may.
  watch(photosWait, (wait) => {
    if (wait === null) void syncIfPossible();
  });
  void syncIfPossible();
}

async function syncWhenStale(): Promise<void> {
  const [last, anchor] = await Promise.all([phone.store.get("last_sync"), phone.store.get("anchor")]);
  // After the worker synchronised, this page has no time of the server on its own clock.
  const isForeign = anchor !== undefined && anchor.boot !== phone.env.bootId;
  if (isForeign || Math.abs(Date.now() - (last ?? 0)) > FRESH_MS) await syncIfPossible();
}
