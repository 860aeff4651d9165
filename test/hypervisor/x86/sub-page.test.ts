// Sub-page regions: direction, width and alignment must be allowed, and the access must lie inside.
import { expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import { ACCESS_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { Guest } from "./guest.ts";

const BASE = 0xf1000010n;
const SIZE = 0x10n;
/** The device is elsewhere in physical memory. */
const DELTA = 0x1000_0000n;
const ALL_WIDTHS = abi.MEM_IO_8 | abi.MEM_IO_16 | abi.MEM_IO_32 | abi.MEM_IO_64;
const BOTH = abi.MEM_READ | abi.MEM_WRITE;
const WIDTHS: readonly (readonly [size: number, flag: number, code: readonly number[]])[] = [
  [1, abi.MEM_IO_8, [0x88, 0x03]],
  [2, abi.MEM_IO_16, [0x66, 0x89, 0x03]],
  [4, abi.MEM_IO_32, [0x89, 0x03]],
  [8, abi.MEM_IO_64, [0x48, 0x89, 0x03]],
];
/** From a store to the load of the same width. */
const LOAD_BIT = 2;

/** Accesses `offset` bytes into a region with these flags; returns the device's addresses that were touched, or "fault". */
function access(flags: number, offset: bigint, size: number, isWrite: boolean): string[] | "fault" {
  const touched: string[] = [];
  const regions = [...cfg.ROOT_REGIONS, { phys: BASE + DELTA, virt: BASE, size: SIZE, flags }];
  const guest = new Guest(undefined, 0, { root: { regions } }, (address, value) => {
    if (address < DELTA + BASE - 1n) return undefined;
    touched.push(`${value === undefined ? "read" : "write"} ${address.toString(16)}`);
    return 0n;
  });
  touched.length = 0;
  const [, , store] = WIDTHS.find(([bytes]) => bytes === size)!;
  guest.code(
    store.map((byte, at) => (!isWrite && at === store.length - 2 ? byte | LOAD_BIT : byte)),
  );
  guest.set(REG_RAX, 0x55n);
  guest.set(REG_RBX, BASE + offset);
  const goesOn = guest.mmio(BASE + offset, isWrite ? ACCESS_WRITE : 0);
  if (goesOn) return touched;
  expect(touched).toEqual([]);
  expect(guest.output()).toContain(
    `FATAL: Invalid MMIO/RAM ${isWrite ? "write" : "read"}, addr: 0x00000000${(BASE + offset).toString(16)} size: ${size}\n`,
  );
  return "fault";
}

test.each(WIDTHS)("%i bytes need their own flag", (size, flag) => {
  const at = (BASE + DELTA).toString(16);
  expect(access(BOTH | flag, 0n, size, true)).toEqual([`write ${at}`]);
  expect(access(BOTH | flag, 0n, size, false)).toEqual([`read ${at}`]);
  const others = ALL_WIDTHS & ~flag;
  expect(access(BOTH | others, 0n, size, true)).toBe("fault");
  expect(access(BOTH | others, 0n, size, false)).toBe("fault");
});

test.each(WIDTHS)("%i bytes are read or written only where that is allowed", (size) => {
  expect(access(abi.MEM_READ | ALL_WIDTHS, 0n, size, true)).toBe("fault");
  expect(access(abi.MEM_READ | ALL_WIDTHS, 0n, size, false)).toHaveLength(1);
  expect(access(abi.MEM_WRITE | ALL_WIDTHS, 0n, size, true)).toHaveLength(1);
  expect(access(abi.MEM_WRITE | ALL_WIDTHS, 0n, size, false)).toBe("fault");
});

test.each(WIDTHS.slice(1))("%i bytes are aligned unless the region says otherwise", (size) => {
  for (let offset = 1n; offset < BigInt(size); offset++) {
    expect(access(BOTH | ALL_WIDTHS, offset, size, true)).toBe("fault");
    expect(access(BOTH | ALL_WIDTHS | abi.MEM_IO_UNALIGNED, offset, size, true)).toEqual([
      `write ${(BASE + DELTA + offset).toString(16)}`,
    ]);
  }
});

test.each(WIDTHS)("%i bytes lie inside the region", (size) => {
  const flags = BOTH | ALL_WIDTHS | abi.MEM_IO_UNALIGNED;
  expect(access(flags, SIZE - BigInt(size), size, true)).toHaveLength(1);
  expect(access(flags, SIZE, size, true)).toBe("fault");
  expect(access(flags, -1n, size, false)).toBe("fault");
  if (size > 1) expect(access(flags, SIZE - 1n, size, false)).toBe("fault");
});
