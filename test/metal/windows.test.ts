// The hypervisor sees physical memory through windows: what is being accessed, nothing before and nothing after.
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { MAP_READ, RANGE_LENGTH, RANGE_PHYS, RANGE_VIRT } from "../../abi/platform.ts";
import { APIC_PAGE } from "../../abi/x86/apic.ts";
import { ADDRESS_BITS, FakeMetal, HYPERVISOR_SIZE, HYPERVISOR_START } from "./fake-metal.ts";

const PAGE = 0x1000n;
const MIB2 = 0x20_0000n;
const CELL = 1;
const RANGES = 0x4000;
const BUFFER = 0x5000;
const ALL_ONES = (1n << 64n) - 1n;
const LIMIT = 1n << BigInt(ADDRESS_BITS);
/** The page that is always there. */
const APIC = { phys: BigInt(APIC_PAGE), size: PAGE };

let metal: FakeMetal;
let during: { phys: bigint; size: bigint }[][];

beforeEach(() => {
  metal = new FakeMetal();
  metal.enter();
  during = [];
  metal.onAccess = () => during.push(metal.windows());
});

/** Whether `address` is no processor's, or outside of the hypervisor's memory. */
const isForeign = (address: bigint, size: bigint) =>
  address >= HYPERVISOR_START + HYPERVISOR_SIZE || address + size <= HYPERVISOR_START;

const anyAddress = fc
  .oneof(
    fc.bigInt({ min: 0n, max: ALL_ONES }),
    fc.bigInt({ min: 0n, max: LIMIT - 1n }),
    fc
      .tuple(fc.integer({ min: 12, max: 63 }), fc.integer({ min: -8, max: 8 }))
      .map(([bit, distance]) => BigInt.asUintN(64, (1n << BigInt(bit)) + BigInt(distance))),
  )
  .filter((address) => isForeign(address, 8n));

const anySize = fc.constantFrom(1, 2, 4, 8);

/** The pages of [address, address+size). */
function pagesOf(address: bigint, size: number) {
  const first = address & ~(PAGE - 1n);
  const last = (address + BigInt(size) - 1n) & ~(PAGE - 1n);
  const pages = first === last ? [first] : [first, last];
  return [...pages.map((phys) => ({ phys, size: PAGE })), APIC];
}

describe("an access to physical memory", () => {
  it("shows the pages that it touches, and only meanwhile, whatever its address", () => {
    fc.assert(
      fc.property(anyAddress, anySize, fc.boolean(), (address, size, isWrite) => {
        during = [];
        if (isWrite) metal.exports.mmioWrite!(address, size, 0n);
        else metal.exports.mmioRead!(address, size);
        const isThere = address + BigInt(size) <= LIMIT;
        expect(during).toEqual(isThere ? [pagesOf(address, size)] : []);
        expect(metal.windows()).toEqual([APIC]);
      }),
    );
  });

  it("reads as all ones where the processor has no memory", () => {
    for (const address of [LIMIT, 1n << 51n, 1n << 52n, ALL_ONES - 7n])
      expect(BigInt.asUintN(64, metal.exports.mmioRead!(address, 8) as bigint)).toBe(ALL_ONES);
  });

  it("stops at the hypervisor's own memory", () => {
    const end = HYPERVISOR_START + HYPERVISOR_SIZE;
    for (const address of [HYPERVISOR_START - 1n, HYPERVISOR_START, end - 1n]) {
      expect(() => metal.exports.mmioRead!(address, 2)).toThrow("panic");
      expect(() => metal.exports.mmioWrite!(address, 2, 0n)).toThrow("panic");
    }
    expect(() => metal.exports.scrub!(HYPERVISOR_START - PAGE, 2n * PAGE)).toThrow("panic");
    metal.exports.mmioRead!(end, 8);
    metal.exports.mmioRead!(HYPERVISOR_START - 8n, 8);
    expect(during).toHaveLength(2);
  });
});

describe("memory that is scrubbed", () => {
  it("is shown piece by piece: all of it, and nothing else", () => {
    const [start, size] = [0x1000_0000n - 3n * PAGE, 2n * MIB2 + 4n * PAGE];
    metal.exports.scrub!(start, size);
    const pieces = metal.accesses.filter(([kind]) => kind === "clear");
    expect(pieces.map(([, address, bytes]) => [address, BigInt(bytes)])).toEqual([
      ...[0n, 1n, 2n].map((page) => [start + page * PAGE, PAGE]),
      [0x1000_0000n, MIB2],
      [0x1000_0000n + MIB2, MIB2],
      [0x1000_0000n + 2n * MIB2, PAGE],
    ]);
    for (const [index, shown] of during.entries()) {
      const [, address, bytes] = pieces[index]!;
      expect(shown).toContainEqual({ phys: address, size: BigInt(bytes) });
      expect(shown).toHaveLength(2);
    }
    expect(metal.windows()).toEqual([APIC]);
  });

  it("may begin and end within pages, and be nowhere", () => {
    metal.exports.scrub!(0x1000_0800n, 0x1000n);
    expect(metal.accesses).toEqual([
      ["clear", 0x1000_0800n, 0x800],
      ["clear", 0x1000_1000n, 0x800],
    ]);
    metal.exports.scrub!(LIMIT, MIB2);
    metal.exports.scrub!(1n << 60n, PAGE);
    expect(metal.accesses).toHaveLength(2);
  });
});

describe("a read on a cell's behalf", () => {
  it("fails where its map leads to no memory", () => {
    for (const phys of [LIMIT, 1n << 51n]) {
      metal.core.setBigUint64(RANGES + RANGE_PHYS, phys, true);
      metal.core.setBigUint64(RANGES + RANGE_VIRT, 0n, true);
      metal.core.setBigUint64(RANGES + RANGE_LENGTH, PAGE, true);
      expect(metal.exports.reserve!(CELL, RANGES, 1)).toBe(0);
      metal.exports.map!(CELL, 0n, phys, PAGE, MAP_READ);
      expect(metal.exports.readGuest!(CELL, 8n, BUFFER, 4)).not.toBe(0);
      metal.exports.release!(CELL);
    }
    expect(metal.windows()).toEqual([APIC]);
  });
});
