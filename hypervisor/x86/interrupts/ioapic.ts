// Mediation of the IOAPICs: a cell sees the pins that its configuration lists, and their interrupts reach its own CPUs only
// (Intel 82093AA data sheet). What a cell has written is kept here; the hardware gets it, masked if it would go astray.

import {
  CELL_NUM_IRQCHIPS,
  CELL_NUM_MEMORY,
  IRQCHIP_ADDRESS,
  IRQCHIP_PIN_BASE,
  IRQCHIP_PIN_BITMAP,
  MEM_COMM_REGION,
  MEM_DMA,
  MEM_EXECUTE,
} from "../../../abi/config.ts";
import { EBUSY, EINVAL, ENOMEM, ERANGE } from "../../../abi/errno.ts";
import * as apic from "../../../abi/x86/apic.ts";
import { Cell, isRoot, nextCell, rootCell } from "../../core/cells/cell.ts";
import { cellOfCpu, nextCpu, perCpu } from "../../core/cells/percpu.ts";
import { flagsOf, irqchip, memoryRegion, overlap, physOf, sizeOf } from "../../core/config.ts";
import { endLine, print, printDecimal } from "../../core/console.ts";
import { ADDRESS_LIMIT, MAX_CPUS, PAGE_MASK, PAGE_SIZE } from "../../core/limits.ts";
import { allocatePages } from "../../core/memory/pool.ts";
import { MMIO_FAULT, MMIO_HANDLED, mmioRegister } from "../../core/memory/ranges.ts";
import { isHypervisors } from "../../core/memory/trapped.ts";
import { beginWarning } from "../../core/panic.ts";
import { refuse, refuseItem } from "../../core/refuse.ts";
import { lock, mmioRead, mmioWrite, unlock } from "../../platform.ts";
import { MMIO_IOAPIC } from "../kinds.ts";
import { apicId } from "../platform.ts";
import { reportCause } from "../report.ts";
import { ioapicIndex, ioapicPins, isMixed, machine, PINS_MAX } from "../state.ts";

const IRQCHIP: string = "irqchip";
const DESTINATION_SHIFT: u32 = 24;
const FLAT_CPUS: u32 = 8;
const VECTOR_MASK: u32 = 0xff;
/** Delivery status and remote IRR of an entry are the hardware's. */
const DELIVERY_PENDING: u32 = 0x1000;
const READ_ONLY: u32 = DELIVERY_PENDING | apic.IOAPIC_REMOTE_IRR;
const LAST_PIN_SHIFT: u32 = 16;
const LAST_PIN_MASK: u32 = 0xff;

/** A physical IOAPIC: address, u64, and number of pins, u32. */
const CHIP_SIZE: u32 = 16;
const CHIP_PINS: u32 = 8;
const CHIPS: usize = memory.data(apic.IOAPIC_UNITS_MAX * CHIP_SIZE, 8);
/** What the owner of each pin has written: lower and upper half of the entry, u32 each. */
const ENTRY_SIZE: u32 = 8;

function chipAddress(chip: u32): u64 {
  return load<u64>(CHIPS + chip * CHIP_SIZE);
}

function chipPins(chip: u32): u32 {
  return load<u32>(CHIPS + chip * CHIP_SIZE, CHIP_PINS);
}

/** Address of one half (0 lower, 1 upper) of the entry that a pin's owner sees. */
function entryHalf(chip: u32, pin: u32, half: u32): usize {
  return machine().ioapicEntries + (chip * PINS_MAX + pin) * ENTRY_SIZE + half * 4;
}

function registerOf(pin: u32, half: u32): u32 {
  return apic.IOAPIC_REG_REDIRECTION + (pin << 1) + half;
}

// Hardware access. Index and data are two steps, so the lock must be held.

function readHardware(chip: u32, register: u32): u32 {
  mmioWrite(chipAddress(chip) + apic.IOAPIC_INDEX, 4, register);
  return <u32>mmioRead(chipAddress(chip) + apic.IOAPIC_DATA, 4);
}

function writeHardware(chip: u32, register: u32, value: u32): void {
  mmioWrite(chipAddress(chip) + apic.IOAPIC_INDEX, 4, register);
  mmioWrite(chipAddress(chip) + apic.IOAPIC_DATA, 4, value);
}

/** Whether `cell` has a pin. */
function hasPin(cell: Cell, chip: u32, pin: u32): bool {
  return ((load<u8>(ioapicPins(cell, chip) + (pin >>> 3)) >>> (pin & 7)) & 1) !== 0;
}

/** Whether `destination` is the APIC id of one of the cell's CPUs. */
function isOwnId(cell: Cell, destination: u32): bool {
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1))
    if (apicId(cpu) === destination) return true;
  return false;
}

/** Logical destinations of all CPUs of the cell: flat mode has a bit per CPU number, the x2APIC's cluster 0 one per id. */
function ownLogical(cell: Cell): u32 {
  let own: u32 = 0;
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    const bit = machine().x2apic ? apicId(cpu) : cpu;
    if (bit < FLAT_CPUS) own |= 1 << bit;
  }
  return own;
}

/** Whether an 8-bit destination is made of the cell's own CPUs. */
export function isOwnTarget(cell: Cell, destination: u32, isLogical: bool): bool {
  if (!isLogical) return isOwnId(cell, destination);
  return destination !== 0 && !(destination & ~ownLogical(cell));
}

/** APIC id of the first of the CPUs of `cell` that a flat logical destination of its own names. */
export function firstOf(cell: Cell, destination: u32): u32 {
  let cpu = nextCpu(cell, 0);
  while (cpu < FLAT_CPUS && !(destination & (1 << cpu))) cpu = nextCpu(cell, cpu + 1);
  return apicId(cpu);
}

/** Whether the destination of an entry is made of the cell's own CPUs. */
function isOwnDestination(cell: Cell, low: u32, high: u32): bool {
  return isOwnTarget(cell, high >>> DESTINATION_SHIFT, (low & apic.ICR_LOGICAL) !== 0);
}

/** Whether an entry or message delivers what a cell may send: fixed or lowest-priority interrupts. */
export function isSafeMode(low: u32): bool {
  return (low & apic.ICR_MODE_MASK) >>> apic.ICR_MODE_SHIFT <= apic.ICR_MODE_LOWEST;
}

/** Whether an entry may be given to the hardware as it is. */
function isSafe(cell: Cell, low: u32, high: u32): bool {
  if (low & apic.IOAPIC_MASKED) return true;
  return isSafeMode(low) && isOwnDestination(cell, low, high);
}

/** Gives the hardware the entry of a pin, masked first if it ends masked, so that no intermediate state delivers. */
function applyEntry(chip: u32, pin: u32, low: u32, high: u32): void {
  const isMasked = (low & apic.IOAPIC_MASKED) !== 0;
  if (isMasked) writeHardware(chip, registerOf(pin, 0), low);
  writeHardware(chip, registerOf(pin, 1), high);
  if (!isMasked) writeHardware(chip, registerOf(pin, 0), low);
}

/**
 * Gives the hardware what `cell` may have of an entry. An x2APIC does not know flat logical destinations: the first CPU gets
 * what is for several.
 */
function applyOwn(cell: Cell, chip: u32, pin: u32, low: u32, high: u32): void {
  if (!(low & apic.ICR_LOGICAL) || !isMixed(cell)) return applyEntry(chip, pin, low, high);
  if (low & apic.IOAPIC_MASKED) return applyEntry(chip, pin, apic.IOAPIC_MASKED, 0);
  const fixed = low & ~(apic.ICR_LOGICAL | apic.ICR_MODE_MASK);
  const id = firstOf(cell, high >>> DESTINATION_SHIFT);
  applyEntry(chip, pin, fixed, id << DESTINATION_SHIFT);
}

/**
 * Masks a pin and forgets what its former owner had written. The hardware keeps the rest: with another trigger mode the level of a
 * line that is asserted could be lost, with another vector the end of an interrupt that is still being handled.
 */
function clearPin(chip: u32, pin: u32): void {
  store<u32>(entryHalf(chip, pin, 0), apic.IOAPIC_MASKED);
  store<u32>(entryHalf(chip, pin, 1), 0);
  const low = readHardware(chip, registerOf(pin, 0)) & ~READ_ONLY;
  writeHardware(chip, registerOf(pin, 0), low | apic.IOAPIC_MASKED);
}

function warnDestination(cpu: u32, pin: u32): void {
  if (!beginWarning(cpu)) return;
  print("WARNING: CPU ");
  printDecimal(cpu);
  print(" specified IOAPIC destination outside cell boundaries, pin ");
  printDecimal(pin);
  endLine();
}

function writeEntry(cpu: u32, cell: Cell, chip: u32, register: u32, value: u32): void {
  const pin = (register - apic.IOAPIC_REG_REDIRECTION) >>> 1;
  const half = register & 1;
  if (pin >= chipPins(chip) || !hasPin(cell, chip, pin)) return;
  lock();
  store<u32>(entryHalf(chip, pin, half), half ? value : value & ~READ_ONLY);
  const low = load<u32>(entryHalf(chip, pin, 0));
  const high = load<u32>(entryHalf(chip, pin, 1));
  const isAllowed = isSafe(cell, low, high);
  applyOwn(cell, chip, pin, isAllowed ? low : low | apic.IOAPIC_MASKED, high);
  unlock();
  if (!isAllowed) warnDestination(cpu, pin);
}

function readEntry(cell: Cell, chip: u32, register: u32): u32 {
  const pin = (register - apic.IOAPIC_REG_REDIRECTION) >>> 1;
  if (pin >= chipPins(chip) || !hasPin(cell, chip, pin)) return 0;
  const value = load<u32>(entryHalf(chip, pin, register & 1));
  if (register & 1) return value;
  lock();
  const live = readHardware(chip, register);
  unlock();
  return value | (live & READ_ONLY);
}

function readData(cell: Cell, chip: u32, register: u32): u32 {
  if (register >= apic.IOAPIC_REG_REDIRECTION) return readEntry(cell, chip, register);
  if (register > apic.IOAPIC_REG_ARBITRATION) return 0;
  lock();
  const value = readHardware(chip, register);
  unlock();
  return value;
}

/** Passes an EOI on if a level-triggered pin of the cell has that vector. */
function endInterrupt(cell: Cell, chip: u32, vector: u32): void {
  for (let pin: u32 = 0; pin < chipPins(chip); pin++) {
    if (!hasPin(cell, chip, pin)) continue;
    const low = load<u32>(entryHalf(chip, pin, 0));
    if (!(low & apic.IOAPIC_LEVEL) || (low & VECTOR_MASK) !== vector) continue;
    mmioWrite(chipAddress(chip) + apic.IOAPIC_EOI, 4, vector);
    return;
  }
}

function write(cpu: u32, cell: Cell, chip: u32, offset: u32, value: u32): bool {
  const index = ioapicIndex(cell, chip);
  if (offset === apic.IOAPIC_INDEX) store<u32>(index, value & VECTOR_MASK);
  else if (offset === apic.IOAPIC_EOI) endInterrupt(cell, chip, value & VECTOR_MASK);
  else if (offset !== apic.IOAPIC_DATA) return false;
  else {
    const register = load<u32>(index);
    if (register < apic.IOAPIC_REG_REDIRECTION) {
      reportCause("Invalid IOAPIC register write", register, value);
      return false;
    }
    writeEntry(cpu, cell, chip, register, value);
  }
  return true;
}

/** Access of a cell to the page of physical IOAPIC number `chip` (core/memory/mmio.ts). */
export function ioapicAccess(
  cpu: u32,
  chip: u32,
  offset: u64,
  size: u32,
  isWrite: bool,
  value: u64,
): i32 {
  const cell = cellOfCpu(cpu);
  if (size !== 4) return MMIO_FAULT;
  if (isWrite) return write(cpu, cell, chip, <u32>offset, <u32>value) ? MMIO_HANDLED : MMIO_FAULT;
  const register = load<u32>(ioapicIndex(cell, chip));
  if (offset === apic.IOAPIC_INDEX) perCpu(cpu).mmioValue = register;
  else if (offset === apic.IOAPIC_DATA) perCpu(cpu).mmioValue = readData(cell, chip, register);
  else return MMIO_FAULT;
  return MMIO_HANDLED;
}

/** The physical IOAPIC at `address`; the number of them if there is none. */
function findChip(address: u64): u32 {
  let chip: u32 = 0;
  while (chip < machine().ioapics && chipAddress(chip) !== address) chip++;
  return chip;
}

/** Whether physical [phys, phys+size) has an IOAPIC in it. */
export function isIoapicPage(phys: u64, size: u64): bool {
  for (let chip: u32 = 0; chip < machine().ioapics; chip++)
    if (overlap(phys, size, chipAddress(chip), PAGE_SIZE)) return true;
  return false;
}

/** Whether physical [phys, phys+size) has an IOAPIC in it that the configuration of `cell` does not list. */
export function hasForeignIoapic(cell: Cell, phys: u64, size: u64): bool {
  const count = load<u32>(cell.config, CELL_NUM_IRQCHIPS);
  for (let chip: u32 = 0; chip < machine().ioapics; chip++) {
    if (!overlap(phys, size, chipAddress(chip), PAGE_SIZE)) continue;
    let index: u32 = 0;
    while (
      index < count &&
      load<u64>(irqchip(cell.config, index), IRQCHIP_ADDRESS) !== chipAddress(chip)
    )
      index++;
    if (index === count) return true;
  }
  return false;
}

/** Whether a non-root cell other than `cell` has one of the pins in the bitmap of `irqchip`. */
function isTaken(cell: Cell, chip: u32, bitmap: usize): bool {
  for (let other = nextCell(rootCell()); other; other = nextCell(other)) {
    if (other === cell) continue;
    for (let byte: u32 = 0; byte < PINS_MAX >>> 3; byte++)
      if (load<u8>(ioapicPins(other, chip) + byte) & load<u8>(bitmap + byte)) return true;
  }
  return false;
}

/** Whether a device's page can be at physical `address`: it is not of the hypervisor's memory nor of RAM. */
function mayHoldDevice(root: Cell, address: u64): bool {
  if (address & PAGE_MASK || address > ADDRESS_LIMIT - PAGE_SIZE) return false;
  if (isHypervisors(address, PAGE_SIZE)) return false;
  const count = load<u32>(root.config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(root.config, index);
    const isRam = flagsOf(region) & (MEM_EXECUTE | MEM_DMA) && !(flagsOf(region) & MEM_COMM_REGION);
    if (isRam && overlap(address, PAGE_SIZE, physOf(region), sizeOf(region))) return false;
  }
  return true;
}

/** Makes the IOAPICs that the root cell's configuration names known. Returns 0, -ERANGE, -ENOMEM or -EINVAL. */
export function findIoapics(root: Cell): i32 {
  const count = load<u32>(root.config, CELL_NUM_IRQCHIPS);
  if (count > apic.IOAPIC_UNITS_MAX)
    return refuseItem(ERANGE, IRQCHIP, apic.IOAPIC_UNITS_MAX, "too many");
  const bytes = count * PINS_MAX * ENTRY_SIZE;
  machine().ioapicEntries = allocatePages((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
  if (count && !machine().ioapicEntries) return refuse(ENOMEM, "the page pool is exhausted");
  for (let index: u32 = 0; index < count; index++) {
    const address = load<u64>(irqchip(root.config, index), IRQCHIP_ADDRESS);
    if (!mayHoldDevice(root, address))
      return refuseItem(EINVAL, IRQCHIP, index, "its address is not that of a device");
    store<u64>(CHIPS + index * CHIP_SIZE, address);
    // The index is put back: when the hypervisor refuses to boot, nothing must have changed.
    const selected = <u32>mmioRead(address + apic.IOAPIC_INDEX, 4);
    const version = readHardware(index, apic.IOAPIC_REG_VERSION);
    mmioWrite(address + apic.IOAPIC_INDEX, 4, selected);
    const pins = min(((version >>> LAST_PIN_SHIFT) & LAST_PIN_MASK) + 1, PINS_MAX);
    store<u32>(CHIPS + index * CHIP_SIZE, pins, CHIP_PINS);
  }
  machine().ioapics = count;
  return 0;
}

/** Checks the irqchips of `cell` and traps their pages. Returns 0, -EINVAL, -ERANGE, -EBUSY or -ENOMEM. */
export function checkIoapics(cell: Cell): i32 {
  const count = load<u32>(cell.config, CELL_NUM_IRQCHIPS);
  for (let index: u32 = 0; index < count; index++) {
    const source = irqchip(cell.config, index);
    const chip = findChip(load<u64>(source, IRQCHIP_ADDRESS));
    if (load<u32>(source, IRQCHIP_PIN_BASE))
      return refuseItem(ERANGE, IRQCHIP, index, "its first pin is not 0");
    if (chip === machine().ioapics)
      return refuseItem(EINVAL, IRQCHIP, index, "not in the root cell's configuration");
    if (isTaken(cell, chip, source + IRQCHIP_PIN_BITMAP))
      return refuseItem(EBUSY, IRQCHIP, index, "a pin belongs to another cell");
    memory.copy(ioapicPins(cell, chip), source + IRQCHIP_PIN_BITMAP, PINS_MAX >>> 3);
    if (!mmioRegister(cell, chipAddress(chip), PAGE_SIZE, MMIO_IOAPIC, chip))
      return refuseItem(ENOMEM, IRQCHIP, index, "too many trapped ranges");
  }
  return 0;
}

/** Takes over the entries as the root cell has programmed them; nothing changes for it. */
export function keepEntries(): void {
  for (let chip: u32 = 0; chip < machine().ioapics; chip++) {
    for (let pin: u32 = 0; pin < chipPins(chip); pin++) {
      const low = readHardware(chip, registerOf(pin, 0)) & ~READ_ONLY;
      store<u32>(entryHalf(chip, pin, 0), low);
      store<u32>(entryHalf(chip, pin, 1), readHardware(chip, registerOf(pin, 1)));
    }
  }
}

/** Masks the root cell's pins that point at CPUs which it has lost. */
function maskStrays(): void {
  const root = rootCell();
  for (let chip: u32 = 0; chip < machine().ioapics; chip++) {
    for (let pin: u32 = 0; pin < chipPins(chip); pin++) {
      const low = load<u32>(entryHalf(chip, pin, 0));
      const high = load<u32>(entryHalf(chip, pin, 1));
      if (!hasPin(root, chip, pin) || low & apic.IOAPIC_MASKED) continue;
      if (!isOwnDestination(root, low, high)) applyEntry(chip, pin, low | apic.IOAPIC_MASKED, high);
    }
  }
}

/** Masks the pins of `cell` and takes them from the root cell, or gives them back as far as its configuration lists them. */
function movePins(cell: Cell, toRoot: bool): void {
  const root = rootCell();
  for (let chip: u32 = 0; chip < machine().ioapics; chip++) {
    for (let pin: u32 = 0; pin < chipPins(chip); pin++) {
      if (!hasPin(cell, chip, pin)) continue;
      clearPin(chip, pin);
      const byte = ioapicPins(root, chip) + (pin >>> 3);
      const bit = <u8>((<u32>1) << (pin & 7));
      if (!toRoot) store<u8>(byte, load<u8>(byte) & ~bit);
      else if (isConfigured(chip, pin)) store<u8>(byte, load<u8>(byte) | bit);
    }
  }
}

/** Whether the root cell's configuration lists a pin. */
function isConfigured(chip: u32, pin: u32): bool {
  const bitmap = irqchip(rootCell().config, chip) + IRQCHIP_PIN_BITMAP;
  return ((load<u8>(bitmap + (pin >>> 3)) >>> (pin & 7)) & 1) !== 0;
}

/** Gives the new `cell` its pins. Its CPUs are its own already. */
export function givePins(cell: Cell): void {
  if (isRoot(cell)) return;
  lock();
  movePins(cell, false);
  maskStrays();
  unlock();
}

/** Masks the pins of `cell` and gives them back to the root cell as far as its configuration lists them. */
export function returnPins(cell: Cell): void {
  lock();
  movePins(cell, true);
  unlock();
}
