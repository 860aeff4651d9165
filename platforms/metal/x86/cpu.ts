// What the platform has of each CPU: some pages, found by its number.

import { PANIC_CONTRACT } from "../numbers.ts";
import { allocate, PAGE } from "../pool.ts";
import { panic } from "./hw.ts";

/** CPU numbers are below this. */
export const CPUS_MAX: u32 = 256;
/** Cpu.cell: none yet. */
export const NO_CELL: u32 = 0xffffffff;

const CPUID: u32 = 0xf0;
const REGISTERS: u32 = 0x100;

/** One CPU. Its own but for `request`, `kicked` and `guestNmi`, and what others write while it is stopped. */
@unmanaged
export class Cpu {
  /** Odd: to stop; a new number for each stop and each resume. */
  request: u32;
  /** The last request that it has followed, or 0. */
  followed: u32;
  /** 1: an NMI that brings it out of its guest has been sent, or is about to be, and has not come. */
  kicked: u32;
  /** 1: its guest is to get an NMI. */
  guestNmi: u32;
  /** 1: its guest has not ended the handler of the last one. */
  nmiBlocked: u32;
  /** Number of its cell. */
  cell: u32;
  /** 1: halted, waits for a start or for good. */
  parked: u32;
  /** 1: another CPU has given it a new state while it was stopped. */
  replaced: u32;
  /** 1: it changes hands or is reset: to be cleaned of its last owner before it enters a guest. */
  soiled: u32;
  /** 1: leaves the hypervisor when the present handler returns. */
  released: u32;
  /** Id of its local APIC. */
  apicId: u32;
  /** 1: its local APIC is in x2APIC mode. */
  x2apic: u32;
  /** The vendor's: what its host has of its guest, to be changed where the guest's is another. */
  matched: u64;
  /** 1: what CPUID says of a leaf and subleaf is at `cpuid`, since the last exit. */
  hasCpuid: u32;
  /** The leaf, and below it the subleaf. */
  cpuidAsked: u64;
  /** 1: it has printed since it last saw everything sent (console.ts). */
  prints: u32;

  /** EAX to EDX of a leaf of CPUID. */
  get cpuid(): usize {
    return changetype<usize>(this) + CPUID;
  }

  /** General registers, REG_* order; the vendor has RSP elsewhere, and maybe RAX. */
  get registers(): usize {
    return changetype<usize>(this) + REGISTERS;
  }

  /** The guest's state, as the vendor has it. */
  get control(): usize {
    return changetype<usize>(this) + PAGE;
  }

  /** The vendor's, for a CPU that has nothing to do, or otherwise. */
  get idle(): usize {
    return changetype<usize>(this) + 2 * PAGE;
  }

  /** The vendor's, for the processor. */
  get host(): usize {
    return changetype<usize>(this) + 3 * PAGE;
  }
}

const CPU_PAGES: u32 = 4;
if (offsetof<Cpu>() > CPUID) ERROR("Cpu is too large");

const TABLE: usize = memory.data(CPUS_MAX * 4, 4);

/** Makes the block of CPU `cpu`. Returns false when there is no room. */
export function addCpu(cpu: u32): bool {
  if (cpu >= CPUS_MAX) return false;
  const block = allocate(CPU_PAGES);
  store<usize>(TABLE + (cpu << 2), block);
  if (block) changetype<Cpu>(block).cell = NO_CELL;
  return block !== 0;
}

/** The block of `cpu`, or null. */
export function findCpu(cpu: u32): Cpu | null {
  return changetype<Cpu | null>(load<usize>(TABLE + (cpu << 2)));
}

/** The block of a CPU that the core has named; it must exist. */
export function cpuOf(cpu: u32): Cpu {
  const block = cpu < CPUS_MAX ? load<usize>(TABLE + (cpu << 2)) : 0;
  if (!block) panic(PANIC_CONTRACT);
  return changetype<Cpu>(block);
}
