// A guest's state. A VMCS is not memory: only the processor that has it reads and writes its fields. So each guest has a block of
// plain memory with a value for each field, which any CPU may look at and change while the guest's own is stopped. What has been
// changed is written before an entry; after an exit the processor has the guest's state, and its CPU reads what it is asked for,
// or everything before it is stopped (vcpu.ts, saveState).

import * as vmx from "../../../../abi/x86/vmx.ts";
import { PANIC_CONTRACT } from "../../numbers.ts";
import { PAGE } from "../../pool.ts";
import { Cpu, cpuOf } from "../cpu.ts";
import * as hw from "../hw.ts";
import * as intel from "./hw.ts";
import { FIELD_COUNT, FIELD_CR0_SHADOW } from "./numbers.ts";

/** Groups of fields, from CR0 on each by itself: their first encoding. */
// biome-ignore format: a table
const ENCODINGS: usize = memory.data<u32>([
  0x0800, 0x0802, 0x0804, 0x0806, 0x0808, 0x080a, 0x080c, 0x080e,
  0x6806, 0x6808, 0x680a, 0x680c, 0x680e, 0x6810, 0x6812, 0x6814, 0x6816, 0x6818,
  0x4800, 0x4802, 0x4804, 0x4806, 0x4808, 0x480a, 0x480c, 0x480e, 0x4810, 0x4812,
  0x4814, 0x4816, 0x4818, 0x481a, 0x481c, 0x481e, 0x4820, 0x4822,
  vmx.VMCS_INTERRUPTIBILITY, vmx.VMCS_ACTIVITY,
  vmx.VMCS_SYSENTER_CS, vmx.VMCS_SYSENTER_ESP, vmx.VMCS_SYSENTER_EIP,
  vmx.VMCS_CR0, vmx.VMCS_CR3, vmx.VMCS_CR4, vmx.VMCS_DR7, vmx.VMCS_RSP, vmx.VMCS_RIP, vmx.VMCS_RFLAGS,
  vmx.VMCS_PENDING_DEBUG, vmx.VMCS_DEBUGCTL, vmx.VMCS_PAT, vmx.VMCS_EFER,
  0x280a, 0x280c, 0x280e, 0x2810,
  vmx.VMCS_CR0_SHADOW, vmx.VMCS_CR4_SHADOW, vmx.VMCS_TSC_OFFSET, vmx.VMCS_EPTP,
  vmx.VMCS_PORTS_A, vmx.VMCS_PORTS_B, vmx.VMCS_MSRS,
]);

const ALL: u64 = ((<u64>1) << FIELD_COUNT) - 1;
/** What exits do not change. */
const KEPT: u64 = ALL & ~(((<u64>1) << FIELD_CR0_SHADOW) - 1);

/** A guest's block. */
@unmanaged
export class State {
  /** Fields whose value here is the guest's, a bit each. */
  known: u64;
  /** Fields to be written to the VMCS. */
  changed: u64;
  /** The event that the guest begins with, EVENT_*, with its error code above. */
  event: u64;
  /** CR2: no field, and the hypervisor's own faults change it. Loaded and saved with the general registers (native/intel/enter.S). */
  cr2: u64;
  /** PROC_*: what is wanted, and what the CPU's VMCS has. */
  wanted: u32;
  controls: u32;
  /** 1: translations are forgotten before the next entry. */
  isStale: u32;
  /** 1: the entries of PAE's first table are to be read from the guest's memory. */
  needsPdptes: u32;
  /** Type and length of the event of software that exited last (INT1); 0 if none did. */
  softwareType: u32;
  softwareLength: u32;
  /** RUN_* of the last attempt to enter the guest, and REASON_* where it was entered, or not for a reason of the guest's. */
  result: u32;
  reason: u32;
  /** 1: the CPU is in VMX operation. */
  isOn: u32;
  /** 1: the CPU's VMCS has been used for an entry. */
  isLaunched: u32;
}

/** Offset of the values in the block. */
const VALUES: usize = 0x100;
/** Bytes of a block. */
const STATE_SIZE: usize = 0x400;
if (offsetof<State>() > VALUES) ERROR("State is too large");
if (VALUES + ((<usize>FIELD_COUNT) << 3) > STATE_SIZE) ERROR("a block is too small");

/** The block of a CPU's guest. */
export function stateOf(cpu: Cpu): State {
  return changetype<State>(cpu.control);
}

/** The block of the guest of CPUs with nothing to do, after it. */
export function idleStateOf(cpu: Cpu): State {
  return changetype<State>(cpu.control + STATE_SIZE);
}

function bitOf(field: u32): u64 {
  return (<u64>1) << field;
}

function placeOf(state: State, field: u32): usize {
  return changetype<usize>(state) + VALUES + ((<usize>field) << 3);
}

function encodingOf(field: u32): u32 {
  return load<u32>(ENCODINGS + ((<usize>field) << 2));
}

/** A field's value. One that is not known is the calling CPU's own guest's: it has that VMCS. */
export function get(state: State, field: u32): u64 {
  const place = placeOf(state, field);
  const bit = bitOf(field);
  if (state.known & bit) return load<u64>(place);
  if (changetype<usize>(state) - cpuOf(hw.cpuIndex()).control >= PAGE) hw.panic(PANIC_CONTRACT);
  const value = intel.readField(encodingOf(field));
  store<u64>(place, value);
  state.known |= bit;
  return value;
}

/** Gives a field a value. */
export function set(state: State, field: u32, value: u64): void {
  const bit = bitOf(field);
  store<u64>(placeOf(state, field), value);
  state.known |= bit;
  state.changed |= bit;
}

/** All that exits save becomes 0. */
export function clearGuest(state: State): void {
  memory.fill(changetype<usize>(state) + VALUES, 0, (<usize>FIELD_CR0_SHADOW) << 3);
  state.known |= ALL & ~KEPT;
  state.changed |= ALL & ~KEPT;
}

/** Reads every field that is not known: the guest's CPU is about to stop, or to use its VMCS otherwise. */
export function saveFields(state: State): void {
  for (let field: u32 = 0; field < FIELD_COUNT; field++) get(state, field);
}

/** The VMCS of the calling CPU has had another guest's state: all of this one's is to be written. */
export function forgetWritten(state: State): void {
  if (state.known !== ALL) hw.panic(PANIC_CONTRACT);
  state.changed = ALL;
}

/** Whether a field is to be written. */
export function hasChanged(state: State, field: u32): bool {
  return (state.changed & bitOf(field)) !== 0;
}

/** Writes what has been changed. */
export function writeFields(state: State): void {
  for (let left = state.changed; left; left &= left - 1) {
    const field = <u32>ctz(left);
    intel.writeField(encodingOf(field), load<u64>(placeOf(state, field)));
  }
  state.changed = 0;
}

/** The guest has run: the processor has its state. */
export function forgetRead(state: State): void {
  state.known = KEPT;
}

/** Address of the values, for native code. */
export function valuesOf(state: State): usize {
  return changetype<usize>(state) + VALUES;
}
