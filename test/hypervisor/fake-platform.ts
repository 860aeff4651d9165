// A platform for the core's tests: it keeps maps, memory, CPUs and devices as plain data, records what the core orders, and
// throws when the core breaks the contract of the waist (hypervisor/platform.ts).
import { readFileSync } from "node:fs";
import { EFAULT, ENOMEM } from "../../abi/errno.ts";
import {
  MAP_COMM,
  MAP_CONSOLE,
  MAP_READ,
  MAP_ZERO,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
  REG_RAX,
  REG_RDI,
  REG_RIP,
  REG_RSI,
} from "../../abi/platform.ts";
import { cpuid, machineRegisters, readMmio, readMsr } from "./fake-registers.ts";

const PAGE = 4096;
const PAGE_BITS = 12n;
/** Virtual nanoseconds that pass in one `relax`. */
export const RELAX_TIME = 10_000n;

/** More than this in one range cannot be reserved. */
const RESERVE_MAX = 1n << 25n;

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

/** The exports of hypervisor.wasm that the tests call. */
interface Core {
  heapBase(): number;
  init(cpu: number, config: number, size: number): number;
  initCpu(cpu: number): number;
  activate(): number;
  hypercall(cpu: number, length: number): number;
  exitMmio(cpu: number, address: bigint, flags: number, length: number): number;
  exitPio(cpu: number, port: number, size: number, flags: number, length: number): number;
  exitCpuid(cpu: number, length: number): number;
  exitMsrRead(cpu: number, length: number): number;
  exitMsrWrite(cpu: number, length: number): number;
  exitXsetbv(cpu: number, length: number): number;
  exitCr(cpu: number, register: number, value: bigint, length: number): number;
  exitException(cpu: number, vector: number, errorCode: number): number;
  exitManagement(cpu: number): number;
  exitUnhandled(cpu: number, code: bigint, info1: bigint, info2: bigint): number;
  exceptions(): number;
  consolePage(): number;
}

/** dist/hypervisor.wasm, compiled once. */
export const hypervisorModule = new WebAssembly.Module(
  readFileSync(new URL("../../dist/hypervisor.wasm", import.meta.url)),
);

export interface FakeOptions {
  readonly cpus?: number;
  /** Pages of 64 KiB of the core's memory; default 8. */
  readonly memory?: number;
  /** First byte that is not RAM. */
  readonly ram?: bigint;
  /** Pages that all `reserve` calls together may set aside; default: no limit. */
  readonly reservable?: number;
}

function violated(contract: string): never {
  throw new Error(`the core broke the contract of the platform: ${contract}`);
}

export class FakePlatform {
  readonly memory: WebAssembly.Memory;
  readonly core: Core;
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
  /** Serves device memory. */
  onMmio: (address: bigint, size: number, value?: bigint) => bigint = readMmio;
  /** Value of an MSR. */
  onMsr: (msr: number) => bigint = readMsr;
  /** One of EAX to EDX of a CPUID leaf. */
  onCpuid: (leaf: number, part: number) => number = cpuid;
  /** Value of a port. */
  onPort: (port: number, size: number) => number = () => 0xffffffff;
  /** Value of a register in PCI configuration space. */
  onPci: (bdf: number, register: number, size: number) => number = () => 0xffffffff;
  private reservable: number;
  private locked = false;
  private caller = 0;
  private readonly ramEnd: bigint;

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
    const instance = new WebAssembly.Instance(hypervisorModule, imports);
    this.core = instance.exports as unknown as Core;
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
    if (this.cpus[cpu]!.registers.get(REG_RIP) !== rip + 3n) violated("RIP was not advanced");
    return Number(BigInt.asIntN(32, registers.get(REG_RAX) ?? 0n));
  }

  /** Lets `cpu` commit a violation: an exit that the core does not know. */
  violate(cpu: number): number {
    return this.enter(cpu, () => this.core.exitUnhandled(cpu, 0x7fn, 0n, 0n));
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
      ...this.memoryMembers(),
      ...this.grantMembers(),
      ...this.cpuMembers(),
      ...this.deviceMembers(),
      putConsole: (_console: number, byte: number) => {
        this.console += String.fromCharCode(byte);
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

  private note(name: string, ...values: (number | bigint)[]): void {
    this.record.push([name, ...values.map((value) => `0x${value.toString(16)}`)].join(" "));
  }

  private space(cell: number): AddressSpace {
    return this.spaces.get(cell) ?? violated(`cell ${cell} has no address space`);
  }

  private eachPage(address: bigint, size: bigint, visit: (page: bigint) => void): void {
    if ((address | size) & 4095n || size <= 0n) violated("not whole pages");
    for (let at = address; at < address + size; at += 4096n) visit(at >> PAGE_BITS);
  }

  private reserve(cell: number, ranges: number, count: number): number {
    const view = new DataView(this.memory.buffer);
    const pages = new Set<bigint>();
    for (let i = 0; i < count; i++) {
      const range = ranges + i * RANGE_SIZE;
      const virt = view.getBigUint64(range + RANGE_VIRT, true);
      const size = view.getBigUint64(range + RANGE_LENGTH, true);
      if (size > RESERVE_MAX) return -ENOMEM;
      this.eachPage(virt, size, (page) => pages.add(page));
    }
    if (pages.size > this.reservable) return -ENOMEM;
    this.reservable -= pages.size;
    const space = this.spaces.get(cell) ?? { pages: new Map(), reserved: new Set<bigint>() };
    for (const page of pages) space.reserved.add(page);
    if (!this.spaces.has(cell)) this.comm.set(cell, new Uint32Array(PAGE / 4));
    this.spaces.set(cell, space);
    return 0;
  }

  private memoryMembers() {
    return {
      reserve: (cell: number, ranges: number, count: number) => {
        this.note("reserve", cell, count);
        return this.reserve(cell, ranges, count);
      },
      release: (cell: number) => {
        this.note("release", cell);
        if (this.cpus.some((cpu) => cpu.cell === cell)) violated("release of a cell with CPUs");
        this.reservable += this.space(cell).reserved.size;
        this.spaces.delete(cell);
        this.comm.delete(cell);
        this.ports.delete(cell);
        this.msrs.delete(cell);
      },
      map: (cell: number, virt: bigint, phys: bigint, size: bigint, flags: number) => {
        this.note("map", cell, virt, phys, size, flags);
        const { pages, reserved } = this.space(cell);
        const special = flags & (MAP_COMM | MAP_ZERO | MAP_CONSOLE);
        this.eachPage(virt, size, (page) => {
          if (!reserved.has(page)) violated("map without reserve");
          const offset = (page << PAGE_BITS) - virt;
          pages.set(page, { phys: special ? 0n : phys + offset, flags });
        });
      },
      unmap: (cell: number, virt: bigint, size: bigint) => {
        this.note("unmap", cell, virt, size);
        const { pages, reserved } = this.space(cell);
        this.eachPage(virt, size, (page) => {
          if (!reserved.has(page)) violated("unmap without reserve");
          pages.delete(page);
        });
      },
      commit: (cell: number) => {
        this.note("commit", cell);
        this.cpus.forEach((cpu, number) => {
          if (cpu.cell === cell && !cpu.stopped && number !== this.caller && this.committed)
            violated(`commit while CPU ${number} may run`);
        });
        this.committed = true;
      },
      scrub: (phys: bigint, size: bigint) => {
        this.note("scrub", phys, size);
        for (const page of [...this.ram.keys()]) {
          const address = page << PAGE_BITS;
          if (address >= phys && address < phys + size && address < this.ramEnd)
            this.ram.delete(page);
        }
      },
      readGuest: (cell: number, address: bigint, destination: number, size: number) =>
        this.readGuest(cell, address, destination, size),
      readComm: (cell: number, offset: number) => this.commOf(cell)[offset / 4],
      writeComm: (cell: number, offset: number, value: number) => {
        this.commWrites++;
        this.commOf(cell)[offset / 4] = value;
      },
    };
  }

  /** Before the first commit all CPUs are still outside. */
  private committed = false;

  private commOf(cell: number): Uint32Array {
    return this.comm.get(cell) ?? violated(`cell ${cell} has no communication page`);
  }

  private readGuest(cell: number, address: bigint, destination: number, size: number): number {
    const bytes = new Uint8Array(this.memory.buffer, destination, size);
    for (let done = 0; done < size; ) {
      const at = address + BigInt(done);
      const offset = Number(at & 4095n);
      const length = Math.min(size - done, PAGE - offset);
      const mapping = this.space(cell).pages.get(at >> PAGE_BITS);
      if (!mapping || !(mapping.flags & MAP_READ) || mapping.phys >= this.ramEnd) return -EFAULT;
      bytes.set(this.readRam(mapping.phys + BigInt(offset), length), done);
      done += length;
    }
    return 0;
  }

  private grantMembers() {
    const portsOf = (cell: number) => {
      const ports = this.ports.get(cell) ?? new Set<number>();
      this.ports.set(cell, ports);
      return ports;
    };
    const changeMsrs = (cell: number, ...change: (number | string)[]) => {
      this.note("changeMsrs", cell);
      this.msrs.set(cell, [...(this.msrs.get(cell) ?? []), change.join(" ")]);
    };
    return {
      grantPorts: (cell: number, base: number, count: number) => {
        this.note("grantPorts", cell, base, count);
        for (let port = base; port < base + count; port++) portsOf(cell).add(port);
      },
      revokePorts: (cell: number, base: number, count: number) => {
        this.note("revokePorts", cell, base, count);
        for (let port = base; port < base + count; port++) portsOf(cell).delete(port);
      },
      grantMsrs: (cell: number, first: number, count: number, access: number) =>
        changeMsrs(cell, "grant", first >>> 0, count, access),
      revokeMsrs: (cell: number, first: number, count: number, access: number) =>
        changeMsrs(cell, "revoke", first >>> 0, count, access),
      attachDevice: (cell: number, iommu: number, bdf: number) => {
        this.note("attachDevice", cell, iommu, bdf);
        this.devices.set(bdf, cell);
      },
      detachDevice: (iommu: number, bdf: number) => {
        this.note("detachDevice", iommu, bdf);
        this.devices.delete(bdf);
      },
    };
  }

  /** A CPU that may be acted on: the calling one or a stopped one. */
  private held(cpu: number): FakeCpu {
    const state = this.cpus[cpu] ?? violated(`there is no CPU ${cpu}`);
    if (cpu !== this.caller && !state.stopped) violated(`CPU ${cpu} is not stopped`);
    return state;
  }

  private cpuMembers() {
    const any = (cpu: number) => this.cpus[cpu] ?? violated(`there is no CPU ${cpu}`);
    const set = (cpu: number, activity: Activity) => {
      this.held(cpu).activity = activity;
    };
    return {
      stopCpu: (cpu: number) => {
        if (cpu === this.caller) violated("a CPU stops itself");
        this.note("stopCpu", cpu);
        any(cpu).stopped = true;
      },
      resumeCpu: (cpu: number) => {
        this.note("resumeCpu", cpu);
        any(cpu).stopped = false;
      },
      assignCpu: (cpu: number, cell: number) => {
        this.note("assignCpu", cpu, cell);
        this.space(cell);
        this.held(cpu).cell = cell;
      },
      resetCpu: (cpu: number, entry: bigint) => {
        this.note("resetCpu", cpu, entry);
        set(cpu, `reset:${entry.toString(16)}`);
      },
      parkCpu: (cpu: number, wake: number) => {
        this.note("parkCpu", cpu, wake);
        set(cpu, wake ? "wait-for-sipi" : "halted");
      },
      releaseCpu: (cpu: number) => {
        this.note("releaseCpu", cpu);
        if (cpu !== this.caller) violated("releaseCpu of another CPU");
        set(cpu, "released");
      },
      sendIpi: (cpu: number, mode: number, vector: number) =>
        this.note("sendIpi", cpu, mode, vector),
      injectException: (cpu: number, vector: number, errorCode: number) =>
        this.note("injectException", cpu, vector, errorCode),
      readRegister: (cpu: number, register: number) => this.held(cpu).registers.get(register) ?? 0n,
      writeRegister: (cpu: number, register: number, value: bigint) => {
        this.held(cpu).registers.set(register, BigInt.asUintN(64, value));
      },
      apicId: (cpu: number) => cpu,
    };
  }

  private deviceMembers() {
    return {
      portIn: (port: number, size: number) => this.onPort(port, size),
      portOut: (port: number, size: number, value: number) =>
        this.note("portOut", port, size, value >>> 0),
      mmioRead: (address: bigint, size: number) => this.onMmio(address, size),
      mmioWrite: (address: bigint, size: number, value: bigint) => {
        this.note("mmioWrite", address, size, BigInt.asUintN(64, value));
        this.onMmio(address, size, BigInt.asUintN(64, value));
      },
      pciRead: (bdf: number, register: number, size: number) => this.onPci(bdf, register, size),
      pciWrite: (bdf: number, register: number, size: number, value: number) =>
        this.note("pciWrite", bdf, register, size, value >>> 0),
      readMsr: (cpu: number, msr: number) => {
        this.held(cpu);
        return this.onMsr(msr >>> 0);
      },
      cpuid: (_cpu: number, leaf: number, _subleaf: number, part: number) =>
        this.onCpuid(leaf >>> 0, part),
    };
  }
}
