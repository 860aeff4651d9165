// INVLPGB and TLBSYNC (AMD64 APM volume 3), and what a guest may of them (volume 2, sections 5.5.3 and 15.9): translations of all CPUs.

import { NESTED_INVLPGB, VMCB_NESTED } from "../../../abi/x86/svm.ts";
import { S_GPR } from "../interface.ts";
import { cpuCount, ramAddress, stateOf } from "../memory/machine.ts";
import { flushTranslations } from "../memory/tlb.ts";
import { forgetOtherWorld } from "../memory/worlds.ts";
import { isPrivileged } from "../system/control.ts";
import { INVLPGB_COUNT, SVM_ASIDS } from "../system/cpuid.ts";
import { raiseGp, raiseUd } from "../system/fault.ts";
import { EXIT_INVLPGB, EXIT_INVLPGB_ILLEGAL, EXIT_TLBSYNC, intercept } from "./intercepts.ts";
import { inGuest, S_CONTROL } from "./state.ts";

const RCX: u32 = 8;
const RDX: u32 = 16;
/** EAX: an address space is named; bits that mean nothing. */
const NAMES_ASID: u32 = 0x4;
const RESERVED: u32 = 0xfc0;
/** ECX and EDX: pages beyond the first, and the address space. */
const COUNT: u32 = 0xffff;
const ASID: u32 = 0xffff;

/** Whether the guest in which the CPU is may execute them at all; #UD is set if not. The host may. */
function isEnabled(s: u32): bool {
  if (!inGuest(s)) return true;
  const block = ramAddress(load<u64>(s, S_CONTROL));
  if (load<u64>(block, VMCB_NESTED) & NESTED_INVLPGB) return true;
  raiseUd(s);
  return false;
}

/** Whether the operands are none; a guest's own address space is meant whatever it names. */
function isIllegal(s: u32): bool {
  const what = load<u32>(s, S_GPR);
  if (what & RESERVED || (load<u32>(s, S_GPR + RCX) & COUNT) > INVLPGB_COUNT) return true;
  if (inGuest(s) || !(what & NAMES_ASID)) return false;
  return (load<u32>(s, S_GPR + RDX) & ASID) >= SVM_ASIDS;
}

/** INVLPGB: more is forgotten than is asked for, all translations of all CPUs; they are gone at once. */
export function invlpgb(s: u32): void {
  if (!isEnabled(s) || !isPrivileged(s) || intercept(s, EXIT_INVLPGB)) return;
  if (isIllegal(s)) {
    if (!intercept(s, EXIT_INVLPGB_ILLEGAL)) raiseGp(s, 0);
    return;
  }
  for (let cpu: u32 = 0; cpu < cpuCount(); cpu++) {
    flushTranslations(stateOf(cpu));
    forgetOtherWorld(stateOf(cpu));
  }
}

/** TLBSYNC: there is nothing to wait for. */
export function tlbsync(s: u32): void {
  if (isEnabled(s) && isPrivileged(s)) intercept(s, EXIT_TLBSYNC);
}
