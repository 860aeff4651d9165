// Findings about pairs: many entries that clash with each other are one finding with a list; programs, and --all, have each pair.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

const SYSTEM = fileURLToPath(new URL("../configs/qemu-x86.cell", import.meta.url));
const CELLS = 10;
const PAIRS = (CELLS * (CELLS - 1)) / 2;

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

/** Writes one cell per number, and checks them all. */
async function check(
  cell: (index: number) => object,
  options: readonly string[] = [],
  count = CELLS,
) {
  const files = Array.from({ length: count }, (_, index) => `c${index}.json`);
  for (const [index, file] of files.entries()) {
    const whole = { kind: "cell", name: `c${index}`, cpus: [1], ...cell(index) };
    writeFileSync(join(world.directory, file), JSON.stringify(whole));
  }
  const { out } = await world.run(["config", "check", SYSTEM, ...files, ...options]);
  return out;
}

/** How often a rule has a finding in the text. */
const told = (out: string, rule: string) => out.split(`[${rule}]\n`).length - 1;

const region = (physical: string, size = "0x1000") => ({
  physical,
  virtual: "0",
  size,
  flags: ["read", "write"],
});

test.each<[string, (index: number) => object]>([
  ["memory-cells", () => ({ memory: [region("0x3b000000")] })],
  // Each has a page that all the others have, too, somewhere else.
  [
    "memory-cells",
    (index) => ({ memory: [region(`0x${(0x3b000000 + index * 0x1000).toString(16)}`, "0x20000")] }),
  ],
  ["cpu-twice", () => ({ cpus: [1, 2] })],
  ["name-twice", () => ({ name: "same" })],
  ["port-twice", () => ({ ports: [{ base: 0x2f8, length: 8 }] })],
  ["pin-twice", () => ({ irqchips: [{ address: "0xfec00000", id: 0xff00, pins: [4] }] })],
  ["pci-twice", () => ({ pciDevices: [{ type: "device", bdf: 0x10 }] })],
  ["cache-twice", () => ({ caches: [{ start: 0, size: 2 }] })],
])("%s: one finding for ten cells, with all of them in it", async (rule, cell) => {
  const out = await check(cell);
  expect(told(out, rule)).toBe(1);
  const [, list = ""] =
    new RegExp(`\\[${rule}\\]\n[^]*?the same each with each other, ${CELLS} in all: (.*)\n`).exec(
      out,
    ) ?? [];
  for (let index = 0; index < CELLS; index++)
    expect(`${list},`).toMatch(new RegExp(` c${index}\\.json,`));
  expect(out).toMatch(/\n\d+ errors?, .*; \d+ pair by pair: --all shows them\n$/);
  expect(told(await check(cell, ["--all"]), rule)).toBe(PAIRS);
  const { findings } = JSON.parse(await check(cell, ["--json"])) as {
    findings: { rule: string }[];
  };
  expect(findings.filter((finding) => finding.rule === rule)).toHaveLength(PAIRS);
});

test.each<[string, object]>([
  [
    "memory-inside",
    {
      memory: Array.from({ length: CELLS }, () => ({
        ...region("0x3b000000"),
        physical: "0x3b000000",
      })),
    },
  ],
  ["port-inside", { ports: Array.from({ length: CELLS }, () => ({ base: 0x2f8, length: 8 })) }],
  [
    "pci-inside",
    { pciDevices: Array.from({ length: CELLS }, () => ({ type: "device", bdf: 0x10 })) },
  ],
])("%s: one finding for ten entries of a cell", async (rule, cell) => {
  const out = await check(() => cell, [], 1);
  expect(told(out, rule)).toBe(1);
  expect(out).toContain(`${CELLS} in all: `);
  for (const index of [0, CELLS - 1])
    expect(out).toMatch(new RegExp(`in all: .*\\[${index}\\] of c0\\.json`));
});

test("twenty cells in one page are one finding, not 190", async () => {
  const out = await check(() => ({ memory: [region("0x3b000000")] }), [], 20);
  expect(told(out, "memory-cells")).toBe(1);
  expect(out).toContain("20 in all: memory[0] of c0.json, ");
});

test("what is no tangle stays apart: two of each, and a row of neighbours", async () => {
  const two = await check((index) => ({ cpus: [1 + (index % 2)] }), [], 4);
  expect(told(two, "cpu-twice")).toBe(2);
  const row = await check((index) => ({
    memory: [region(`0x${(0x3b000000 + index * 0x1000).toString(16)}`, "0x2000")],
  }));
  expect(told(row, "memory-cells")).toBe(CELLS - 1);
  expect(row).not.toContain("in all: memory");
});

test("two tangles of one rule are two findings", async () => {
  const out = await check((index) => ({ ports: [{ base: index % 2 ? 0x2f8 : 0x3e8, length: 8 }] }));
  expect(told(out, "port-twice")).toBe(2);
  expect(out.match(/the same each with each other, 5 in all/g)).toHaveLength(2);
});
