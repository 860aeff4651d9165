import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    globalSetup: ["tools/build-for-tests.mjs"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
  },
});
