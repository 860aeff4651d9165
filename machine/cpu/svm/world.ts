// State in the format of a control block's saved state (AMD64 APM volume 2, appendix B): what VMRUN and an exit exchange, what VMLOAD
// and VMSAVE move. Addresses are host addresses of pages of RAM.

import {
  CR0_PE,
  CR0_PG,
  EFER_LMA,
  EFER_LME,
  FLAG_FIXED,
  FLAG_VM,
} from "../../../abi/x86/registers.ts";
import * as V from "../../../abi/x86/svm.ts";
import {
  CS,
  DS,
  ES,
  FS,
  GS,
  LDTR,
  S_CPL,
  S_CR0,
  S_CR2,
  S_CR3,
  S_CR4,
  S_CSTAR,
  S_DR,
  S_EFER,
  S_FLAGS,
  S_GDT_BASE,
  S_GDT_LIMIT,
  S_GPR,
  S_IDT_BASE,
  S_IDT_LIMIT,
  S_KERNEL_GS_BASE,
  S_LSTAR,
  S_PAT,
  S_RIP,
  S_SFMASK,
  S_STAR,
  S_SYSENTER_CS,
  S_SYSENTER_EIP,
  S_SYSENTER_ESP,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  SS,
  TR,
} from "../interface.ts";
import { setSegment } from "../system/descriptors.ts";
import { segmentAt, updateMode } from "../system/mode.ts";

/** Of VMLOAD's and VMSAVE's part, u64 each. */
const VMCB_STAR: u32 = 0x600;
const VMCB_LSTAR: u32 = 0x608;
const VMCB_CSTAR: u32 = 0x610;
const VMCB_SFMASK: u32 = 0x618;
const VMCB_KERNEL_GS_BASE: u32 = 0x620;
const VMCB_SYSENTER_CS: u32 = 0x628;
const VMCB_SYSENTER_ESP: u32 = 0x630;
const VMCB_SYSENTER_EIP: u32 = 0x638;

const DR6: u32 = S_DR + 6 * 8;
const DR7: u32 = S_DR + 7 * 8;
const RSP: u32 = S_GPR + 4 * 8;
/** DR7 with all breakpoints off, as an exit leaves it. */
const DR7_OFF: u64 = 0x400;
/** DR6: bits that read as one. */
const DR6_FIXED: u64 = 0xffff0ff0;
const DR6_BITS: u64 = 0xe00f;
const DR7_BITS: u64 = 0xffff23ff;
/** RFLAGS: what there is. */
const FLAGS_BITS: u64 = 0x3f7fd5;
const ATTRIBUTE_BITS: u32 = 0xfff;

function saveSegment(s: u32, segment: u32, to: u32): void {
  const from = segmentAt(s, segment);
  store<u16>(to, <u16>load<u32>(from, SEG_SELECTOR));
  store<u16>(to, <u16>load<u32>(from, SEG_ATTRIBUTES), V.SEGMENT_ATTRIBUTES);
  store<u32>(to, load<u32>(from, SEG_LIMIT), V.SEGMENT_LIMIT);
  store<u64>(to, load<u64>(from, SEG_BASE), V.SEGMENT_BASE);
}

/** Bits of a linear address. */
const LINEAR_BITS: u64 = 48;

/** An address whose upper bits repeat the last one that counts: what VMRUN and VMLOAD make of segments' bases (section 15.5.1). */
function canonical(address: u64): u64 {
  const unused = 64 - LINEAR_BITS;
  return <u64>(<i64>(address << unused) >> unused);
}

function loadSegmentFrom(s: u32, segment: u32, from: u32): void {
  const attributes = <u32>load<u16>(from, V.SEGMENT_ATTRIBUTES) & ATTRIBUTE_BITS;
  const limit = load<u32>(from, V.SEGMENT_LIMIT);
  const base = canonical(load<u64>(from, V.SEGMENT_BASE));
  setSegment(s, segment, load<u16>(from), base, limit, attributes);
}

function saveTables(s: u32, block: u32): void {
  store<u32>(block + V.VMCB_GDTR, load<u32>(s, S_GDT_LIMIT), V.SEGMENT_LIMIT);
  store<u64>(block + V.VMCB_GDTR, load<u64>(s, S_GDT_BASE), V.SEGMENT_BASE);
  store<u32>(block + V.VMCB_IDTR, load<u32>(s, S_IDT_LIMIT), V.SEGMENT_LIMIT);
  store<u64>(block + V.VMCB_IDTR, load<u64>(s, S_IDT_BASE), V.SEGMENT_BASE);
}

function loadTables(s: u32, block: u32): void {
  store<u32>(s, load<u32>(block + V.VMCB_GDTR, V.SEGMENT_LIMIT), S_GDT_LIMIT);
  store<u64>(s, load<u64>(block + V.VMCB_GDTR, V.SEGMENT_BASE), S_GDT_BASE);
  store<u32>(s, load<u32>(block + V.VMCB_IDTR, V.SEGMENT_LIMIT), S_IDT_LIMIT);
  store<u64>(s, load<u64>(block + V.VMCB_IDTR, V.SEGMENT_BASE), S_IDT_BASE);
}

/** What VMRUN saves of the host, and an exit of the guest; RIP is that at which the world goes on. */
function saveCommon(s: u32, block: u32, rip: u64): void {
  saveSegment(s, ES, block + V.VMCB_ES);
  saveSegment(s, CS, block + V.VMCB_CS);
  saveSegment(s, SS, block + V.VMCB_SS);
  saveSegment(s, DS, block + V.VMCB_DS);
  saveTables(s, block);
  store<u64>(block, load<u64>(s, S_EFER), V.VMCB_EFER);
  store<u64>(block, load<u64>(s, S_CR4), V.VMCB_CR4);
  store<u64>(block, load<u64>(s, S_CR3), V.VMCB_CR3);
  store<u64>(block, load<u64>(s, S_CR0), V.VMCB_CR0);
  store<u64>(block, load<u64>(s, S_FLAGS), V.VMCB_RFLAGS);
  store<u64>(block, rip, V.VMCB_RIP);
  store<u64>(block, load<u64>(s, RSP), V.VMCB_RSP);
  store<u64>(block, load<u64>(s, S_GPR), V.VMCB_RAX);
}

function loadCommon(s: u32, block: u32): void {
  loadSegmentFrom(s, ES, block + V.VMCB_ES);
  loadSegmentFrom(s, CS, block + V.VMCB_CS);
  loadSegmentFrom(s, SS, block + V.VMCB_SS);
  loadSegmentFrom(s, DS, block + V.VMCB_DS);
  loadTables(s, block);
  store<u64>(s, load<u64>(block, V.VMCB_EFER), S_EFER);
  store<u64>(s, load<u64>(block, V.VMCB_CR4), S_CR4);
  store<u64>(s, load<u64>(block, V.VMCB_CR3), S_CR3);
  store<u64>(s, load<u64>(block, V.VMCB_CR0), S_CR0);
  store<u64>(s, (load<u64>(block, V.VMCB_RFLAGS) & FLAGS_BITS) | FLAG_FIXED, S_FLAGS);
  store<u64>(s, load<u64>(block, V.VMCB_RIP), S_RIP);
  store<u64>(s, load<u64>(block, V.VMCB_RSP), RSP);
  store<u64>(s, load<u64>(block, V.VMCB_RAX), S_GPR);
}

/** The host's state at VMRUN, whose successor is at `next`. */
export function saveHost(s: u32, block: u32, next: u64): void {
  saveCommon(s, block, next);
}

/** The host's state after an exit: at level 0, with breakpoints off. */
export function loadHost(s: u32, block: u32): void {
  loadCommon(s, block);
  store<u64>(s, load<u64>(s, S_CR0) | CR0_PE, S_CR0);
  store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>FLAG_VM), S_FLAGS);
  store<u64>(s, DR7_OFF, DR7);
  store<u32>(s, 0, S_CPL);
  updateMode(s);
}

/** The guest's state at an exit; its PAT where it has one of its own. */
export function saveGuest(s: u32, block: u32, isNested: bool): void {
  saveCommon(s, block, load<u64>(s, S_RIP));
  store<u64>(block, load<u64>(s, S_CR2), V.VMCB_CR2);
  store<u64>(block, load<u64>(s, DR6), V.VMCB_DR6);
  store<u64>(block, load<u64>(s, DR7), V.VMCB_DR7);
  store<u8>(block, <u8>load<u32>(s, S_CPL), V.VMCB_CPL);
  if (isNested) store<u64>(block, load<u64>(s, S_PAT), V.VMCB_PAT);
}

/** The guest's state at VMRUN. */
export function loadGuest(s: u32, block: u32, isNested: bool): void {
  loadCommon(s, block);
  const cr0 = load<u64>(s, S_CR0);
  const efer = load<u64>(s, S_EFER);
  const isLong = (cr0 & CR0_PG) !== 0 && (efer & EFER_LME) !== 0;
  store<u64>(s, isLong ? efer | EFER_LMA : efer & ~(<u64>EFER_LMA), S_EFER);
  store<u64>(s, load<u64>(block, V.VMCB_CR2), S_CR2);
  store<u64>(s, (load<u64>(block, V.VMCB_DR6) & DR6_BITS) | DR6_FIXED, DR6);
  store<u64>(s, (load<u64>(block, V.VMCB_DR7) & DR7_BITS) | DR7_OFF, DR7);
  const level = <u32>load<u8>(block, V.VMCB_CPL) & 3;
  const isVirtual = (load<u64>(s, S_FLAGS) & FLAG_VM) !== 0;
  store<u32>(s, cr0 & CR0_PE ? (isVirtual ? 3 : level) : 0, S_CPL);
  if (isNested) store<u64>(s, load<u64>(block, V.VMCB_PAT), S_PAT);
  updateMode(s);
}

/** VMSAVE. */
export function saveRest(s: u32, block: u32): void {
  saveSegment(s, FS, block + V.VMCB_FS);
  saveSegment(s, GS, block + V.VMCB_GS);
  saveSegment(s, LDTR, block + V.VMCB_LDTR);
  saveSegment(s, TR, block + V.VMCB_TR);
  store<u64>(block, load<u64>(s, S_STAR), VMCB_STAR);
  store<u64>(block, load<u64>(s, S_LSTAR), VMCB_LSTAR);
  store<u64>(block, load<u64>(s, S_CSTAR), VMCB_CSTAR);
  store<u64>(block, load<u64>(s, S_SFMASK), VMCB_SFMASK);
  store<u64>(block, load<u64>(s, S_KERNEL_GS_BASE), VMCB_KERNEL_GS_BASE);
  store<u64>(block, load<u64>(s, S_SYSENTER_CS), VMCB_SYSENTER_CS);
  store<u64>(block, load<u64>(s, S_SYSENTER_ESP), VMCB_SYSENTER_ESP);
  store<u64>(block, load<u64>(s, S_SYSENTER_EIP), VMCB_SYSENTER_EIP);
}

/** VMLOAD. */
export function loadRest(s: u32, block: u32): void {
  loadSegmentFrom(s, FS, block + V.VMCB_FS);
  loadSegmentFrom(s, GS, block + V.VMCB_GS);
  loadSegmentFrom(s, LDTR, block + V.VMCB_LDTR);
  loadSegmentFrom(s, TR, block + V.VMCB_TR);
  store<u64>(s, load<u64>(block, VMCB_STAR), S_STAR);
  store<u64>(s, load<u64>(block, VMCB_LSTAR), S_LSTAR);
  store<u64>(s, load<u64>(block, VMCB_CSTAR), S_CSTAR);
  store<u64>(s, load<u64>(block, VMCB_SFMASK), S_SFMASK);
  store<u64>(s, canonical(load<u64>(block, VMCB_KERNEL_GS_BASE)), S_KERNEL_GS_BASE);
  store<u64>(s, load<u64>(block, VMCB_SYSENTER_CS), S_SYSENTER_CS);
  store<u64>(s, load<u64>(block, VMCB_SYSENTER_ESP), S_SYSENTER_ESP);
  store<u64>(s, load<u64>(block, VMCB_SYSENTER_EIP), S_SYSENTER_EIP);
}
