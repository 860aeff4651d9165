import { beforeEach, describe, expect, test } from "vitest";
import { scriptedCpu } from "../../fake-cpu.ts";
import { Pc } from "../../pc.ts";
import { PCI_COMMAND } from "../pci/pci.ts";

const MIB = 0x100000;
const SLOT = 0x10;
const REGISTERS = 0xc0000000;
const DEVICE = REGISTERS + 0x2000;
const NOTIFY = REGISTERS + 0x3000;
const ISR = REGISTERS + 0x1000;
const [DESCRIPTORS, DRIVER, USED, HEADER, DATA, STATUS] = [
  ...[0x10000, 0x11000, 0x12000, 0x13000, 0x14000, 0x18000],
] as const;
/** Descriptors, driver's and device's area of the console's queues. */
const RECEIVE = [DESCRIPTORS, DRIVER, USED] as const;
const TRANSMIT = [0x15000, 0x16000, 0x17000] as const;
const SECTORS = 16;
const image = new Uint8Array(SECTORS * 512 + 100).map((_, at) => (at >> 9) + 1);
const [NEXT, WRITE] = [1, 2] as const;

let pc: Pc;
let offered: number;

function machine(): Pc {
  const disk = {
    size: image.length,
    read: (at: number, size: number) => image.slice(at, at + size),
  };
  const cpu = scriptedCpu([undefined]);
  return new Pc({ cpu, cpus: 1, memory: MIB, pool: MIB, disks: [disk] });
}

const poke = (address: number, value: number | bigint, size = 4) =>
  pc.writePhysical(0, address, size, BigInt(value));
const peek = (address: number, size = 4) => Number(pc.readPhysical(0, address, size));

/** Sets the device up as a driver does: 3.1.1. */
function setUp(): void {
  offered = 0;
  pc.pci.write(SLOT, 0x20, 4, REGISTERS);
  pc.pci.write(SLOT, PCI_COMMAND, 2, 6);
  for (const status of [0, 1, 3, 11]) poke(REGISTERS + 0x14, status, 1);
  poke(REGISTERS + 0x16, 0, 2);
  poke(REGISTERS + 0x18, 8, 2);
  for (const [at, place] of [DESCRIPTORS, DRIVER, USED].entries())
    poke(REGISTERS + 0x20 + 8 * at, place, 8);
  poke(REGISTERS + 0x1c, 1, 2);
  poke(REGISTERS + 0x14, 15, 1);
}

/** Descriptors, each an address, size and flags, linked in their order. */
function describeChain(...chain: readonly (readonly [number, number, number])[]): void {
  for (const [index, [address, size, flags]] of chain.entries()) {
    const isLast = index === chain.length - 1;
    const at = DESCRIPTORS + index * 16;
    poke(at, address, 8);
    poke(at + 8, size);
    poke(at + 12, flags | (isLast ? 0 : NEXT), 2);
    poke(at + 14, index + 1, 2);
  }
}

function offer(): void {
  poke(DRIVER + 4 + (offered % 8) * 2, 0, 2);
  poke(DRIVER + 2, ++offered & 0xffff, 2);
  poke(NOTIFY, 0, 2);
}

/** Carries out a request; its status, and what was written. */
function request(type: number, sector: number, size: number, flags: number): [number, number] {
  poke(HEADER, type, 8);
  poke(HEADER + 8, sector, 8);
  poke(STATUS, 0xff, 1);
  describeChain([HEADER, 16, 0], [DATA, size, flags], [STATUS, 1, WRITE]);
  offer();
  return [peek(STATUS, 1), peek(USED + 4 + ((offered - 1) % 8) * 8 + 4)];
}

beforeEach(() => {
  pc = machine();
  setUp();
});

describe("the transport", () => {
  test("is a virtio function of version 1 with a block device", () => {
    expect(pc.pci.read(SLOT, 0, 4)).toBe(0x10421af4);
    poke(REGISTERS, 1);
    expect([peek(REGISTERS + 4), peek(REGISTERS + 0x12, 2)]).toEqual([1, 1]);
    poke(REGISTERS, 0);
    expect([peek(REGISTERS + 4), peek(DEVICE, 8)]).toEqual([0x204, SECTORS]);
  });

  test("tells where its parts are", () => {
    const found: [number, number][] = [];
    for (let at = pc.pci.read(SLOT, 0x34, 1); at; at = pc.pci.read(SLOT, at + 1, 1))
      if (pc.pci.read(SLOT, at, 1) === 9)
        found.push([pc.pci.read(SLOT, at + 3, 1), pc.pci.read(SLOT, at + 8, 4)]);
    expect(found).toEqual([
      ...([
        [1, 0],
        [3, 0x1000],
        [4, 0x2000],
        [2, 0x3000],
      ] as [number, number][]),
    ]);
  });

  test("keeps what a driver sets, until it is reset", () => {
    expect([0x18, 0x1c, 0x1e].map((at) => peek(REGISTERS + at, 2))).toEqual([8, 1, 0]);
    expect([0x20, 0x28, 0x30].map((at) => peek(REGISTERS + at, 8))).toEqual([
      ...[DESCRIPTORS, DRIVER, USED],
    ]);
    poke(REGISTERS + 0x18, 3, 2);
    poke(REGISTERS + 0x1a, 7, 2);
    expect([0x18, 0x1a].map((at) => peek(REGISTERS + at, 2))).toEqual([8, 0xffff]);
    poke(REGISTERS + 0x14, 0, 1);
    expect([0x14, 0x1c, 0x20].map((at) => peek(REGISTERS + at, 2))).toEqual([0, 0, 0]);
  });

  test("asserts INTx for a request that is done until the driver has read why", () => {
    const status = () => pc.pci.read(SLOT, 6, 2) & 8;
    request(0, 0, 512, WRITE);
    expect([status(), peek(ISR, 1), status(), peek(ISR, 1)]).toEqual([8, 1, 0, 0]);
    poke(DRIVER, 1, 2);
    request(0, 0, 512, WRITE);
    expect(status()).toBe(0);
  });

  test("a chain without end, and one outside of RAM, harm nothing", () => {
    describeChain([HEADER, 16, 0], [DATA, 512, WRITE], [STATUS, 1, WRITE]);
    poke(DESCRIPTORS + 2 * 16 + 12, WRITE | NEXT, 2);
    poke(DESCRIPTORS + 2 * 16 + 14, 0, 2);
    offer();
    expect(peek(USED + 2, 2)).toBe(1);
    describeChain([HEADER, 16, 0], [0xfff0_0000, 512, WRITE], [STATUS, 1, WRITE]);
    offer();
    expect([peek(USED + 2, 2), peek(STATUS, 1)]).toEqual([2, 0]);
  });
});

describe("the disk", () => {
  test("reads its image", () => {
    expect(request(0, 3, 1024, WRITE)).toEqual([0, 1025]);
    expect([peek(DATA), peek(DATA + 1023, 1)]).toEqual([0x04040404, 5]);
  });

  test("fills all pieces of a request, of which there can be as many as a queue has room for", () => {
    expect(peek(DEVICE + 12)).toBe(254);
    poke(HEADER, 0, 8);
    poke(HEADER + 8, 2, 8);
    describeChain(
      ...[[HEADER, 16, 0] as const, [DATA + 512, 512, WRITE] as const],
      ...[[DATA, 512, WRITE] as const, [STATUS, 1, WRITE] as const],
    );
    offer();
    expect([peek(STATUS, 1), peek(DATA + 512), peek(DATA)]).toEqual([0, 0x03030303, 0x04040404]);
  });

  test("keeps what is written beside the image, in snapshots, too", () => {
    const before = pc.save();
    for (let at = 0; at < 512; at += 4) poke(DATA + at, 0xa5a500ff);
    expect(request(1, 5, 512, 0)).toEqual([0, 1]);
    const after = pc.save();
    const seen = () => {
      poke(DATA, 0);
      request(0, 5, 512, WRITE);
      return peek(DATA);
    };
    expect([seen(), image[5 * 512]]).toEqual([0xa5a500ff, 6]);
    pc.restore(before);
    offered = 0;
    expect(seen()).toBe(0x06060606);
    pc.restore(after);
    offered = 1;
    expect(seen()).toBe(0xa5a500ff);
  });

  test.each([
    ["beyond its end", 0, SECTORS, 512, WRITE, [1, 1]],
    ["across its end", 0, SECTORS - 1, 1024, WRITE, [1, 1]],
    ["of half a sector", 0, 0, 256, WRITE, [1, 1]],
    ["to write beyond its end", 1, SECTORS, 512, 0, [1, 1]],
    ["that it does not know", 11, 0, 512, WRITE, [2, 1]],
    ["to flush", 4, 0, 0, 0, [0, 1]],
    ["for its name", 8, 0, 20, WRITE, [0, 21]],
  ] as const)("answers a request %s", (_name, type, sector, size, flags, result) => {
    expect(request(type, sector, size, flags)).toEqual(result);
  });
});

test("the console's input interrupts a driver that has made room, and waits for one that is not ready", () => {
  const sent: number[] = [];
  const serial = [undefined, undefined, (byte: number) => sent.push(byte)];
  const cpu = scriptedCpu([]);
  pc = new Pc({ ...{ cpu, cpus: 1, memory: MIB, pool: MIB, console: true }, serial });
  const slot = 10 << 3;
  expect(pc.pci.read(slot, 0, 4)).toBe(0x10431af4);
  pc.pci.write(slot, 0x20, 4, REGISTERS);
  pc.pci.write(slot, PCI_COMMAND, 2, 6);
  offered = 0;
  poke(REGISTERS + 0x14, 3, 1);
  for (const [queue, at] of [RECEIVE, TRANSMIT].entries()) {
    poke(REGISTERS + 0x16, queue, 2);
    poke(REGISTERS + 0x18, 8, 2);
    for (const [index, place] of at.entries()) poke(REGISTERS + 0x20 + 8 * index, place, 8);
    poke(REGISTERS + 0x1c, 1, 2);
  }
  describeChain([DATA, 16, WRITE]);
  poke(DRIVER + 2, 1, 2);
  pc.devices.console!([0x61, 0x62]);
  expect([peek(DATA), pc.pci.read(slot, 6, 2) & 8]).toEqual([0, 0]);
  poke(REGISTERS + 0x14, 15, 1);
  poke(NOTIFY, 0, 2);
  expect([peek(DATA), peek(USED + 8), pc.pci.read(slot, 6, 2) & 8]).toEqual([0x6261, 2, 8]);
  poke(TRANSMIT[0], DATA, 8);
  poke(TRANSMIT[0] + 8, 2);
  poke(TRANSMIT[1] + 2, 1, 2);
  poke(NOTIFY + 4, 1, 2);
  expect(sent).toEqual([0x61, 0x62]);
  expect(Object.keys(pc.save().devices)).toContain("console-transport");
});

test("more disks than there are slots for are refused, and a snapshot with other disks", () => {
  const disk = { size: 512, read: () => new Uint8Array(512) };
  const make = (count: number) =>
    new Pc({
      ...{ cpu: scriptedCpu([]), cpus: 1, memory: MIB, pool: MIB },
      disks: Array.from({ length: count }, () => disk),
    });
  expect(() => make(9)).toThrow("9 disks");
  expect(() => make(2).restore(make(1).save())).toThrow("other options");
});
