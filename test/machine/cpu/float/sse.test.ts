// SSE's arithmetic on binary32 and binary64, bit for bit against the processor that runs the tests: every rounding mode, DAZ, FTZ,
// masked and unmasked exceptions.
import { beforeAll, describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { Random } from "../interpreter/snippets.ts";
import { Core } from "./core.ts";
import {
  CASE_A,
  CASE_B,
  CASE_COMPLETED,
  CASE_CONTROL,
  CASE_FLAGS,
  CASE_RESULT,
  CASE_SIZE,
  NativeFloat,
  type Result,
} from "./native.ts";
import { DOUBLE, type Format, operand, partner, SINGLE } from "./operands.ts";

const { cases, seed, title } = share({ quick: 4000, full: 20000, seed: 81 });
const CHUNK = 2000;
const EXCEPTIONS = 0x3f;
const ALL_MASKED = 0x1f80;
/** Order of two values by EFLAGS' ZF, PF and CF after UCOMISD. */
const FLAGS_ZPC = 0x45;
const RELATIONS = new Map([
  [0x01, 0n],
  [0x40, 1n],
  [0x00, 2n],
  [0x45, 3n],
]);

/** An operation of float.as.ts, and the instruction that is its oracle. */
interface Operation {
  name: string;
  number: number;
  bytes: number[];
  result: Result;
  /** Width of the result in bits. */
  width: number;
  format: Format;
  isInteger?: boolean;
}

const ARITHMETIC: [string, number, number[]][] = [
  ["add", 0, [0x58, 0xc1]],
  ["sub", 1, [0x5c, 0xc1]],
  ["mul", 2, [0x59, 0xc1]],
  ["div", 3, [0x5e, 0xc1]],
  ["sqrt", 4, [0x51, 0xc1]],
  ["min", 5, [0x5d, 0xc1]],
  ["max", 6, [0x5f, 0xc1]],
];

const COMPARED: [string, number, number[]][] = [
  ["ucomi", 7, [0x0f, 0x2e, 0xc1]],
  ["comi", 8, [0x0f, 0x2f, 0xc1]],
];

function scalar(format: Format): Operation[] {
  const isSingle = format === SINGLE;
  const suffix = isSingle ? "ss" : "sd";
  const width = isSingle ? 32 : 64;
  const first = isSingle ? 0 : 16;
  const rest = { width, format };
  return [
    ...ARITHMETIC.map(([name, number, bytes]) => ({
      ...rest,
      name: name + suffix,
      number: first + number,
      bytes: [isSingle ? 0xf3 : 0xf2, 0x0f, ...bytes],
      result: "xmm" as const,
    })),
    ...COMPARED.map(([name, number, bytes]) => ({
      ...rest,
      name: name + suffix,
      number: first + number,
      bytes: [...(isSingle ? [] : [0x66]), ...bytes],
      result: "flags" as const,
    })),
    {
      ...rest,
      name: `round${suffix}`,
      number: first + 9,
      bytes: [0x66, 0x0f, 0x3a, isSingle ? 0x0a : 0x0b, 0xc1, 4],
      result: "xmm",
    },
  ];
}

function conversion(
  number: number,
  name: string,
  bytes: number[],
  result: Result,
  width: number,
  format: Format,
  isInteger = false,
): Operation {
  return { number: 32 + number, name, bytes, result, width, format, isInteger };
}

const CONVERSIONS = [
  conversion(0, "cvtsd2ss", [0xf2, 0x0f, 0x5a, 0xc1], "xmm", 32, DOUBLE),
  conversion(1, "cvtss2sd", [0xf3, 0x0f, 0x5a, 0xc1], "xmm", 64, SINGLE),
  conversion(2, "cvtsd2si eax", [0xf2, 0x0f, 0x2d, 0xc1], "rax", 32, DOUBLE),
  conversion(3, "cvtsd2si rax", [0xf2, 0x48, 0x0f, 0x2d, 0xc1], "rax", 64, DOUBLE),
  conversion(4, "cvttsd2si eax", [0xf2, 0x0f, 0x2c, 0xc1], "rax", 32, DOUBLE),
  conversion(5, "cvttsd2si rax", [0xf2, 0x48, 0x0f, 0x2c, 0xc1], "rax", 64, DOUBLE),
  conversion(6, "cvtss2si eax", [0xf3, 0x0f, 0x2d, 0xc1], "rax", 32, SINGLE),
  conversion(7, "cvtss2si rax", [0xf3, 0x48, 0x0f, 0x2d, 0xc1], "rax", 64, SINGLE),
  conversion(8, "cvttss2si eax", [0xf3, 0x0f, 0x2c, 0xc1], "rax", 32, SINGLE),
  conversion(9, "cvttss2si rax", [0xf3, 0x48, 0x0f, 0x2c, 0xc1], "rax", 64, SINGLE),
  conversion(10, "cvtsi2sd ecx", [0xf2, 0x0f, 0x2a, 0xc1], "xmm", 64, DOUBLE, true),
  conversion(11, "cvtsi2sd rcx", [0xf2, 0x48, 0x0f, 0x2a, 0xc1], "xmm", 64, DOUBLE, true),
  conversion(12, "cvtsi2ss ecx", [0xf3, 0x0f, 0x2a, 0xc1], "xmm", 32, SINGLE, true),
  conversion(13, "cvtsi2ss rcx", [0xf3, 0x48, 0x0f, 0x2a, 0xc1], "xmm", 32, SINGLE, true),
];

/** Packed binary32: the same operations, for what several lanes report together. */
const PACKED: Operation[] = [
  ["addps", 0, 0x58],
  ["mulps", 2, 0x59],
  ["divps", 3, 0x5e],
  ["maxps", 6, 0x5f],
].map(([name, number, opcode]) => ({
  name: name as string,
  number: 64 + (number as number),
  bytes: [0x0f, opcode as number, 0xc1],
  result: "xmm",
  width: 128,
  format: SINGLE,
}));

const APPROXIMATIONS: Operation[] = [
  ["rcpss", 0, 0x53],
  ["rsqrtss", 1, 0x52],
].map(([name, number, opcode]) => ({
  name: name as string,
  number: 48 + (number as number),
  bytes: [0xf3, 0x0f, opcode as number, 0xc1],
  result: "xmm",
  width: 32,
  format: SINGLE,
}));
/** What two approximations may differ by: each is off by 1.5 * 2^-12 at most. */
const APPROXIMATION = 3 * 2 ** -12;

/** The least normal binary32: a result there may be flushed or not. */
const LEAST = 2 ** -126;

/** MXCSR: any rounding mode; mostly all masked, sometimes DAZ and FTZ, sometimes with exceptions on record. */
function control(random: Random): number {
  const rounding = random.below(2) === 0 ? 0 : random.below(4) << 13;
  const denormals = [0, 0, 0x40, 0x8000, 0x8040][random.below(5)]!;
  const masks = random.below(32) === 0 ? (random.next() & EXCEPTIONS) << 7 : ALL_MASKED;
  return rounding | denormals | masks | [0, 0x20, EXCEPTIONS][random.below(3)]!;
}

function integer(random: Random): bigint {
  const value = BigInt.asIntN(64, random.wide()) >> BigInt(random.below(64));
  return BigInt.asUintN(64, value);
}

function draw(
  random: Random,
  { format, isInteger, width }: Operation,
  view: DataView,
  at: number,
): void {
  const lanes = width === 128 ? 4 : 1;
  for (let lane = 0; lane < lanes; lane++) {
    const a = operand(random, format);
    const b = isInteger ? integer(random) : partner(random, format, a);
    for (const [offset, value] of [[CASE_A, a] as const, [CASE_B, b] as const])
      if (lanes > 1) view.setUint32(at + offset + lane * 4, Number(value), true);
      else view.setBigUint64(at + offset, value, true);
  }
  view.setUint32(at + CASE_CONTROL, control(random), true);
  view.setUint8(at + CASE_COMPLETED, 0);
}

/** Result and exceptions of a case; of an unmasked one the exceptions alone. */
function outcome(
  { result, width }: Operation,
  view: DataView,
  at: number,
  isNative: boolean,
): string {
  const word = view.getUint32(at + CASE_CONTROL, true);
  const flags = view.getUint32(at + CASE_FLAGS, true) & EXCEPTIONS;
  const noted = flags | (word & EXCEPTIONS);
  const isCompleted = isNative
    ? view.getUint8(at + CASE_COMPLETED) === 1
    : (flags & ~(word >> 7)) === 0;
  if (!isCompleted) return `unmasked, exceptions ${noted.toString(16)}`;
  const [low, high] = [0, 8].map((x) => view.getBigUint64(at + CASE_RESULT + x, true));
  const raw = BigInt.asUintN(width, low! | (high! << 64n));
  const isOrder = result === "flags" && isNative;
  const value = isOrder ? RELATIONS.get(Number(raw) & FLAGS_ZPC) : raw;
  return `${value?.toString(16)}, exceptions ${noted.toString(16)}`;
}

describe.skipIf(process.platform !== "linux" || process.arch !== "x64")("SSE's arithmetic", () => {
  let native: NativeFloat;
  let core: Core;
  beforeAll(() => {
    native = new NativeFloat(CHUNK);
    core = new Core(CHUNK);
  });

  function compare(operation: Operation, random: Random, count: number): string[] {
    const view = new DataView(native.cases.buffer, native.cases.byteOffset);
    for (let i = 0; i < count; i++) draw(random, operation, view, i * CASE_SIZE);
    core.cases.set(native.cases);
    native.sse(operation.bytes, operation.result, count);
    core.run(operation.number, count);
    const ours = new DataView(core.cases.buffer, core.cases.byteOffset);
    const wrong: string[] = [];
    for (let i = 0; i < count; i++) {
      const at = i * CASE_SIZE;
      const expected = outcome(operation, view, at, true);
      const found = outcome(operation, ours, at, false);
      if (expected === found) continue;
      const words = [CASE_A, CASE_B].map((x) => view.getBigUint64(at + x, true).toString(16));
      const mxcsr = view.getUint32(at + CASE_CONTROL, true).toString(16);
      wrong.push(`${words.join(" ")} mxcsr ${mxcsr}: ${found}, not ${expected}`);
    }
    return wrong;
  }

  it.each(APPROXIMATIONS)(
    `$name is as near as the processor's (${title})`,
    (operation) => {
      const random = new Random(seed * 64 + operation.number);
      compare(operation, random, CHUNK);
      const theirs = new DataView(native.cases.buffer, native.cases.byteOffset);
      const ours = new DataView(core.cases.buffer, core.cases.byteOffset);
      for (let i = 0; i < CHUNK; i++) {
        const at = i * CASE_SIZE + CASE_RESULT;
        const found = ours.getFloat32(at, true);
        const expected = theirs.getFloat32(at, true);
        const isTiny = Math.max(Math.abs(found), Math.abs(expected)) <= LEAST;
        const isNear = isTiny || Math.abs(found / expected - 1) <= APPROXIMATION;
        if (!isNear) expect(ours.getUint32(at, true)).toBe(theirs.getUint32(at, true));
      }
    },
    CAMPAIGN_TIMEOUT,
  );

  it.each([...scalar(SINGLE), ...scalar(DOUBLE), ...CONVERSIONS, ...PACKED])(
    `$name gives what the processor gives (${title})`,
    (operation) => {
      const random = new Random(seed * 64 + operation.number);
      for (let left = cases; left > 0; left -= CHUNK) {
        const wrong = compare(operation, random, Math.min(left, CHUNK));
        expect(wrong.slice(0, 10)).toEqual([]);
      }
    },
    CAMPAIGN_TIMEOUT,
  );
});
