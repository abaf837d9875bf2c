/** When the browser has nothing better to do: what nobody waits for must not take the line and the processor from the first screen. */

/** Longest wait for a quiet moment, and the wait where the browser does not tell. */
const LATEST_MS = 4_000;
const UNTOLD_MS = 1_000;

/** Resolves when the page has loaded and is quiet. */
export async function whenQuiet(): Promise<void> {
  if (document.readyState !== "complete") await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  await new Promise<void>((quiet) => {
    const idle = (window as { requestIdleCallback?: typeof requestIdleCallback }).requestIdleCallback;
    if (idle) idle(() => quiet(), { timeout: LATEST_MS });
    else setTimeout(quiet, UNTOLD_MS);
  });
}
