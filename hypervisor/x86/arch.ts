// What hypervisor/arch.ts asks of an architecture, on x86; the contracts are there.

import {
  COMM_APIC_KHZ,
  COMM_PCI_MMCONFIG_BASE,
  COMM_PM_TIMER_ADDRESS,
  COMM_TSC_KHZ,
} from "../../abi/comm.ts";
import {
  APIC_MODE_X2APIC,
  APIC_MODE_XAPIC,
  ARCH_X86,
  CELL_NUM_MEMORY,
  CELL_NUM_PCI_DEVICES,
  IOMMU_TYPE_AMD,
  IOMMU_TYPE_INTEL,
  MEM_COMM_REGION,
  SYS_X86_APIC_KHZ,
  SYS_X86_APIC_MODE,
  SYS_X86_PM_TIMER_ADDRESS,
  SYS_X86_TSC_KHZ,
} from "../../abi/config.ts";
import { DENIAL_BYTES, DENIAL_INSTRUCTION, DENIAL_MODE } from "../../abi/denials.ts";
import { EINVAL, EIO, ENOMEM, EPERM } from "../../abi/errno.ts";
import { MAP_READ, REG_EFER, REG_PAT, REG_RIP } from "../../abi/platform.ts";
import { APIC_PAGE, MESSAGE_WINDOW_SIZE } from "../../abi/x86/apic.ts";
import { HPET_FIRST, HPET_SIZE } from "../../abi/x86/hpet.ts";
import { APIC_BASE_X2APIC, MSR_APIC_BASE, MSR_MTRR_DEF_TYPE } from "../../abi/x86/msr.ts";
import { EFER_SVME } from "../../abi/x86/registers.ts";
import { Cell, isRoot } from "../core/cells/cell.ts";
import { cellOfCpu, nextCpu } from "../core/cells/percpu.ts";
import {
  flagsOf,
  isVirtual,
  memoryRegion,
  overlap,
  pciDevice,
  physOf,
  sizeOf,
  systemConfig,
  virtOf,
} from "../core/config.ts";
import { printLine } from "../core/console.ts";
import { MAX_CPUS, PAGE_SIZE } from "../core/limits.ts";
import { MMIO_CLOSED, MMIO_FAULT, mmioRegister } from "../core/memory/ranges.ts";
import { hasIommu } from "../core/memory/trapped.ts";
import { ecamBase, hasEcam } from "../core/pci/ecam.ts";
import { hasTable, tableAddress, tableSize } from "../core/pci/msix.ts";
import { refuse, refuseItem } from "../core/refuse.ts";
import {
  lock,
  map,
  parkCpu,
  readRegister,
  resetCpu,
  unlock,
  writeComm,
  writeRegister,
} from "../platform.ts";
import { isAmd } from "./cpuid.ts";
import { checkDmaPorts, isTrusted } from "./dma.ts";
import { needBytes, startFetch } from "./instruction/fetch.ts";
import { INSTRUCTION_MAX } from "./instruction/instruction.ts";
import { chooseMode, initApic, xapicAccess } from "./interrupts/apic.ts";
import { hpetAccess, isHpetPage, silenceHpet } from "./interrupts/hpet.ts";
import {
  checkIoapics,
  findIoapics,
  givePins,
  hasForeignIoapic,
  ioapicAccess,
  isIoapicPage,
  keepEntries,
  returnPins,
} from "./interrupts/ioapic.ts";
import { printStart } from "./interrupts/ipi.ts";
import { isMessageAllowed, messageAddress } from "./interrupts/message.ts";
import { MMIO_HPET, MMIO_IOAPIC, MMIO_TEST_DEVICE, MMIO_XAPIC } from "./kinds.ts";
import { adoptPat, applyPat, resetPat } from "./msr/pat.ts";
import { grantCellMsrs } from "./msr/trapped.ts";
import { readMsr } from "./platform.ts";
import { checkPorts, givePorts, returnPorts } from "./ports.ts";
import { reportPosition, reportRegisters } from "./report.ts";
import { cellState, clearCpuState, cpuState, instructionOf, Machine, machine } from "./state.ts";
import { testDeviceAccess, trapTestDevice } from "./test-device.ts";

/** What a start at the cell's reset address is called where a SIPI's vector would stand. */
const RESET_VECTOR: u32 = 0x100;
const REGION: string = "memory region";
const COMM_NUM_CPUS_SHIFT: u32 = 16;

export const ARCHITECTURE: u32 = ARCH_X86;

export function archInit(cpu: u32, config: usize): i32 {
  const state = machine();
  readMsr(cpu, MSR_APIC_BASE, changetype<usize>(state) + offsetof<Machine>("apicBase"));
  readMsr(cpu, MSR_MTRR_DEF_TYPE, changetype<usize>(state) + offsetof<Machine>("mtrrDefType"));
  const x2apic = (state.apicBase & APIC_BASE_X2APIC) !== 0;
  const wanted = <u32>load<u8>(config, SYS_X86_APIC_MODE);
  if (wanted === (x2apic ? APIC_MODE_XAPIC : APIC_MODE_X2APIC))
    return refuse(EIO, "the local APIC is not in the mode that the configuration wants");
  state.x2apic = x2apic;
  state.offersX2apic = !x2apic && wanted !== APIC_MODE_XAPIC;
  state.isAmd = isAmd(cpu);
  state.pmTimer = load<u16>(config, SYS_X86_PM_TIMER_ADDRESS);
  printLine(x2apic ? "Using x2APIC" : "Using xAPIC");
  return 0;
}

export function archInitCpu(cpu: u32): i32 {
  adoptPat(cpu);
  return initApic(cpu);
}

export function archIommu(type: u32): bool {
  return type === IOMMU_TYPE_AMD || type === IOMMU_TYPE_INTEL;
}

export function archActivate(): i32 {
  printLine("Initializing unit: IOAPIC");
  keepEntries();
  return 0;
}

export function archTrapped(cell: Cell, phys: u64, size: u64): bool {
  if (overlap(phys, size, APIC_PAGE, MESSAGE_WINDOW_SIZE)) return true;
  // A cell other than the root cell that has the HPET is trusted with it.
  if (isHpetPage(phys, size)) return isRoot(cell) || !isTrusted(cell);
  return isIoapicPage(phys, size);
}

export function archRootMayRead(kind: u32): bool {
  return kind === MMIO_HPET || (kind === MMIO_XAPIC && !machine().x2apic);
}

/** Traps [start, start+size) of `cell` where a region of it has that. Returns false when there is no room. */
function trapCovered(cell: Cell, start: u64, size: u64, kind: u32): bool {
  const count = load<u32>(cell.config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(cell.config, index);
    if (flagsOf(region) & MEM_COMM_REGION || !sizeOf(region)) continue;
    if (overlap(physOf(region), sizeOf(region), start, size))
      return mmioRegister(cell, start, size, kind, 0);
  }
  return true;
}

/** Refuses memory that would show a device where it is not trapped: at another address than its own, or to this cell. */
function checkMemory(cell: Cell): i32 {
  const count = load<u32>(cell.config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(cell.config, index);
    if (flagsOf(region) & MEM_COMM_REGION || !sizeOf(region)) continue;
    if (hasForeignIoapic(cell, physOf(region), sizeOf(region)))
      return refuseItem(EINVAL, REGION, index, "has an IOAPIC that is not the cell's");
    if (!isTrusted(cell) && isHpetPage(physOf(region), sizeOf(region)))
      return refuseItem(
        EPERM,
        REGION,
        index,
        "has the HPET, which reaches all memory, and the cell lacks the flag unguarded-dma",
      );
    const isTrapped =
      archTrapped(cell, physOf(region), sizeOf(region)) || hasEcam(physOf(region), sizeOf(region));
    if (physOf(region) !== virtOf(region) && isTrapped)
      return refuseItem(EINVAL, REGION, index, "has a trapped device at another address");
  }
  return checkTables(cell);
}

/** Refuses MSI-X tables that would be another trapped device. */
function checkTables(cell: Cell): i32 {
  const count = load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(cell.config, index);
    if (isVirtual(device) || !hasTable(device)) continue;
    const start = tableAddress(device);
    const size = tableSize(device);
    const isTrapped = archTrapped(cell, start, size) || hasEcam(start, size);
    if (isTrapped || isHpetPage(start, size) || hasIommu(start, size))
      return refuseItem(EINVAL, "PCI device", index, "its MSI-X table is another device");
  }
  return 0;
}

export function archCellCheck(cell: Cell): i32 {
  let result = isRoot(cell) ? findIoapics(cell) : 0;
  if (!result) result = checkIoapics(cell);
  if (!result) result = checkMemory(cell);
  if (!result) result = checkPorts(cell);
  if (!result) result = checkDmaPorts(cell);
  if (result) return result;
  const hasApic = mmioRegister(cell, APIC_PAGE, PAGE_SIZE, MMIO_XAPIC, 0);
  const hasWindow = trapCovered(
    cell,
    APIC_PAGE + PAGE_SIZE,
    MESSAGE_WINDOW_SIZE - PAGE_SIZE,
    MMIO_CLOSED,
  );
  const hasHpet = !isRoot(cell) || mmioRegister(cell, HPET_FIRST, HPET_SIZE, MMIO_HPET, 0);
  const hasTest = trapTestDevice(cell);
  return hasApic && hasWindow && hasHpet && hasTest ? 0 : refuse(ENOMEM, "too many trapped ranges");
}

export function archCellCreate(cell: Cell): void {
  chooseMode(cell);
  if (!cellState(cell).x2apic) map(cell.number, APIC_PAGE, APIC_PAGE, PAGE_SIZE, MAP_READ);
  grantCellMsrs(cell);
  givePorts(cell);
  givePins(cell);
  silenceHpet(cell);
}

export function archCellDestroy(cell: Cell): void {
  returnPorts(cell);
  returnPins(cell);
  silenceHpet(cell);
}

export function archCommFill(cell: Cell): void {
  const config = systemConfig();
  const number = cell.number;
  let cpus: u32 = 0;
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) cpus++;
  writeComm(number, COMM_PCI_MMCONFIG_BASE, <u32>ecamBase());
  writeComm(number, COMM_PCI_MMCONFIG_BASE + 4, <u32>(ecamBase() >> 32));
  const timer = machine().pmTimer | (cpus << COMM_NUM_CPUS_SHIFT);
  writeComm(number, COMM_PM_TIMER_ADDRESS, timer);
  writeComm(number, COMM_TSC_KHZ, load<u32>(config, SYS_X86_TSC_KHZ));
  writeComm(number, COMM_APIC_KHZ, load<u32>(config, SYS_X86_APIC_KHZ));
}

export function archCpuAssign(cpu: u32, cell: Cell): void {
  clearCpuState(cpu);
  resetPat(cpu);
  if (isRoot(cell)) cpuState(cpu).mtrrDefType = machine().mtrrDefType;
}

export function archCpuReset(cpu: u32, entry: u64): void {
  clearCpuState(cpu);
  resetPat(cpu);
  resetCpu(cpu, entry);
  if (machine().isAmd) writeRegister(cpu, REG_EFER, EFER_SVME);
  applyPat(cpu);
  lock();
  printStart(cpu, RESET_VECTOR);
  unlock();
}

export function archCpuPark(cpu: u32, wake: u32): void {
  cpuState(cpu).waiting = wake !== 0;
  parkCpu(cpu, wake);
}

export function archCpuRelease(cpu: u32): void {
  writeRegister(cpu, REG_PAT, cpuState(cpu).pat);
}

export function archMessageAddress(cell: Cell, low: u32): u32 {
  return messageAddress(cell, low);
}

export function archMessageAllowed(cell: Cell, low: u32, high: u32, data: u32): bool {
  return isMessageAllowed(cell, low, high, data);
}

export function archReport(cpu: u32): void {
  reportRegisters(cpu);
}

export function archPosition(cpu: u32): u64 {
  return readRegister(cpu, REG_RIP);
}

export function archCodeBytes(cpu: u32, record: usize): void {
  const insn = instructionOf(cpu);
  startFetch(insn, cpu, cellOfCpu(cpu).number);
  needBytes(insn, INSTRUCTION_MAX);
  store<u8>(record, <u8>insn.mode, DENIAL_MODE);
  store<u8>(record, <u8>insn.available, DENIAL_BYTES);
  memory.copy(record + DENIAL_INSTRUCTION, changetype<usize>(insn), insn.available);
}

export function archPrintPosition(cpu: u32): void {
  reportPosition(cpu);
}

export function archMmio(
  cpu: u32,
  kind: u32,
  argument: u32,
  offset: u64,
  size: u32,
  write: bool,
  value: u64,
): i32 {
  switch (kind) {
    case MMIO_XAPIC:
      return xapicAccess(cpu, offset, size, write, value);
    case MMIO_IOAPIC:
      return ioapicAccess(cpu, argument, offset, size, write, value);
    case MMIO_HPET:
      return hpetAccess(cpu, offset, size, write, value);
    case MMIO_TEST_DEVICE:
      return testDeviceAccess(cpu, offset, size, write, value);
    default:
      return MMIO_FAULT;
  }
}
