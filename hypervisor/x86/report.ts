// What a violation's report says about the processor.

import { DENIAL_BYTES, DENIAL_INSTRUCTION } from "../../abi/denials.ts";
import * as reg from "../../abi/platform.ts";
import { EFER_LMA } from "../../abi/x86/registers.ts";
import {
  endLine,
  print,
  printAddress,
  printDecimal,
  printHex,
  printLine,
} from "../core/console.ts";
import { beginCause } from "../core/panic.ts";
import { readRegister } from "../platform.ts";
import { machine } from "./state.ts";

const LOW_RIGHTS: u64 = 0xff;
const HIGH_RIGHTS: u64 = 0xf00;
const RIGHTS_GAP: u64 = 4;

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

/** Access rights of CS as the processor keeps them: AMD in 12 bits, Intel with 4 empty bits in between. */
function accessRights(cpu: u32): u64 {
  const rights = readRegister(cpu, reg.REG_CS_ATTRIBUTES);
  if (machine().isAmd) return rights;
  return (rights & LOW_RIGHTS) | ((rights & HIGH_RIGHTS) << RIGHTS_GAP);
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
  print(" AR-BYTES: ");
  printHex(accessRights(cpu), 1);
  print(" EFER.LMA ");
  printDecimal(readRegister(cpu, reg.REG_EFER) & EFER_LMA ? 1 : 0);
  printRegister(cpu, "\nCR0: ", reg.REG_CR0);
  printRegister(cpu, " CR3: ", reg.REG_CR3);
  printRegister(cpu, " CR4: ", reg.REG_CR4);
  printRegister(cpu, "\nEFER: ", reg.REG_EFER);
  printLine("");
}

/** Prints what an exit was that no handler knows (exitUnhandled), the last line without its end, in the words of the processor's maker. */
export function reportExit(code: u64, info1: u64, info2: u64): void {
  if (!machine().isAmd) {
    print("Unhandled VM-Exit, reason ");
    printDecimal(<u32>code);
    print("\nqualification ");
    printHex(info1, 1);
    print("\nvectoring info: ");
    printHex(<u32>info2, 1);
    print(" interrupt info: ");
    printHex(<u32>(info2 >> 32), 1);
    return;
  }
  print("Unexpected #VMEXIT, exitcode ");
  printHex(code, 1);
  print(", exitinfo1 ");
  printAddress(info1);
  print(" exitinfo2 ");
  printAddress(info2);
}

/** Prints which instruction the machine lacks, by the bytes in the record of it. */
export function reportMissing(record: usize): void {
  // Code is executed where RAM is, on such a machine.
  if (!load<u8>(record, DENIAL_BYTES)) return print("Code where this machine has no RAM");
  print("Instruction that this machine lacks, bytes:");
  for (let byte: u32 = 0; byte < <u32>load<u8>(record, DENIAL_BYTES); byte++) {
    print(" ");
    printHex(load<u8>(record + DENIAL_INSTRUCTION + byte), 2);
  }
}

/** Prints the position of `cpu`. */
export function reportPosition(cpu: u32): void {
  printRegister(cpu, "RIP: ", reg.REG_RIP);
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
