// What hypervisor/arch.ts asks of an architecture, on x86.
import { ARCH_X86 } from "../../abi/config.ts";
import { Cell } from "../core/cell.ts";
import { MMIO_FAULT } from "../core/mmio.ts";
import { parkCpu, resetCpu } from "../platform.ts";

/** ARCH_* of the configurations that fit. */
export const ARCHITECTURE: u32 = ARCH_X86;

export function archInit(_config: usize): i32 {
  return 0;
}

export function archInitCpu(_cpu: u32): i32 {
  return 0;
}

export function archActivate(): i32 {
  return 0;
}

export function archCellCheck(_cell: Cell): i32 {
  return 0;
}

export function archCellCreate(_cell: Cell): void {}

export function archCellDestroy(_cell: Cell): void {}

export function archCommFill(_cell: Cell): void {}

export function archCpuAssign(_cpu: u32, _cell: Cell): void {}

export function archCpuReset(cpu: u32, entry: u64): void {
  resetCpu(cpu, entry);
}

export function archCpuPark(cpu: u32, wake: u32): void {
  parkCpu(cpu, wake);
}

export function archCpuRelease(_cpu: u32): void {}

export function archReport(_cpu: u32): void {}

export function archPrintPosition(_cpu: u32): void {}

export function archHandleManagement(_cpu: u32): void {}

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
