// The guest's own paging (AMD64 APM volume 2, chapter 5): 32-bit with 4 MiB pages, PAE, and four levels. Every table entry is
// read, and its accessed and dirty bits written, through the nested map.

import { ACCESS_INDIRECT, ACCESS_WRITE } from "../../../abi/platform.ts";
import {
  CR4_PAE,
  CR4_PSE,
  CR4_SMEP,
  EFER_LMA,
  EFER_NXE,
  PF_FETCH,
  PF_PRESENT,
  PF_RESERVED,
  PF_USER,
  PF_WRITE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_GLOBAL,
  PTE_LARGE,
  PTE_PRESENT,
  VECTOR_PF,
} from "../../../abi/x86/registers.ts";
import { FEATURE_PDPE1GB } from "../features.ts";
import { ACCESS_TABLE, nestedAddress } from "../guest.ts";
import { S_CR2, S_CR3, S_CR4, S_EFER } from "../interface.ts";
import { S_OLD_CR2 } from "../svm/state.ts";
import { faulted, raiseException } from "../system/fault.ts";
import { MODE_PAGING } from "../system/mode.ts";
import { findDirectory, keepDirectory } from "./directories.ts";
import {
  NO_ADDRESS,
  PAGE_OFFSET,
  PAGE_SHIFT,
  S_LARGEST_PAGE,
  S_MODE,
  VENDOR_AMD,
} from "./layout.ts";
import { hasFeature, vendor } from "./machine.ts";
import { physicalRead, physicalWrite } from "./physical.ts";
import { ALL_RIGHTS, PTE_NX, permits, throughEntry, withRights } from "./rights.ts";

/** Bits of a physical address (CPUID 0x80000008). */
export const PHYSICAL_BITS: u32 = 40;
/** A physical page number in place. */
const FRAME_MASK: u64 = 0x000000fffffff000;
/** Entry bits above the physical address that must be zero in long mode (51 to PHYSICAL_BITS). */
const RESERVED_LONG: u64 = 0x000fff0000000000;
/** The same for PAE, where bits 62 to 52 are reserved too. */
const RESERVED_PAE: u64 = 0x7fffff0000000000;
/** Reserved bits of a PAE page-directory-pointer entry. */
const RESERVED_PDPTE: u64 = 0xffffff00000001e6;
/** Reserved bit of a 4 MiB page's entry (PSE-36 with 40 address bits). */
const RESERVED_4M: u64 = 0x200000;
/** Bits of linear address that one level of 8-byte entries resolves. */
const LEVEL_BITS: u32 = 9;
/** The same for 4-byte entries. */
const LEVEL_BITS_32: u32 = 10;
/** Access flag beside PF_*: look only; no fault is set, no accessed or dirty bit written, NO_ADDRESS for "not mapped". */
export const ACCESS_PROBE: u32 = 0x10000;
/** Log2 of a 4 MiB page, of two levels. */
const SHIFT_4M: u32 = 22;

/** Rights of the page that was translated last, u32. */
const TRANSLATED: usize = memory.data(4, 4);

/** The rights (rights.ts) of the page that `translate` has found last. */
export function translatedRights(): u32 {
  return load<u32>(TRANSLATED);
}

/** Enters what a walk has come to: a page of 1 << `shift` bytes, its rights, and that a write has marked it. */
function noteLeaf(s: u32, rights: u32, access: u32, shift: u32): void {
  if (access & ACCESS_PROBE) return;
  store<u32>(TRANSLATED, rights | (access & PF_WRITE ? PTE_DIRTY : 0));
  if (shift > load<u32>(s, S_LARGEST_PAGE)) store<u32>(s, shift, S_LARGEST_PAGE);
}

/** Sets #PF for an access; `cause` is PF_PRESENT and PF_RESERVED as they apply. Returns NO_ADDRESS. */
function pageFault(s: u32, linear: u64, access: u32, cause: u32): u64 {
  if (access & ACCESS_PROBE) return NO_ADDRESS;
  let error = cause | (access & (PF_WRITE | PF_USER));
  const protects = load<u32>(s, S_EFER) & EFER_NXE && load<u32>(s, S_CR4) & CR4_PAE;
  if (access & PF_FETCH && (protects || load<u32>(s, S_CR4) & CR4_SMEP)) error |= PF_FETCH;
  store<u64>(s, load<u64>(s, S_CR2), S_OLD_CR2);
  store<u64>(s, linear, S_CR2);
  raiseException(s, VECTOR_PF, <i32>error);
  return NO_ADDRESS;
}

/** Sets bits in a table entry of `size` bytes at guest-physical `at`, where they are missing. */
function markEntry(s: u32, at: u64, entry: u64, bits: u32, size: u32, access: u32): void {
  if ((entry & bits) == bits || access & ACCESS_PROBE) return;
  const phys = nestedAddress(s, at, ACCESS_WRITE | ACCESS_INDIRECT | ACCESS_TABLE);
  if (!faulted(s)) physicalWrite(s, phys, size, entry | bits);
}

/** Reserved bits of an entry at `level` (1 = page table); `large` if it maps a page above level 1. */
function reservedBits(s: u32, level: u32, long: bool, large: bool): u64 {
  let bits = long ? RESERVED_LONG : RESERVED_PAE;
  if (!(load<u32>(s, S_EFER) & EFER_NXE)) bits |= PTE_NX;
  if (level == 4 || (level == 3 && !hasFeature(FEATURE_PDPE1GB))) bits |= PTE_LARGE;
  // AMD keeps G, which says nothing of tables, in these two free (AMD64 APM volume 2, section 5.3.3).
  if (level >= 3 && long && !large && vendor() == VENDOR_AMD) bits |= PTE_GLOBAL;
  // A large page's frame is aligned; bit 12 is its PAT bit.
  if (large)
    bits |= (((<u64>1) << (PAGE_SHIFT + (level - 1) * LEVEL_BITS)) - 1) & 0xffffffffffffe000;
  return bits;
}

/** Guest-physical address in a page of 1 << `shift` bytes that an entry maps. */
function inFrame(entry: u64, linear: u64, shift: u32): u64 {
  const offset = ((<u64>1) << shift) - 1;
  return (entry & FRAME_MASK & ~offset) | (linear & offset);
}

/** Four-level and PAE walk, from the root or from a directory that is known. */
function walkWide(s: u32, linear: u64, access: u32, long: bool): u64 {
  const known = access & ACCESS_PROBE ? 0 : findDirectory(s, linear);
  if (known === 0) {
    const root = load<u64>(s, S_CR3) & (long ? FRAME_MASK : 0xffffffe0);
    return walkFrom(s, linear, access, long, long ? 4 : 3, root, ALL_RIGHTS);
  }
  const rights = throughEntry(ALL_RIGHTS, known);
  if (!(known & PTE_LARGE)) return walkFrom(s, linear, access, long, 1, known & FRAME_MASK, rights);
  // A fault, and the first write, are told and marked by a whole walk.
  if (!permits(s, rights, access) || (access & PF_WRITE && !(known & PTE_DIRTY))) {
    keepDirectory(s, linear, 0);
    return walkWide(s, linear, access, long);
  }
  noteLeaf(s, rights, access, PAGE_SHIFT + LEVEL_BITS);
  return inFrame(known, linear, PAGE_SHIFT + LEVEL_BITS);
}

/** Walk from a table of `level` (1 = page table), where the levels above grant `above`. */
function walkFrom(
  s: u32,
  linear: u64,
  access: u32,
  long: bool,
  level: u32,
  table: u64,
  above: u32,
): u64 {
  let rights = above;
  for (; level > 0; level--) {
    const shift = PAGE_SHIFT + (level - 1) * LEVEL_BITS;
    const at = table + (((linear >> shift) & (long || level < 3 ? 511 : 3)) << 3);
    const phys = nestedAddress(s, at, ACCESS_INDIRECT | ACCESS_TABLE);
    if (faulted(s)) return NO_ADDRESS;
    const entry = physicalRead(s, phys, 8);
    if (!(entry & PTE_PRESENT)) return pageFault(s, linear, access, 0);
    const isPdpte = !long && level == 3;
    const large = !isPdpte && (level == 2 || level == 3) && (entry & PTE_LARGE) != 0;
    const reserved = isPdpte ? RESERVED_PDPTE : reservedBits(s, level, long, large);
    if (entry & reserved) return pageFault(s, linear, access, PF_PRESENT | PF_RESERVED);
    if (!isPdpte) rights = throughEntry(rights, entry);
    const leaf = large || level == 1;
    if (leaf && !permits(s, rights, access)) return pageFault(s, linear, access, PF_PRESENT);
    const dirty = leaf && access & PF_WRITE ? PTE_DIRTY : 0;
    if (!isPdpte) markEntry(s, at, entry, PTE_ACCESSED | dirty, 8, access);
    if (faulted(s)) return NO_ADDRESS;
    if (level == 2 && !(access & ACCESS_PROBE))
      keepDirectory(s, linear, withRights(entry, rights | dirty));
    if (leaf) {
      noteLeaf(s, rights, access, shift);
      return inFrame(entry, linear, shift);
    }
    table = entry & FRAME_MASK;
  }
  return NO_ADDRESS;
}

/** 32-bit walk, two levels. */
function walkNarrow(s: u32, linear: u64, access: u32): u64 {
  let table = load<u64>(s, S_CR3) & 0xfffff000;
  let rights = ALL_RIGHTS;
  for (let level: u32 = 2; level > 0; level--) {
    const shift = PAGE_SHIFT + (level - 1) * LEVEL_BITS_32;
    const at = table + (((linear >> shift) & 1023) << 2);
    const phys = nestedAddress(s, at, ACCESS_INDIRECT | ACCESS_TABLE);
    if (faulted(s)) return NO_ADDRESS;
    const entry = physicalRead(s, phys, 4);
    if (!(entry & PTE_PRESENT)) return pageFault(s, linear, access, 0);
    const large = level == 2 && entry & PTE_LARGE && load<u32>(s, S_CR4) & CR4_PSE;
    if (large && entry & RESERVED_4M) return pageFault(s, linear, access, PF_PRESENT | PF_RESERVED);
    rights = throughEntry(rights, entry);
    const leaf = large || level == 1;
    if (leaf && !permits(s, rights, access)) return pageFault(s, linear, access, PF_PRESENT);
    const dirty = leaf && access & PF_WRITE ? PTE_DIRTY : 0;
    markEntry(s, at, entry, PTE_ACCESSED | dirty, 4, access);
    if (faulted(s)) return NO_ADDRESS;
    if (leaf) noteLeaf(s, rights, access, large ? SHIFT_4M : PAGE_SHIFT);
    if (large) return wideFrame(entry) | (linear & 0x3fffff);
    if (leaf) return (entry & 0xfffff000) | (linear & PAGE_OFFSET);
    table = entry & 0xfffff000;
  }
  return NO_ADDRESS;
}

/** Physical address of a 4 MiB page: bits 31 to 22, and bits 39 to 32 from 20 to 13 (PSE-36). */
function wideFrame(entry: u64): u64 {
  return (entry & 0xffc00000) | ((entry & 0x1fe000) << 19);
}

/**
 * Guest-physical address of a linear one for an access (PF_WRITE, PF_FETCH, PF_USER, ACCESS_PROBE). Sets #PF, or an exit
 * where the tables themselves are not mapped; the result is then NO_ADDRESS.
 */
export function translate(s: u32, linear: u64, access: u32): u64 {
  if (!(load<u32>(s, S_MODE) & MODE_PAGING)) {
    if (!(access & ACCESS_PROBE)) store<u32>(TRANSLATED, ALL_RIGHTS);
    return linear;
  }
  if (load<u32>(s, S_EFER) & EFER_LMA) return walkWide(s, linear, access, true);
  if (load<u32>(s, S_CR4) & CR4_PAE) return walkWide(s, linear, access, false);
  return walkNarrow(s, linear, access);
}
