import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { anyConfig } from "../arbitrary.ts";
import { decode } from "../decode.ts";
import { defineCell } from "../define-cell.ts";
import { encode } from "../encode.ts";
import { commRegion, ioapic, lowRam, mmio, placeholder, uart } from "../helpers.ts";
import { ivshmemLink } from "../ivshmem.ts";
import { loadConfig } from "../load.ts";
import type { Config } from "../types.ts";
import { bdf, KiB, MiB, range } from "../units.ts";
import { decompileToJson, decompileToSource } from "./source.ts";

const directory = mkdtempSync(join(tmpdir(), "decompile-"));
afterAll(() => rmSync(directory, { recursive: true }));

const CONFIGS = new URL("../../configs/", import.meta.url);
const shipped = readdirSync(CONFIGS).filter((name) => name.endsWith(".cell"));

/** The bytes that the written source compiles to. */
async function recompile(config: Config, extension: "ts" | "json"): Promise<Uint8Array> {
  const path = join(directory, `made.${extension}`);
  const text = extension === "ts" ? decompileToSource(config, "x") : decompileToJson(config);
  writeFileSync(path, text);
  return (await loadConfig(path)).bytes;
}

describe("decompiled sources compile back to the same bytes", () => {
  it.each(["ts", "json"] as const)("of any configuration, as %s", async (extension) => {
    await fc.assert(
      fc.asyncProperty(anyConfig, async (config) => {
        expect(await recompile(config, extension)).toEqual(encode(config));
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  it.each(shipped)("of %s", async (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, CONFIGS)));
    expect(await recompile(decode(bytes), "ts")).toEqual(bytes);
    expect(await recompile(decode(bytes), "json")).toEqual(bytes);
  });
});

describe("a decompiled source", () => {
  const link = ivshmemLink({
    bdf: bdf(1, 14, 0),
    physical: 0x3f0f0000,
    readWrite: KiB(36),
    output: KiB(8),
    ends: 3,
    protocol: "veth",
  });
  const cell = defineCell({
    name: "readable",
    cpus: range(0, 7),
    flags: ["passive-commreg", 0x100],
    memory: [
      lowRam({ physical: 0x3ee00000, size: MiB(2), dma: true }),
      commRegion(0x200000),
      mmio({ physical: 0xfed00000, virtual: 0x1000, size: KiB(4) }),
      placeholder(),
      { physical: "0x8000000000000000", size: 0x123, flags: ["read", 1n << 63n] },
    ],
    irqchips: [ioapic([9], { id: 0xff01 })],
    ports: [
      { base: 0x3f8, length: 8 },
      { base: 0x5658, length: 4 },
    ],
    devices: [uart("COM2")],
    pciDevices: [link.end(1)],
    console: "COM2",
    cpuResetAddress: 0,
    bytes: { "0x28": "07" },
  });

  it("uses the helpers and names, and keeps what has no name", async () => {
    expect(await recompile(cell, "ts")).toEqual(encode(cell));
    expect(decompileToSource(cell, "A cell that people can read.")).toBe(`\
// A cell that people can read.
import {
  bdf,
  commRegion,
  defineCell,
  ioapic,
  ivshmemLink,
  KiB,
  lowRam,
  MiB,
  mmio,
  placeholder,
  range,
  uart,
} from "jailhouse-ts/config";

export default defineCell({
  name: "readable",
  cpus: range(0, 7),
  flags: ["passive-commreg", 0x100],
  cpuResetAddress: 0x0,
  memory: [
    lowRam({ physical: 0x3ee00000, size: MiB(2), dma: true }),
    commRegion(0x200000),
    mmio({ physical: 0xfed00000, size: KiB(4), virtual: 0x1000 }),
    placeholder(),
    { physical: 0x8000000000000000n, size: 0x123, flags: ["read", 0x8000000000000000n] },
  ],
  irqchips: [ioapic([9], { id: 0xff01 })],
  ports: [
    // COM1
    { base: 0x3f8, length: 8 },
    // VMware's back door, which QEMU has too
    { base: 0x5658, length: 4 },
  ],
  devices: [uart("COM2")],
  pciDevices: [
    ivshmemLink({
      bdf: bdf(1, 0xe, 0),
      physical: 0x3f0f0000,
      stateTable: KiB(4),
      readWrite: KiB(36),
      output: KiB(8),
      ends: 3,
      vectors: 3,
      protocol: "veth",
    }).end(1),
  ],
  console: "COM2",
  bytes: { "0x28": "07" },
});
`);
  });
});
