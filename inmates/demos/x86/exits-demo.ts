// What does it cost to leave the guest? Each kind of exit is caused many times in a row and timed by the time stamp
// counter: one line per round, with the mean in nanoseconds. The first kind causes none, and shows what the loop costs.
//
// Parameters: rounds (default 5), count (of exits in a round, default 2000).
import {
  APIC_BASE_X2APIC,
  APIC_PAGE,
  APIC_TPR,
  CELL_SHUT_DOWN,
  calibrateTsc,
  cpuid,
  HC_HYPERVISOR_GET_INFO,
  hypercall,
  INFO_NUM_CELLS,
  MSR_APIC_BASE,
  mmioWrite32,
  parameterInt,
  pause,
  print,
  println,
  readMsr,
  readTscNs,
  setCellState,
  writeApic,
} from "jailhouse-ts/inmate";

const ROUNDS: i64 = 5;
const COUNT: i64 = 2000;
/** A register of the xAPIC is in the first bytes of a paragraph. */
const XAPIC_STRIDE: u32 = 16;
const CPUID_RESULT: i32 = 16;

const result = memory.data(CPUID_RESULT);

function noExit(): void {
  pause();
}

function readCpuid(): void {
  cpuid(0, 0, <u32>result);
}

function callHypervisor(): void {
  hypercall(HC_HYPERVISOR_GET_INFO, INFO_NUM_CELLS);
}

/** The task priority stays 0: interrupts are off. */
function writeX2Apic(): void {
  writeApic(APIC_TPR, 0);
}

function writeXApic(): void {
  mmioWrite32(APIC_PAGE + APIC_TPR * XAPIC_STRIDE, 0);
}

function measure(name: string, exit: () => void): void {
  const rounds = parameterInt("rounds", ROUNDS);
  const count = <u64>parameterInt("count", COUNT);
  for (let round: i64 = 0; round < rounds; round++) {
    const start = readTscNs();
    for (let i: u64 = 0; i < count; i++) exit();
    const passed = readTscNs() - start;
    print(name)
      .text(": ")
      .unsigned(passed / count)
      .text(" ns")
      .line();
  }
}

export function main(): void {
  calibrateTsc();
  measure("no exit", noExit);
  measure("CPUID", readCpuid);
  measure("hypercall", callHypervisor);
  measure("x2APIC write", writeX2Apic);
  // In x2APIC mode the page is not there.
  if ((readMsr(MSR_APIC_BASE) & APIC_BASE_X2APIC) == 0) measure("xAPIC write", writeXApic);
  println("Exits done");
  setCellState(CELL_SHUT_DOWN);
}
