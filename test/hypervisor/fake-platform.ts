// A platform for the core's tests: it keeps maps, memory, CPUs and devices as plain data, records what the core orders, and
// throws when the core breaks the contract of the waist (hypervisor/platform.ts).
import { readFileSync } from "node:fs";
import {
  CONSOLE_FRESH_LINE,
  EXIT_TRIPLE_FAULT,
  REG_RAX,
  REG_RDI,
  REG_RIP,
  REG_RSI,
} from "../../abi/platform.ts";
import type { CoreExports } from "../../platforms/emulated/waist.gen.ts";
import { cpuid, machineRegisters, readMmio, readMsr } from "./fake-registers.ts";
import {
  cpuMembers,
  deviceMembers,
  grantMembers,
  memoryMembers,
  PAGE,
  PAGE_BITS,
  violated,
} from "./fake-waist.ts";

/** Virtual nanoseconds that pass in one `relax`. */
export const RELAX_TIME = 10_000n;

/** One 4 KiB page of a cell's map. */
export interface Mapping {
  readonly phys: bigint;
  readonly flags: number;
}

export interface AddressSpace {
  /** By guest-physical page number. */
  readonly pages: Map<bigint, Mapping>;
  readonly reserved: Set<bigint>;
}

export type Activity = "running" | "halted" | "wait-for-sipi" | "released" | `reset:${string}`;

export interface FakeCpu {
  cell: number;
  stopped: boolean;
  activity: Activity;
  readonly registers: Map<number, bigint>;
}

/** dist/hypervisor.wasm, compiled once. */
export const hypervisorModule = new WebAssembly.Module(
  readFileSync(new URL("../../dist/hypervisor.wasm", import.meta.url)),
);

export interface FakeOptions {
  /** What to carry; default hypervisor.wasm. */
  readonly module?: WebAssembly.Module;
  readonly cpus?: number;
  /** Pages of 64 KiB of the core's memory; default 8. */
  readonly memory?: number;
  /** First byte that is not RAM. */
  readonly ram?: bigint;
  /** Pages that all `reserve` calls together may set aside; default: no limit. */
  readonly reservable?: number;
}

const CR = 0x0d;
/** Times that a hypercall is made. */
const AGAIN_MOST = 10_000;

export class FakePlatform {
  readonly memory: WebAssembly.Memory;
  readonly core: CoreExports;
  readonly cpus: FakeCpu[];
  readonly spaces = new Map<number, AddressSpace>();
  readonly comm = new Map<number, Uint32Array>();
  readonly ram = new Map<bigint, Uint8Array>();
  /** Cell of each attached device, by bdf. */
  readonly devices = new Map<number, number>();
  readonly ports = new Map<number, Set<number>>();
  /** Grants and revocations of MSRs in the life of each cell. */
  readonly msrs = new Map<number, string[]>();
  /** Orders since the last `takeRecord`, one text each: all that can change the platform but writeComm. */
  readonly record: string[] = [];
  /** Calls of writeComm so far. */
  commWrites = 0;
  /** What came out of the debug console. */
  console = "";
  time = 0n;
  /** Runs the cells for a moment: called in every `relax`. */
  onRelax: (cpu: number) => void = () => {};
  /** What happens before a hypercall is made again. */
  onAgain: (cpu: number) => void = () => {};
  /** Serves device memory. */
  onMmio: (address: bigint, size: number, value?: bigint) => bigint = readMmio;
  /** Value of an MSR. */
  onMsr: (msr: number) => bigint = readMsr;
  /** What was printed last: looking at the end of `console` would copy all of it each time. */
  lastByte = 0;
  /** Whether there is an MSR, and it takes what is written. */
  hasMsr: (msr: number) => boolean = () => true;
  /** One of EAX to EDX of a CPUID leaf. */
  onCpuid: (leaf: number, part: number) => number = cpuid;
  /** Id of a CPU's local APIC. */
  onApicId: (cpu: number) => number = (cpu) => cpu;
  /** Value of a port. */
  onPort: (port: number, size: number) => number = () => 0xffffffff;
  /** Value of a register in PCI configuration space. */
  onPci: (bdf: number, register: number, size: number) => number = () => 0xffffffff;
  /** Takes what is written to PCI configuration space. */
  onPciWrite: (bdf: number, register: number, size: number, value: number) => void = () => {};
  /** Pages that `reserve` may still set aside. */
  reservable: number;
  /** Whether the core holds its lock. */
  locked = false;
  /** The CPU whose exit is being handled. */
  caller = 0;
  /** First byte that is not RAM. */
  readonly ramEnd: bigint;
  /** Before the first commit all CPUs are still outside. */
  committed = false;

  constructor(options: FakeOptions = {}) {
    this.memory = new WebAssembly.Memory({ initial: options.memory ?? 8 });
    this.ramEnd = options.ram ?? 1n << 32n;
    this.reservable = options.reservable ?? Number.POSITIVE_INFINITY;
    this.cpus = Array.from({ length: options.cpus ?? 4 }, () => ({
      cell: 0,
      stopped: false,
      activity: "running" as const,
      registers: machineRegisters(),
    }));
    const imports = { env: { memory: this.memory }, platform: this.members() };
    const instance = new WebAssembly.Instance(options.module ?? hypervisorModule, imports);
    this.core = instance.exports as unknown as CoreExports;
  }

  // Entering the core.

  /** Copies a system configuration to where a platform puts it and enters `init`. */
  init(config: Uint8Array, cpu = 0): number {
    const address = Math.ceil(this.core.heapBase() / PAGE) * PAGE;
    new Uint8Array(this.memory.buffer).set(config, address);
    return this.enter(cpu, () => this.core.init(cpu, address, config.length));
  }

  /** All of enabling. Returns the first error, or 0. */
  enable(config: Uint8Array, cpus = this.cpus.map((_, cpu) => cpu)): number {
    let result = this.init(config, cpus[0]);
    for (const cpu of cpus) result ||= this.enter(cpu, () => this.core.initCpu(cpu));
    return result || this.enter(cpus[0] ?? 0, () => this.core.activate());
  }

  /** Issues a hypercall on `cpu`; returns its result. */
  hypercall(cpu: number, code: number, argument1 = 0n, argument2 = 0n): number {
    const { registers } = this.cpus[cpu]!;
    registers.set(REG_RAX, BigInt(code)).set(REG_RDI, argument1).set(REG_RSI, argument2);
    const rip = registers.get(REG_RIP) ?? 0n;
    this.enter(cpu, () => this.core.hypercall(cpu, 3));
    // Made again from where it is, as by a processor: memory is being filled with zeros.
    for (let round = 0; this.cpus[cpu]!.registers.get(REG_RIP) === rip; round++) {
      if (round > AGAIN_MOST) violated("a hypercall does not end");
      if (registers.get(REG_RAX) !== BigInt(code)) violated("a register has changed");
      this.onAgain(cpu);
      this.enter(cpu, () => this.core.hypercall(cpu, 3));
    }
    if (this.cpus[cpu]!.registers.get(REG_RIP) !== rip + 3n) violated("RIP was not advanced");
    return Number(BigInt.asIntN(32, registers.get(REG_RAX) ?? 0n));
  }

  /** Lets `cpu` commit a violation: an exit that the core does not know. */
  violate(cpu: number): number {
    return this.exit(cpu, () => this.core.exitUnhandled(cpu, EXIT_TRIPLE_FAULT, 0x7fn, 0n, 0n));
  }

  /** Runs `action` as an exit of `cpu`. Returns 0 if that has parked the CPU for good, else 1. */
  exit(cpu: number, action: () => void): number {
    const state = this.cpus[cpu]!;
    const { activity } = state;
    state.activity = "running";
    this.enter(cpu, action);
    const after = state.activity as Activity;
    if (after === "running") state.activity = activity;
    return after === "halted" ? 0 : 1;
  }

  /** Runs `action` as an exit of `cpu`, also out of `relax`. */
  enter<Result>(cpu: number, action: () => Result): Result {
    const outer = this.caller;
    this.caller = cpu;
    try {
      const result = action();
      if (this.locked) violated("left with the lock taken");
      return result;
    } finally {
      this.caller = outer;
    }
  }

  takeRecord(): string[] {
    return this.record.splice(0);
  }

  /** The ring buffer of the console page, oldest byte first. */
  ring(): string {
    const page = new DataView(this.memory.buffer, this.core.consolePage());
    const tail = page.getUint32(4, true);
    const size = Math.min(tail, 2048);
    const bytes = Array.from({ length: size }, (_, i) =>
      page.getUint8(8 + ((tail - size + i) & 2047)),
    );
    return String.fromCharCode(...bytes);
  }

  // Guest memory.

  writeRam(address: bigint, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + BigInt(done);
      const offset = Number(at & 4095n);
      const part = bytes.subarray(done, done + PAGE - offset);
      this.page(at).set(part, offset);
      done += part.length;
    }
  }

  readRam(address: bigint, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const at = address + BigInt(done);
      const offset = Number(at & 4095n);
      const length = Math.min(size - done, PAGE - offset);
      const page = this.ram.get(at >> PAGE_BITS);
      if (page) bytes.set(page.subarray(offset, offset + length), done);
      done += length;
    }
    return bytes;
  }

  private page(address: bigint): Uint8Array {
    const number = address >> PAGE_BITS;
    const page = this.ram.get(number) ?? new Uint8Array(PAGE);
    this.ram.set(number, page);
    return page;
  }

  /** MSR_ACCESS_* that a cell has to an MSR. */
  msrAccess(cell: number, msr: number): number {
    let result = 0;
    for (const change of this.msrs.get(cell) ?? []) {
      const [verb, first, count, access] = change.split(" ");
      if (msr < Number(first) || msr >= Number(first) + Number(count)) continue;
      result = verb === "grant" ? result | Number(access) : result & ~Number(access);
    }
    return result;
  }

  /** All of a cell's map as text: one line per page. */
  mapOf(cell: number): string {
    const lines: string[] = [];
    this.spaces.get(cell)?.pages.forEach(({ phys, flags }, page) => {
      lines.push(`${page} ${phys} ${flags}`);
    });
    return lines.sort().join("\n");
  }

  /** Everything of the platform that a refused call must leave alone, as text. */
  snapshot(): string {
    const cpus = this.cpus.map(({ cell, stopped, activity }) => [cell, stopped, activity]);
    const maps = [...this.spaces].map(([cell, { reserved }]) => [
      cell,
      reserved.size,
      this.mapOf(cell),
    ]);
    const comm = [...this.comm].map(([cell, page]) => [
      cell,
      Buffer.from(page.buffer).toString("latin1"),
    ]);
    const ram = [...this.ram].map(([page, bytes]) => [
      `${page}`,
      Buffer.from(bytes).toString("latin1"),
    ]);
    const ports = [...this.ports].map(([cell, set]) => [cell, [...set].sort()]);
    return JSON.stringify([cpus, maps, comm, ram, [...this.devices], ports, [...this.msrs]]);
  }

  // The waist.

  private members(): Record<string, (...values: never[]) => unknown> {
    return {
      ...memoryMembers(this),
      ...grantMembers(this),
      ...cpuMembers(this),
      ...deviceMembers(this),
      putConsole: (_console: number, byte: number) => {
        if (byte === CONSOLE_FRESH_LINE) {
          if (this.lastByte === CR) violated("a fresh line in the middle of one");
          return;
        }
        this.console += String.fromCharCode(byte);
        this.lastByte = byte;
      },
      now: () => this.time,
      relax: (cpu: number) => {
        if (this.locked) violated("relax with the lock taken");
        this.time += RELAX_TIME;
        this.onRelax(cpu);
      },
      lock: () => {
        if (this.locked) violated("the lock is not recursive");
        this.locked = true;
      },
      unlock: () => {
        if (!this.locked) violated("unlock without lock");
        this.locked = false;
      },
    };
  }
}
