// Learning (SYS_FLAG_LEARN): what the root cell's configuration forgot is recorded and allowed, unless it is another cell's or the
// hypervisor's. It never widens what another cell may do.
import * as table from "../../abi/denials.ts";
import {
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  RANGE_LENGTH,
  RANGE_PHYS,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../abi/platform.ts";
import { lock, map, reserve, unlock } from "../platform.ts";
import { isRoot, rootCell } from "./cells/cell.ts";
import { cellOfCpu } from "./cells/percpu.ts";
import { flagsOf, memoryRegion, overlap, physOf, sizeOf, virtOf } from "./config.ts";
import { isLearning, noteAllowed, recordDenial } from "./denials.ts";
import { PAGE_MASK, PAGE_SIZE } from "./limits.ts";
import { isTakenFromRoot, regionCount } from "./memory/owners.ts";
import { isTrapped } from "./memory/trapped.ts";

const RANGE: usize = memory.data(RANGE_SIZE, 8);

/** Whether the calling CPU `cpu` is one whose forgotten accesses are allowed. */
export function learns(cpu: u32): bool {
  return isLearning() && isRoot(cellOfCpu(cpu));
}

/** Whether a page is nobody's: neither another cell's nor the hypervisor's, and without a device that is mediated. */
function isFree(page: u64): bool {
  return !isTrapped(rootCell(), page, PAGE_SIZE) && !isTakenFromRoot(page, PAGE_SIZE);
}

/** The root cell's region that has guest-physical `page`, or 0. */
function regionAt(page: u64): usize {
  const root = rootCell();
  for (let index: u32 = 0; index < regionCount(root); index++) {
    const region = memoryRegion(root.config, index);
    if (overlap(page, PAGE_SIZE, virtOf(region), sizeOf(region))) return region;
  }
  return 0;
}

/** MAP_* flags for a page: reads and writes, what was tried, and what the configuration has there. */
function permissions(page: u64, flags: u32): u32 {
  const region = regionAt(page);
  const execute: u32 = flags & table.DENIAL_FLAG_FETCH ? MAP_EXECUTE : 0;
  const listed: u32 = region ? flagsOf(region) & MAP_EXECUTE : 0;
  return MAP_READ | MAP_WRITE | execute | listed;
}

/** Whether the page is where it is in the machine: the configuration has not put another one there. */
function isIdentity(page: u64): bool {
  const region = regionAt(page);
  return !region || physOf(region) === virtOf(region);
}

/**
 * Gives the root cell the page at guest-physical `address`, to which nobody of its cell has any right so far. Returns
 * whether it did: the access is then to be repeated. On its CPU `cpu`, not with the lock.
 */
export function learnMemory(cpu: u32, address: u64, flags: u32): bool {
  if (!learns(cpu)) return false;
  const page = address & ~PAGE_MASK;
  lock();
  let isDone = isFree(page) && isIdentity(page);
  if (isDone) {
    store<u64>(RANGE, page, RANGE_VIRT);
    store<u64>(RANGE, PAGE_SIZE, RANGE_LENGTH);
    store<u64>(RANGE, page, RANGE_PHYS);
    isDone = !reserve(rootCell().number, RANGE, 1);
  }
  if (isDone) {
    map(rootCell().number, page, page, PAGE_SIZE, permissions(page, flags));
    noteLearned(cpu, table.DENIAL_KIND_MEMORY, flags, 0, page, PAGE_SIZE);
  }
  unlock();
  return isDone;
}

/**
 * Records that the root cell was allowed `length` of what `kind` counts from `address` on, by an access of `size` bytes.
 * With the lock.
 */
export function noteLearned(
  cpu: u32,
  kind: u32,
  flags: u32,
  size: u32,
  address: u64,
  length: u32,
): void {
  noteAllowed(recordDenial(cpu, kind, flags | table.DENIAL_FLAG_ALLOWED, size, address, 0), length);
}
