// A little machine around dist/cpu.wasm: one CPU, some RAM, nothing on the bus, and the modes that tests start in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as S from "../../../../machine/cpu/interface.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url)).replace(/dist[\\/]$/, "");
const PAGE = 4096;
/** 64 MiB: the module's data, a few CPUs, their pool and RAM. */
const WASM_PAGES = 1024;
const POOL_SIZE = 1 << 20;
/** RAM of the test machine. */
export const RAM_SIZE = 16 << 20;
/** Where the mapping that the real processor has as well lies in RAM: not where its linear address is. */
export const PHYSICAL = 0x600000;
/** Physical address of the page tables that `long` makes. */
const TABLES = 0x8000;
const CR0_PE = 0x11n;
const CR0_PG = 0x80000000n;
/** PAE, OSFXSR and OSXMMEXCPT. */
const CR4_LONG = 0x620n;
const EFER_LONG = 0x500n;
const ATTR_DATA = 0xc93;
const ATTR_DATA_16 = 0x93;
const ATTR_CODE_32 = 0xc9b;
const ATTR_CODE_64 = 0xa9b;
const ATTR_CODE_16 = 0x9b;
/** Present, writable, user; and a large page. */
const PTE = 0x7n;
const PTE_LARGE = 0x87n;

type Value = number | bigint;
/** What `bus.call` got. */
export interface BusCall {
  kind: number;
  size: number;
  address: bigint;
  value: bigint;
  time: bigint;
  rip: bigint;
  flags: bigint;
}

let compiled: WebAssembly.Module | undefined;

/** A fresh machine. `onBus` answers bus calls (BUS_*); by default nobody does. */
export class Guest {
  readonly exports: Record<string, (...values: Value[]) => Value>;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly ram: number;
  readonly s: number;
  onBus: (call: BusCall) => number = () => S.BUS_IGNORED;

  constructor(cpus = 1) {
    compiled ??= new WebAssembly.Module(readFileSync(join(ROOT, "dist/cpu.wasm")));
    const memory = new WebAssembly.Memory({ initial: WASM_PAGES });
    const call = (cpu: number, kind: number, size: number) => this.#bus(cpu, kind, size);
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory }, bus: { call } });
    this.exports = exports as Guest["exports"];
    const states = align(Number(this.exports.heapBase!()));
    const pool = align(states + cpus * Number(this.exports.stateSize!()));
    this.ram = pool + POOL_SIZE;
    this.view = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.exports.initialize!(cpus, pool, this.ram, this.ram, RAM_SIZE, 0);
    this.s = Number(this.exports.state!(0));
  }

  #bus(_cpu: number, kind: number, size: number): number {
    return this.onBus({
      kind,
      size,
      address: this.get(S.S_BUS_ADDRESS),
      value: this.get(S.S_BUS_VALUE),
      time: this.get(S.S_TIME),
      rip: this.get(S.S_RIP),
      flags: this.get(S.S_FLAGS),
    });
  }

  get(offset: number): bigint {
    return this.view.getBigUint64(this.s + offset, true);
  }

  set(offset: number, value: bigint): void {
    this.view.setBigUint64(this.s + offset, value, true);
  }

  get32(offset: number): number {
    return this.view.getUint32(this.s + offset, true);
  }

  set32(offset: number, value: number): void {
    this.view.setUint32(this.s + offset, value, true);
  }

  gpr(number: number): bigint {
    return this.get(S.S_GPR + number * 8);
  }

  setGpr(number: number, value: bigint): void {
    this.set(S.S_GPR + number * 8, value);
  }

  segment(number: number, attributes: number, selector: number, limit = 0xffffffff): void {
    const at = S.S_SEGMENT + number * S.SEGMENT_SIZE;
    this.set32(at + S.SEG_SELECTOR, selector);
    this.set32(at + S.SEG_ATTRIBUTES, attributes);
    this.set32(at + S.SEG_LIMIT, limit);
    this.set(at + S.SEG_BASE, 0n);
  }

  /** Protected mode: `bits` is 16 or 32, all segments flat (16 bits: with limits of 64 KiB). */
  protect(bits: 16 | 32): this {
    this.set(S.S_CR0, CR0_PE);
    const limit = bits === 16 ? 0xffff : 0xffffffff;
    for (let i = 0; i < 6; i++) this.segment(i, bits === 16 ? ATTR_DATA_16 : ATTR_DATA, 16, limit);
    this.segment(S.CS, bits === 16 ? ATTR_CODE_16 : ATTR_CODE_32, 8, limit);
    this.exports.sync!(0);
    return this;
  }

  /** 64-bit mode; linear `base` (2 MiB aligned, below 1 GiB) leads to PHYSICAL, the rest of 16 MiB to itself. */
  long(base: number): this {
    const table = (n: number) => this.ram + TABLES + n * PAGE;
    this.view.setBigUint64(table(0), BigInt(TABLES + PAGE) | PTE, true);
    this.view.setBigUint64(table(1), BigInt(TABLES + 2 * PAGE) | PTE, true);
    for (let i = 0; i < 8; i++)
      this.view.setBigUint64(table(2) + i * 8, (BigInt(i) << 21n) | PTE_LARGE, true);
    this.view.setBigUint64(table(2) + (base >> 21) * 8, BigInt(PHYSICAL) | PTE_LARGE, true);
    for (let i = 0; i < 6; i++) this.segment(i, ATTR_DATA, 16);
    this.segment(S.CS, ATTR_CODE_64, 8);
    this.set(S.S_CR3, BigInt(TABLES));
    this.set(S.S_CR4, CR4_LONG);
    this.set(S.S_EFER, EFER_LONG);
    this.set(S.S_CR0, CR0_PE | CR0_PG);
    this.exports.sync!(0);
    return this;
  }

  /** Writes RAM from outside. */
  write(phys: number, bytes: Uint8Array | readonly number[]): void {
    this.bytes.set(bytes, this.ram + phys);
    this.exports.invalidateCode!(BigInt(phys), BigInt(bytes.length));
  }

  /** Reads RAM. */
  read(phys: number, size: number): Uint8Array {
    return this.bytes.slice(this.ram + phys, this.ram + phys + size);
  }

  /** Runs from `rip` for at most `ticks`; returns EXIT_*. */
  run(rip: bigint | undefined, ticks = 100_000n): number {
    if (rip !== undefined) this.set(S.S_RIP, rip);
    this.set32(S.S_ACTIVITY, S.ACTIVITY_RUNNING);
    this.set(S.S_DEADLINE, this.get(S.S_TIME) + ticks);
    return Number(this.exports.run!(0));
  }
}

function align(address: number): number {
  return (address + PAGE - 1) & ~(PAGE - 1);
}
