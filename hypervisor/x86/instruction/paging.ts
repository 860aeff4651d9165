// Walks a guest's own page tables, to read the instruction that has exited (AMD64 Architecture Programmer's Manual, volume
// 2, chapter 5). Permissions are not looked at: the CPU has already fetched from there.

import { REG_CR0, REG_CR3, REG_CR4, REG_EFER } from "../../../abi/platform.ts";
import {
  CR0_PG,
  CR4_LA57,
  CR4_PAE,
  CR4_PSE,
  EFER_LMA,
  PTE_LARGE,
  PTE_PRESENT,
} from "../../../abi/x86/registers.ts";
import { readGuest, readRegister } from "../../platform.ts";

/** What `translate` returns for an address that is not mapped. */
export const NO_ADDRESS: u64 = ~0;

const PAGE_SHIFT: u32 = 12;
/** Physical address in a table entry of 4 and 8 bytes. */
const FRAME_4: u64 = 0xfffff000;
const FRAME_8: u64 = 0xffffffffff000;
/** CR3 with PAE and without long mode points to a table of 32 bytes. */
const FRAME_PAE: u64 = 0xffffffe0;
const INDEX_BITS_4: u32 = 10;
const INDEX_BITS_8: u32 = 9;
/** PSE-36: bits 20:13 of a 4 MiB entry are address bits 39:32. */
const PSE36_MASK: u64 = 0x1fe000;
const PSE36_SHIFT: u32 = 19;
const FRAME_4M: u64 = 0xffc00000;

/** Reads a table entry of `size` bytes into `scratch`; 0 (not present) if it cannot be read. */
function readEntry(cell: u32, address: u64, size: u32, scratch: usize): u64 {
  if (readGuest(cell, address, scratch, size) < 0) return 0;
  return size === 4 ? <u64>load<u32>(scratch) : load<u64>(scratch);
}

/** The address of a page of 1 << `shift` bytes, from its entry. */
function pageBase(entry: u64, size: u32, shift: u32): u64 {
  if (size === 8) return entry & FRAME_8 & (~(<u64>0) << shift);
  if (shift === PAGE_SHIFT) return entry & FRAME_4;
  return (entry & FRAME_4M) | ((entry & PSE36_MASK) << PSE36_SHIFT);
}

/** The top level of the tables in use, counted from 0, the one that maps 4 KiB pages. */
function topLevel(cr4: u64, isLong: bool): u32 {
  if (isLong) return cr4 & CR4_LA57 ? 4 : 3;
  return cr4 & CR4_PAE ? 2 : 1;
}

/** The highest level where a large page may stand. */
function largestPage(cr4: u64, isLong: bool): u32 {
  if (isLong) return 2;
  return cr4 & (CR4_PAE | CR4_PSE) ? 1 : 0;
}

function walk(cpu: u32, cell: u32, linear: u64, isLong: bool, scratch: usize): u64 {
  const cr4 = readRegister(cpu, REG_CR4);
  const isWide = isLong || (cr4 & CR4_PAE) !== 0;
  const size: u32 = isWide ? 8 : 4;
  const bits = isWide ? INDEX_BITS_8 : INDEX_BITS_4;
  const large = largestPage(cr4, isLong);
  let table = readRegister(cpu, REG_CR3);
  table &= isLong ? FRAME_8 : isWide ? FRAME_PAE : FRAME_4;
  for (let level: i32 = topLevel(cr4, isLong); level >= 0; level--) {
    const shift: u32 = PAGE_SHIFT + level * bits;
    const index = (linear >> shift) & ((1 << bits) - 1);
    const entry = readEntry(cell, table + index * size, size, scratch);
    if (!(entry & PTE_PRESENT)) return NO_ADDRESS;
    if (level === 0 || (<u32>level <= large && entry & PTE_LARGE))
      return pageBase(entry, size, shift) | (linear & ~(~(<u64>0) << shift));
    table = entry & (isWide ? FRAME_8 : FRAME_4);
  }
  return NO_ADDRESS;
}

/**
 * The guest-physical address of a linear one, by the page tables of `cpu`, which is stopped in `cell`; NO_ADDRESS if it is
 * not mapped. `scratch`: 8 bytes that no other CPU uses.
 */
export function translate(cpu: u32, cell: u32, linear: u64, scratch: usize): u64 {
  if (!(readRegister(cpu, REG_CR0) & CR0_PG)) return linear & 0xffffffff;
  return walk(cpu, cell, linear, (readRegister(cpu, REG_EFER) & EFER_LMA) !== 0, scratch);
}
