// The VMCS of a CPU: what is the same for all guests, by the capabilities of the processor (SDM volume 3C, chapter 25 and appendix A).

import { MSR_EFER, MSR_PAT } from "../../../../abi/x86/msr.ts";
import { CR4_CET } from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { exceptions } from "../../../../hypervisor/x86/exports.ts";
import * as hw from "../hw.ts";
import * as intel from "./hw.ts";
import { CR0_HELD, CR4_HELD } from "./registers.ts";

/** What the hypervisor cannot do without. */
export const PIN_NEEDED: u32 = vmx.PIN_NMI | vmx.PIN_VIRTUAL_NMIS;
export const PROC_NEEDED: u32 =
  vmx.PROC_TSC_OFFSET |
  vmx.PROC_HLT |
  vmx.PROC_MWAIT |
  vmx.PROC_NMI_WINDOW |
  vmx.PROC_PORTS |
  vmx.PROC_MSRS |
  vmx.PROC_SECONDARY;
export const PROC2_NEEDED: u32 = vmx.PROC2_EPT | vmx.PROC2_UNRESTRICTED;
export const EXIT_NEEDED: u32 =
  vmx.EXIT_CONTROL_SAVE_DEBUG |
  vmx.EXIT_CONTROL_HOST_64 |
  vmx.EXIT_CONTROL_SAVE_PAT |
  vmx.EXIT_CONTROL_LOAD_PAT |
  vmx.EXIT_CONTROL_SAVE_EFER |
  vmx.EXIT_CONTROL_LOAD_EFER;
export const ENTRY_NEEDED: u32 =
  vmx.ENTRY_LOAD_DEBUG | vmx.ENTRY_LONG_MODE | vmx.ENTRY_LOAD_PAT | vmx.ENTRY_LOAD_EFER;

/** Controls that are set while a guest halts, or waits for an NMI; not otherwise. */
const PROC_AT_TIMES: u32 = vmx.PROC_HLT | vmx.PROC_MWAIT | vmx.PROC_NMI_WINDOW;
/** Instructions that the guest has where its processor has them: a control of the second word, CPUID's leaf, register and bit. */
// biome-ignore format: a table
const INSTRUCTIONS: usize = memory.data<u32>([
  vmx.PROC2_RDTSCP, 0x80000001, 3, 0x8000000,
  vmx.PROC2_INVPCID, vmx.CPUID_STRUCTURED, 1, 0x400,
  vmx.PROC2_XSAVES, 0xd, 0, 0x8,
  vmx.PROC2_USER_WAIT, vmx.CPUID_STRUCTURED, 2, 0x20,
]);
const INSTRUCTION_COUNT: u32 = 4;
/** The leaf of XSAVE, whose features are in its first subleaf. */
const LEAF_XSAVE: u32 = 0xd;
/** Identifier of all guests' translations: a CPU forgets them when it changes hands. */
const VPID: u32 = 1;
/** Not null, as the processor wants it; there is no such descriptor, which no exit loads. */
const TSS_SELECTOR: u32 = 0x38;
const NO_LINK: u64 = ~0;

/** Of a capability MSR: the controls that may be set. */
export function allowed(msr: u32): u32 {
  return <u32>(hw.readMsr(msr) >> 32);
}

/** The controls `wanted`, and those that the processor has to have set. */
function controls(msr: u32, wanted: u32): u32 {
  return wanted | <u32>hw.readMsr(msr);
}

function isAnnounced(row: usize): bool {
  const leaf = load<u32>(row, 4);
  if (leaf > hw.cpuid(leaf & 0x80000000, 0, 0)) return false;
  return (
    (hw.cpuid(leaf, leaf === LEAF_XSAVE ? 1 : 0, load<u32>(row, 8)) & load<u32>(row, 12)) !== 0
  );
}

/** The controls without which instructions that CPUID announces would raise #UD in a guest. */
export function instructionControls(): u32 {
  let result: u32 = 0;
  for (let index: u32 = 0; index < INSTRUCTION_COUNT; index++) {
    const row = INSTRUCTIONS + (index << 4);
    if (isAnnounced(row)) result |= load<u32>(row);
  }
  return result;
}

function secondControls(): u32 {
  const vpid: u32 = hasVpid() ? vmx.PROC2_VPID : 0;
  return controls(vmx.MSR_VMX_PROC2, PROC2_NEEDED | vpid | instructionControls());
}

/** Whether translations have an identifier; the processor forgets them at each entry and exit otherwise. */
export function hasVpid(): bool {
  return (allowed(vmx.MSR_VMX_PROC2) & vmx.PROC2_VPID) !== 0;
}

/** What exits load. Shadow stacks are off: the guest's registers of them stay in the processor. */
function writeHost(): void {
  for (let index: u32 = 0; index < vmx.VMCS_HOST_SELECTOR_COUNT; index++)
    intel.writeField(vmx.VMCS_HOST_SELECTORS + index * vmx.VMCS_STEP, 0);
  intel.writeField(vmx.VMCS_HOST_CS, intel.codeSelector());
  intel.writeField(vmx.VMCS_HOST_TR, TSS_SELECTOR);
  intel.writeField(vmx.VMCS_HOST_PAT, hw.readMsr(MSR_PAT));
  intel.writeField(vmx.VMCS_HOST_EFER, hw.readMsr(MSR_EFER));
  intel.writeField(vmx.VMCS_HOST_CR0, hw.readControl(0));
  intel.writeField(vmx.VMCS_HOST_CR3, hw.readControl(3));
  intel.writeField(vmx.VMCS_HOST_CR4, hw.readControl(4) & ~(<u64>CR4_CET));
  intel.writeField(vmx.VMCS_HOST_SYSENTER_CS, 0);
  intel.writeField(vmx.VMCS_HOST_SYSENTER_ESP, 0);
  intel.writeField(vmx.VMCS_HOST_SYSENTER_EIP, 0);
  intel.writeField(vmx.VMCS_HOST_FS_BASE, 0);
  intel.writeField(vmx.VMCS_HOST_GS_BASE, 0);
  intel.writeField(vmx.VMCS_HOST_TR_BASE, 0);
  intel.writeField(vmx.VMCS_HOST_GDTR, intel.tableAddress(0));
  intel.writeField(vmx.VMCS_HOST_IDTR, intel.tableAddress(1));
  intel.writeField(vmx.VMCS_HOST_RIP, intel.exitAddress());
}

/** The controls of entries for a guest with this EFER. */
export function entryControls(isLong: bool): u32 {
  return (
    controls(vmx.MSR_VMX_TRUE_ENTRY, ENTRY_NEEDED & ~vmx.ENTRY_LONG_MODE) |
    (isLong ? vmx.ENTRY_LONG_MODE : 0)
  );
}

/** The controls that are set at any time. */
export function usualControls(): u32 {
  return controls(vmx.MSR_VMX_TRUE_PROC, PROC_NEEDED & ~PROC_AT_TIMES);
}

/** Fills in the current VMCS of the calling CPU but for its guest's own state. */
export function writeControls(): void {
  intel.writeField(vmx.VMCS_PIN, controls(vmx.MSR_VMX_TRUE_PIN, PIN_NEEDED));
  intel.writeField(vmx.VMCS_PROC, usualControls());
  intel.writeField(vmx.VMCS_PROC2, secondControls());
  intel.writeField(vmx.VMCS_EXIT_CONTROLS, controls(vmx.MSR_VMX_TRUE_EXIT, EXIT_NEEDED));
  intel.writeField(vmx.VMCS_EXCEPTIONS, exceptions());
  intel.writeField(vmx.VMCS_FAULT_MASK, 0);
  intel.writeField(vmx.VMCS_FAULT_MATCH, 0);
  intel.writeField(vmx.VMCS_CR3_TARGETS, 0);
  intel.writeField(vmx.VMCS_EXIT_STORES, 0);
  intel.writeField(vmx.VMCS_EXIT_LOADS, 0);
  intel.writeField(vmx.VMCS_ENTRY_LOADS, 0);
  intel.writeField(vmx.VMCS_CR0_MASK, CR0_HELD);
  intel.writeField(vmx.VMCS_CR4_MASK, CR4_HELD);
  intel.writeField(vmx.VMCS_XSS_EXITS, 0);
  intel.writeField(vmx.VMCS_LINK, NO_LINK);
  if (hasVpid()) intel.writeField(vmx.VMCS_VPID, VPID);
  writeHost();
}
