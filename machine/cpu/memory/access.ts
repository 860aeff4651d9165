// Reading and writing linear memory. A hit in a translation cache is one compare and plain RAM; everything else
// (page crossings, device memory, pages with decoded code, faults) takes the slow path here. All functions set S_FAULT on a
// fault, with nothing written; their result is then meaningless.

import { ACCESS_FETCH, ACCESS_INDIRECT, ACCESS_WRITE } from "../../../abi/platform.ts";
import { PF_FETCH, PF_USER, PF_WRITE } from "../../../abi/x86/registers.ts";
import { isHot, pageHasCode } from "../code-pages.ts";
import { nestedAddress, nestedRights } from "../guest.ts";
import { EXIT_UNIMPLEMENTED, S_CPL } from "../interface.ts";
import { hasBreakpoints, noteAccess } from "../system/breakpoints.ts";
import { faulted, raiseExit } from "../system/fault.ts";
import { inLongMode } from "../system/mode.ts";
import {
  NO_ADDRESS,
  PAGE_OFFSET,
  PAGE_SHIFT,
  PAGE_SIZE,
  TLB_ADDEND,
  TLB_BESIDE_CODE,
  TLB_EXEC,
  TLB_READ,
  TLB_WRITE,
} from "./layout.ts";
import { loadSized, ramAddress } from "./machine.ts";
import { translate, translatedRights } from "./paging.ts";
import { physicalRead, physicalWrite } from "./physical.ts";
import { findPage, keepPage } from "./second-level.ts";
import { entryOf, fillEntry, PAGE_MASK } from "./tlb.ts";

/** Access flag beside PF_*: the part of an operand on its second page. */
const SECOND_PAGE: u32 = 0x20000;

/** Privilege of the present instruction's own accesses, as an access flag. */
function privilege(s: u32): u32 {
  return load<u32>(s, S_CPL) == 3 ? PF_USER : 0;
}

/** Physical address of a linear one for an access (PF_WRITE, PF_FETCH, PF_USER), by both levels of translation. */
function locate(s: u32, linear: u64, access: u32): u64 {
  const known = findPage(s, linear, access);
  if (known !== NO_ADDRESS) return known;
  const address = translate(s, linear, access);
  if (faulted(s)) return 0;
  const rights = translatedRights();
  let nested = (access & PF_WRITE ? ACCESS_WRITE : 0) | (access & PF_FETCH ? ACCESS_FETCH : 0);
  if (access & SECOND_PAGE) nested |= ACCESS_INDIRECT;
  const phys = nestedAddress(s, address, nested);
  if (!faulted(s) && ramAddress(phys) !== 0)
    keepPage(s, linear, phys, rights, nestedRights(s, address));
  return phys;
}

/** First byte of the page after that of `linear`; wraps at 4 GiB outside long mode. */
function nextPage(s: u32, linear: u64): u64 {
  const next = (linear & PAGE_MASK) + PAGE_SIZE;
  return inLongMode(s) ? next : next & 0xffffffff;
}

/** Bytes of an access that lie in the first page; `size` or less. */
function firstPart(linear: u64, size: u32): u32 {
  const left = PAGE_SIZE - (<u32>linear & PAGE_OFFSET);
  return left < size ? left : size;
}

/** Reads `count` bytes (1 to 7), one by one, at a physical address. */
function readBytes(s: u32, phys: u64, count: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < count; i++) value |= physicalRead(s, phys + i, 1) << (i * 8);
  return value;
}

function writeBytes(s: u32, phys: u64, count: u32, value: u64): void {
  for (let i: u32 = 0; i < count; i++) physicalWrite(s, phys + i, 1, value >> (i * 8));
}

/** Reads across a page boundary. `access` also says how both pages must be accessible. */
function readCrossing(s: u32, linear: u64, size: u32, access: u32): u64 {
  const first = firstPart(linear, size);
  const low = locate(s, linear, access);
  if (faulted(s)) return 0;
  const high = locate(s, nextPage(s, linear), access | SECOND_PAGE);
  if (faulted(s)) return 0;
  if (hasBreakpoints(s)) noteAccess(s, linear, size, (access & PF_WRITE) !== 0);
  return readBytes(s, low, first) | (readBytes(s, high, size - first) << (first * 8));
}

/** Fills the write cache with a page of RAM, if its writes may be told apart. */
function fillWrites(s: u32, linear: u64, phys: u64, host: u32): void {
  const page = <u32>(phys >> PAGE_SHIFT);
  if (!pageHasCode(page)) fillEntry(s, TLB_WRITE, linear, host);
  else if (!isHot(page)) fillEntry(s, TLB_WRITE, linear, host, TLB_BESIDE_CODE);
}

/** Reads with explicit privilege, filling `cache` (0: none) where the page is plain RAM. */
function readVia(s: u32, linear: u64, size: u32, access: u32, cache: u32): u64 {
  if (firstPart(linear, size) < size) return readCrossing(s, linear, size, access);
  const phys = locate(s, linear, access);
  if (faulted(s)) return 0;
  if (hasBreakpoints(s)) noteAccess(s, linear, size, (access & PF_WRITE) !== 0);
  const host = ramAddress(phys);
  if (host == 0) return physicalRead(s, phys, size);
  if (cache == TLB_WRITE) fillWrites(s, linear, phys, host);
  else if (cache != 0) fillEntry(s, cache, linear, host);
  return loadSized(host, size);
}

/** Writes with explicit privilege, filling the write cache if `cached`. */
function writeVia(s: u32, linear: u64, size: u32, value: u64, access: u32, cached: bool): void {
  const first = firstPart(linear, size);
  const low = locate(s, linear, access);
  if (faulted(s)) return;
  if (first < size) {
    const high = locate(s, nextPage(s, linear), access | SECOND_PAGE);
    if (faulted(s)) return;
    if (hasBreakpoints(s)) noteAccess(s, linear, size, true);
    writeBytes(s, low, first, value);
    writeBytes(s, high, size - first, value >> (first * 8));
    return;
  }
  if (hasBreakpoints(s)) noteAccess(s, linear, size, true);
  const host = ramAddress(low);
  if (cached && host != 0) fillWrites(s, linear, low, host);
  physicalWrite(s, low, size, value);
}

/** Slow path of a read: `size` is 1, 2, 4 or 8. */
export function readSlow(s: u32, linear: u64, size: u32): u64 {
  return readVia(s, linear, size, privilege(s), TLB_READ);
}

/** Slow path of a write. */
export function writeSlow(s: u32, linear: u64, size: u32, value: u64): void {
  writeVia(s, linear, size, value, privilege(s) | PF_WRITE, true);
}

/** Slow path of `modify`. */
export function modifySlow(s: u32, linear: u64, size: u32): u64 {
  return readVia(s, linear, size, privilege(s) | PF_WRITE, TLB_WRITE);
}

/** Whether an access of `size` bytes hits the cache at offset `cache`. */
function hits(s: u32, cache: u32, linear: u64, size: u32): bool {
  return ((linear + (size - 1)) & PAGE_MASK) == load<u64>(entryOf(s, cache, linear));
}

/**
 * Fills the cache for reads or writes from what the second level knows; whether it now answers for `size` bytes where it did not. Sets no
 * fault, and touches nothing else.
 */
export function refill(s: u32, linear: u64, size: u32, writes: bool): bool {
  const cache = writes ? TLB_WRITE : TLB_READ;
  if (hits(s, cache, linear, size)) return false;
  const phys = findPage(s, linear, privilege(s) | (writes ? PF_WRITE : 0));
  if (phys === NO_ADDRESS) return false;
  if (writes) fillWrites(s, linear, phys, ramAddress(phys));
  else fillEntry(s, TLB_READ, linear, ramAddress(phys));
  return hits(s, cache, linear, size);
}

/** Host address of a byte whose page is in the cache. */
function hitAddress(s: u32, cache: u32, linear: u64): u32 {
  return <u32>linear + load<u32>(entryOf(s, cache, linear), TLB_ADDEND);
}

/** Reads a value (u8, u16, u32, u64) at the present privilege. */
export function read<T>(s: u32, linear: u64): T {
  if (hits(s, TLB_READ, linear, sizeof<T>())) return load<T>(hitAddress(s, TLB_READ, linear));
  return <T>readSlow(s, linear, sizeof<T>());
}

/** Writes a value at the present privilege. */
export function write<T>(s: u32, linear: u64, value: T): void {
  if (hits(s, TLB_WRITE, linear, sizeof<T>())) store<T>(hitAddress(s, TLB_WRITE, linear), value);
  else writeSlow(s, linear, sizeof<T>(), <u64>value);
}

/** Reads a value that will be written back: faults as the write would. */
export function modify<T>(s: u32, linear: u64): T {
  if (hits(s, TLB_WRITE, linear, sizeof<T>())) return load<T>(hitAddress(s, TLB_WRITE, linear));
  return <T>modifySlow(s, linear, sizeof<T>());
}

/** Faults as a write of `size` (1 to 4096) bytes would, and writes nothing. */
export function checkWrite(s: u32, linear: u64, size: u32): void {
  if (hits(s, TLB_WRITE, linear, size)) return;
  const access = privilege(s) | PF_WRITE;
  locate(s, linear, access);
  if (!faulted(s) && firstPart(linear, size) < size)
    locate(s, nextPage(s, linear), access | SECOND_PAGE);
}

/** Reads 1, 2, 4 or 8 bytes of a system table (GDT, IDT, TSS) or supervisor stack, whatever the CPL. */
export function readSystem(s: u32, linear: u64, size: u32): u64 {
  if (load<u32>(s, S_CPL) == 3 || !hits(s, TLB_READ, linear, size))
    return readAs(s, linear, size, 0);
  return loadSized(hitAddress(s, TLB_READ, linear), size);
}

/** Writes with explicit privilege: PF_USER or 0. For pushes on the stack of a level that is not the current one yet. */
export function writeAs(s: u32, linear: u64, size: u32, value: u64, user: u32): void {
  const cached = user == privilege(s);
  writeVia(s, linear, size, value, user | PF_WRITE, cached);
}

/** Reads with explicit privilege: PF_USER or 0. */
export function readAs(s: u32, linear: u64, size: u32, user: u32): u64 {
  return readVia(s, linear, size, user, user == privilege(s) ? TLB_READ : 0);
}

/**
 * Host address of the byte at `linear`, for execution; code may be read from there to the end of its page. 0 with the fault
 * set: where there is no RAM behind the address (device memory is not executable here), the exit EXIT_UNIMPLEMENTED.
 */
export function fetchPage(s: u32, linear: u64): u32 {
  if (hits(s, TLB_EXEC, linear, 1)) return hitAddress(s, TLB_EXEC, linear);
  const phys = locate(s, linear, privilege(s) | PF_FETCH);
  if (faulted(s)) return 0;
  const host = ramAddress(phys);
  if (host != 0) fillEntry(s, TLB_EXEC, linear, host);
  else raiseExit(s, EXIT_UNIMPLEMENTED, 0, 0);
  return host;
}
