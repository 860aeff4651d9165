import { beforeEach, describe, expect, test } from "vitest";
import * as R from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import { TestCpu } from "./harness.ts";

/** Where the tests put page tables: one page each, top level first. */
const TABLES = [0x1000, 0x2000, 0x3000, 0x4000] as const;
const FRAME = 0x10000n;
const P = 1n;
const W = 2n;
const U = 4n;
const A = 0x20n;
const D = 0x40n;
const LARGE = 0x80n;
const NX = 1n << 63n;

let cpu: TestCpu;

function turnOn(cr4: number, efer: number, cr0 = 0): void {
  cpu.setWide(S.S_CR3, BigInt(TABLES[0]));
  cpu.setWide(S.S_CR4, BigInt(cr4));
  cpu.setWide(S.S_EFER, BigInt(efer));
  cpu.setWide(S.S_CR0, BigInt(R.CR0_PE) | BigInt(R.CR0_PG) | BigInt(cr0));
  cpu.sync();
}

function setLevel(level: number): void {
  cpu.setWord(S.S_CPL, level);
  cpu.sync();
}

/** Four levels for one page; `leaf` and the others' flags. Returns the address of the last entry. */
function map4(linear: bigint, leaf: bigint, flags = P | W | U): number {
  const index = (shift: bigint): number => Number((linear >> shift) & 511n) * 8;
  cpu.poke(TABLES[0] + index(39n), 8, BigInt(TABLES[1]) | flags);
  cpu.poke(TABLES[1] + index(30n), 8, BigInt(TABLES[2]) | flags);
  cpu.poke(TABLES[2] + index(21n), 8, BigInt(TABLES[3]) | flags);
  cpu.poke(TABLES[3] + index(12n), 8, leaf);
  return TABLES[3] + index(12n);
}

beforeEach(() => {
  cpu = new TestCpu();
});

describe("four levels", () => {
  const linear = 0xffff_8000_1234_5000n;
  beforeEach(() => turnOn(R.CR4_PAE, R.EFER_LME | R.EFER_LMA | R.EFER_NXE));

  test("a read through all levels gives the byte and sets accessed bits only", () => {
    const at = map4(linear, FRAME | P);
    cpu.poke(0x10123, 1, 0x5a);
    expect(cpu.x.read8!(cpu.s, linear + 0x123n)).toBe(0x5a);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.peek(at, 8)).toBe(FRAME | P | A);
    for (const table of TABLES.slice(0, 3)) {
      const entries = Array.from({ length: 512 }, (_, i) => cpu.peek(table + i * 8, 8));
      expect(entries.filter((entry) => entry !== 0n).every((entry) => (entry & A) !== 0n)).toBe(
        true,
      );
    }
  });

  test("a write sets the dirty bit of the leaf alone", () => {
    const at = map4(linear, FRAME | P | W);
    cpu.x.write32!(cpu.s, linear + 8n, 0x12345678);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.peek(0x10008, 4)).toBe(0x12345678n);
    expect(cpu.peek(at, 8)).toBe(FRAME | P | W | A | D);
    expect(cpu.peek(TABLES[0] + 256 * 8, 8) & D).toBe(0n);
  });

  test("a write after a cached read still sets the dirty bit", () => {
    const at = map4(linear, FRAME | P | W);
    cpu.x.read32!(cpu.s, linear);
    cpu.x.write32!(cpu.s, linear, 1);
    expect(cpu.peek(at, 8) & D).toBe(D);
  });

  test.each([
    ["absent read", 0n, 0, "read32", "#14(0x0)"],
    ["absent write", 0n, 0, "write32", "#14(0x2)"],
    ["absent user read", 0n, 3, "read32", "#14(0x4)"],
    ["absent fetch", 0n, 0, "fetchPage", "#14(0x10)"],
    ["user read of a supervisor page", FRAME | P, 3, "read32", "#14(0x5)"],
    ["user write of a read-only page", FRAME | P | U, 3, "write32", "#14(0x7)"],
    ["user fetch of a no-execute page", FRAME | P | U | NX, 3, "fetchPage", "#14(0x15)"],
    ["supervisor fetch of a no-execute page", FRAME | P | NX, 0, "fetchPage", "#14(0x11)"],
    ["reserved physical bit", FRAME | P | (1n << 45n), 0, "read32", "#14(0x9)"],
    ["read-only write without WP", FRAME | P, 0, "write32", "ok"],
    ["read for a write-back of a read-only user page", FRAME | P | U, 3, "modify32", "#14(0x7)"],
  ])("%s", (_name, leaf, level, access, outcome) => {
    map4(linear, leaf);
    setLevel(level);
    expect(cpu.try(access, linear, 0)).toBe(outcome);
    if (outcome.startsWith("#14")) expect(cpu.wide(S.S_CR2)).toBe(linear);
  });

  test("WP keeps the supervisor from writing a read-only page", () => {
    map4(linear, FRAME | P);
    turnOn(R.CR4_PAE, R.EFER_LME | R.EFER_LMA, R.CR0_WP);
    expect(cpu.try("write32", linear, 1)).toBe("#14(0x3)");
    expect(cpu.peek(0x10000, 4)).toBe(0n);
  });

  test("NX is a reserved bit without EFER.NXE", () => {
    map4(linear, FRAME | P | NX);
    turnOn(R.CR4_PAE, R.EFER_LME | R.EFER_LMA);
    expect(cpu.try("read32", linear)).toBe("#14(0x9)");
  });

  test("SMEP keeps the supervisor from fetching a user page", () => {
    map4(linear, FRAME | P | U);
    expect(cpu.try("fetchPage", linear)).toBe("ok");
    turnOn(R.CR4_PAE | R.CR4_SMEP, R.EFER_LME | R.EFER_LMA);
    expect(cpu.try("fetchPage", linear)).toBe("#14(0x11)");
  });

  test("rights combine over all levels", () => {
    map4(linear, FRAME | P | W | U, P | U);
    setLevel(3);
    expect(cpu.try("write32", linear, 1)).toBe("#14(0x7)");
    expect(cpu.try("read32", linear)).toBe("ok");
  });

  test("a 2 MiB page and a 1 GiB page give the rest of the address as offset", () => {
    cpu.poke(TABLES[0], 8, BigInt(TABLES[1]) | P | W);
    cpu.poke(TABLES[1], 8, BigInt(TABLES[2]) | P | W);
    cpu.poke(TABLES[1] + 8, 8, P | W | LARGE);
    cpu.poke(TABLES[2] + 8, 8, 0x200000n | P | W | LARGE);
    cpu.poke(0x212345, 1, 0x77);
    expect(cpu.x.read8!(cpu.s, 0x212345n)).toBe(0x77);
    expect(cpu.x.read8!(cpu.s, 0x40212345n)).toBe(0x77);
    cpu.x.write8!(cpu.s, 0x40212345n, 0x78);
    expect(cpu.peek(TABLES[1] + 8, 8)).toBe(P | W | LARGE | A | D);
    expect(cpu.peek(0x212345, 1)).toBe(0x78n);
  });

  test("a large page that is not aligned has reserved bits set", () => {
    cpu.poke(TABLES[0], 8, BigInt(TABLES[1]) | P);
    cpu.poke(TABLES[1], 8, BigInt(TABLES[2]) | P);
    cpu.poke(TABLES[2], 8, 0x2000n | P | LARGE);
    expect(cpu.try("read8", 0n)).toBe("#14(0x9)");
    cpu.poke(TABLES[2], 8, 0x1000n | P | LARGE);
    expect(cpu.try("read8", 0n)).toBe("ok");
  });

  test("a crossing write that faults on the second page writes nothing on the first", () => {
    map4(linear, FRAME | P | W);
    cpu.poke(0x10ffc, 4, 0x11111111);
    expect(cpu.try("write64", linear + 0xffcn, 0x2222_2222_2222_2222n)).toBe("#14(0x2)");
    expect(cpu.wide(S.S_CR2)).toBe(linear + 0x1000n);
    expect(cpu.peek(0x10ffc, 4)).toBe(0x11111111n);
  });

  test("a crossing access joins two pages that are apart", () => {
    map4(linear, FRAME | P | W);
    map4(linear + 0x1000n, 0x20000n | P | W);
    cpu.x.write64!(cpu.s, linear + 0xffdn, 0x8877_6655_4433_2211n);
    expect(cpu.peek(0x10ffd, 1)).toBe(0x11n);
    expect(cpu.peek(0x20000, 4)).toBe(0x77665544n);
    expect(cpu.x.read64!(cpu.s, linear + 0xffdn)).toBe(0x8877_6655_4433_2211n - 2n ** 64n);
    expect(cpu.x.read16!(cpu.s, linear + 0xfffn)).toBe(0x4433);
  });

  test("a change of the tables shows after INVLPG, of the privilege at once", () => {
    const at = map4(linear, FRAME | P | W);
    cpu.poke(0x10000, 4, 1);
    cpu.poke(0x20000, 4, 2);
    expect(cpu.x.read32!(cpu.s, linear)).toBe(1);
    cpu.poke(at, 8, 0x20000n | P | W);
    cpu.x.invlpg!(cpu.s, linear);
    expect(cpu.x.read32!(cpu.s, linear)).toBe(2);
    setLevel(3);
    expect(cpu.try("read32", linear)).toBe("#14(0x5)");
  });

  test("INVLPG of an address takes its whole large page, and what is known of directories", () => {
    // Two 2 MiB pages whose frames change places; then a page table in the first one's place.
    const directory = TABLES[2];
    cpu.poke(TABLES[0], 8, BigInt(TABLES[1]) | P | W);
    cpu.poke(TABLES[1], 8, BigInt(TABLES[2]) | P | W);
    cpu.poke(0x5000, 4, 1);
    cpu.poke(0x205000, 4, 2);
    const places = [0x805000n, 0x9f5000n];
    cpu.poke(0x1f5000, 4, 11);
    cpu.poke(0x3f5000, 4, 12);
    cpu.poke(directory + 4 * 8, 8, P | W | LARGE);
    const read = () => places.map((place) => cpu.x.read32!(cpu.s, place));
    expect(read()).toEqual([1, 11]);
    cpu.poke(directory + 4 * 8, 8, 0x200000n | P | W | LARGE);
    cpu.x.invlpg!(cpu.s, 0x8aa123n);
    expect(read()).toEqual([2, 12]);
    for (const [page, frame] of [
      [0x005, 0x6000n],
      [0x1f5, 0x7000n],
    ] as const)
      cpu.poke(TABLES[3] + page * 8, 8, frame | P | W);
    cpu.poke(0x6000, 4, 21);
    cpu.poke(0x7000, 4, 22);
    cpu.poke(directory + 4 * 8, 8, BigInt(TABLES[3]) | P | W);
    cpu.x.invlpg!(cpu.s, 0x805000n);
    expect(read()).toEqual([21, 22]);
  });

  test("of what is kept across a change of privilege, only what that one may do", () => {
    const at = map4(linear, FRAME | P | W);
    cpu.poke(0x10000, 4, 5);
    cpu.x.write32!(cpu.s, linear, 6);
    cpu.poke(at + 8, 8, 0x20000n | P | U);
    cpu.poke(0x20000, 4, 7);
    expect(cpu.x.read32!(cpu.s, linear + 0x1000n)).toBe(7);
    cpu.x.setLevel!(cpu.s, 3);
    expect(cpu.try("read32", linear)).toBe("#14(0x5)");
    expect(cpu.x.read32!(cpu.s, linear + 0x1000n)).toBe(7);
    expect(cpu.try("write32", linear + 0x1000n, 1)).toBe("#14(0x7)");
    cpu.x.setLevel!(cpu.s, 0);
    expect(cpu.x.read32!(cpu.s, linear)).toBe(6);
    // Not under WP, and never fetched where NX is.
    cpu.poke(at + 16, 8, FRAME | P | NX);
    expect(cpu.x.read32!(cpu.s, linear + 0x2000n)).toBe(6);
    expect(cpu.try("fetchPage", linear + 0x2000n)).toBe("#14(0x11)");
    cpu.x.write32!(cpu.s, linear + 0x1000n, 8);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.peek(at + 8, 8) & D).toBe(D);
  });

  test("a page's first write marks it, whatever is known of it", () => {
    const at = map4(linear, FRAME | P | W);
    cpu.x.read32!(cpu.s, linear);
    cpu.x.setLevel!(cpu.s, 3);
    cpu.x.setLevel!(cpu.s, 0);
    cpu.x.write32!(cpu.s, linear, 1);
    expect(cpu.peek(at, 8) & D).toBe(D);
    const large = TABLES[2] + Number((linear >> 21n) & 511n) * 8;
    cpu.poke(large, 8, P | W | LARGE);
    cpu.x.invlpg!(cpu.s, linear);
    for (const page of [0n, 0x1000n]) cpu.x.read32!(cpu.s, linear + page);
    expect(cpu.peek(large, 8) & D).toBe(0n);
    cpu.x.write32!(cpu.s, linear + 0x1000n, 1);
    expect(cpu.peek(large, 8) & D).toBe(D);
  });

  test("a table's entry that comes to be is seen without INVLPG", () => {
    const at = map4(linear, 0n);
    expect(cpu.try("read32", linear)).toBe("#14(0x0)");
    cpu.poke(at, 8, FRAME | P);
    expect(cpu.try("read32", linear)).toBe("ok");
  });

  test("more generations than a tag has room for", () => {
    map4(linear, FRAME | P | W);
    cpu.poke(0x10000, 4, 5);
    const other = map4(linear + 0x1000n, 0x20000n | P | W);
    cpu.poke(0x20000, 4, 6);
    expect(cpu.x.read32!(cpu.s, linear + 0x1000n)).toBe(6);
    cpu.poke(other, 8, 0x30000n | P | W);
    cpu.poke(0x30000, 4, 7);
    for (let i = 0; i < 5000; i++) {
      cpu.x.flushState!(0);
      if (i % 1000 === 0) expect(cpu.x.read32!(cpu.s, linear)).toBe(5);
    }
    expect(cpu.x.read32!(cpu.s, linear + 0x1000n)).toBe(7);
  });

  test("system tables are read with supervisor rights at level 3", () => {
    map4(linear, FRAME | P);
    cpu.poke(0x10000, 4, 42);
    setLevel(3);
    expect(cpu.x.readSystem!(cpu.s, linear, 4)).toBe(42n);
    expect(cpu.try("read32", linear)).toBe("#14(0x5)");
  });

  test("translateLinear looks without leaving a trace", () => {
    const at = map4(linear, FRAME | P);
    expect(cpu.x.translateLinear!(0, linear + 0x123n)).toBe(0x10123n);
    expect(cpu.x.translateLinear!(0, linear + 0x1000n)).toBe(-1n);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.peek(at, 8)).toBe(FRAME | P);
  });
});

describe("PAE", () => {
  const linear = 0xc0345000n;
  const tables = [0x1fe0, 0x2000, 0x3000] as const;

  beforeEach(() => {
    cpu.poke(tables[0] + 3 * 8, 8, BigInt(tables[1]) | P);
    cpu.poke(tables[1] + 1 * 8, 8, BigInt(tables[2]) | P | W | U);
    turnOn(R.CR4_PAE, R.EFER_NXE);
    cpu.setWide(S.S_CR3, BigInt(tables[0]));
    cpu.sync();
  });

  test("three levels from a table of 32 bytes, with addresses above 4 GiB and NX", () => {
    cpu.poke(tables[2] + 0x145 * 8, 8, FRAME | P | W | NX);
    cpu.poke(0x10004, 4, 0xabcd);
    expect(cpu.x.read32!(cpu.s, linear + 4n)).toBe(0xabcd);
    expect(cpu.try("fetchPage", linear)).toBe("#14(0x11)");
    expect(cpu.peek(tables[0] + 24, 8) & A).toBe(0n);
  });

  test("rights in the top level are reserved bits", () => {
    cpu.poke(tables[0] + 3 * 8, 8, BigInt(tables[1]) | P | W);
    expect(cpu.try("read32", linear)).toBe("#14(0x9)");
  });

  test("a 2 MiB page", () => {
    cpu.poke(tables[1] + 1 * 8, 8, 0x200000n | P | LARGE);
    cpu.poke(0x345678, 1, 9);
    expect(cpu.x.read8!(cpu.s, 0xc0345678n)).toBe(9);
  });

  test("bits 62 to 52 are reserved", () => {
    cpu.poke(tables[2] + 0x145 * 8, 8, FRAME | P | (1n << 52n));
    expect(cpu.try("read32", linear)).toBe("#14(0x9)");
  });
});

describe("32-bit", () => {
  const linear = 0x00c05000n;

  beforeEach(() => {
    cpu.poke(TABLES[0] + 3 * 4, 4, BigInt(TABLES[1]) | P | W | U);
    turnOn(R.CR4_PSE, 0);
  });

  test("two levels with accessed and dirty bits", () => {
    cpu.poke(TABLES[1] + 5 * 4, 4, FRAME | P | W);
    cpu.x.write16!(cpu.s, linear + 2n, 0xbeef);
    expect(cpu.peek(0x10002, 2)).toBe(0xbeefn);
    expect(cpu.peek(TABLES[0] + 3 * 4, 4)).toBe(BigInt(TABLES[1]) | P | W | U | A);
    expect(cpu.peek(TABLES[1] + 5 * 4, 4)).toBe(FRAME | P | W | A | D);
  });

  test("a 4 MiB page needs PSE", () => {
    cpu.poke(TABLES[0] + 3 * 4, 4, 0x400000n | P | W | LARGE);
    cpu.poke(0x405000, 4, 77);
    expect(cpu.x.read32!(cpu.s, linear)).toBe(77);
    turnOn(0, 0);
    cpu.poke(0x400000 + 5 * 4, 4, FRAME | P);
    cpu.poke(0x10000, 4, 78);
    expect(cpu.x.read32!(cpu.s, linear)).toBe(78);
  });

  test("a 4 MiB page has a reserved bit and physical bits above 32", () => {
    cpu.poke(TABLES[0] + 3 * 4, 4, 0x600000n | P | LARGE);
    expect(cpu.try("read32", linear)).toBe("#14(0x9)");
    cpu.poke(TABLES[0] + 3 * 4, 4, 0x2000n | P | LARGE);
    expect(cpu.x.translateLinear!(0, linear)).toBe(0x1_0000_5000n);
  });

  test("a fetch from an absent page has no fetch bit without NX", () => {
    expect(cpu.try("fetchPage", 0x00c06000n)).toBe("#14(0x0)");
  });

  test("an access across 4 GiB wraps", () => {
    cpu.poke(TABLES[0] + 1023 * 4, 4, BigInt(TABLES[2]) | P | W);
    cpu.poke(TABLES[2] + 1023 * 4, 4, FRAME | P | W);
    cpu.poke(TABLES[0], 4, BigInt(TABLES[3]) | P | W);
    cpu.poke(TABLES[3], 4, 0x20000n | P | W);
    cpu.x.write32!(cpu.s, 0xfffffffen, 0x44332211);
    expect(cpu.outcome()).toBe("ok");
    expect(cpu.peek(0x10ffe, 2)).toBe(0x2211n);
    expect(cpu.peek(0x20000, 2)).toBe(0x4433n);
  });
});

describe("device memory", () => {
  test("accesses go to the bus with their size, never to a cache", () => {
    cpu.answer = (access) =>
      access.kind === S.BUS_READ
        ? { result: S.BUS_HANDLED, value: 0xffff_1234n }
        : { result: S.BUS_HANDLED };
    expect(cpu.x.read16!(cpu.s, 0xfee00030n)).toBe(0x1234);
    cpu.x.write32!(cpu.s, 0xa0004n, 0x99);
    expect(cpu.x.read16!(cpu.s, 0xfee00030n)).toBe(0x1234);
    expect(cpu.accesses.map(({ kind, address, size }) => [kind, address, size])).toEqual([
      [S.BUS_READ, 0xfee00030n, 2],
      [S.BUS_WRITE, 0xa0004n, 4],
      [S.BUS_READ, 0xfee00030n, 2],
    ]);
    expect(cpu.accesses[1]!.value).toBe(0x99n);
  });

  test("what nobody answers reads as ones", () => {
    expect(cpu.x.read32!(cpu.s, 0xd0000000n)).toBe(-1);
    expect(cpu.x.read8!(cpu.s, 0xd0000000n)).toBe(0xff);
  });

  test("code is not fetched from there", () => {
    expect(cpu.x.fetchPage!(cpu.s, 0xd0000000n)).toBe(0);
    expect(cpu.outcome()).toBe(`exit ${S.EXIT_UNIMPLEMENTED} 0x0 0x0`);
  });
});
