// Runs one instruction over an array of cases on the real processor: a loop in machine code that loads its operands and control, and
// stores its result and the exceptions. A case is CASE_SIZE bytes (CASE_*), the same that the numeric core's test module works on.
import koffi from "koffi";
import { countCode } from "../coverage/record.ts";
import { handlerCode, withFaults } from "../interpreter/faults.ts";

/** First operand: XMM0, or ST(0); at the case's first byte. */
export const CASE_A = 0;
/** Second operand: XMM1 and RCX, or ST(1). */
export const CASE_B = 16;
/** Control: MXCSR or the x87 control word, u32. */
export const CASE_CONTROL = 32;
/** MXCSR after, u32. */
export const CASE_FLAGS = 36;
/** Whether the instruction completed, u8. */
export const CASE_COMPLETED = 40;
/** Result; memory for an instruction that takes [RBX + 48]. */
export const CASE_RESULT = 48;
/** What FXSAVE left (x87 only). */
export const CASE_SAVED = 64;
/** Size of a case. */
export const CASE_SIZE = 576;

const PAGE = 4096;
/** In the code's mapping: the handler of faults, what it notes, its stack. */
const HANDLER = PAGE;
const NOTES = 2 * PAGE;
const STACK = 4 * PAGE;
const STACK_SIZE = 4 * PAGE;
const CODE_SIZE = 8 * PAGE;
const PROT_ALL = 7;
/** MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT. */
const MAP_LOW = 0x62;

/** PUSH RBX; PUSH R12; SUB RSP, 8; MOV RBX, RDI; MOV R12, RSI; STMXCSR [RSP]; FNSTCW [RSP + 4]. */
const ENTER = [
  ...[0x53, 0x41, 0x54, 0x48, 0x83, 0xec, 0x08, 0x48, 0x89, 0xfb, 0x49, 0x89, 0xf4],
  ...[0x0f, 0xae, 0x1c, 0x24, 0xd9, 0x7c, 0x24, 0x04],
];
/** LDMXCSR [RSP]; FNINIT; FLDCW [RSP + 4]; ADD RBX, CASE_SIZE; DEC R12. */
const NEXT = [
  ...[0x0f, 0xae, 0x14, 0x24, 0xdb, 0xe3, 0xd9, 0x6c, 0x24, 0x04],
  ...[0x48, 0x81, 0xc3, CASE_SIZE & 255, CASE_SIZE >> 8, 0, 0, 0x49, 0xff, 0xcc],
];
/** ADD RSP, 8; POP R12; POP RBX; RET. */
const LEAVE = [0x48, 0x83, 0xc4, 0x08, 0x41, 0x5c, 0x5b, 0xc3];
/** MOVUPS XMM0, [RBX]; MOVUPS XMM1, [RBX + 16]; MOV RCX, [RBX + 16]; XOR EAX, EAX; LDMXCSR [RBX + 32]. */
const BEFORE_SSE = [
  ...[0x0f, 0x10, 0x03, 0x0f, 0x10, 0x4b, 0x10, 0x48, 0x8b, 0x4b, 0x10, 0x31, 0xc0],
  ...[0x0f, 0xae, 0x53, 0x20],
];
/** MOV BYTE [RBX + 40], 1: passed over by a fault. */
const COMPLETED = [0xc6, 0x43, CASE_COMPLETED, 1];
/** STMXCSR [RBX + 36]. */
const AFTER_SSE = [0x0f, 0xae, 0x5b, 0x24];
/** Where an SSE instruction leaves its result: MOVUPS [RBX + 48], XMM0; MOV [RBX + 48], RAX; PUSHFQ, POP RAX and the same. */
const STORES = {
  xmm: [0x0f, 0x11, 0x43, 0x30],
  rax: [0x48, 0x89, 0x43, 0x30],
  flags: [0x9c, 0x58, 0x48, 0x89, 0x43, 0x30],
};
/** FNINIT; FLD TBYTE [RBX + 16]; FLD TBYTE [RBX]; FLDCW [RBX + 32]. */
const BEFORE_X87 = [0xdb, 0xe3, 0xdb, 0x6b, 0x10, 0xdb, 0x2b, 0xd9, 0x6b, 0x20];
/** FXSAVE64 [RBX + 64]; FNCLEX. */
const AFTER_X87 = [0x48, 0x0f, 0xae, 0x43, 0x40, 0xdb, 0xe2];

/** Where a result is. */
export type Result = keyof typeof STORES;

/** The real processor, with room for cases. */
export class NativeFloat {
  readonly cases: Uint8Array;
  readonly #code: Uint8Array;
  readonly #base: number;
  readonly #at: unknown;
  readonly #call: (cases: unknown, count: number) => void;

  constructor(count: number) {
    const libc = koffi.load("libc.so.6");
    const map = libc.func("void *mmap(intptr_t, size_t, int, int, int, intptr_t)");
    const code = map(0, CODE_SIZE, PROT_ALL, MAP_LOW, -1, 0);
    this.#at = map(0, count * CASE_SIZE, PROT_ALL, MAP_LOW, -1, 0);
    this.#base = Number(koffi.address(code));
    this.#code = new Uint8Array(koffi.view(code, CODE_SIZE));
    this.cases = new Uint8Array(koffi.view(this.#at, count * CASE_SIZE));
    this.#call = koffi.decode(code, koffi.proto("void cases(void *, size_t)"));
  }

  #run(before: number[], instruction: readonly number[], after: number[], count: number): void {
    countCode(instruction, count);
    const once = [...before, ...instruction, ...COMPLETED];
    const resume = ENTER.length + once.length;
    const body = [...once, ...after, ...NEXT];
    const back = -(body.length + 6);
    const jump = [0x0f, 0x85, ...[0, 8, 16, 24].map((shift) => (back >> shift) & 255)];
    this.#code.set([...ENTER, ...body, ...jump, ...LEAVE]);
    this.#code.set(handlerCode(this.#base + NOTES, this.#base + resume), HANDLER);
    withFaults(this.#base + HANDLER, this.#base + STACK, STACK_SIZE, () =>
      this.#call(this.#at, count),
    );
  }

  /** An SSE instruction on XMM0 and XMM1 or RCX; unmasked exceptions are survived, with the result as it was. */
  sse(instruction: readonly number[], result: Result, count: number): void {
    this.#run(BEFORE_SSE, instruction, [...AFTER_SSE, ...STORES[result]], count);
  }

  /** An x87 instruction on ST(0) and ST(1). */
  x87(instruction: readonly number[], count: number): void {
    this.#run(BEFORE_X87, instruction, AFTER_X87, count);
  }
}
