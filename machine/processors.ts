// Makes the memory and the instance of cpu.wasm that executes all CPUs of a machine.
// Layout: [data of cpu.wasm | CPU states | pool of guest control blocks and nested page tables | RAM].
import { MachineError } from "./error.ts";
import { missingWords, type Vendor } from "./model.ts";
import { Processor } from "./processor.ts";

/** What cpu.wasm exports; machine/cpu/README.md has the contracts. Addresses are in its memory unless said. */
export interface CpuExports {
  initialize(
    cpus: number,
    poolBase: number,
    poolEnd: number,
    ramBase: number,
    ramSize: number,
    vendor: number,
  ): void;
  heapBase(): number;
  state(cpu: number): number;
  stateSize(): number;
  reset(cpu: number): void;
  sync(cpu: number): void;
  run(cpu: number): number;
  raise(cpu: number, vector: number, errorCode: number): void;
  flush(cpu: number): void;
  invalidateCode(address: bigint, size: bigint): void;
  /** Writes an instruction's text (64 bytes, ends with a zero); its length, 0 for none. `mode` 0 to 2: 16, 32, 64 bits. */
  disassemble(cpu: number, linear: bigint, mode: number, out: number): number;
  createGuest(): number;
  destroyGuest(guest: number): void;
  reserveGuest(guest: number, address: bigint, size: bigint): number;
  mapGuest(guest: number, virt: bigint, phys: bigint, size: bigint, flags: number): void;
  unmapGuest(guest: number, virt: bigint, size: bigint): void;
  translateGuest(guest: number, address: bigint, access: number): bigint;
  translateLinear(cpu: number, address: bigint): bigint;
  poolPages(): number;
  poolUsed(): number;
  /** What the CPUs are without: bits of a word of CPUID (cpu/features.ts). */
  setMissingFeatures(word: number, bits: number): void;
  setSeed(seed: bigint): void;
  /** Notes what is executed of a part of physical memory: address of a bit for each byte; 0 where that is too much. */
  watchCode(first: bigint, size: number): number;
  /** An error in a bank of machine checks, told by #MC; 0 where there is no such bank. */
  machineCheck(cpu: number, bank: number, status: bigint, address: bigint): number;
  readMsr(cpu: number, msr: number): number;
  writeMsr(cpu: number, msr: number): number;
  cpuidPart(cpu: number, leaf: number, subleaf: number, part: number): number;
}

/** The device side of cpu.wasm: BUS_* kind, size in bytes; address and value are in the CPU's state. */
export type BusCall = (cpu: number, kind: number, size: number) => number;

/** Makes the exports of a CPU on a memory; for tests that have no cpu.wasm. */
export type CpuFactory = (memory: WebAssembly.Memory, bus: BusCall) => CpuExports;

/** cpu.wasm: its bytes, the compiled module, or something that behaves alike. */
export type CpuSource = WebAssembly.Module | Uint8Array<ArrayBuffer> | ArrayBuffer | CpuFactory;

/** What the processors of a machine are like. */
export interface ProcessorOptions {
  cpu: CpuSource;
  cpus: number;
  /** Bytes of RAM, a multiple of 1 MiB. */
  memory: number;
  /** Bytes for guest control blocks and nested page tables. */
  pool: number;
  vendor: Vendor;
  /** Features that they are without. */
  missing: readonly string[];
  seed: number;
  bus: BusCall;
}

/** All CPUs of a machine with the memory that they share. */
export interface Processors {
  memory: WebAssembly.Memory;
  exports: CpuExports;
  list: Processor[];
  /** RAM; index 0 is physical address 0. Writes here must be followed by `invalidateCode`. */
  ram: Uint8Array;
  /** Where RAM starts in the memory. */
  ramBase: number;
}

const PAGE = 0x10000;
const MIB = 0x100000;
const VENDOR_AMD = 0;
const VENDOR_INTEL = 1;
/** Enough for the data and states of any build, to ask for their size; pages that are not touched cost nothing. */
const PROBE_PAGES = 4096;

function factory(source: CpuSource): CpuFactory {
  if (typeof source === "function") return source;
  const module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
  return (memory, call) =>
    new WebAssembly.Instance(module, { env: { memory }, bus: { call } })
      .exports as unknown as CpuExports;
}

function alignUp(value: number): number {
  return Math.ceil(value / MIB) * MIB;
}

function makeMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    const hint = "Give the machine less memory, or the process more address space.";
    throw new MachineError("no-memory", `cannot reserve ${pages * PAGE} bytes`, hint, cause);
  }
}

/** Bytes below the pool: the module's data and the states. */
function headSize(make: CpuFactory, options: ProcessorOptions): number {
  const probe = make(new WebAssembly.Memory({ initial: PROBE_PAGES }), options.bus);
  return alignUp(probe.heapBase()) + alignUp(options.cpus * probe.stateSize());
}

/** Makes the processors, reset. Throws `no-memory`. Reserves the memory; pages are used as they are touched. */
export function createProcessors(options: ProcessorOptions): Processors {
  const make = factory(options.cpu);
  const poolBase = headSize(make, options);
  const ramBase = poolBase + alignUp(options.pool);
  const memory = makeMemory((ramBase + options.memory) / PAGE);
  const exports = make(memory, options.bus);
  const vendor = options.vendor === "amd" ? VENDOR_AMD : VENDOR_INTEL;
  exports.initialize(options.cpus, poolBase, ramBase, ramBase, options.memory, vendor);
  for (const [word, bits] of missingWords(options.missing).entries())
    exports.setMissingFeatures(word, bits);
  exports.setSeed(BigInt(options.seed));
  const list: Processor[] = [];
  for (let index = 0; index < options.cpus; index++) {
    exports.reset(index);
    list.push(new Processor(index, memory, exports));
  }
  const ram = new Uint8Array(memory.buffer, ramBase, options.memory);
  return { memory, exports, list, ram, ramBase };
}
