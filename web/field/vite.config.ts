import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { preloadStart } from "../shared/scripts/preloadStart.ts";

/** A running paicha program, for `vite` while developing. */
const SERVER = process.env.PAICHA_TEST_SERVER ?? "http://127.0.0.1:8080";

/** Vant's icon font is a data: address with a fall-back on another host; the strict policy allows neither, so its style sheet is left out
 * and icons are drawn by `components/AppIcon.vue`. */
function withoutVantIconFont(): Plugin {
  const empty = fileURLToPath(new URL("src/no-icon-font.css", import.meta.url));
  return {
    name: "without-vant-icon-font",
    enforce: "pre",
    resolveId: (source) => (/(^|\/)icon\/index\.css$/.test(source) ? empty : null),
  };
}

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));
/** What the first screen of a stranger needs, and what the first screen of somebody who is signed in needs besides. */
const START = [source("start.ts"), source("views/SignInView.vue")];
const WORK = ["opening.ts", "syncing.ts", "views/HomeView.vue", "components/TabBar.vue"].map(source);

/** Everything that is imported by these, directly or by way of others, without what is only imported when needed. */
function importedBy(ids: string[], about: (id: string) => { importedIds: string[] } | null): Set<string> {
  const found = new Set(ids);
  for (const id of found) about(id)?.importedIds.forEach((next) => found.add(next));
  return found;
}

/** One file for the start and one for the work: over HTTP/1.1 six files come at once, and twenty small ones are three turns of a slow line. */
function chunkOf(id: string, modules: { getModuleInfo: (id: string) => { importedIds: string[] } | null }): string | null {
  const about = (one: string): { importedIds: string[] } | null => modules.getModuleInfo(one);
  // The choice of the language is made before the start is read, so it is no part of it.
  if (importedBy([source("main.ts")], about).has(id)) return "main";
  if (importedBy(START, about).has(id)) return "start";
  return importedBy(WORK, about).has(id) ? "work" : null;
}

export default defineConfig({
  base: "/app/",
  plugins: [
    withoutVantIconFont(),
    vue(),
    preloadStart("/app/"),
    VitePWA({
      injectRegister: false,
      registerType: "prompt",
      // The worker is our own (src/sw.ts). Everything the server says is data of the phone's database, never of a cache.
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectManifest: { globPatterns: ["**/*.{js,css,html,svg,png}"], rollupFormat: "iife" },
      manifest: {
        id: "/app/",
        name: "排查",
        short_name: "排查",
        description: "没有信号也能用的隐患排查程序",
        lang: "zh-CN",
        start_url: "/app/",
        scope: "/app/",
        display: "standalone",
        background_color: "#ffffff",
        theme_color: "#0b57a4",
        icons: [
          { src: "icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png" },
          { src: "icon-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
    }),
  ],
  // Phones of people in villages are old: syntax of 2020, no polyfills.
  build: {
    target: ["es2020", "chrome87", "safari14"],
    cssTarget: ["chrome87", "safari14"],
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: chunkOf }] } } },
  },
  server: { proxy: { "/v1": SERVER } },
});
