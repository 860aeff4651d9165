// The life of a CPU as the outside sees it: making the machine, power-on, and changes of state from outside.

import { CR0_RESET, FLAG_FIXED } from "../../../abi/x86/registers.ts";
import {
  ACTIVITY_RUNNING,
  ACTIVITY_WAIT_FOR_SIPI,
  CS,
  FX_CONTROL,
  FX_CONTROL_RESET,
  FX_MXCSR,
  FX_MXCSR_RESET,
  FX_TAGS,
  FX_TAGS_RESET,
  GS,
  LDTR,
  S_ACTIVITY,
  S_CR0,
  S_DR,
  S_FLAGS,
  S_FX,
  S_GDT_LIMIT,
  S_GIF,
  S_GPR,
  S_IDT_LIMIT,
  S_INDEX,
  S_MISC_ENABLE,
  S_PAT,
  S_RIP,
  S_XCR0,
  TR,
} from "../interface.ts";
import {
  M_CPUS,
  M_RAM_BASE,
  M_RAM_SIZE,
  M_STATES,
  M_VENDOR,
  PAGE_SIZE,
  S_MACHINE_CHECK,
  STATE_SIZE,
  VENDOR_AMD,
} from "../memory/layout.ts";
import { MACHINE, stateOf, vendor } from "../memory/machine.ts";
import { initializePool } from "../memory/pool.ts";
import { flushTranslations, initializeTranslations } from "../memory/tlb.ts";
import { setSegment } from "./descriptors.ts";
import { MACHINE_CHECK_SIZE } from "./machine-check.ts";
import { updateMode } from "./mode.ts";
import { MISC_ENABLE_RESET } from "./msr-rules.ts";

/** Where a processor starts: F000:FFF0, at the top of the first MiB (there is no ROM at the top of 4 GiB). */
const RESET_SELECTOR: u32 = 0xf000;
const RESET_BASE: u64 = 0xf0000;
const RESET_OFFSET: u64 = 0xfff0;
/** Limit of all segments and tables after power-on. */
const RESET_LIMIT: u32 = 0xffff;
/** Attributes after power-on. */
const RESET_CODE: u32 = 0x9b;
const RESET_DATA: u32 = 0x93;
const RESET_LDT: u32 = 0x82;
const RESET_TSS: u32 = 0x8b;
/** PAT after power-on. */
const RESET_PAT: u64 = 0x0007040600070406;
/** DR6 and DR7 after power-on. */
const RESET_DR6: u64 = 0xffff0ff0;
const RESET_DR7: u64 = 0x400;
/** RDX after power-on: the processor's signature, roughly. */
const RESET_RDX_AMD: u64 = 0x00800f12;
const RESET_RDX_INTEL: u64 = 0x00050654;
/** XCR0: x87. */
const RESET_XCR0: u64 = 1;

/** Size of a state block, private part included. */
export function stateSize(): u32 {
  return STATE_SIZE;
}

/** Address of the state block of a CPU. */
export function state(cpu: u32): u32 {
  return stateOf(cpu);
}

/**
 * Describes the machine: `cpus` state blocks follow this module's own data, the pool is [poolBase, poolEnd), RAM is
 * `ramSize` bytes at `ramBase`; `kind` is VENDOR_AMD or VENDOR_INTEL. Resets all CPUs.
 */
export function initializeMachine(
  cpus: u32,
  poolBase: u32,
  poolEnd: u32,
  ramBase: u32,
  ramSize: u32,
  kind: u32,
): void {
  store<u32>(MACHINE, cpus, M_CPUS);
  store<u32>(MACHINE, (<u32>__heap_base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), M_STATES);
  store<u32>(MACHINE, ramBase, M_RAM_BASE);
  store<u64>(MACHINE, <u64>ramSize, M_RAM_SIZE);
  store<u32>(MACHINE, kind, M_VENDOR);
  initializePool(poolBase, poolEnd);
  for (let cpu: u32 = 0; cpu < cpus; cpu++) resetState(cpu);
}

/** Puts a CPU into its power-on state: CPU 0 runs, the others wait for a SIPI. The caller resets its own private part. */
export function resetState(cpu: u32): void {
  const s = stateOf(cpu);
  memory.fill(s, 0, S_MACHINE_CHECK);
  const rest = S_MACHINE_CHECK + MACHINE_CHECK_SIZE;
  memory.fill(s + rest, 0, STATE_SIZE - rest);
  initializeTranslations(s);
  store<u32>(s, cpu, S_INDEX);
  store<u32>(s, cpu == 0 ? ACTIVITY_RUNNING : ACTIVITY_WAIT_FOR_SIPI, S_ACTIVITY);
  store<u64>(s, vendor() == VENDOR_AMD ? RESET_RDX_AMD : RESET_RDX_INTEL, S_GPR + 16);
  store<u64>(s, RESET_OFFSET, S_RIP);
  store<u32>(s, 1, S_GIF);
  store<u64>(s, FLAG_FIXED, S_FLAGS);
  store<u64>(s, CR0_RESET, S_CR0);
  store<u64>(s, RESET_DR6, S_DR + 6 * 8);
  store<u64>(s, RESET_DR7, S_DR + 7 * 8);
  store<u64>(s, RESET_PAT, S_PAT);
  store<u64>(s, RESET_XCR0, S_XCR0);
  store<u64>(s, MISC_ENABLE_RESET, S_MISC_ENABLE);
  store<u32>(s, RESET_LIMIT, S_GDT_LIMIT);
  store<u32>(s, RESET_LIMIT, S_IDT_LIMIT);
  for (let segment: u32 = 0; segment <= GS; segment++)
    setSegment(s, segment, 0, 0, RESET_LIMIT, RESET_DATA);
  setSegment(s, CS, RESET_SELECTOR, RESET_BASE, RESET_LIMIT, RESET_CODE);
  setSegment(s, LDTR, 0, 0, RESET_LIMIT, RESET_LDT);
  setSegment(s, TR, 0, 0, RESET_LIMIT, RESET_TSS);
  store<u16>(s, <u16>FX_CONTROL_RESET, S_FX + FX_CONTROL);
  store<u8>(s, <u8>FX_TAGS_RESET, S_FX + FX_TAGS);
  store<u32>(s, FX_MXCSR_RESET, S_FX + FX_MXCSR);
  updateMode(s);
}

/** After the outside has changed control registers, segments, the level or the guest: recomputes what hangs on them. */
export function syncState(cpu: u32): void {
  const s = stateOf(cpu);
  flushTranslations(s);
  updateMode(s);
}

/** Drops all cached translations of a CPU. */
export function flushState(cpu: u32): void {
  flushTranslations(stateOf(cpu));
}
