// What the members of the waist share: the machine, the core's memory, and who is being served.
import type { Pc } from "../../machine/pc.ts";
import type { HypervisorMemory } from "./hypervisor-memory.ts";
import type { CoreExports } from "./waist.gen.ts";

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

/** A cell as the machine knows it: its guest control block and the number of its communication page. */
export interface Guest {
  readonly block: number;
}

/** State shared by the members of the waist while the hypervisor is enabled. */
export class Context {
  readonly pc: Pc;
  /** The core's memory: its data, the system configuration, the page pool. */
  readonly coreMemory: WebAssembly.Memory;
  readonly hypervisorMemory: HypervisorMemory;
  /** Set once hypervisor.wasm is instantiated with these members. */
  core!: CoreExports;
  /** Cells by the core's number. */
  readonly guests = new Map<number, Guest>();
  /** Which cell each CPU belongs to. */
  readonly cellOf = new Map<number, number>();
  /** CPUs that leave the hypervisor when their handler returns. */
  readonly released = new Set<number>();
  /** CPUs that `stopCpu` brought out of their guest and that have not been resumed. */
  readonly stopped = new Set<number>();
  /** The calling CPU: the one whose exit or entry is being handled. */
  caller = 0;

  constructor(pc: Pc, hypervisorMemory: HypervisorMemory, coreMemory: WebAssembly.Memory) {
    this.pc = pc;
    this.hypervisorMemory = hypervisorMemory;
    this.coreMemory = coreMemory;
  }

  /** The guest of a cell that has an address space; anything else is a bug of the core and panics. */
  guest(cell: number): Guest {
    const guest = this.guests.get(cell);
    if (!guest) throw new Error(`hypervisor.wasm named cell ${cell}, which has no address space`);
    return guest;
  }

  /** Host-physical address of a guest-physical one for an access of MAP_* kinds, or undefined. */
  translate(cell: number, address: bigint, access: number): number | undefined {
    const { block } = this.guest(cell);
    const physical = BigInt.asUintN(64, this.pc.exports.translateGuest(block, address, access));
    return physical === ALL_ONES ? undefined : Number(physical);
  }
}
