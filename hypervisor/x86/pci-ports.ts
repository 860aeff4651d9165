// PCI configuration space by ports (PCI Local Bus Specification 3.0, section 3.2.2.3.2): which device and register an access means.
// core/pci/config-space.ts says what may be done.

import { Cell } from "../core/cells/cell.ts";
import { cellOfCpu } from "../core/cells/percpu.ts";
import { configPlace } from "../core/pci/bdf.ts";
import { readConfig, reportWrite, writeConfig } from "../core/pci/config-space.ts";
import { cellState } from "./state.ts";

/** Ports. */
export const PCI_ADDRESS_PORT: u32 = 0xcf8;
export const PCI_DATA_PORT: u32 = 0xcfc;
export const PCI_PORTS: u32 = 8;
const ADDRESS_ENABLE: u32 = 0x80000000;
const ADDRESS_REGISTER_MASK: u32 = 0xfc;
const BDF_SHIFT: u32 = 8;
const BDF_MASK: u32 = 0xffff;

/** The device and the register that a data port stands for. */
function addressedDevice(address: u32): u32 {
  return (address >>> BDF_SHIFT) & BDF_MASK;
}

function addressedRegister(address: u32, port: u32): u32 {
  return (address & ADDRESS_REGISTER_MASK) + (port - PCI_DATA_PORT);
}

/** What a data port stands for at the moment, as DENIAL_ADDRESS has it. */
export function addressedPlace(cell: Cell, port: u32): u64 {
  const address = cellState(cell).pciAddress;
  return configPlace(addressedDevice(address), addressedRegister(address, port));
}

/** Whether an access to the configuration ports has a form that they know. */
export function isConfigAccess(port: u32, size: u32): bool {
  if (port === PCI_ADDRESS_PORT) return size === 4;
  return port >= PCI_DATA_PORT && port + size <= PCI_DATA_PORT + 4;
}

/** Reads a configuration port on behalf of the calling CPU. */
export function readConfigPort(cpu: u32, port: u32, size: u32): u32 {
  const address = cellState(cellOfCpu(cpu)).pciAddress;
  if (port === PCI_ADDRESS_PORT) return address;
  if (!(address & ADDRESS_ENABLE)) return 0xffffffff;
  return readConfig(cpu, addressedDevice(address), addressedRegister(address, port), size);
}

/** Writes a configuration port on behalf of the calling CPU. Returns false, after saying why, for what it must not write. */
export function writeConfigPort(cpu: u32, port: u32, size: u32, value: u32): bool {
  const state = cellState(cellOfCpu(cpu));
  const address = state.pciAddress;
  if (port === PCI_ADDRESS_PORT) {
    state.pciAddress = value;
    return true;
  }
  if (!(address & ADDRESS_ENABLE)) return true;
  const bdf = addressedDevice(address);
  const register = addressedRegister(address, port);
  if (writeConfig(cpu, bdf, register, size, value)) return true;
  reportWrite("Invalid PCI config", bdf, register, size);
  return false;
}
