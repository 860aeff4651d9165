// The x87 unit, state for state against the processor that runs the tests: random sequences of every encoding on random states, with
// masked and unmasked exceptions, stack faults, and all that FXSAVE and FNSTENV show afterwards.
import { describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { IS_AMD } from "../host.ts";
import { Random } from "../interpreter/snippets.ts";
import { GuestX87 } from "./guest.ts";
import { NativeX87, type Words } from "./native.ts";
import {
  AFTER_AT,
  BEFORE_AT,
  ENVIRONMENT_AT,
  makeData,
  makeInstruction,
  makeState,
  OPERANDS_AT,
  POINTERS,
  SAVED_SIZE,
} from "./sequences.ts";

const { cases, seed, title } = share({ quick: 4000, full: 20000, seed: 87 });
const ARITHMETIC_FLAGS = 0x8d5n;
const REGISTERS = 8;
const FIRST_REGISTER = 32;
const REGISTER_SIZE = 16;
/** Status word: C1 after FCMOV and its kin is a maker's own. */
const STATUS = IS_AMD ? 0xffff : 0xfdff;
/** Where the status word and the pointers are in an environment. */
const STATUS_AT = 4;
const POINTERS_AT = 12;
/** How often a case is tried on the real processor. */
const ATTEMPTS = 3;
/** Letters of a difference that are shown. */
const SHOWN = 40;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Words and registers of FXSAVE's format. */
function showState(saved: Uint8Array): string {
  const registers = Array.from({ length: REGISTERS }, (_, i) => {
    const at = FIRST_REGISTER + i * REGISTER_SIZE;
    return hex(saved.slice(at, at + 10).reverse());
  });
  const view = new DataView(saved.buffer, saved.byteOffset);
  const [control, status] = [view.getUint16(0, true), view.getUint16(2, true) & STATUS].map(
    (word) => word.toString(16).padStart(4, "0"),
  );
  return `control ${control} status ${status} tags ${hex(saved.slice(4, 5))} ${registers.join(" ")}`;
}

/** RAX, flags, and memory from FNSTENV's on; the pointers to the last instruction do not survive a signal. */
function showRest(rax: bigint, flags: bigint, data: Uint8Array, isFault: boolean): string {
  const words = [rax & 0xffffn, flags & ARITHMETIC_FLAGS].map((word) => word.toString(16));
  const environment = data.slice(ENVIRONMENT_AT, OPERANDS_AT);
  if (isFault || !IS_AMD) environment.fill(0, POINTERS_AT);
  const view = new DataView(environment.buffer);
  view.setUint16(STATUS_AT, view.getUint16(STATUS_AT, true) & STATUS, true);
  return `${words.join(" ")} ${hex(environment)} ${hex(data.subarray(OPERANDS_AT))}`;
}

/** The first difference of two texts, with what is around it. */
function difference(found: string, expected: string): string {
  const at = [...found].findIndex((letter, i) => letter !== expected[i]);
  if (at < 0) return "same";
  const [is, should] = [found, expected].map((text) =>
    text.slice(Math.max(0, at - SHOWN), at + SHOWN),
  );
  return `at ${at}: ${is}, not ${should}`;
}

/** A case: code, and what it starts with. */
interface Case {
  code: number[];
  words: Words;
  data: Uint8Array;
}

/** What a case led to: state and fault, and the rest. */
type Outcome = readonly [string, string];

function runGuest(guest: GuestX87, { code, words, data }: Case): Outcome {
  const left = data.slice();
  const { saved, fault, rax, flags } = guest.run(code, words, left);
  return [`${showState(saved)} ${fault}`, showRest(rax, flags, left, fault !== "")];
}

function runNative(native: NativeX87, { code, words, data }: Case): Outcome {
  const left = data.slice();
  const [rax, flags] = native.run(code, words, left);
  const fault = native.takeFault();
  const text = fault === undefined ? "" : `#${fault.vector} at ${fault.rip.toString(16)}`;
  const state = showState(left.subarray(AFTER_AT));
  return [`${state} ${text}`, showRest(rax, flags, left, fault !== undefined)];
}

/** Runs a random case on both; a text if they differ. */
function play(guest: GuestX87, native: NativeX87, random: Random, length: number): string {
  const instructions = Array.from({ length }, () => makeInstruction(random));
  const data = makeData(random);
  data.set(makeState(random), BEFORE_AT);
  const flags = (BigInt(random.next()) & ARITHMETIC_FLAGS) | 0x202n;
  const one: Case = { code: instructions.flat(), words: [random.wide(), flags, ...POINTERS], data };
  const found = runGuest(guest, one);
  let expected: Outcome = ["", ""];
  // A system that switches tasks in between may lose the pointers to the last instruction.
  for (let i = 0; i < ATTEMPTS; i++) {
    expected = runNative(native, one);
    if (found[0] === expected[0] && found[1] === expected[1]) return "";
  }
  const text = instructions.map((bytes) => hex(Uint8Array.from(bytes))).join(" ");
  const before = showState(data.subarray(BEFORE_AT, SAVED_SIZE));
  return `${text}\n before ${before}\n found  ${found[0]}\n native ${expected[0]}\n rest ${difference(found[1], expected[1])}\n`;
}

const isHere = process.platform === "linux" && process.arch === "x64";
describe.skipIf(!isHere)("the x87 unit", () => {
  it(
    `does what the processor does (${title})`,
    () => {
      const guest = new GuestX87();
      const native = new NativeX87();
      const random = new Random(seed);
      const wrong: string[] = [];
      native.withFaults(() => {
        for (let i = 0; i < cases && wrong.length < 10; i++) {
          const text = play(guest, native, random, 1 + (i % 2) * random.below(5));
          if (text !== "") wrong.push(`${i}: ${text}`);
        }
      });
      expect(wrong.join("")).toBe("");
    },
    CAMPAIGN_TIMEOUT,
  );
});
