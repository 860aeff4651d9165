// An inmate that breaks the rules, one at a time, to show what the hypervisor makes of it. It says what it is about to do,
// does it, and, where that does not park its CPU, what came of it; then it goes on living.
//
// Parameters: violation= one of ram, mmio, port, ipi, triple, readonly, msr, hypercall, jump; delay= milliseconds before
// it; address= (ram, mmio, readonly, jump), port=, cpu= (ipi: APIC id), msr=, call= instead of the defaults.
import {
  CELL_SHUT_DOWN,
  hypercall,
  jump,
  MSG_NONE,
  MSG_RECONFIG_COMPLETED,
  MSG_SHUTDOWN_REQUEST,
  MSR_APIC_BASE,
  mmioRead32,
  mmioWrite32,
  out8,
  parameterInt,
  parameterIs,
  pendingMessage,
  print,
  println,
  REPLY_RECEIVED,
  REPLY_UNKNOWN,
  readMsr,
  reply,
  sendIpi,
  setCellState,
  sleepUs,
  tripleFault,
  writeMsr,
} from "jailhouse-ts/inmate";

/** The hypervisor's own memory, in the configuration of the emulated PC. */
const FOREIGN_RAM: i64 = 0x3a000000;
/** The HPET, which the root cell owns. */
const FOREIGN_MMIO: i64 = 0xfed00000;
/** The page that the demo's configuration lets it read but not write. */
const READ_ONLY: i64 = 0x180000;
const NOWHERE: i64 = 0x80000000;
/** COM1, which belongs to the root cell or to apic-demo. */
const FOREIGN_PORT: i64 = 0x3f8;
const FOREIGN_CPU: i64 = 0;
const UNKNOWN_CALL: i64 = 0xbad;
const IPI_VECTOR: u32 = 0x40;
const PATTERN: u32 = 0xbadc0de;
const LETTER_X: u32 = 0x58;
const POLL_MS: i64 = 10;
const US_PER_MS: i64 = 1000;

function announce(what: string): void {
  print("Rogue: ").text(what).line();
}

function announceAt(what: string, number: i64): void {
  print("Rogue: ")
    .text(what)
    .text(" 0x")
    .hex(<u64>number)
    .line();
}

function accessRam(): void {
  const address = parameterInt("address", FOREIGN_RAM);
  announceAt("about to write to RAM that is not mine:", address);
  mmioWrite32(<u64>address, PATTERN);
}

function accessMmio(): void {
  const address = parameterInt("address", FOREIGN_MMIO);
  announceAt("about to read a device that is not mine:", address);
  announceAt("it read", mmioRead32(<u64>address));
}

function accessPort(): void {
  const port = parameterInt("port", FOREIGN_PORT);
  announceAt("about to write to a port that is not mine:", port);
  out8(<u32>port, LETTER_X);
}

function interruptOthers(): void {
  const target = parameterInt("cpu", FOREIGN_CPU);
  announceAt("about to interrupt a CPU that is not mine:", target);
  sendIpi(IPI_VECTOR, <u32>target);
}

function shutDownCpu(): void {
  announce("about to cause a triple fault");
  tripleFault();
}

function writeReadOnly(): void {
  const address = parameterInt("address", READ_ONLY);
  announceAt("about to write to what I may only read:", address);
  mmioWrite32(<u64>address, PATTERN);
}

function accessMsr(): void {
  const number = parameterInt("msr", MSR_APIC_BASE);
  announceAt("about to write to an MSR that is not mine:", number);
  writeMsr(<u32>number, readMsr(<u32>number));
}

function callUnknown(): void {
  const number = parameterInt("call", UNKNOWN_CALL);
  announceAt("about to make a hypercall that does not exist:", number);
  print("Rogue: it returned ")
    .signed(hypercall(<u32>number))
    .line();
}

function jumpNowhere(): void {
  const address = parameterInt("address", NOWHERE);
  announceAt("about to jump to where there is nothing:", address);
  jump(<u64>address);
}

/** Breaks the rule that the command line names; false if it names none. */
function breakRule(): bool {
  if (parameterIs("violation", "ram")) accessRam();
  else if (parameterIs("violation", "mmio")) accessMmio();
  else if (parameterIs("violation", "port")) accessPort();
  else if (parameterIs("violation", "ipi")) interruptOthers();
  else if (parameterIs("violation", "triple")) shutDownCpu();
  else if (parameterIs("violation", "readonly")) writeReadOnly();
  else if (parameterIs("violation", "msr")) accessMsr();
  else if (parameterIs("violation", "hypercall")) callUnknown();
  else if (parameterIs("violation", "jump")) jumpNowhere();
  else return false;
  return true;
}

/** Sleeps a little and answers what the hypervisor asks; true when the demo has to end. */
function live(): bool {
  sleepUs(<u64>(POLL_MS * US_PER_MS));
  const message = pendingMessage();
  if (message == MSG_SHUTDOWN_REQUEST) return true;
  if (message != MSG_NONE)
    reply(message == MSG_RECONFIG_COMPLETED ? REPLY_RECEIVED : REPLY_UNKNOWN);
  return false;
}

export function main(): void {
  let isEnding: bool = false;
  const delay = parameterInt("delay", 0);
  for (let passed: i64 = 0; passed < delay && !isEnding; passed += POLL_MS) isEnding = live();
  if (!isEnding) announce(breakRule() ? "still here" : "no rule to break: say violation=...");
  while (!isEnding) isEnding = live();
  println("Stopped rogue demo");
  setCellState(CELL_SHUT_DOWN);
}
