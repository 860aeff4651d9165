// Devices of a PC that read and write memory on command and are no PCI devices. No IOMMU guards memory from them: a cell has one
// only when its configuration trusts it with DMA. The root cell has them as its configuration says.

import {
  CELL_FLAG_UNGUARDED_DMA,
  CELL_FLAGS,
  CELL_NUM_PIO,
  PIO_BASE,
  PIO_LENGTH,
} from "../../abi/config.ts";
import { EPERM } from "../../abi/errno.ts";
import * as dma from "../../abi/x86/dma.ts";
import { Cell, isRoot } from "../core/cells/cell.ts";
import { portRange } from "../core/config.ts";
import { refuseItem } from "../core/refuse.ts";

/** Whether `cell` may have devices that reach all memory. */
export function isTrusted(cell: Cell): bool {
  return isRoot(cell) || (load<u32>(cell.config, CELL_FLAGS) & CELL_FLAG_UNGUARDED_DMA) !== 0;
}

/** Whether ports [first, end) have one of a DMA controller. */
function isDmaPort(first: u32, end: u32): bool {
  if (first < dma.DMA_END && dma.DMA_FIRST < end) return true;
  if (first < dma.DMA_PAGES_END && dma.DMA_PAGES_FIRST < end) return true;
  if (first < dma.DMA_PAGES_AGAIN_END && dma.DMA_PAGES_AGAIN_FIRST < end) return true;
  if (first < dma.DMA_WIDE_END && dma.DMA_WIDE_FIRST < end) return true;
  if (first < dma.DMA_HIGH_PAGES_END && dma.DMA_HIGH_PAGES_FIRST < end) return true;
  return first < dma.FIRMWARE_CONFIG_END && dma.FIRMWARE_CONFIG_FIRST < end;
}

/** Refuses ports of DMA controllers to a cell that is not trusted with them. Returns 0 or -EPERM. */
export function checkDmaPorts(cell: Cell): i32 {
  if (isTrusted(cell)) return 0;
  const count = load<u32>(cell.config, CELL_NUM_PIO);
  for (let index: u32 = 0; index < count; index++) {
    const range = portRange(cell.config, index);
    const first = <u32>load<u16>(range, PIO_BASE);
    const length = <u32>load<u16>(range, PIO_LENGTH);
    if (length && isDmaPort(first, first + length))
      return refuseItem(
        EPERM,
        "port range",
        index,
        "has a DMA controller, which reaches all memory, and the cell lacks the flag unguarded-dma",
      );
  }
  return 0;
}
