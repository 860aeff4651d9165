// Why a guest could not be entered, in words: errors of the instruction (SDM volume 3C, section 31.4), and the checks of a guest's state
// that the processor makes and does not tell (section 27.3.1).

import {
  CPUID_ADDRESS_SIZES,
  CR0_PE,
  CR0_PG,
  CR4_PAE,
  CR4_PCIDE,
  EFER_LMA,
  EFER_LME,
  FLAG_FIXED,
  FLAG_IF,
  FLAG_VM,
} from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { say } from "../console.ts";
import * as hw from "../hw.ts";
import { lock, unlock } from "../stop.ts";
import * as intel from "./hw.ts";
import * as at from "./numbers.ts";
import * as st from "./state.ts";
import { State } from "./state.ts";

/** VM-instruction errors of entries. */
const ERROR_NOT_CLEAR: u32 = 4;
const ERROR_NOT_LAUNCHED: u32 = 5;
const ERROR_CONTROLS: u32 = 7;
const ERROR_HOST: u32 = 8;
const ERROR_MOV_SS: u32 = 26;

const RIGHTS_TYPE: u64 = 0xf;
const RIGHTS_NOT_SYSTEM: u64 = 0x10;
const RIGHTS_PRESENT: u64 = 0x80;
const RIGHTS_LONG: u64 = 0x2000;
const RIGHTS_DEFAULT: u64 = 0x4000;
const RIGHTS_PAGES: u64 = 0x8000;
const TYPE_ACCESSED: u64 = 1;
const TYPE_TSS_BUSY: u64 = 11;
const TYPE_TSS_BUSY_16: u64 = 3;
const TYPE_LDT: u64 = 2;
const SELECTOR_LOCAL: u64 = 4;
const TABLE_LIMIT: u64 = 0xffff;
const FLAGS_RESERVED: u64 = 0xffffffffffc08028;
const EFER_KNOWN: u64 = 0xd01;
const INTERRUPTIBILITY_KNOWN: u64 = 0x1f;
const ACTIVITY_LAST: u64 = 3;
const PAT_FIELDS: u32 = 8;
const PAT_BITS: u64 = 0xff;
const PAT_LAST: u64 = 7;
const PDPTE_PRESENT: u64 = 1;
const PDPTE_RESERVED: u64 = 0x1e6;
const CANONICAL_SHIFT: u64 = 47;

function isCanonical(address: u64): bool {
  const top = <i64>address >> CANONICAL_SHIFT;
  return top === 0 || top === -1;
}

/** Bits of addresses that the processor does not have. */
function beyond(): u64 {
  return ~(((<u64>1) << (hw.cpuid(CPUID_ADDRESS_SIZES, 0, 0) & 0xff)) - 1);
}

/** CR0, CR3, CR4, EFER, PAT, DR7, SYSENTER; null if they are as they should be. */
function controlFault(state: State): string | null {
  const cr0 = st.get(state, at.FIELD_CR0);
  const cr4 = st.get(state, at.FIELD_CR4);
  const efer = st.get(state, at.FIELD_EFER);
  const isLong = (efer & EFER_LMA) !== 0;
  if (cr0 & CR0_PG && !(cr0 & CR0_PE)) return "CR0 has PG without PE";
  if (cr0 & ~hw.readMsr(vmx.MSR_VMX_CR0_FIXED + 1)) return "CR0 has a reserved bit";
  if (cr4 & ~hw.readMsr(vmx.MSR_VMX_CR4_FIXED + 1))
    return "CR4 has a bit that the processor does not take";
  if (isLong && !(cr0 & CR0_PG && cr4 & CR4_PAE)) return "EFER has LMA without CR0.PG and CR4.PAE";
  if (!isLong && cr4 & CR4_PCIDE) return "CR4 has PCIDE outside of long mode";
  if (st.get(state, at.FIELD_CR3) & beyond()) return "CR3 is no physical address";
  if (st.get(state, at.FIELD_DR7) >> 32) return "DR7 has bits above 31";
  if (!isCanonical(st.get(state, at.FIELD_SYSENTER_ESP))) return "SYSENTER_ESP is not canonical";
  if (!isCanonical(st.get(state, at.FIELD_SYSENTER_EIP))) return "SYSENTER_EIP is not canonical";
  if (efer & ~EFER_KNOWN) return "EFER has a reserved bit";
  if (cr0 & CR0_PG && ((efer & EFER_LME) !== 0) !== isLong)
    return "EFER has LME without LMA, or LMA without LME";
  const pat = st.get(state, at.FIELD_PAT);
  for (let field: u32 = 0; field < PAT_FIELDS; field++) {
    const type = (pat >> (field << 3)) & PAT_BITS;
    if (type > PAT_LAST || type === 2 || type === 3) return "PAT has a type that there is not";
  }
  return null;
}

function isUsable(state: State, segment: u32): bool {
  return !(st.get(state, at.FIELD_RIGHTS + segment) & vmx.RIGHTS_UNUSABLE);
}

function hasGranularityFault(state: State, segment: u32): bool {
  const limit = st.get(state, at.FIELD_LIMITS + segment);
  const isPages = (st.get(state, at.FIELD_RIGHTS + segment) & RIGHTS_PAGES) !== 0;
  return isPages ? (limit & 0xfff) !== 0xfff : limit >> 20 !== 0;
}

/** CS and the data segments, but not of virtual-8086 mode. */
function segmentFault(state: State): string | null {
  const code = st.get(state, at.FIELD_RIGHTS + at.SEGMENT_CS);
  const isLong = (st.get(state, at.FIELD_EFER) & EFER_LMA) !== 0;
  if (!(code & RIGHTS_NOT_SYSTEM) || !(code & TYPE_ACCESSED))
    return "CS is no accessed code segment";
  if (!(code & RIGHTS_PRESENT)) return "CS is not present";
  if (isLong && code & RIGHTS_LONG && code & RIGHTS_DEFAULT) return "CS is of 64 and of 32 bits";
  if (st.get(state, at.FIELD_BASES + at.SEGMENT_CS) >> 32) return "CS has a base above 4 GiB";
  for (let segment = at.SEGMENT_ES; segment <= at.SEGMENT_GS; segment++) {
    if (!isUsable(state, segment)) continue;
    const rights = st.get(state, at.FIELD_RIGHTS + segment);
    if (hasGranularityFault(state, segment))
      return "a segment's limit does not fit its granularity";
    if (segment === at.SEGMENT_CS) continue;
    if (!(rights & RIGHTS_NOT_SYSTEM) || !(rights & TYPE_ACCESSED))
      return "a data segment is not an accessed one";
    if (!(rights & RIGHTS_PRESENT)) return "a data segment is not present";
    const base = st.get(state, at.FIELD_BASES + segment);
    const isFlat = segment === at.SEGMENT_FS || segment === at.SEGMENT_GS;
    if (isFlat ? !isCanonical(base) : base >> 32 !== 0)
      return "a data segment's base is out of range";
  }
  return null;
}

/** TR, LDTR, GDTR, IDTR. */
function systemFault(state: State): string | null {
  const task = st.get(state, at.FIELD_RIGHTS + at.SEGMENT_TR);
  const isLong = (st.get(state, at.FIELD_EFER) & EFER_LMA) !== 0;
  const type = task & RIGHTS_TYPE;
  if (type !== TYPE_TSS_BUSY && (isLong || type !== TYPE_TSS_BUSY_16))
    return "TR is no busy task state segment";
  if (task & (RIGHTS_NOT_SYSTEM | vmx.RIGHTS_UNUSABLE) || !(task & RIGHTS_PRESENT))
    return "TR is not a present task state segment";
  if (st.get(state, at.FIELD_SELECTORS + at.SEGMENT_TR) & SELECTOR_LOCAL) return "TR is in an LDT";
  if (hasGranularityFault(state, at.SEGMENT_TR)) return "TR's limit does not fit its granularity";
  if (!isCanonical(st.get(state, at.FIELD_BASES + at.SEGMENT_TR)))
    return "TR's base is not canonical";
  if (isUsable(state, at.SEGMENT_LDTR)) {
    const local = st.get(state, at.FIELD_RIGHTS + at.SEGMENT_LDTR);
    if (
      (local & (RIGHTS_TYPE | RIGHTS_NOT_SYSTEM | RIGHTS_PRESENT)) !==
      (TYPE_LDT | RIGHTS_PRESENT)
    )
      return "LDTR is no present LDT";
    if (!isCanonical(st.get(state, at.FIELD_BASES + at.SEGMENT_LDTR)))
      return "LDTR's base is not canonical";
  }
  for (let table = at.SEGMENT_GDTR; table <= at.SEGMENT_IDTR; table++) {
    if (!isCanonical(st.get(state, at.FIELD_BASES + table)))
      return "the base of GDTR or IDTR is not canonical";
    if (st.get(state, at.FIELD_LIMITS + table) > TABLE_LIMIT)
      return "the limit of GDTR or IDTR is above 0xffff";
  }
  return null;
}

/** RIP, RFLAGS, activity, interruptibility, PAE's first table. */
function flowFault(state: State): string | null {
  const flags = st.get(state, at.FIELD_RFLAGS);
  const efer = st.get(state, at.FIELD_EFER);
  const isCode64 =
    (efer & EFER_LMA) !== 0 && (st.get(state, at.FIELD_RIGHTS + at.SEGMENT_CS) & RIGHTS_LONG) !== 0;
  const rip = st.get(state, at.FIELD_RIP);
  if (isCode64 ? !isCanonical(rip) : rip >> 32 !== 0) return "RIP is out of range";
  if (flags & FLAGS_RESERVED || !(flags & FLAG_FIXED)) return "RFLAGS has a reserved bit";
  if (flags & FLAG_VM && efer & EFER_LMA) return "RFLAGS has VM in long mode";
  if (st.get(state, at.FIELD_ACTIVITY) > ACTIVITY_LAST) return "there is no such activity state";
  const blocking = st.get(state, at.FIELD_INTERRUPTIBILITY);
  const both: u64 = vmx.INTERRUPTIBILITY_STI | vmx.INTERRUPTIBILITY_MOV_SS;
  if (blocking & ~INTERRUPTIBILITY_KNOWN || (blocking & both) === both)
    return "the interruptibility state has a reserved bit";
  if (blocking & vmx.INTERRUPTIBILITY_STI && !(flags & FLAG_IF))
    return "blocking by STI without RFLAGS.IF";
  if (blocking && (<u32>state.event & vmx.EVENT_TYPE) === vmx.EVENT_NMI)
    return "an NMI while that is blocked";
  if (
    efer & EFER_LMA ||
    !(st.get(state, at.FIELD_CR4) & CR4_PAE) ||
    !(st.get(state, at.FIELD_CR0) & CR0_PG)
  )
    return null;
  for (let index: u32 = 0; index < 4; index++) {
    const entry = st.get(state, at.FIELD_PDPTES + index);
    if (entry & PDPTE_PRESENT && entry & (PDPTE_RESERVED | beyond()))
      return "PAE's first table has a reserved bit";
  }
  return null;
}

function explain(why: string): void {
  lock();
  say("The guest cannot be entered:");
  say(why);
  unlock();
}

/** Says why the processor could not go on with a guest's state: REASON_*. */
export function explainEntry(state: State, reason: u32): void {
  if (reason === vmx.REASON_INVALID_MSR) return explain("an MSR could not be loaded");
  let why = controlFault(state);
  if (why === null) why = segmentFault(state);
  if (why === null) why = systemFault(state);
  if (why === null) why = flowFault(state);
  explain(why === null ? "its state is not valid, by a check that is not known here" : why);
}

function errorText(error: u32): string {
  switch (error) {
    case ERROR_NOT_CLEAR:
      return "VMLAUNCH of a VMCS that has been launched (error 4)";
    case ERROR_NOT_LAUNCHED:
      return "VMRESUME of a VMCS that has not been launched (error 5)";
    case ERROR_CONTROLS:
      return "a control has a value that the processor does not take (error 7)";
    case ERROR_HOST:
      return "the host's state is not valid (error 8)";
    case ERROR_MOV_SS:
      return "an event after MOV SS (error 26)";
    default:
      return "VMLAUNCH or VMRESUME has failed";
  }
}

/** Says why the instruction that enters guests failed. */
export function explainFailure(): void {
  explain(errorText(<u32>intel.readField(vmx.VMCS_ERROR)));
}
