/**
 * Starts the phone app: the first screen first, then what nobody waits for. What a newcomer gets wrong: whatever is imported here comes over a slow line
 * before a stranger can type; what only somebody signed in needs is loaded by the router (`opening.ts`).
 */
import { createApp } from "vue";
import App from "./App.vue";
import { whenQuiet } from "./idle";
import { applySettings, examine, registerServiceWorker } from "./platform";
import { router } from "./router";
import { followSettings } from "./settings";
import "./styles.css";

async function start(): Promise<void> {
  await followSettings();
  applySettings();
  createApp(App).use(router).mount("#app");
  await router.isReady();
  await whenQuiet();
  const { startSyncing } = await import("./syncing");
  startSyncing();
  void examine();
  void registerServiceWorker();
}

void start();
