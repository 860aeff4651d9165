// docs/coverage.md, which is made by hand now and then: it must know every encoding that there is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodingOf, readRows } from "./instructions.ts";
import { ROOT } from "./root.ts";

const LINE = /^\| `(.+?)` \| .*? \| .*? \| (\d*) \| (\d*) \| (.*) \|$/;

it("has an oracle for every encoding, or says what else there is (if not: npm run coverage)", () => {
  const lines = readFileSync(join(ROOT, "docs/coverage.md"), "utf8").split("\n");
  const known = new Map(
    lines.flatMap((line) => {
      const [, encoding, ...cells] = LINE.exec(line) ?? [];
      return encoding === undefined ? [] : [[encoding, cells.some((cell) => cell !== "")] as const];
    }),
  );
  const encodings = readRows().map(encodingOf);
  expect(encodings.filter((encoding) => !known.get(encoding))).toEqual([]);
  expect(known.size).toBe(new Set(encodings).size);
});
