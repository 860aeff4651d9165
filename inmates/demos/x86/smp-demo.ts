// All CPUs of a cell: the first one wakes the others one by one, each greets and then answers an interrupt from the first.
import {
  add,
  apicId,
  cellCpus,
  cpuApicId,
  ICR_ASSERT,
  onInterrupt,
  pause,
  print,
  readyCpus,
  sendIpi,
  startCpu,
  waitForInterrupt,
} from "jailhouse-ts/inmate";

const IPI_VECTOR: u32 = 40;
/** What a CPU that was started has done so far. */
const GREETED: u32 = 1;
const INTERRUPTED: u32 = 2;

/** Steps that the CPU started last has taken; CPUs of the cell share it. */
const progress = memory.data(4);

function receiveIpi(): void {
  print("Received IPI on ").unsigned(apicId()).line();
  add(<u32>progress, 1);
}

function runOther(): void {
  print("Hello from CPU ").unsigned(apicId()).text("!").line();
  add(<u32>progress, 1);
  for (;;) waitForInterrupt();
}

function waitFor(step: u32): void {
  while (add(<u32>progress, 0) < step) pause();
}

function wake(id: u32): void {
  print(" Starting CPU ").unsigned(id).line();
  store<u32>(progress, 0);
  startCpu(id, runOther);
  waitFor(GREETED);
  sendIpi(ICR_ASSERT | IPI_VECTOR, id);
  waitFor(INTERRUPTED);
}

export function main(): void {
  onInterrupt(IPI_VECTOR, receiveIpi);
  print("SMP demo, primary CPU: ").unsigned(apicId()).line();
  print("Waiting for the rest...");
  while (readyCpus() < cellCpus()) pause();
  const others = readyCpus() - 1;
  print("").line().text("Found ").unsigned(others).text(" other CPU(s)").line();
  for (let number: u32 = 1; number <= others; number++) wake(cpuApicId(number));
}
