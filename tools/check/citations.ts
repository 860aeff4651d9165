// A file that a comment or a page names exists: whoever moves one finds out who speaks of it.
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";
import { roomOf } from "./rooms.ts";
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

/** A file's name without a directory. */
const NAME = /(?<![\w./*-])[\w-]+\.(?:ts|c|h|S)\b/g;
/** What is made where an image is built, and Linux' own. */
const MADE = ["numbers.h", "errno.h"];

/** Files that a comment names without a directory: they lie in its room, or in abi/. */
export function named(text: string): string[] {
  return [...text.matchAll(NAME)].map(([name]) => name).filter((name) => !MADE.includes(name));
}

/** Whether `name` is that of a file in the room of `path`, or of abi/. */
export function isNear(name: string, path: string, files: ReadonlySet<string>): boolean {
  const room = roomOf(path) ?? path.replace(/\/.*/, "");
  const rooms = [`${room}/`, "abi/"];
  return [...files].some(
    (file) => file.endsWith(`/${name}`) && rooms.some((one) => file.startsWith(one)),
  );
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
    const strangers = [...files].flatMap((path) =>
      named(SOURCES.test(path) ? commentsOf(readText(path)) : "")
        .filter((name) => !isNear(name, path, files))
        .map((name) => `${path} names ${name}, which its room does not have`),
    );
    return { failures: [...failures, ...strangers] };
  },
};
