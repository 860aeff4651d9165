// A stand-in for cpu.wasm in tests: every CPU follows a script instead of machine code. One `yield` is one instruction and
// one tick; interrupts are taken between them. It keeps to the contract of machine/cpu/interface.ts as far as the rest of the machine sees it.
import { MSR_PAT } from "../abi/x86/msr.ts";
import { FLAG_IF } from "../abi/x86/registers.ts";
import * as S from "./cpu/interface.ts";
import type { BusCall, CpuExports, CpuFactory } from "./processors.ts";

/** What a script can do. */
export interface ScriptCpu {
  readonly index: number;
  /** Local time. */
  readonly time: number;
  /** Vectors of the interrupts that have been taken, each with its time. */
  readonly taken: { vector: number; time: number }[];
  /** Times at which NMIs have been taken. */
  readonly nmis: number[];
  in(port: number, size?: number): number;
  out(port: number, value: number, size?: number): void;
  read(address: number, size?: number): number;
  write(address: number, value: number, size?: number): void;
  /** Reads an MSR; undefined: #GP. */
  rdmsr(msr: number): bigint | undefined;
  /** Writes an MSR; false: #GP. */
  wrmsr(msr: number, value: bigint): boolean;
  sti(): void;
  cli(): void;
  /** Halts at the next `yield`. */
  hlt(): void;
  /** Makes `run` return this exit at the next `yield`. */
  exit(code: number): void;
}

/** The program of a CPU. When it ends, the CPU halts for good with interrupts off. */
export type Script = (cpu: ScriptCpu) => Generator<void, void, void>;

const STATE_BASE = 0x100000;
const STATE_SIZE = 0x1000;
const HEAP_BASE = 0x2000;
const RESET_FLAGS = 2n;
const ALL_ONES = 0xffffffff;
const MSR_BYTES = 8;

class ScriptedCpu implements ScriptCpu {
  readonly index: number;
  readonly taken: { vector: number; time: number }[] = [];
  readonly nmis: number[] = [];
  readonly #view: DataView;
  readonly #bus: BusCall;
  readonly #make: Script | undefined;
  #script: Generator<void, void, void> | undefined;
  #exit = 0;

  constructor(index: number, memory: WebAssembly.Memory, bus: BusCall, script: Script | undefined) {
    this.index = index;
    this.#view = new DataView(memory.buffer, STATE_BASE + index * STATE_SIZE, STATE_SIZE);
    this.#bus = bus;
    this.#make = script;
  }

  reset(): void {
    for (let offset = 0; offset < STATE_SIZE; offset += 8)
      this.#view.setBigUint64(offset, 0n, true);
    this.#view.setBigUint64(S.S_FLAGS, RESET_FLAGS, true);
    this.#view.setUint32(S.S_INDEX, this.index, true);
    this.#view.setUint32(S.S_GIF, 1, true);
    this.#activity = this.index === 0 ? S.ACTIVITY_RUNNING : S.ACTIVITY_WAIT_FOR_SIPI;
    this.#script = this.#make?.(this);
  }

  get time(): number {
    return Number(this.#view.getBigUint64(S.S_TIME, true));
  }

  set #time(value: number) {
    this.#view.setBigUint64(S.S_TIME, BigInt(value), true);
  }

  get #activity(): number {
    return this.#view.getUint32(S.S_ACTIVITY, true);
  }

  set #activity(value: number) {
    this.#view.setUint32(S.S_ACTIVITY, value, true);
  }

  run(): number {
    for (;;) {
      if (this.#view.getUint32(S.S_PENDING, true) & S.PENDING_STOP) return S.EXIT_STOPPED;
      this.#deliver();
      const deadline = Number(this.#view.getBigUint64(S.S_DEADLINE, true));
      if (this.#activity !== S.ACTIVITY_RUNNING) this.#time = Math.max(this.time, deadline);
      if (this.time >= deadline) return S.EXIT_DEADLINE;
      const code = this.#step();
      if (code !== S.EXIT_DEADLINE) return code;
    }
  }

  #step(): number {
    const isOver = this.#script?.next().done ?? true;
    if (this.#exit) {
      const code = this.#exit;
      this.#exit = 0;
      return code;
    }
    this.#time = this.time + 1;
    if (!isOver) return this.#activity === S.ACTIVITY_HALTED ? S.EXIT_HALTED : S.EXIT_DEADLINE;
    this.cli();
    this.#activity = S.ACTIVITY_HALTED;
    return S.EXIT_HALTED;
  }

  #deliver(): void {
    const pending = this.#view.getUint32(S.S_PENDING, true);
    const enabled = this.#view.getUint32(S.S_FLAGS, true) & FLAG_IF;
    const awake = this.#activity <= S.ACTIVITY_HALTED;
    if (pending & S.PENDING_NMI && awake) {
      this.#view.setUint32(S.S_PENDING, pending & ~S.PENDING_NMI, true);
      this.nmis.push(this.time);
      this.#activity = S.ACTIVITY_RUNNING;
    } else if (pending & S.PENDING_INTERRUPT && enabled && awake) {
      this.#activity = S.ACTIVITY_RUNNING;
      this.#call(S.BUS_ACKNOWLEDGE, 0, 1, 0n);
      const vector = this.#view.getUint32(S.S_BUS_VALUE, true);
      this.taken.push({ vector, time: this.time });
    }
  }

  #call(kind: number, address: number, size: number, value: bigint): number {
    this.#view.setBigUint64(S.S_BUS_ADDRESS, BigInt(address), true);
    this.#view.setBigUint64(S.S_BUS_VALUE, value, true);
    return this.#bus(this.index, kind, size);
  }

  /** Reads or writes an MSR from outside: PAT is the CPU's own, all others are the bus's. */
  msr(kind: number, msr: number): number {
    if (msr !== MSR_PAT) {
      this.#view.setBigUint64(S.S_BUS_ADDRESS, BigInt(msr), true);
      return this.#bus(this.index, kind, MSR_BYTES);
    }
    const [from, to] =
      kind === S.BUS_MSR_READ ? [S.S_PAT, S.S_BUS_VALUE] : [S.S_BUS_VALUE, S.S_PAT];
    this.#view.setBigUint64(to, this.#view.getBigUint64(from, true), true);
    return S.BUS_HANDLED;
  }

  #load(kind: number, address: number, size: number): number {
    this.#call(kind, address, size, 0n);
    return this.#view.getUint32(S.S_BUS_VALUE, true);
  }

  in(port: number, size = 1): number {
    return this.#load(S.BUS_PORT_IN, port, size);
  }

  out(port: number, value: number, size = 1): void {
    this.#call(S.BUS_PORT_OUT, port, size, BigInt(value));
  }

  read(address: number, size = 4): number {
    return this.#load(S.BUS_READ, address, size);
  }

  write(address: number, value: number, size = 4): void {
    this.#call(S.BUS_WRITE, address, size, BigInt(value & ALL_ONES) & 0xffffffffn);
  }

  rdmsr(msr: number): bigint | undefined {
    const result = this.#call(S.BUS_MSR_READ, msr, 8, 0n);
    return result === S.BUS_FAULT ? undefined : this.#view.getBigUint64(S.S_BUS_VALUE, true);
  }

  wrmsr(msr: number, value: bigint): boolean {
    return this.#call(S.BUS_MSR_WRITE, msr, 8, value) !== S.BUS_FAULT;
  }

  sti(): void {
    this.#view.setUint32(S.S_FLAGS, this.#view.getUint32(S.S_FLAGS, true) | FLAG_IF, true);
  }

  cli(): void {
    this.#view.setUint32(S.S_FLAGS, this.#view.getUint32(S.S_FLAGS, true) & ~FLAG_IF, true);
  }

  hlt(): void {
    this.#activity = S.ACTIVITY_HALTED;
  }

  exit(code: number): void {
    this.#exit = code;
  }
}

/** A CPU factory whose CPU number n follows `scripts[n]`; CPUs without a script halt at once. */
export function scriptedCpu(scripts: readonly (Script | undefined)[]): CpuFactory {
  return (memory, bus) => {
    let cpus: ScriptedCpu[] = [];
    const exports: CpuExports = {
      initialize(count) {
        cpus = Array.from({ length: count }, (_, index) => {
          return new ScriptedCpu(index, memory, bus, scripts[index]);
        });
      },
      heapBase: () => HEAP_BASE,
      state: (cpu) => STATE_BASE + cpu * STATE_SIZE,
      stateSize: () => STATE_SIZE,
      reset: (cpu) => cpus[cpu]!.reset(),
      run: (cpu) => cpus[cpu]!.run(),
      ...{ sync() {}, raise() {}, flush() {}, invalidateCode() {}, createGuest: () => 0 },
      ...{ destroyGuest() {}, reserveGuest: () => -1, mapGuest() {}, unmapGuest() {} },
      ...{
        disassemble: () => 0,
        translateGuest: () => -1n,
        translateLinear: () => -1n,
        setMissingFeatures() {},
        setSeed() {},
        watchCode: () => 0,
        cpuidPart: () => 0,
        machineCheck: () => 0,
        readMsr: (cpu, msr) => cpus[cpu]!.msr(S.BUS_MSR_READ, msr),
        writeMsr: (cpu, msr) => cpus[cpu]!.msr(S.BUS_MSR_WRITE, msr),
        poolPages: () => 0,
        poolUsed: () => 0,
      },
    };
    return exports;
  };
}
