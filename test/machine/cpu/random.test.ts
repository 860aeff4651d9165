// RDRAND and RDSEED: the numbers are those of ChaCha20 as OpenSSL has it; each CPU has its own, whatever others draw.
import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { REG_CR0, REG_RAX, REG_RIP } from "../../../abi/platform.ts";
import { CR0_ET, CR0_PE } from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import { Pc, type PcOptions } from "../../../machine/pc.ts";
import { initProcessor } from "../../../machine/start.ts";
import { Guest } from "./interpreter/guest.ts";

const CODE = 0x1000;
const HLT = 0xf4;
/** RDRAND and RDSEED of EAX. */
const RDRAND = [0x0f, 0xc7, 0xf0];
const RDSEED = [0x0f, 0xc7, 0xf8];
const BLOCK = 64;
/** CF, PF, AF, ZF, SF, OF. */
const ARITHMETIC = 0x8d5n;
const CF = 1n;
const MIB = 1 << 20;
const cpu = new Uint8Array(readFileSync(new URL("../../../dist/cpu.wasm", import.meta.url)));

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Two numbers of block `count`: RDRAND's and RDSEED's. */
function expected(seed: bigint, index: number, count: bigint): [bigint, bigint] {
  const key = Buffer.concat([littleEndian(seed), Buffer.alloc(24)]);
  const iv = Buffer.concat([littleEndian(count), littleEndian(BigInt(index))]);
  const block = createCipheriv("chacha20", key, iv).update(Buffer.alloc(BLOCK));
  return [block.readBigUInt64LE(0), block.readBigUInt64LE(8)];
}

describe("an instruction", () => {
  /** RAX after one instruction with RAX all ones, and the arithmetic flags. */
  function draw(guest: Guest, code: readonly number[]): [bigint, bigint] {
    guest.write(CODE, [...code, HLT]);
    guest.setGpr(0, 2n ** 64n - 1n);
    guest.set(S.S_FLAGS, 2n | ARITHMETIC);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    return [guest.gpr(0), guest.get(S.S_FLAGS) & ARITHMETIC];
  }

  it("gives 16, 32 and 64 bits, and CF alone", () => {
    const guest = new Guest().long(0x200000);
    guest.exports.setSeed!(0x123456789abcdefn);
    const [at0, at1, at2, at3, at4, at5] = [0n, 1n, 2n, 3n, 4n, 5n].map((count) =>
      expected(0x123456789abcdefn, 0, count),
    );
    const low = (value: bigint) => BigInt.asUintN(32, value);
    const word = (value: bigint) => 0xffffffffffff0000n | BigInt.asUintN(16, value);
    expect(draw(guest, [0x48, ...RDRAND])).toEqual([at0![0], CF]);
    expect(draw(guest, RDRAND)).toEqual([low(at1![0]), CF]);
    expect(draw(guest, [0x66, ...RDRAND])).toEqual([word(at2![0]), CF]);
    expect(draw(guest, [0x48, ...RDSEED])).toEqual([at3![1], CF]);
    expect(draw(guest, RDSEED)).toEqual([low(at4![1]), CF]);
    expect(draw(guest, [0x66, ...RDSEED])).toEqual([word(at5![1]), CF]);
  });

  it("takes the published first block of a key, counter and nonce of zeros", () => {
    const guest = new Guest().long(0x200000);
    expect(draw(guest, [0x48, ...RDRAND])[0]).toBe(0x903df1a0ade0b876n);
  });

  it("counts beyond 32 bits", () => {
    const guest = new Guest().long(0x200000);
    guest.set(S.S_RANDOM, 0x1_0000_0002n);
    expect(draw(guest, [0x48, ...RDRAND])[0]).toBe(expected(0n, 0, 0x1_0000_0002n)[0]);
    expect(guest.get(S.S_RANDOM)).toBe(0x1_0000_0003n);
  });

  it("is announced, on processors of both makers", () => {
    for (const vendor of ["amd", "intel"] as const) {
      const pc = new Pc({ cpu, cpus: 1, memory: MIB, vendor });
      expect(pc.cpuid(0, 1, 0, 2) & 0x40000000).not.toBe(0);
      expect(pc.cpuid(0, 7, 0, 1) & 0x40000).not.toBe(0);
    }
  });
});

describe("a machine", () => {
  /** CPU n executes `draws[n]` times RDRAND and halts; the last number of each. */
  function start(draws: readonly number[], options: Partial<PcOptions> = {}): Pc {
    const pc = new Pc({ cpu, cpus: draws.length, memory: MIB, ...options });
    for (const [index, count] of draws.entries()) again(pc, index, count);
    return pc;
  }
  function again(pc: Pc, index: number, count: number): void {
    const at = CODE + index * 0x400;
    pc.writeRam(at, Uint8Array.from([...Array(count).fill(RDRAND).flat(), HLT]));
    const processor = pc.processors[index]!;
    const flat = { selector: 8, limit: 0xffffffff, base: 0n };
    processor.setSegment(S.CS, { ...flat, attributes: 0xc9b });
    processor.set(REG_CR0, BigInt(CR0_PE | CR0_ET));
    processor.set(REG_RIP, BigInt(at));
    processor.activity = S.ACTIVITY_RUNNING;
    pc.run(pc.time + 1);
  }
  const last = (pc: Pc, index: number) => pc.processors[index]!.get(REG_RAX);
  const low = (value: bigint) => BigInt.asUintN(32, value);

  it("has a seed, 0 unless said, and refuses what is none", () => {
    expect(last(start([3]), 0)).toBe(low(expected(0n, 0, 2n)[0]));
    expect(last(start([3], { seed: 2 ** 53 - 1 }), 0)).toBe(
      low(expected(2n ** 53n - 1n, 0, 2n)[0]),
    );
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN])
      expect(() => start([1], { seed })).toThrow(`seed is ${seed}`);
  });

  it("gives each CPU numbers of its own, however many others draw", () => {
    for (const others of [1, 100]) {
      const pc = start([others, 5, others]);
      expect(last(pc, 1)).toBe(low(expected(0n, 1, 4n)[0]));
    }
  });

  it("goes on after INIT where it was, and starts anew where the CPU changes hands, at the time", () => {
    const pc = start([2]);
    const processor = pc.processors[0]!;
    initProcessor(processor);
    again(pc, 0, 1);
    expect(last(pc, 0)).toBe(low(expected(0n, 0, 2n)[0]));
    processor.renewRandom();
    const { time } = processor;
    again(pc, 0, 1);
    expect(last(pc, 0)).toBe(low(expected(0n, 0, BigInt(time))[0]));
  });

  it("has them in its snapshots and its fingerprint, which fit machines of the same seed", () => {
    const pc = start([3]);
    const saved = pc.save();
    const fingerprint = pc.fingerprint();
    again(pc, 0, 2);
    const next = last(pc, 0);
    pc.restore(saved);
    expect(pc.fingerprint()).toBe(fingerprint);
    pc.processors[0]!.renewRandom();
    expect(pc.fingerprint()).not.toBe(fingerprint);
    pc.restore(saved);
    again(pc, 0, 2);
    expect(last(pc, 0)).toBe(next);
    expect(() => start([3], { seed: 1 }).restore(saved)).toThrow("other options");
  });
});

describe("the numbers", () => {
  it("have as many ones as zeros in each place, and none twice", () => {
    const guest = new Guest().long(0x200000);
    // L: rdrand rax; stosq; loop L; hlt
    guest.write(CODE, [0x48, ...RDRAND, 0x48, 0xab, 0xe2, 0xf8, HLT]);
    const count = 4096;
    guest.setGpr(1, BigInt(count));
    guest.setGpr(7, 0x100000n);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
    const numbers = new BigUint64Array(guest.read(0x100000, count * 8).buffer);
    expect(new Set(numbers).size).toBe(count);
    for (let bit = 0n; bit < 64n; bit++) {
      const ones = numbers.reduce((sum, number) => sum + Number((number >> bit) & 1n), 0);
      // Six standard deviations.
      expect(Math.abs(ones - count / 2), `bit ${bit}`).toBeLessThan(6 * Math.sqrt(count / 4));
    }
  });
});
