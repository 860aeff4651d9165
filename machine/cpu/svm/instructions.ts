// The instructions of SVM (AMD64 APM volume 3, and volume 2, chapter 15).

import { EFER_SVME } from "../../../abi/x86/registers.ts";
import { codeWritten } from "../blocks.ts";
import { FEATURE_SVM } from "../features.ts";
import { S_EFER, S_GIF, S_GPR } from "../interface.ts";
import { PAGE_SIZE, VENDOR_AMD } from "../memory/layout.ts";
import { hasFeature, vendor } from "../memory/machine.ts";
import { dropPage } from "../memory/tlb.ts";
import { forgetOtherWorld } from "../memory/worlds.ts";
import * as op from "../operations.gen.ts";
import { isPrivileged } from "../system/control.ts";
import { faulted, raiseUd } from "../system/fault.ts";
import { inLongCode, inRealAddressing } from "../system/mode.ts";
import {
  EXIT_CLGI,
  EXIT_INVLPGA,
  EXIT_STGI,
  EXIT_VMLOAD,
  EXIT_VMMCALL,
  EXIT_VMRUN,
  EXIT_VMSAVE,
  intercept,
} from "./intercepts.ts";
import { pageOf, vmrun } from "./run-guest.ts";
import { inGuest, S_ASID, S_LAST_ASID } from "./state.ts";
import { loadRest, saveRest } from "./world.ts";

const S_RCX: u32 = S_GPR + 8;

/** Whether an instruction of SVM can be executed at all; sets #UD or #GP(0) if not (volume 3, each one's "Exceptions"). */
function isEnabled(s: u32): bool {
  const exists = vendor() === VENDOR_AMD && hasFeature(FEATURE_SVM);
  if (exists && load<u64>(s, S_EFER) & EFER_SVME && !inRealAddressing(s)) return isPrivileged(s);
  raiseUd(s);
  return false;
}

/** rAX as an address. */
function operand(s: u32): u64 {
  return inLongCode(s) ? load<u64>(s, S_GPR) : load<u32>(s, S_GPR);
}

function exitCodeOf(operation: u32): u32 {
  switch (operation) {
    case op.VMRUN:
      return EXIT_VMRUN;
    case op.VMLOAD:
      return EXIT_VMLOAD;
    case op.VMSAVE:
      return EXIT_VMSAVE;
    case op.STGI:
      return EXIT_STGI;
    case op.CLGI:
      return EXIT_CLGI;
    default:
      return EXIT_INVLPGA;
  }
}

/** INVLPGA: the address is that of rAX, the address space ECX's. */
function invalidateIn(s: u32): void {
  const asid = load<u32>(s, S_RCX);
  const own = inGuest(s) ? load<u32>(s, S_ASID) : 0;
  if (asid === own) dropPage(s, operand(s));
  else if (asid === 0 || asid === load<u32>(s, S_LAST_ASID)) forgetOtherWorld(s);
}

/** VMLOAD and VMSAVE. */
function moveRest(s: u32, isSave: bool): void {
  const address = operand(s);
  const block = pageOf(s, address);
  if (faulted(s)) return;
  if (!isSave) return loadRest(s, block);
  saveRest(s, block);
  codeWritten(address, PAGE_SIZE);
}

/** VMRUN, VMLOAD, VMSAVE, STGI, CLGI, INVLPGA. SKINIT is not there: #UD. */
export function svmOperation(s: u32, operation: u32): void {
  if (operation === op.SKINIT) return raiseUd(s);
  if (!isEnabled(s) || intercept(s, exitCodeOf(operation))) return;
  switch (operation) {
    case op.VMRUN:
      // A guest whose VMRUN does not exit is none that VMRUN takes.
      return inGuest(s) ? raiseUd(s) : vmrun(s, operand(s));
    case op.VMLOAD:
      return moveRest(s, false);
    case op.VMSAVE:
      return moveRest(s, true);
    case op.STGI:
      return store<u32>(s, 1, S_GIF);
    case op.CLGI:
      return store<u32>(s, 0, S_GIF);
    default:
      return invalidateIn(s);
  }
}

/** VMMCALL without the machine's own hypervisor: an exit, or #UD. */
export function vmmcall(s: u32): void {
  if (!intercept(s, EXIT_VMMCALL)) raiseUd(s);
}
