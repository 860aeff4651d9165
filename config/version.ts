// This project's release.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./shipped.ts";

/** As package.json has it; the driver's and the image's have to be the same. */
export function projectVersion(): string {
  return JSON.parse(readFileSync(join(root(), "package.json"), "utf8")).version;
}
