// The MMIO test device: the last eight bytes of the page behind the communication region are that region's.
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Guest } from "./guest.ts";

const COMM = 0x100000n;
const DEVICE = COMM + 0x1ff8n;
const WORD = 0xff8 / 4;
/** mov [rbx], al … rax, and the loads. */
const STORES: Readonly<Record<number, number[]>> = {
  1: [0x88, 0x03],
  2: [0x66, 0x89, 0x03],
  4: [0x89, 0x03],
  8: [0x48, 0x89, 0x03],
};
const LOADS: Readonly<Record<number, number[]>> = {
  1: [0x8a, 0x03],
  2: [0x66, 0x8b, 0x03],
  4: [0x8b, 0x03],
  8: [0x48, 0x8b, 0x03],
};
const VALUE = 0x1122334455667788n;

let guest: Guest;

/** Creates a cell on CPU 3 with these flags, whose guest is returned. */
function cellWith(flags: number): Guest {
  guest = new Guest(new FakePlatform(), 0);
  const region = {
    phys: 0n,
    virt: COMM,
    size: 0x1000n,
    flags: abi.MEM_READ | abi.MEM_WRITE | abi.MEM_COMM_REGION,
  };
  const config = cfg.cellConfig({ regions: [region], cpus: [3], flags });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: 3 });
  for (const page of [0x10n, 0x11n, 0x20n])
    guest.platform.spaces.get(1)!.pages.set(page, { phys: page << 12n, flags: 7 });
  return other;
}

function store(on: Guest, address: bigint, size: number, value = VALUE): number {
  on.code(STORES[size]!);
  on.set(REG_RBX, address);
  on.set(REG_RAX, value);
  return on.mmio(address, ACCESS_WRITE);
}

function fetch(on: Guest, address: bigint, size: number): bigint | undefined {
  on.code(LOADS[size]!);
  on.set(REG_RBX, address);
  on.set(REG_RAX, 0n);
  return on.mmio(address) ? on.get(REG_RAX) : undefined;
}

const words = () => [...guest.platform.comm.get(1)!.slice(WORD, WORD + 2)];

describe("with the flag", () => {
  let cell: Guest;
  beforeEach(() => {
    cell = cellWith(abi.CELL_FLAG_TEST_DEVICE | abi.CELL_FLAG_PASSIVE_COMMREG);
  });

  test.each([1, 2, 4, 8])(
    "what is written in %i bytes is in the communication region, and read back",
    (size) => {
      const mask = (1n << BigInt(8 * size)) - 1n;
      for (let offset = 0; offset < 8; offset += size) {
        const before = new DataView(new ArrayBuffer(8));
        for (const [index, word] of words().entries()) before.setUint32(4 * index, word, true);
        const value = (VALUE >> BigInt(offset)) & mask;
        expect(store(cell, DEVICE + BigInt(offset), size, value)).toBe(1);
        for (let byte = 0; byte < size; byte++)
          before.setUint8(offset + byte, Number((value >> BigInt(8 * byte)) & 0xffn));
        expect(words()).toEqual([before.getUint32(0, true), before.getUint32(4, true)]);
        expect(fetch(cell, DEVICE + BigInt(offset), size)! & mask).toBe(value);
      }
    },
  );

  test.each([
    ["before it", DEVICE - 8n, 4],
    ["at the beginning of its page", COMM + 0x1000n, 4],
    ["unaligned", DEVICE + 1n, 4],
    ["across its end", DEVICE + 6n, 4],
  ])("an access %s is a violation", (_, address, size) => {
    expect(fetch(cell, address, size)).toBeUndefined();
    expect(words()).toEqual([0, 0]);
  });
});

test("without the flag there is no device", () => {
  const cell = cellWith(abi.CELL_FLAG_PASSIVE_COMMREG);
  expect(store(cell, DEVICE, 4)).toBe(0);
});
