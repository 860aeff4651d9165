// Nested paging (AMD64 APM volume 2, section 15.25): guest-physical addresses by the tables of nCR3, which have the format of the
// host's own. All accesses are a user's; those of the guest's page tables are writes.

import { MAP_EXECUTE, MAP_READ, MAP_WRITE } from "../../../abi/platform.ts";
import {
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
  PTE_USER,
  PTE_WRITABLE,
} from "../../../abi/x86/registers.ts";
import { NO_ADDRESS, PAGE_SHIFT } from "../memory/layout.ts";
import { physicalRead, physicalWrite } from "../memory/physical.ts";
import { EXIT_NPF, raiseVmexit } from "./intercepts.ts";
import {
  NESTED_FETCH,
  NESTED_LONG,
  NESTED_NX,
  NESTED_PAE,
  NESTED_PSE,
  S_NESTED,
  S_NESTED_ROOT,
} from "./state.ts";

/** In the first fact of a nested page fault: the guest's access itself, or one of its page tables. */
const FAULT_FINAL: u64 = 0x100000000;
const FAULT_TABLE: u64 = 0x200000000;
const FRAME_MASK: u64 = 0x000000fffffff000;
const RESERVED_LONG: u64 = 0x000fff0000000000;
const RESERVED_PAE: u64 = 0x7fffff0000000000;
const RESERVED_PDPTE: u64 = 0xffffff00000001e6;
const PTE_NX: u64 = 0x8000000000000000;
/** Bit 12 of a large page's entry selects its memory type; the rest below its frame is zero. */
const LARGE_LOW: u64 = 0xffffffffffffe000;
const NARROW_LARGE_SHIFT: u32 = 22;

/** Rights (MAP_*) of the page that the last walk has come to, u32. */
const FOUND: usize = memory.data(4, 4);

/** What the last walk grants, as far as it need not be walked again: writes, where the page is marked dirty. */
export function foundRights(): u32 {
  return load<u32>(FOUND);
}

function fault(s: u32, address: u64, access: u32, cause: u32, isTable: bool): u64 {
  const where = isTable ? FAULT_TABLE : FAULT_FINAL;
  const bits =
    access & (PF_WRITE | PF_FETCH) & (load<u32>(s, S_NESTED) & NESTED_FETCH ? -1 : ~PF_FETCH);
  raiseVmexit(s, EXIT_NPF, where | (PF_USER | bits | cause), address, 0);
  return NO_ADDRESS;
}

/** Reserved bits of an entry of a table of `level`, 1 being the last. */
function reservedBits(mode: u32, level: u32, isLarge: bool, shift: u32): u64 {
  if (!(mode & NESTED_LONG) && level === 3) return RESERVED_PDPTE;
  let bits = mode & NESTED_LONG ? RESERVED_LONG : RESERVED_PAE;
  if (!(mode & NESTED_NX)) bits |= PTE_NX;
  if (level === 4) bits |= PTE_LARGE;
  if (level >= 3 && !isLarge) bits |= PTE_GLOBAL;
  return isLarge ? bits | ((((<u64>1) << shift) - 1) & LARGE_LOW) : bits;
}

/** Physical address in the page of 1 << `shift` bytes that an entry maps. */
function inFrame(entry: u64, address: u64, shift: u32): u64 {
  const offset = ((<u64>1) << shift) - 1;
  return (entry & FRAME_MASK & ~offset) | (address & offset);
}

/** Tables of 8-byte entries. */
function walkWide(s: u32, address: u64, access: u32, isTable: bool, mode: u32): u64 {
  const isLong = (mode & NESTED_LONG) !== 0;
  let table = load<u64>(s, S_NESTED_ROOT) & (isLong ? FRAME_MASK : 0xffffffe0);
  if (address >> (isLong ? 48 : 32)) return fault(s, address, access, 0, isTable);
  let rights: u64 = PTE_WRITABLE | PTE_USER;
  let isNx = false;
  for (let level: u32 = isLong ? 4 : 3; ; level--) {
    const shift = PAGE_SHIFT + (level - 1) * 9;
    const at = table + (((address >> shift) & 511) << 3);
    const entry = physicalRead(s, at, 8);
    if (!(entry & PTE_PRESENT)) return fault(s, address, access, 0, isTable);
    const isPdpte = !isLong && level === 3;
    const isLarge = !isPdpte && (level === 2 || level === 3) && (entry & PTE_LARGE) !== 0;
    if (entry & reservedBits(mode, level, isLarge, shift))
      return fault(s, address, access, PF_PRESENT | PF_RESERVED, isTable);
    if (!isPdpte) rights &= entry;
    if (!isPdpte && entry & PTE_NX) isNx = true;
    const isLeaf = isLarge || level === 1;
    if (isLeaf && !isGranted(access, rights, isNx))
      return fault(s, address, access, PF_PRESENT, isTable);
    const marks: u64 = PTE_ACCESSED | (isLeaf && access & PF_WRITE ? PTE_DIRTY : 0);
    if (!isPdpte && (entry & marks) !== marks) physicalWrite(s, at, 8, entry | marks);
    if (!isLeaf) {
      table = entry & FRAME_MASK;
      continue;
    }
    note(rights, isNx, ((entry | marks) & PTE_DIRTY) !== 0);
    return inFrame(entry, address, shift);
  }
}

/** Tables of 4-byte entries. */
function walkNarrow(s: u32, address: u64, access: u32, isTable: bool, mode: u32): u64 {
  let table = load<u64>(s, S_NESTED_ROOT) & 0xfffff000;
  if (address >> 32) return fault(s, address, access, 0, isTable);
  let rights: u64 = PTE_WRITABLE | PTE_USER;
  for (let level: u32 = 2; ; level--) {
    const shift = PAGE_SHIFT + (level - 1) * 10;
    const at = table + (((address >> shift) & 1023) << 2);
    const entry = physicalRead(s, at, 4);
    if (!(entry & PTE_PRESENT)) return fault(s, address, access, 0, isTable);
    const isLarge = level === 2 && (entry & PTE_LARGE) !== 0 && (mode & NESTED_PSE) !== 0;
    rights &= entry;
    const isLeaf = isLarge || level === 1;
    if (isLeaf && !isGranted(access, rights, false))
      return fault(s, address, access, PF_PRESENT, isTable);
    const marks: u64 = PTE_ACCESSED | (isLeaf && access & PF_WRITE ? PTE_DIRTY : 0);
    if ((entry & marks) !== marks) physicalWrite(s, at, 4, entry | marks);
    if (!isLeaf) {
      table = entry & 0xfffff000;
      continue;
    }
    note(rights, false, ((entry | marks) & PTE_DIRTY) !== 0);
    return inFrame(entry, address, isLarge ? NARROW_LARGE_SHIFT : PAGE_SHIFT);
  }
}

function isGranted(access: u32, rights: u64, isNx: bool): bool {
  if (!(rights & PTE_USER)) return false;
  if (access & PF_WRITE && !(rights & PTE_WRITABLE)) return false;
  return !(access & PF_FETCH && isNx);
}

function note(rights: u64, isNx: bool, isDirty: bool): void {
  const writes = isDirty && (rights & PTE_WRITABLE) !== 0;
  store<u32>(FOUND, MAP_READ | (writes ? MAP_WRITE : 0) | (isNx ? 0 : MAP_EXECUTE));
}

/**
 * Physical address of a guest-physical one for an access (PF_WRITE, PF_FETCH) of the guest, or of its page tables. Sets the exit of a
 * nested page fault where the tables do not grant it; the result is then NO_ADDRESS.
 */
export function walkNested(s: u32, address: u64, access: u32, isTable: bool): u64 {
  const mode = load<u32>(s, S_NESTED);
  if (mode & (NESTED_LONG | NESTED_PAE)) return walkWide(s, address, access, isTable, mode);
  return walkNarrow(s, address, access, isTable, mode);
}
