// Hardware task switches (AMD64 APM volume 2, section 12.4): far JMP and CALL to a TSS, task gates, IRET with NT. Faults before
// the new task is loaded belong to the old one; later ones, to the new one.

import {
  CR0_PG,
  CR0_TS,
  FLAG_FIXED,
  FLAG_NT,
  FLAG_RF,
  FLAG_VM,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_TS,
} from "../../../abi/x86/registers.ts";
import {
  ES,
  FS,
  GS,
  LDTR,
  S_CR0,
  S_CR3,
  S_FLAGS,
  S_GPR,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
  TR,
} from "../interface.ts";
import { readSystem, writeAs } from "../memory/access.ts";
import { S_NEXT } from "../memory/layout.ts";
import { flushTranslations } from "../memory/tlb.ts";
import { EXIT_TASK_SWITCH, interceptWith } from "../svm/intercepts.ts";
import { dropLocalBreakpoints, noteTask } from "./breakpoints.ts";
import {
  attributesOf,
  baseOf,
  clearBusy,
  limitOf,
  markDescriptor,
  readDescriptor,
  SELECTOR_ERROR,
  setSegment,
  TYPE_BUSY,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from "./descriptors.ts";
import { faulted, raiseException } from "./fault.ts";
import { commitFrame, openCurrentFrame, pushFrame } from "./frame.ts";
import { gateSelector } from "./gates.ts";
import { ATTR_P, ATTR_S, ATTR_TYPE, segmentAt } from "./mode.ts";
import { loadTaskSegments, setTaskSelector } from "./task-segments.ts";

/** Switch by JMP: the old task becomes available. */
export const SWITCH_JUMP: u32 = 0;
/** Switch by CALL, interrupt or exception: the new task links back. */
export const SWITCH_CALL: u32 = 1;
/** Switch by IRET: back along the link. */
export const SWITCH_RETURN: u32 = 2;

/** Selector bit that names the local table, where TSSs cannot be. */
const SELECTOR_LOCAL: u32 = 0x4;
/** Type bit of a 32-bit TSS. */
const WIDE: u32 = 8;
/** TSS: selector of the task to return to. */
const LINK: u32 = 0;
/** 32-bit TSS: offsets of CR3, EIP (then EFLAGS and the registers), ES (then the others), LDT, T (bit 0); smallest limit. */
const WIDE_CR3: u32 = 0x1c;
const WIDE_EIP: u32 = 0x20;
const WIDE_ES: u32 = 0x48;
const WIDE_LDT: u32 = 0x60;
const WIDE_TRAP: u32 = 0x64;
const WIDE_LIMIT: u32 = 0x67;
/** The same of a 16-bit TSS, which has no CR3, FS and GS. */
const NARROW_IP: u32 = 0x0e;
const NARROW_ES: u32 = 0x22;
const NARROW_LDT: u32 = 0x2a;
const NARROW_LIMIT: u32 = 0x2b;
/** General registers of a TSS. */
const REGISTERS: u32 = 8;

/** Selector of the TSS that a task gate names: #GP if it is in the LDT. */
export function taskOfGate(s: u32, gate: u64): u32 {
  const selector = gateSelector(gate);
  if (selector & SELECTOR_LOCAL) raiseException(s, VECTOR_GP, <i32>(selector & SELECTOR_ERROR));
  return selector;
}

/** Reads and checks the descriptor of the TSS to switch to. */
function readTask(s: u32, selector: u32, how: u32): u64 {
  const back = how == SWITCH_RETURN;
  const vector = back ? VECTOR_TS : VECTOR_GP;
  const error = <i32>(selector & SELECTOR_ERROR);
  if (selector & SELECTOR_LOCAL) {
    raiseException(s, vector, error);
    return 0;
  }
  const descriptor = readDescriptor(s, selector, vector);
  if (faulted(s)) return 0;
  const attributes = attributesOf(descriptor);
  const type = (attributes & (ATTR_S | ATTR_TYPE)) ^ (back ? TYPE_BUSY : 0);
  const limit = attributes & WIDE ? WIDE_LIMIT : NARROW_LIMIT;
  if (type != TYPE_TSS_32 && type != TYPE_TSS_16) raiseException(s, vector, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, error);
  else if (limitOf(descriptor) < limit) raiseException(s, VECTOR_TS, error);
  return descriptor;
}

/** Writes a field of a TSS; nothing once a fault is set. */
function put(s: u32, at: u64, size: u32, value: u64): void {
  if (!faulted(s)) writeAs(s, at, size, value, 0);
}

/** Reads a field of a TSS; 0 once a fault is set. */
function get(s: u32, at: u64, size: u32): u32 {
  return faulted(s) ? 0 : <u32>readSystem(s, at, size);
}

/** Saves the old task in its TSS. */
function saveTask(s: u32, flags: u64): void {
  const tss = segmentAt(s, TR);
  const base = load<u64>(tss, SEG_BASE);
  const wide = (load<u32>(tss, SEG_ATTRIBUTES) & WIDE) != 0;
  const size: u32 = wide ? 4 : 2;
  const at = base + (wide ? WIDE_EIP : NARROW_IP);
  put(s, at, size, load<u64>(s, S_NEXT));
  put(s, at + size, size, flags);
  for (let i: u32 = 0; i < REGISTERS; i++)
    put(s, at + (2 + i) * size, size, load<u64>(s + S_GPR + i * 8));
  const last = wide ? GS : FS - 1;
  for (let segment: u32 = ES; segment <= last; segment++) {
    const selector = load<u32>(segmentAt(s, segment), SEG_SELECTOR);
    put(s, base + (wide ? WIDE_ES : NARROW_ES) + segment * size, 2, selector);
  }
}

/** Makes the busy bits right: the old one's, unless it waits for the new one, and the new one's. */
function markTasks(s: u32, selector: u32, descriptor: u64, how: u32): void {
  const old = load<u32>(segmentAt(s, TR), SEG_SELECTOR);
  if (how != SWITCH_CALL) {
    const previous = readDescriptor(s, old, VECTOR_TS);
    if (!faulted(s)) clearBusy(s, old, previous);
  } else put(s, baseOf(descriptor) + LINK, 2, old);
  if (!faulted(s)) markDescriptor(s, selector, descriptor, TYPE_BUSY);
}

/** Loads registers, flags and selectors of the new task. All of its TSS has been read once, so nothing faults. */
function loadTask(s: u32, selector: u32, descriptor: u64, how: u32): void {
  const base = baseOf(descriptor);
  const wide = (attributesOf(descriptor) & WIDE) != 0;
  const size: u32 = wide ? 4 : 2;
  const at = base + (wide ? WIDE_EIP : NARROW_IP);
  const fill: u32 = wide ? 0 : 0xffff0000;
  store<u64>(s, get(s, at, size), S_NEXT);
  const flags = get(s, at + size, size) | FLAG_FIXED | (how == SWITCH_CALL ? FLAG_NT : 0);
  store<u64>(s, flags, S_FLAGS);
  for (let i: u32 = 0; i < REGISTERS; i++)
    store<u64>(s + S_GPR + i * 8, get(s, at + (2 + i) * size, size) | fill);
  for (let segment: u32 = ES; segment <= GS; segment++) {
    const present = wide || segment < FS;
    const offset = (wide ? WIDE_ES : NARROW_ES) + segment * size;
    setTaskSelector(s, segment, present ? get(s, base + offset, 2) : 0);
  }
  setTaskSelector(s, LDTR, get(s, base + (wide ? WIDE_LDT : NARROW_LDT), 2));
  const cr3 = wide ? get(s, base + WIDE_CR3, 4) : 0;
  dropLocalBreakpoints(s);
  if (wide && get(s, base + WIDE_TRAP, 2) & 1) noteTask(s);
  const attributes = attributesOf(descriptor) | TYPE_BUSY;
  setSegment(s, TR, selector, base, limitOf(descriptor), attributes);
  store<u64>(s, load<u64>(s, S_CR0) | CR0_TS, S_CR0);
  if (!wide || !(load<u32>(s, S_CR0) & CR0_PG)) return;
  store<u64>(s, cr3, S_CR3);
  flushTranslations(s);
}

/** Reads a new task's TSS from end to end, so that a page fault comes before anything has changed. */
function touchTask(s: u32, descriptor: u64): void {
  const limit = attributesOf(descriptor) & WIDE ? WIDE_LIMIT : NARROW_LIMIT;
  get(s, baseOf(descriptor), 1);
  get(s, baseOf(descriptor) + limit, 1);
}

/** Exit of a task switch: by IRET, by JMP, with an error code, with RF in the old task (AMD64 APM volume 2, section 15.14.1). */
const SWITCH_BY_RETURN: u64 = 0x1000000000;
const SWITCH_BY_JUMP: u64 = 0x4000000000;
const SWITCH_HAS_CODE: u64 = 0x100000000000;
const SWITCH_RF: u64 = 0x1000000000000;

/** Sets the exit of a task switch, if the hypervisor wants it; returns whether it does. */
function interceptSwitch(s: u32, selector: u32, how: u32, hasError: bool, error: i32): bool {
  const info =
    (how == SWITCH_RETURN ? SWITCH_BY_RETURN : 0) |
    (how == SWITCH_JUMP ? SWITCH_BY_JUMP : 0) |
    (hasError ? SWITCH_HAS_CODE | <u64>(<u32>error) : 0) |
    (load<u64>(s, S_FLAGS) & FLAG_RF ? SWITCH_RF : 0);
  return interceptWith(s, EXIT_TASK_SWITCH, selector, info);
}

/**
 * Switches to the task of TSS `selector`; S_NEXT is where the old one goes on, afterwards where the new one does. `how` is
 * SWITCH_*; with `hasError`, `error` is pushed on the new task's stack.
 */
export function switchTask(s: u32, selector: u32, how: u32, hasError: bool, error: i32): void {
  const descriptor = readTask(s, selector, how);
  if (faulted(s) || interceptSwitch(s, selector, how, hasError, error)) return;
  touchTask(s, descriptor);
  const flags = load<u64>(s, S_FLAGS);
  saveTask(s, how == SWITCH_RETURN ? flags & ~(<u64>FLAG_NT) : flags);
  if (!faulted(s)) markTasks(s, selector, descriptor, how);
  if (faulted(s)) return;
  loadTask(s, selector, descriptor, how);
  loadTaskSegments(s, (load<u32>(s, S_FLAGS) & FLAG_VM) != 0);
  if (faulted(s) || !hasError) return;
  openCurrentFrame(s);
  pushFrame(s, attributesOf(descriptor) & WIDE ? 4 : 2, <u64>(<u32>error));
  if (!faulted(s)) commitFrame(s);
}

/** IRET with NT set: back along the link of the current TSS. */
export function returnFromTask(s: u32): void {
  const tss = segmentAt(s, TR);
  const limit = load<u32>(tss, SEG_LIMIT);
  const link = limit > LINK ? get(s, load<u64>(tss, SEG_BASE) + LINK, 2) : 0;
  if (!faulted(s)) switchTask(s, link, SWITCH_RETURN, false, 0);
}
