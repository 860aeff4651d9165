// A driver for virtio-blk in machine code, after the specification (1.2: 3.1.1 initialisation, 2.7.13 requests, 5.2.6 the device's): a
// sector is read, changed, written to another place and read from there, by INTx and then by MSI-X.
import { describe, expect, test } from "vitest";
import { type Pc, SLICE } from "./pc.ts";
import {
  COUNTER,
  delay,
  HLT,
  increment,
  machine,
  STI,
  SVR,
  store,
  u32,
  word,
} from "./testing/flat.ts";

const ISR = 0xc0001000;
const REGISTERS = 0xc0000000;
const DEVICE = 0xc0002000;
const NOTIFY = 0xc0003000;
const MESSAGES = 0xc0010000;
const CONFIG = 0x80001000;
const MSIX_CONTROL = 0x40;
const [DESCRIPTORS, DRIVER, USED] = [0x20000, 0x21000, 0x22000];
const [HEADER, STATUS, DATA, COPY, CAPACITY] = [0x23000, 0x23100, 0x24000, 0x25000, 0x26000];
const [NEXT, WRITE] = [1, 2];
const [READ_SECTOR, WRITE_SECTOR] = [0, 1];
const SECTOR = 512;
const BYTES = 8 * SECTOR;

const u16 = (value: number) => [value & 0xff, value >> 8];
/** mov byte [address], value */
const store8 = (address: number, value: number) => [0xc6, 0x05, ...u32(address), value];
/** mov word [address], value */
const store16 = (address: number, value: number) => [
  0x66,
  0xc7,
  0x05,
  ...u32(address),
  ...u16(value),
];
/** mov eax, [from]; mov [to], eax */
const copy = (from: number, to: number) => [0xa1, ...u32(from), 0xa3, ...u32(to)];
/** mov edx, port; mov eax, value; out dx, eax */
const out32 = (port: number, value: number) => [0xba, ...u32(port), 0xb8, ...u32(value), 0xef];
/** Writes a dword of the disk's configuration space. */
const configure = (register: number, value: number) => [
  ...out32(0xcf8, CONFIG | register),
  ...out32(0xcfc, value),
];
/** cmp dword [address], value; jb back to it */
const await_ = (address: number, value: number) => [
  ...[0x81, 0x3d, ...u32(address), ...u32(value), 0x72, 0xf4],
];
/** The handler reads the cause (mov al, [ISR]), which takes INTx back, and counts. */
const HANDLER = [0xa0, ...u32(ISR), ...increment(COUNTER)];

const SET_UP = [
  ...[...store(SVR, 0x1ff), ...store(0xfec00000, 0x10 + 2 * 18), ...store(0xfec00010, 0xa040)],
  ...[...configure(0x14, MESSAGES), ...configure(0x20, REGISTERS), ...configure(0x24, 0)],
  ...configure(0x04, 0x6),
  ...[0, 1, 3].flatMap((status) => store8(REGISTERS + 0x14, status)),
  ...[...store(REGISTERS + 0x08, 1), ...store(REGISTERS + 0x0c, 1)],
  ...store8(REGISTERS + 0x14, 11),
  ...[...store16(REGISTERS + 0x16, 0), ...store16(REGISTERS + 0x18, 8)],
  ...[DESCRIPTORS, DRIVER, USED].flatMap((place, at) => store(REGISTERS + 0x20 + 8 * at, place)),
  ...[...store16(REGISTERS + 0x1c, 1), ...store8(REGISTERS + 0x14, 15)],
  ...[...copy(DEVICE, CAPACITY), ...STI],
];

const descriptor = (index: number, address: number, size: number, flags: number) => [
  ...[...store(DESCRIPTORS + 16 * index, address), ...store(DESCRIPTORS + 16 * index + 8, size)],
  ...[...store16(DESCRIPTORS + 16 * index + 12, flags)],
  ...store16(DESCRIPTORS + 16 * index + 14, index + 1),
];

/** The request with this number (from 1 on), and the wait for its interrupt. */
const request = (number: number, type: number, sector: number, address: number) => [
  ...[...store(HEADER, type), ...store(HEADER + 8, sector), ...store8(STATUS, 0xff)],
  ...descriptor(0, HEADER, 16, NEXT),
  ...descriptor(1, address, SECTOR, NEXT | (type === READ_SECTOR ? WRITE : 0)),
  ...descriptor(2, STATUS, 1, WRITE),
  ...[...store16(DRIVER + 4 + 2 * ((number - 1) % 8), 0), ...store16(DRIVER + 2, number)],
  ...[...store16(NOTIFY, 0), ...await_(COUNTER, number)],
];

/** Queue 0 sends message 1: vector 0x41 to CPU 0. */
const BY_MESSAGE = [
  ...[...store(MESSAGES + 16, 0xfee00000), ...store(MESSAGES + 24, 0x41)],
  ...[...store(MESSAGES + 28, 0), ...store16(REGISTERS + 0x1a, 1)],
  ...configure(MSIX_CONTROL, 0x80000000),
];

const WHOLE = [
  ...SET_UP,
  ...request(1, READ_SECTOR, 3, DATA),
  ...increment(DATA),
  ...delay(SLICE),
  ...request(2, WRITE_SECTOR, 5, DATA),
  ...BY_MESSAGE,
  ...delay(SLICE),
  ...request(3, READ_SECTOR, 5, COPY),
  ...HLT,
];

const image = Uint8Array.from({ length: BYTES }, (_, at) => (at * 7 + (at >> 9)) & 0xff);

function start(): { pc: Pc; data: Uint8Array } {
  const data = image.slice();
  const read = (at: number, size: number) => data.slice(at, at + size);
  const disks = [{ size: BYTES, read }];
  return { pc: machine([WHOLE], { handler: HANDLER, disks }), data };
}

const bytesAt = (pc: Pc, address: number) => pc.readRam(address, SECTOR);

describe("a driver of its own", () => {
  test("reads, writes and reads again; the image stays as it was", () => {
    const { pc, data } = start();
    pc.run(1_000_000);
    expect([word(pc, COUNTER), word(pc, CAPACITY)]).toEqual([3, BYTES / SECTOR]);
    expect([word(pc, USED) >>> 16, word(pc, STATUS) & 0xff]).toEqual([3, 0]);
    const expected = image.slice(3 * SECTOR, 4 * SECTOR);
    expected[0]!++;
    expect(bytesAt(pc, DATA)).toEqual(expected);
    expect(bytesAt(pc, COPY)).toEqual(expected);
    expect(data).toEqual(image);
  });

  test("goes on from a snapshot at any moment", () => {
    const { pc } = start();
    const moments = [1, 3, 5].map((slices) => {
      pc.run(slices * SLICE);
      return { saved: pc.save(), done: word(pc, COUNTER) };
    });
    expect(moments.map(({ done }) => done)).toEqual([1, 2, 3]);
    pc.run(1_000_000);
    const end = pc.fingerprint();
    for (const { saved } of moments) {
      const other = start().pc;
      other.restore(saved);
      other.run(1_000_000);
      expect(other.fingerprint()).toBe(end);
    }
  });
});
