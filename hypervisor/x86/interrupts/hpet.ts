// The HPET (IA-PC HPET specification 1.0a, section 2.3): a timer with FSB delivery writes 32 chosen bits to a chosen address, so
// that its page is a bus master's. The root cell reads it without an exit; what it writes is looked at, and an enabled route is
// one to its own CPUs, as an MSI-X entry is. Another cell has the page only when it is trusted with DMA, and then unguarded.
// Where it is no configuration says: the pages that chipsets can have it in are all taken for it, whatever is there, because a
// page that is only looked at may be switched on later. driver/ refuses a machine whose ACPI tables name another one.

import { MEM_COMM_REGION, MEM_READ, MEM_WRITE } from "../../../abi/config.ts";
import { DENIAL_FLAG_WRITE, DENIAL_KIND_MEMORY } from "../../../abi/denials.ts";
import * as hpet from "../../../abi/x86/hpet.ts";
import { Cell, rootCell } from "../../core/cells/cell.ts";
import { cellOfCpu, perCpu } from "../../core/cells/percpu.ts";
import { flagsOf, memoryRegion, overlap, physOf, sizeOf } from "../../core/config.ts";
import { endLine, print, printDecimal } from "../../core/console.ts";
import { learns, noteLearned } from "../../core/learn.ts";
import { PAGE_MASK, PAGE_SIZE } from "../../core/limits.ts";
import { isTakenByOther, isTakenFromRoot, regionCount } from "../../core/memory/owners.ts";
import { MMIO_FAULT, MMIO_HANDLED } from "../../core/memory/ranges.ts";
import { beginWarning } from "../../core/panic.ts";
import { lock, mmioRead, mmioWrite, unlock } from "../../platform.ts";
import { isMessageAllowed } from "./message.ts";

const ALL_ONES: u32 = 0xffffffff;
const DWORD: u32 = 4;
/** An offset that no register of a timer has. */
const NONE: u32 = hpet.HPET_TIMER_SIZE;

/** Whether physical [phys, phys+size) has a page that can be the HPET's. */
export function isHpetPage(phys: u64, size: u64): bool {
  return overlap(phys, size, hpet.HPET_FIRST, hpet.HPET_SIZE);
}

/** MEM_* flags with which the root cell's configuration has `page`; 0 if it has not. */
function rootFlags(page: u64): u32 {
  const root = rootCell();
  for (let index: u32 = 0; index < regionCount(root); index++) {
    const region = memoryRegion(root.config, index);
    if (flagsOf(region) & MEM_COMM_REGION) continue;
    if (overlap(page, PAGE_SIZE, physOf(region), sizeOf(region))) return flagsOf(region);
  }
  return 0;
}

/** Whether the root cell, on `cpu`, may use `page`; what its configuration forgot is noted while the hypervisor learns. */
function mayUse(cpu: u32, page: u64, write: bool): bool {
  if (isTakenFromRoot(page, PAGE_SIZE)) return false;
  if (rootFlags(page) & (write ? MEM_WRITE : MEM_READ)) return true;
  if (!learns(cpu)) return false;
  lock();
  noteLearned(cpu, DENIAL_KIND_MEMORY, write ? DENIAL_FLAG_WRITE : 0, 0, page, PAGE_SIZE);
  unlock();
  return true;
}

/** A register of the timer at `timer`: `value` if it is the one at `offset`, else what the timer has. */
function field(timer: u64, wanted: u32, offset: u32, value: u32): u32 {
  return wanted === offset ? value : <u32>mmioRead(timer + wanted, DWORD);
}

/** Whether a timer writes nothing or sends an interrupt that `cell` may send, with `value` at `offset` in it. */
function isSafe(cell: Cell, timer: u64, offset: u32, value: u32): bool {
  const config = field(timer, hpet.HPET_TIMER_CONFIGURATION, offset, value);
  if (!(config & hpet.HPET_TIMER_FSB)) return true;
  const address = field(timer, hpet.HPET_TIMER_ADDRESS, offset, value);
  return isMessageAllowed(cell, address, 0, field(timer, hpet.HPET_TIMER_DATA, offset, value));
}

/** Writes a dword unless a timer would then go where `cell` may not send: it stays as it was. Returns whether it did. */
function writeDword(cell: Cell, address: u64, value: u32): bool {
  const offset = <u32>(address & PAGE_MASK);
  if (offset >= hpet.HPET_TIMER_FIRST) {
    const inTimer = offset % hpet.HPET_TIMER_SIZE;
    if (!isSafe(cell, address - inTimer, inTimer, value)) return false;
  }
  mmioWrite(address, DWORD, value);
  return true;
}

function warnRoute(cpu: u32): void {
  if (!beginWarning(cpu)) return;
  print("WARNING: CPU ");
  printDecimal(cpu);
  print(" specified an HPET route outside cell boundaries");
  endLine();
}

/** Access of the root cell to the HPET's pages (core/memory/mmio.ts). Eight bytes are written in halves, each checked. */
export function hpetAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  const address: u64 = hpet.HPET_FIRST + offset;
  if (size < DWORD || offset & (size - 1)) return MMIO_FAULT;
  if (!mayUse(cpu, address & ~PAGE_MASK, write)) return MMIO_FAULT;
  if (!write) {
    perCpu(cpu).mmioValue = mmioRead(address, size);
    return MMIO_HANDLED;
  }
  const cell = cellOfCpu(cpu);
  lock();
  let isDone = writeDword(cell, address, <u32>value);
  if (size > DWORD) isDone = writeDword(cell, address + DWORD, <u32>(value >> 32)) && isDone;
  unlock();
  if (!isDone) warnRoute(cpu);
  return MMIO_HANDLED;
}

/** Number of timers of the HPET at `page`; 0 if there is none. */
function timersAt(page: u64): u32 {
  const capabilities = <u32>mmioRead(page + hpet.HPET_CAPABILITIES, DWORD);
  const period = <u32>mmioRead(page + hpet.HPET_PERIOD_REGISTER, DWORD);
  if (capabilities === ALL_ONES || !(capabilities & hpet.HPET_REVISION_MASK)) return 0;
  if (!period || period > hpet.HPET_PERIOD_MAX) return 0;
  return ((capabilities >>> hpet.HPET_LAST_TIMER_SHIFT) & hpet.HPET_LAST_TIMER_MASK) + 1;
}

/**
 * Ends the timers of the HPET that would write where the root cell may not send: after it has lost CPUs to `cell`, and when it
 * gets the HPET back from `cell`. Not where a third cell has it.
 */
export function silenceHpet(cell: Cell): void {
  lock();
  for (let at: u32 = 0; at < hpet.HPET_SIZE; at += PAGE_SIZE) {
    const page: u64 = hpet.HPET_FIRST + at;
    if (isTakenByOther(cell, page, PAGE_SIZE)) continue;
    const timers = timersAt(page);
    for (let index: u32 = 0; index < timers; index++) {
      const timer: u64 = page + hpet.HPET_TIMER_FIRST + index * hpet.HPET_TIMER_SIZE;
      if (isSafe(rootCell(), timer, NONE, 0)) continue;
      const config = <u32>mmioRead(timer, DWORD);
      mmioWrite(timer, DWORD, config & ~(hpet.HPET_TIMER_FSB | hpet.HPET_TIMER_ENABLE));
    }
  }
  unlock();
}
