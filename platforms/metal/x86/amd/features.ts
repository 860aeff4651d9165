// What the processor must have, with a line on the console for each reason to refuse.

import { EBUSY, ENODEV } from "../../../../abi/errno.ts";
import { MSR_EFER } from "../../../../abi/x86/msr.ts";
import { EFER_SVME } from "../../../../abi/x86/registers.ts";
import * as svm from "../../../../abi/x86/svm.ts";
import { say } from "../console.ts";
import * as hw from "../hw.ts";

const EAX: u32 = 0;
const ECX: u32 = 2;
const EDX: u32 = 3;

function refuse(error: i32, why: string): i32 {
  say(why);
  return -error;
}

/** Checks the calling CPU. Returns 0, -ENODEV, or -EBUSY when another hypervisor uses it. */
export function checkFeatures(): i32 {
  if (
    hw.cpuid(svm.CPUID_EXTENDED, 0, EAX) < svm.CPUID_SVM ||
    !(hw.cpuid(svm.CPUID_FEATURES, 0, ECX) & svm.FEATURE_SVM)
  )
    return refuse(ENODEV, "The processor has no AMD-V (CPUID: SVM)");
  if (!(hw.cpuid(svm.CPUID_SVM, 0, EDX) & svm.SVM_NESTED_PAGING))
    return refuse(ENODEV, "The processor has no nested paging (CPUID: NP)");
  if (!(hw.cpuid(svm.CPUID_FEATURES, 0, EDX) & svm.FEATURE_GIB_PAGES))
    return refuse(ENODEV, "The processor has no 1 GiB pages (CPUID: Page1GB)");
  if (hw.readMsr(svm.MSR_VM_CR) & svm.VM_CR_DISABLED)
    return refuse(ENODEV, "The firmware has disabled AMD-V (VM_CR.SVMDIS)");
  if (hw.readMsr(MSR_EFER) & EFER_SVME)
    return refuse(EBUSY, "AMD-V is in use (EFER.SVME): another hypervisor is loaded, such as KVM");
  return 0;
}
