import { expect, test } from "vitest";
import * as S from "./cpu/interface.ts";
import { ACTIVITY_RUNNING, ACTIVITY_WAIT_FOR_SIPI, CS } from "./cpu/interface.ts";
import { type Script, type ScriptCpu, scriptedCpu } from "./fake-cpu.ts";
import { Pc, type PcOptions, SLICE } from "./pc.ts";
import type { BusRecord } from "./system-bus.ts";

const LAPIC = 0xfee00000;
const SVR = LAPIC + 0xf0;
const EOI = LAPIC + 0xb0;
const LINT0 = LAPIC + 0x350;
const ICR = LAPIC + 0x300;
const ICR_HIGH = LAPIC + 0x310;
const IOAPIC = 0xfec00000;
const MIB = 0x100000;

function machine(scripts: (Script | undefined)[], options: Partial<PcOptions> = {}): Pc {
  const cpu = scriptedCpu(scripts);
  return new Pc({ cpu, cpus: scripts.length, memory: MIB, pool: MIB, ...options });
}

/** Enables the local APIC and interrupts, runs `setup`, then halts for ever, ending each interrupt. */
function sleeper(setup: (cpu: ScriptCpu) => void, end?: (cpu: ScriptCpu) => void): Script {
  return function* (cpu) {
    cpu.write(SVR, 0x1ff);
    setup(cpu);
    cpu.sti();
    yield;
    for (let taken = 0; ; ) {
      for (; taken < cpu.taken.length; taken++) {
        end?.(cpu);
        cpu.write(EOI, 0);
      }
      cpu.hlt();
      yield;
    }
  };
}

/** Runs one CPU and returns the vectors that it took. */
function vectorsOf(setup: (cpu: ScriptCpu) => void, end: (cpu: ScriptCpu) => void, until: number) {
  let seen: ScriptCpu | undefined;
  const script = sleeper((cpu) => {
    seen = cpu;
    setup(cpu);
  }, end);
  machine([script]).run(until);
  return seen!.taken.map(({ vector, time }) => [vector, time]);
}

function route(cpu: ScriptCpu, pin: number, low: number): void {
  cpu.write(IOAPIC, 0x10 + 2 * pin);
  cpu.write(IOAPIC + 0x10, low);
}

test("the PIT interrupts through the 8259 pair and LINT0", () => {
  const taken = vectorsOf(
    (cpu) => {
      cpu.write(LINT0, 0x700);
      for (const [port, value] of [
        ...[
          [0x20, 0x11],
          [0x21, 0x30],
          [0x21, 0x04],
          [0x21, 0x01],
          [0x21, 0xfe],
        ],
        ...[
          [0x43, 0x34],
          [0x40, 0xa9],
          [0x40, 0x04],
        ],
      ] as const)
        cpu.out(port, value);
    },
    (cpu) => cpu.out(0x20, 0x20),
    3_500_000,
  );
  // Programming the channel raises its output: the first edge, at once. Then one every 1193 cycles, 999.8 us.
  expect(taken).toEqual([
    [0x30, 1],
    [0x30, 1_010_000],
    [0x30, 2_010_000],
    [0x30, 3_010_000],
  ]);
});

test("COM1 interrupts through IOAPIC pin 4", () => {
  const taken = vectorsOf(
    (cpu) => {
      route(cpu, 4, 0x8044);
      cpu.out(0x3fc, 0x08);
      cpu.out(0x3f9, 0x02);
    },
    (cpu) => cpu.in(0x3fa),
    100_000,
  );
  expect(taken).toEqual([[0x44, 1]]);
});

test("what an access brings about comes at once to the CPU that made it, to others at the boundary", () => {
  const cpus: ScriptCpu[] = [];
  const script =
    (setup: (cpu: ScriptCpu) => void): Script =>
    (cpu) => {
      cpus.push(cpu);
      return sleeper(setup)(cpu);
    };
  const toBoth = (cpu: ScriptCpu) => {
    // Logical destination 3, of the flat model: the high half of the pin's entry.
    cpu.write(IOAPIC, 0x11 + 2 * 4);
    cpu.write(IOAPIC + 0x10, 0x03000000);
    route(cpu, 4, 0x8844);
    cpu.out(0x3fc, 0x08);
    cpu.out(0x3f9, 0x02);
  };
  const member = (bit: number) => (cpu: ScriptCpu) => cpu.write(LAPIC + 0xd0, bit << 24);
  const pc = machine([
    script((cpu) => {
      member(1)(cpu);
      toBoth(cpu);
    }),
    script(member(2)),
  ]);
  pc.processors[1]!.activity = ACTIVITY_RUNNING;
  pc.run(3 * SLICE);
  expect(cpus.map((cpu) => cpu.taken.slice(0, 1))).toEqual([
    [{ vector: 0x44, time: 1 }],
    [{ vector: 0x44, time: SLICE }],
  ]);
});

test("the PM timer raises the SCI on pin 9 until it is cleared", () => {
  const taken = vectorsOf(
    (cpu) => {
      route(cpu, 9, 0x8020);
      cpu.out(0x602, 1, 2);
    },
    (cpu) => cpu.out(0x600, 1, 2),
    5_000_000_000,
  );
  expect(taken).toEqual([
    [0x20, 2_343_490_000],
    [0x20, 4_686_970_000],
  ]);
});

test("the HPET takes the PIT's place on pin 2", () => {
  const HPET = 0xfed00000;
  const taken = vectorsOf(
    (cpu) => {
      route(cpu, 2, 0x0050);
      for (const [offset, value] of [
        ...[
          [0x100, 0x4c],
          [0x108, 100_000],
          [0x10c, 0],
          [0x108, 100_000],
          [0x10, 3],
        ],
      ] as const)
        cpu.write(HPET + offset, value);
    },
    () => {},
    2_500_000,
  );
  expect(taken).toEqual([
    [0x50, 1_000_000],
    [0x50, 2_000_000],
  ]);
});

test("INIT and a start-up IPI start another CPU at the vector's page", () => {
  let started = -1;
  const pc = machine([
    function* (cpu) {
      cpu.write(ICR_HIGH, 1 << 24);
      cpu.write(ICR, 0x4500);
      cpu.write(ICR, 0x4612);
      yield;
    },
    function* (cpu) {
      started = cpu.time;
      yield;
    },
  ]);
  expect(pc.processors[1]!.activity).toBe(ACTIVITY_WAIT_FOR_SIPI);
  pc.run(SLICE);
  expect(pc.processors[1]!.activity).toBe(ACTIVITY_RUNNING);
  expect(pc.processors[1]!.segment(CS)).toMatchObject({ selector: 0x1200, base: 0x12000n });
  pc.run(2 * SLICE);
  expect(started).toBe(SLICE);
});

test("INIT keeps a CPU's time, x87 and SSE, and MSRs, and its APIC's mode", () => {
  const pc = machine([undefined, undefined]);
  pc.writeMsr(1, 0x277, 0x0606060606060606n);
  pc.writeMsr(1, 0x1b, 0xfee00c00n);
  const registers = S.S_FX + S.FX_XMM;
  pc.processors[1]!.setWord(registers, 0x12345678);
  pc.run(5 * SLICE);
  pc.sendInit(1);
  pc.run(6 * SLICE);
  expect(pc.processors[1]!.time).toBe(6 * SLICE);
  expect(pc.processors[1]!.word(registers)).toBe(0x12345678);
  expect(pc.readMsr(1, 0x277)).toBe(0x0606060606060606n);
  expect(pc.readMsr(1, 0x1b)).toBe(0xfee00c00n);
});

test("a lowest-priority interrupt goes to one CPU, the least busy", () => {
  const cpus: ScriptCpu[] = [];
  const receiver = (priority: number) =>
    sleeper((cpu) => {
      cpus[cpu.index] = cpu;
      cpu.write(LAPIC + 0x80, priority);
    });
  const pc = machine([
    function* (cpu) {
      while (cpu.time < 3 * SLICE) yield;
      cpu.write(ICR_HIGH, 0xff000000);
      cpu.write(ICR, 0x4150);
    },
    receiver(0x20),
    receiver(0x10),
    receiver(0x10),
  ]);
  for (const cpu of [1, 2, 3]) pc.sendSipi(cpu, 0);
  pc.run(10 * SLICE);
  expect(cpus.slice(1).map((cpu) => cpu.taken.length)).toEqual([0, 1, 0]);
});

test("NMIs reach a halted CPU with interrupts off", () => {
  let seen: ScriptCpu | undefined;
  const pc = machine([
    function* (cpu) {
      seen = cpu;
      cpu.hlt();
      yield;
    },
  ]);
  pc.run(SLICE);
  pc.sendIpi(0, 4, 0);
  pc.run(3 * SLICE);
  expect(seen?.nmis).toEqual([2 * SLICE]);
});

test("PCI shows its two bridges by both mechanisms", () => {
  const pc = machine([undefined]);
  pc.writePort(0, 0xcf8, 4, 0x80000000);
  expect(pc.readPort(0, 0xcfc, 4)).toBe(0x29c08086);
  expect(pc.readPhysical(0, 0xb00f8000, 4)).toBe(0x29188086n);
  expect(pc.readPhysical(0, 0xb00f8008, 8)).toBe(0x00000000_06010000n);
  expect(pc.pci.read(0x0008, 0, 4)).toBe(0xffffffff);
});

test("accesses for a CPU reach its own APIC, RAM, and nothing in the video range", () => {
  const pc = machine([undefined, undefined], { memory: 2 * MIB });
  expect(pc.readPhysical(1, LAPIC + 0x20, 4)).toBe(0x01000000n);
  pc.writePhysical(0, 0x1fff8, 8, 0x1122334455667788n);
  expect(pc.readPhysical(1, 0x1fffc, 2)).toBe(0x3344n);
  expect(pc.readPhysical(0, 0xa0000, 4)).toBe(0xffffffffn);
  expect(pc.readPhysical(0, 0x80000000, 8)).toBe(0xffffffffffffffffn);
  expect(pc.readPort(0, 0x1234, 2)).toBe(0xffff);
  expect(() => pc.writeRam(2 * MIB - 1, new Uint8Array(2))).toThrow(
    "0x1fffff, 2 bytes, is not RAM",
  );
});

test("the APIC page moves with APIC base", () => {
  const pc = machine([undefined]);
  expect(pc.writeMsr(0, 0x1b, 0xfe000900n)).toBe(true);
  expect(pc.readPhysical(0, 0xfe000030, 4)).toBe(0x01050014n);
  expect(pc.readPhysical(0, LAPIC + 0x30, 4)).toBe(0xffffffffn);
});

test("every bus access can be traced", () => {
  const records: BusRecord[] = [];
  const pc = machine([
    function* (cpu) {
      cpu.out(0x80, 0x42);
      yield;
      cpu.in(0x3fd);
      yield;
    },
  ]);
  pc.trace = (record) => records.push(record);
  pc.run(SLICE);
  expect(records).toEqual([
    { time: 0, cpu: 0, kind: 1, address: 0x80, size: 1, value: 0x42n, result: 0 },
    { time: 1, cpu: 0, kind: 0, address: 0x3fd, size: 1, value: 0x60n, result: 0 },
  ]);
});

test("a snapshot brings everything back, in this machine and in another one", () => {
  const output: number[] = [];
  const serial = [(byte: number) => output.push(byte)];
  const pc = machine([undefined, undefined], { serial });
  pc.writeRam(0x1234, Uint8Array.of(1, 2, 3));
  for (const byte of [0x61, 0x62]) pc.writePort(0, 0x3f8, 1, byte);
  pc.writePhysical(1, SVR, 4, 0x1ffn);
  pc.sendIpi(1, 0, 0x55);
  const snapshot = pc.save();
  const before = pc.fingerprint();
  pc.run(300_000);
  const after = pc.fingerprint();
  expect(after).not.toBe(before);
  const other = machine([undefined, undefined]);
  other.writeRam(0x8000, Uint8Array.of(9));
  for (const target of [pc, other]) {
    target.restore(snapshot);
    expect(target.fingerprint()).toBe(before);
    target.run(300_000);
    expect(target.fingerprint()).toBe(after);
  }
  expect(output).toEqual([0x61, 0x62, 0x61, 0x62]);
});

test("a snapshot of another kind of machine is refused", () => {
  const snapshot = machine([undefined]).save();
  expect(() => machine([undefined, undefined]).restore(snapshot)).toThrow("other options");
});
