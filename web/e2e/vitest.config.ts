import { defineConfig } from "vitest/config";

/** Real server, real browser: one file at a time, and a minute for a test. */
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], environment: "node", fileParallelism: false, testTimeout: 90_000, hookTimeout: 120_000 },
});
