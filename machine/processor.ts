// One CPU, seen from outside: typed access to its state block (machine/cpu/interface.ts). Setters tell the CPU what has
// changed. Registers are bigints, times and activities numbers.
import {
  REG_CPL,
  REG_CR0,
  REG_CR2,
  REG_CR3,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_CS_SELECTOR,
  REG_EFER,
  REG_PAT,
  REG_R15,
  REG_RFLAGS,
  REG_RIP,
  REG_XCR0,
} from "../abi/platform.ts";
import { FLAG_IF, FLAG_RF } from "../abi/x86/registers.ts";
import * as S from "./cpu/interface.ts";
import { MachineError } from "./error.ts";
import type { CpuExports } from "./processors.ts";

/** A segment register with its hidden part. */
export interface Segment {
  selector: number;
  /** Descriptor bits 47:40 in 7:0 and 55:52 in 11:8. */
  attributes: number;
  /** In bytes, expanded. */
  limit: number;
  base: bigint;
}

const WORD = 4;
const TWO_32 = 0x100000000;
const WIDE = 8;
const EXIT_BYTES_SIZE = 16;

interface Field {
  offset: number;
  wide: boolean;
  /** Whether the CPU derives something from it. */
  sync: boolean;
}

const CS_OFFSET = S.S_SEGMENT + S.CS * S.SEGMENT_SIZE;
const FIELDS = new Map<number, Field>([
  [REG_RIP, { offset: S.S_RIP, wide: true, sync: false }],
  [REG_RFLAGS, { offset: S.S_FLAGS, wide: true, sync: false }],
  [REG_CR0, { offset: S.S_CR0, wide: true, sync: true }],
  [REG_CR2, { offset: S.S_CR2, wide: true, sync: false }],
  [REG_CR3, { offset: S.S_CR3, wide: true, sync: true }],
  [REG_CR4, { offset: S.S_CR4, wide: true, sync: true }],
  [REG_EFER, { offset: S.S_EFER, wide: true, sync: true }],
  [REG_CS_SELECTOR, { offset: CS_OFFSET + S.SEG_SELECTOR, wide: false, sync: true }],
  [REG_CS_BASE, { offset: CS_OFFSET + S.SEG_BASE, wide: true, sync: true }],
  [REG_CS_ATTRIBUTES, { offset: CS_OFFSET + S.SEG_ATTRIBUTES, wide: false, sync: true }],
  [REG_CPL, { offset: S.S_CPL, wide: false, sync: true }],
  [REG_PAT, { offset: S.S_PAT, wide: true, sync: false }],
  [REG_XCR0, { offset: S.S_XCR0, wide: true, sync: false }],
]);

function fieldOf(register: number): Field {
  if (register <= REG_R15) return { offset: S.S_GPR + register * WIDE, wide: true, sync: false };
  const field = FIELDS.get(register);
  if (!field) throw new MachineError("bad-option", `there is no register ${register}`);
  return field;
}

/** A CPU of the machine. */
export class Processor {
  readonly index: number;
  /** Address of the state block in the memory. */
  readonly base: number;
  readonly exports: CpuExports;
  readonly #words: Uint32Array;
  readonly #view: DataView;

  constructor(index: number, memory: WebAssembly.Memory, exports: CpuExports) {
    this.index = index;
    this.exports = exports;
    this.base = exports.state(index);
    this.#words = new Uint32Array(memory.buffer, this.base, S.S_PRIVATE / WORD);
    this.#view = new DataView(memory.buffer, this.base, S.S_PRIVATE);
  }

  /** Reads register REG_*. */
  get(register: number): bigint {
    const field = fieldOf(register);
    return field.wide ? this.wide(field.offset) : BigInt(this.word(field.offset));
  }

  /** Writes register REG_*; a write of RIP also ends what the instruction before has to say of the next one, and RF. */
  set(register: number, value: bigint): void {
    const field = fieldOf(register);
    if (field.wide) this.setWide(field.offset, value);
    else this.setWord(field.offset, Number(BigInt.asUintN(32, value)));
    if (register === REG_RIP) {
      this.setWord(S.S_SHADOW, 0);
      this.setWord(S.S_FLAGS, this.word(S.S_FLAGS) & ~FLAG_RF);
    }
    if (field.sync) this.exports.sync(this.index);
  }

  /** Reads the u32 at an S_* offset. */
  word(offset: number): number {
    return this.#words[offset / WORD]!;
  }

  /** Writes the u32 at an S_* offset, without `sync`. */
  setWord(offset: number, value: number): void {
    this.#words[offset / WORD] = value;
  }

  /** Reads the u64 at an S_* offset. */
  wide(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  /** Makes RDRAND and RDSEED start anew: what they give from now on, nobody has seen. */
  renewRandom(): void {
    this.setNumber(S.S_RANDOM, this.time);
  }

  /** Gives x87, MMX and SSE their initial configuration: what FNINIT leaves, registers of zeros, and MXCSR as after power-on. */
  initUnits(): void {
    for (let at = 0; at < S.FX_SIZE; at += WORD) this.setWord(S.S_FX + at, 0);
    this.#view.setUint16(S.S_FX + S.FX_CONTROL, S.FX_CONTROL_INIT, true);
    this.#view.setUint32(S.S_FX + S.FX_MXCSR, S.FX_MXCSR_RESET, true);
  }

  /** Writes the u64 at an S_* offset, without `sync`. */
  setWide(offset: number, value: bigint): void {
    this.#view.setBigUint64(offset, value, true);
  }

  /** Reads the u64 at an S_* offset as a number; exact below 2^53. */
  number(offset: number): number {
    return this.word(offset) + this.word(offset + WORD) * TWO_32;
  }

  /** Writes the u64 at an S_* offset from a non-negative number. */
  setNumber(offset: number, value: number): void {
    this.setWord(offset, value % TWO_32);
    this.setWord(offset + WORD, Math.floor(value / TWO_32));
  }

  /** Local time in ticks. */
  get time(): number {
    return this.number(S.S_TIME);
  }

  set time(value: number) {
    this.setNumber(S.S_TIME, value);
  }

  /** When `run` returns at the latest. */
  get deadline(): number {
    return this.number(S.S_DEADLINE);
  }

  set deadline(value: number) {
    this.setNumber(S.S_DEADLINE, value);
  }

  /** ACTIVITY_*. */
  get activity(): number {
    return this.word(S.S_ACTIVITY);
  }

  set activity(value: number) {
    this.setWord(S.S_ACTIVITY, value);
  }

  /** Address of the guest control block; 0 without a hypervisor. */
  get guest(): number {
    return this.word(S.S_GUEST);
  }

  set guest(value: number) {
    this.setWord(S.S_GUEST, value);
    this.exports.sync(this.index);
    this.exports.flush(this.index);
  }

  /** Sets or clears PENDING_* bits. */
  setPending(bits: number, value: boolean): void {
    const before = this.word(S.S_PENDING);
    this.setWord(S.S_PENDING, value ? before | bits : before & ~bits);
  }

  /** Whether INIT has to wait: the global interrupt flag is clear, or it may be an exit of an SVM guest. */
  get holdsInit(): boolean {
    return this.word(S.S_GIF) === 0 || this.word(S.S_IN_GUEST) !== 0;
  }

  /** Whether external interrupts are taken (AMD64 APM volume 2, section 15.21.1). */
  get #takesInterrupts(): boolean {
    const isMasked = (this.word(S.S_VIRTUAL) & S.VIRTUAL_MASKING) !== 0;
    return isMasked ? this.word(S.S_HOST_IF) !== 0 : this.#hasInterrupts;
  }

  get #hasInterrupts(): boolean {
    return (this.word(S.S_FLAGS) & FLAG_IF) !== 0;
  }

  /** Whether an interrupt of an SVM guest's own waits and is taken. */
  get #hasVirtualInterrupt(): boolean {
    const virtual = this.word(S.S_VIRTUAL);
    if (!(virtual & S.VIRTUAL_IRQ) || !this.#hasInterrupts) return false;
    const priority = (virtual >> S.VIRTUAL_PRIORITY_SHIFT) & S.VIRTUAL_TPR;
    return (virtual & S.VIRTUAL_IGNORES_TPR) !== 0 || priority > (virtual & S.VIRTUAL_TPR);
  }

  /** Whether nothing but an event can make this CPU execute: it is not running and nothing wakes it. */
  get isIdle(): boolean {
    const { activity } = this;
    if (activity === S.ACTIVITY_RUNNING) return false;
    if (activity !== S.ACTIVITY_HALTED) return true;
    if (this.word(S.S_GIF) === 0) return true;
    const pending = this.word(S.S_PENDING);
    if (pending & (S.PENDING_INIT | S.PENDING_MACHINE_CHECK)) return false;
    if (pending & S.PENDING_NMI && !this.word(S.S_NMI_BLOCKED)) return false;
    if (pending & S.PENDING_INTERRUPT && this.#takesInterrupts) return false;
    return !this.#hasVirtualInterrupt;
  }

  /** Reads segment ES, CS, SS, DS, FS, GS, LDTR or TR (numbers of machine/cpu/interface.ts). */
  segment(number: number): Segment {
    const offset = S.S_SEGMENT + number * S.SEGMENT_SIZE;
    return {
      selector: this.word(offset + S.SEG_SELECTOR),
      attributes: this.word(offset + S.SEG_ATTRIBUTES),
      limit: this.word(offset + S.SEG_LIMIT),
      base: this.wide(offset + S.SEG_BASE),
    };
  }

  /** Writes a segment register with its hidden part. */
  setSegment(number: number, segment: Segment): void {
    const offset = S.S_SEGMENT + number * S.SEGMENT_SIZE;
    this.setWord(offset + S.SEG_SELECTOR, segment.selector);
    this.setWord(offset + S.SEG_ATTRIBUTES, segment.attributes);
    this.setWord(offset + S.SEG_LIMIT, segment.limit);
    this.setWide(offset + S.SEG_BASE, segment.base);
    this.exports.sync(this.index);
  }

  /** First fact of the last exit (EXIT_*). */
  get exitInfo1(): bigint {
    return this.wide(S.S_EXIT_INFO1);
  }

  /** Second fact of the last exit. */
  get exitInfo2(): bigint {
    return this.wide(S.S_EXIT_INFO2);
  }

  /** Bytes of the instruction that exited; 0 where not known. */
  get exitLength(): number {
    return this.word(S.S_EXIT_LENGTH);
  }

  /** The bytes at RIP when an instruction was missing (EXIT_UNIMPLEMENTED). */
  get exitBytes(): Uint8Array {
    const bytes = new Uint8Array(EXIT_BYTES_SIZE);
    for (let index = 0; index < bytes.length; index++)
      bytes[index] = this.#view.getUint8(S.S_EXIT_BYTES + index);
    return bytes;
  }

  /** A copy of the interface part of the state block. */
  snapshot(): Uint8Array {
    return new Uint8Array(this.#words.buffer, this.base, S.S_PRIVATE).slice();
  }
}
