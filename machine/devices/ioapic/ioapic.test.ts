import { beforeEach, expect, test } from "vitest";
import type { ApicMessage } from "../lapic/message.ts";
import { BROADCAST } from "../lapic/message.ts";
import { Ioapic } from "./ioapic.ts";

let sent: ApicMessage[] = [];
let ioapic: Ioapic;

beforeEach(() => {
  sent = [];
  ioapic = new Ioapic((message) => sent.push(message));
});

function write(register: number, value: number): void {
  ioapic.write(0x00, 4, register);
  ioapic.write(0x10, 4, value);
}

function read(register: number): number {
  ioapic.write(0x00, 4, register);
  return ioapic.read(0x10, 4);
}

test("identification", () => {
  expect(read(1)).toBe(0x00170020);
  write(0, 0x0f123456);
  expect(read(0)).toBe(0x0f000000);
  write(1, 0);
  expect(read(1)).toBe(0x00170020);
  expect(read(0x10 + 2 * 23)).toBe(0x10000);
  expect(read(0x10 + 2 * 24)).toBe(0);
});

test("an edge sends once; held or masked, it does not", () => {
  write(0x11, 0x02000000);
  write(0x10, 0x0031);
  ioapic.setLine(0, true);
  ioapic.setLine(0, true);
  expect(sent).toEqual([{ mode: 0, vector: 0x31, level: false, logical: false, destination: 2 }]);
  ioapic.setLine(0, false);
  write(0x10, 0x10031);
  ioapic.setLine(0, true);
  write(0x10, 0x0031);
  expect(sent).toHaveLength(1);
});

test("a level sends again after its end while the line is held", () => {
  write(0x12 + 1, 0xff000000);
  write(0x12, 0x8945);
  ioapic.setLine(1, true);
  expect(sent).toEqual([
    { mode: 1, vector: 0x45, level: true, logical: true, destination: BROADCAST },
  ]);
  expect(read(0x12)).toBe(0xc945);
  ioapic.endOfInterrupt(0x44);
  expect(sent).toHaveLength(1);
  ioapic.endOfInterrupt(0x45);
  expect(sent).toHaveLength(2);
  ioapic.setLine(1, false);
  ioapic.write(0x40, 4, 0x45);
  expect(sent).toHaveLength(2);
  expect(read(0x12)).toBe(0x8945);
});

test("unmasking a level that is held sends; active low means held while the wire is low", () => {
  write(0x14, 0x1a050);
  ioapic.setLine(2, true);
  expect(sent).toHaveLength(0);
  ioapic.setLine(2, false);
  expect(sent).toHaveLength(0);
  write(0x14, 0xa050);
  expect(sent).toHaveLength(1);
});

test("turning a pin to edge forgets the remote IRR, which software cannot write", () => {
  write(0x10, 0x8031);
  ioapic.setLine(0, true);
  expect(read(0x10)).toBe(0xc031);
  write(0x10, 0x4031);
  expect(read(0x10)).toBe(0x0031);
});
