// PCI configuration space by ports 0xcf8 and 0xcfc (PCI Local Bus Specification 3.0, section 3.2.2.3.2). A device is
// named by its bdf: bus << 8 | device << 3 | function.
import { in8, in16, in32, out8, out16, out32 } from "./hardware.ts";

const ADDRESS_PORT: u32 = 0xcf8;
const DATA_PORT: u32 = 0xcfc;
const ENABLE: u32 = 0x80000000;
const BDF_SHIFT: u32 = 8;
const DWORD_MASK: u32 = 0xfc;
const BYTE_MASK: u32 = 3;
const BDF_END: u32 = 0x10000;
const ID_REGISTER: u32 = 0;
const STATUS_REGISTER: u32 = 6;
const STATUS_HAS_CAPABILITIES: u32 = 0x10;
const CAPABILITIES_REGISTER: u32 = 0x34;

/** What a search returns when there is no such thing. */
export const PCI_NOT_FOUND: u32 = 0xffffffff;

function select(bdf: u32, register: u32): u32 {
  out32(ADDRESS_PORT, ENABLE | (bdf << BDF_SHIFT) | (register & DWORD_MASK));
  return DATA_PORT + (register & BYTE_MASK);
}

/** Reads a byte of a device's configuration space. */
export function readPci8(bdf: u32, register: u32): u32 {
  return in8(select(bdf, register));
}

/** Reads 16 bits of a device's configuration space. */
export function readPci16(bdf: u32, register: u32): u32 {
  return in16(select(bdf, register));
}

/** Reads 32 bits of a device's configuration space. */
export function readPci32(bdf: u32, register: u32): u32 {
  return in32(select(bdf, register));
}

/** Writes a byte of a device's configuration space. */
export function writePci8(bdf: u32, register: u32, value: u32): void {
  out8(select(bdf, register), value);
}

/** Writes 16 bits of a device's configuration space. */
export function writePci16(bdf: u32, register: u32, value: u32): void {
  out16(select(bdf, register), value);
}

/** Writes 32 bits of a device's configuration space. */
export function writePci32(bdf: u32, register: u32, value: u32): void {
  out32(select(bdf, register), value);
}

/** The first device at or after `bdf` with this vendor and device id, or PCI_NOT_FOUND. */
export function findPciDevice(vendor: u32, device: u32, bdf: u32 = 0): u32 {
  for (; bdf < BDF_END; bdf++) {
    if (readPci32(bdf, ID_REGISTER) == (vendor | (device << 16))) return bdf;
  }
  return PCI_NOT_FOUND;
}

/** Offset of a device's capability, or PCI_NOT_FOUND. */
export function findPciCapability(bdf: u32, id: u32): u32 {
  if ((readPci16(bdf, STATUS_REGISTER) & STATUS_HAS_CAPABILITIES) == 0) return PCI_NOT_FOUND;
  let offset = readPci8(bdf, CAPABILITIES_REGISTER) & DWORD_MASK;
  while (offset != 0 && readPci8(bdf, offset) != id)
    offset = readPci8(bdf, offset + 1) & DWORD_MASK;
  return offset != 0 ? offset : PCI_NOT_FOUND;
}
