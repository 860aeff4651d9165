// Transcendental functions of the x87 unit: special operands and exceptions as on the processor that runs the tests, results within a
// unit of the last place of an AMD's, and a few of another maker's.
import { beforeAll, describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { IS_AMD } from "../host.ts";
import { Random } from "../interpreter/snippets.ts";
import { Core } from "./core.ts";
import {
  CASE_A,
  CASE_B,
  CASE_CONTROL,
  CASE_FLAGS,
  CASE_RESULT,
  CASE_SAVED,
  CASE_SIZE,
  NativeFloat,
} from "./native.ts";
import { EXTENDED, extendedOf, operand, partner } from "./operands.ts";
import { extendedAt, isWithin } from "./ulps.ts";

const { cases, seed, title } = share({ quick: 4000, full: 20000, seed: 83 });
const CHUNK = 2000;
const EXCEPTIONS = 0x3f;
const C2 = 0x400;
const BIAS = 0x3fff;
const SAVED_STATUS = CASE_SAVED + 2;
const SAVED_ST = CASE_SAVED + 32;
const REGISTER_SIZE = 16;
/** Units of the last place that two results may differ by: each is off by less than one. */
const ULPS = IS_AMD ? 1n : 4n;

/** An operation of extended.as.ts and its instruction. */
interface Operation {
  name: string;
  number: number;
  bytes: number[];
  register: number;
  /** Operands with an exponent field from this one on are beyond what is defined. */
  limit: number;
}

const OPERATIONS: Operation[] = [
  ["f2xm1", 48, [0xd9, 0xf0], 0, BIAS],
  ["fyl2x", 49, [0xd9, 0xf1], 0, 0x8000],
  ["fyl2xp1", 50, [0xd9, 0xf9], 0, BIAS - 2],
  ["fpatan", 51, [0xd9, 0xf3], 0, 0x8000],
  ["fsin", 52, [0xd9, 0xfe], 0, 0x8000],
  ["fcos", 53, [0xd9, 0xff], 0, 0x8000],
  ["fptan", 54, [0xd9, 0xf2], 1, 0x8000],
].map(
  ([name, number, bytes, register, limit]) =>
    ({ name, number, bytes, register, limit }) as Operation,
);

/** A first operand that is defined. */
function defined(random: Random, limit: number): bigint {
  for (;;) {
    const value = operand(random, EXTENDED);
    const field = Number((value >> 63n) & 0x7fffn);
    if (field < limit || field === 0x7fff) return value;
  }
}

function setOperand(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, value >> 64n, true);
}

const isHere = process.platform === "linux" && process.arch === "x64";
describe.skipIf(!isHere)("transcendental functions", () => {
  let native: NativeFloat;
  let core: Core;
  beforeAll(() => {
    native = new NativeFloat(CHUNK);
    core = new Core(CHUNK);
  });

  function prepare(operation: Operation, random: Random): DataView {
    const view = new DataView(native.cases.buffer, native.cases.byteOffset);
    for (let i = 0; i < CHUNK; i++) {
      const at = i * CASE_SIZE;
      const a = defined(random, operation.limit);
      setOperand(view, at + CASE_A, extendedOf(random, a));
      setOperand(view, at + CASE_B, extendedOf(random, partner(random, EXTENDED, a)));
      const rounding = random.below(2) === 0 ? 0 : random.below(4) << 10;
      view.setUint32(at + CASE_CONTROL, EXCEPTIONS | 0x300 | rounding, true);
    }
    return view;
  }

  /** What is wrong with a case, or undefined. */
  function judge(operation: Operation, theirs: DataView, ours: DataView, at: number) {
    const status = theirs.getUint16(at + SAVED_STATUS, true);
    const isBeyond = operation.number >= 52 && (status & C2) !== 0;
    const register = isBeyond ? 0 : operation.register;
    const expected = extendedAt(theirs, at + SAVED_ST + register * REGISTER_SIZE);
    const found = extendedAt(ours, at + CASE_RESULT);
    const mask = EXCEPTIONS | (operation.number >= 52 ? C2 : 0);
    const flags = ours.getUint32(at + CASE_FLAGS, true);
    const isExact = (flags & 0x20) === 0;
    const isNear = isExact ? expected === found : isWithin(expected, found, ULPS);
    // Another maker's may be inexact where these are not, and the other way round.
    if (!IS_AMD && isWithin(expected, found, ULPS)) return undefined;
    if (isNear && (flags & mask) === (status & mask)) return undefined;
    const operands = [CASE_A, CASE_B].map((x) => extendedAt(theirs, at + x).toString(16));
    const control = theirs.getUint32(at + CASE_CONTROL, true).toString(16);
    const [is, should] = [found, expected].map((value) => value.toString(16));
    return `${operands.join(" ")} control ${control}: ${is} ${(flags & mask).toString(16)}, not ${should} ${(status & mask).toString(16)}`;
  }

  it.each(OPERATIONS)(
    `$name is as near as the processor's (${title})`,
    (operation) => {
      const random = new Random(seed * 64 + operation.number);
      for (let done = 0; done < cases; done += CHUNK) {
        const theirs = prepare(operation, random);
        core.cases.set(native.cases);
        native.x87(operation.bytes, CHUNK);
        core.run(128 + operation.number, CHUNK);
        const ours = new DataView(core.cases.buffer, core.cases.byteOffset);
        const wrong = [...Array(CHUNK).keys()].map((i) =>
          judge(operation, theirs, ours, i * CASE_SIZE),
        );
        expect(wrong.filter((text) => text !== undefined).slice(0, 10)).toEqual([]);
      }
    },
    CAMPAIGN_TIMEOUT,
  );
});
