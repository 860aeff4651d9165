// Machine code on the whole machine.
import { describe, expect, test } from "vitest";
import { REG_RFLAGS, REG_RIP } from "../abi/platform.ts";
import * as S from "./cpu/interface.ts";
import { SLICE } from "./pc.ts";
import type { BusRecord } from "./system-bus.ts";
import {
  CODE,
  COUNTER,
  DIVIDE,
  delay,
  HLT,
  ICR,
  ICR_HIGH,
  INITIAL,
  increment,
  inTo,
  LVT_TIMER,
  machine,
  out,
  print,
  SLEEP,
  SPIN,
  STI,
  SVR,
  store,
  u32,
  word,
} from "./testing/flat.ts";

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
