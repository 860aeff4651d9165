// The README's first table says what is measured. The metal image, which Node alone cannot build, is held by test/metal/boot.test.ts.
import { expect, test } from "vitest";
import { linesOf, measureTicks, ORIGINAL_IMAGE, REQUESTS, readmeRow } from "./figures.ts";
import { EARLIER } from "./metal/earlier.ts";
import { keyOf } from "./metal/figures.ts";
import { EXITS, SIZE } from "./metal/groups.ts";

const KIB = 1024;
const TICK = keyOf(EXITS, "apic-demo: each tick");

test.each([
  ["exits per tick of `apic-demo`, x2APIC", true],
  ["exits per tick of `apic-demo`, xAPIC", false],
])("%s", async (title, x2apic) => {
  const { exitsPerTick, jitter } = await measureTicks(x2apic);
  const [ours, original] = readmeRow(title);
  expect(ours).toBe(`${exitsPerTick}`);
  expect(original.split(",")[0]).toBe(EARLIER.get(TICK));
  // A deterministic machine: what varies is the demo's own code.
  expect(jitter).toBeLessThan(200);
});

test("lines of a configuration", () => {
  expect(readmeRow("`apic-demo`'s configuration")[0]).toBe(
    `${linesOf("configs/x86/apic-demo.ts")} lines of TypeScript`,
  );
});

test("the original's image", () => {
  expect(readmeRow("the metal image")[1]).toBe(`${ORIGINAL_IMAGE.toLocaleString("en")} bytes`);
  expect(`${Math.round(ORIGINAL_IMAGE / KIB)}`).toBe(EARLIER.get(keyOf(SIZE, "image")));
});

test("the requests' times", () => {
  expect(readmeRow("`cell create`, `load`, `start`, in exits by CPUID")).toEqual(REQUESTS);
});
