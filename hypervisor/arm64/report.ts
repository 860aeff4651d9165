// What a violation's report says about an Arm64 processor.

import { REG_PC, REG_PSTATE, REG_SP, REG_X0, REG_X30 } from "../../abi/arm64/registers.ts";
import {
  beginLine,
  endLine,
  print,
  printAddress,
  printDecimal,
  printHex,
  printLine,
} from "../core/console.ts";
import { readRegister } from "../platform.ts";

/** General registers in a line. */
const PER_LINE: u32 = 3;

/** Prints a register with 16 digits behind its `label`. */
function printRegister(cpu: u32, label: string, register: u32): void {
  print(label);
  printAddress(readRegister(cpu, register));
}

/** Prints the registers of `cpu`, whole lines. */
export function reportRegisters(cpu: u32): void {
  printRegister(cpu, "PC: ", REG_PC);
  printRegister(cpu, " SP: ", REG_SP);
  print(" PSTATE: ");
  printHex(readRegister(cpu, REG_PSTATE), 1);
  for (let register = REG_X0; register <= REG_X30; register++) {
    print(register % PER_LINE ? " X" : "\nX");
    printDecimal(register);
    printRegister(cpu, ": ", register);
  }
  printLine("");
}

/** Prints the position of `cpu`. */
export function reportPosition(cpu: u32): void {
  printRegister(cpu, "PC: ", REG_PC);
}

/** Prints a whole line that precedes the one of the violation itself: why the access cannot be carried out. */
export function reportCause(text: string, syndrome: u64): void {
  beginLine("FATAL: ");
  print(text);
  print(", ESR: ");
  printAddress(syndrome);
  endLine();
}
