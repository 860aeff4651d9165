// Small privileged instructions: TSC, halting, cache and TLB control, XCR0, hypercalls, SVM, VMX.

import { CR4_OSXSAVE, CR4_PCE, CR4_TSD } from "../../../abi/x86/registers.ts";
import { FEATURE_DECODEASSISTS } from "../features.ts";
import {
  ACTIVITY_HALTED,
  EXIT_HYPERCALL,
  EXIT_VIRTUALISATION,
  EXIT_XSETBV,
  G_INTERCEPTS,
  INTERCEPT_XSETBV,
  S_ACTIVITY,
  S_CR4,
  S_GPR,
  S_GUEST,
  S_PERFORMANCE,
  S_TSC_AUX,
  S_XCR0,
} from "../interface.ts";
import { VENDOR_AMD } from "../memory/layout.ts";
import { hasFeature, vendor } from "../memory/machine.ts";
import { dropPage } from "../memory/tlb.ts";
import {
  EXIT_HLT,
  EXIT_INVD,
  EXIT_INVLPG,
  EXIT_RDPMC,
  EXIT_RDTSC,
  EXIT_RDTSCP,
  EXIT_RSM,
  EXIT_WBINVD,
  EXIT_XSETBV_SVM,
  intercept,
  interceptWith,
} from "../svm/intercepts.ts";
import { EXIT_PAUSE } from "../svm/state.ts";
import { isPrivileged } from "./control.ts";
import { raiseGp, raiseInstructionExit, raiseUd } from "./fault.ts";
import { inLongCode, inLongMode, inRealAddressing } from "./mode.ts";
import { currentLevel } from "./segments.ts";
import { readTsc } from "./tsc.ts";

/** Offsets of RAX, RCX and RDX in the state block. */
const S_RAX: u32 = S_GPR;
const S_RCX: u32 = S_GPR + 8;
const S_RDX: u32 = S_GPR + 16;
/** RSM: there is no system management mode to return from. */
export function rsm(s: u32): void {
  if (!intercept(s, EXIT_RSM)) raiseUd(s);
}

/** XCR0: x87, the one component that cannot be switched off. */
const XCR0_X87: u64 = 1;
/** Performance counters (AMD); as many selections come before them in the state block. */
const PERFORMANCE_COUNTERS: u32 = 4;
/** XCR0: SSE. */
const XCR0_SSE: u64 = 2;

/** Whether a value is one that XCR0 can have: x87 always, SSE or not. */
function isXcr0Valid(value: u64): bool {
  return value === XCR0_X87 || value === (XCR0_X87 | XCR0_SSE);
}

/** Puts a value in EDX:EAX. */
function setPair(s: u32, value: u64): void {
  store<u64>(s, value & 0xffffffff, S_RAX);
  store<u64>(s, value >> 32, S_RDX);
}

/** Whether the TSC is out of the program's reach. */
function isTscHidden(s: u32): bool {
  return (load<u32>(s, S_CR4) & CR4_TSD) != 0 && currentLevel(s) == 3 && !inRealAddressing(s);
}

/** RDTSC: #GP(0) at level 3 under CR4.TSD. */
export function rdtsc(s: u32): void {
  if (isTscHidden(s)) raiseGp(s, 0);
  else if (!intercept(s, EXIT_RDTSC)) setPair(s, readTsc(s));
}

/** RDTSCP. */
export function rdtscp(s: u32): void {
  if (isTscHidden(s)) return raiseGp(s, 0);
  if (intercept(s, EXIT_RDTSCP)) return;
  setPair(s, readTsc(s));
  store<u64>(s, load<u64>(s, S_TSC_AUX), S_RCX);
}

/** RDPMC: the counters that AMD's processors have; #GP(0) for others, and at level 3 without CR4.PCE. */
export function rdpmc(s: u32): void {
  const counter = load<u32>(s, S_RCX);
  const isAllowed = (load<u32>(s, S_CR4) & CR4_PCE) != 0 || currentLevel(s) == 0;
  if (vendor() != VENDOR_AMD || counter >= PERFORMANCE_COUNTERS || !isAllowed) return raiseGp(s, 0);
  if (intercept(s, EXIT_RDPMC)) return;
  setPair(s, load<u64>(s + (PERFORMANCE_COUNTERS + counter) * 8, S_PERFORMANCE));
}

/** HLT: the CPU halts; execution goes on at S_NEXT once it is woken. */
export function hlt(s: u32): void {
  if (isPrivileged(s) && !intercept(s, EXIT_HLT)) store<u32>(s, ACTIVITY_HALTED, S_ACTIVITY);
}

/** PAUSE of a guest that may exit there; nothing else. */
export function pause(s: u32): void {
  intercept(s, EXIT_PAUSE);
}

/** INVLPG of a linear address (whether canonical or not). */
export function invlpg(s: u32, linear: u64): void {
  if (!isPrivileged(s)) return;
  const info = hasFeature(FEATURE_DECODEASSISTS) ? linear : 0;
  if (!interceptWith(s, EXIT_INVLPG, info, 0)) dropPage(s, linear);
}

/** WBINVD: there are no caches. */
export function wbinvd(s: u32): void {
  if (isPrivileged(s)) intercept(s, EXIT_WBINVD);
}

/** INVD. */
export function invd(s: u32): void {
  if (isPrivileged(s)) intercept(s, EXIT_INVD);
}

/** XGETBV: XCR0, the only one. #UD without CR4.OSXSAVE. */
export function xgetbv(s: u32): void {
  if (!(load<u32>(s, S_CR4) & CR4_OSXSAVE)) raiseUd(s);
  else if (load<u32>(s, S_RCX) != 0) raiseGp(s, 0);
  else setPair(s, load<u64>(s, S_XCR0));
}

/** XSETBV: exits where the cell's hypervisor wants it. */
export function xsetbv(s: u32): void {
  if (!(load<u32>(s, S_CR4) & CR4_OSXSAVE)) return raiseUd(s);
  if (!isPrivileged(s) || intercept(s, EXIT_XSETBV_SVM)) return;
  const guest = load<u32>(s, S_GUEST);
  if (guest != 0 && load<u32>(guest, G_INTERCEPTS) & INTERCEPT_XSETBV)
    return raiseInstructionExit(s, EXIT_XSETBV, 0, 0);
  const value = ((<u64>load<u32>(s, S_RDX)) << 32) | load<u32>(s, S_RAX);
  if (load<u32>(s, S_RCX) != 0 || !isXcr0Valid(value)) raiseGp(s, 0);
  else store<u64>(s, value, S_XCR0);
}

/** VMMCALL (`isVmmcall`) or VMCALL: an exit under the machine's own hypervisor for that vendor, else #UD. */
export function hypercall(s: u32, isVmmcall: bool): void {
  const exists = isVmmcall == (vendor() == VENDOR_AMD);
  if (load<u32>(s, S_GUEST) == 0 || !exists) raiseUd(s);
  else raiseInstructionExit(s, EXIT_HYPERCALL, 0, 0);
}

/**
 * VMRUN, VMLOAD, VMSAVE, STGI, CLGI, SKINIT and INVLPGA: EXIT_VIRTUALISATION with `code` (the SVM exit code) under a hypervisor,
 * else #UD.
 */
export function virtualization(s: u32, code: u32): void {
  if (load<u32>(s, S_GUEST) == 0 || inRealAddressing(s)) raiseUd(s);
  else if (isPrivileged(s)) raiseInstructionExit(s, EXIT_VIRTUALISATION, code, 0);
}

/**
 * VMX's instructions but VMCALL: EXIT_VIRTUALISATION with `reason` under a hypervisor, at each level, before their operands are
 * looked at; in real mode, compatibility mode and without a hypervisor #UD (SDM, volume 3, "VMX Instruction Reference").
 */
export function vmx(s: u32, reason: u32): void {
  const isCompatible = inLongMode(s) && !inLongCode(s);
  if (load<u32>(s, S_GUEST) == 0 || inRealAddressing(s) || isCompatible) raiseUd(s);
  else raiseInstructionExit(s, EXIT_VIRTUALISATION, reason, 0);
}
