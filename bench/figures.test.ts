// The README's first table says what is measured.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../tools/root.ts";
import { linesOf, measureTicks } from "./figures.ts";

/** The second column of the README's row that begins with a title. */
function told(title: string): string {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const row = readme.split("\n").find((line) => line.startsWith(`| ${title}`));
  return row?.split("|")[2]?.trim() ?? `no row "${title}"`;
}

test.each([
  ["exits per tick of `apic-demo`, x2APIC", true],
  ["exits per tick of `apic-demo`, xAPIC", false],
])("%s", async (title, x2apic) => {
  const { exitsPerTick, jitter } = await measureTicks(x2apic);
  expect(told(title)).toBe(`${exitsPerTick}`);
  // A deterministic machine: what varies is the demo's own code.
  expect(jitter).toBeLessThan(200);
});

test("lines of a configuration", () => {
  expect(told("`apic-demo`'s configuration")).toBe(
    `${linesOf("configs/x86/apic-demo.ts")} lines of TypeScript`,
  );
});
