import { expect, test } from "vitest";
import { scriptedCpu } from "../../fake-cpu.ts";
import { Pc, SLICE } from "../../pc.ts";

const MIB = 0x100000;

function machine(port: number, value: number, size: number): { pc: Pc; did: string[] } {
  const did: string[] = [];
  const cpu = scriptedCpu([
    function* (self) {
      self.out(port, value, size);
      yield;
      did.push("went on");
    },
  ]);
  return { pc: new Pc({ cpu, cpus: 1, memory: MIB, pool: MIB }), did };
}

test.each([
  ["power-off", "PM1 control", 0x604, 0x2000, 2],
  ["reset", "the reset control register", 0xcf9, 0x06, 1],
  ["reset", "the reset control register, softly", 0xcf9, 0x04, 1],
  ["reset", "system control port A", 0x92, 0x01, 1],
  ["reset", "the keyboard controller", 0x64, 0xfe, 1],
] as const)("%s by %s ends the machine, and in its snapshot", (reason, _by, port, value, size) => {
  const { pc, did } = machine(port, value, size);
  const before = pc.save();
  expect([pc.endReason, pc.ended]).toEqual([undefined, undefined]);
  pc.run(10 * SLICE);
  expect([pc.endReason, pc.ended, pc.time, did]).toEqual([reason, 0, SLICE, []]);
  const after = pc.save();
  pc.restore(before);
  expect(pc.endReason).toBeUndefined();
  pc.restore(after);
  expect(pc.endReason).toBe(reason);
});

test.each([
  ["the address of mechanism 1, all of it", 0xcf8, 0x80000600, 4],
  ["a sleep type that there is none of", 0x604, 0x2400, 2],
] as const)("%s ends nothing", (_name, port, value, size) => {
  const { pc, did } = machine(port, value, size);
  pc.run(2 * SLICE);
  expect([pc.endReason, did]).toEqual([undefined, ["went on"]]);
});

test("what ended the machine first stays", () => {
  const { pc } = machine(0x604, 0x2000, 2);
  pc.run(SLICE);
  pc.devices.power.reset("0x92");
  expect(pc.endReason).toBe("power-off");
});
