/** Starts the console in the language that `main.ts` chose: finds out who is signed in, then opens the address. */
import "element-plus/theme-chalk/base.css";
import "./styles.css";
import { createApp } from "vue";
import App from "./App.vue";
import { resume } from "./api/session";
import { followTyping } from "./language";
import { router } from "./router";

followTyping();
void resume().then(() => createApp(App).use(router).mount("#app"));
