// Native code and the core for the platform's module: plain data instead of a processor. A guest "runs" until a test's
// script says how it exits.

import { readFileSync } from "node:fs";
import {
  CONSOLE_ADDRESS,
  CONSOLE_DIVIDER,
  SYS_DEBUG_CONSOLE,
  SYS_X86_TSC_KHZ,
} from "../../abi/config.ts";
import { APIC_EXT_LVT_LAST } from "../../abi/x86/apic.ts";
import {
  APIC_BASE_ENABLE,
  APIC_BASE_X2APIC,
  MSR_APIC_BASE,
  MSR_X2APIC_FIRST,
} from "../../abi/x86/msr.ts";
import { CPUID_ADDRESS_SIZES } from "../../abi/x86/registers.ts";
import {
  CPUID_EXTENDED,
  CPUID_FEATURES,
  CPUID_SVM,
  FEATURE_GIB_PAGES,
  FEATURE_SVM,
  SVM_NESTED_PAGING,
  VMCB_EXIT_CODE,
  VMCB_EXIT_EVENT,
  VMCB_EXIT_INFO_1,
  VMCB_EXIT_INFO_2,
  VMCB_NEXT_RIP,
  VMCB_RIP,
} from "../../abi/x86/svm.ts";
import { NOT_CONNECTED } from "../../machine/devices/device.ts";
import { Uart } from "../../machine/devices/uart/uart.ts";
import { Schedule } from "../../machine/schedule.ts";

import { APIC_WINDOW } from "../../platforms/metal/x86/numbers.ts";

/** A vendor's module in dist/, compiled. */
export const compiled = (name: string) =>
  new WebAssembly.Module(readFileSync(new URL(`../../dist/${name}`, import.meta.url)));

const AMD = compiled("metal-amd.wasm");

/** The hypervisor's memory: 8 MiB, of which the last 6 are the platform's. */
export const HYPERVISOR_START = 0x3a00_0000n;
export const HYPERVISOR_SIZE = 0x80_0000n;
export const PLATFORM_START = 0x3a20_0000n;
const PARTS = [0, 0x1000, 0x2000, 0x3000, 0xb000, 0xc000, 0x20_0000, 0x80_0000];
const MEMORY_PAGES = 96;
const CORE_SIZE = 0x20000;
const HEAP_BASE = 0x2000;
/** Bits of a physical address. */
export const ADDRESS_BITS = 40;
export const RIP = 0x7c00n;
const PAGE_ENTRY = 8;
const PAGE_ENTRIES = 512;
/** Of the root: the half of linear addresses where WINDOWS begins. */
const WINDOWS_ENTRY = 256;
/** The local APIC's page, by whose registers nobody asks here. */
const APIC_PLACE = BigInt(APIC_WINDOW);
const X2APIC_LAST = MSR_X2APIC_FIRST + APIC_EXT_LVT_LAST;
const APIC_SIZE = 0x1000n;
const BASE_MODE = BigInt(APIC_BASE_ENABLE | APIC_BASE_X2APIC);
const PTE_PRESENT = 1n;
const PTE_LARGE = 0x80n;
const ENTRY_ADDRESS = 0xf_ffff_ffff_f000n;
/** Description of the debug console in the core's memory. */
export const DEBUG_CONSOLE = HEAP_BASE + SYS_DEBUG_CONSOLE;
const UART_PORT = 0x3f8;
const UART_PORTS = 8;
/** Nanoseconds that reading the time takes, and an access to a port of an ISA device. */
const INSTRUCTION_TIME = 20;
const PORT_TIME = 1000;

/** Thrown by the guest when the script is at its end. */
export class ScriptEnd extends Error {}

/** Facts of an exit; what is not given is 0. */
export interface Exit {
  readonly code: number | bigint;
  readonly info1?: bigint;
  readonly info2?: bigint;
  readonly event?: bigint;
  readonly nextRip?: bigint;
}

export interface FakeOptions {
  /** Changes of what CPUID says: leaf and part, and the value. */
  readonly cpuid?: Readonly<Record<string, number>>;
  readonly msrs?: Readonly<Record<number, bigint>>;
  /** Result of core.init. */
  readonly init?: number;
}

type Value = number | bigint;
type Exports = Record<string, (...args: Value[]) => Value>;
/** Members of native code. */
export type Members = Record<string, CallableFunction>;

const CPUID: Readonly<Record<string, number>> = {
  [`${CPUID_EXTENDED}:0`]: CPUID_SVM,
  [`${CPUID_FEATURES}:2`]: FEATURE_SVM,
  [`${CPUID_FEATURES}:3`]: FEATURE_GIB_PAGES,
  [`${CPUID_ADDRESS_SIZES}:0`]: ADDRESS_BITS,
  [`${CPUID_SVM}:3`]: SVM_NESTED_PAGING,
};

export class FakeMetal {
  readonly memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  readonly view = new DataView(this.memory.buffer);
  readonly core = new DataView(new ArrayBuffer(CORE_SIZE));
  readonly exports: Exports;
  /** Calls of the core: name, then arguments. */
  readonly handled: (string | number | bigint)[][] = [];
  /** Accesses to physical memory through the windows, the local APIC aside: kind, address, size. */
  readonly accesses: [kind: string, address: bigint, size: number][] = [];
  /** Linear address of the hypervisor's page table. */
  root = 0;
  /** Called at each such access that succeeds. */
  onAccess: () => void = () => {};
  /** What was done to the processor's own registers, in order. */
  readonly orders: string[] = [];
  /** What the guest does next. */
  readonly script: Exit[] = [];
  /** Time in nanoseconds, of the processor and of the serial line. */
  readonly schedule = new Schedule();
  /** The debug console, at UART_PORT. */
  readonly uart = new Uart(this.schedule, NOT_CONNECTED, (byte) => {
    this.printed += String.fromCharCode(byte);
  });
  /** Reads a port of the console instead of the UART. */
  onUart: ((register: number) => number) | undefined;
  /** Accesses to the console's ports so far. */
  uartAccesses = 0;
  /** What was printed on the debug console. */
  printed = "";
  /** 1: a machine check comes with the next NMI. */
  machineCheck = 0;
  /** Registers of the local APIC's page that were written, and values. */
  readonly apicWrites: [register: number, value: bigint][] = [];
  /** Called when the local APIC's base register was written. */
  onApicBase: (value: bigint) => void = () => {};
  /** Called when a guest is about to run. */
  onGuest: () => void = () => {};
  /** Linear address of the control block that ran last. */
  control = 0;
  readonly msrs = new Map<number, bigint>();
  /** Control registers that are not 0. */
  readonly controls = new Map<number, bigint>();
  /** MSRs that do not take what is written. */
  readonly refused = new Set<number>();
  /** Times that CPUID was executed for all of its registers. */
  cpuids = 0;
  readonly #options: FakeOptions;
  #lastMsr = 0n;

  constructor(options: FakeOptions = {}, module = AMD) {
    this.#options = options;
    for (const [msr, value] of Object.entries(options.msrs ?? {}))
      this.msrs.set(Number(msr), value);
    this.core.setUint32(HEAP_BASE + SYS_X86_TSC_KHZ, 1_000_000, true);
    this.core.setBigUint64(DEBUG_CONSOLE + CONSOLE_ADDRESS, BigInt(UART_PORT), true);
    this.core.setUint32(DEBUG_CONSOLE + CONSOLE_DIVIDER, 1, true);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.memory },
      hw: { ...this.#members(), ...this.vendorMembers() },
      exports: this.#handlers(),
    });
    this.exports = instance.exports as unknown as Exports;
  }

  /** Enters on CPU 0 and plays the script. Returns a refusal's -errno, or undefined after the script's end. */
  enter(): number | undefined {
    return this.#untilEnd(() => Number(this.exports.enter!(0)));
  }

  /** Plays a further script. */
  play(...exits: Exit[]): void {
    this.script.push(...exits);
    this.#untilEnd(() => Number(this.exports.run!()));
  }

  #untilEnd(action: () => number): number | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof ScriptEnd)) throw error;
      return undefined;
    }
  }

  #readPort(port: number): number {
    const register = port - UART_PORT;
    if (register < 0 || register >= UART_PORTS) return ~0;
    this.uartAccesses++;
    this.schedule.advance(this.schedule.now + PORT_TIME);
    return this.onUart ? this.onUart(register) : this.uart.read(register, 1);
  }

  #writePort(port: number, value: number): void {
    const register = port - UART_PORT;
    if (register < 0 || register >= UART_PORTS) return;
    this.uartAccesses++;
    this.schedule.advance(this.schedule.now + PORT_TIME);
    this.uart.write(register, 1, value & 0xff);
  }

  linear(physical: bigint): number {
    return Number(physical - PLATFORM_START);
  }

  /** What the hypervisor's page table says of linear address `place`; undefined: nothing is mapped. */
  translate(place: bigint): bigint | undefined {
    let table = this.root;
    for (const shift of [39n, 30n, 21n, 12n]) {
      const index = Number((place >> shift) & 0x1ffn);
      const entry = this.view.getBigUint64(table + index * PAGE_ENTRY, true);
      if (!(entry & PTE_PRESENT)) return undefined;
      const span = (1n << shift) - 1n;
      if (shift === 12n || (entry & PTE_LARGE && shift < 39n))
        return (entry & ENTRY_ADDRESS & ~span) | (place & span);
      table = this.linear(entry & ENTRY_ADDRESS);
    }
    return undefined;
  }

  /** What the windows show, in the order of linear addresses. */
  windows(table = this.root, shift = 39, from = WINDOWS_ENTRY): { phys: bigint; size: bigint }[] {
    const to = shift === 39 ? from + 1 : PAGE_ENTRIES;
    return Array.from({ length: to - from }, (_, index) =>
      this.view.getBigUint64(table + (from + index) * PAGE_ENTRY, true),
    ).flatMap((entry) => {
      if (!(entry & PTE_PRESENT)) return [];
      if (shift === 12 || entry & PTE_LARGE)
        return [{ phys: entry & ENTRY_ADDRESS, size: 1n << BigInt(shift) }];
      return this.windows(this.linear(entry & ENTRY_ADDRESS), shift - 9, 0);
    });
  }

  /**
   * A write of the base register: its modes follow each other as in section 16.9, and the way to "disabled" forgets registers.
   * What never writes it has any mode.
   */
  #writeApicBase(value: bigint): void {
    const before = (this.msrs.get(MSR_APIC_BASE) ?? 0n) & BASE_MODE;
    const after = value & BASE_MODE;
    const x2apic = BigInt(APIC_BASE_X2APIC);
    const isLegal =
      after & x2apic ? after === BASE_MODE && before !== 0n : !(before & x2apic) || after === 0n;
    if (!isLegal) throw new Error(`#GP: APIC base from ${before} to ${after}`);
    this.msrs.set(MSR_APIC_BASE, value);
    this.onApicBase(value);
  }

  /** Whether the page, or the MSRs, of the local APIC can be accessed in its mode. */
  #checkApic(byMsr: boolean): void {
    const base = this.msrs.get(MSR_APIC_BASE);
    if (base === undefined) return;
    const wanted = byMsr ? BASE_MODE : BigInt(APIC_BASE_ENABLE);
    if ((base & BASE_MODE) !== wanted) throw new Error("the local APIC is in another mode");
  }

  #writeMsr(msr: number, value: bigint): void {
    if (msr >= MSR_X2APIC_FIRST && msr <= X2APIC_LAST) this.#checkApic(true);
    if (msr === MSR_APIC_BASE) this.#writeApicBase(value);
    else this.msrs.set(msr, value);
  }

  #readMsr(msr: number): bigint {
    if (msr >= MSR_X2APIC_FIRST && msr <= X2APIC_LAST) this.#checkApic(true);
    return this.msrs.get(msr) ?? 0n;
  }

  /** An access through a window. As a processor, it refuses what is not mapped or beyond its addresses. */
  #access(kind: string, place: bigint, size: number): number {
    const address = this.translate(place);
    const end = this.translate(place + BigInt(size) - 1n);
    if (address === undefined || end !== address + BigInt(size) - 1n)
      throw new Error(`nothing is mapped at 0x${place.toString(16)}`);
    if (end >= 1n << BigInt(ADDRESS_BITS)) return 0;
    if (BigInt.asUintN(64, place - APIC_PLACE) < APIC_SIZE) {
      this.#checkApic(false);
      return 1;
    }
    this.accesses.push([kind, address, size]);
    this.onAccess();
    return 1;
  }

  /** The script's next exit. */
  protected nextExit(): Exit {
    this.onGuest();
    const exit = this.script.shift();
    if (!exit) throw new ScriptEnd();
    return exit;
  }

  #runGuest(control: bigint): void {
    this.control = this.linear(control);
    const exit = this.nextExit();
    const put = (at: number, value: bigint | number | undefined) =>
      this.view.setBigUint64(this.control + at, BigInt.asUintN(64, BigInt(value ?? 0)), true);
    put(VMCB_EXIT_CODE, exit.code);
    put(VMCB_EXIT_INFO_1, exit.info1);
    put(VMCB_EXIT_INFO_2, exit.info2);
    put(VMCB_EXIT_EVENT, exit.event);
    put(VMCB_NEXT_RIP, exit.nextRip);
    put(VMCB_RIP, RIP);
  }

  /** What is a vendor's own. */
  protected vendorMembers(): Members {
    return { runGuest: (control: bigint) => this.#runGuest(control) };
  }

  #handlers() {
    const names = ["hypercall", "exitMmio", "exitPio", "exitCpuid", "exitMsrRead", "exitMsrWrite"];
    names.push("exitXsetbv", "exitCr", "exitException", "exitManagement", "exitUnhandled");
    const recorders = names.map((name) => [
      name,
      (...args: (number | bigint)[]) => {
        this.handled.push([name, ...args]);
      },
    ]);
    return {
      ...Object.fromEntries(recorders),
      heapBase: () => HEAP_BASE,
      init: () => this.#options.init ?? 0,
      initCpu: () => 0,
      activate: () => 0,
      consolePage: () => 0x1000,
      exceptions: () => 0,
    };
  }

  #members() {
    const { view } = this;
    const nothing = () => {};
    const cpuid = (leaf: number, _subleaf: number, part: number) =>
      ({ ...CPUID, ...this.#options.cpuid })[`${leaf >>> 0}:${part}`] ?? 0;
    return {
      ...this.#memoryMembers(),
      ...Object.fromEntries(
        [
          "pause",
          "takeNmi",
          "invalidatePage",
          "publishConsole",
          "writeExtendedControl",
          "writeCr4",
        ].map((name) => [name, nothing]),
      ),
      ...Object.fromEntries(
        ["resetExtendedState", "clearBreakpoints", "loadGuest"].map((name) => [
          name,
          (...args: (number | bigint)[]) => void this.orders.push([name, ...args].join(" ")),
        ]),
      ),
      cpuIndex: () => 0,
      onlineCpus: () => 1,
      compareExchange: (at: number, expected: number, value: number) => {
        const old = view.getUint32(at, true);
        if (old === expected >>> 0) view.setUint32(at, value, true);
        return old;
      },
      loadAcquire: (at: number) => view.getUint32(at, true),
      storeRelease: (at: number, value: number) => view.setUint32(at, value, true),
      portIn: (port: number) => this.#readPort(port),
      portOut: (port: number, _size: number, byte: number) => this.#writePort(port, byte),
      readMsr: (msr: number) => this.#readMsr(msr >>> 0),
      writeMsr: (msr: number, value: bigint) => this.#writeMsr(msr >>> 0, value),
      tryReadMsr: (msr: number) => {
        this.#lastMsr = this.msrs.get(msr >>> 0) ?? 0n;
        return this.msrs.has(msr >>> 0) ? 1 : 0;
      },
      tryWriteMsr: (msr: number, value: bigint) => {
        if (this.refused.has(msr >>> 0)) return 0;
        this.msrs.set(msr >>> 0, value);
        return 1;
      },
      readMsrValue: () => this.#lastMsr,
      takeMachineCheck: () => {
        const came = this.machineCheck;
        this.machineCheck = 0;
        return came;
      },
      cpuid,
      cpuidParts: (leaf: number, subleaf: number, destination: number) => {
        this.cpuids++;
        for (let part = 0; part < 4; part++)
          this.view.setUint32(destination + 4 * part, cpuid(leaf, subleaf, part), true);
      },
      timestamp: () => {
        this.schedule.advance(this.schedule.now + INSTRUCTION_TIME);
        return BigInt(this.schedule.now);
      },
      extendedControl: () => 1n,
      readControl: (number: number) => this.controls.get(number) ?? 0n,
      readDebug: () => 0n,
      linuxState: (field: number) => BigInt(field),
      restart: () => {
        throw new ScriptEnd();
      },
      leave: () => {
        throw new ScriptEnd();
      },
      panic: (code: number) => {
        throw new Error(`panic ${code}`);
      },
    };
  }

  #memoryMembers() {
    const { core, memory } = this;
    const width = (size: number) => (1n << BigInt(size * 8)) - 1n;
    return {
      useOwnTables: (root: bigint) => {
        this.root = this.linear(root);
      },
      windowRead: (place: bigint, size: number) => this.#access("read", place, size),
      windowValue: () => 0n,
      windowWrite: (place: bigint, size: number, value: bigint) => {
        const offset = BigInt.asUintN(64, place - APIC_PLACE);
        if (offset < APIC_SIZE) this.apicWrites.push([Number(offset >> 4n), value]);
        return this.#access("write", place, size);
      },
      windowClear: (place: bigint, size: bigint) => this.#access("clear", place, Number(size)),
      windowToCore: (place: bigint, _to: number, size: number) => this.#access("copy", place, size),
      physicalOf: (address: number) => PLATFORM_START + BigInt(address >>> 0),
      coreRead: (address: number, size: number) => core.getBigUint64(address, true) & width(size),
      coreWrite: (address: number, value: bigint) => core.setBigUint64(address, value, true),
      copyToCore: (from: number, to: number, size: number) =>
        new Uint8Array(core.buffer).set(new Uint8Array(memory.buffer, from, size), to),
      configSize: () => 488,
      hypervisorStart: () => HYPERVISOR_START,
      hypervisorSize: () => HYPERVISOR_SIZE,
      consolePhysical: () => HYPERVISOR_START + 0x2000n,
      partOffset: (part: number) => PARTS[part]!,
    };
  }
}
