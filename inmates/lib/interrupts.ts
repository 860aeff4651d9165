// Interrupts: one handler for each of the vectors 32 to 63. The local APIC is reached by the x2APIC's MSRs, always:
// where the machine has an xAPIC, the hypervisor emulates them.
import { APIC_EOI, APIC_ID, APIC_SVR, APIC_SVR_ENABLE, APIC_TPR } from "../../abi/x86/apic.ts";
import {
  APIC_BASE_X2APIC,
  MSR_APIC_BASE,
  MSR_X2APIC_FIRST,
  MSR_X2APIC_ICR,
} from "../../abi/x86/msr.ts";
import { isJailhouse } from "./cpu.ts";
import { readMsr, writeMsr } from "./hardware.ts";
import { EXCEPTION_COUNT, SPURIOUS_VECTOR, VECTOR_COUNT } from "./layout.ts";

const FUNCTION_SIZE: u32 = 4;
const HANDLERS_SIZE: i32 = 128;
const ICR_DESTINATION_SHIFT: u32 = 32;

/** What is called for a vector: a function of a module, not a closure. */
export type Handler = () => void;

const handlers = memory.data(HANDLERS_SIZE);

/** Reads a register of the local APIC (APIC_*). */
export function readApic(register: u32): u32 {
  return <u32>readMsr(MSR_X2APIC_FIRST + register);
}

/** Writes a register of the local APIC (APIC_*). */
export function writeApic(register: u32, value: u32): void {
  writeMsr(MSR_X2APIC_FIRST + register, value);
}

/** Can the local APIC be used here? Not on a bare machine whose APIC is in xAPIC mode. */
export function hasApic(): bool {
  return isJailhouse() || (readMsr(MSR_APIC_BASE) & APIC_BASE_X2APIC) != 0;
}

/** This CPU's APIC id. */
export function apicId(): u32 {
  return readApic(APIC_ID);
}

/** Enables this CPU's local APIC, for all priorities. */
export function enableApic(): void {
  writeApic(APIC_TPR, 0);
  writeApic(APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_VECTOR);
}

/** Registers what a vector (32 to 63) calls, and enables this CPU's local APIC. */
export function onInterrupt(vector: u32, handler: Handler): void {
  store<u32>(handlers + slotOf(vector), <u32>changetype<usize>(handler));
  enableApic();
}

function slotOf(vector: u32): u32 {
  if (vector < EXCEPTION_COUNT || vector >= VECTOR_COUNT) throw new Error("vector is not 32 to 63");
  return (vector - EXCEPTION_COUNT) * FUNCTION_SIZE;
}

/** Calls the handler of a vector and acknowledges the interrupt. A vector without one is acknowledged only. */
export function dispatchInterrupt(vector: u32): void {
  const handler = load<u32>(handlers + slotOf(vector));
  if (handler != 0) changetype<Handler>(<usize>handler)();
  writeApic(APIC_EOI, 0);
}

/** Sends an interrupt command: the low half (ICR_*) and the APIC id of the target. */
export function sendIpi(command: u32, target: u32): void {
  writeMsr(MSR_X2APIC_ICR, ((<u64>target) << ICR_DESTINATION_SHIFT) | command);
}
