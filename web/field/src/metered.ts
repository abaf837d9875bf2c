/** Whether sending costs the person's own data. What a newcomer gets wrong: many browsers do not tell; then it counts as free. */

interface Connection extends EventTarget {
  type?: string;
  saveData?: boolean;
}

function connection(): Connection | undefined {
  return (navigator as { connection?: Connection }).connection;
}

/** Whether sending photos now would cost the person's own data. */
export function isMeteredNow(): boolean {
  return connection()?.type === "cellular" || connection()?.saveData === true;
}

/** Whether this browser tells at all. */
export function tellsNetwork(): boolean {
  return connection()?.type !== undefined;
}

/** Calls back whenever the kind of network may have changed. */
export function onNetworkChange(call: () => void): void {
  connection()?.addEventListener?.("change", call);
}
