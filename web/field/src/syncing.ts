/**
 * When to synchronise: at once after a save, when the signal comes back, when the person looks at the app again, by a timer that does not
 * depend on any of these, and when the person asks. One tab at a time. What a newcomer gets wrong: a failure starts the next attempt by
 * the retry policy; nobody has to press anything, and nothing on the phone changes by failing.
 */
import { SignedOutError, NotEnrolledError, ProblemError } from "@paicha/shared/errors";
import { waitMs } from "@paicha/shared/retry";
import { sync, type Stage, type SyncReport } from "@paicha/shared/sync";
import { reactive } from "vue";
import { phone } from "./phone";
import { examine, isMeteredNow } from "./platform";

/** Time between syncs while nothing happens. */
const PERIOD_MS = 5 * 60_000;
/** Looking at the app again starts a sync when the last one is older. */
const FRESH_MS = 60_000;

/** How syncing stands, for every screen. */
export const syncing = reactive({
  running: false,
  stage: null as Stage | null,
  /** Why the last one ended early, in words; `null` after a good one. */
  trouble: null as string | null,
  /** The session is over: the person has to sign in again. */
  signedOut: false,
  online: navigator.onLine,
  /** The person stopped photos for now. */
  photosPaused: false,
  report: null as SyncReport | null,
});

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let again = false;

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
      await alone(runOnce);
    } while (again);
    failures = 0;
    syncing.trouble = null;
    syncing.signedOut = false;
  } catch (error) {
    failures += 1;
    note(error);
  } finally {
    syncing.running = false;
    syncing.stage = null;
    plan();
    void examine();
  }
}

async function runOnce(): Promise<void> {
  const settings = await phone.store.get("settings");
  const maySendPhotos = (): boolean => !syncing.photosPaused && !(settings?.wifiOnly === true && isMeteredNow());
  syncing.report = await sync(phone, { onStage: (stage) => (syncing.stage = stage), maySendPhotos });
}

/** Two tabs must not send the same batch at once; the other tab's sync serves this one too. */
async function alone(run: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return run();
  await navigator.locks.request("paicha-sync", { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}

function note(error: unknown): void {
  syncing.signedOut = error instanceof SignedOutError || error instanceof NotEnrolledError;
  const words = error instanceof Error ? error.message : String(error);
  syncing.trouble = error instanceof ProblemError || error instanceof Error ? words : "同步没有完成；内容都在手机上";
}

function plan(): void {
  clearTimeout(timer);
  // A session that ended is not helped by asking again.
  const wait = failures > 0 && !syncing.signedOut ? Math.max(2_000, waitMs(failures - 1, null, Math.random())) : PERIOD_MS;
  timer = setTimeout(() => void syncIfPossible(), wait);
}

/** Synchronises if there is somebody in whose name to ask and a network that the browser knows of; else the timer asks again. */
export async function syncIfPossible(): Promise<void> {
  if (navigator.onLine && (await phone.store.get("refresh_token"))) await syncNow();
  else plan();
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
  void syncIfPossible();
}

async function syncWhenStale(): Promise<void> {
  const last = (await phone.store.get("last_sync")) ?? 0;
  if (Math.abs(Date.now() - last) > FRESH_MS) await syncIfPossible();
}
