// The areas of tests: each test is in one of them or in the default, and what `npm test` and `npm run campaign` understand.
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { plan } from "./campaign.mjs";
import { ROOT } from "./root.ts";
import { AREA_NAMES, AREAS, CAMPAIGNS, isFull, selection, testArguments } from "./test-areas.mjs";

const everything = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".test.ts") && !/(^|\/)(node_modules|dist)\//.test(path),
);
/** The tests of patterns: a file, a directory, or all. */
const find = (patterns: readonly string[]) =>
  everything.filter((path) =>
    patterns.some((pattern) => {
      const [directory, inside] = pattern.split("**");
      return inside === undefined ? path === pattern : path.startsWith(directory!);
    }),
  );
const played = (areas: string[]) => {
  const { include, exclude } = selection(areas);
  const left = new Set(find(exclude));
  return find(include).filter((path) => !left.has(path));
};

test("by default and in the rest, every test is played once; campaigns are played longer in the rest", () => {
  const [first, rest] = [played([]), played(["rest"])];
  const both = first.filter((path) => rest.includes(path)).sort();
  expect(both).toEqual(Object.values(CAMPAIGNS).sort());
  expect([...new Set([...first, ...rest])].sort()).toEqual(everything.sort());
  expect(played(["all"]).sort()).toEqual(everything.sort());
});

test.each(AREA_NAMES.filter((name) => name !== "all"))("area %s has tests", (name) => {
  const { include } = selection([name]);
  for (const pattern of include) expect(find([pattern]), pattern).not.toEqual([]);
});

test("an area's tests are in no other area", () => {
  const names = Object.values(AREAS).flatMap(({ files }) => find(files));
  expect(new Set(names).size).toBe(names.length);
});

test.each([
  ["", { areas: [], others: [] }, false],
  ["metal", { areas: ["metal"], others: [] }, false],
  ["metal campaigns --bail=1", { areas: ["metal", "campaigns"], others: ["--bail=1"] }, true],
  ["config", { areas: undefined, others: ["config"] }, false],
  ["--reporter=verbose", { areas: [], others: ["--reporter=verbose"] }, false],
  ["rest", { areas: ["rest"], others: [] }, true],
])("npm test -- %s", (line, expected, full) => {
  const parsed = testArguments(line.split(" ").filter(Boolean));
  expect(parsed).toEqual(expected);
  expect(isFull(parsed.areas)).toBe(full);
});

test("a campaign's command line", () => {
  expect(plan(["isolation", "--cases", "100", "--seed", "3", "--shard", "2/8"])).toMatchObject({
    env: {
      CAMPAIGN_SIZE: "full",
      CAMPAIGN_CASES: "100",
      CAMPAIGN_SEED: "3",
      CAMPAIGN_SHARD: "2/8",
    },
    files: [CAMPAIGNS.isolation],
    report: "isolation-2-of-8",
  });
  expect(plan(["all"])?.files).toEqual(Object.values(CAMPAIGNS));
});

test.each([
  [[], "the name of one campaign is needed"],
  [["isolation", "mutants"], "the name of one campaign is needed"],
  [["isolaton"], 'there is no campaign "isolaton"'],
  [["isolation", "--shard", "0/4"], "I/N is needed"],
  [["isolation", "--shard", "5/4"], "I/N is needed"],
  [["isolation", "--cases", "many"], "a positive number is needed"],
  [["isolation", "--seed", "0"], "a positive number is needed"],
  [["isolation", "--speed", "1"], "Unknown option '--speed'"],
])("a campaign of %j is misuse", (line, message) => {
  expect(() => plan(line)).toThrow(message);
});
