// The files of the repository.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../root.ts";
import { execute } from "./check.ts";

/** What is never part of the repository. */
const OUTSIDE = /^(?:node_modules|dist|\.git)(?:\/|$)/;

/** All files on disk: for an unpacked archive, where there is no git to ask. */
function filesOnDisk(): string[] {
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !OUTSIDE.test(path));
}

/** All files that are tracked, or would be once added; relative to the root, with `/`. */
export function repositoryFiles(): string[] {
  // The clone may belong to somebody else than who checks it (root, in a container).
  const { status, stdout } = execute("git", [
    ...["-c", "safe.directory=*"],
    ...["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  ]);
  const files = status === 0 ? stdout.split("\0") : filesOnDisk();
  return files
    .filter((path) => path !== "" && !OUTSIDE.test(path) && existsSync(join(ROOT, path)))
    .sort();
}

/** The text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Whether a file holds text: no NUL byte near its start. */
export function isText(path: string): boolean {
  return !readFileSync(join(ROOT, path)).subarray(0, 8192).includes(0);
}
