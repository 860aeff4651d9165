// A PCI device for the tests of its mediation: configuration space and an MSI-X table in device memory. It takes everything that
// is written, but for what real hardware never lets be written: identity, capability lists and read-only bits of control.
import * as pci from "../../../abi/pci.ts";

/** Where the model has its capabilities, and how many MSI-X entries. */
export const MSI = 0x50;
export const MSIX = 0x70;
export const VENDOR_CAPABILITY = 0x80;
export const ENTRIES = 4;
/** Physical address of its MSI-X table. */
export const TABLE = 0xfe000000n;
/** What its first BAR says after reset. */
export const BAR = 0xfe000004;
const CAPABILITIES: readonly (readonly [at: number, id: number, next: number, control: number])[] =
  [
    [MSI, pci.PCI_CAP_MSI, MSIX, pci.MSI_IS_64],
    [MSIX, pci.PCI_CAP_MSIX, VENDOR_CAPABILITY, ENTRIES - 1],
    [VENDOR_CAPABILITY, 9, 0, 0],
  ];

export interface Message {
  readonly address: bigint;
  readonly data: number;
}

export class ModelDevice {
  readonly space = new DataView(new ArrayBuffer(4096));
  readonly table = new Uint32Array(ENTRIES * 4);

  constructor() {
    this.space.setUint32(0, 0x26688086, true);
    this.space.setUint16(pci.PCI_REG_COMMAND, 0x7, true);
    this.space.setUint16(pci.PCI_REG_STATUS, pci.PCI_STATUS_CAPABILITIES, true);
    this.space.setUint32(pci.PCI_REG_BAR, BAR, true);
    this.space.setUint32(pci.PCI_REG_ROM, 0xfd000001, true);
    this.space.setUint8(pci.PCI_REG_CAPABILITIES, MSI);
    this.space.setUint8(0x3d, 1);
    for (const [at, id, next, control] of CAPABILITIES) {
      this.space.setUint8(at, id);
      this.space.setUint8(at + 1, next);
      this.space.setUint16(at + 2, control, true);
    }
    for (let entry = 0; entry < ENTRIES; entry++) this.table[entry * 4 + 3] = 1;
  }

  read(register: number, size: number): number {
    if (size === 4) return this.space.getUint32(register, true);
    return size === 2 ? this.space.getUint16(register, true) : this.space.getUint8(register);
  }

  write(register: number, size: number, value: number): void {
    for (let byte = 0; byte < size; byte++) {
      const at = register + byte;
      const old = this.space.getUint8(at);
      const writable = ModelDevice.writable(at);
      const next = (value >>> (8 * byte)) & 0xff;
      this.space.setUint8(at, (old & ~writable) | (next & writable));
    }
  }

  /** Bits of a byte that hardware lets be written. */
  private static writable(at: number): number {
    if (at < 4 || (at >= 6 && at < 0xc)) return 0;
    if (at === pci.PCI_REG_CAPABILITIES || at === 0x3d) return 0;
    for (const [start] of CAPABILITIES) if (at === start || at === start + 1) return 0;
    if (at === MSI + 2) return 0x71;
    if (at === MSI + 3 || at === MSIX + 2) return 0;
    return at === MSIX + 3 ? 0xc0 : 0xff;
  }

  get command(): number {
    return this.space.getUint16(pci.PCI_REG_COMMAND, true);
  }

  /** What MSI would send, if it is enabled. */
  get msi(): Message | undefined {
    if (!(this.space.getUint16(MSI + pci.MSI_CONTROL, true) & pci.MSI_ENABLE)) return undefined;
    return {
      address: this.space.getBigUint64(MSI + pci.MSI_ADDRESS, true),
      data: this.space.getUint16(MSI + pci.MSI_DATA_64, true),
    };
  }

  get msixEnabled(): boolean {
    return (this.space.getUint16(MSIX + pci.MSI_CONTROL, true) & pci.MSIX_ENABLE) !== 0;
  }

  /** What entries of the MSI-X table would send that are not masked. */
  get unmasked(): Message[] {
    return Array.from({ length: ENTRIES }, (_, entry) =>
      this.table.subarray(entry * 4, entry * 4 + 4),
    )
      .filter((fields) => !(fields[3]! & pci.MSIX_MASKED))
      .map(([low, high, data]) => ({
        address: (BigInt(high!) << 32n) | BigInt(low!),
        data: data!,
      }));
  }

  /** Device memory: undefined for what is not its table. Nothing answers while memory accesses are off. */
  memory(address: bigint, value?: bigint): bigint | undefined {
    const at = Number(address - TABLE);
    if (at < 0 || at >= this.table.byteLength) return undefined;
    if (!(this.command & pci.PCI_COMMAND_MEMORY)) return 0xffffffffn;
    if (value !== undefined) this.table[at >> 2] = Number(value & 0xffffffffn);
    return BigInt(this.table[at >> 2]!);
  }
}
