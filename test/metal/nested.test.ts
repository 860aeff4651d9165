import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ENOMEM } from "../../abi/errno.ts";
import {
  MAP_CONSOLE,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
  POOL_SIZE,
  POOL_USED,
  RANGE_LENGTH,
  RANGE_PHYS,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../abi/platform.ts";
import { VMCB_NESTED_CR3 } from "../../abi/x86/svm.ts";
import { ADDRESS_BITS, FakeMetal, HYPERVISOR_START, PLATFORM_START } from "./fake-metal.ts";

const PAGE = 0x1000n;
const MIB2 = 0x20_0000n;
const GIB = 0x4000_0000n;
const RANGES = 0x4000;
const CELL = 1;
const ADDRESS = 0xf_ffff_ffff_f000n;
const PRESENT = 1n;
const WRITABLE = 2n;
const LARGE = 0x80n;
const NO_EXECUTE = 1n << 63n;

let metal: FakeMetal;

beforeEach(() => {
  metal = new FakeMetal();
  metal.enter();
});

/** Reserves ranges: guest-physical start, length, and physical start if that is another. */
function reserve(cell: number, ranges: readonly (readonly [bigint, bigint, bigint?])[]): number {
  ranges.forEach(([virt, length, phys = virt], index) => {
    metal.core.setBigUint64(RANGES + index * RANGE_SIZE + RANGE_PHYS, phys, true);
    metal.core.setBigUint64(RANGES + index * RANGE_SIZE + RANGE_VIRT, virt, true);
    metal.core.setBigUint64(RANGES + index * RANGE_SIZE + RANGE_LENGTH, length, true);
  });
  return Number(metal.exports.reserve!(cell, RANGES, ranges.length));
}

const used = () => Number(metal.exports.poolPages!(POOL_USED));

/** The root of the nested page table of a cell, as a CPU of it has it. */
function rootOf(cell: number): number {
  metal.exports.assignCpu!(0, cell);
  return metal.linear(metal.view.getBigUint64(metal.control + VMCB_NESTED_CR3, true));
}

/** What the tables say of an address, and with pages of which size. */
function walk(
  root: number,
  address: bigint,
): { phys: bigint; bits: bigint; size: bigint } | undefined {
  let table = root;
  for (const shift of [39n, 30n, 21n, 12n]) {
    const entry = metal.view.getBigUint64(table + Number((address >> shift) & 0x1ffn) * 8, true);
    if (!(entry & PRESENT)) return undefined;
    const size = 1n << shift;
    if (shift === 12n || (entry & LARGE && shift < 39n)) {
      const bits = entry & (WRITABLE | NO_EXECUTE);
      return { phys: (entry & ADDRESS & ~(size - 1n)) + (address & (size - 1n)), bits, size };
    }
    table = metal.linear(entry & ADDRESS);
  }
  return undefined;
}

const map = (virt: bigint, phys: bigint, size: bigint, flags: number) =>
  metal.exports.map!(CELL, virt, phys, size, flags);

describe("nested page tables", () => {
  it("use the largest pages that fit", () => {
    reserve(CELL, [[0n, 4n * GIB]]);
    map(0n, 0n, 4n * GIB, MAP_READ | MAP_WRITE);
    expect(walk(rootOf(CELL), 5n * MIB2)).toEqual({
      phys: 5n * MIB2,
      bits: WRITABLE | NO_EXECUTE,
      size: GIB,
    });
    metal.exports.unmap!(CELL, MIB2 + PAGE, PAGE);
    const root = rootOf(CELL);
    expect(walk(root, MIB2)).toMatchObject({ phys: MIB2, size: PAGE });
    expect(walk(root, MIB2 + PAGE)).toBeUndefined();
    expect(walk(root, 2n * MIB2)).toMatchObject({ size: MIB2 });
    expect(walk(root, GIB)).toMatchObject({ size: GIB });
  });

  it("become large again when a hole is filled", () => {
    reserve(CELL, [[0n, 4n * GIB]]);
    map(0n, 0n, 4n * GIB, MAP_READ);
    const before = used();
    metal.exports.unmap!(CELL, MIB2 + PAGE, PAGE);
    expect(used()).toBe(before + 2);
    map(MIB2 + PAGE, MIB2 + PAGE, PAGE, MAP_READ);
    expect(used()).toBe(before);
    expect(walk(rootOf(CELL), MIB2 + PAGE)).toMatchObject({ size: GIB });
  });

  it("have small pages where the two addresses are not alike, and room for that", () => {
    const before = used();
    expect(reserve(CELL, [[0n, 1n << 35n, PAGE]])).toBe(-ENOMEM);
    expect(reserve(CELL, [[0n, 8n * MIB2, PAGE]])).toBe(0);
    map(0n, PAGE, 8n * MIB2, MAP_READ);
    expect(walk(rootOf(CELL), 3n * MIB2)).toMatchObject({ phys: 3n * MIB2 + PAGE, size: PAGE });
    metal.exports.release!(CELL);
    expect(used()).toBe(before);
  });

  it("show a page of zeros, and the console, read-only", () => {
    reserve(CELL, [[0n, 16n * PAGE]]);
    map(0n, 0n, 4n * PAGE, MAP_READ | MAP_WRITE | MAP_ZERO);
    map(8n * PAGE, 0n, PAGE, MAP_READ | MAP_WRITE | MAP_CONSOLE);
    const root = rootOf(CELL);
    const zeros = walk(root, 0n)!;
    expect(zeros.phys).toBeGreaterThanOrEqual(PLATFORM_START);
    expect(walk(root, 3n * PAGE)).toEqual({ ...zeros, bits: NO_EXECUTE });
    expect(walk(root, HYPERVISOR_START + 0x2000n)).toMatchObject({
      phys: HYPERVISOR_START + 0x2000n,
      bits: NO_EXECUTE,
    });
  });

  it("do what a plain table of pages would do", () => {
    // Bounds near those of tables, so that pages are split and merged.
    const bounds = [
      0n,
      PAGE,
      MIB2 - PAGE,
      MIB2,
      MIB2 + PAGE,
      3n * MIB2,
      GIB - MIB2,
      GIB,
      GIB + PAGE,
    ];
    bounds.push(GIB + MIB2, 2n * GIB, 512n * GIB - PAGE, 512n * GIB, 512n * GIB + MIB2);
    const bound = fc.nat(bounds.length - 1);
    const step = fc.tuple(bound, bound, fc.nat(3), fc.constantFrom(0n, GIB, 2n * GIB));
    const all = bounds
      .slice(1)
      .map((end, index) => [bounds[index]!, end - bounds[index]!] as const);
    const before = used();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        expect(reserve(CELL, [...all, ...all])).toBe(0);
        const model = new Map<bigint, { phys: bigint; flags: number }>();
        for (const [a, b, kind, offset] of steps) {
          const [start, end] = [bounds[Math.min(a, b)]!, bounds[Math.max(a, b)]!];
          const flags = kind
            ? MAP_READ | (kind === 2 ? MAP_WRITE : 0) | (kind === 3 ? MAP_EXECUTE : 0)
            : 0;
          if (flags) map(start, start + offset, end - start, flags);
          else metal.exports.unmap!(CELL, start, end - start);
          for (const at of bounds) {
            for (const address of [at, at - PAGE])
              if (address >= start && address < end)
                model.set(address, { phys: address + offset, flags });
          }
        }
        const root = rootOf(CELL);
        for (const address of bounds.flatMap((at) => (at ? [at, at - PAGE] : [at]))) {
          const expected = model.get(address);
          const found = walk(root, address);
          expect(found?.phys).toBe(expected?.flags ? expected.phys : undefined);
          if (!found || !expected) continue;
          const bits =
            (expected.flags & MAP_WRITE ? WRITABLE : 0n) |
            (expected.flags & MAP_EXECUTE ? 0n : NO_EXECUTE);
          expect(found.bits).toBe(bits);
        }
        metal.exports.unmap!(CELL, 0n, 1024n * GIB);
        metal.exports.release!(CELL);
        expect(used()).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe("reservations", () => {
  it("are refused beyond what processors address, and leave nothing behind", () => {
    const before = used();
    expect(reserve(CELL, [[0n, 1n << BigInt(ADDRESS_BITS + 1)]])).toBe(-ENOMEM);
    expect(reserve(CELL, [[(1n << 64n) - PAGE, PAGE]])).toBe(-ENOMEM);
    expect(reserve(256, [[0n, PAGE]])).toBe(-ENOMEM);
    expect(used()).toBe(before);
    expect(reserve(CELL, [[0n, PAGE]])).toBe(0);
    metal.exports.release!(CELL);
    expect(used()).toBe(before);
  });

  it("are refused when the pool is exhausted, and what was promised stays", () => {
    const size = Number(metal.exports.poolPages!(POOL_SIZE));
    let cells = 0;
    while (reserve(cells + 1, [[0n, MIB2 + PAGE]]) === 0) cells++;
    expect(cells).toBeGreaterThan(50);
    expect(used()).toBeLessThan(size);
    for (let cell = 1; cell <= cells; cell++)
      metal.exports.map!(cell, 0n, 0n, MIB2 + PAGE, MAP_READ);
    expect(used()).toBeLessThanOrEqual(size);
  });
});

describe("what is set aside in the root cell's map", () => {
  const cut: readonly [bigint, bigint] = [MIB2 + PAGE, GIB];

  it("goes with the cell that it was for", () => {
    expect(reserve(0, [[0n, 4n * GIB]])).toBe(0);
    for (let round = 0; round < 2000; round++) {
      expect(reserve(0, [cut])).toBe(0);
      expect(reserve(CELL, [cut])).toBe(0);
      metal.exports.release!(CELL);
    }
  });

  it("goes when the cell does not come, or the root cell has used it itself", () => {
    expect(reserve(0, [[0n, 4n * GIB]])).toBe(0);
    for (let round = 0; round < 2000; round++) {
      expect(reserve(0, [cut])).toBe(0);
      if (round % 2) metal.exports.map!(0, PAGE, PAGE, PAGE, MAP_READ);
      else expect(reserve(CELL, [[0n, 1n << 46n]])).toBe(-ENOMEM);
    }
  });
});

describe("reads on a cell's behalf", () => {
  it("follow the map, page by page", () => {
    reserve(CELL, [[0n, 16n * PAGE]]);
    map(0n, 0x10_0000n, PAGE, MAP_READ);
    map(PAGE, 0x20_0000n, PAGE, MAP_READ);
    expect(metal.exports.readGuest!(CELL, PAGE - 2n, 0x5000, 4)).toBe(0);
    expect(metal.accesses).toEqual([
      ["copy", 0x10_0ffen, 2],
      ["copy", 0x20_0000n, 2],
    ]);
    expect(metal.exports.readGuest!(CELL, 2n * PAGE - 2n, 0x5000, 4)).not.toBe(0);
    expect(metal.exports.readGuest!(CELL, -2n, 0x5000, 4)).not.toBe(0);
  });

  it("see the communication page and zeros, but no other page of the hypervisor", () => {
    reserve(CELL, [[0n, 16n * PAGE]]);
    metal.exports.writeComm!(CELL, 8, 0x1234_5678);
    map(0n, 0n, PAGE, 0x10 | MAP_READ);
    map(PAGE, 0n, PAGE, MAP_ZERO);
    map(2n * PAGE, 0n, PAGE, MAP_CONSOLE | MAP_READ);
    expect(metal.exports.readGuest!(CELL, 8n, 0x5000, 4)).toBe(0);
    expect(metal.core.getUint32(0x5000, true)).toBe(0x1234_5678);
    expect(metal.exports.readGuest!(CELL, PAGE + 8n, 0x5000, 4)).toBe(0);
    expect(metal.core.getUint32(0x5000, true)).toBe(0);
    expect(metal.exports.readGuest!(CELL, 2n * PAGE, 0x5000, 4)).not.toBe(0);
  });
});
