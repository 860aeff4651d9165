// What a violation's report says about the processor, and warnings.

import * as reg from "../../abi/platform.ts";
import { EFER_LMA } from "../../abi/x86/registers.ts";
import { print, printAddress, printDecimal, printHex, printLine } from "../core/console.ts";
import { lock, readRegister, unlock } from "../platform.ts";
import { cpuState, WARNINGS_MAX } from "./state.ts";

/** Prints a register with 16 digits behind its `label`. */
function printRegister(cpu: u32, label: string, register: u32): void {
  print(label);
  printAddress(readRegister(cpu, register));
}

/** Prints a register in as few digits as it needs. */
function printShort(cpu: u32, label: string, register: u32): void {
  print(label);
  printHex(readRegister(cpu, register), 1);
}

/** Prints the registers of `cpu`, whole lines (ABI section 8, "Violations"). */
export function reportRegisters(cpu: u32): void {
  printRegister(cpu, "RIP: ", reg.REG_RIP);
  printRegister(cpu, " RSP: ", reg.REG_RSP);
  printShort(cpu, " FLAGS: ", reg.REG_RFLAGS);
  printRegister(cpu, "\nRAX: ", reg.REG_RAX);
  printRegister(cpu, " RBX: ", reg.REG_RBX);
  printRegister(cpu, " RCX: ", reg.REG_RCX);
  printRegister(cpu, "\nRDX: ", reg.REG_RDX);
  printRegister(cpu, " RSI: ", reg.REG_RSI);
  printRegister(cpu, " RDI: ", reg.REG_RDI);
  printShort(cpu, "\nCS: ", reg.REG_CS_SELECTOR);
  printRegister(cpu, " BASE: ", reg.REG_CS_BASE);
  printShort(cpu, " AR-BYTES: ", reg.REG_CS_ATTRIBUTES);
  print(" EFER.LMA ");
  printDecimal(readRegister(cpu, reg.REG_EFER) & EFER_LMA ? 1 : 0);
  printRegister(cpu, "\nCR0: ", reg.REG_CR0);
  printRegister(cpu, " CR3: ", reg.REG_CR3);
  printRegister(cpu, " CR4: ", reg.REG_CR4);
  printRegister(cpu, "\nEFER: ", reg.REG_EFER);
  printLine("");
}

/** Prints the position of `cpu`. */
export function reportPosition(cpu: u32): void {
  printRegister(cpu, "RIP: ", reg.REG_RIP);
}

/**
 * Begins a line that precedes the one of the violation itself. The caller prints the rest and calls `endCause`; the report
 * proper follows from whoever handles the exit.
 */
export function beginCause(): void {
  lock();
  print("FATAL: ");
}

/** Ends a line begun with `beginCause` or `beginWarning`. */
export function endLine(): void {
  printLine("");
  unlock();
}

/** Prints a whole line that precedes the one of the violation itself: what is wrong, with which register and value. */
export function reportCause(text: string, register: u64, value: u64): void {
  beginCause();
  print(text);
  print(", register: ");
  printHex(register, 1);
  print(" value: ");
  printHex(value, 1);
  endLine();
}

/** Whether one more line that is no violation may be printed about `cpu`; counts it. */
export function mayWarn(cpu: u32): bool {
  const state = cpuState(cpu);
  if (state.warnings >= WARNINGS_MAX) return false;
  state.warnings++;
  return true;
}

/**
 * Begins a warning about `cpu`. False when it has had too many: nothing is to be printed then. Otherwise the caller
 * prints the line and calls `endLine`.
 */
export function beginWarning(cpu: u32): bool {
  if (!mayWarn(cpu)) return false;
  lock();
  return true;
}
