// PCI configuration space as a cell may use it (ABI section 8): the devices that it lists and has, of their header what can
// do no harm, their BARs as shadows, and capabilities as its configuration allows.
import {
  CAP_FLAG_WRITE,
  CAP_FLAGS,
  CAP_LENGTH,
  CAP_START,
  PCI_CAPS_START,
  PCI_NUM_CAPS,
} from "../../../abi/config.ts";
import { DENIAL_FLAG_WRITE, DENIAL_KIND_PCI } from "../../../abi/denials.ts";
import * as pci from "../../../abi/pci.ts";
import { lock, mmioRead, pciRead, pciWrite, unlock } from "../../platform.ts";
import { Cell } from "../cells/cell.ts";
import { cellOfCpu, perCpu } from "../cells/percpu.ts";
import { pciCapability } from "../config.ts";
import { endLine, print, printDecimal, printHex } from "../console.ts";
import { learns, noteLearned } from "../learn.ts";
import { MMIO_FAULT, MMIO_HANDLED } from "../memory/ranges.ts";
import { beginCause, beginWarning } from "../panic.ts";
import { configPlace, printDevice } from "./bdf.ts";
import {
  isBar,
  isBridge,
  isForeign,
  isTableKnown,
  ownDevice,
  readBar,
  writeBar,
} from "./device.ts";
import { ecamDevice, ecamRegister } from "./ecam.ts";
import { isMessageWriteSafe, translateMessage } from "./msi.ts";
import { tableAddress, writeTable } from "./msix.ts";

const DWORD_MASK: u32 = ~3;
const ALL_ONES: u32 = 0xffffffff;
/** The bits that an access of `size` bytes to `register` touches in its dword. */
function laneMask(register: u32, size: u32): u32 {
  return (ALL_ONES >>> (32 - (size << 3))) << laneShift(register);
}

function laneShift(register: u32): u32 {
  return (register & 3) << 3;
}

/** Whether dword `register` of a device is its expansion ROM's, which no cell sees. */
function isRom(device: usize, register: u32): bool {
  return !isBridge(device) && register === pci.PCI_REG_ROM;
}

/** Whether a write to the header is silently dropped. */
function isDropped(device: usize, register: u32): bool {
  if (!isBridge(device)) return isRom(device, register);
  if (register === pci.PCI_REG_BRIDGE_IO || register === pci.PCI_REG_BRIDGE_ROM) return true;
  return register >= pci.PCI_REG_BRIDGE_WINDOWS && register < pci.PCI_REG_BRIDGE_WINDOWS_END;
}

/** Whether a write to the header is carried out; of dword 3ch a device has the interrupt line only, a bridge also its control. */
function isHeaderWritable(device: usize, register: u32, size: u32): bool {
  const dword = register & DWORD_MASK;
  if (dword === pci.PCI_REG_COMMAND || dword === pci.PCI_REG_CACHE_LINE) return true;
  if (dword !== pci.PCI_REG_INTERRUPT_LINE) return false;
  return isBridge(device) || (register === dword && size === 1);
}

/** Whether the configuration lets the device's cell write these bytes, which are not of the header. */
function isCapabilityWritable(config: usize, device: usize, register: u32, size: u32): bool {
  const first = <u32>load<u16>(device, PCI_CAPS_START);
  const count = <u32>load<u16>(device, PCI_NUM_CAPS);
  for (let index = first; index < first + count; index++) {
    const cap = pciCapability(config, index);
    const start = <u32>load<u16>(cap, CAP_START);
    const isInside = register >= start && register + size <= start + load<u16>(cap, CAP_LENGTH);
    if (isInside && load<u16>(cap, CAP_FLAGS) & <u16>CAP_FLAG_WRITE) return true;
  }
  return false;
}

function warnMessage(cpu: u32, bdf: u32): void {
  if (!beginWarning(cpu)) return;
  print("WARNING: CPU ");
  printDecimal(cpu);
  print(" specified MSI destination outside cell boundaries, device ");
  printDevice(bdf);
  endLine();
}

/** Writes to hardware what is not of the header, unless it would send a message that the cell may not send. */
function writeCapability(
  cpu: u32,
  device: usize,
  bdf: u32,
  register: u32,
  size: u32,
  value: u32,
): void {
  const cell = cellOfCpu(cpu);
  const dword = register & DWORD_MASK;
  const mask = laneMask(register, size);
  lock();
  const merged = (pciRead(bdf, dword, 4) & ~mask) | ((value << laneShift(register)) & mask);
  const translated = translateMessage(cell, device, dword, merged);
  const isSafe = isMessageWriteSafe(cell, device, dword, translated);
  if (isSafe && translated !== merged) pciWrite(bdf, dword, 4, translated);
  else if (isSafe) pciWrite(bdf, register, size, value);
  unlock();
  if (!isSafe) warnMessage(cpu, bdf);
}

function writeHardware(bdf: u32, register: u32, size: u32, value: u32): void {
  lock();
  pciWrite(bdf, register, size, value);
  unlock();
}

/** Writes the header of a device. Returns false for what the cell must not write. */
function writeHeader(
  cell: Cell,
  device: usize,
  bdf: u32,
  register: u32,
  size: u32,
  value: u32,
): bool {
  const dword = register & DWORD_MASK;
  if (isBar(device, dword)) {
    const shift = laneShift(register);
    writeBar(cell, device, dword, laneMask(register, size), value << shift);
    return true;
  }
  if (isDropped(device, dword)) return true;
  if (!isHeaderWritable(device, register, size)) return false;
  writeHardware(bdf, register, size, value);
  return true;
}

/**
 * Whether the root cell may use what its configuration does not allow, because the hypervisor learns. Records it: a device that
 * is not listed as a whole, of one that is the dword.
 */
function isLearned(cpu: u32, flags: u32, bdf: u32, register: u32, size: u32): bool {
  if (!learns(cpu) || isForeign(bdf)) return false;
  const place = ownDevice(cellOfCpu(cpu), bdf) ? register & DWORD_MASK : 0;
  lock();
  noteLearned(cpu, DENIAL_KIND_PCI, flags, 4, configPlace(bdf, place), size);
  unlock();
  return true;
}

function readHardware(bdf: u32, register: u32, size: u32): u32 {
  lock();
  const value = pciRead(bdf, register, size);
  unlock();
  return value;
}

/** Reads 1, 2 or 4 bytes within a dword for the calling CPU's cell; all ones for what it does not have. */
export function readConfig(cpu: u32, bdf: u32, register: u32, size: u32): u32 {
  const cell = cellOfCpu(cpu);
  const device = ownDevice(cell, bdf);
  const dword = register & DWORD_MASK;
  if (!device) {
    const isNobodys = learns(cpu) && readHardware(bdf, pci.PCI_REG_VENDOR, 4) !== ALL_ONES;
    const isAllowed = isNobodys && isLearned(cpu, 0, bdf, register, size);
    return isAllowed ? readHardware(bdf, register, size) : ALL_ONES;
  }
  if (isRom(device, dword)) return 0;
  if (!isBar(device, dword)) return readHardware(bdf, register, size);
  return (readBar(cell, device, dword) & laneMask(register, size)) >>> laneShift(register);
}

/** Writes 1, 2 or 4 bytes within a dword for the calling CPU's cell. Returns false for what it must not write. */
export function writeConfig(cpu: u32, bdf: u32, register: u32, size: u32, value: u32): bool {
  const cell = cellOfCpu(cpu);
  const device = ownDevice(cell, bdf);
  if (device && register < pci.PCI_HEADER_SIZE) {
    if (writeHeader(cell, device, bdf, register, size, value)) return true;
  } else if (device && isCapabilityWritable(cell.config, device, register, size)) {
    writeCapability(cpu, device, bdf, register, size, value);
    return true;
  }
  if (!isLearned(cpu, DENIAL_FLAG_WRITE, bdf, register, size)) return false;
  if (device) writeCapability(cpu, device, bdf, register, size, value);
  else writeHardware(bdf, register, size, value);
  return true;
}

/** Access of the calling CPU to the trapped region of the MSI-X table of the device with `bdf`. */
export function tableAccess(
  cpu: u32,
  bdf: u32,
  offset: u32,
  size: u32,
  write: bool,
  value: u32,
): i32 {
  const cell = cellOfCpu(cpu);
  const device = ownDevice(cell, bdf);
  if (!device || !isTableKnown(cell, device) || size !== 4 || offset & 3) return MMIO_FAULT;
  let isSafe: bool = true;
  lock();
  if (write) isSafe = writeTable(cell, device, offset, value);
  else perCpu(cpu).mmioValue = mmioRead(tableAddress(device) + offset, 4);
  unlock();
  if (!isSafe) warnMessage(cpu, bdf);
  return MMIO_HANDLED;
}

/** Says which write of the calling CPU is refused, before the report of the violation. `kind` is the way it came. */
export function reportWrite(kind: string, bdf: u32, register: u32, size: u32): void {
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

/** Access of the calling CPU to configuration space in memory, `offset` bytes into it. Returns MMIO_*. */
export function ecamAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  const bdf = ecamDevice(offset);
  const register = ecamRegister(offset);
  if (size > 4 || register & (size - 1)) return MMIO_FAULT;
  if (!write) {
    perCpu(cpu).mmioValue = readConfig(cpu, bdf, register, size);
    return MMIO_HANDLED;
  }
  if (writeConfig(cpu, bdf, register, size, <u32>value)) return MMIO_HANDLED;
  reportWrite("Invalid PCI MMCONFIG", bdf, register, size);
  return MMIO_FAULT;
}
