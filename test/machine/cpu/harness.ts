// Compiles the CPU's memory and system functions (system.as.ts) and puts a little machine around them for tests.
import * as S from "../../../machine/cpu/interface.ts";
import { S_NEXT } from "../../../machine/cpu/memory/layout.ts";
import { compile } from "./compile.ts";

const PAGE = 0x10000;
const MIB = 0x100000;
/** RAM of the test machine. */
export const RAM_SIZE = 16 * MIB;
const POOL_SIZE = 4 * MIB;
/** Error code of exceptions without one. */
export const NO_ERROR = -1;

type Value = number | bigint;
type Exports = Record<string, (...args: Value[]) => Value>;

let compiled: WebAssembly.Module | undefined;

/** One access that went to the bus. */
export interface BusAccess {
  kind: number;
  address: bigint;
  size: number;
  value: bigint;
}

/** A CPU with RAM and a bus that answers from `answers`, or not at all. */
export class TestCpu {
  readonly x: Exports;
  readonly s: number;
  readonly view: DataView;
  readonly accesses: BusAccess[] = [];
  /** Answers of the bus, by kind and address; BUS_IGNORED without one. */
  answer: (access: BusAccess) => { result: number; value?: bigint } = () => ({ result: 1 });
  private readonly ramBase: number;

  constructor(options: { vendor?: number; cpus?: number } = {}) {
    compiled ??= new WebAssembly.Module(compile("test/machine/cpu/system.as.ts"));
    const ramBase = 16 * MIB;
    const memory = new WebAssembly.Memory({ initial: (ramBase + RAM_SIZE) / PAGE });
    const call = (_cpu: number, kind: number, size: number): number => this.onBus(kind, size);
    this.x = new WebAssembly.Instance(compiled, { env: { memory }, bus: { call } })
      .exports as unknown as Exports;
    this.view = new DataView(memory.buffer);
    this.ramBase = ramBase;
    const pool = ramBase - POOL_SIZE;
    const { cpus = 1, vendor = 0 } = options;
    this.x.initializeMachine!(cpus, pool, ramBase, ramBase, RAM_SIZE, vendor);
    this.s = Number(this.x.state!(0));
  }

  private onBus(kind: number, size: number): number {
    const access = {
      kind,
      address: this.wide(S.S_BUS_ADDRESS),
      size,
      value: this.wide(S.S_BUS_VALUE),
    };
    this.accesses.push(access);
    const { result, value } = this.answer(access);
    if (value !== undefined) this.setWide(S.S_BUS_VALUE, value);
    return result;
  }

  /** Reads a u32 of the state block. */
  word(offset: number): number {
    return this.view.getUint32(this.s + offset, true);
  }

  setWord(offset: number, value: number): void {
    this.view.setUint32(this.s + offset, value, true);
  }

  /** Reads a u64 of the state block. */
  wide(offset: number): bigint {
    return this.view.getBigUint64(this.s + offset, true);
  }

  setWide(offset: number, value: bigint): void {
    this.view.setBigUint64(this.s + offset, value, true);
  }

  /** General register by its number in encodings. */
  register(number: number): bigint {
    return this.wide(S.S_GPR + number * 8);
  }

  setRegister(number: number, value: bigint): void {
    this.setWide(S.S_GPR + number * 8, value);
  }

  get next(): bigint {
    return this.wide(S_NEXT);
  }

  set next(value: bigint) {
    this.setWide(S_NEXT, value);
  }

  /** Physical memory: reads `size` bytes. */
  peek(address: number, size: 1 | 2 | 4 | 8): bigint {
    const at = this.ramBase + address;
    if (size === 8) return this.view.getBigUint64(at, true);
    if (size === 4) return BigInt(this.view.getUint32(at, true));
    return BigInt(size === 2 ? this.view.getUint16(at, true) : this.view.getUint8(at));
  }

  poke(address: number, size: 1 | 2 | 4 | 8, value: Value): void {
    const at = this.ramBase + address;
    if (size === 8) this.view.setBigUint64(at, BigInt(value), true);
    else if (size === 4) this.view.setUint32(at, Number(value), true);
    else if (size === 2) this.view.setUint16(at, Number(value), true);
    else this.view.setUint8(at, Number(value));
  }

  /** Segment number `segment` as the state block has it. */
  segment(segment: number): { selector: number; attributes: number; limit: number; base: bigint } {
    const at = S.S_SEGMENT + segment * S.SEGMENT_SIZE;
    return {
      selector: this.word(at + S.SEG_SELECTOR),
      attributes: this.word(at + S.SEG_ATTRIBUTES),
      limit: this.word(at + S.SEG_LIMIT),
      base: this.wide(at + S.SEG_BASE),
    };
  }

  setSegment(segment: number, selector: number, attributes: number, limit: number, base: bigint) {
    const at = S.S_SEGMENT + segment * S.SEGMENT_SIZE;
    this.setWord(at + S.SEG_SELECTOR, selector);
    this.setWord(at + S.SEG_ATTRIBUTES, attributes);
    this.setWord(at + S.SEG_LIMIT, limit);
    this.setWide(at + S.SEG_BASE, base);
  }

  sync(): void {
    this.x.syncState!(0);
  }

  /** What the last call ran into, cleared: "ok", "#vector(error)", or "exit code info1 info2". */
  outcome(): string {
    const fault = this.word(S.S_FAULT);
    this.setWord(S.S_FAULT, 0);
    if (fault === S.FAULT_NONE) return "ok";
    if (fault === S.FAULT_EXCEPTION) {
      const error = this.view.getInt32(this.s + S.S_FAULT_ERROR, true);
      return `#${this.word(S.S_FAULT_VECTOR)}${error === NO_ERROR ? "" : `(${hex(error)})`}`;
    }
    const facts = [S.S_EXIT_INFO1, S.S_EXIT_INFO2].map((offset) => hex(this.wide(offset)));
    return `exit ${this.word(S.S_EXIT_CODE)} ${facts.join(" ")}`;
  }

  /** Calls an export and gives the outcome. */
  try(name: string, ...args: Value[]): string {
    this.x[name]!(this.s, ...args);
    return this.outcome();
  }
}

/** A number as the tests write it. */
export function hex(value: Value): string {
  return `0x${value.toString(16)}`;
}
