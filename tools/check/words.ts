// Nothing in the repository names the machine that it was written on.
import type { Check } from "./check.ts";
import { isText, readText, repositoryFiles } from "./files.ts";

const FORBIDDEN: readonly [RegExp, string][] = [
  [/(?<![\w.~-])\/(?:work|root|home\/\w+)\//, "a path of somebody's machine"],
  [/\/tmp\/(?:bash_jobs|tmp\.)/, "a path of somebody's machine"],
  [/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/, "a registry other than npm's"],
  [/\bregistry=|\b_authToken\b|:4873\b|\bartifactory\b/i, "a registry's settings"],
  [
    /\.\.\/shared\b|\bshared\/(?:ABI|DESIGN|EMULATOR|STYLE)\.md/,
    "a file outside of the repository",
  ],
  [/\bbrief\.md\b/, "a file outside of the repository"],
];
/** These name what they forbid. */
const EXEMPT = ["tools/check/words.ts", "tools/check/check.test.ts"];

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
    const files = repositoryFiles().filter((path) => !EXEMPT.includes(path) && isText(path));
    return { failures: files.flatMap((path) => wordFaults(path, readText(path))) };
  },
};
