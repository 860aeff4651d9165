// What the processor must have, with a line on the console for each reason to refuse.

import { EBUSY, ENODEV } from "../../../../abi/errno.ts";
import { CR0_NE, CR0_PE, CR0_PG, CR4_VMXE } from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { say } from "../console.ts";
import * as hw from "../hw.ts";
import {
  allowed,
  ENTRY_NEEDED,
  EXIT_NEEDED,
  instructionControls,
  PIN_NEEDED,
  PROC_NEEDED,
  PROC2_NEEDED,
} from "./vmcs.ts";

const ECX: u32 = 2;
/** Bits of control registers that have to be set in VMX operation, and may be (a guest's PE and PG may be clear). */
const CR0_FIXED: u64 = CR0_PE | CR0_NE | CR0_PG;
const CR4_FIXED: u64 = CR4_VMXE;
const EPT_NEEDED: u32 =
  vmx.CAPABILITY_FOUR_LEVELS | vmx.CAPABILITY_WRITE_BACK | vmx.CAPABILITY_INVEPT;
const PAGES_NEEDED: u32 = vmx.CAPABILITY_LARGE | vmx.CAPABILITY_GIB;

function refuse(error: i32, why: string): i32 {
  say(why);
  return -error;
}

/** Whether the calling CPU may begin to use VT-x. */
function checkFirmware(): i32 {
  if (!(hw.cpuid(vmx.CPUID_FEATURES, 0, ECX) & vmx.FEATURE_VMX))
    return refuse(ENODEV, "The processor has no VT-x (CPUID: VMX)");
  const control = hw.readMsr(vmx.MSR_FEATURE_CONTROL);
  if (control & vmx.FEATURE_CONTROL_LOCKED && !(control & vmx.FEATURE_CONTROL_VMX))
    return refuse(ENODEV, "The firmware has disabled VT-x (IA32_FEATURE_CONTROL)");
  if (hw.readControl(4) & CR4_VMXE)
    return refuse(EBUSY, "VT-x is in use (CR4.VMXE): another hypervisor is loaded, such as KVM");
  return 0;
}

/** Whether all of the `needed` controls can be set. */
function canSet(msr: u32, needed: u32): bool {
  return (allowed(msr) & needed) === needed;
}

/** Whether the processor lets these controls be clear: it may want CR3's exits. */
function canClear(msr: u32, unwanted: u32): bool {
  return !(<u32>hw.readMsr(msr) & unwanted);
}

function checkControls(): i32 {
  if (!(<u32>(hw.readMsr(vmx.MSR_VMX_BASIC) >> 32) & vmx.VMX_BASIC_HIGH_TRUE))
    return refuse(ENODEV, "The processor's VT-x is too old (IA32_VMX_BASIC: no TRUE controls)");
  if (!canSet(vmx.MSR_VMX_TRUE_PIN, PIN_NEEDED))
    return refuse(ENODEV, "The processor lacks virtual NMIs (IA32_VMX_TRUE_PINBASED_CTLS)");
  if (
    !canSet(vmx.MSR_VMX_TRUE_PROC, PROC_NEEDED) ||
    !canClear(vmx.MSR_VMX_TRUE_PROC, vmx.PROC_CR3_READS | vmx.PROC_CR3_WRITES)
  )
    return refuse(ENODEV, "The processor lacks controls of VT-x (IA32_VMX_TRUE_PROCBASED_CTLS)");
  if (!canSet(vmx.MSR_VMX_PROC2, vmx.PROC2_EPT))
    return refuse(ENODEV, "The processor has no EPT (IA32_VMX_PROCBASED_CTLS2)");
  if (!canSet(vmx.MSR_VMX_PROC2, PROC2_NEEDED))
    return refuse(ENODEV, "The processor has no unrestricted guest (IA32_VMX_PROCBASED_CTLS2)");
  if (!canSet(vmx.MSR_VMX_PROC2, instructionControls()))
    return refuse(
      ENODEV,
      "The processor announces RDTSCP, INVPCID, XSAVES or UMWAIT and denies it to guests (IA32_VMX_PROCBASED_CTLS2)",
    );
  if (!canSet(vmx.MSR_VMX_TRUE_EXIT, EXIT_NEEDED) || !canSet(vmx.MSR_VMX_TRUE_ENTRY, ENTRY_NEEDED))
    return refuse(
      ENODEV,
      "The processor does not switch EFER and PAT (IA32_VMX_TRUE_EXIT_CTLS, IA32_VMX_TRUE_ENTRY_CTLS)",
    );
  return 0;
}

function checkTables(): i32 {
  const capabilities = <u32>hw.readMsr(vmx.MSR_VMX_EPT_VPID);
  if ((capabilities & EPT_NEEDED) !== EPT_NEEDED)
    return refuse(
      ENODEV,
      "The processor's EPT lacks write-back tables of four levels, or INVEPT (IA32_VMX_EPT_VPID_CAP)",
    );
  if ((capabilities & PAGES_NEEDED) !== PAGES_NEEDED)
    return refuse(ENODEV, "The processor's EPT has no 1 GiB pages (IA32_VMX_EPT_VPID_CAP)");
  return 0;
}

/** Bits of control registers that VMX operation wants and nobody here knows. */
function checkFixed(): i32 {
  if (
    hw.readMsr(vmx.MSR_VMX_CR0_FIXED) & ~CR0_FIXED ||
    hw.readMsr(vmx.MSR_VMX_CR4_FIXED) & ~CR4_FIXED
  )
    return refuse(
      ENODEV,
      "The processor's VT-x wants unknown bits of CR0 or CR4 (IA32_VMX_CR0_FIXED0, IA32_VMX_CR4_FIXED0)",
    );
  return 0;
}

/** Checks the calling CPU. Returns 0, -ENODEV, or -EBUSY when another hypervisor uses it. */
export function checkFeatures(): i32 {
  let result = checkFirmware();
  if (!result) result = checkControls();
  if (!result) result = checkTables();
  return result ? result : checkFixed();
}
