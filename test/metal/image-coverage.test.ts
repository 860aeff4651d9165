// What of the image has never run on the project's PC: docs/silicon.md's list (npm run metal:coverage) names functions that there are, and
// none that runs when the machine is taken over, a cell lives, and the machine is handed back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  executed,
  functionsIn,
  functionsOf,
  type ImageFunction,
} from "../../tools/metal/coverage/functions.ts";
import { functionNames, sourceNames } from "../../tools/metal/coverage/names.ts";
import { listed, withList } from "../../tools/metal/coverage/page.ts";
import { watchImage } from "../../tools/metal/coverage/record.ts";
import { AMD, buildImage } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";
import { describeLinux } from "./linux.ts";
import { ENABLE_AND_CELL, PcRounds } from "./pc-rounds.ts";

const page = readFileSync(join(ROOT, "docs/silicon.md"), "utf8");

test("functions are read from a disassembly, with their instructions' places", () => {
  const text =
    "fffffffff0000180 <memmove>:\nfffffffff0000180:\tpush %rbp\nfffffffff0000181:\tret\n\nfffffffff0000182 <next>:\nfffffffff0000182:\tret\n";
  const functions = functionsIn(text);
  expect(functions).toEqual([
    { name: "memmove", instructions: [0x180, 0x181] },
    { name: "next", instructions: [0x182] },
  ]);
  const bits = new Uint8Array(0x40);
  bits[0x181 >> 3] = 1 << (0x181 & 7);
  expect(functions.map((one) => executed(one, bits))).toEqual([1, 0]);
});

test("names of functions are read from a module", () => {
  // The name section: functions 0 and 200.
  const names = [1, 9, 2, 0, 1, 0x61, 0xc8, 1, 2, 0x62, 0x63];
  const section = [4, 0x6e, 0x61, 0x6d, 0x65, ...names];
  const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, section.length, ...section]);
  expect(functionNames(module)).toEqual(
    new Map([
      [0, "a"],
      [200, "bc"],
    ]),
  );
});

test("the page's list can be read and replaced", () => {
  expect(listed(withList(page, ["one", "two"]))).toEqual(["one", "two"]);
  expect(listed(page).length).toBeGreaterThan(0);
});

describeLinux("the image's coverage", () => {
  let rounds: PcRounds;
  let bits: Uint8Array;
  let functions: ImageFunction[];
  beforeAll(async () => {
    const core = join(ROOT, "dist/hypervisor.wasm");
    const platform = join(ROOT, "dist/metal-amd.wasm");
    const nameOf = await sourceNames();
    const { elf } = buildImage({ root: ROOT, target: AMD, core, platform });
    functions = functionsOf(elf).map((one) => ({ ...one, name: nameOf(one.name) }));
    rounds = await PcRounds.boot();
    bits = watchImage(rounds.guest.pc);
    rounds.guest.check(ENABLE_AND_CELL);
  });
  afterAll(() => rounds?.close());

  test("most of it runs", () => {
    const run = functions.filter((one) => executed(one, bits) > 0).map(({ name }) => name);
    for (const name of ["memmove", "enter_platform", "run_cpu"]) expect(run).toContain(name);
    expect(run).not.toContain("exception");
  });

  test("nothing that is listed as never run does, and all of that is there", () => {
    const known = new Map(functions.map((one) => [one.name, one]));
    for (const name of listed(page)) {
      expect(known.has(name), `${name} is in the image`).toBe(true);
      expect([name, executed(known.get(name)!, bits)]).toEqual([name, 0]);
    }
  });
});
