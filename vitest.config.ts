import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { isFull, projects, rank, selection } from "./tools/test-areas.mjs";

/** What `npm test` was asked for (tools/tests.mjs); vitest by itself takes whatever its filters point to. */
const { JAILHOUSE_TESTS } = process.env;
const areas =
  JAILHOUSE_TESTS === undefined ? undefined : JAILHOUSE_TESTS.split(",").filter(Boolean);
const { include, exclude } = selection(areas);
/** Ends a test that hangs, and none that is slow, in milliseconds: machines are shared. */
const HANGS = 60 * 60_000;

const ELSEWHERE = ["**/node_modules/**", "dist/**"];
const halves = projects(areas)?.map(({ exclude, ...project }) => ({
  extends: true as const,
  test: { ...project, exclude: [...ELSEWHERE, ...exclude] },
}));

/** The longest first, as listed: what a machine remembers of earlier runs, and a fresh one does not, decides nothing. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a.moduleId) - rank(b.moduleId));
  }
}

export default defineConfig({
  test: {
    // A project's patterns would be added to these.
    ...(halves ? { projects: halves } : { include, exclude: [...ELSEWHERE, ...exclude] }),
    sequence: { sequencer: LongestFirst },
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
