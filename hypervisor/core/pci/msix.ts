// The MSI-X table of a device (PCI Local Bus Specification 3.0, section 6.8.2): its page is not mapped; each dword that a
// cell writes is looked at. An entry that is not masked is one that the cell may send. Used with the lock.
import {
  PCI_MSIX_ADDRESS,
  PCI_MSIX_REGION_SIZE,
  PCI_NUM_MSIX_VECTORS,
} from "../../../abi/config.ts";
import {
  MSIX_ADDRESS_HIGH,
  MSIX_CONTROL,
  MSIX_DATA,
  MSIX_ENTRY,
  MSIX_MASKED,
} from "../../../abi/pci.ts";
import { archMessageAddress, archMessageAllowed } from "../../arch.ts";
import { mmioRead, mmioWrite } from "../../platform.ts";
import { Cell } from "../cells/cell.ts";

/** Physical address of the table. */
export function tableAddress(device: usize): u64 {
  return load<u64>(device, PCI_MSIX_ADDRESS);
}

/** Number of entries. */
export function tableEntries(device: usize): u32 {
  return load<u16>(device, PCI_NUM_MSIX_VECTORS);
}

/** Bytes from the table's address on that are trapped: the table and what else the configuration says. */
export function tableSize(device: usize): u32 {
  return max(tableEntries(device) * MSIX_ENTRY, <u32>load<u16>(device, PCI_MSIX_REGION_SIZE));
}

/** Whether the configuration says where the device's table is. */
export function hasTable(device: usize): bool {
  return tableAddress(device) !== 0 && tableEntries(device) !== 0;
}

function entryAddress(device: usize, entry: u32): u64 {
  return tableAddress(device) + entry * MSIX_ENTRY;
}

function setControl(device: usize, entry: u32, value: u32): void {
  mmioWrite(entryAddress(device, entry) + MSIX_CONTROL, 4, value);
}

/** Masks all entries. */
export function maskAll(device: usize): void {
  for (let entry: u32 = 0; entry < tableEntries(device); entry++)
    setControl(device, entry, MSIX_MASKED);
}

/** A field of an entry: `value` if it is the one at `offset`, else what the device has. */
function field(base: u64, wanted: u32, offset: u32, value: u32): u32 {
  return wanted === offset ? value : <u32>mmioRead(base + wanted, 4);
}

/** Whether an entry is masked or one that `cell` may send, with `value` at `offset` in it. */
function isSafe(cell: Cell, base: u64, offset: u32, value: u32): bool {
  if (field(base, MSIX_CONTROL, offset, value) & MSIX_MASKED) return true;
  return archMessageAllowed(
    cell,
    field(base, 0, offset, value),
    field(base, MSIX_ADDRESS_HIGH, offset, value),
    field(base, MSIX_DATA, offset, value),
  );
}

/** Masks the entries that `cell` may not send any more. */
export function maskStrayEntries(cell: Cell, device: usize): void {
  for (let entry: u32 = 0; entry < tableEntries(device); entry++)
    if (!isSafe(cell, entryAddress(device, entry), MSIX_ENTRY, 0))
      setControl(device, entry, MSIX_MASKED);
}

/**
 * Writes the dword at `offset` in the table's region. Returns false for what would let an entry go where `cell` may not send:
 * an entry stays masked, an address or data as it was.
 */
export function writeTable(cell: Cell, device: usize, offset: u32, value: u32): bool {
  const address = tableAddress(device) + offset;
  const inEntry = offset % MSIX_ENTRY;
  const isEntry = offset < tableEntries(device) * MSIX_ENTRY;
  const written = isEntry && !inEntry ? archMessageAddress(cell, value) : value;
  if (isEntry && !isSafe(cell, address - inEntry, inEntry, written)) return false;
  mmioWrite(address, 4, written);
  return true;
}
