import { expect, test } from "vitest";
import { CASES } from "../platforms/conformance/cases.ts";
import { failureOf } from "./conformance.ts";

test("a failed check has a name", () => {
  const number = CASES.indexOf("PCI configuration space is read and written");
  expect(failureOf(number, 2)).toBe(
    "PCI configuration space is read and written: configSpaceIsUsed, check 2: if (pciRead(0, 0, 4) !== identity) return 2",
  );
  expect(failureOf(number, -12)).toContain("errno 12");
  expect(failureOf(number, 0)).toBe("");
});

/** Its outcome is seen on the line (the tests of platforms look there). */
const WITHOUT_CHECK = "the console takes bytes";

test.each(
  CASES.map((title, number) => ({ title, number })).filter(({ title }) => title !== WITHOUT_CHECK),
)("so has the first one of: $title", ({ number }) => {
  expect(failureOf(number, 1)).toMatch(/check 1: .*\b1\b/);
});
