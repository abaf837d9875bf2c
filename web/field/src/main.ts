/** Starts the phone app: what was being entered is restored before the first screen, so that no screen shows an empty form over it. */
import { createApp } from "vue";
import App from "./App.vue";
import { restoreDraft } from "./draft";
import { applySettings, examine, registerServiceWorker } from "./platform";
import { router } from "./router";
import { followSettings } from "./settings";
import { startSyncing } from "./syncing";
import { restoreVisit } from "./visit";
import "./styles.css";

async function start(): Promise<void> {
  await Promise.all([restoreDraft(), restoreVisit(), followSettings()]);
  applySettings();
  createApp(App).use(router).mount("#app");
  startSyncing();
  void examine();
  void registerServiceWorker();
}

void start();
