// Configurations of a cell with what Linux has: its network card, its memory.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as format from "../../../abi/config.ts";
import { ROOT } from "../../../tools/root.ts";

/** The network card of QEMU's machine, as Linux and as configurations name it. */
export const CARD = "0000:00:02.0";
const CARD_BDF = 0x10;

/** apic-demo with the network card, which can do DMA: `trusted` allows that where nothing guards memory from it. */
export function withCard(trusted: boolean): Uint8Array {
  const cell = readFileSync(join(ROOT, "configs/apic-demo.cell"));
  const bytes = new Uint8Array(cell.length + format.PCI_SIZE);
  bytes.set(cell);
  const view = new DataView(bytes.buffer);
  view.setUint32(format.CELL_NUM_PCI_DEVICES, 1, true);
  if (trusted) {
    const flags = view.getUint32(format.CELL_FLAGS, true) | format.CELL_FLAG_UNGUARDED_DMA;
    view.setUint32(format.CELL_FLAGS, flags, true);
  }
  view.setUint8(cell.length + format.PCI_TYPE, format.PCI_TYPE_DEVICE);
  view.setUint16(cell.length + format.PCI_BDF, CARD_BDF, true);
  return bytes;
}

/** Memory in the middle of Linux' own. */
const LINUX_RAM = 0x10000000n;

/** apic-demo with its RAM where Linux works, under flags that call it something else. */
export function inLinuxRam(flags: number): Uint8Array {
  const bytes = Uint8Array.from(readFileSync(join(ROOT, "configs/apic-demo.cell")));
  const view = new DataView(bytes.buffer);
  const region = format.CELL_HEADER_SIZE + view.getUint32(format.CELL_CPU_SET_SIZE, true);
  view.setBigUint64(region + format.MEM_PHYS_START, LINUX_RAM, true);
  const own = view.getUint32(region + format.MEM_FLAGS, true);
  view.setUint32(region + format.MEM_FLAGS, own | flags, true);
  return bytes;
}
