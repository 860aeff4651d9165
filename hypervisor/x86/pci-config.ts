// PCI configuration space by ports and memory-mapped (PCI Local Bus Specification 3.0, section 3.2.2.3.2; PCI Express Base
// Specification, section 7.2.2): which device and register an access means. core/pci/config-space.ts says what may be done.

import { SYS_PCI_MMCONFIG_BASE, SYS_PCI_MMCONFIG_END_BUS } from "../../abi/config.ts";
import { Cell } from "../core/cells/cell.ts";
import { cellOfCpu, perCpu } from "../core/cells/percpu.ts";
import { systemConfig } from "../core/config.ts";
import { endLine, print, printDecimal, printHex } from "../core/console.ts";
import { MMIO_FAULT, MMIO_HANDLED } from "../core/memory/ranges.ts";
import { printDevice } from "../core/pci/bdf.ts";
import { configPlace, readConfig, writeConfig } from "../core/pci/config-space.ts";
import { beginCause } from "./report.ts";
import { cellState } from "./state.ts";

/** Ports. */
export const PCI_ADDRESS_PORT: u32 = 0xcf8;
export const PCI_DATA_PORT: u32 = 0xcfc;
export const PCI_PORTS: u32 = 8;
const ADDRESS_ENABLE: u32 = 0x80000000;
const ADDRESS_REGISTER_MASK: u32 = 0xfc;
const BDF_SHIFT: u32 = 8;
const BDF_MASK: u32 = 0xffff;
const ECAM_BDF_SHIFT: u64 = 12;
const ECAM_BUS_SHIFT: u64 = 20;
const ECAM_REGISTER_MASK: u64 = 0xfff;

function reportWrite(kind: string, bdf: u32, register: u32, size: u32): void {
  beginCause();
  print(kind);
  print(" write, device ");
  printDevice(bdf);
  print(", reg: 0x");
  printHex(register, 1);
  print(", size: ");
  printDecimal(size);
  endLine();
}

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

/** Whether guest-physical `address` is in the memory-mapped configuration space. */
export function isEcam(address: u64): bool {
  const base = load<u64>(systemConfig(), SYS_PCI_MMCONFIG_BASE);
  const buses = <u64>load<u8>(systemConfig(), SYS_PCI_MMCONFIG_END_BUS) + 1;
  return base !== 0 && address - base < buses << ECAM_BUS_SHIFT;
}

/** What an address there stands for, as DENIAL_ADDRESS has it. */
export function ecamPlace(address: u64): u64 {
  const offset = address - load<u64>(systemConfig(), SYS_PCI_MMCONFIG_BASE);
  return configPlace(<u32>(offset >> ECAM_BDF_SHIFT), <u32>(offset & ECAM_REGISTER_MASK));
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

/** Access to the memory-mapped configuration space (core/memory/mmio.ts). */
export function ecamAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  const bdf = <u32>(offset >> ECAM_BDF_SHIFT);
  const register = <u32>(offset & ECAM_REGISTER_MASK);
  if (size > 4 || register & (size - 1)) return MMIO_FAULT;
  if (!write) {
    perCpu(cpu).mmioValue = readConfig(cpu, bdf, register, size);
    return MMIO_HANDLED;
  }
  if (writeConfig(cpu, bdf, register, size, <u32>value)) return MMIO_HANDLED;
  reportWrite("Invalid PCI MMCONFIG", bdf, register, size);
  return MMIO_FAULT;
}
