// What hypervisor/arch.ts asks of an architecture, on Arm64; the contracts are there. So far there is the root cell only: it has
// the interrupt controller, timers and firmware to itself, as Linux found them. Another cell is refused when it is checked, so
// what is asked for other cells alone is never asked.

import {
  COMM_GIC_VERSION,
  COMM_GICC_BASE,
  COMM_GICD_BASE,
  COMM_GICR_BASE,
  COMM_VPCI_IRQ_BASE,
} from "../../abi/arm64/comm.ts";
import { REG_PC } from "../../abi/arm64/registers.ts";
import { COMM_PCI_MMCONFIG_BASE } from "../../abi/comm.ts";
import {
  ARCH_ARM64,
  CELL_NUM_PIO,
  CELL_VPCI_IRQ_BASE,
  IOMMU_BASE,
  IOMMU_TYPE_MMU500,
  IOMMU_TYPE_PVU,
  IOMMU_TYPE_SMMUV3,
  SYS_ARM_GIC_VERSION,
  SYS_ARM_GICC_BASE,
  SYS_ARM_GICD_BASE,
  SYS_ARM_GICR_BASE,
  SYS_IOMMU,
  SYS_PCI_MMCONFIG_BASE,
} from "../../abi/config.ts";
import { EINVAL, ENOSYS } from "../../abi/errno.ts";
import { Cell, isRoot } from "../core/cells/cell.ts";
import { systemConfig } from "../core/config.ts";
import { print, printDecimal, printHex, printLine } from "../core/console.ts";
import { MMIO_FAULT } from "../core/memory/ranges.ts";
import { refuse } from "../core/refuse.ts";
import { parkCpu, readRegister, resetCpu, writeComm } from "../platform.ts";
import { hardwareId } from "./platform.ts";
import { reportPosition, reportRegisters } from "./report.ts";

/** Versions of the interrupt controller that a configuration can name. */
const GIC_V2: u32 = 2;
const GIC_V3: u32 = 3;

export const ARCHITECTURE: u32 = ARCH_ARM64;

export function archInit(_cpu: u32, config: usize): i32 {
  const version = <u32>load<u8>(config, SYS_ARM_GIC_VERSION);
  if (version !== GIC_V2 && version !== GIC_V3)
    return refuse(EINVAL, "the interrupt controller is neither a GICv2 nor a GICv3");
  if (load<u64>(config + SYS_IOMMU, IOMMU_BASE))
    return refuse(EINVAL, "no IOMMU of Arm is supported yet");
  print("Using GICv");
  printDecimal(version);
  printLine("");
  return 0;
}

export function archInitCpu(cpu: u32): i32 {
  print("(MPIDR 0x");
  printHex(hardwareId(cpu), 1);
  print(") ");
  return 0;
}

export function archIommu(type: u32): bool {
  return type === IOMMU_TYPE_SMMUV3 || type === IOMMU_TYPE_PVU || type === IOMMU_TYPE_MMU500;
}

export function archActivate(): i32 {
  return 0;
}

/** Nothing is mediated yet. */
export function archTrapped(_cell: Cell, _phys: u64, _size: u64): bool {
  return false;
}

export function archRootMayRead(_kind: u32): bool {
  return false;
}

export function archCellCheck(cell: Cell): i32 {
  if (!isRoot(cell)) return refuse(ENOSYS, "Arm64 has no cells beside the root cell yet");
  if (load<u32>(cell.config, CELL_NUM_PIO)) return refuse(EINVAL, "Arm has no I/O ports");
  return 0;
}

export function archCellCreate(_cell: Cell): void {}

export function archCellDestroy(_cell: Cell): void {}

/** Writes a u64 of the system configuration to the communication page. */
function copyBase(cell: Cell, from: u32, to: u32): void {
  const base = load<u64>(systemConfig() + from);
  writeComm(cell.number, to, <u32>base);
  writeComm(cell.number, to + 4, <u32>(base >> 32));
}

export function archCommFill(cell: Cell): void {
  copyBase(cell, SYS_PCI_MMCONFIG_BASE, COMM_PCI_MMCONFIG_BASE);
  writeComm(cell.number, COMM_GIC_VERSION, load<u8>(systemConfig(), SYS_ARM_GIC_VERSION));
  copyBase(cell, SYS_ARM_GICD_BASE, COMM_GICD_BASE);
  copyBase(cell, SYS_ARM_GICC_BASE, COMM_GICC_BASE);
  copyBase(cell, SYS_ARM_GICR_BASE, COMM_GICR_BASE);
  writeComm(cell.number, COMM_VPCI_IRQ_BASE, load<u32>(cell.config, CELL_VPCI_IRQ_BASE));
}

export function archCpuAssign(_cpu: u32, _cell: Cell): void {}

export function archCpuReset(cpu: u32, entry: u64): void {
  resetCpu(cpu, entry);
}

export function archCpuPark(cpu: u32, wake: u32): void {
  parkCpu(cpu, wake);
}

export function archCpuRelease(_cpu: u32): void {}

export function archMessageAddress(_cell: Cell, low: u32): u32 {
  return low;
}

/** No cell has a device that could send one, and none is granted. */
export function archMessageAllowed(_cell: Cell, _low: u32, _high: u32, _data: u32): bool {
  return false;
}

export function archReport(cpu: u32): void {
  reportRegisters(cpu);
}

export function archPosition(cpu: u32): u64 {
  return readRegister(cpu, REG_PC);
}

/** The PC is an address of the guest's own page tables, which nobody walks yet: no byte can be read. */
export function archCodeBytes(_cpu: u32, _record: usize): void {}

export function archPrintPosition(cpu: u32): void {
  reportPosition(cpu);
}

/** No range is registered with a kind of the architecture's. */
export function archMmio(
  _cpu: u32,
  _kind: u32,
  _argument: u32,
  _offset: u64,
  _size: u32,
  _write: bool,
  _value: u64,
): i32 {
  return MMIO_FAULT;
}
