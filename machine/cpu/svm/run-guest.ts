// VMRUN and the exit of a guest (AMD64 APM volume 2, sections 15.5 and 15.6): the world switch. The host's state goes to the area that
// VM_HSAVE_PA names, in the format of a control block. Translations of both worlds are kept apart (memory/worlds.ts), so that neither way
// flushes what the other has.

import {
  CR0_CD,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR4_PAE,
  CR4_PSE,
  CR4_SMEP,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SVME,
  FLAG_IF,
  FLAG_TF,
  VECTOR_AC,
  VECTOR_NMI,
  VECTOR_PF,
} from "../../../abi/x86/registers.ts";
import * as V from "../../../abi/x86/svm.ts";
import { codeWritten } from "../blocks.ts";
import { FEATURE_DECODEASSISTS, FEATURE_NPT, FEATURE_NRIP_SAVE } from "../features.ts";
import { spreadFlags } from "../flags.ts";
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  CS,
  FAULT_NONE,
  S_ACTIVITY,
  S_CR4,
  S_EFER,
  S_EXIT_CODE,
  S_EXIT_INFO1,
  S_EXIT_INFO2,
  S_FAULT,
  S_FLAGS,
  S_GIF,
  S_HOST_IF,
  S_HOST_SAVE,
  S_IN_GUEST,
  S_RIP,
  S_SHADOW,
  S_VIRTUAL,
  SEG_BASE,
  SHADOW_SS,
  SHADOW_STI,
  VIRTUAL_IRQ,
} from "../interface.ts";
import { S_DEBUG, S_TRACED } from "../interpreter-state.ts";
import { NO_ADDRESS, PAGE_OFFSET, PAGE_SIZE, S_NEXT } from "../memory/layout.ts";
import { hasFeature, ramAddress } from "../memory/machine.ts";
import { ACCESS_PROBE, PHYSICAL_BITS, translate } from "../memory/paging.ts";
import { flushTranslations } from "../memory/tlb.ts";
import { switchWorld } from "../memory/worlds.ts";
import { DR6_BS } from "../system/breakpoints.ts";
import { cr4Bits } from "../system/control.ts";
import { SOURCE_EXCEPTION, SOURCE_EXTERNAL, SOURCE_SOFTWARE } from "../system/deliver.ts";
import { faulted, NO_ERROR, raiseGp } from "../system/fault.ts";
import { deliverEventOf } from "../system/interrupts.ts";
import { segmentAt } from "../system/mode.ts";
import { eferBits } from "../system/msr-rules.ts";
import { isValidPat } from "../system/mtrr.ts";
import { EXIT_EXCP, EXIT_INVALID, EXIT_NPF, EXIT_VMRUN, raiseVmexit } from "./intercepts.ts";
import { walkNested } from "./nested.ts";
import {
  INTERCEPT_WORDS,
  NESTED_FETCH,
  NESTED_LONG,
  NESTED_NX,
  NESTED_ON,
  NESTED_PAE,
  NESTED_PSE,
  S_ASID,
  S_CONTROL,
  S_DELIVERED,
  S_EXIT_NEXT,
  S_GUEST_TSC,
  S_INTERCEPTS,
  S_IO_MAP,
  S_LAST_ASID,
  S_MSR_MAP,
  S_NESTED,
  S_NESTED_ROOT,
} from "./state.ts";
import { loadGuest, loadHost, saveGuest, saveHost } from "./world.ts";

/** Virtual interrupts, u64. */
const VMCB_VIRTUAL: u32 = 0x60;
/** In it: the task priority's byte. */
const VMCB_TPR: u32 = 0xff;
/** Bytes of the instruction that has met a nested page fault: their number u8, and u8[15]. */
const VMCB_BYTES: u32 = 0xd0;
const BYTES_MAX: u32 = 15;
/** Pages of the permission maps. */
const IO_MAP_SIZE: u64 = 3 * PAGE_SIZE;
const MSR_MAP_SIZE: u64 = 2 * PAGE_SIZE;
/** Value of TLB_CONTROL: none, all, this guest's, this guest's that are not global (section 15.16). */
const TLB_KEEP: u32 = 0;
const TLB_ALL: u32 = 1;
/** Types of events (section 15.20), from bit 8 on. */
const TYPE_SHIFT: u32 = 8;
const TYPE_MASK: u32 = 7;
const TYPE_INTERRUPT: u32 = 0;
const TYPE_NMI: u32 = 2;
const TYPE_EXCEPTION: u32 = 3;
const TYPE_SOFTWARE: u32 = 4;
const CR3_RESERVED: u64 = 0xffffff0000000000;
/** Attributes of CS: 64-bit code, and a default size of 32 bits. */
const CODE_LONG_AND_WIDE: u32 = 0x600;
/** Of exceptions an event can be; there are none above, and NMI is not one. */
const LAST_EXCEPTION: u32 = 31;

/** Host address of a page that an operand names, or 0 with #GP(0) set. */
export function pageOf(s: u32, address: u64): u32 {
  const isBad = (address & PAGE_OFFSET) !== 0 || address >> PHYSICAL_BITS !== 0;
  const host = isBad ? 0 : ramAddress(address);
  if (host === 0) raiseGp(s, 0);
  return host;
}

/** Whether a map of `size` bytes lies where there are physical addresses. */
function isMapInside(address: u64, size: u64): bool {
  return ((address & ~(<u64>PAGE_OFFSET)) + size - 1) >> PHYSICAL_BITS === 0;
}

/** Whether an event is one that can be injected. */
function isEventValid(event: u64): bool {
  if (!(event & V.EVENT_VALID)) return true;
  const type = (<u32>event >> TYPE_SHIFT) & TYPE_MASK;
  const vector = <u32>event & V.EVENT_VECTOR;
  if (type === TYPE_EXCEPTION) return vector <= LAST_EXCEPTION && vector !== VECTOR_NMI;
  return type === TYPE_INTERRUPT || type === TYPE_NMI || type === TYPE_SOFTWARE;
}

/** Section 15.5.1, "Canonicalization and Consistency Checks". */
function isConsistent(s: u32, block: u32): bool {
  const cr0 = load<u64>(block, V.VMCB_CR0);
  const cr3 = load<u64>(block, V.VMCB_CR3);
  const cr4 = load<u64>(block, V.VMCB_CR4);
  const efer = load<u64>(block, V.VMCB_EFER);
  if (!(efer & EFER_SVME) || efer & ~eferBits(s)) return false;
  if (cr0 >> 32 || (cr0 & (CR0_CD | CR0_NW)) === CR0_NW) return false;
  if (cr4 & ~(<u64>cr4Bits())) return false;
  if (load<u64>(block, V.VMCB_DR6) >> 32 || load<u64>(block, V.VMCB_DR7) >> 32) return false;
  if (efer & EFER_LME && cr0 & CR0_PG) {
    const attributes = load<u16>(block, V.VMCB_CS + V.SEGMENT_ATTRIBUTES);
    if (!(cr4 & CR4_PAE) || !(cr0 & CR0_PE) || cr3 & CR3_RESERVED) return false;
    if ((attributes & CODE_LONG_AND_WIDE) === CODE_LONG_AND_WIDE) return false;
  }
  const intercepts = load<u32>(block + (EXIT_VMRUN >> 5) * 4);
  if (!((intercepts >> (EXIT_VMRUN & 31)) & 1) || load<u32>(block, V.VMCB_ASID) === 0) return false;
  if (!isMapInside(load<u64>(block, V.VMCB_IOPM), IO_MAP_SIZE)) return false;
  if (!isMapInside(load<u64>(block, V.VMCB_MSRPM), MSR_MAP_SIZE)) return false;
  if (isNestedIn(block) && !isValidPat(load<u64>(block, V.VMCB_PAT))) return false;
  return isEventValid(load<u64>(block, V.VMCB_EVENT));
}

function isNestedIn(block: u32): bool {
  return hasFeature(FEATURE_NPT) && (load<u64>(block, V.VMCB_NESTED) & V.NESTED_PAGING) !== 0;
}

/** How nested tables are walked: as the host's own. */
function nestedMode(s: u32, isNested: bool): u32 {
  if (!isNested) return 0;
  const efer = load<u64>(s, S_EFER);
  const cr4 = load<u64>(s, S_CR4);
  return (
    NESTED_ON |
    (efer & EFER_LMA ? NESTED_LONG : 0) |
    (cr4 & CR4_PAE ? NESTED_PAE : 0) |
    (cr4 & CR4_PSE ? NESTED_PSE : 0) |
    (efer & EFER_NXE ? NESTED_NX : 0) |
    (efer & EFER_NXE || cr4 & CR4_SMEP ? NESTED_FETCH : 0)
  );
}

/** Takes over what a control block controls. */
function loadControls(s: u32, block: u32): void {
  memory.copy(s + S_INTERCEPTS, block, INTERCEPT_WORDS * 4);
  store<u64>(s, load<u64>(block, V.VMCB_IOPM) & ~(<u64>PAGE_OFFSET), S_IO_MAP);
  store<u64>(s, load<u64>(block, V.VMCB_MSRPM) & ~(<u64>PAGE_OFFSET), S_MSR_MAP);
  store<u64>(s, load<u64>(block, V.VMCB_TSC_OFFSET), S_GUEST_TSC);
  store<u32>(s, load<u32>(block, V.VMCB_ASID), S_ASID);
  store<u64>(s, load<u64>(block, VMCB_VIRTUAL), S_VIRTUAL);
  store<u64>(s, load<u64>(block, V.VMCB_NESTED_CR3), S_NESTED_ROOT);
  store<u32>(s, nestedMode(s, isNestedIn(block)), S_NESTED);
  store<u32>(s, u32((load<u64>(s, S_FLAGS) & FLAG_IF) !== 0), S_HOST_IF);
}

/** Forgets translations as TLB_CONTROL says, and those of another guest: one at a time is remembered. */
function settleTranslations(s: u32, control: u32): void {
  if (control === TLB_ALL) flushTranslations(s);
  switchWorld(s);
  if (control !== TLB_KEEP || load<u32>(s, S_ASID) !== load<u32>(s, S_LAST_ASID))
    flushTranslations(s);
  store<u32>(s, load<u32>(s, S_ASID), S_LAST_ASID);
}

/** The event to begin with. */
function injectEvent(s: u32, event: u64): void {
  const type = (<u32>event >> TYPE_SHIFT) & TYPE_MASK;
  const isException = type === TYPE_EXCEPTION;
  const source = isException
    ? SOURCE_EXCEPTION
    : type === TYPE_SOFTWARE
      ? SOURCE_SOFTWARE
      : SOURCE_EXTERNAL;
  const vector = type === TYPE_NMI ? VECTOR_NMI : <u32>event & V.EVENT_VECTOR;
  const error = event & V.EVENT_HAS_CODE && isException ? <i32>(event >> 32) : NO_ERROR;
  deliverEventOf(s, event, vector, error, source, isException ? vector : VECTOR_AC);
}

/** VMRUN of the control block at physical `address`, in host mode, all checks of the instruction itself done. */
export function vmrun(s: u32, address: u64): void {
  const block = pageOf(s, address);
  if (faulted(s)) return;
  const host = ramAddress(load<u64>(s, S_HOST_SAVE));
  if (host === 0) return raiseGp(s, 0);
  saveHost(s, host, load<u64>(s, S_NEXT));
  noteWritten(load<u64>(s, S_HOST_SAVE));
  store<u64>(s, address, S_CONTROL);
  loadControls(s, block);
  settleTranslations(s, load<u8>(block, V.VMCB_TLB_CONTROL));
  store<u32>(s, 1, S_IN_GUEST);
  store<u32>(s, 1, S_GIF);
  store<u64>(s, 0, S_DELIVERED);
  if (!isConsistent(s, block)) return raiseVmexit(s, EXIT_INVALID, 0, 0, 0);
  loadGuest(s, block, load<u32>(s, S_NESTED) !== 0);
  spreadFlags(s);
  store<u64>(s, load<u64>(s, S_RIP), S_NEXT);
  store<u32>(s, 0, S_TRACED);
  store<u32>(s, load<u64>(block, V.VMCB_INTERRUPT_SHADOW) & 1 ? SHADOW_STI : 0, S_SHADOW);
  const event = load<u64>(block, V.VMCB_EVENT);
  if (event & V.EVENT_VALID) injectEvent(s, event);
  if (!faulted(s)) store<u64>(s, load<u64>(s, S_RIP), S_NEXT);
}

/** A page was written past the CPU's own accesses. */
function noteWritten(address: u64): void {
  codeWritten(address & ~(<u64>PAGE_OFFSET), PAGE_SIZE);
}

/** Whether an exit comes with the bytes of the instruction (section 15.8.4): of data accesses that fault. */
function hasBytes(code: u32, info1: u64): bool {
  if (!hasFeature(FEATURE_DECODEASSISTS)) return false;
  return (code === EXIT_NPF || code === EXIT_EXCP + VECTOR_PF) && !(info1 & V.FAULT_FETCH);
}

/** The guest's next bytes, as far as they are in the same page and mapped. */
function saveBytes(s: u32, block: u32): void {
  const linear = load<u64>(s, S_RIP) + load<u64>(segmentAt(s, CS), SEG_BASE);
  const address = translate(s, linear, ACCESS_PROBE);
  const phys =
    address === NO_ADDRESS || load<u32>(s, S_NESTED) === 0
      ? address
      : walkNested(s, address, 0, false);
  store<u32>(s, FAULT_NONE, S_FAULT);
  const from = phys === NO_ADDRESS ? 0 : ramAddress(phys);
  const size = min<u32>(BYTES_MAX, PAGE_SIZE - (<u32>linear & PAGE_OFFSET));
  store<u8>(block, <u8>(from === 0 ? 0 : size), VMCB_BYTES);
  if (from !== 0) memory.copy(block + VMCB_BYTES + 1, from, size);
}

/** The exit that S_FAULT (FAULT_VMEXIT) announces: the host goes on after its VMRUN, with the global interrupt flag clear. */
export function leaveGuest(s: u32): void {
  const address = load<u64>(s, S_CONTROL);
  const block = ramAddress(address);
  const code = load<u32>(s, S_EXIT_CODE);
  const info1 = load<u64>(s, S_EXIT_INFO1);
  const info2 = load<u64>(s, S_EXIT_INFO2);
  store<u32>(s, FAULT_NONE, S_FAULT);
  if (code !== EXIT_INVALID) {
    if (hasBytes(code, info1)) saveBytes(s, block);
    saveGuest(s, block, load<u32>(s, S_NESTED) !== 0);
    const shadow = load<u32>(s, S_SHADOW) & (SHADOW_STI | SHADOW_SS);
    store<u64>(block, shadow !== 0 ? 1 : 0, V.VMCB_INTERRUPT_SHADOW);
    const kept = load<u64>(block, VMCB_VIRTUAL) & ~(<u64>(VIRTUAL_IRQ | VMCB_TPR));
    store<u64>(block, kept | (load<u64>(s, S_VIRTUAL) & (VIRTUAL_IRQ | VMCB_TPR)), VMCB_VIRTUAL);
  }
  store<u64>(block, code === EXIT_INVALID ? -1 : <u64>code, V.VMCB_EXIT_CODE);
  store<u64>(block, info1, V.VMCB_EXIT_INFO_1);
  store<u64>(block, info2, V.VMCB_EXIT_INFO_2);
  store<u64>(block, load<u64>(s, S_DELIVERED), V.VMCB_EXIT_EVENT);
  store<u64>(block, load<u64>(block, V.VMCB_EVENT) & ~(<u64>V.EVENT_VALID), V.VMCB_EVENT);
  if (hasFeature(FEATURE_NRIP_SAVE)) store<u64>(block, load<u64>(s, S_EXIT_NEXT), V.VMCB_NEXT_RIP);
  noteWritten(address);
  memory.fill(s + S_INTERCEPTS, 0, INTERCEPT_WORDS * 4);
  store<u64>(s, 0, S_DELIVERED);
  store<u64>(s, 0, S_GUEST_TSC);
  store<u64>(s, 0, S_VIRTUAL);
  store<u32>(s, 0, S_NESTED);
  store<u32>(s, 0, S_IN_GUEST);
  store<u32>(s, 0, S_GIF);
  store<u32>(s, 0, S_SHADOW);
  if (load<u32>(s, S_ACTIVITY) === ACTIVITY_HALTED) store<u32>(s, ACTIVITY_RUNNING, S_ACTIVITY);
  switchWorld(s);
  loadHost(s, ramAddress(load<u64>(s, S_HOST_SAVE)));
  // VMRUN is over: the trap of the host's RFLAGS.TF is due (section 15.5.1); what the guest's breakpoints have matched is gone.
  store<u32>(s, load<u64>(s, S_FLAGS) & FLAG_TF ? <u32>DR6_BS : 0, S_DEBUG);
}
