// What is written in C is compiled, with structures of its own, to the bytes that it was written from.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { shippedConfigs } from "../../tools/configs.ts";
import { defineCell } from "../define-cell.ts";
import { defineSystem } from "../define-system.ts";
import { encode } from "../encode.ts";
import type { Config } from "../types.ts";
import { decompileToC } from "./c.ts";

const HEADER = fileURLToPath(new URL("../testing/original.h", import.meta.url));
const compiler = ["cc", "clang", "gcc"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);
const directory = mkdtempSync(join(tmpdir(), "decompiled-"));
beforeAll(() => {
  mkdirSync(join(directory, "jailhouse"));
  copyFileSync(HEADER, join(directory, "jailhouse", "cell-config.h"));
  writeFileSync(join(directory, "jailhouse", "types.h"), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The bytes of the variable that a compiler makes of a source. */
function compiled(source: string): Buffer {
  writeFileSync(join(directory, "config.c"), source);
  const main = `#include "config.c"\n#include <stdio.h>\nint main(void) { return fwrite(&config, sizeof config, 1, stdout) != 1; }\n`;
  writeFileSync(join(directory, "main.c"), main);
  const program = join(directory, "program");
  const flags = ["-std=gnu11", "-Wall", "-Werror", "-Wno-missing-braces", "-I", directory];
  execFileSync(compiler!, [...flags, "-o", program, join(directory, "main.c")]);
  return execFileSync(program);
}

const ARM = defineSystem({
  architecture: "arm64",
  hypervisorMemory: { physical: 0x7fc00000, size: 0x400000 },
  debugConsole: { type: "pl011", address: 0x09000000, flags: ["mmio", "regdist-4"] },
  pci: { mmconfigBase: 0x08e00000, endBus: 0, virtual: true, domain: 0xffff },
  iommuUnits: [
    { type: "smmuv3", base: 0x09050000, size: 0x20000 },
    { type: "pvu", base: 0x30f80000, size: 0x1000, pvu: { tlbBase: 0x36000000, tlbSize: 0x40000 } },
  ],
  arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x08000000, gicrBase: 0x080a0000 },
  rootCell: { name: "board */", cpus: [0, 3], memory: [], streamIds: [7, 0x70010] },
});
const ODD = defineCell({
  name: 'é "quoted" \\',
  cpus: [5, 64],
  console: { type: "8250", address: 0x3f8 },
});

const configs: [string, Config][] = [
  ...(await shippedConfigs()).map(({ name, config }): [string, Config] => [name, config]),
  ["a system for Arm", ARM],
  ["a cell with an odd name", ODD],
];

it.skipIf(!compiler).each(configs)("%s", (_, config) => {
  const source = decompileToC(config, "Written by a test. */ Not the end.");
  expect(compiled(source).toString("hex")).toBe(Buffer.from(encode(config)).toString("hex"));
});
