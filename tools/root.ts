// Where the clone is, for scripts that run from their sources and from dist/.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(directory: string): string {
  if (existsSync(join(directory, "package.json"))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error("package.json not found: this is not a clone");
  return findRoot(parent);
}

/** Absolute path of the clone's root directory. */
export const ROOT: string = findRoot(dirname(fileURLToPath(import.meta.url)));
