import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { ICR_MODE_EXTINT, ICR_MODE_NMI } from "../../abi/x86/apic.ts";
import { MSR_MTRR_DEF_TYPE, MSR_MTRR_FIRST } from "../../abi/x86/msr.ts";
import { Pc } from "../pc.ts";
import { leaveFirmwareState } from "./state.ts";

const MIB = 0x100000;
const CPU = readFileSync(new URL("../../dist/cpu.wasm", import.meta.url));
const PHYSICAL_MASK = 0xfffffff000n;
let pc: Pc;

function machine(memory: number): Pc {
  const made = new Pc({ cpu: new Uint8Array(CPU), cpus: 2, memory, pool: MIB });
  leaveFirmwareState(made);
  return made;
}

/** The type of an address by the variable ranges, as on a processor. */
function typeOf(made: Pc, cpu: number, address: number): number {
  for (let index = 0; index < 8; index++) {
    const base = made.readMsr(cpu, MSR_MTRR_FIRST + 2 * index)!;
    const mask = made.readMsr(cpu, MSR_MTRR_FIRST + 2 * index + 1)!;
    const isIn = ((BigInt(address) ^ base) & mask & PHYSICAL_MASK) === 0n;
    if (mask & 0x800n && isIn) return Number(base & 0xffn);
  }
  return Number(made.readMsr(cpu, MSR_MTRR_DEF_TYPE)! & 0xffn);
}

beforeEach(() => {
  pc = machine(16 * MIB);
});

test.each([0, 1])("CPU %i caches memory, and device memory not", (cpu) => {
  const cached = [0, 0x100000, 0xafffffff, 0x100000000, 0x7fffffffff];
  const uncached = [0xb0000000, 0xbfffffff, 0xc0000000, 0xfee00000, 0xffffffff];
  expect(cached.map((address) => typeOf(pc, cpu, address))).toEqual(cached.map(() => 6));
  expect(uncached.map((address) => typeOf(pc, cpu, address))).toEqual(uncached.map(() => 0));
  expect(pc.readMsr(cpu, MSR_MTRR_DEF_TYPE)).toBe(0xc06n);
  expect(pc.readMsr(cpu, 0x258)).toBe(0x0606060606060606n);
  expect(pc.readMsr(cpu, 0x259)).toBe(0n);
  expect(pc.readMsr(cpu, 0x26f)).toBe(0x0606060606060606n);
});

test("RAM in the place of ECAM is cached", () => {
  expect(typeOf(machine(3072 * MIB), 0, 0xb0000000)).toBe(6);
});

test("the 8259 pair is initialised and masked, SCI a level, and the boot CPU takes its interrupts", () => {
  expect([0x21, 0xa1, 0x4d0, 0x4d1].map((port) => pc.readPort(0, port, 1))).toEqual([
    ...[0xff, 0xff, 0, 0x02],
  ]);
  expect(Number(pc.readPhysical(0, 0xfee00350, 4)) >> 8).toBe(ICR_MODE_EXTINT);
  expect(Number(pc.readPhysical(0, 0xfee00360, 4)) >> 8).toBe(ICR_MODE_NMI);
  expect(Number(pc.readPhysical(1, 0xfee00350, 4))).toBe(0x10000);
});

test("an interrupt of the PIT comes with BIOS' vector once it is unmasked", () => {
  pc.writePort(0, 0x21, 1, 0xfe);
  pc.devices.pic.setLine(0, false);
  pc.devices.pic.setLine(0, true);
  expect(pc.devices.pic.output).toBe(true);
  expect(pc.devices.pic.acknowledge()).toBe(8);
});

test("the PIT's first channel divides by 65536", () => {
  pc.writePort(0, 0x43, 1, 0xc2);
  expect(pc.readPort(0, 0x40, 1) & 0x3f).toBe(0x36);
});
