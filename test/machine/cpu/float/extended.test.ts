// The x87 unit's arithmetic, bit for bit against the processor that runs the tests: every rounding mode and precision, masked and
// unmasked exceptions, encodings that are no numbers.
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

const { cases, seed, title } = share({ quick: 4000, full: 20000, seed: 82 });
const CHUNK = 2000;
const EXCEPTIONS = 0x3f;
const UNDERFLOW = 0x10;
/** Exceptions before the computation. */
const EARLY = 0x7;
const C1 = 0x200;
const CONDITIONS = 0x4700;
/** What FXSAVE has of the status word and of ST(0). */
const SAVED_STATUS = CASE_SAVED + 2;
const SAVED_ST = CASE_SAVED + 32;
const REGISTER_SIZE = 16;

/** An operation of extended.as.ts, and the instruction that is its oracle. */
interface Operation {
  name: string;
  number: number;
  bytes: number[];
  /** Where the result is: a register, or so many bytes at [RBX + 48]; none for comparisons. */
  register?: number;
  stored?: number;
  /** Condition codes that count. */
  conditions: number;
  /** Wants a whole number near the limits of integers now and then. */
  isWhole?: boolean;
}

function onRegister(number: number, name: string, bytes: number[], register = 0): Operation {
  const isRemainder = name.startsWith("fprem");
  return { number, name, bytes, register, conditions: isRemainder ? CONDITIONS : C1 };
}

function comparison(number: number, name: string, bytes: number[]): Operation {
  return { number, name, bytes, conditions: CONDITIONS };
}

function store(number: number, name: string, bytes: number[], stored: number): Operation {
  return { number, name, bytes, stored, conditions: C1, isWhole: number >= 34 };
}

const OPERATIONS: Operation[] = [
  onRegister(0, "fadd", [0xd8, 0xc1]),
  onRegister(1, "fsub", [0xd8, 0xe1]),
  onRegister(2, "fmul", [0xd8, 0xc9]),
  onRegister(3, "fdiv", [0xd8, 0xf1]),
  onRegister(4, "fsqrt", [0xd9, 0xfa]),
  onRegister(5, "fprem", [0xd9, 0xf8]),
  onRegister(6, "fprem1", [0xd9, 0xf5]),
  onRegister(7, "fscale", [0xd9, 0xfd]),
  onRegister(8, "frndint", [0xd9, 0xfc]),
  onRegister(9, "fxtract, exponent", [0xd9, 0xf4], 1),
  onRegister(10, "fxtract, significand", [0xd9, 0xf4], 0),
  comparison(16, "fcom", [0xd8, 0xd1]),
  comparison(17, "fucom", [0xdd, 0xe1]),
  store(32, "fst m32", [0xd9, 0x53, 0x30], 4),
  store(33, "fst m64", [0xdd, 0x53, 0x30], 8),
  store(34, "fist m16", [0xdf, 0x53, 0x30], 2),
  store(35, "fist m32", [0xdb, 0x53, 0x30], 4),
  store(36, "fistp m64", [0xdf, 0x7b, 0x30], 8),
  store(37, "fisttp m16", [0xdf, 0x4b, 0x30], 2),
  store(38, "fisttp m32", [0xdb, 0x4b, 0x30], 4),
  store(39, "fisttp m64", [0xdd, 0x4b, 0x30], 8),
  store(40, "fbstp", [0xdf, 0x73, 0x30], 10),
];

/** A control word. Of a tiny remainder, which is exact, Intel's processors do not tell always; it counts where AMD's are. */
function word(random: Random, operation: Operation): number {
  const some = random.below(8) === 0 ? random.next() & EXCEPTIONS : EXCEPTIONS;
  const masks = operation.name.startsWith("fprem") && !IS_AMD ? some | UNDERFLOW : some;
  const precision = random.pick([0, 2, 3, 3, 3]) << 8;
  const rounding = random.below(2) === 0 ? 0 : random.below(4) << 10;
  return masks | precision | rounding;
}

/** Sign, exponent and fraction of a number near a power of two that integers end at, or somewhere between. */
function whole(random: Random): bigint {
  const at =
    0x3fffn - 2n + BigInt(random.pick([random.below(70), 15, 16, 17, 31, 33, 59, 61, 62, 64, 65]));
  const low = operand(random, EXTENDED) & ((1n << 63n) - 1n);
  return (BigInt(random.below(2)) << 78n) | (at << 63n) | low;
}

function setOperand(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, value >> 64n, true);
}

function bytes(view: DataView, at: number, size: number): string {
  const list = [...new Uint8Array(view.buffer, view.byteOffset + at, size)].reverse();
  return list.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Result and status of a case, as far as they are defined; `isNative`: from what FXSAVE left. */
function outcome(operation: Operation, view: DataView, at: number, isNative: boolean): string {
  const masks = view.getUint32(at + CASE_CONTROL, true);
  const status = isNative
    ? view.getUint16(at + SAVED_STATUS, true)
    : view.getUint32(at + CASE_FLAGS, true);
  const pending = status & ~masks & EXCEPTIONS;
  const isKept = (pending & EARLY) !== 0 || (operation.stored !== undefined && pending & 0x18);
  const seen = isKept ? status & EXCEPTIONS : status & (EXCEPTIONS | operation.conditions);
  const text = `status ${seen.toString(16)}`;
  if (isKept) return text;
  const { stored, register } = operation;
  if (stored !== undefined) return `${bytes(view, at + CASE_RESULT, stored)} ${text}`;
  if (register === undefined) return text;
  const from = isNative ? at + SAVED_ST + register * REGISTER_SIZE : at + CASE_RESULT;
  return `${bytes(view, from, 10)} ${text}`;
}

const isHere = process.platform === "linux" && process.arch === "x64";
describe.skipIf(!isHere)("the x87 unit's arithmetic", () => {
  let native: NativeFloat;
  let core: Core;
  beforeAll(() => {
    native = new NativeFloat(CHUNK);
    core = new Core(CHUNK);
  });

  function compare(operation: Operation, random: Random, count: number): string[] {
    const view = new DataView(native.cases.buffer, native.cases.byteOffset);
    for (let i = 0; i < count; i++) {
      const at = i * CASE_SIZE;
      const isWhole = operation.isWhole && random.below(2) === 0;
      const a = isWhole ? whole(random) : operand(random, EXTENDED);
      setOperand(view, at + CASE_A, extendedOf(random, a));
      setOperand(view, at + CASE_B, extendedOf(random, partner(random, EXTENDED, a)));
      view.setUint32(at + CASE_CONTROL, word(random, operation), true);
    }
    core.cases.set(native.cases);
    native.x87(operation.bytes, count);
    core.run(128 + operation.number, count);
    const ours = new DataView(core.cases.buffer, core.cases.byteOffset);
    const wrong: string[] = [];
    for (let i = 0; i < count; i++) {
      const at = i * CASE_SIZE;
      const expected = outcome(operation, view, at, true);
      const found = outcome(operation, ours, at, false);
      if (expected === found) continue;
      const operands = [CASE_A, CASE_B].map((x) => bytes(view, at + x, 10)).join(" ");
      const control = view.getUint32(at + CASE_CONTROL, true).toString(16);
      wrong.push(`${operands} control ${control}: ${found}, not ${expected}`);
    }
    return wrong;
  }

  it.each(OPERATIONS)(
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
