// A guest's registers and events: in its block (state.ts), in the processor, and in Cpu.registers.

import {
  NO_ERROR_CODE,
  REG_CPL,
  REG_CR0,
  REG_CR2,
  REG_CR3,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_CS_SELECTOR,
  REG_EFER,
  REG_PAT,
  REG_R15,
  REG_RFLAGS,
  REG_RIP,
  REG_RSP,
  REG_TSC,
  REG_XCR0,
} from "../../../../abi/platform.ts";
import {
  CR0_CD,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR4_VMXE,
  FLAG_TF,
  VECTOR_DB,
} from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import { PANIC_CONTRACT } from "../../numbers.ts";
import { Cpu, cpuOf } from "../cpu.ts";
import * as hw from "../hw.ts";
import * as at from "./numbers.ts";
import * as st from "./state.ts";
import { State, stateOf } from "./state.ts";

const ERROR_CODE_SHIFT: u64 = 32;
/** SMX, which no guest has. */
const CR4_SMXE: u64 = 0x4000;
/**
 * Bits that are the host's. Entries and exits leave CD and NW as they are, so that a guest's would be the host's, too; NE and VMXE
 * have to be set (SDM volume 3C, sections 24.8 and 27.3.2.1).
 */
export const CR0_HELD: u64 = CR0_CD | CR0_NW | CR0_NE;
/** The same of CR4. */
export const CR4_HELD: u64 = CR4_VMXE | CR4_SMXE;
/** No register that is a field as it is. */
const NO_FIELD: u32 = 0xffffffff;
// Access rights of segments, as the waist has them: without the four bits between.
const RIGHTS_LOW: u64 = 0xff;
const RIGHTS_HIGH: u64 = 0xf00;
const RIGHTS_GAP: u64 = 4;
const DPL_SHIFT: u64 = 5;
const DPL_MASK: u64 = 3;
/** Interruptibility: directly after an STI or MOV SS. */
export const SHADOWS: u64 = vmx.INTERRUPTIBILITY_STI | vmx.INTERRUPTIBILITY_MOV_SS;

/** CR0 as the guest has set it. */
export function setControl0(state: State, value: u64): void {
  st.set(state, at.FIELD_CR0, (value & ~CR0_HELD) | CR0_NE);
  st.set(state, at.FIELD_CR0_SHADOW, value);
}

/** CR4 as the guest has set it. */
export function setControl4(state: State, value: u64): void {
  st.set(state, at.FIELD_CR4, value | CR4_VMXE);
  st.set(state, at.FIELD_CR4_SHADOW, value);
}

/** A control register as its guest reads it. */
function shown(state: State, field: u32, shadow: u32, held: u64): u64 {
  return (st.get(state, field) & ~held) | (st.get(state, shadow) & held);
}

function fieldOf(register: u32): u32 {
  switch (register) {
    case REG_RSP:
      return at.FIELD_RSP;
    case REG_RIP:
      return at.FIELD_RIP;
    case REG_RFLAGS:
      return at.FIELD_RFLAGS;
    case REG_CR3:
      return at.FIELD_CR3;
    case REG_EFER:
      return at.FIELD_EFER;
    case REG_PAT:
      return at.FIELD_PAT;
    case REG_CS_SELECTOR:
      return at.FIELD_SELECTORS + at.SEGMENT_CS;
    case REG_CS_BASE:
      return at.FIELD_BASES + at.SEGMENT_CS;
    default:
      return NO_FIELD;
  }
}

/** Address of a register that is kept in memory; 0 for others. */
function slotOf(cpu: Cpu, register: u32): usize {
  if (register === REG_CR2) return changetype<usize>(stateOf(cpu)) + offsetof<State>("cr2");
  return register <= REG_R15 && register !== REG_RSP ? cpu.registers + (register << 3) : 0;
}

export function readRegister(cpu: u32, register: u32): u64 {
  const target = cpuOf(cpu);
  const slot = slotOf(target, register);
  if (slot) return load<u64>(slot);
  const state = stateOf(target);
  const field = fieldOf(register);
  if (field !== NO_FIELD) return st.get(state, field);
  switch (register) {
    case REG_CR0:
      return shown(state, at.FIELD_CR0, at.FIELD_CR0_SHADOW, CR0_HELD);
    case REG_CR4:
      return shown(state, at.FIELD_CR4, at.FIELD_CR4_SHADOW, CR4_HELD);
    case REG_CS_ATTRIBUTES: {
      const rights = st.get(state, at.FIELD_RIGHTS + at.SEGMENT_CS);
      return (rights & RIGHTS_LOW) | ((rights >> RIGHTS_GAP) & RIGHTS_HIGH);
    }
    case REG_CPL:
      return (st.get(state, at.FIELD_RIGHTS + at.SEGMENT_SS) >> DPL_SHIFT) & DPL_MASK;
    case REG_XCR0:
      return hw.extendedControl();
    default:
      hw.panic(PANIC_CONTRACT);
      return 0;
  }
}

/** The guest goes on elsewhere: behind an instruction, which a single step has been waiting for, or where it is started. */
function moveTo(state: State, rip: u64): void {
  st.set(state, at.FIELD_RIP, rip);
  const blocking = st.get(state, at.FIELD_INTERRUPTIBILITY);
  if (blocking & SHADOWS) st.set(state, at.FIELD_INTERRUPTIBILITY, blocking & ~SHADOWS);
  if (st.get(state, at.FIELD_RFLAGS) & FLAG_TF)
    st.set(state, at.FIELD_PENDING_DEBUG, st.get(state, at.FIELD_PENDING_DEBUG) | vmx.PENDING_STEP);
}

function writeRights(state: State, segment: u32, value: u64): void {
  st.set(
    state,
    at.FIELD_RIGHTS + segment,
    (value & RIGHTS_LOW) | ((value & RIGHTS_HIGH) << RIGHTS_GAP),
  );
}

function writeLevel(state: State, level: u64): void {
  const field = at.FIELD_RIGHTS + at.SEGMENT_SS;
  st.set(state, field, (st.get(state, field) & ~(DPL_MASK << DPL_SHIFT)) | (level << DPL_SHIFT));
}

export function writeRegister(cpu: u32, register: u32, value: u64): void {
  const target = cpuOf(cpu);
  const state = stateOf(target);
  const slot = slotOf(target, register);
  const field = fieldOf(register);
  if (slot) store<u64>(slot, value);
  else if (register === REG_RIP) moveTo(state, value);
  else if (field !== NO_FIELD) st.set(state, field, value);
  else if (register === REG_CR0) setControl0(state, value);
  else if (register === REG_CR4) setControl4(state, value);
  else if (register === REG_TSC) st.set(state, at.FIELD_TSC_OFFSET, value - hw.timestamp());
  else if (register === REG_CS_ATTRIBUTES) writeRights(state, at.SEGMENT_CS, value);
  else if (register === REG_CPL) writeLevel(state, value);
  else if (register === REG_XCR0) hw.writeExtendedControl(value);
  else hw.panic(PANIC_CONTRACT);
  if (register < REG_CR0 || register > REG_EFER) return;
  // What the guest's own instruction does besides: it forgets translations, and reads PAE's first table.
  state.isStale = 1;
  state.needsPdptes = 1;
}

/**
 * What was to be delivered when the exit came is lost: the exits after which the core raises exceptions are those of
 * instructions, which have no event, and of benign exceptions. In real mode no exception has an error code.
 */
export function injectException(cpu: u32, vector: u32, errorCode: i32): void {
  const state = stateOf(cpuOf(cpu));
  if (vector === VECTOR_DB && state.softwareType) {
    state.event = vmx.EVENT_VALID | state.softwareType | vector;
    return;
  }
  const event: u32 = vmx.EVENT_VALID | vmx.EVENT_EXCEPTION | vector;
  if (errorCode === NO_ERROR_CODE || !(st.get(state, at.FIELD_CR0) & CR0_PE)) state.event = event;
  else state.event = event | vmx.EVENT_HAS_CODE | ((<u64>(<u32>errorCode)) << ERROR_CODE_SHIFT);
}

export function saveState(cpu: Cpu): void {
  st.saveFields(stateOf(cpu));
}
