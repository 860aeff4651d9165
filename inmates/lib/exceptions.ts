// The report of an exception: always on, from the first instruction of `main`.
import { CELL_FAILED } from "../../abi/comm.ts";
import { VECTOR_PF, VECTOR_TS } from "../../abi/x86/registers.ts";
import { setCellState } from "./comm.ts";
import { readFaultAddress, stop, wordSize } from "./hardware.ts";
import { Printer, print } from "./print.ts";

const BYTES_64: u32 = 8;
const NONE: u32 = 0xff;

// Words that start/vectors.S pushes, counted from the frame: in a 64-bit inmate, and in a 32-bit one.
const BP_64: u32 = 8;
const BP_32: u32 = 0;
const DI_64: u32 = 9;
const DI_32: u32 = 1;
const SI_64: u32 = 10;
const SI_32: u32 = 2;
const DX_64: u32 = 11;
const DX_32: u32 = 3;
const CX_64: u32 = 12;
const CX_32: u32 = 4;
const BX_64: u32 = 13;
const BX_32: u32 = 5;
const AX_64: u32 = 14;
const AX_32: u32 = 6;
const VECTOR_64: u32 = 15;
const VECTOR_32: u32 = 7;
const ERROR_64: u32 = 16;
const ERROR_32: u32 = 8;
const IP_64: u32 = 17;
const IP_32: u32 = 9;
const CS_64: u32 = 18;
const CS_32: u32 = 10;
const FLAGS_64: u32 = 19;
const FLAGS_32: u32 = 11;
/** A 64-bit CPU pushes the stack pointer; a 32-bit one that stays in ring 0 does not: it pointed behind the frame. */
const SP_64: u32 = 20;
const END_32: u32 = 12;
/** R8; R9 to R15 follow below it. */
const R8_64: u32 = 7;
const HIGH_REGISTERS: u32 = 8;

function word(frame: u32, index64: u32, index32: u32): u64 {
  if (wordSize() == BYTES_64) return load<u64>(frame + index64 * BYTES_64);
  return <u64>load<u32>(frame + index32 * 4);
}

function stackPointer(frame: u32): u64 {
  if (wordSize() == BYTES_64) return load<u64>(frame + SP_64 * BYTES_64);
  return frame + END_32 * 4;
}

function register(name: string, value: u64): Printer {
  return print(name).pointer(value);
}

function reportHighRegisters(frame: u32): void {
  for (let i: u32 = 0; i < HIGH_REGISTERS; i++) {
    const number = HIGH_REGISTERS + i;
    print(" R")
      .unsigned(number)
      .text(number < 10 ? ":  " : ": ");
    print("").pointer(word(frame, R8_64 - i, NONE));
    if (i % 2 == 1) print("").line();
  }
}

/** Reports an exception, sets the cell's state to failed and stops the CPU. `frame`: the registers that were saved. */
export function reportException(frame: u32): void {
  const vector = <u32>word(frame, VECTOR_64, VECTOR_32);
  print("--- EXCEPTION ").unsigned(vector).text(" ---").line();
  if (vector >= VECTOR_TS && vector <= VECTOR_PF)
    print(" Error code: 0x")
      .hex(word(frame, ERROR_64, ERROR_32), 8)
      .line();
  if (vector == VECTOR_PF) register(" Address: ", readFaultAddress()).line();
  print(" CS:  0x").hex(word(frame, CS_64, CS_32) & 0xffff, 4);
  register(" IP: ", word(frame, IP_64, IP_32));
  print(" flags: 0x")
    .hex(word(frame, FLAGS_64, FLAGS_32), 8)
    .line();
  register(" SP:  ", stackPointer(frame));
  register(" BP: ", word(frame, BP_64, BP_32)).line();
  register(" AX:  ", word(frame, AX_64, AX_32));
  register(" BX: ", word(frame, BX_64, BX_32));
  register(" CX: ", word(frame, CX_64, CX_32)).line();
  register(" DX:  ", word(frame, DX_64, DX_32));
  register(" SI: ", word(frame, SI_64, SI_32));
  register(" DI: ", word(frame, DI_64, DI_32)).line();
  if (wordSize() == BYTES_64) reportHighRegisters(frame);
  setCellState(CELL_FAILED);
  stop();
}
