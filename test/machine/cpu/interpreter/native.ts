// Runs user-mode snippets on the real processor: an executable mapping at a fixed address, and a stub that loads all registers, runs
// the snippet and saves them.
import koffi from "koffi";
import { countCode } from "../coverage/record.ts";
import { type Fault, handlerCode, withFaults } from "./faults.ts";

/** Linear address of the mapping, on the processor and in the guest: below Node's program, whose heap may lie anywhere behind it. */
export const BASE = 0x200000;
/** Size of the mapping. */
export const SIZE = 0x10000;
/** Where snippets are put. */
export const CODE = BASE + 0x1000;
/** Middle of the data that snippets work on; DATA_SIZE bytes around it are compared. */
export const DATA = BASE + 0x8800;
/** Size of the data. */
export const DATA_SIZE = 0x1000;
/** First byte of the data. */
export const DATA_START = BASE + 0x8000;
/** Registers in encoding order and RFLAGS, before. */
const BEFORE = BASE + 0xa000;
/** The same, after. */
const AFTER = BASE + 0xa100;
/** The caller's stack pointer. */
const HOST_RSP = BASE + 0xa200;
/** What FXSAVE64 writes: the caller's, before, after. */
const HOST_FX = BASE + 0xa400;
const BEFORE_FX = BASE + 0xa600;
const AFTER_FX = BASE + 0xa800;
/** Bytes that FXSAVE64 writes. */
export const FX_SIZE = 512;
/** The epilogue. */
const EPILOGUE = BASE + 0x800;
/** The handler of faults, what it notes, and its stack. */
const HANDLER = BASE + 0xa00;
const NOTES = BASE + 0xa300;
const SIGNAL_STACK = BASE + 0xb000;
const SIGNAL_STACK_SIZE = 0x4000;
const REGISTERS = 16;
const RSP = 4;
const PROT_ALL = 7;
const PROT_NONE = 0;
const MAP_PRIVATE_ANONYMOUS_FIXED = 0x100022;
const PAGE = 4096;

/** Registers in encoding order, RFLAGS, and what FXSAVE64 would write. */
export interface Registers {
  gpr: BigUint64Array;
  flags: bigint;
  fx: Uint8Array;
}

/** x87 and SSE as they are after a reset and FNINIT. */
export function plainFx(): Uint8Array {
  const fx = new Uint8Array(FX_SIZE);
  const view = new DataView(fx.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(24, 0x1f80, true);
  return fx;
}

/** FXSAVE64 (/0) or FXRSTOR64 (/1) at an absolute address. */
function transferFx(number: number, address: number): number[] {
  return [0x48, 0x0f, 0xae, (number << 3) | 4, 0x25, ...absolute(address)];
}

function absolute(address: number): number[] {
  return [0, 8, 16, 24].map((shift) => (address >> shift) & 255);
}

/** MOV between a register and an absolute address; opcode 8B loads, 89 stores. */
function move(opcode: number, register: number, address: number): number[] {
  const rex = 0x48 | (register >= 8 ? 4 : 0);
  return [rex, opcode, ((register & 7) << 3) | 4, 0x25, ...absolute(address)];
}

const SAVED = [[0x53], [0x55], [0x41, 0x54], [0x41, 0x55], [0x41, 0x56], [0x41, 0x57]];
const RESTORED = [[0x41, 0x5f], [0x41, 0x5e], [0x41, 0x5d], [0x41, 0x5c], [0x5d], [0x5b]];

/** JMP from the end of `at` + 5 to `to`. */
export function jump(at: number, to: number): number[] {
  return [0xe9, ...absolute(to - at - 5)];
}

function prologue(): number[] {
  const others = [...Array(REGISTERS).keys()].filter((register) => register !== RSP);
  const code = [
    ...SAVED.flat(),
    ...transferFx(0, HOST_FX),
    ...transferFx(1, BEFORE_FX),
    ...move(0x89, RSP, HOST_RSP),
    ...[0xff, 0x34, 0x25, ...absolute(BEFORE + REGISTERS * 8), 0x9d],
    ...others.flatMap((register) => move(0x8b, register, BEFORE + register * 8)),
    ...move(0x8b, RSP, BEFORE + RSP * 8),
  ];
  return [...code, ...jump(BASE + code.length, CODE)];
}

function epilogue(): number[] {
  return [
    ...[...Array(REGISTERS).keys()].flatMap((register) =>
      move(0x89, register, AFTER + register * 8),
    ),
    ...move(0x8b, RSP, HOST_RSP),
    ...[0x9c, 0x8f, 0x04, 0x25, ...absolute(AFTER + REGISTERS * 8), 0xfc],
    ...transferFx(0, AFTER_FX),
    ...transferFx(1, HOST_FX),
    ...RESTORED.flat(),
    0xc3,
  ];
}

/** The real processor. */
export class Native {
  readonly #bytes: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #call: () => void;

  constructor() {
    const libc = koffi.load("libc.so.6");
    const map = libc.func("void *mmap(intptr_t, size_t, int, int, int, intptr_t)");
    const at = map(BASE, SIZE, PROT_ALL, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0);
    if (Number(koffi.address(at)) !== BASE)
      throw new Error("the mapping is not where it should be");
    // What lies before and after the mapping is never accessible.
    for (const beside of [BASE - PAGE, BASE + SIZE])
      map(beside, PAGE, PROT_NONE, MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0);
    const buffer = koffi.view(at, SIZE);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#bytes.set(prologue(), 0);
    this.#bytes.set(epilogue(), EPILOGUE - BASE);
    this.#bytes.set(handlerCode(NOTES, EPILOGUE), HANDLER - BASE);
    this.#call = koffi.decode(at, koffi.proto("void snippet()"));
  }

  /** Runs a snippet on `data` (replaced by the result). It must not fault. */
  run(snippet: readonly number[], before: Registers, data: Uint8Array): Registers {
    countCode(snippet);
    this.#bytes.set([...snippet, ...jump(CODE + snippet.length, EPILOGUE)], CODE - BASE);
    this.#bytes.set(data, DATA_START - BASE);
    const words = this.#words;
    words.set(before.gpr, (BEFORE - BASE) / 8);
    words[(BEFORE - BASE) / 8 + REGISTERS] = before.flags;
    this.#bytes.set(before.fx, BEFORE_FX - BASE);
    this.#call();
    data.set(this.#bytes.subarray(DATA_START - BASE, DATA_START - BASE + DATA_SIZE));
    const after = (AFTER - BASE) / 8;
    const fx = this.#bytes.slice(AFTER_FX - BASE, AFTER_FX - BASE + FX_SIZE);
    return { gpr: words.slice(after, after + REGISTERS), flags: words[after + REGISTERS]!, fx };
  }

  /** `use` may call `run` with snippets that fault; `fault` tells of the last one. */
  withFaults(use: () => void): void {
    withFaults(HANDLER, SIGNAL_STACK, SIGNAL_STACK_SIZE, use);
  }

  /** The fault that the last snippet ended with, or undefined; forgotten by this. */
  takeFault(): Fault | undefined {
    const notes = this.#words.subarray((NOTES - BASE) / 8, (NOTES - BASE) / 8 + 4);
    const [vector, error, cr2, rip] = notes;
    notes.fill(0n);
    if (rip === 0n) return undefined;
    return { vector: Number(vector), error: error!, cr2: cr2!, rip: rip! };
  }
}
