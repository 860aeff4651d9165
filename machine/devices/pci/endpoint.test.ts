import { beforeEach, describe, expect, test } from "vitest";
import { scriptedCpu } from "../../fake-cpu.ts";
import { Pc } from "../../pc.ts";
import type { Registers } from "../device.ts";
import type { ApicMessage } from "../lapic/message.ts";
import { PCI_BAR, PCI_CAPABILITIES, PciEndpoint } from "./endpoint.ts";
import { Msix, messageOf } from "./msix.ts";

const MIB = 0x100000;
const SLOT = 0x20;
const COMMAND = 4;
const IDENTITY = { vendor: 0x1af4, device: 0x1042, classCode: 0x010000 };

/** Registers that say which they are, and note what is written. */
function named(name: number): Registers & { written: number[][] } {
  const written: number[][] = [];
  return {
    written,
    read: (offset, size) => (name << 16) | (offset << 8) | size,
    write: (offset, size, value) => written.push([offset, size, value]),
  };
}

let endpoint: PciEndpoint;
let line: boolean[];
let pc: Pc;
const [io, memory, wide] = [named(1), named(2), named(3)];

const read = (register: number, size = 4) => pc.pci.read(SLOT, register, size);
const write = (register: number, value: number, size = 4) =>
  pc.pci.write(SLOT, register, size, value);
const bar = (index: number) => PCI_BAR + 4 * index;

beforeEach(() => {
  line = [];
  endpoint = new PciEndpoint(IDENTITY, (level) => line.push(level));
  endpoint.addBar(0, { kind: "io", size: 0x20, registers: io });
  endpoint.addBar(1, { kind: "memory", size: 0x1000, registers: memory });
  endpoint.addBar(2, { kind: "memory64", size: 0x4000, registers: wide });
  pc = new Pc({ cpu: scriptedCpu([undefined]), cpus: 1, memory: MIB, pool: MIB });
  pc.pci.add(SLOT, endpoint);
});

describe("base address registers", () => {
  test("say their sizes and kinds when all ones are written", () => {
    for (let index = 0; index < 5; index++) write(bar(index), 0xffffffff);
    expect([0, 1, 2, 3, 4].map((index) => read(bar(index)))).toEqual([
      ...[0xffffffe1, 0xfffff000, 0xffffc004, 0xffffffff, 0],
    ]);
  });

  test("put registers where software says, while the command lets them", () => {
    write(bar(0), 0xc000);
    write(bar(1), 0xc0001000);
    write(bar(2), 0x8000);
    write(bar(3), 8);
    const all = () => [
      pc.readPort(0, 0xc01e, 2),
      Number(pc.readPhysical(0, 0xc0001ffc, 4)),
      Number(pc.readPhysical(0, 0x800008010, 4)),
    ];
    expect(all()).toEqual([0xffff, 0xffffffff, 0xffffffff]);
    write(COMMAND, 1, 2);
    expect(all()).toEqual([0x1e02, 0xffffffff, 0xffffffff]);
    write(COMMAND, 3, 2);
    expect(all()).toEqual([0x1e02, 0xffc04, 0x31004]);
    pc.writePhysical(0, 0xc0001004, 2, 0x55n);
    expect(memory.written).toEqual([[4, 2, 0x55]]);
  });

  test("move, and what was there is gone", () => {
    write(COMMAND, 2, 2);
    write(bar(1), 0xc0001000);
    write(bar(1), 0xd0000000);
    expect(Number(pc.readPhysical(0, 0xc0001000, 4))).toBe(0xffffffff);
    expect(Number(pc.readPhysical(0, 0xd0000000, 4))).toBe(0x20004);
  });

  test("do not cover devices of the board", () => {
    write(COMMAND, 3, 2);
    write(bar(0), 0x3e0);
    expect(pc.readPort(0, 0x3f8 + 7, 1)).toBe(0);
    expect(pc.readPort(0, 0x3e0, 2)).toBe(2);
  });
});

test("INTx follows the device, unless it is switched off", () => {
  endpoint.interrupt(true);
  expect([line.at(-1), read(6, 2) & 8]).toEqual([true, 8]);
  write(COMMAND, 0x400, 2);
  expect([line.at(-1), read(6, 2) & 8]).toEqual([false, 8]);
  write(COMMAND, 0, 2);
  expect(line.at(-1)).toBe(true);
  endpoint.interrupt(false);
  expect([line.at(-1), read(6, 2) & 8, read(0x3d, 1)]).toEqual([false, 0, 1]);
});

test("capabilities are a list, which the status announces", () => {
  expect(read(6, 2) & 0x10).toBe(0);
  const first = endpoint.addCapability(0x09, 4, 0x1234);
  const second = endpoint.addCapability(0x11, 3, 0, 0xc000);
  expect(read(6, 2) & 0x10).toBe(0x10);
  expect([read(PCI_CAPABILITIES, 1), read(first), read(second)]).toEqual([
    ...[first, 0x12340009 | (second << 8), 0x11],
  ]);
  write(second, 0xffffffff);
  expect([read(second), second - first]).toEqual([0xc0000011, 16]);
});

describe("MSI-X", () => {
  const TABLE = 0xc0002000;
  let sent: ApicMessage[];
  let msix: Msix;
  let control: number;

  function entry(vector: number, ...words: number[]): void {
    for (const [index, word] of words.entries())
      pc.writePhysical(0, TABLE + vector * 16 + index * 4, 4, BigInt(word));
  }

  beforeEach(() => {
    sent = [];
    msix = new Msix(endpoint, 4, 3, (message) => sent.push(message));
    control = read(PCI_CAPABILITIES, 1) + 2;
    write(bar(4), TABLE);
    write(COMMAND, 2, 2);
    entry(1, 0xfee03000, 0, 0x4041, 0);
  });

  test("says how many there are, and where", () => {
    expect([read(control - 2, 1), read(control, 2), read(control + 2), read(control + 6)]).toEqual([
      ...[0x11, 2, 4, 0x804],
    ]);
  });

  test("sends what its entry says, once it is on", () => {
    msix.signal(1);
    expect([sent, msix.isOn]).toEqual([[], false]);
    write(control, 0x8000, 2);
    msix.signal(1);
    msix.signal(7);
    expect(sent).toEqual([{ mode: 0, vector: 0x41, level: false, logical: false, destination: 3 }]);
  });

  test("keeps what is masked, by its entry or as a whole, and sends it once", () => {
    write(control, 0xc000, 2);
    msix.signal(1);
    msix.signal(2);
    const pending = () => Number(pc.readPhysical(0, TABLE + 0x800, 4));
    expect([sent.length, pending()]).toEqual([0, 6]);
    write(control, 0x8000, 2);
    expect([sent.length, pending()]).toEqual([1, 4]);
    entry(2, 0xfee00004, 0, 0x42, 0);
    expect(sent.at(-1)).toMatchObject({ vector: 0x42, logical: true, destination: 0 });
    expect([sent.length, pending()]).toEqual([2, 0]);
  });

  test("is saved with its table and what is pending", () => {
    write(control, 0xc000, 2);
    msix.signal(1);
    const saved = [msix.save(), endpoint.save()] as const;
    write(control, 0x8000, 2);
    msix.restore(saved[0]);
    endpoint.restore(saved[1]);
    write(control, 0x8000, 2);
    expect(sent.length).toBe(2);
  });

  test("a message to elsewhere than local APICs is no interrupt", () => {
    expect(messageOf(0x1000, 0x41)).toBeUndefined();
    expect(messageOf(0xfeeff000, 0x41)?.destination).toBe(0xffffffff);
    expect(messageOf(0xfee00000, 0x8541)).toMatchObject({ mode: 5, level: true });
  });
});
