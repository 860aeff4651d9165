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
/** The core has to stay below this, without comments and blank lines, as Biome lays it out. */
const MAX_HYPERVISOR_LINES = 5000;
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

export const hypervisorSize: Check = {
  name: "size of hypervisor/",
  run() {
    const sources = repositoryFiles().filter(
      (path) => path.startsWith("hypervisor/") && path.endsWith(".ts"),
    );
    const total = sources.reduce((sum, path) => sum + codeLines(readText(path)), 0);
    const failures =
      total < MAX_HYPERVISOR_LINES
        ? []
        : [
            `${total} lines without comments and blanks: it has to stay below ${MAX_HYPERVISOR_LINES}`,
          ];
    return { failures, note: `${total} lines without comments, in ${sources.length} files` };
  },
};
