// Command, hypervisor's banner and driver are of one release: package.json's. The image gets it when it is built.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import type { Check } from "./check.ts";

/** Where else a release is written, and how. */
const PLACES: readonly (readonly [path: string, form: RegExp])[] = [
  ["hypervisor/core/boot.ts", /"Initializing Jailhouse hypervisor v([^" ]+) on CPU "/],
  ["docs/first-cell.md", /\(jailhouse-ts ([^)]+)\)/],
  ["driver/numbers.h", /^#define JH_VERSION\s+"([^"]+)"$/m],
];

/** What is wrong with the release that a text names. */
export function versionFault(
  path: string,
  text: string,
  form: RegExp,
  version: string,
): string | undefined {
  const found = form.exec(text)?.[1];
  if (found === version) return undefined;
  return `${path} is of ${found ?? "no release"}, package.json of ${version}`;
}

export const versions: Check = {
  name: "command, banner and driver are of one release",
  run() {
    const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
    const { version } = JSON.parse(read("package.json"));
    const faults = PLACES.map(([path, form]) => versionFault(path, read(path), form, version));
    return { failures: faults.filter((fault) => fault !== undefined), note: version };
  },
};
