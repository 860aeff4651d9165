// Machine code on the whole machine: 32-bit flat programs, put together by hand.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { REG_CR0, REG_RFLAGS, REG_RIP } from "../abi/platform.ts";
import { CR0_ET, CR0_PE } from "../abi/x86/registers.ts";
import * as S from "./cpu/interface.ts";
import { Pc, type PcOptions, SLICE } from "./pc.ts";
import type { BusRecord } from "./system-bus.ts";

const bytes = new Uint8Array(readFileSync(new URL("../dist/cpu.wasm", import.meta.url)));

const MIB = 0x100000;
const CODE = 0x10000;
const CODE_1 = 0x18000;
const HANDLER = 0x2000;
const GDT = 0x4000;
const IDT = 0x5000;
const COUNTER = 0x6000;
const STACK = 0x9000;
const SVR = 0xfee000f0;
const EOI = 0xfee000b0;
const ICR = 0xfee00300;
const ICR_HIGH = 0xfee00310;
const LVT_TIMER = 0xfee00320;
const INITIAL = 0xfee00380;
const DIVIDE = 0xfee003e0;
const COM1 = 0x3f8;
const STI = [0xfb];
const HLT = [0xf4];
const IRET = [0xcf];
/** Jumps to itself. */
const SPIN = [0xeb, 0xfe];
/** hlt; jmp back to it. */
const SLEEP = [0xf4, 0xeb, 0xfd];

function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

/** mov dword [address], value */
const store = (address: number, value: number) => [0xc7, 0x05, ...u32(address), ...u32(value)];
/** inc dword [address] */
const increment = (address: number) => [0xff, 0x05, ...u32(address)];
/** mov edx, port; mov al, value; out dx, al */
const out = (port: number, value: number) => [0xba, ...u32(port), 0xb0, value, 0xee];
/** mov edx, port; in eax, dx; mov [address], eax */
const inTo = (port: number, address: number) => [0xba, ...u32(port), 0xed, 0xa3, ...u32(address)];
/** mov ecx, count; dec ecx; jnz back to it */
const delay = (count: number) => [0xb9, ...u32(count), 0x49, 0x75, 0xfd];
/** mov edx, LSR; in al, dx; test al, THRE; jz back; then out. */
const print = (text: string) =>
  [...new TextEncoder().encode(text)].flatMap((byte) => [
    ...[0xba, ...u32(COM1 + 5), 0xec, 0xa8, 0x20, 0x74, 0xfb],
    ...out(COM1, byte),
  ]);

interface Options extends Partial<PcOptions> {
  /** The handler of all interrupts, before it ends them. */
  handler?: number[];
}

/** A machine whose CPU n runs `programs[n]` in flat 32-bit mode; the others wait for a start-up IPI. */
function machine(programs: number[][], { handler = [], ...options }: Options = {}): Pc {
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

function word(pc: Pc, address: number): number {
  return Number(pc.readPhysical(0, address, 4));
}

describe("flat code", () => {
  test("prints to COM1 at the speed of the line", () => {
    const sent: [number, number][] = [];
    const serial = [(byte: number, time: number) => sent.push([byte, time])];
    const pc = machine([[...print("Hello!"), ...HLT]], { serial });
    pc.run(1_000_000);
    expect(String.fromCharCode(...sent.map(([byte]) => byte))).toBe("Hello!");
    const gaps = sent.slice(1).map(([, time], index) => time - sent[index]![1]);
    for (const gap of gaps) expect(Math.abs(gap - 86_806)).toBeLessThan(10);
  });

  test("is interrupted by its timer", () => {
    const program = [...[SVR, 0x1ff, DIVIDE, 0xb, LVT_TIMER, 0x20040, INITIAL, 100_000]];
    const stores = [0, 2, 4, 6].flatMap((at) => store(program[at]!, program[at + 1]!));
    for (const end of [SLEEP, SPIN]) {
      const pc = machine([[...stores, ...STI, ...end]], { handler: increment(COUNTER) });
      pc.run(1_050_000);
      expect(word(pc, COUNTER)).toBe(10);
    }
  });

  test("interrupts another CPU", () => {
    const sender = [
      ...[...store(SVR, 0x1ff), ...delay(30_000)],
      ...[...store(ICR_HIGH, 0x01000000), ...store(ICR, 0x4041), ...HLT],
    ];
    const receiver = [...store(SVR, 0x1ff), ...STI, ...SLEEP];
    const pc = machine([sender, receiver], { handler: increment(COUNTER) });
    pc.run(6 * SLICE);
    expect(word(pc, COUNTER)).toBe(0);
    pc.run(8 * SLICE);
    expect(word(pc, COUNTER)).toBe(1);
  });

  test("of several CPUs never reads a TSC below one that was read before", () => {
    const LOG = 0x20000;
    const READINGS = 8;
    // mov ebp, READINGS; again: rdtsc; mov ecx, 1; lock xadd [COUNTER], ecx; mov [LOG + 8 * ecx], eax; its CPU; then a while
    const reader = (cpu: number) => [
      ...[
        0xbd,
        ...u32(READINGS),
        0x0f,
        0x31,
        0xb9,
        ...u32(1),
        0xf0,
        0x0f,
        0xc1,
        0x0d,
        ...u32(COUNTER),
      ],
      ...[0x89, 0x04, 0xcd, ...u32(LOG), 0xc7, 0x04, 0xcd, ...u32(LOG + 4), ...u32(cpu)],
      ...[...delay(SLICE / 5), 0x4d, 0x75, 0xd2, ...HLT],
    ];
    const pc = machine([0, 1].map(reader));
    pc.run(10 * SLICE);
    const log = [...Array(2 * READINGS).keys()].map((i) => ({
      tsc: word(pc, LOG + 8 * i),
      cpu: word(pc, LOG + 8 * i + 4),
    }));
    for (const cpu of [0, 1]) {
      const own = log.filter((reading) => reading.cpu === cpu);
      expect(own).toHaveLength(READINGS);
      // A CPU catches up, and does not drift away.
      const passed = own.at(-1)!.tsc - own[0]!.tsc;
      expect(Math.abs(passed - (READINGS - 1) * 2 * (SLICE / 5))).toBeLessThan(SLICE);
    }
    const sorted = log.toSorted((a, b) => a.tsc - b.tsc);
    expect(log.map(({ tsc }) => tsc)).toEqual(sorted.map(({ tsc }) => tsc));
    // They did take turns, more than once.
    expect(log.filter(({ cpu }, i) => cpu !== log[i - 1]?.cpu).length).toBeGreaterThan(4);
  });

  test("starts another CPU in real mode", () => {
    const starter = [
      ...[...store(ICR_HIGH, 0x01000000), ...store(ICR, 0x4500), ...store(ICR, 0x4608)],
      ...HLT,
    ];
    const pc = machine([starter]);
    // mov word [0x6000], 0x1234; hlt
    pc.writeRam(0x8000, Uint8Array.of(0xc7, 0x06, 0x00, 0x60, 0x34, 0x12, 0xf4));
    pc.run(3 * SLICE);
    expect(word(pc, COUNTER)).toBe(0x1234);
    expect(pc.processors[1]!.activity).toBe(S.ACTIVITY_HALTED);
  });

  test("reads the PM timer, which counts virtual time", () => {
    const program = [
      ...inTo(0x608, COUNTER),
      ...delay(5_000_000),
      ...inTo(0x608, COUNTER + 4),
      ...HLT,
    ];
    const pc = machine([program]);
    pc.run(11_000_000);
    const elapsed = word(pc, COUNTER + 4) - word(pc, COUNTER);
    expect(Math.abs(elapsed - 10_000_000 * 0.003579545)).toBeLessThan(2);
  });

  test("sees its own CPU's features", () => {
    const pc = machine([HLT], { features: { x2apic: false } });
    expect(pc.cpuid(0, 1, 0, 2) & 0x200000).toBe(0);
    expect(machine([HLT]).cpuid(0, 1, 0, 2) & 0x200000).toBe(0x200000);
  });

  test("that goes on elsewhere, by an RIP from outside, has left RF and what blocks interrupts behind", () => {
    const [processor] = machine([HLT]).processors;
    processor!.set(REG_RFLAGS, 0x10202n);
    processor!.setWord(S.S_SHADOW, S.SHADOW_SS);
    processor!.set(REG_RIP, BigInt(CODE));
    expect([processor!.get(REG_RFLAGS), processor!.word(S.S_SHADOW)]).toEqual([0x202n, 0]);
  });

  test("that the emulator lacks is named", () => {
    // vmovaps xmm0, xmm1
    const pc = machine([[0xc5, 0xf8, 0x28, 0xc1]]);
    expect(() => pc.run(SLICE)).toThrow(/CPU 0: unhandled .* at RIP 0x0000000000010000/);
  });
});

function line({ time, kind, address, value, result }: BusRecord): string {
  return [time, kind, address, value, result].join(" ");
}

const BUSY = [
  ...[...store(SVR, 0x1ff), ...store(DIVIDE, 0xb), ...store(LVT_TIMER, 0x20040)],
  ...[...store(INITIAL, 33_333), ...STI, ...SLEEP],
];
/** Counts, prints and reads the PM timer at every tick of its timer. */
const TICK = [...increment(COUNTER), ...print("."), ...inTo(0x608, COUNTER + 4)];

describe("a run of flat code", () => {
  test("is repeated bit for bit, also from a snapshot in the middle", () => {
    const [first, second] = [0, 1].map(() => machine([BUSY], { handler: TICK }));
    first!.run(400_000);
    second!.run(200_000);
    const snapshot = second!.save();
    second!.run(400_000);
    const print = first!.fingerprint();
    expect(second!.fingerprint()).toBe(print);
    const third = machine([HLT]);
    third.restore(snapshot);
    third.run(400_000);
    expect(third.fingerprint()).toBe(print);
    first!.run(500_000);
    expect(first!.fingerprint()).not.toBe(print);
  });

  test("does not depend on what another CPU does", () => {
    const hammer = [...out(0x2f8, 0x41), ...inTo(0x608, 0x7000), 0xeb, 0xeb];
    const traces = [HLT, SPIN, hammer].map((neighbour) => {
      const seen: string[] = [];
      const pc = machine([BUSY, neighbour], { handler: TICK });
      pc.trace = (record) => {
        if (record.cpu === 0) seen.push(line(record));
      };
      pc.run(500_000);
      return { seen: seen.join("\n"), state: pc.processors[0]!.snapshot() };
    });
    expect(traces[0]!.seen.length).toBeGreaterThan(1_000_000);
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[2]).toEqual(traces[0]);
  });
});
