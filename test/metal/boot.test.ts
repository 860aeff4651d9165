// The metal images on each bed's processors, loaded by nothing but their headers.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ORIGINAL_IMAGE, readmeRow } from "../../bench/figures.ts";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import { CASES } from "../../platforms/conformance/cases.ts";
import { failureOf } from "../../tools/conformance.ts";
import { woven } from "../../tools/demo/expect.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { patient } from "../../tools/metal/payload.ts";
import { ROOT } from "../../tools/root.ts";
import { boot, CAN_BOOT, type Said } from "./loader.ts";
import { imageFor, MACHINES, systemFor } from "./machines.ts";

const CPUS = 4;

const file = (path: string) => readFileSync(join(ROOT, path));
/** What the loader says of a round that goes well; "info" is said five times each. */
const ROUND = [
  "enter: 0 0 0 0",
  "LDT: 0",
  "create: 0",
  "set loadable: 0",
  "start: 0",
  "state: 1",
  expect.stringMatching(/^exits: \d+$/),
  "destroy: -1",
  "destroy: 0",
  "CPU is back",
  "disable: 0 0 0 0",
];
/** GET_INFO has so many kinds. */
const INFOS = 5;
const isInfo = (line: string) => line.startsWith("info: ");

const DEMO_CELL = patient(encode(apicDemo));

describe.skipIf(!CAN_BOOT).each(MACHINES)("hypervisor.wasm on the $title", (machine) => {
  let said: Said;
  let size: number;

  beforeAll(async () => {
    const { bed, cpu } = machine;
    const bytes = imageFor(machine);
    size = bytes.length;
    const modules = [systemFor(machine), DEMO_CELL, file("inmates/demos/x86/apic-demo.bin")];
    const request = { image: bytes, modules, cpus: CPUS, bed, cpu };
    said = await boot({ ...request, scenario: "demo" });
  });

  it("is enabled, runs a cell, and is disabled, twice", () => {
    const lines = said.loader.split("\n").filter((line) => !isInfo(line));
    expect(lines).toEqual(["loader: all CPUs are here", ...ROUND, ...ROUND, "loader: end", ""]);
    expect(said.ended).toBe(true);
  });

  it("has as much memory after a cell as before, each time", () => {
    const infos = said.loader.split("\n").filter(isInfo);
    const before = infos.slice(0, INFOS);
    expect(infos).toEqual(Array.from({ length: 4 }, () => before).flat());
    expect(before).toHaveLength(INFOS);
  });

  it("has a core that is hypervisor.wasm to the byte, and says so", () => {
    const digest = createHash("sha256").update(file("dist/hypervisor.wasm")).digest("hex");
    expect(said.com1.split(`hypervisor.wasm sha256 ${digest}\r\n`)).toHaveLength(3);
  });

  it("lets the inmate say what it says elsewhere", () => {
    // Its first lines may come before the hypervisor's that it was started, or in its midst.
    const round = said.com1.slice(said.com1.indexOf('Cell "apic-demo" can be loaded'));
    expect(woven("Calibrated APIC frequency: … kHz", round)).toBeDefined();
    expect(round).toMatch(/Timer fired, jitter: +\d+ ns, min: +\d+ ns, max: +\d+ ns/);
    expect(round).toContain("Rejecting first shutdown request - try again!");
    expect(round).toContain("Stopped APIC demo");
    expect(round).toContain('Closing cell "apic-demo"');
    expect(round).toContain(" Releasing CPU 3");
    expect(said.com1).not.toContain("FATAL");
  });

  it("is of the size that the README says, and for AMD smaller than the original", () => {
    const row = machine.vendor === "amd" ? "the metal image" : "the metal image, Intel";
    if (machine.vendor === "amd") expect(size).toBeLessThan(ORIGINAL_IMAGE);
    expect(readmeRow(row)[0]).toBe(`${size.toLocaleString("en")} bytes`);
  });
});

/** Its twelve seconds on four busy CPUs would take minutes of an interpreter's. */
const STORMY = MACHINES.filter(({ bed }) => bed !== PC);

describe.skipIf(!CAN_BOOT).each(STORMY)(
  "while two CPUs leave their guests all the time, $title",
  (machine) => {
    it("cells come and go, and nothing is lost", async () => {
      const demo = file("inmates/demos/x86/apic-demo.bin");
      const modules = [systemFor(machine), DEMO_CELL, demo];
      const { bed, cpu } = machine;
      const request = { image: imageFor(machine), modules, cpus: CPUS, bed, cpu };
      const { loader, com1, ended } = await boot({ ...request, scenario: "storm" });
      const lines = loader.split("\n");
      const infos = lines.filter(isInfo);
      expect(lines.filter((line) => line === "CPU is back")).toHaveLength(4);
      expect(lines.filter((line) => line === "storm: 1")).toHaveLength(2);
      expect(infos.slice(INFOS)).toEqual(infos.slice(0, INFOS));
      expect(lines).toContain("disable: 0 0 0 0");
      expect(com1).not.toContain("FATAL");
      expect(ended).toBe(true);
    });
  },
);

describe.skipIf(!CAN_BOOT).each(MACHINES)("platform conformance, metal, $title", (machine) => {
  const { bed, cpu } = machine;
  const wrong = CASES.findIndex((title) => machine.wrong.has(title));
  const cases = CASES.map((title, number) => ({ title, number }));
  let results: string[];
  let printed: string;

  beforeAll(async () => {
    if (wrong >= 0) console.warn(`Left out: ${CASES[wrong]}. ${machine.wrong.get(CASES[wrong]!)}`);
    const said = await boot({
      image: imageFor(machine, join(ROOT, "dist/conformance.wasm")),
      modules: [systemFor(machine)],
      cpus: CPUS,
      scenario: "conformance",
      ...(wrong < 0 ? {} : { argument: wrong }),
      bed,
      cpu,
    });
    results = said.loader.split("\n").filter((line) => line.startsWith("case"));
    printed = said.com1;
  });

  for (const [title, reason] of bed.ignored) console.warn(`Not asked: ${title}. ${reason}`);
  const asked = cases.filter(({ title, number }) => number !== wrong && !bed.ignored.has(title));
  it.each(asked)("$title", ({ number }) => {
    const [, check] = /^case: (-?\d+)$/.exec(results[number] ?? "") ?? [];
    expect(check, results[number]).toBeDefined();
    expect(failureOf(number, Number(check))).toBe("");
  });

  it("has printed what the core gave it", () => {
    expect(printed).toContain("The conformance suite speaks.");
  });

  it("has no further case, and leaves out none but what the bed has wrong", () => {
    expect(results).toHaveLength(CASES.length);
    const leftOut = results.flatMap((line, number) => (line === "case: wrong here" ? number : []));
    expect(leftOut.map((number) => CASES[number])).toEqual([...machine.wrong.keys()]);
  });
});
