// Accesses to trapped memory, brought to whoever handles the range.
import { MEM_IO_8, MEM_IO_UNALIGNED, MEM_READ, MEM_WRITE } from "../../../abi/config.ts";
import { archMmio } from "../../arch.ts";
import { mmioRead, mmioWrite } from "../../platform.ts";
import { isRoot } from "../cells/cell.ts";
import { cellOfCpu, perCpu } from "../cells/percpu.ts";
import { overlap } from "../config.ts";
import { ecamAccess, tableAccess } from "../pci/config-space.ts";
import { isTakenFromRoot } from "./owners.ts";
import {
  MMIO_ECAM,
  MMIO_FAULT,
  MMIO_HANDLED,
  MMIO_MSIX,
  MMIO_SUBPAGE,
  MMIO_UNKNOWN,
  Range,
  rangeAt,
} from "./ranges.ts";
import { isTrapped } from "./trapped.ts";

/** Direction, width (MEM_IO_8 shifted by its logarithm) and alignment must be allowed; then the device sees it. */
function accessSubPage(
  cpu: u32,
  range: Range,
  address: u64,
  size: u32,
  write: bool,
  value: u64,
): i32 {
  const flags = range.argument;
  if (!(flags & (write ? MEM_WRITE : MEM_READ))) return MMIO_FAULT;
  if (!(flags & (MEM_IO_8 << (<u32>ctz(size))))) return MMIO_FAULT;
  const physical = address + range.delta;
  if ((address | physical) & (size - 1) && !(flags & MEM_IO_UNALIGNED)) return MMIO_FAULT;
  const cell = cellOfCpu(cpu);
  if (isTrapped(cell, physical, size)) return MMIO_FAULT;
  if (isRoot(cell) && isTakenFromRoot(physical, size)) return MMIO_FAULT;
  if (write) mmioWrite(physical, size, value);
  else perCpu(cpu).mmioValue = mmioRead(physical, size);
  return MMIO_HANDLED;
}

/**
 * Carries out an access of the calling CPU to guest-physical `address`, `size` 1, 2, 4 or 8 bytes. Returns
 * MMIO_HANDLED, MMIO_UNKNOWN or MMIO_FAULT (the caller reports both).
 */
export function mmioAccess(cpu: u32, address: u64, size: u32, write: bool, value: u64): i32 {
  const cell = cellOfCpu(cpu);
  for (let index: u32 = 0; index < cell.mmioCount; index++) {
    const range = rangeAt(cell, index);
    if (!overlap(address, size, range.start, range.size)) continue;
    const offset = address - range.start;
    // An access that begins before the range or ends behind it would reach two devices.
    if (address < range.start || size > range.size - offset) return MMIO_FAULT;
    if (range.kind === MMIO_SUBPAGE) return accessSubPage(cpu, range, address, size, write, value);
    if (range.kind === MMIO_MSIX)
      return tableAccess(cpu, range.argument, <u32>offset, size, write, <u32>value);
    if (range.kind === MMIO_ECAM) return ecamAccess(cpu, offset, size, write, value);
    return archMmio(cpu, range.kind, range.argument, offset, size, write, value);
  }
  return MMIO_UNKNOWN;
}
