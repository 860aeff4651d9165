// QEMU's firmware configuration by its ports (QEMU, docs/specs/fw_cfg.rst): a selector of 16 bits, and beside it a port from which the
// selected item is read byte by byte. Items are little-endian; what there is none of, and what lies behind an item's end, reads as zero.
import { allOnes } from "../../bus.ts";
import { Device, type Registers } from "../device.ts";

/** Selector: "QEMU". */
export const FW_CFG_SIGNATURE = 0x00;
/** Selector: which interfaces there are, u32. */
export const FW_CFG_ID = 0x01;
/** Selector: bytes of RAM, u64. */
export const FW_CFG_RAM_SIZE = 0x03;
/** Selector: number of CPUs, u16. */
export const FW_CFG_NB_CPUS = 0x05;
/** Selector: the limit of their APIC ids, u16. */
export const FW_CFG_MAX_CPUS = 0x0f;

/** Only the interface of ports, none of DMA. */
const ID_TRADITIONAL = 1;
/** Bits of a selector that name an item; the other one asked for write access, long ago. */
const ENTRY_MASK = 0xbfff;

interface State {
  selector: number;
  /** Bytes of the item that were read. */
  offset: number;
}

function littleEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff);
}

/** Two ports. */
export class FwCfg extends Device<State> implements Registers {
  readonly #items: ReadonlyMap<number, readonly number[]>;

  /** `memory` in bytes. */
  constructor({ cpus, memory }: { cpus: number; memory: number }) {
    super("fw-cfg", 1, { selector: FW_CFG_SIGNATURE, offset: 0 });
    this.#items = new Map([
      [FW_CFG_SIGNATURE, [..."QEMU"].map((letter) => letter.charCodeAt(0))],
      [FW_CFG_ID, littleEndian(ID_TRADITIONAL, 4)],
      [FW_CFG_RAM_SIZE, littleEndian(memory, 8)],
      [FW_CFG_NB_CPUS, littleEndian(cpus, 2)],
      [FW_CFG_MAX_CPUS, littleEndian(cpus, 2)],
    ]);
  }

  /** A byte of the selected item, from either port. */
  read(_offset: number, size: number): number {
    if (size !== 1) return allOnes(size);
    const item = this.#items.get(this.state.selector & ENTRY_MASK);
    return item?.[this.state.offset++] ?? 0;
  }

  /** The selector takes 16 bits; items cannot be written. */
  write(offset: number, size: number, value: number): void {
    if (offset === 0 && size === 2) this.state = { selector: value, offset: 0 };
  }
}
