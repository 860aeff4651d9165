// Tables on small terminals: nothing is broken, nothing is lost, and files and pipes know of no width.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { widthOf } from "../config/columns.ts";
import type { MachineStatus } from "../control/api.ts";
import { FakeSession, fakeConfig } from "../control/testing/fake-session.ts";
import { machineMap } from "./machine-map.ts";
import { plain, rows, type Sample, title } from "./stats-screen.ts";
import { frame } from "./stats-terminal.ts";
import { Surroundings } from "./testing/surroundings.ts";

const WIDTHS = [79, 40, 30, 20, 11, 3, 1];
const shipped = (name: string) => fileURLToPath(new URL(`../configs/${name}`, import.meta.url));
const SYSTEM = shipped("qemu-x86.cell");
const CELLS = ["ivshmem-demo.cell", "linux-x86-demo.cell", "pci-demo.cell"].map(shipped);

let world: Surroundings;
beforeEach(async () => {
  world = new Surroundings();
  world.env.NO_COLOR = "1";
  await world.machine("default", async (options) => new FakeSession(options));
  writeFileSync(join(world.directory, "system.cell"), "JHSYS");
  for (const [name, cpus] of [
    ["a-cell-with-a-name-of-31-letters", [1]],
    ["zwölf 漢字 👩‍🚀 é", [2, 3]],
  ] as const)
    writeFileSync(join(world.directory, `${cpus[0]}.cell`), fakeConfig(name.slice(0, 31), cpus));
  const memory = [{ physical: "0x39f00000", size: "0x200000", flags: ["read", "write"] }];
  const wrong = { kind: "cell", name: "wrong", cpus: [1, 99], memory };
  writeFileSync(join(world.directory, "wrong.json"), JSON.stringify(wrong));
  await world.run("enable system.cell");
  await world.run("cell create 1.cell");
  await world.run("cell create 2.cell");
});
afterEach(() => world.close());

/** What is left of a text without its layout: words and lines may be broken anywhere. */
const facts = (text: string) => text.replace(/[\s│─┌┐├┤└┘#|^⋮]/g, "");
/** Each of a text's words is somewhere in the other. */
function expectWords(text: string, wide: string, what: string): void {
  const whole = facts(text);
  for (const word of wide.split(/[\s│─┌┐├┤└┘#|^⋮]+/))
    expect(whole, `${what}: ${word}`).toContain(word);
}

/** What lists say: the original's pads names, and a long one touches what follows it. */
const LISTED: Readonly<Record<string, string>> = {
  cell: "fake a-cell-with-a-name-of-31-letter zwölf 漢字 👩‍🚀 é running shut down 2-3 Failed CPUs",
  machine: "default 4 1024 MiB free enabled 3",
};
const TABLES: readonly (readonly [words: readonly string[], isPicture?: boolean])[] = [
  [["cell", "list"]],
  [["machine", "list"]],
  [["machine", "status"], true],
  [["cell", "stats", "1", "-n", "1"]],
  [["config", "show", SYSTEM]],
  [["config", "show", ...CELLS]],
  [["config", "show", "--map", SYSTEM, ...CELLS]],
  [["config", "show", "--map", CELLS[0] as string]],
  [["hardware", "check", "--root", "."]],
];

describe.each(TABLES.map(([words, isPicture]) => [words.slice(0, 3).join(" "), words, isPicture]))(
  "%s",
  (_, words, isPicture) => {
    test.each(WIDTHS)("fits %i columns", async (columns) => {
      const pipe = await world.run(words as string[]);
      world.isTerminal = true;
      world.columns = columns;
      const { out, status } = await world.run(words as string[]);
      expect(status).toBe(pipe.status);
      expect(out).not.toMatch(/[\p{Surrogate}\ufffd]/u);
      // Below that, indentation alone may take it.
      if (columns >= 20)
        for (const line of out.split("\n"))
          expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      if (words[1] === "list") expectWords(out, LISTED[words[0] as string] as string, `${columns}`);
      // The map below the facts is another one, and a list has no heading.
      else if (isPicture) expectWords(out, pipe.out.split("\n\n")[0] as string, `${columns}`);
      else expectWords(out, pipe.out.replace(/^Feature.*\n-.*\n/, ""), `${columns}`);
    });
  },
);

test("a terminal that is wide enough shows what a pipe gets", async () => {
  for (const [words] of TABLES) {
    const pipe = await world.run(words);
    world.isTerminal = true;
    world.columns = 1000;
    expect((await world.run(words)).out, words.join(" ")).toBe(pipe.out);
    world.isTerminal = false;
  }
});

test.each(WIDTHS)(
  "findings keep their facts in %i columns, and what is copied stays whole",
  async (columns) => {
    const words = ["config", "check", SYSTEM, "wrong.json", "--notes"];
    const pipe = await world.run(words);
    expect(pipe.out).toContain("|####");
    world.isTerminal = true;
    world.columns = columns;
    const { out } = await world.run(words);
    expectWords(out, pipe.out, `${columns}`);
    const copied = (text: string) => text.match(/fix: .*:\n {8}.*\n|^\S+: (error|warning).*\n/gm);
    expect(copied(out)).toEqual(copied(pipe.out));
    if (columns < 20) return;
    const pictures = out.split("\n").filter((line) => /^ {4}\|[ #]+\|$|\^/.test(line));
    expect(pictures.length).toBeGreaterThan(0);
    for (const line of pictures) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  },
);

test("a folded line has its mark below what it marks", async () => {
  world.isTerminal = true;
  world.columns = 30;
  const { out } = await world.run(["config", "check", SYSTEM, "wrong.json"]);
  const lines = out.split("\n");
  const marks = lines.flatMap((line, at) =>
    [...line.matchAll(/\^+/g)].map(({ index, 0: { length } }) =>
      lines[at - 1]!.slice(index, index + length),
    ),
  );
  expect(marks.join("")).toContain('"physical"');
});

test("`explain` is folded, but for lines of sources", async () => {
  const log =
    'FATAL: Invalid PIO write, port: 3f8 size: 1\nRIP: 0x0000000000000000\nParking CPU 2 (Cell: "pci-demo")\n';
  writeFileSync(join(world.directory, "log.txt"), log);
  const words = [
    "explain",
    "--console",
    "log.txt",
    "--system",
    SYSTEM,
    "--cell",
    CELLS[2] as string,
  ];
  const pipe = await world.run(words);
  world.isTerminal = true;
  for (const columns of WIDTHS) {
    world.columns = columns;
    const { out } = await world.run(words);
    expectWords(out, pipe.out, `${columns}`);
    if (columns < 20) continue;
    for (const line of out.split("\n"))
      if (!line.startsWith(" ".repeat(8))) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  }
});

const MIB = 2 ** 20;
const NAMES = ["root", "one", "two", "three"];
const STATUS: MachineStatus = {
  ...{ name: "m", cpus: 64, memory: 1024 * MIB, pace: "free", enabled: true, learning: false },
  ...{ time: 0, offline: [], pools: { memory: { size: 0, used: 0 }, remap: { size: 0, used: 0 } } },
  cells: NAMES.map((name, id) => ({
    id,
    name,
    state: "running",
    cpusAssigned: [id],
    cpusFailed: [],
  })),
  memoryMap: NAMES.map((_, owner) => ({ owner, start: owner * 64 * MIB, size: 64 * MIB })),
};

test.each(WIDTHS)(
  "the map of a machine fits %i columns, with every CPU and every cell",
  (columns) => {
    for (const status of [STATUS, { ...STATUS, memoryMap: [] }]) {
      const map = machineMap(status, false, columns);
      expect(
        map
          .match(/^ *(CPUs|Memory)? *[.0-3]+$/gm)
          ?.join("")
          .match(/[.0-3]/g)?.length,
      ).toBeGreaterThanOrEqual(64);
      for (const name of NAMES) expect(facts(map)).toContain(name);
      if (columns >= 20)
        for (const line of map.split("\n"))
          expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
      expect(machineMap(status, true, columns).replaceAll(/\x1b\[[\d;]*m/g, "")).toBe(map);
    }
  },
);

/** Where a line begins and ends on the screen, and what is reversed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's
const AT = /\x1b\[[\d;]*[HKm]/g;
const sample: Sample = {
  time: 0,
  statistics: {
    cell: {
      id: 1,
      name: "a-cell-with-a-long-name",
      state: "running",
      cpusAssigned: [],
      cpusFailed: [],
    },
    total: { total: 123_456_789, msr_x2apic_icr: 7 },
    cpus: new Map(),
  },
};

test.each([30, 20])("the live screen shows names and sums in %i columns", (columns) => {
  const view = { sample, previous: undefined, cpu: undefined };
  const text = frame(view, 24, columns);
  for (const fact of [...title(view, columns), ...rows(view, columns)])
    expect(text).toContain(fact);
  for (const fact of ["vmexits_total", "123456789", "vmexits_msr_x2apic_icr"])
    expect(facts(text.replace(AT, ""))).toContain(fact);
  for (const line of plain(view, columns).split("\n"))
    expect(widthOf(line)).toBeLessThanOrEqual(columns);
});
