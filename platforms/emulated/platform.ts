// The emulated platform: hypervisor.wasm in charge of a `Pc`.
import { MEM_PHYS_START, MEM_REGION_SIZE, SYS_HYPERVISOR_MEMORY } from "../../abi/config.ts";
import { ENOMEM } from "../../abi/errno.ts";
import { describeExit } from "../../machine/exits.ts";
import type { Pc } from "../../machine/pc.ts";
import { accessMembers } from "./access.ts";
import { Context } from "./context.ts";
import type { CoreExports } from "./core.ts";
import { cpuMembers } from "./cpus.ts";
import { handleExit } from "./exits.ts";
import { HypervisorMemory, PAGE_SIZE } from "./hypervisor-memory.ts";
import { memoryMembers } from "./memory.ts";
import { passthroughMembers } from "./passthrough.ts";

function hypervisorMemoryOf(config: Uint8Array): HypervisorMemory {
  const view = new DataView(config.buffer, config.byteOffset + SYS_HYPERVISOR_MEMORY);
  return new HypervisorMemory(
    Number(view.getBigUint64(MEM_PHYS_START, true)),
    Number(view.getBigUint64(MEM_REGION_SIZE, true)),
  );
}

/** A machine that can be taken over by the core and handed back. */
export class EmulatedPlatform {
  readonly pc: Pc;
  readonly #module: WebAssembly.Module;
  #context: Context | undefined;
  #consoleTail = 0;
  #refusal = "";

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
    const memory = new WebAssembly.Memory({
      initial: hypervisorMemory.corePages,
      maximum: hypervisorMemory.corePages,
    });
    const context = new Context(this.pc, hypervisorMemory, memory);
    context.core = this.#instantiate(context);
    const at = Math.ceil(context.core.heapBase() / PAGE_SIZE) * PAGE_SIZE;
    if (at + config.length > memory.buffer.byteLength) return -ENOMEM;
    new Uint8Array(memory.buffer).set(config, at);
    const result = this.#boot(context, at, config.length, cpus);
    if (result !== 0) this.#abandon(context);
    return result;
  }

  /** What the hypervisor printed when the last `enable` failed. */
  get refusal(): string {
    return this.#refusal;
  }

  /** The hypervisor's console ring: the page of ABI section 7, or undefined while disabled. */
  consolePage(): DataView | undefined {
    const context = this.#context;
    if (!context) return undefined;
    return new DataView(context.coreMemory.buffer, context.core.consolePage(), PAGE_SIZE);
  }

  /** The core's memory, for `sysfs/core` and fingerprints; undefined while disabled. */
  get coreMemory(): Uint8Array | undefined {
    return this.#context && new Uint8Array(this.#context.coreMemory.buffer);
  }

  /** Whether the root cell's map grants all of [address, address+size) for an access of MAP_* kinds. */
  rootMayAccess(address: number, size: number, access: number): boolean {
    const context = this.#context;
    if (!context) return true;
    const first = address - (address % PAGE_SIZE);
    for (let page = first; page < address + size; page += PAGE_SIZE) {
      if (context.translate(0, BigInt(page), access) === undefined) return false;
    }
    return true;
  }

  #instantiate(context: Context): CoreExports {
    const instance = new WebAssembly.Instance(this.#module, {
      env: { memory: context.coreMemory },
      platform: {
        ...memoryMembers(context),
        ...accessMembers(context),
        ...cpuMembers(context),
        ...passthroughMembers(context),
      },
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
    if (result === 0) for (const cpu of cpus) this.#takeOver(context, cpu);
    this.#publishConsole(context);
    return result;
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
