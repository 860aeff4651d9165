// The areas of tests: each test is in one of them or in the default, and what `npm test` and `npm run campaign` understand.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { plan } from "./campaign.mjs";
import { ROOT } from "./root.ts";
import {
  ALONE,
  AREA_NAMES,
  AREAS,
  CAMPAIGNS,
  isFull,
  LONGEST,
  projects,
  rank,
  selection,
  testArguments,
} from "./test-areas.mjs";

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
  const inAreas = new Set(find(Object.values(AREAS).flatMap(({ files }) => files)));
  expect(both).toEqual(
    Object.values(CAMPAIGNS)
      .filter((path) => !inAreas.has(path))
      .sort(),
  );
  expect([...new Set([...first, ...rest])].sort()).toEqual(everything.sort());
  expect(played(["all"]).sort()).toEqual(everything.sort());
});

/** What changes something that all files of a process share. */
const CHANGES =
  /\bvi\.(stub|mock|doMock|useFake|setSystem)|\bprocess\.(env\.\w+ = |chdir|umask)|\bfrom "koffi"/;
const IMPORT = /\bfrom "(\.[^"]+\.ts)"/g;

/** A file and all that it imports of what is there for tests, in turn. */
function partsOf(path: string, parts = new Set<string>()): Set<string> {
  if (parts.has(path)) return parts;
  parts.add(path);
  for (const [, relative] of readFileSync(join(ROOT, path), "utf8").matchAll(IMPORT)) {
    const part = join(dirname(path), relative!);
    if (part.startsWith("test/")) partsOf(part, parts);
  }
  return parts;
}
const changes = (path: string) =>
  [...partsOf(path)].some((part) => CHANGES.test(readFileSync(join(ROOT, part), "utf8")));

test("the default is in two halves, and who changes what a process has but once is in that of processes of their own", () => {
  const halves = projects([])!;
  const [together, alone] = halves.map(({ include, exclude }) => {
    const left = new Set(find(exclude));
    return find(include).filter((path) => !left.has(path));
  });
  expect([...together!, ...alone!].sort()).toEqual(played([]).sort());
  expect(halves.map(({ isolate }) => isolate)).toEqual([false, true]);
  expect(together!.filter(changes)).toEqual([]);
  expect(alone).toEqual([...ALONE].filter((path) => played([]).includes(path)).sort());
  expect([projects(["rest"]), projects(undefined)]).toEqual([undefined, undefined]);
});

test("the longest come first, and are there", () => {
  expect(LONGEST.filter((path) => !everything.includes(path))).toEqual([]);
  const order = ["/a/config/a.test.ts", `/a/${LONGEST[1]}`, `/a/${LONGEST[0]}`];
  expect(order.sort((a, b) => rank(a) - rank(b))).toEqual([
    ...[`/a/${LONGEST[0]}`, `/a/${LONGEST[1]}`],
    "/a/config/a.test.ts",
  ]);
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
