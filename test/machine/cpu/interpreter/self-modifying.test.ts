// Code that writes the page it lies in: always what a processor would do, whole or in pieces, and at a bounded cost.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { C_ARENA, CACHE_SIZE, S_CACHE, S_FREE } from "../../../../machine/cpu/interpreter-state.ts";
import { Guest } from "./guest.ts";

const CODE = 0x1000;
const PAGES = 2;
const SIZE = PAGES * 0x1000;
const STACK = 0x7000n;
const RAX = 0;
const RCX = 1;
const RSP = 4;
const RDI = 7;
const HLT = 0xf4;
const PERIOD = 2 ** 20;
const MAP_ALL = 7;
const ALL_EXCEPTIONS = 0xffffffff;

const u32 = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
/** mov dword ecx, count */
const count = (value: number) => [0xb9, ...u32(value)];
/** inc byte [address] */
const increment = (address: number) => [0xfe, 0x05, ...u32(address)];
/** dec ecx; jnz back over `size` bytes before it */
const again = (size: number) => [0x49, 0x0f, 0x85, ...u32(-(size + 7))];

function guestWith(code: readonly number[]): Guest {
  const guest = new Guest().protect(32);
  guest.write(CODE, code);
  guest.setGpr(RSP, STACK);
  return guest;
}

/** Bytes of the cache that blocks have taken since it was emptied. */
const taken = (guest: Guest) => guest.get32(S_FREE) - guest.get32(S_CACHE) - C_ARENA;

describe("a loop that increments its own immediate", () => {
  // mov ecx, n; L: add eax, imm8; inc byte [the immediate]; dec ecx; jnz L
  const body = [0x83, 0xc0, 1, ...increment(CODE + 7)];
  const code = [...count(3000), ...body, ...again(body.length), HLT];

  it("adds the numbers that a processor adds", () => {
    const guest = guestWith(code);
    guest.setGpr(RAX, 0n);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    let sum = 0;
    for (let index = 0; index < 3000; index++) sum += ((index + 1) << 24) >> 24;
    expect(Number(BigInt.asIntN(32, guest.gpr(RAX)))).toBe(sum);
  });

  it("is not decoded for keeps over and over", () => {
    const guest = guestWith(code);
    guest.run(BigInt(CODE));
    // Blocks for all 3000 rounds would have taken more than a megabyte of the cache's four.
    expect(taken(guest)).toBeLessThan(CACHE_SIZE / 16);
  });

  it("is kept again once it has stopped writing", () => {
    const rest = [...count(2 * PERIOD), ...again(0), HLT];
    const guest = guestWith([...code.slice(0, -1), ...rest]);
    guest.run(BigInt(CODE), 20_000n);
    const before = taken(guest);
    guest.run(guest.get(S.S_RIP), 1000n);
    expect(taken(guest)).toBe(before);
    expect(guest.run(guest.get(S.S_RIP), BigInt(5 * PERIOD))).toBe(S.EXIT_HALTED);
    expect(taken(guest)).toBeGreaterThan(before);
  });
});

it("data in the same page as code is written without losing a block", () => {
  const body = increment(CODE + 0x800);
  const guest = guestWith([...count(1000), ...body, ...again(body.length), HLT]);
  guest.run(BigInt(CODE), 100n);
  const before = taken(guest);
  guest.run(guest.get(S.S_RIP), 2000n);
  expect(taken(guest)).toBe(before);
  expect(guest.run(guest.get(S.S_RIP))).toBe(S.EXIT_HALTED);
});

it("a block that straddles into a page that is written all the time is not executed stale", () => {
  // At the end of the first page: add eax, imm32, whose last two bytes are in the second; the loop in the third writes one.
  const straddling = CODE + 0x1000 - 3;
  const at = CODE + 0x2000;
  const guest = guestWith([]);
  guest.write(straddling, [0x05, 1, 0, 0, 0, 0xc3]);
  const call = (from: number) => [0xe8, ...u32(straddling - (from + 5))];
  const body = [...increment(CODE + 0x1000), ...call(at + 5 + 6)];
  guest.write(at, [...count(1000), ...body, ...again(body.length), HLT]);
  guest.setGpr(RAX, 0n);
  expect(guest.run(BigInt(at))).toBe(S.EXIT_HALTED);
  let sum = 0;
  for (let index = 1; index <= 1000; index++) sum = (sum + 1 + ((index & 0xff) << 16)) | 0;
  expect(Number(BigInt.asIntN(32, guest.gpr(RAX)))).toBe(sum);
});

describe("random code over its own pages", () => {
  /** Numbers from 0 to below `limit`, the same in every run. */
  function dice(seed: number): (limit: number) => number {
    let state = seed * 2654435761 + 1;
    return (limit) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
  }

  /** Two pages of instructions that write each other, and a jump back. */
  function program(seed: number): number[] {
    const roll = dice(seed);
    // Few places, so that pages get hot.
    const places = Array.from({ length: 8 }, () => CODE + roll(SIZE));
    const place = () => u32(places[roll(places.length)]!);
    const simple = [0x40, 0x41, 0x42, 0x43, 0x90, 0xf9, 0xf8];
    const one = (): number[] =>
      [
        () => [simple[roll(simple.length)]!],
        () => [0xc6, 0x05, ...place(), simple[roll(simple.length)]!],
        () => [0x00, 0x05, ...place()],
        () => [0xfe, 0x05, ...place()],
        () => [0x00, 0x00],
        // mov edi, place; mov ecx, n; rep stosb
        () => [0xbf, ...place(), ...count(roll(40)), 0xf3, 0xaa],
        () => [0x89, 0x05, ...place()],
      ][roll(7)]!();
    const code: number[] = [];
    while (code.length < SIZE - 32) code.push(...one());
    const back = u32(-(code.length + 5) + roll(3) * 7);
    return [...code, 0xe9, ...back];
  }

  function start(seed: number): Guest {
    const guest = guestWith(program(seed));
    guest.setGpr(RAX, BigInt(CODE + 0x90));
    guest.setGpr(RCX, 5n);
    guest.setGpr(RDI, BigInt(CODE + 0x100));
    return guest;
  }

  const state = (guest: Guest) => ({
    rip: guest.get(S.S_RIP),
    flags: guest.get(S.S_FLAGS),
    registers: Array.from({ length: 8 }, (_, number) => guest.gpr(number)),
    memory: Buffer.from(guest.read(0, 0x8000)).toString("base64"),
  });

  it.each(Array.from({ length: 24 }, (_, seed) => seed))("is the same in pieces (%i)", (seed) => {
    const ticks = 30_000;
    const [whole, pieces] = [start(seed), start(seed)];
    const exit = whole.run(BigInt(CODE), BigInt(ticks));
    const end = whole.get(S.S_TIME);
    const roll = dice(seed + 100);
    let last = S.EXIT_DEADLINE as number;
    for (let rip = BigInt(CODE); last === S.EXIT_DEADLINE; rip = pieces.get(S.S_RIP)) {
      const left = end - pieces.get(S.S_TIME);
      if (left === 0n && exit === S.EXIT_DEADLINE) break;
      const step = BigInt(1 + roll(roll(4) ? 3 : 200));
      last = pieces.run(rip, left > 0n && left < step ? left : step);
    }
    expect(pieces.get(S.S_TIME)).toBe(end);
    expect(state(pieces)).toEqual(state(whole));
  });
});

describe("an instruction that its ModRM makes undefined", () => {
  const UNDEFINED = 6;
  const RBP = 5;
  /** cmpxchg8b [ebp] is 0f c7 /1; /0 of it is undefined. */
  const BAD = 0x45;
  const GOOD = 0x4d;
  const start = (at: number, modrm: number) => {
    const guest = guestWith([]);
    guest.write(at, [0x0f, 0xc7, modrm, 0, HLT]);
    guest.setGpr(RBP, 0x4000n);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, 0x10000n, MAP_ALL);
    guest.view.setUint32(block + S.G_EXCEPTIONS, ALL_EXCEPTIONS, true);
    guest.set32(S.S_GUEST, block);
    guest.exports.sync!(0);
    return guest;
  };
  const run = (guest: Guest, at: number) =>
    guest.run(BigInt(at)) === S.EXIT_EXCEPTION ? guest.get(S.S_EXIT_INFO1) : "halted";

  it("is what memory says after that byte was written", () => {
    for (const rounds of [1, 400]) {
      const guest = start(CODE, BAD);
      for (let round = 0; round < rounds; round++) {
        expect(run(guest, CODE)).toBe(BigInt(UNDEFINED));
        guest.write(CODE + 2, [GOOD]);
        expect(run(guest, CODE)).toBe("halted");
        guest.write(CODE + 2, [BAD]);
      }
    }
  });

  it("is so by a byte on the next page as well", () => {
    const at = CODE + 0xffe;
    expect(run(start(at, GOOD), at)).toBe("halted");
    expect(run(start(at, BAD), at)).toBe(BigInt(UNDEFINED));
  });
});
