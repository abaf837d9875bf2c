/**
 * When to try again: full-jitter exponential from 2 s to 15 min, never earlier than the server's `Retry-After`. What a newcomer gets wrong:
 * the jitter is the whole span, or all phones that lost the same mast come back in the same second.
 */

const BACKOFF_BASE_MS = 2_000;
/** Longest span. */
export const BACKOFF_CAP_MS = 15 * 60 * 1_000;
/** Longest `Retry-After` that is believed: a wrong header must not silence a phone for a month. */
export const RETRY_AFTER_S_MAX = 3_600;

/** Milliseconds to wait before repetition number `attempt` (from 0); `random` is in [0, 1). */
export function waitMs(attempt: number, retryAfterS: number | null, random: number): number {
  const span = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(attempt, 20), BACKOFF_CAP_MS);
  const jitter = Math.floor(random * (span + 1));
  const least = Math.min(retryAfterS ?? 0, RETRY_AFTER_S_MAX) * 1_000;
  return least === 0 ? jitter : least + Math.min(jitter, BACKOFF_BASE_MS);
}
