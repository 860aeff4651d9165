// Entering an interrupt or exception handler: through the vector table of real mode, through gates in protected and long
// mode (AMD64 APM volume 2, sections 8.6 to 8.9).

import {
  FLAG_AC,
  FLAG_IF,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_TS,
} from "../../../abi/x86/registers.ts";
import {
  DS,
  ES,
  FAULT_EXCEPTION,
  FS,
  GS,
  S_FAULT,
  S_FAULT_ERROR,
  S_FAULT_VECTOR,
  S_FLAGS,
  S_IDT_BASE,
  S_IDT_LIMIT,
  SEG_SELECTOR,
  SS,
} from "../interface.ts";
import { readSystem } from "../memory/access.ts";
import { S_FRAME_POINTER, S_MODE, S_NEXT } from "../memory/layout.ts";
import {
  checkCodeKind,
  checkTarget,
  codeSelector,
  enterCode,
  enterParagraph,
  isCode,
  isLongCode,
  markCode,
  readTarget,
} from "./code.ts";
import {
  attributesOf,
  SELECTOR_ERROR,
  setSegment,
  TYPE_INTERRUPT_16,
  TYPE_INTERRUPT_32,
  TYPE_TASK_GATE,
  TYPE_TRAP_16,
  TYPE_TRAP_32,
} from "./descriptors.ts";
import { faulted, NO_ERROR, raiseException, raiseGp } from "./fault.ts";
import { inVirtualMode } from "./flags.ts";
import { commitFrame, openCurrentFrame, openLongFrame, pushFrame, S_RSP } from "./frame.ts";
import { gateOffset, gateSelector } from "./gates.ts";
import {
  ATTR_CE,
  ATTR_P,
  ATTR_S,
  ATTR_TYPE,
  attributesDpl,
  inLongMode,
  MODE_PROTECTED,
  segmentAt,
} from "./mode.ts";
import { currentLevel } from "./segments.ts";
import { commitInnerFrame, openInnerFrame, openInnerLongFrame } from "./stack-switch.ts";
import { SWITCH_CALL, switchTask, taskOfGate } from "./tasks.ts";

/** Source of a delivery: INT n, INT3, INTO: gate privilege counts. */
export const SOURCE_SOFTWARE: u32 = 0;
/** An exception. */
export const SOURCE_EXCEPTION: u32 = 1;
/** An external interrupt or NMI. */
export const SOURCE_EXTERNAL: u32 = 2;

/** Error code: the event came from outside the program. */
const ERROR_EXTERNAL: u32 = 1;
/** Error code: the selector field is an IDT vector. */
const ERROR_IDT: u32 = 2;
/** Type bit of gates that are not 16-bit. */
const GATE_WIDE: u32 = 8;
/** Type bit of trap gates. */
const GATE_TRAP: u32 = 1;
/** Interrupt stack table number in a long-mode gate. */
const GATE_IST_SHIFT: u64 = 32;
/** Mask of the interrupt stack table number. */
const GATE_IST_MASK: u32 = 7;
/** 64-bit handlers start on an aligned stack. */
const STACK_ALIGNMENT: u64 = 15;
/** Size of an entry of the real-mode vector table. */
const VECTOR_SIZE: u32 = 4;

/**
 * Enters the handler of `vector`; pushes `next` as the return address and `error` unless it is NO_ERROR. Sets a fault
 * where that fails, with nothing changed but memory below the stack pointer.
 */
export function deliver(s: u32, vector: u32, error: i32, source: u32, next: u64): void {
  if (!(load<u32>(s, S_MODE) & MODE_PROTECTED)) return deliverReal(s, vector, next);
  deliverProtected(s, vector, error, source, next);
  // Faults on the way to a handler of an event from outside say so, but a page fault's code has no room for it.
  if (source == SOURCE_SOFTWARE || !faulted(s)) return;
  const second = load<u32>(s, S_FAULT_VECTOR);
  const named = second >= VECTOR_TS && second <= VECTOR_GP;
  if (load<u32>(s, S_FAULT) == FAULT_EXCEPTION && named)
    store<i32>(s, load<i32>(s, S_FAULT_ERROR) | ERROR_EXTERNAL, S_FAULT_ERROR);
}

function deliverReal(s: u32, vector: u32, next: u64): void {
  const last = vector * VECTOR_SIZE + VECTOR_SIZE - 1;
  if (last > load<u32>(s, S_IDT_LIMIT)) return raiseGp(s, 0);
  const entry = readSystem(s, load<u64>(s, S_IDT_BASE) + vector * VECTOR_SIZE, VECTOR_SIZE);
  openCurrentFrame(s);
  pushFrame(s, 2, load<u64>(s, S_FLAGS));
  pushFrame(s, 2, codeSelector(s));
  pushFrame(s, 2, next);
  if (!faulted(s)) enterParagraph(s, <u32>(entry >> 16), entry & 0xffff);
  if (faulted(s)) return;
  commitFrame(s);
  clearFlags(s, FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
}

function clearFlags(s: u32, flags: u32): void {
  store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>flags), S_FLAGS);
}

/** Reads and checks the gate of a vector: #GP or #NP with the vector as error code. The upper half stays unread. */
function readGate(s: u32, vector: u32, source: u32): u64 {
  const long = inLongMode(s);
  const size: u32 = long ? 16 : 8;
  const error = vector * 8 + ERROR_IDT;
  if (vector * size + size - 1 > load<u32>(s, S_IDT_LIMIT)) {
    raiseGp(s, error);
    return 0;
  }
  const gate = readSystem(s, load<u64>(s, S_IDT_BASE) + vector * size, 8);
  if (faulted(s)) return 0;
  const attributes = attributesOf(gate);
  const type = attributes & (ATTR_TYPE | ATTR_S);
  const wide = type == TYPE_INTERRUPT_32 || type == TYPE_TRAP_32;
  const narrow = type == TYPE_INTERRUPT_16 || type == TYPE_TRAP_16 || type == TYPE_TASK_GATE;
  const denied = source == SOURCE_SOFTWARE && attributesDpl(attributes) < currentLevel(s);
  if ((!wide && (long || !narrow)) || denied) raiseGp(s, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, <i32>error);
  return gate;
}

/** Offset of the handler. */
function handlerOffset(s: u32, vector: u32, gate: u64): u64 {
  const offset = gateOffset(gate, (attributesOf(gate) & GATE_WIDE) != 0);
  if (!inLongMode(s)) return offset;
  return offset | (readSystem(s, load<u64>(s, S_IDT_BASE) + vector * 16 + 8, 4) << 32);
}

/** Descriptor of the handler's code segment, checked. */
function handlerCode(s: u32, selector: u32): u64 {
  const descriptor = readTarget(s, selector);
  if (faulted(s)) return 0;
  const attributes = attributesOf(descriptor);
  const error = selector & SELECTOR_ERROR;
  const wrongKind = inLongMode(s) && !isLongCode(s, attributes);
  if (!isCode(attributes) || attributesDpl(attributes) > currentLevel(s) || wrongKind)
    raiseGp(s, error);
  else checkCodeKind(s, selector, attributes, VECTOR_GP);
  return descriptor;
}

/** Opens the handler's stack; returns whether the stack segment changes. */
function openHandlerFrame(s: u32, level: u32, gate: u64): bool {
  const inward = level != currentLevel(s);
  if (!inLongMode(s)) {
    if (inward) openInnerFrame(s, level);
    else openCurrentFrame(s);
    return inward;
  }
  const ist = <u32>(gate >> GATE_IST_SHIFT) & GATE_IST_MASK;
  if (inward || ist != 0) openInnerLongFrame(s, level, ist);
  else openLongFrame(s, load<u64>(s, S_RSP), level);
  const pointer = load<u64>(s, S_FRAME_POINTER) & ~STACK_ALIGNMENT;
  store<u64>(s, pointer, S_FRAME_POINTER);
  return inward;
}

function deliverProtected(s: u32, vector: u32, error: i32, source: u32, next: u64): void {
  const gate = readGate(s, vector, source);
  if (faulted(s)) return;
  if ((attributesOf(gate) & ATTR_TYPE) == TYPE_TASK_GATE) {
    const task = taskOfGate(s, gate);
    store<u64>(s, next, S_NEXT);
    if (!faulted(s)) switchTask(s, task, SWITCH_CALL, error != NO_ERROR, error);
    return;
  }
  const offset = handlerOffset(s, vector, gate);
  const selector = gateSelector(gate);
  if (faulted(s)) return;
  const descriptor = handlerCode(s, selector);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  const conforming = (attributes & ATTR_CE) != 0;
  const level = conforming ? currentLevel(s) : attributesDpl(attributes);
  // Virtual-8086 mode is left at level 0 only.
  if (inVirtualMode(s) && level != 0) return raiseGp(s, selector & SELECTOR_ERROR);
  checkTarget(s, descriptor, offset);
  if (faulted(s)) return;
  const inward = openHandlerFrame(s, level, gate);
  const size: u32 = inLongMode(s) ? 8 : attributesOf(gate) & GATE_WIDE ? 4 : 2;
  pushContext(s, size, inward || size == 8, error, source, next);
  markCode(s, selector, descriptor);
  if (faulted(s)) return;
  const virtual = inVirtualMode(s);
  if (inward) commitInnerFrame(s);
  else commitFrame(s);
  const trap = (attributesOf(gate) & GATE_TRAP) != 0;
  clearFlags(s, FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | (trap ? 0 : FLAG_IF));
  if (virtual) dropVirtualData(s);
  enterCode(s, selector, descriptor, offset, level);
}

/** Pushes the interrupted context, outermost first. */
function pushContext(s: u32, size: u32, withStack: bool, error: i32, source: u32, next: u64): void {
  if (inVirtualMode(s)) {
    pushSegment(s, size, GS);
    pushSegment(s, size, FS);
    pushSegment(s, size, DS);
    pushSegment(s, size, ES);
  }
  if (withStack) {
    pushSegment(s, size, SS);
    pushFrame(s, size, load<u64>(s, S_RSP));
  }
  pushFrame(s, size, load<u64>(s, S_FLAGS));
  pushFrame(s, size, codeSelector(s));
  pushFrame(s, size, next);
  if (error != NO_ERROR && source != SOURCE_SOFTWARE) pushFrame(s, size, <u64>(<u32>error));
}

function pushSegment(s: u32, size: u32, segment: u32): void {
  pushFrame(s, size, load<u32>(segmentAt(s, segment), SEG_SELECTOR));
}

/** Leaving virtual-8086 mode empties the data segments. */
function dropVirtualData(s: u32): void {
  setSegment(s, ES, 0, 0, 0, 0);
  setSegment(s, DS, 0, 0, 0, 0);
  setSegment(s, FS, 0, 0, 0, 0);
  setSegment(s, GS, 0, 0, 0, 0);
}
