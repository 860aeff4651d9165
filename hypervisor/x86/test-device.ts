// The MMIO test device of a cell that asks for it (flag TEST_DEVICE): the page behind its communication region, whose last eight
// bytes are those of that region. Inmates try with it whether their accesses are emulated as they should be.

import {
  CELL_FLAG_TEST_DEVICE,
  CELL_FLAGS,
  CELL_NUM_MEMORY,
  MEM_COMM_REGION,
} from "../../abi/config.ts";
import { Cell, isRoot } from "../core/cells/cell.ts";
import { cellOfCpu, perCpu } from "../core/cells/percpu.ts";
import { flagsOf, memoryRegion, sizeOf, virtOf } from "../core/config.ts";
import { PAGE_SIZE } from "../core/limits.ts";
import { MMIO_FAULT, MMIO_HANDLED, mmioRegister } from "../core/memory/ranges.ts";
import { readComm, writeComm } from "../platform.ts";
import { MMIO_TEST_DEVICE } from "./kinds.ts";

const FIRST: u32 = 0xff8;
const DWORD: u32 = 4;
const BITS: u32 = 8;

/** Traps the device's page in `cell`, if it is to have one. False when there are too many trapped ranges. */
export function trapTestDevice(cell: Cell): bool {
  if (isRoot(cell) || !(load<u32>(cell.config, CELL_FLAGS) & CELL_FLAG_TEST_DEVICE)) return true;
  const count = load<u32>(cell.config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(cell.config, index);
    if (flagsOf(region) & MEM_COMM_REGION && sizeOf(region))
      return mmioRegister(cell, virtOf(region) + PAGE_SIZE, PAGE_SIZE, MMIO_TEST_DEVICE, 0);
  }
  return true;
}

/** Writes `size` bytes, at most four, that do not cross a dword. */
function writeBytes(cell: Cell, offset: u32, size: u32, value: u32): void {
  const shift = (offset & (DWORD - 1)) * BITS;
  const mask = (size < DWORD ? ((<u32>1) << (size * BITS)) - 1 : 0xffffffff) << shift;
  const start = offset & ~(DWORD - 1);
  writeComm(cell.number, start, (readComm(cell.number, start) & ~mask) | ((value << shift) & mask));
}

/** An access of `cpu` to the device's page: naturally aligned, in its last eight bytes (core/memory/mmio.ts). */
export function testDeviceAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  if (offset < FIRST || offset & (size - 1)) return MMIO_FAULT;
  const cell = cellOfCpu(cpu);
  const at = <u32>offset;
  if (write) {
    writeBytes(cell, at, min(size, DWORD), <u32>value);
    if (size > DWORD) writeBytes(cell, at + DWORD, DWORD, <u32>(value >> 32));
    return MMIO_HANDLED;
  }
  const low: u64 = readComm(cell.number, at & ~(DWORD - 1));
  const high: u64 = size > DWORD ? readComm(cell.number, at + DWORD) : 0;
  const all = ((high << 32) | low) >> ((at & (DWORD - 1)) * BITS);
  perCpu(cpu).mmioValue = size < 8 ? all & (((<u64>1) << (size * BITS)) - 1) : all;
  return MMIO_HANDLED;
}
