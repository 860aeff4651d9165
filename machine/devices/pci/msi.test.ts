// A small device with a message of its own: a port that interrupts when it is written to.
import { beforeEach, describe, expect, test } from "vitest";
import type { ApicMessage } from "../lapic/message.ts";
import { PciEndpoint } from "./endpoint.ts";
import { Msi } from "./msi.ts";
import { PciBus } from "./pci.ts";

const SLOT = 0x18;
const CAPABILITY = 0x40;

let sent: ApicMessage[];
let bus: PciBus;
let msi: Msi;

beforeEach(() => {
  sent = [];
  bus = new PciBus();
  const endpoint = new PciEndpoint({ vendor: 0x1234, device: 1, classCode: 0xff0000 }, () => {});
  msi = new Msi(endpoint, (message) => sent.push(message));
  const registers = { read: () => 0, write: () => msi.signal() };
  endpoint.addBar(0, { kind: "io", size: 4, registers });
  bus.add(SLOT, endpoint);
  bus.write(SLOT, 0x10, 4, 0xc000);
  bus.write(SLOT, 0x04, 2, 1);
});

const poke = () => bus.find(true, 0xc000)!.registers.write(0, 1, 0);

function program(address: number, high: number, data: number): void {
  for (const [at, value] of [[4, address] as const, [8, high] as const, [12, data] as const])
    bus.write(SLOT, CAPABILITY + at, 4, value);
  bus.write(SLOT, CAPABILITY + 2, 2, 1);
}

describe("MSI", () => {
  test("is a capability with one message of 64 bits, off at first", () => {
    expect(bus.read(SLOT, 0x34, 1)).toBe(CAPABILITY);
    expect(bus.read(SLOT, CAPABILITY, 4)).toBe(0x00800005);
    poke();
    expect([msi.isOn, sent]).toEqual([false, []]);
  });

  test("sends what software has programmed", () => {
    program(0xfee03000, 0, 0x41);
    poke();
    const message = { mode: 0, vector: 0x41, level: false, logical: false, destination: 3 };
    expect([msi.isOn, sent]).toEqual([true, [message]]);
    bus.write(SLOT, CAPABILITY + 2, 2, 0);
    poke();
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["above 4 GiB", 0xfee00000, 1],
    ["to memory", 0x00100000, 0],
  ])("sends nothing %s", (_name, address, high) => {
    program(address, high, 0x41);
    poke();
    expect(sent).toEqual([]);
  });

  test("lets software write address, data and enable only", () => {
    for (const at of [0, 4, 8, 12]) bus.write(SLOT, CAPABILITY + at, 4, 0xffffffff);
    const words = [0, 4, 8, 12].map((at) => bus.read(SLOT, CAPABILITY + at, 4));
    expect(words).toEqual([0x00810005, 0xfffffffc, 0xffffffff, 0xffff]);
  });
});
