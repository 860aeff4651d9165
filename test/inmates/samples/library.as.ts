// Exercises the library; its command line says what: formats, parameters, or trap= with a way to end.
import {
  allocate,
  expectEqual,
  failedTests,
  hasParameter,
  jump,
  mmioRead32,
  parameterBool,
  parameterInt,
  parameterIs,
  pause,
  print,
  println,
} from "../../../inmates/lib/index.ts";

const SIZE: u32 = 100;
const PAGE_SIZE: u32 = 4096;
const OUTSIDE: u32 = 0x101000;
const UD2: u16 = 0x0b0f;
const ABOVE_4_GIB: u64 = 0x100000000;

class Pair {
  constructor(
    public first: u32,
    public second: string,
  ) {}
}

let counter: u32 = 41;

function countZeros(address: u32): u32 {
  let zeros: u32 = 0;
  for (let i: u32 = 0; i < SIZE; i++) zeros += load<u8>(address + i) === 0 ? 1 : 0;
  return zeros;
}

function showFormats(): void {
  println("text");
  print("unsigned [").unsigned(7, 3).text("] [").unsigned(u64.MAX_VALUE).text("]").line();
  print("signed [").signed(-5, 6).text("] [").signed(i64.MIN_VALUE).text("]").line();
  print("padded [").padded(42, 5).text("]").line();
  print("hex [").hex(0xbeef, 8).text("] [").hex(0).text("] [").hex(u64.MAX_VALUE).text("]").line();
  print("pointer ").pointer(0x1234).line();
  print("char ").char(0x41).line();
  println(`template ${new Pair(++counter, "pair").second} ${counter}`);
  const page = allocate(PAGE_SIZE, PAGE_SIZE);
  print("aligned ")
    .unsigned(page % PAGE_SIZE)
    .text(", zeros ")
    .unsigned(countZeros(page))
    .line();
  expectEqual(1, 2, 2);
  expectEqual(2, 2, 3);
  print("failed ").unsigned(failedTests()).line();
}

function showInt(name: string): void {
  print(name).text(" ").signed(parameterInt(name, -1)).line();
}

function showBool(name: string, fallback: bool): void {
  print(name)
    .text(parameterBool(name, fallback) ? " true" : " false")
    .line();
}

function showParameters(): void {
  showInt("decimal");
  showInt("hex");
  showInt("negative");
  showInt("junk");
  showInt("absent");
  showInt("dec");
  showBool("yes", false);
  showBool("one", false);
  showBool("bare", false);
  showBool("no", true);
  showBool("zero", true);
  showBool("odd", true);
  print("name ")
    .text(parameterIs("name", "jail") ? "jail" : "other")
    .line();
  print("prefix ")
    .text(parameterIs("name", "jai") ? "jai" : "other")
    .line();
  print("last ")
    .text(hasParameter("last") ? "there" : "missing")
    .line();
}

/** Calls itself until the stack is full; what it does afterwards keeps it from becoming a loop. */
function recurse(depth: u32): u32 {
  if (depth === 0) return 0;
  const below = recurse(depth + 1);
  pause();
  return below + depth;
}

/** Runs UD2, from the heap. */
function runInvalidOpcode(): void {
  const code = allocate(2);
  store<u16>(code, UD2);
  jump(<u64>code);
}

function endBy(): void {
  const one = <u32>parameterInt("one", 1);
  if (parameterIs("trap", "stack")) print("").unsigned(recurse(one));
  if (parameterIs("trap", "bounds")) print("").unsigned(load<u32>(OUTSIDE));
  if (parameterIs("trap", "division")) print("").unsigned(7 / (one - 1));
  if (parameterIs("trap", "throw")) throw new Error("because I say so");
  if (parameterIs("trap", "page")) print("").unsigned(mmioRead32(ABOVE_4_GIB));
  if (parameterIs("trap", "opcode")) runInvalidOpcode();
  if (parameterIs("trap", "heap")) for (;;) heap.alloc(0x1000);
  println("nothing happened");
}

export function main(): void {
  if (hasParameter("formats")) showFormats();
  if (hasParameter("parameters")) showParameters();
  if (hasParameter("trap")) endBy();
}
