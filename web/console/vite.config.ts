import vue from "@vitejs/plugin-vue";
import ElementPlus from "unplugin-element-plus/vite";
import { defineConfig } from "vitest/config";
import { preloadStart } from "../shared/scripts/preloadStart.ts";

/** The server of this installation, for `vite` and `vite preview`. */
const SERVER = process.env.PAICHA_TEST_SERVER ?? "http://127.0.0.1:8080";

/** The header that the server sends (server/src/http/web.rs); here so that `vite preview` refuses what the server would refuse. */
const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const proxy = { "/v1": { target: SERVER, changeOrigin: false } };

export default defineConfig({
  base: "/",
  // Element Plus is imported component by component; the plugin adds the style sheet of each.
  plugins: [vue(), ElementPlus({}), preloadStart("/")],
  build: { target: ["es2022"], modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1200 },
  worker: { format: "es" },
  server: { proxy },
  preview: { proxy, headers: { "content-security-policy": CSP } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
