// PCI configuration space, by ports and memory-mapped (PCI Local Bus Specification 3.0, section 3.2.2.3.2; PCI Express Base
// Specification, section 7.2.2). The root cell has all devices that no other cell has; a non-root cell reads its own and
// writes what can do no harm outside.

import {
  CELL_NUM_PCI_DEVICES,
  PCI_BDF,
  PCI_TYPE,
  PCI_TYPE_BRIDGE,
  PCI_TYPE_IVSHMEM,
  SYS_PCI_MMCONFIG_BASE,
  SYS_PCI_MMCONFIG_END_BUS,
} from "../../abi/config.ts";
import { Cell, isRoot, nextCell, rootCell } from "../core/cell.ts";
import { pciDevice, systemConfig } from "../core/config.ts";
import { endLine, print, printDecimal, printHex } from "../core/console.ts";
import { MMIO_FAULT, MMIO_HANDLED } from "../core/mmio.ts";
import { cellOfCpu, perCpu } from "../core/percpu.ts";
import { pciRead, pciWrite } from "../platform.ts";
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
/** Where DENIAL_ADDRESS has the device. */
const PLACE_SHIFT: u64 = 16;
const ECAM_REGISTER_MASK: u64 = 0xfff;

/** Type 0 and 1 headers: command and status; cache line size to BIST; expansion ROM; interrupt line. */
const REGISTER_COMMAND: u32 = 0x04;
const REGISTER_CACHE_LINE: u32 = 0x0c;
const REGISTER_ROM: u32 = 0x30;
const REGISTER_INTERRUPT_LINE: u32 = 0x3c;
/** Type 1 header: I/O base and limit; memory windows up to the expansion ROM's base. */
const BRIDGE_IO: u32 = 0x1c;
const BRIDGE_WINDOWS: u32 = 0x20;
const DWORD_MASK: u32 = ~3;

/** The physical device with `bdf` in the configuration of `cell`, or 0. */
function listedDevice(cell: Cell, bdf: u32): usize {
  const count = load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(cell.config, index);
    const isVirtual = <u32>load<u8>(device, PCI_TYPE) === PCI_TYPE_IVSHMEM;
    if (!isVirtual && <u32>load<u16>(device, PCI_BDF) === bdf) return device;
  }
  return 0;
}

/** Whether `cell` has the device, or whatever is there. */
function owns(cell: Cell, bdf: u32): bool {
  if (!isRoot(cell)) return listedDevice(cell, bdf) !== 0;
  for (let other = nextCell(rootCell()); other; other = nextCell(other))
    if (listedDevice(other, bdf)) return false;
  return true;
}

/** Reads a register for `cell`; all ones for what it does not have. */
function readConfig(cell: Cell, bdf: u32, register: u32, size: u32): u32 {
  if (!owns(cell, bdf)) return 0xffffffff;
  if (!isRoot(cell) && (register & DWORD_MASK) === REGISTER_ROM) return 0;
  return pciRead(bdf, register, size);
}

/** Whether a write by a non-root cell is silently dropped. */
function isIgnored(device: usize, register: u32): bool {
  const dword = register & DWORD_MASK;
  if (dword === REGISTER_ROM) return true;
  if (<u32>load<u8>(device, PCI_TYPE) !== PCI_TYPE_BRIDGE) return false;
  return dword === BRIDGE_IO || (dword >= BRIDGE_WINDOWS && dword < REGISTER_ROM);
}

/** Whether a write by a non-root cell is carried out. */
function isWritable(register: u32, size: u32): bool {
  const dword = register & DWORD_MASK;
  if (dword === REGISTER_COMMAND || dword === REGISTER_CACHE_LINE) return true;
  return register === REGISTER_INTERRUPT_LINE && size === 1;
}

/** Writes a register for `cell`. Returns false, after saying why, for what it must not write. */
function writeConfig(cell: Cell, bdf: u32, register: u32, size: u32, value: u32): bool {
  if (!owns(cell, bdf)) return false;
  if (!isRoot(cell)) {
    if (isIgnored(listedDevice(cell, bdf), register)) return true;
    if (!isWritable(register, size)) return false;
  }
  pciWrite(bdf, register, size, value);
  return true;
}

function reportWrite(kind: string, bdf: u32, register: u32, size: u32): void {
  beginCause();
  print(kind);
  print(" write, device ");
  printHex(bdf >>> 8, 2);
  print(":");
  printHex((bdf >>> 3) & 0x1f, 2);
  print(".");
  printHex(bdf & 7, 1);
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
  return place(addressedDevice(address), addressedRegister(address, port));
}

function place(bdf: u32, register: u32): u64 {
  return ((<u64>bdf) << PLACE_SHIFT) | register;
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
  return place(<u32>(offset >> ECAM_BDF_SHIFT), <u32>(offset & ECAM_REGISTER_MASK));
}

/** Whether an access to the configuration ports has a form that they know. */
export function isConfigAccess(port: u32, size: u32): bool {
  if (port === PCI_ADDRESS_PORT) return size === 4;
  return port >= PCI_DATA_PORT && port + size <= PCI_DATA_PORT + 4;
}

/** Reads a configuration port on behalf of `cell`. */
export function readConfigPort(cell: Cell, port: u32, size: u32): u32 {
  const address = cellState(cell).pciAddress;
  if (port === PCI_ADDRESS_PORT) return address;
  if (!(address & ADDRESS_ENABLE)) return 0xffffffff;
  return readConfig(cell, addressedDevice(address), addressedRegister(address, port), size);
}

/** Writes a configuration port on behalf of `cell`. Returns false, after saying why, for what it must not write. */
export function writeConfigPort(cell: Cell, port: u32, size: u32, value: u32): bool {
  const address = cellState(cell).pciAddress;
  if (port === PCI_ADDRESS_PORT) {
    cellState(cell).pciAddress = value;
    return true;
  }
  if (!(address & ADDRESS_ENABLE)) return true;
  const bdf = addressedDevice(address);
  const register = addressedRegister(address, port);
  if (writeConfig(cell, bdf, register, size, value)) return true;
  reportWrite("Invalid PCI config", bdf, register, size);
  return false;
}

/** Access to the memory-mapped configuration space (core/mmio.ts). */
export function ecamAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  const cell = cellOfCpu(cpu);
  const bdf = <u32>(offset >> ECAM_BDF_SHIFT);
  const register = <u32>(offset & ECAM_REGISTER_MASK);
  if (size > 4 || register & (size - 1)) return MMIO_FAULT;
  if (!write) {
    perCpu(cpu).mmioValue = readConfig(cell, bdf, register, size);
    return MMIO_HANDLED;
  }
  if (writeConfig(cell, bdf, register, size, <u32>value)) return MMIO_HANDLED;
  reportWrite("Invalid PCI MMCONFIG", bdf, register, size);
  return MMIO_FAULT;
}
