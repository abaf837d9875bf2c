/** How syncing stands, for every screen; apart from the syncing itself, which the first screen does not need. */
import type { Stage, SyncReport } from "@paicha/shared/sync";
import { reactive } from "vue";

/** How syncing stands. */
export const syncing = reactive({
  running: false,
  stage: null as Stage | null,
  /** Why the last one ended early, in words; `null` after a good one. */
  trouble: null as string | null,
  /** The session is over: the person has to sign in again. */
  signedOut: false,
  online: navigator.onLine,
  report: null as SyncReport | null,
});
