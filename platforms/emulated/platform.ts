// The emulated platform: hypervisor.wasm in charge of a `Pc`.
import { MEM_PHYS_START, MEM_REGION_SIZE, SYS_HYPERVISOR_MEMORY } from "../../abi/config.ts";
import { DENIALS_SIZE } from "../../abi/denials.ts";
import { ENOMEM } from "../../abi/errno.ts";
import { describeExit } from "../../machine/exits.ts";
import type { Pc } from "../../machine/pc.ts";
import { Context, type Guest } from "./context.ts";
import { cpuMembers } from "./cpus.ts";
import { handleExit } from "./exits.ts";
import { HypervisorMemory, PAGE_SIZE } from "./hypervisor-memory.ts";
import { memoryMembers } from "./memory.ts";
import { passthroughMembers } from "./passthrough.ts";
import { accessMembers } from "./permissions.ts";
import type { CoreExports, PlatformMembers } from "./waist.gen.ts";

function hypervisorMemoryOf(config: Uint8Array): HypervisorMemory {
  const view = new DataView(config.buffer, config.byteOffset + SYS_HYPERVISOR_MEMORY);
  return new HypervisorMemory(
    Number(view.getBigUint64(MEM_PHYS_START, true)),
    Number(view.getBigUint64(MEM_REGION_SIZE, true)),
  );
}

function pageOf(context: Context | undefined): DataView | undefined {
  const page = context?.core.consolePage();
  return context && page ? new DataView(context.coreMemory.buffer, page, PAGE_SIZE) : undefined;
}

/** What `save` keeps of a hypervisor. */
export interface PlatformSnapshot {
  readonly hypervisorMemory: HypervisorMemory;
  readonly coreMemory: Uint8Array;
  readonly guests: ReadonlyMap<number, Guest>;
  readonly cellOf: ReadonlyMap<number, number>;
  readonly stopped: ReadonlySet<number>;
}

/** A machine that can be taken over by the core and handed back. */
export class EmulatedPlatform {
  readonly pc: Pc;
  readonly #module: WebAssembly.Module;
  #context: Context | undefined;
  /** The hypervisor of the last `enable`, if that failed. */
  #refused: Context | undefined;
  /** The console page of the hypervisor that ended last. */
  #lastConsole: DataView | undefined;
  #consoleTail = 0;

  constructor(pc: Pc, hypervisor: WebAssembly.Module) {
    this.pc = pc;
    this.#module = hypervisor;
    pc.onExit((processor, code) => {
      const context = this.#context;
      const isServed = context && processor.guest !== 0;
      if (!isServed || !handleExit(context, processor, code)) throw describeExit(processor, code);
      this.#publishConsole(context);
      if (context.cellOf.size === 0) this.#free(context);
    });
  }

  /** Whether any CPU runs under the hypervisor. */
  get enabled(): boolean {
    return this.#context !== undefined;
  }

  /**
   * Takes over `cpus` (the first one boots) with a system configuration of at least a header's length.
   * Returns 0, or -errno with the machine as it was.
   */
  enable(config: Uint8Array, cpus: readonly number[]): number {
    const hypervisorMemory = hypervisorMemoryOf(config);
    if (!hypervisorMemory.fits(this.pc.ram.length)) return -ENOMEM;
    const context = this.#makeContext(hypervisorMemory);
    const { buffer } = context.coreMemory;
    const at = Math.ceil(context.core.heapBase() / PAGE_SIZE) * PAGE_SIZE;
    if (at + config.length > buffer.byteLength) return -ENOMEM;
    new Uint8Array(buffer).set(config, at);
    const result = this.#boot(context, at, config.length, cpus);
    this.#refused = result === 0 ? undefined : context;
    if (result !== 0) this.#abandon(context);
    return result;
  }

  /** The hypervisor's console ring (ABI section 7); while disabled that of the last one, as it ended, or undefined. */
  consolePage(): DataView | undefined {
    return pageOf(this.#context) ?? this.#lastConsole;
  }

  /** The table of denied accesses (abi/denials.ts), or undefined while disabled. */
  denialTable(): DataView | undefined {
    const table = this.#context?.core.denialTable();
    return table ? new DataView(this.#context!.coreMemory.buffer, table, DENIALS_SIZE) : undefined;
  }

  /** The console ring of the hypervisor whose `enable` has just failed; undefined after one that succeeded. */
  refusedConsolePage(): DataView | undefined {
    return pageOf(this.#refused);
  }

  /** The core's memory, for `sysfs/core` and fingerprints; undefined while disabled. */
  get coreMemory(): Uint8Array | undefined {
    return this.#context && new Uint8Array(this.#context.coreMemory.buffer);
  }

  /** The hypervisor with all that it knows of the machine, undefined while disabled; the machine is saved by `Pc.save`. */
  save(): PlatformSnapshot | undefined {
    const context = this.#context;
    if (!context) return undefined;
    const { hypervisorMemory, coreMemory, guests, cellOf, stopped } = context;
    return {
      hypervisorMemory,
      coreMemory: new Uint8Array(coreMemory.buffer).slice(),
      guests: new Map(guests),
      cellOf: new Map(cellOf),
      stopped: new Set(stopped),
    };
  }

  /** Goes back to a hypervisor that `save` gave, on the machine that was saved with it. */
  restore(snapshot: PlatformSnapshot | undefined): void {
    this.#context = undefined;
    if (!snapshot) return;
    const context = this.#makeContext(snapshot.hypervisorMemory);
    new Uint8Array(context.coreMemory.buffer).set(snapshot.coreMemory);
    for (const [cell, guest] of snapshot.guests) context.guests.set(cell, guest);
    for (const [cpu, cell] of snapshot.cellOf) context.cellOf.set(cpu, cell);
    for (const cpu of snapshot.stopped) context.stopped.add(cpu);
    this.#context = context;
  }

  /** An instance of the core with a memory of its own; all its state lies there. */
  #makeContext(hypervisorMemory: HypervisorMemory): Context {
    const pages = hypervisorMemory.corePages;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const context = new Context(this.pc, hypervisorMemory, memory);
    context.core = this.#instantiate(context);
    return context;
  }

  #instantiate(context: Context): CoreExports {
    const members: PlatformMembers = {
      ...memoryMembers(context),
      ...accessMembers(context),
      ...cpuMembers(context),
      ...passthroughMembers(context),
    };
    const instance = new WebAssembly.Instance(this.#module, {
      env: { memory: context.coreMemory },
      platform: { ...members },
    });
    return instance.exports as unknown as CoreExports;
  }

  #boot(context: Context, at: number, size: number, cpus: readonly number[]): number {
    context.caller = cpus[0]!;
    this.#context = context;
    let result = context.core.init(cpus[0]!, at, size);
    for (const cpu of cpus) {
      if (result !== 0) break;
      context.caller = cpu;
      result = context.core.initCpu(cpu);
    }
    context.caller = cpus[0]!;
    if (result === 0) result = context.core.activate();
    if (result !== 0) return result;
    for (const cpu of cpus) this.#takeOver(context, cpu);
    this.#publishConsole(context);
    return 0;
  }

  /** A CPU of the root cell goes on as a guest, with all its state. */
  #takeOver(context: Context, cpu: number): void {
    context.cellOf.set(cpu, 0);
    this.pc.processors[cpu]!.guest = context.guest(0).block;
  }

  /** Undoes a failed `enable`: the CPUs go on without a hypervisor, its guests are freed. */
  #abandon(context: Context): void {
    for (const cpu of context.cellOf.keys()) {
      this.pc.processors[cpu]!.guest = 0;
      if (context.stopped.has(cpu)) this.pc.resume(cpu);
    }
    this.#free(context);
  }

  /** Forgets a hypervisor that no CPU runs under any more. */
  #free(context: Context): void {
    for (const { block } of context.guests.values()) this.pc.exports.destroyGuest(block);
    const page = pageOf(context);
    this.#lastConsole =
      page && new DataView(page.buffer.slice(page.byteOffset, page.byteOffset + PAGE_SIZE));
    this.#context = undefined;
  }

  /** Copies the console page to where guests see it, if anything was printed since. */
  #publishConsole(context: Context): void {
    const page = context.core.consolePage();
    const tail = new DataView(context.coreMemory.buffer).getUint32(page + 4, true);
    if (tail === this.#consoleTail) return;
    this.#consoleTail = tail;
    const bytes = new Uint8Array(context.coreMemory.buffer, page, PAGE_SIZE);
    this.pc.ram.set(bytes, context.hypervisorMemory.consolePage);
  }
}
