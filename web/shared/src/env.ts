/**
 * Everything that varies from run to run, passed in: clocks, randomness, sleeping, the network. What a newcomer gets wrong: the wall clock
 * here only describes; it never orders and never decides whether something is sent.
 */

/** What surrounds a phone. */
export interface Env {
  /** The wall clock, milliseconds since 1970. */
  nowMs(): number;
  /** The monotonic clock of this life of the page, in whole microseconds. */
  monoUs(): number;
  /** Names that life: a browser knows no boot. */
  bootId: string;
  /** A random number in [0, 1). */
  random(): number;
  sleep(ms: number): Promise<void>;
  fetch(path: string, init: RequestInit): Promise<Response>;
}

/** The real surroundings. */
export function systemEnv(bootId: string): Env {
  return {
    nowMs: () => Date.now(),
    monoUs: () => Math.floor(performance.now() * 1000),
    bootId,
    random: () => Math.random(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fetch: (path, init) => fetch(path, init),
  };
}
