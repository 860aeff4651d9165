import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { defineCell } from "./define-cell.ts";
import { encode } from "./encode.ts";
import { isConfigError } from "./errors.ts";
import { loadConfig } from "./load.ts";
import { formatOrigin, originOf } from "./origin.ts";

const directory = mkdtempSync(join(tmpdir(), "origin-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const SOURCE = `import { bdf, commRegion, defineCell, ivshmemLink, lowRam, uart } from "jailhouse-ts/config";
import { SHARED } from "./shared.ts";
const link = ivshmemLink({ bdf: bdf(0, 14, 0), physical: 0x3f000000 });
export default defineCell({
  name: "traced",
  cpus: [1,
    2],
  memory: [
    lowRam({ physical: 0x3ee00000 }),
    commRegion(),
    ...[1, 2].map((page) => ({
      physical: page * 0x1000,
      size: 0x1000, flags: ["read"] as const,
    })),
    SHARED,
  ],
  devices: [uart("COM2")],
  pciDevices: [
    link.end(1),
  ],
  ports: [{
    base: 0x60,
    length: 1,
  }],
});
`;

test("a module's parts have their lines, whatever made them", async () => {
  file(
    "shared.ts",
    `export const SHARED =
  { physical: 0x5000, size: 0x1000, flags: ["read" as const] };`,
  );
  const path = file("traced.ts", SOURCE);
  const { config } = await loadConfig(path);
  const place = (part: string) => formatOrigin(originOf(config, part) ?? {});
  expect(place("")).toBe(`${path}:4`);
  expect(place("name")).toBe(`${path}:5`);
  expect(place("cpus")).toBe(`${path}:6`);
  expect(place("cpus[1]")).toBe(`${path}:6`);
  // The link's device, its regions first, then the cell's own memory.
  expect(place("pciDevices[0].shmemPeers")).toBe(`${path}:19`);
  expect(place("memory[0]")).toBe(`${path}:19`);
  expect(place("memory[4]")).toBe(`${path}:9`);
  expect(place("memory[5].size")).toBe(`${path}:10`);
  expect(place("memory[6]")).toBe(`${path}:11`);
  expect(place("memory[6].physicalStart")).toBe(`${path}:12`);
  expect(place("memory[8]")).toBe(`${join(directory, "shared.ts")}:2`);
  expect(place("ports[0].length")).toBe(`${path}:23`);
  expect(place("ports[1]")).toBe(`${path}:17`);
  expect(originOf(config, "ports[1]")).toMatchObject({ device: "COM2" });
});

test("a JSON text's parts have their lines", async () => {
  const text = `{ "kind": "system",
  "hypervisorMemory": {
    "physical": 0, "size": 4096 },
  "x86": { "pmTimer": 1 },
  "rootCell": {
    "name": "root", "cpus": [0],
    "memory": [
      { "size": 4096,
        "flags": [] },
      { "size": 8192, "flags": [] }
    ] } }`;
  const { config } = await loadConfig(file("traced.json", text));
  const line = (part: string) => originOf(config, part)?.line;
  expect(line("hypervisorMemory.size")).toBe(3);
  expect(line("x86.pmTimerAddress")).toBe(4);
  expect(line("rootCell.name")).toBe(6);
  expect(line("rootCell.memory[0].flags")).toBe(9);
  expect(line("rootCell.memory[1]")).toBe(10);
});

test("a built file's parts have their offsets", async () => {
  const memory = [{ physical: 0x1000, size: 0x1000, flags: ["read"] as const }];
  const cell = defineCell({ name: "cell", cpus: [1], memory });
  const path = file("traced.cell", encode(cell));
  const { config } = await loadConfig(path);
  expect(formatOrigin(originOf(config, "memory[0].size")!)).toBe(`${path}, byte 0x8c`);
  expect(originOf(cell, "memory[0]")).toBeUndefined();
});

test("a mistake in a definition names its line", async () => {
  const path = file(
    "mistaken.ts",
    `import { defineCell } from "jailhouse-ts/config";
export default defineCell({
  name: "mistaken", cpus: [1],
  memory: [
    { size: 1,
      flags: ["raed"] },
  ],
});`,
  );
  const error = await loadConfig(path).catch((caught: unknown) => caught);
  expect(isConfigError(error) && error.message).toContain(
    `${path}:6: memory[0].flags[0] is "raed"`,
  );
});

test("bytes of the file that are given keep the other parts' lines", async () => {
  const path = file(
    "bytes.ts",
    `import { defineCell } from "jailhouse-ts/config";
export default defineCell({ name: "bytes", cpus: [1],
  memory: [
    { size: 1, flags: ["read"] },
  ],
  bytes: { "0x28": "05 00" } });`,
  );
  const { config } = await loadConfig(path);
  expect(config).toMatchObject({ id: 5 });
  expect(originOf(config, "memory[0]")?.line).toBe(4);
});
