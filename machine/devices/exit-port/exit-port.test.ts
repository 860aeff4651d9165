import { expect, test } from "vitest";
import { scriptedCpu } from "../../fake-cpu.ts";
import { Pc, SLICE } from "../../pc.ts";

const MIB = 0x100000;
const PORT = 0xf4;
const COM1 = 0x3f8;

function machine(scripts: Parameters<typeof scriptedCpu>[0], sent: number[] = []): Pc {
  const cpu = scriptedCpu(scripts);
  const serial = [(byte: number) => void sent.push(byte)];
  const options = { cpus: scripts.length, memory: MIB, pool: MIB, exitPort: PORT };
  return new Pc({ cpu, serial, ...options });
}

test("a write ends the machine: nobody goes on, and time stands still", () => {
  const did: string[] = [];
  const pc = machine([
    function* (cpu) {
      for (let i = 0; i < 5; i++) yield;
      cpu.out(PORT, 0x1234, 4);
      yield;
      did.push("CPU 0");
    },
    function* (cpu) {
      while (cpu.time < 3 * SLICE) yield;
      did.push("CPU 1");
    },
  ]);
  pc.processors[1]!.activity = 0;
  pc.run(10 * SLICE);
  expect(pc.ended).toBe(0x1234);
  expect(did).toEqual([]);
  expect(pc.time).toBe(SLICE);
  pc.run(20 * SLICE);
  expect(pc.time).toBe(SLICE);
});

test("the first write counts, of any width; reads are zero", () => {
  const pc = machine([
    function* (cpu) {
      expect([1, 2, 4].map((size) => cpu.in(PORT, size))).toEqual([0, 0, 0]);
      cpu.out(PORT, 7, 1);
      cpu.out(PORT, 8, 2);
      yield;
    },
  ]);
  expect(pc.ended).toBeUndefined();
  pc.run(SLICE);
  expect(pc.ended).toBe(7);
});

test("what a serial port had been given leaves before the machine is over", () => {
  const sent: number[] = [];
  const pc = machine(
    [
      function* (cpu) {
        cpu.out(COM1 + 2, 1);
        for (const letter of "last") cpu.out(COM1, letter.charCodeAt(0));
        cpu.out(PORT, 0);
        yield;
      },
    ],
    sent,
  );
  pc.run(SLICE);
  expect(pc.ended).toBeUndefined();
  pc.run(1000 * SLICE);
  expect(String.fromCharCode(...sent)).toBe("last");
  expect(pc.ended).toBe(0);
});

test("an ended machine is ended in its snapshot, too; one without an exit port has another", () => {
  const pc = machine([
    function* (cpu) {
      cpu.out(PORT, 5);
      yield;
    },
  ]);
  const before = pc.save();
  pc.run(SLICE);
  const after = pc.save();
  pc.restore(before);
  expect(pc.ended).toBeUndefined();
  pc.restore(after);
  expect(pc.ended).toBe(5);
  const other = new Pc({ cpu: scriptedCpu([undefined]), cpus: 1, memory: MIB, pool: MIB });
  expect(() => other.restore(after)).toThrow("other options");
});

test.each([0x3f5, 0x50f, 0xcfb])(
  "an exit port where another device is, is refused: 0x%x",
  (port) => {
    const make = () => new Pc({ cpu: scriptedCpu([]), cpus: 1, memory: MIB, exitPort: port });
    expect(make).toThrow("has another device");
  },
);
