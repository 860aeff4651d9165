// What WebAssembly would trap on (an index out of bounds, a division by zero, `throw`) ends the inmate with a report.
import { CELL_FAILED } from "../../abi/comm.ts";
import { setCellState } from "./comm.ts";
import { stop } from "./hardware.ts";
import { print } from "./print.ts";

const OUT_OF_BOUNDS: u32 = 1;
const INTEGER_OVERFLOW: u32 = 2;
const DIVISION_BY_ZERO: u32 = 3;
const UNREACHABLE: u32 = 5;
const BAD_INDIRECT_CALL: u32 = 6;
const STACK_EXHAUSTED: u32 = 8;

function nameOf(reason: u32): string {
  switch (reason) {
    case OUT_OF_BOUNDS:
      return "access out of bounds";
    case INTEGER_OVERFLOW:
      return "integer overflow";
    case DIVISION_BY_ZERO:
      return "division by zero";
    case UNREACHABLE:
      return "unreachable code, or out of memory";
    case BAD_INDIRECT_CALL:
      return "bad indirect call";
    case STACK_EXHAUSTED:
      return "stack exhausted";
    default:
      return "unknown reason";
  }
}

/** Reports why (start/include/wasm-rt.h), sets the cell's state to failed and stops the CPU. */
export function reportTrap(reason: u32): void {
  print("--- TRAP ").text(nameOf(reason)).text(" ---").line();
  setCellState(CELL_FAILED);
  stop();
}

/** `throw` and failed checks of AssemblyScript's library end here. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  print("--- TRAP ");
  if (message !== null) print(message);
  if (file !== null) print(" at ").text(file).char(0x3a).unsigned(line).char(0x3a).unsigned(column);
  print(" ---").line();
  setCellState(CELL_FAILED);
  stop();
}
