// The lab's table has each pair of settings.
import { expect, test } from "vitest";
import { ROWS, SWITCHES } from "./rows.ts";

test("each pair of settings of two switches is in a row", () => {
  const settings: readonly (readonly string[])[] = Object.values(SWITCHES);
  for (const row of ROWS) {
    expect(row).toHaveLength(settings.length);
    for (const [index, setting] of row.entries()) expect(settings[index]).toContain(setting);
  }
  const missing = settings.flatMap((ones, one) =>
    settings.slice(one + 1).flatMap((others, offset) => {
      const other = one + 1 + offset;
      const has = (a: string, b: string) => ROWS.some((row) => row[one] === a && row[other] === b);
      return ones.flatMap((a) => others.filter((b) => !has(a, b)).map((b) => [one, a, other, b]));
    }),
  );
  expect(missing).toEqual([]);
});
