// A file that a comment or a page names exists: whoever moves one finds out who speaks of it.
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";
import { commentsOf } from "./source.ts";

/** A path with a directory in it, as comments and pages write files of the repository. */
const PATH = /(?<![\w./-])(?:[\w.-]+\/)+[\w.-]+\.(?:ts|mts|mjs|c|h|S|md|asm)\b/g;
/** What is made, or is a user's or another project's. */
const ELSEWHERE =
  /^(?:dist|node_modules|\.\.?|configs|include|linux|asm|asm-generic|sys|my-[\w-]*)\/|^native\/numbers\.h$/;

/** Files that `text` names, with a directory. */
export function cited(text: string): string[] {
  return [...text.matchAll(PATH)].map(([path]) => path).filter((path) => !ELSEWHERE.test(path));
}

/** Whether `path` is that of a file, from the root or from any directory above it. */
export function isKnown(path: string, files: ReadonlySet<string>): boolean {
  return files.has(path) || [...files].some((file) => file.endsWith(`/${path}`));
}

/** Source files of these rooms speak of the others'. */
const SOURCES = /^(?:abi|driver|hypervisor|machine|platforms)\/.*\.(?:ts|c|h|S)$/;
const PAGES =
  /^(?:docs\/(?:hypervisor|machine|metal|platforms)|ARCHITECTURE|(?:\w+\/)+README)\.md$/;

export const citations: Check = {
  name: "files that comments and pages name",
  run() {
    const files = new Set(repositoryFiles());
    const spoken = (path: string) =>
      SOURCES.test(path) ? commentsOf(readText(path)) : PAGES.test(path) ? readText(path) : "";
    const failures = [...files].flatMap((path) =>
      cited(spoken(path))
        .filter((one) => !isKnown(one, files))
        .map((one) => `${path} names ${one}, which does not exist`),
    );
    return { failures };
  },
};
