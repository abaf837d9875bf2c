/**
 * Starts the phone app in the language that `main.ts` chose: the first screen first, then what nobody waits for. What a newcomer gets wrong: whatever is imported here comes over a slow line
 * before a stranger can type; what only somebody signed in needs is loaded by the router (`opening.ts`).
 */
import { language, t } from "@paicha/shared/language";
import { createApp } from "vue";
import App from "./App.vue";
import { whenQuiet } from "./idle";
import { applySettings, examine, registerServiceWorker } from "./platform";
import { router } from "./router";
import { followSettings } from "./settings";
import "./styles.css";

async function start(): Promise<void> {
  document.title = t("排查#name");
  if (language() === "en") (await import("./english/vant")).useEnglishParts();
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
