// Builds descriptors, gates and a protected-mode CPU for tests.
import { CR0_PE } from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import type { TestCpu } from "./harness.ts";

/** Where the tests put the tables. */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const LDT = 0x4000;

/** Selectors of the standard table; RPL 0. */
export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x18;
export const DATA3 = 0x20;
export const CONFORMING0 = 0x28;
export const TASK = 0x30;
export const CODE16 = 0x40;
export const READ_ONLY0 = 0x48;
export const ABSENT0 = 0x50;
export const CODE64 = 0x58;
export const CODE64_3 = 0x60;
export const FREE = 0x68;
export const LOCAL_TABLE = 0x80;
export const TASK2 = 0x90;
export const SMALL3 = 0xa0;

/** Attributes: descriptor bits 47:40 and 55:52. */
export const FLAT = 0xc00;
export const LONG = 0xa00;

/** A descriptor; with granularity (0x800) the limit is in bytes of whole pages. */
export function descriptor(base: number, limit: number, attributes: number): bigint {
  const units = BigInt(attributes & 0x800 ? limit >>> 12 : limit);
  const bits = BigInt(attributes);
  const at = BigInt(base);
  return (
    (units & 0xffffn) |
    ((at & 0xffffffn) << 16n) |
    ((bits & 0xffn) << 40n) |
    ((units & 0xf0000n) << 32n) |
    ((bits & 0xf00n) << 44n) |
    ((at >> 24n) << 56n)
  );
}

/** A gate; `low` is the byte with the number of parameters or the IST. */
export function gate(selector: number, offset: bigint, attributes: number, low = 0): bigint {
  return (
    (offset & 0xffffn) |
    (BigInt(selector) << 16n) |
    (BigInt(low) << 32n) |
    (BigInt(attributes) << 40n) |
    ((offset & 0xffff0000n) << 32n)
  );
}

/** Puts a descriptor into the GDT. */
export function setDescriptor(cpu: TestCpu, selector: number, value: bigint): void {
  cpu.poke(GDT + (selector & ~7), 8, value);
}

/** Puts a gate into the IDT; 16 bytes each in long mode. */
export function setGate(cpu: TestCpu, vector: number, value: bigint, long = false): void {
  cpu.poke(IDT + vector * (long ? 16 : 8), 8, value);
}

/** A flat 32-bit protected-mode CPU at a level, with the standard table, an IDT, a TSS and a stack at 0x9000. */
export function enterProtected(cpu: TestCpu, level = 0): void {
  const all = 0xffffffff;
  setDescriptor(cpu, CODE0, descriptor(0, all, 0x9b | FLAT));
  setDescriptor(cpu, DATA0, descriptor(0, all, 0x93 | FLAT));
  setDescriptor(cpu, CODE3, descriptor(0, all, 0xfb | FLAT));
  setDescriptor(cpu, DATA3, descriptor(0, all, 0xf3 | FLAT));
  setDescriptor(cpu, CONFORMING0, descriptor(0, all, 0x9e | FLAT));
  setDescriptor(cpu, TASK, descriptor(TSS, 0x67, 0x89));
  setDescriptor(cpu, CODE16, descriptor(0, 0xffff, 0x9b));
  setDescriptor(cpu, READ_ONLY0, descriptor(0, all, 0x91 | FLAT));
  setDescriptor(cpu, ABSENT0, descriptor(0, all, 0x13 | FLAT));
  setDescriptor(cpu, CODE64, descriptor(0, all, 0x9b | LONG));
  setDescriptor(cpu, CODE64_3, descriptor(0, all, 0xfb | LONG));
  setDescriptor(cpu, SMALL3, descriptor(0x8000, 0xfff, 0xf3));
  cpu.setWide(S.S_GDT_BASE, BigInt(GDT));
  cpu.setWord(S.S_GDT_LIMIT, 0xff);
  cpu.setWide(S.S_IDT_BASE, BigInt(IDT));
  cpu.setWord(S.S_IDT_LIMIT, 0x7ff);
  cpu.setWide(S.S_CR0, BigInt(CR0_PE));
  const [code, data] = level === 3 ? [CODE3 | 3, DATA3 | 3] : [CODE0, DATA0];
  const bits = level === 3 ? 0x60 : 0;
  cpu.setSegment(S.CS, code, 0x9b | bits | FLAT, all, 0n);
  for (const segment of [S.SS, S.DS, S.ES])
    cpu.setSegment(segment, data, 0x93 | bits | FLAT, all, 0n);
  cpu.setSegment(S.TR, TASK, 0x8b, 0x67, BigInt(TSS));
  cpu.setSegment(S.LDTR, 0, 0, 0, 0n);
  cpu.poke(TSS + 4, 4, 0x7000);
  cpu.poke(TSS + 8, 4, DATA0);
  cpu.setWord(S.S_CPL, level);
  cpu.setRegister(4, 0x9000n);
  cpu.setWide(S.S_FLAGS, 2n);
  cpu.setWide(S.S_RIP, 0x500n);
  cpu.next = 0x502n;
  cpu.sync();
}

/** A 64-bit CPU at a level, identity-mapped below 1 GiB for both, otherwise as enterProtected. */
export function enterLong(cpu: TestCpu, level = 0): void {
  enterProtected(cpu, level);
  cpu.poke(0x10000, 8, 0x11007n);
  cpu.poke(0x11000, 8, 0x87n);
  cpu.setWide(S.S_CR3, 0x10000n);
  cpu.setWide(S.S_CR4, 0x20n);
  cpu.setWide(S.S_EFER, 0x500n);
  cpu.setWide(S.S_CR0, 0x80000001n);
  const bits = level === 3 ? 0x60 : 0;
  const code = level === 3 ? CODE64_3 | 3 : CODE64;
  cpu.setSegment(S.CS, code, 0x9b | bits | LONG, 0xffffffff, 0n);
  cpu.setWord(S.S_IDT_LIMIT, 0xfff);
  cpu.poke(TSS + 4, 8, 0x7000n);
  cpu.sync();
}

/** `count` values of `size` bytes from the top of the present stack. */
export function stack(cpu: TestCpu, size: 2 | 4 | 8, count: number): bigint[] {
  const { base } = cpu.segment(S.SS);
  const top = Number(base + cpu.register(4));
  return Array.from({ length: count }, (_, i) => cpu.peek(top + i * size, size));
}
