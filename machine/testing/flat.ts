// Flat programs for tests: 32-bit machine code, put together by hand, on a whole machine.
import { readFileSync } from "node:fs";
import { REG_CR0, REG_RIP } from "../../abi/platform.ts";
import { CR0_ET, CR0_PE } from "../../abi/x86/registers.ts";
import * as S from "../cpu/interface.ts";
import { Pc, type PcOptions } from "../pc.ts";

const bytes = new Uint8Array(readFileSync(new URL("../../dist/cpu.wasm", import.meta.url)));

const MIB = 0x100000;
export const CODE = 0x10000;
const CODE_1 = 0x18000;
export const HANDLER = 0x2000;
const GDT = 0x4000;
const IDT = 0x5000;
export const COUNTER = 0x6000;
const STACK = 0x9000;
export const SVR = 0xfee000f0;
export const EOI = 0xfee000b0;
export const ICR = 0xfee00300;
export const ICR_HIGH = 0xfee00310;
export const LVT_TIMER = 0xfee00320;
export const INITIAL = 0xfee00380;
export const DIVIDE = 0xfee003e0;
const COM1 = 0x3f8;
export const STI = [0xfb];
export const HLT = [0xf4];
const IRET = [0xcf];
/** Jumps to itself. */
export const SPIN = [0xeb, 0xfe];
/** hlt; jmp back to it. */
export const SLEEP = [0xf4, 0xeb, 0xfd];

/** A value as four bytes. */
export function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

/** mov dword [address], value */
export const store = (address: number, value: number) => [
  0xc7,
  0x05,
  ...u32(address),
  ...u32(value),
];
/** inc dword [address] */
export const increment = (address: number) => [0xff, 0x05, ...u32(address)];
/** mov edx, port; mov al, value; out dx, al */
export const out = (port: number, value: number) => [0xba, ...u32(port), 0xb0, value, 0xee];
/** mov edx, port; in eax, dx; mov [address], eax */
export const inTo = (port: number, address: number) => [
  0xba,
  ...u32(port),
  0xed,
  0xa3,
  ...u32(address),
];
/** mov ecx, count; dec ecx; jnz back to it */
export const delay = (count: number) => [0xb9, ...u32(count), 0x49, 0x75, 0xfd];
/** mov edx, LSR; in al, dx; test al, THRE; jz back; then out. */
export const print = (text: string) =>
  [...new TextEncoder().encode(text)].flatMap((byte) => [
    ...[0xba, ...u32(COM1 + 5), 0xec, 0xa8, 0x20, 0x74, 0xfb],
    ...out(COM1, byte),
  ]);

interface Options extends Partial<PcOptions> {
  /** The handler of all interrupts, before it ends them. */
  handler?: number[];
}

/** A machine whose CPU n runs `programs[n]` in flat 32-bit mode; the others wait for a start-up IPI. */
export function machine(programs: number[][], { handler = [], ...options }: Options = {}): Pc {
  const pc = new Pc({ cpu: bytes, cpus: 2, memory: 2 * MIB, ...options });
  const descriptors = [0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300];
  pc.writeRam(GDT, Uint8Array.from(descriptors.flatMap(u32)));
  const gate = [...u32(0x00080000 | HANDLER), ...u32(0x8e00)];
  pc.writeRam(IDT, Uint8Array.from(Array.from({ length: 256 }, () => gate).flat()));
  pc.writeRam(HANDLER, Uint8Array.from([...handler, ...store(EOI, 0), ...IRET]));
  for (const [cpu, program] of programs.entries()) {
    const address = cpu === 0 ? CODE : CODE_1;
    pc.writeRam(address, Uint8Array.from(program));
    startFlat(pc, cpu, address);
  }
  return pc;
}

function startFlat(pc: Pc, cpu: number, address: number): void {
  const processor = pc.processors[cpu]!;
  const flat = { limit: 0xffffffff, base: 0n };
  processor.set(REG_CR0, BigInt(CR0_PE | CR0_ET));
  for (const number of [S.ES, S.SS, S.DS, S.FS, S.GS])
    processor.setSegment(number, { ...flat, selector: 0x10, attributes: 0xc93 });
  processor.setSegment(S.CS, { ...flat, selector: 0x08, attributes: 0xc9b });
  processor.setWide(S.S_GDT_BASE, BigInt(GDT));
  processor.setWord(S.S_GDT_LIMIT, 23);
  processor.setWide(S.S_IDT_BASE, BigInt(IDT));
  processor.setWord(S.S_IDT_LIMIT, 0x7ff);
  processor.set(4, BigInt(STACK + cpu * 0x1000));
  processor.set(REG_RIP, BigInt(address));
  processor.activity = S.ACTIVITY_RUNNING;
}

/** A dword of RAM. */
export function word(pc: Pc, address: number): number {
  return Number(pc.readPhysical(0, address, 4));
}
