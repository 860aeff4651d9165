// Runs x87 code on the real processor: loads a state by FXRSTOR, and whether the code ends or faults, saves it by FXSAVE and FNSTENV and
// makes the unit the host's again before anything else runs.
import koffi from "koffi";
import { countCode } from "../coverage/record.ts";
import { type Fault, handlerCode, withFaults } from "../interpreter/faults.ts";
import { BASE, CODE, DATA_SIZE, DATA_START, jump, SIZE } from "../interpreter/native.ts";
import { AFTER_AT, BEFORE_AT, ENVIRONMENT_AT } from "./sequences.ts";

/** Where code is put, and where it comes to an end. */
export const PLACE = CODE;
const END = BASE + 0x800;
const HANDLER = BASE + 0xa00;
/** RAX and RFLAGS before and after, RBX and RBP before, and the host's RSP. */
const WORDS = BASE + 0xa000;
const [RAX, FLAGS, RBX, RBP, AFTER_RAX, AFTER_FLAGS, HOST_RSP, HOST_CONTROL] = Array.from(
  { length: 8 },
  (_, i) => WORDS + i * 8,
) as [number, number, number, number, number, number, number, number];
const NOTES = BASE + 0xa300;
const SIGNAL_STACK = BASE + 0xb000;
const SIGNAL_STACK_SIZE = 0x4000;
const PROT_ALL = 7;
const PROT_NONE = 0;
const PAGE = 4096;
const MAP_PRIVATE_ANONYMOUS_FIXED = 0x100022;

function little(address: number): number[] {
  return [0, 8, 16, 24].map((shift) => (address >> shift) & 255);
}

/** An instruction whose operand is at an absolute address. */
function at(opcode: number[], reg: number, address: number): number[] {
  return [...opcode, (reg << 3) | 4, 0x25, ...little(address)];
}

const SAVED = [0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57];
const RESTORED = [0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3];
const MOV_TO = [0x48, 0x89];
const MOV_FROM = [0x48, 0x8b];
const FXSAVE64 = [0x48, 0x0f, 0xae];
const X87_CONTROL = [0xd9];
const PUSH = [0xff];
const POP = [0x8f];

const PROLOGUE = [
  ...SAVED,
  ...at(MOV_TO, 4, HOST_RSP),
  ...at(X87_CONTROL, 7, HOST_CONTROL),
  ...at(FXSAVE64, 1, DATA_START + BEFORE_AT),
  ...[...at(PUSH, 6, FLAGS), 0x9d],
  ...at(MOV_FROM, 0, RAX),
  ...at(MOV_FROM, 3, RBX),
  ...at(MOV_FROM, 5, RBP),
];

const EPILOGUE = [
  ...at(MOV_TO, 0, AFTER_RAX),
  ...at(MOV_FROM, 4, HOST_RSP),
  ...[0x9c, ...at(POP, 0, AFTER_FLAGS)],
  ...at(FXSAVE64, 0, DATA_START + AFTER_AT),
  ...at(X87_CONTROL, 6, DATA_START + ENVIRONMENT_AT),
  ...[0xdb, 0xe3, ...at(X87_CONTROL, 5, HOST_CONTROL)],
  ...RESTORED,
];

/** Bytes at the mapping's end of which a store may leave some before it faults at those beyond: the largest operand, FNSAVE's. */
export const EDGE = 108;

/** RAX, RFLAGS, RBX, RBP. */
export type Words = readonly [bigint, bigint, bigint, bigint];

/** The real processor. */
export class NativeX87 {
  readonly #bytes: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #call: () => void;

  constructor() {
    const libc = koffi.load("libc.so.6");
    const map = libc.func("void *mmap(intptr_t, size_t, int, int, int, intptr_t)");
    const mapped = map(BASE, SIZE, PROT_ALL, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0);
    if (Number(koffi.address(mapped)) !== BASE)
      throw new Error("the mapping is not where it should be");
    for (const beside of [BASE - PAGE, BASE + SIZE])
      map(beside, PAGE, PROT_NONE, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0);
    const buffer = koffi.view(mapped, SIZE);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#bytes.set([...PROLOGUE, ...jump(BASE + PROLOGUE.length, PLACE)], 0);
    this.#bytes.set(EPILOGUE, END - BASE);
    this.#bytes.set(handlerCode(NOTES, END), HANDLER - BASE);
    this.#call = koffi.decode(mapped, koffi.proto("void x87()"));
  }

  /** Runs code on `data`, which has the state and is replaced by what is left; returns RAX and RFLAGS. To be used in `withFaults`. */
  run(code: readonly number[], words: Words, data: Uint8Array): [bigint, bigint] {
    countCode(code);
    this.#bytes.set([...code, ...jump(PLACE + code.length, END)], PLACE - BASE);
    this.#bytes.set(data, DATA_START - BASE);
    this.#bytes.fill(0, SIZE - EDGE);
    this.#words.set(words, (WORDS - BASE) / 8);
    this.#call();
    data.set(this.#bytes.subarray(DATA_START - BASE, DATA_START - BASE + DATA_SIZE));
    const after = (AFTER_RAX - BASE) / 8;
    return [this.#words[after]!, this.#words[after + 1]!];
  }

  withFaults(use: () => void): void {
    withFaults(HANDLER, SIGNAL_STACK, SIGNAL_STACK_SIZE, use);
  }

  /** The fault that the last code ended with, or undefined; forgotten by this. */
  takeFault(): Fault | undefined {
    const notes = this.#words.subarray((NOTES - BASE) / 8, (NOTES - BASE) / 8 + 4);
    const [vector, error, cr2, rip] = notes;
    notes.fill(0n);
    if (rip === 0n) return undefined;
    return { vector: Number(vector), error: error!, cr2: cr2!, rip: rip! };
  }
}
