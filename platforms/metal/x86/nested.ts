// The waist's memory members: nested page tables, and the pages that a cell shares with the hypervisor.

import { EFAULT, ENOMEM } from "../../../abi/errno.ts";
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
import { allocate, free, PAGE, promise, withdraw } from "../pool.ts";
import { CELL_PAGES, CELLS_MAX, Cell, cellOf, MSR_PAGES, PORT_PAGES } from "./cells.ts";
import { CPUS_MAX, findCpu } from "./cpu.ts";
import { guestLimit } from "./host.ts";
import * as hw from "./hw.ts";
import { flush, freeNestedTop, nestedBits, nestedTop } from "./vcpu.ts";
import { clearPhysical, copyPhysical } from "./windows.ts";

const PAGE_MASK: u64 = 0xfff;
const ROOT: u32 = 0;

const ZEROS: usize = memory.data(4, 4);

/** Makes the page of zeros; once. Returns false when the pool is exhausted. */
export function nestedInit(): bool {
  store<usize>(ZEROS, allocate(1));
  return load<usize>(ZEROS) !== 0;
}

/** The cell of this number, which must have an address space. */
function existing(cell: u32): Cell {
  if (cell >= CELLS_MAX || !cellOf(cell).block) hw.panic(PANIC_CONTRACT);
  return cellOf(cell);
}

/** Makes the pages of a cell: nothing mapped, nothing granted. */
function open(cell: Cell): bool {
  const block = allocate(CELL_PAGES);
  if (!block) return false;
  cell.block = block;
  cell.x2apic = 0;
  memory.fill(block, 0xff, (PORT_PAGES + MSR_PAGES) * PAGE);
  cell.top = nestedTop(cell.root);
  if (cell.top) return true;
  close(cell);
  return false;
}

function close(cell: Cell): void {
  clear(cell.root);
  if (cell.top) freeNestedTop(cell.root, cell.top);
  withdraw(cell.promised);
  cell.promised = 0;
  free(cell.block, CELL_PAGES);
  cell.block = 0;
}

/** Tables that a range can need; more than there are for one that no processor can address. */
function tablesOf(range: usize): u64 {
  const virt = load<u64>(range, RANGE_VIRT);
  const size = load<u64>(range, RANGE_LENGTH);
  const limit = guestLimit();
  if (!size) return 0;
  if (virt >= limit || size > limit - virt) return limit;
  return tablesFor(virt, load<u64>(range, RANGE_PHYS), size, virt === hw.hypervisorStart());
}

/** Address of the ranges in the core's memory, range `index`, copied here. */
function rangeAt(ranges: usize, index: u32, to: usize): usize {
  const from = <u32>ranges + index * RANGE_SIZE;
  store<u64>(to, hw.coreRead(from + RANGE_VIRT, 8), RANGE_VIRT);
  store<u64>(to, hw.coreRead(from + RANGE_LENGTH, 8), RANGE_LENGTH);
  store<u64>(to, hw.coreRead(from + RANGE_PHYS, 8), RANGE_PHYS);
  return to;
}

const RANGE: usize = memory.data(RANGE_SIZE, 8);
/** Pages set aside for what the next cell takes from the root cell's map, u32. */
const PENDING: usize = memory.data(4, 4);

/** Ends what was set aside for a cell that does not come. */
function dropPending(): void {
  withdraw(load<u32>(PENDING));
  store<u32>(PENDING, 0);
}

/** Sets pages aside: for a new cell, or in the root cell's map for the cell that comes next and then has them. */
function setAside(record: Cell, isNew: bool, tables: u32): void {
  if (record === cellOf(ROOT) && !isNew) {
    store<u32>(PENDING, load<u32>(PENDING) + tables);
    return;
  }
  record.promised += tables + load<u32>(PENDING);
  store<u32>(PENDING, 0);
}

export function reserve(cell: u32, ranges: usize, count: u32): i32 {
  if (cell >= CELLS_MAX) return -ENOMEM;
  const record = cellOf(cell);
  const isNew = !record.block;
  const isOpen = !isNew || open(record);
  let tables: u64 = 0;
  for (let index: u32 = 0; index < count; index++)
    tables += tablesOf(rangeAt(ranges, index, RANGE));
  if (isOpen && tables <= <u64>u32.MAX_VALUE && promise(<u32>tables)) {
    setAside(record, isNew, <u32>tables);
    return 0;
  }
  if (isNew && isOpen) close(record);
  dropPending();
  return -ENOMEM;
}

export function release(cell: u32): void {
  if (cell < CELLS_MAX && cellOf(cell).block) close(cellOf(cell));
}

/** Entry bits for MAP_* flags; 0 where nothing is granted. */
export function entryBits(flags: u32): u64 {
  if (!(flags & MAP_READ) && !(flags & MAP_ZERO)) return 0;
  const isWritable = flags & MAP_WRITE && !(flags & (MAP_ZERO | MAP_CONSOLE));
  const isExecutable = flags & MAP_EXECUTE && !(flags & MAP_ZERO);
  return nestedBits(isWritable !== 0, isExecutable !== 0);
}

/** The physical address that stands behind a mapping of the hypervisor's own pages, or the one given. */
function targetOf(cell: Cell, phys: u64, flags: u32): u64 {
  if (flags & MAP_ZERO) return hw.physicalOf(load<usize>(ZEROS));
  if (flags & MAP_COMM) return hw.physicalOf(cell.comm);
  return flags & MAP_CONSOLE ? hw.consolePhysical() : phys;
}

export function map(cell: u32, virt: u64, phys: u64, size: u64, flags: u32): void {
  const record = existing(cell);
  if (cell === ROOT) dropPending();
  const isOnePage = (flags & (MAP_ZERO | MAP_COMM | MAP_CONSOLE)) !== 0;
  // The driver looks for the console page where the image's header says, wherever the core would have it.
  const start = flags & MAP_CONSOLE ? hw.consolePhysical() : virt;
  change(record.root, start, targetOf(record, phys, flags), size, entryBits(flags), isOnePage);
}

export function unmap(cell: u32, virt: u64, size: u64): void {
  change(existing(cell).root, virt, 0, size, 0, false);
}

/** The CPUs flush when they enter their guests; permission maps are read anew then, too. */
export function commit(cell: u32): void {
  for (let number: u32 = 0; number < CPUS_MAX; number++) {
    const cpu = findCpu(number);
    if (cpu && cpu.cell === cell) flush(cpu);
  }
}

export function scrub(phys: u64, size: u64): void {
  clearPhysical(phys, size);
}

/** Copies what a cell sees at physical `address`, within a page. Only two of the hypervisor's own pages are RAM to it. */
function copyPiece(cell: Cell, address: u64, destination: u32, size: u32): bool {
  if (address - hw.hypervisorStart() >= hw.hypervisorSize())
    return copyPhysical(address, destination, size);
  const page = address & ~PAGE_MASK;
  const isComm = page === hw.physicalOf(cell.comm);
  if (!isComm && page !== hw.physicalOf(load<usize>(ZEROS))) return false;
  hw.copyToCore(<usize>(address - hw.physicalOf(0)), destination, size);
  return true;
}

export function readGuest(cell: u32, address: u64, destination: usize, size: u32): i32 {
  const record = existing(cell);
  for (let done: u32 = 0; done < size; ) {
    const at = address + done;
    const piece = min(size - done, PAGE - <u32>(at & PAGE_MASK));
    const target = at < guestLimit() ? translate(record.root, at) : NOWHERE;
    if (target === NOWHERE || !copyPiece(record, target, <u32>destination + done, piece))
      return -EFAULT;
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
