// Files stay readable, and the core stays small.
import { relative } from "node:path";
import { ROOT } from "../root.ts";
import { type Check, executeTool } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";
import { TESTS } from "./rooms.ts";
import { codeLines } from "./source.ts";

/** A file longer than this is worth a thought; tables, generated files and tests' data aside. */
const MAX_FILE_LINES = 400;
/** A function longer than this, too; a test's `describe` is none. */
const MAX_FUNCTION_LINES = 60;
/** A room's README is one page. */
const MAX_README_LINES = 20;
/** A part of the hypervisor has at most this many lines, without comments, blank lines and imports, as Biome lays it out. */
const MAX_PART_LINES = 3500;
const PART = /^hypervisor\/[^/]+(?=\/.*\.ts$)/;
const TABLES = /\.gen\.ts$|^machine\/cpu\/.*table.*\.ts$|^abi\/|\.d\.ts$/;

const lines = (text: string) => text.split("\n").length - 1;

const LONG_FUNCTION = /^::notice title=\S*,file=([^,]+),line=(\d+),.*too many lines \((\d+)\)/gm;

/** Functions that are too long, as Biome counts. */
function longFunctions(): string[] {
  const { output } = executeTool("@biomejs/biome/bin/biome", [
    ...["lint", "--only=complexity/noExcessiveLinesPerFunction"],
    ...["--reporter=github", "--max-diagnostics=none", "."],
  ]);
  return [...output.matchAll(LONG_FUNCTION)]
    .map(([, file, line, count]) => ({ path: relative(ROOT, file as string), line, count }))
    .filter(({ path, count }) => !TESTS.test(path) && Number(count) > MAX_FUNCTION_LINES)
    .map(({ path, line, count }) => `${path}:${line}: a function of ${count} lines`);
}

export const fileSizes: Check = {
  name: "file and function sizes",
  run() {
    const files = repositoryFiles();
    const long = files
      .filter((path) => /\.(ts|mjs|c|S|asm)$/.test(path) && !TABLES.test(path))
      .map((path) => ({ path, count: lines(readText(path)) }))
      .filter(({ count }) => count > MAX_FILE_LINES)
      .map(({ path, count }) => `${path} has ${count} lines (aim: 150, at most ${MAX_FILE_LINES})`);
    const readmes = files
      .filter((path) => /^[^/]+\/README\.md$|^platforms\/[^/]+\/README\.md$/.test(path))
      .filter((path) => !path.startsWith("docs/") && lines(readText(path)) > MAX_README_LINES)
      .map((path) => `${path} has more than ${MAX_README_LINES} lines`);
    return { failures: [], warnings: [...long, ...longFunctions(), ...readmes] };
  },
};

/** What is wrong with the size of a part, given its name and its number of lines: nothing, or one line. */
export function partFailures(part: string, count: number): string[] {
  if (count <= MAX_PART_LINES) return [];
  return [
    `${part} has ${count} lines without comments and imports, at most ${MAX_PART_LINES} are allowed: move policy that a platform ` +
      "or a tool can carry out there, or delete what nothing uses",
  ];
}

export const hypervisorSize: Check = {
  name: "size of hypervisor/",
  run() {
    const counts = new Map<string, number>();
    for (const path of repositoryFiles()) {
      const part = path.match(PART)?.[0];
      if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + codeLines(readText(path)));
    }
    const parts = [...counts];
    return {
      failures: parts.flatMap(([part, count]) => partFailures(part, count)),
      note: `${parts.map((one) => one.join(" ")).join(", ")} of ${MAX_PART_LINES} lines each`,
    };
  },
};
