/**
 * The phone's hybrid logical clock: milliseconds and a counter, never going back even when the wall clock does. It orders what one phone
 * shows and breaks ties; it decides nothing and is no evidence of time. Written `%012x-%04x`, so that texts sort like clocks.
 */

const MS_MAX = 2 ** 48 - 1;
const COUNTER_MAX = 0xffff;

function read(text: string): { ms: number; counter: number } {
  const parts = /^([0-9a-f]{12})-([0-9a-f]{4})$/.exec(text);
  return parts ? { ms: Number.parseInt(parts[1]!, 16), counter: Number.parseInt(parts[2]!, 16) } : { ms: 0, counter: 0 };
}

function write(ms: number, counter: number): string {
  return `${ms.toString(16).padStart(12, "0")}-${counter.toString(16).padStart(4, "0")}`;
}

/** The next reading, later than `hlc` whatever the wall clock says. Text that is no reading counts as the first of all. */
export function tick(hlc: string, wallMs: number): string {
  const { ms, counter } = read(hlc);
  const wall = Math.min(Math.max(0, Math.floor(wallMs)), MS_MAX);
  if (wall > ms) return write(wall, 0);
  return counter < COUNTER_MAX ? write(ms, counter + 1) : write(Math.min(ms + 1, MS_MAX), 0);
}

/** Adopts a server's clock that is ahead, so that what this phone saves next sorts after what it has seen. */
export function observe(hlc: string, serverMs: number): string {
  const { ms, counter } = read(hlc);
  const server = Math.min(Math.max(0, Math.floor(serverMs)), MS_MAX);
  return server > ms ? write(server, 0) : write(ms, counter);
}
