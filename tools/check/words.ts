// Nothing in the repository names the machine that it was written on.
import type { Check } from "./check.ts";
import { isText, readText, repositoryFiles } from "./files.ts";

const FORBIDDEN: readonly [RegExp, string][] = [
  [/(?<![\w.~-])\/(?:work|root|home\/\w+)\//, "a path of somebody's machine"],
  [/"resolved": "\w+:/, "a registry"],
  [/\bregistry=|\b_authToken\b/i, "a registry's settings"],
  [/\.\.\/shared\b/, "a file outside of the repository"],
];

/** What is wrong with a text, a line each. */
export function wordFaults(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(
        ([, what]) => `${path}:${index + 1} names ${what}: ${line.trim().slice(0, 80)}`,
      ),
    );
}

export const words: Check = {
  name: "no paths or hosts of this machine",
  run() {
    const files = repositoryFiles().filter(isText);
    return { failures: files.flatMap((path) => wordFaults(path, readText(path))) };
  },
};
