// What a CPU keeps of the control block of the guest that it executes, and of address spaces; a part of its private state
// (0xa80 to 0xaff). In host mode the intercepts are 0.

import { S_IN_GUEST } from "../interface.ts";

/** Intercepts in the order of exit codes (AMD64 APM volume 2, appendices B and C): bit c of u32[6] is that of exit code c. */
export const S_INTERCEPTS: u32 = 0xa80;
/** Words of it. */
export const INTERCEPT_WORDS: u32 = 6;
/** Physical address of the guest's control block, u64. */
export const S_CONTROL: u32 = 0xa98;
/** Physical address of the I/O permission map, u64. */
export const S_IO_MAP: u32 = 0xaa0;
/** Physical address of the MSR permission map, u64. */
export const S_MSR_MAP: u32 = 0xaa8;
/** Nested page table's root (nCR3), u64. */
export const S_NESTED_ROOT: u32 = 0xab0;
/** NESTED_* bits, u32; 0 without nested paging. */
export const S_NESTED: u32 = 0xab8;
/** The guest's address space identifier, u32. */
export const S_ASID: u32 = 0xabc;
/** The event that is being delivered, as EXITINTINFO has it, u64; 0 for none. */
export const S_DELIVERED: u32 = 0xac8;
/** RIP after the instruction that exits, u64; 0 where there is none. */
export const S_EXIT_NEXT: u32 = 0xad0;
/** CR2 before the page fault that is on its way, u64. */
export const S_OLD_CR2: u32 = 0xad8;
/** What is added to the TSC for the guest, u64. */
export const S_GUEST_TSC: u32 = 0xae0;
/** Address space identifier of the guest that was executed last, u32. */
export const S_LAST_ASID: u32 = 0xaec;

/** In S_NESTED: there is nested paging. */
export const NESTED_ON: u32 = 1;
/** In S_NESTED: the host is in long mode: four levels. */
export const NESTED_LONG: u32 = 2;
/** In S_NESTED: the host has CR4.PAE: three levels, else two. */
export const NESTED_PAE: u32 = 4;
/** In S_NESTED: the host has CR4.PSE. */
export const NESTED_PSE: u32 = 8;
/** In S_NESTED: the host has EFER.NXE or CR4.SMEP: faults tell fetches (section 8.4.2). */
export const NESTED_FETCH: u32 = 32;
/** In S_NESTED: the host has EFER.NXE. */
export const NESTED_NX: u32 = 16;

/** Exit code of PAUSE. */
export const EXIT_PAUSE: u32 = 0x77;

/** Whether a CPU executes a guest of VMRUN. */
export function inGuest(s: u32): bool {
  return load<u32>(s, S_IN_GUEST) !== 0;
}

/** Whether the present guest's control block wants an exit with this code. */
export function isWanted(s: u32, code: u32): bool {
  return ((load<u32>(s + (code >> 5) * 4, S_INTERCEPTS) >> (code & 31)) & 1) !== 0;
}
