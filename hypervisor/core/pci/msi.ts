// The MSI and MSI-X capabilities of a device (PCI Local Bus Specification 3.0, section 6.8): an enabled message is one that the
// device's cell may send. Used with the lock.
import * as pci from "../../../abi/pci.ts";
import { archMessageAddress, archMessageAllowed } from "../../arch.ts";
import { pciRead, pciWrite } from "../../platform.ts";
import { Cell } from "../cells/cell.ts";
import { bdfOf } from "../config.ts";
import { isTableKnown, msiOf, msixOf } from "./device.ts";
import { maskStrayEntries } from "./msix.ts";

const CONTROL_SHIFT: u32 = 16;
/** An offset that no dword of a capability has. */
const NONE: u32 = 0xff;

/** A dword of the MSI capability: `value` if it is the one at `offset`, else what the device has. */
function dword(bdf: u32, msi: u32, wanted: u32, offset: u32, value: u32): u32 {
  return wanted === offset ? value : pciRead(bdf, msi + wanted, 4);
}

/** Whether MSI is disabled or sends what `cell` may send, with `value` as the dword at `offset` of the capability. */
function isMsiSafe(cell: Cell, bdf: u32, msi: u32, offset: u32, value: u32): bool {
  const control = dword(bdf, msi, 0, offset, value) >>> CONTROL_SHIFT;
  if (!(control & pci.MSI_ENABLE)) return true;
  const low = dword(bdf, msi, pci.MSI_ADDRESS, offset, value);
  const next = dword(bdf, msi, pci.MSI_ADDRESS_HIGH, offset, value);
  // What width addresses have is the device's to say, whatever is written there.
  if (!(pciRead(bdf, msi + pci.MSI_CONTROL, 2) & pci.MSI_IS_64))
    return archMessageAllowed(cell, low, 0, next);
  return archMessageAllowed(cell, low, next, dword(bdf, msi, pci.MSI_DATA_64, offset, value));
}

/** Whether MSI-X stays disabled, or the device's table is mediated, with `value` as the capability's first dword. */
function isMsixSafe(cell: Cell, device: usize, value: u32): bool {
  return !((value >>> CONTROL_SHIFT) & pci.MSIX_ENABLE) || isTableKnown(cell, device);
}

/** What the dword at `register` of the device gets for `value`: an address as the device has to have it. */
export function translateMessage(cell: Cell, device: usize, register: u32, value: u32): u32 {
  const msi = msiOf(cell, device);
  if (!msi || register - msi !== pci.MSI_ADDRESS) return value;
  return archMessageAddress(cell, value);
}

/** Whether `cell` may write `value` to the dword at `register` of its device, as far as messages are concerned. */
export function isMessageWriteSafe(cell: Cell, device: usize, register: u32, value: u32): bool {
  const msi = msiOf(cell, device);
  const msix = msixOf(cell, device);
  if (msix && register === msix) return isMsixSafe(cell, device, value);
  if (!msi || register - msi > pci.MSI_DATA_64) return true;
  return isMsiSafe(cell, bdfOf(device), msi, register - msi, value);
}

/** Ends the messages of a device that `cell` may not send any more. */
export function silenceStrays(cell: Cell, device: usize): void {
  const bdf = bdfOf(device);
  const msi = msiOf(cell, device);
  if (msi && !isMsiSafe(cell, bdf, msi, NONE, 0)) {
    const control = pciRead(bdf, msi + pci.MSI_CONTROL, 2);
    pciWrite(bdf, msi + pci.MSI_CONTROL, 2, control & ~pci.MSI_ENABLE);
  }
  const isLive = (pciRead(bdf, pci.PCI_REG_COMMAND, 2) & pci.PCI_COMMAND_MEMORY) !== 0;
  if (isLive && isTableKnown(cell, device)) maskStrayEntries(cell, device);
}
