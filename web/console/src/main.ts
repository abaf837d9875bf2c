/** Starts the console: finds out who is signed in, then opens the address. */
import "element-plus/theme-chalk/base.css";
import "./styles.css";
import { createApp } from "vue";
import App from "./App.vue";
import { resume } from "./api/session";
import { router } from "./router";

void resume().then(() => createApp(App).use(router).mount("#app"));
