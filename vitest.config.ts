import { defineConfig } from "vitest/config";
import { isFull, selection } from "./tools/test-areas.mjs";

/** What `npm test` was asked for (tools/tests.mjs); vitest by itself takes whatever its filters point to. */
const { JAILHOUSE_TESTS } = process.env;
const areas =
  JAILHOUSE_TESTS === undefined ? undefined : JAILHOUSE_TESTS.split(",").filter(Boolean);
const { include, exclude } = selection(areas);
/** Ends a test that hangs, and none that is slow, in milliseconds: machines are shared. */
const HANGS = 60 * 60_000;

export default defineConfig({
  test: {
    include,
    exclude: ["**/node_modules/**", "dist/**", ...exclude],
    globalSetup: ["tools/build-for-tests.mjs"],
    env: {
      // Nothing is kept between runs.
      JAILHOUSE_CACHE_DIR: "",
      ...(isFull(areas) ? { CAMPAIGN_SIZE: "full" } : {}),
    },
    testTimeout: HANGS,
    hookTimeout: HANGS,
    maxWorkers: "100%",
    // They import JSON as only bundlers take it.
    server: { deps: { inline: [/@actions\//] } },
  },
});
