// The emulated platform does what every platform must.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  CONSOLE_ADDRESS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
  MEM_PHYS_START,
  MEM_REGION_SIZE,
  SYS_DEBUG_CONSOLE,
  SYS_HYPERVISOR_MEMORY,
} from "../../abi/config.ts";
import { Pc } from "../../machine/pc.ts";
import { failureOf } from "../../tools/conformance.ts";
import { CASES } from "../conformance/cases.ts";
import { EmulatedPlatform } from "./platform.ts";
import { RootCpus } from "./root-cpus.ts";

const MIB = 1 << 20;
const HYPERVISOR_START = 12 * MIB;
const CONFIG_SIZE = 512;
const COM1 = 0x3f8n;
/** The hypercall by which a CPU leaves (platforms/conformance/index.ts). */
const RELEASE = 0x100;

function load(name: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));
}

/** All that a platform itself reads of a system configuration. */
function config(): Uint8Array {
  const bytes = new Uint8Array(CONFIG_SIZE);
  const view = new DataView(bytes.buffer, SYS_HYPERVISOR_MEMORY);
  view.setBigUint64(MEM_PHYS_START, BigInt(HYPERVISOR_START), true);
  view.setBigUint64(MEM_REGION_SIZE, BigInt(MIB), true);
  const console = new DataView(bytes.buffer, SYS_DEBUG_CONSOLE);
  console.setBigUint64(CONSOLE_ADDRESS, COM1, true);
  console.setUint16(CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
  return bytes;
}

describe.each([
  { vendor: "amd", x2apic: true },
  { vendor: "intel", x2apic: false },
] as const)("platform conformance, emulated, $vendor", ({ vendor, x2apic }) => {
  let roots: RootCpus;
  let pc: Pc;
  let printed = "";

  beforeAll(() => {
    const collect = (byte: number) => {
      printed += String.fromCharCode(byte);
    };
    pc = new Pc({
      cpu: load("cpu"),
      cpus: 2,
      memory: 16 * MIB,
      vendor,
      features: { x2apic },
      serial: [collect],
    });
    const platform = new EmulatedPlatform(pc, load("conformance"));
    roots = new RootCpus(pc);
    roots.boot();
    expect(platform.enable(config(), [0, 1])).toBe(0);
    roots.takeOffline(1);
  });

  it.each(CASES.map((title, number) => ({ title, number })))("$title", ({ number }) => {
    expect(failureOf(number, roots.hypercall(0, number))).toBe("");
  });

  it("has no further case", () => {
    expect(roots.hypercall(0, CASES.length)).toBe(-1);
  });

  it("has printed what the core gave it", () => {
    expect(printed).toContain("The conformance suite speaks.\r\n");
  });

  it("lets a released CPU go on without it", () => {
    const guests = () => pc.processors.map(({ guest }) => guest !== 0);
    expect(guests()).toEqual([true, true]);
    expect(roots.hypercall(0, RELEASE)).toBe(0);
    expect(guests()).toEqual([false, true]);
  });
});
