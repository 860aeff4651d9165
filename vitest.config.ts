import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    globalSetup: ["tools/build-for-tests.mjs"],
    // Nothing is kept between runs.
    env: { JAILHOUSE_CACHE_DIR: "" },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
  },
});
