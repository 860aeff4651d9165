// The waist's memory members: the root cell's stage 2 translation (Arm Architecture Reference Manual, DDI 0487, section D8).
// All of it is normal memory: the stronger one of both stages' types counts (section D8.6), so it is as Linux maps it.

import { EFAULT, ENODEV, ENOMEM } from "../../../abi/errno.ts";
import {
  MAP_COMM,
  MAP_CONSOLE,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
  RANGE_LENGTH,
  RANGE_PHYS,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../../abi/platform.ts";
import { PANIC_CONTRACT } from "../numbers.ts";
import { change, clear, NOWHERE, tablesFor, translate } from "../paging.ts";
import { allocate, free, PAGE, promise } from "../pool.ts";
import { say } from "./console.ts";
import * as hw from "./hw.ts";
import { flushGuests, memoryFeatures, memoryToCore, useGuestMap } from "./hw.ts";

const PAGE_MASK: u64 = 0xfff;
const ROOT: u32 = 0;
/** Stage 2 descriptors: normal memory, write-back; rights; inner shareable; accessed; not executable. */
const NORMAL: u64 = 0xf << 2;
const MAY_READ: u64 = 1 << 6;
const MAY_WRITE: u64 = 1 << 7;
const SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const NO_EXECUTE: u64 = 1 << 54;
/** ID_AA64MMFR0_EL1.PARange, and those of its values that we use: 44 and 48 bits. */
const PA_RANGE_MASK: u64 = 0xf;
const PA_RANGE_44: u64 = 4;
const PA_RANGE_48: u64 = 5;
/** VTCR_EL2: PARange's place; bit 31, which is one; SL0 for a walk of four levels; inner shareable; tables are cached. */
const VTCR_PS_SHIFT: u64 = 16;
const VTCR_BASE: u64 = 0x80000000;
const VTCR_FOUR_LEVELS: u64 = 2 << 6;
const VTCR_SHAREABLE: u64 = 3 << 12;
const VTCR_CACHED: u64 = (1 << 10) | (1 << 8);
const ADDRESS_BITS: u64 = 64;

/** The root cell's map. */
@unmanaged
class Map {
  /** VTCR_EL2. */
  control: u64;
  /** First guest-physical address that no cell can have. */
  limit: u64;
  /** The root table; 0: none. */
  root: usize;
  /** The communication page, and a page of zeros. */
  comm: usize;
  zeros: usize;
}

const MAP: usize = memory.data(32, 8);

function rootMap(): Map {
  return changetype<Map>(MAP);
}

/** Learns what the processor's stage 2 can do. Returns 0, or -ENODEV for one that reaches too little. Once. */
export function stage2Init(): i32 {
  const range = min(memoryFeatures() & PA_RANGE_MASK, PA_RANGE_48);
  if (range < PA_RANGE_44) {
    say("Processors with fewer than 44 bits of physical addresses are not supported yet");
    return -ENODEV;
  }
  const bits: u64 = range === PA_RANGE_44 ? 44 : 48;
  rootMap().limit = (<u64>1) << bits;
  rootMap().control =
    VTCR_BASE |
    (range << VTCR_PS_SHIFT) |
    VTCR_SHAREABLE |
    VTCR_CACHED |
    VTCR_FOUR_LEVELS |
    (ADDRESS_BITS - bits);
  return 0;
}

/** The calling CPU runs its guest in the root cell's map from now on. */
export function useRootMap(): void {
  useGuestMap(hw.physicalOf(rootMap().root), rootMap().control);
}

/** The map of a cell that the core has named: the root cell's. */
function existing(cell: u32): Map {
  if (cell !== ROOT || !rootMap().root) hw.panic(PANIC_CONTRACT);
  return rootMap();
}

function open(map: Map): bool {
  map.root = allocate(1);
  map.comm = allocate(1);
  map.zeros = allocate(1);
  return map.root !== 0 && map.comm !== 0 && map.zeros !== 0;
}

function close(map: Map): void {
  if (map.root) clear(map.root);
  if (map.root) free(map.root, 1);
  if (map.comm) free(map.comm, 1);
  if (map.zeros) free(map.zeros, 1);
  map.root = 0;
}

/** Tables that the range at `range` in the core's memory can need; more than there are for one out of reach. */
function tablesOf(range: u32): u64 {
  const virt = hw.coreRead(range + RANGE_VIRT, 8);
  const size = hw.coreRead(range + RANGE_LENGTH, 8);
  const limit = rootMap().limit;
  if (!size) return 0;
  if (virt >= limit || size > limit - virt) return limit;
  const phys = hw.coreRead(range + RANGE_PHYS, 8);
  return tablesFor(virt, phys, size, virt === hw.hypervisorStart());
}

export function reserve(cell: u32, ranges: usize, count: u32): i32 {
  if (cell !== ROOT) return -ENOMEM;
  const map = rootMap();
  const isNew = !map.root;
  const isOpen = !isNew || open(map);
  let tables: u64 = 0;
  for (let index: u32 = 0; index < count; index++)
    tables += tablesOf(<u32>ranges + index * RANGE_SIZE);
  if (isOpen && tables <= <u64>u32.MAX_VALUE && promise(<u32>tables)) return 0;
  if (isNew) close(map);
  return -ENOMEM;
}

/** Entry bits for MAP_* flags; 0 where nothing is granted. */
function entryBits(flags: u32): u64 {
  if (!(flags & (MAP_READ | MAP_ZERO))) return 0;
  const isWritable = flags & MAP_WRITE && !(flags & (MAP_ZERO | MAP_CONSOLE));
  const isExecutable = flags & MAP_EXECUTE && !(flags & MAP_ZERO);
  const rights = MAY_READ | (isWritable ? MAY_WRITE : 0) | (isExecutable ? 0 : NO_EXECUTE);
  return NORMAL | SHAREABLE | ACCESSED | rights;
}

/** The physical address that stands behind a mapping of the hypervisor's own pages, or the one given. */
function targetOf(map: Map, phys: u64, flags: u32): u64 {
  if (flags & MAP_ZERO) return hw.physicalOf(map.zeros);
  if (flags & MAP_COMM) return hw.physicalOf(map.comm);
  return flags & MAP_CONSOLE ? hw.consolePhysical() : phys;
}

export function map(cell: u32, virt: u64, phys: u64, size: u64, flags: u32): void {
  const record = existing(cell);
  const isOnePage = (flags & (MAP_ZERO | MAP_COMM | MAP_CONSOLE)) !== 0;
  // The driver looks for the console page where the image's header says, wherever the core would have it.
  const start = flags & MAP_CONSOLE ? hw.consolePhysical() : virt;
  change(record.root, start, targetOf(record, phys, flags), size, entryBits(flags), isOnePage);
}

export function unmap(cell: u32, virt: u64, size: u64): void {
  change(existing(cell).root, virt, 0, size, 0, false);
}

export function commit(cell: u32): void {
  existing(cell);
  flushGuests();
}

export function readGuest(cell: u32, address: u64, destination: usize, size: u32): i32 {
  const record = existing(cell);
  for (let done: u32 = 0; done < size; ) {
    const at = address + done;
    const piece = min(size - done, PAGE - <u32>(at & PAGE_MASK));
    const target = at < record.limit ? translate(record.root, at) : NOWHERE;
    // Neither the hypervisor's memory nor what it shows in its place.
    if (target === NOWHERE || target - hw.hypervisorStart() < hw.hypervisorSize()) return -EFAULT;
    memoryToCore(target, <u32>destination + done, piece);
    done += piece;
  }
  return 0;
}

export function readComm(cell: u32, offset: u32): u32 {
  return hw.loadAcquire(existing(cell).comm + offset);
}

export function writeComm(cell: u32, offset: u32, value: u32): void {
  hw.storeRelease(existing(cell).comm + offset, value);
}
