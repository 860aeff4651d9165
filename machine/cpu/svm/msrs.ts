// VM_CR and VM_HSAVE_PA (AMD64 APM volume 2, section 15.30).

import { EFER_SVME } from "../../../abi/x86/registers.ts";
import { MSR_HOST_SAVE, MSR_VM_CR, VM_CR_DISABLED } from "../../../abi/x86/svm.ts";
import { FEATURE_SVM } from "../features.ts";
import { S_EFER, S_HOST_SAVE, S_VM_CR } from "../interface.ts";
import { PAGE_OFFSET, VENDOR_AMD } from "../memory/layout.ts";
import { hasFeature, vendor } from "../memory/machine.ts";
import { PHYSICAL_BITS } from "../memory/paging.ts";
import { raiseGp } from "../system/fault.ts";

/** VM_CR: debugging ports, INIT as #SX, A20 and the lock, which are kept and mean nothing here but for the lock; SVMDIS. */
const VM_CR_BITS: u64 = 0x1f;
const VM_CR_LOCK: u64 = 0x8;

/** Whether an MSR is one of SVM's, on a processor that has it. */
export function isSvmMsr(msr: u32): bool {
  if (msr !== MSR_VM_CR && msr !== MSR_HOST_SAVE) return false;
  return vendor() === VENDOR_AMD && hasFeature(FEATURE_SVM);
}

/** Whether EFER.SVME cannot be set. */
export function isSvmDisabled(s: u32): bool {
  return (load<u64>(s, S_VM_CR) & VM_CR_DISABLED) !== 0;
}

function writeVmCr(s: u32, value: u64): void {
  const old = load<u64>(s, S_VM_CR);
  const disables = (value & VM_CR_DISABLED) !== 0 && (load<u64>(s, S_EFER) & EFER_SVME) !== 0;
  if (value & ~VM_CR_BITS || disables) return raiseGp(s, 0);
  const fixed: u64 = old & VM_CR_LOCK ? VM_CR_LOCK | VM_CR_DISABLED : 0;
  store<u64>(s, (value & ~fixed) | (old & fixed), S_VM_CR);
}

/** WRMSR; #GP(0) for reserved bits, and addresses that are none of a page. */
export function writeSvmMsr(s: u32, msr: u32, value: u64): void {
  if (msr === MSR_VM_CR) writeVmCr(s, value);
  else if (value & PAGE_OFFSET || value >> PHYSICAL_BITS) raiseGp(s, 0);
  else store<u64>(s, value, S_HOST_SAVE);
}
