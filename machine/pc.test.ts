import { describe, expect, test } from "vitest";
import { EXIT_HYPERCALL } from "./cpu/interface.ts";
import { type Script, type ScriptCpu, scriptedCpu } from "./fake-cpu.ts";
import { Pc, type PcOptions, SLICE } from "./pc.ts";

const LAPIC = 0xfee00000;
const SVR = LAPIC + 0xf0;
const EOI = LAPIC + 0xb0;
const ICR = LAPIC + 0x300;
const ICR_HIGH = LAPIC + 0x310;
const LVT_TIMER = LAPIC + 0x320;
const INITIAL = LAPIC + 0x380;
const DIVIDE = LAPIC + 0x3e0;
const MIB = 0x100000;

function machine(scripts: (Script | undefined)[], options: Partial<PcOptions> = {}): Pc {
  return new Pc({
    cpu: scriptedCpu(scripts),
    cpus: scripts.length,
    memory: MIB,
    pool: MIB,
    ...options,
  });
}

/** Starts the CPUs that wait for a start-up IPI. */
function startAll(pc: Pc): void {
  for (let cpu = 1; cpu < pc.processors.length; cpu++) pc.sendSipi(cpu, 0);
  pc.run(SLICE);
}

describe("time", () => {
  test("a periodic timer fires at its exact ticks and wakes a halted CPU", () => {
    let seen: ScriptCpu | undefined;
    const pc = machine([
      function* (cpu) {
        seen = cpu;
        cpu.write(SVR, 0x1ff);
        cpu.write(DIVIDE, 0xb);
        cpu.write(LVT_TIMER, 0x20040);
        cpu.write(INITIAL, 12_345);
        cpu.sti();
        yield;
        for (;;) {
          cpu.hlt();
          yield;
          cpu.write(EOI, 0);
          yield;
        }
      },
    ]);
    pc.run(100_000);
    expect(pc.time).toBe(100_000);
    const expected = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ vector: 0x40, time: n * 12_345 }));
    expect(seen?.taken).toEqual(expected);
  });

  test("a machine without work skips to the end at once", () => {
    const pc = machine([undefined, undefined]);
    pc.run(3_600_000_000_000);
    expect(pc.time).toBe(3_600_000_000_000);
    expect(pc.processors[1]!.time).toBe(3_600_000_000_000);
  });

  test("an IPI to another CPU arrives at the slice's boundary, one to itself at once", () => {
    const cpus: ScriptCpu[] = [];
    const receiver: Script = function* (cpu) {
      cpus[1] = cpu;
      cpu.write(SVR, 0x1ff);
      cpu.sti();
      for (;;) yield;
    };
    const sender: Script = function* (cpu) {
      cpus[0] = cpu;
      while (cpu.time < 2 * SLICE + 500) yield;
      cpu.write(SVR, 0x1ff);
      cpu.sti();
      cpu.write(ICR_HIGH, 1 << 24);
      cpu.write(ICR, 0x4041);
      cpu.write(ICR, 0x44042);
      for (;;) yield;
    };
    const pc = machine([sender, receiver]);
    startAll(pc);
    pc.run(5 * SLICE);
    expect(cpus[1]!.taken).toEqual([{ vector: 0x41, time: 3 * SLICE }]);
    expect(cpus[0]!.taken).toEqual([{ vector: 0x42, time: 2 * SLICE + 501 }]);
  });

  test("relax lets the others run and moves the caller's time along", () => {
    const times: number[] = [];
    let replied = false;
    const asker: Script = function* (cpu) {
      while (cpu.time < SLICE + 700) yield;
      cpu.exit(EXIT_HYPERCALL);
      yield;
      for (;;) yield;
    };
    const other: Script = function* (cpu) {
      while (cpu.time < 4 * SLICE + 10) yield;
      replied = true;
      for (;;) yield;
    };
    const pc = machine([asker, other]);
    pc.onExit((processor, code) => {
      expect(code).toBe(EXIT_HYPERCALL);
      while (!replied) {
        times.push(pc.time);
        pc.relax(processor.index);
      }
      times.push(pc.time);
    });
    startAll(pc);
    pc.run(6 * SLICE);
    expect(times).toEqual([SLICE + 700, 2 * SLICE, 3 * SLICE, 4 * SLICE, 5 * SLICE]);
    expect(pc.time).toBe(6 * SLICE);
    expect(pc.processors.map((processor) => processor.time)).toEqual([6 * SLICE, 6 * SLICE]);
  });
});

test("what a CPU sees does not depend on whether another one halts or spins", () => {
  const traces = [undefined, spin].map((neighbour) => {
    const seen: unknown[] = [];
    const pc = machine([observer(seen), neighbour]);
    pc.bus.trace = (record) => {
      if (record.cpu === 0) seen.push(record);
    };
    startAll(pc);
    pc.run(3_000_000);
    return seen;
  });
  expect(traces[0]!.length).toBeGreaterThan(500);
  expect(traces[1]).toEqual(traces[0]);
});

const spin: Script = function* () {
  for (;;) yield;
};

function observer(seen: unknown[]): Script {
  return function* (cpu) {
    cpu.write(SVR, 0x1ff);
    cpu.write(LVT_TIMER, 0x20040);
    cpu.write(DIVIDE, 0xb);
    cpu.write(INITIAL, 33_333);
    cpu.sti();
    for (;;) {
      cpu.hlt();
      yield;
      cpu.write(EOI, 0);
      cpu.out(0x3f8, 0x41);
      seen.push(cpu.in(0x3fd), cpu.in(0x608, 4), cpu.time);
      yield;
    }
  };
}

test("the same inputs give the same fingerprint, other inputs another", () => {
  const prints = [0x41, 0x41, 0x42].map((byte) => {
    const pc = machine([
      function* (cpu) {
        cpu.out(0x3f8, byte);
        yield;
      },
    ]);
    pc.run(1_000_000);
    return pc.fingerprint();
  });
  expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(prints[1]).toBe(prints[0]);
  expect(prints[2]).not.toBe(prints[0]);
});

test("an exit that nobody handles stops the machine and names CPU and RIP", () => {
  const pc = machine([
    function* (cpu) {
      cpu.exit(EXIT_HYPERCALL);
      yield;
    },
  ]);
  expect(() => pc.run(SLICE)).toThrow(
    "CPU 0: unhandled hypercall at RIP 0x0000000000000000 (0x0, 0x0)",
  );
});

test("run is refused inside an exit handler", () => {
  const pc = machine([
    function* (cpu) {
      cpu.exit(EXIT_HYPERCALL);
      yield;
    },
  ]);
  pc.onExit(() => pc.run(5 * SLICE));
  expect(() => pc.run(SLICE)).toThrow("run was called from inside run");
});

test("a stopped CPU gets no time until it is resumed", () => {
  let steps = 0;
  const pc = machine([
    function* () {
      for (;;) {
        steps++;
        yield;
      }
    },
  ]);
  pc.stop(0);
  pc.run(SLICE);
  expect(steps).toBe(0);
  pc.resume(0);
  pc.run(2 * SLICE);
  expect(steps).toBe(SLICE);
});

test("options out of range are refused", () => {
  const cpu = scriptedCpu([]);
  expect(() => new Pc({ cpu, cpus: 0 })).toThrow("cpus is 0");
  expect(() => new Pc({ cpu, cpus: 65 })).toThrow("cpus is 65");
  expect(() => new Pc({ cpu, memory: MIB + 1 })).toThrow("memory is 1048577");
  expect(() => new Pc({ cpu, memory: 3073 * MIB })).toThrow("memory is 3222274048");
});
