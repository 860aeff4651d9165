// Far JMP, CALL and RET (AMD64 APM volume 3), directly, through call gates and through task gates.

import { VECTOR_GP, VECTOR_NP } from "../../../abi/x86/registers.ts";
import { SS } from "../interface.ts";
import { S_FRAME_MASK, S_FRAME_POINTER, S_NEXT } from "../memory/layout.ts";
import {
  checkDirect,
  checkReturn,
  checkTarget,
  codeSelector,
  cutOffset,
  enterCode,
  enterParagraph,
  isCode,
  markCode,
  readTarget,
} from "./code.ts";
import {
  attributesOf,
  cacheDescriptor,
  isNull,
  markDescriptor,
  readDescriptor,
  SELECTOR_ERROR,
  SELECTOR_RPL,
  setSegment,
  TYPE_CALL_16,
  TYPE_CALL_32,
  TYPE_TASK_GATE,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from "./descriptors.ts";
import { faulted, raiseException, raiseGp } from "./fault.ts";
import { commitFrame, openCurrentFrame, popFrame, pushFrame, skipFrame } from "./frame.ts";
import { callThroughGate, jumpThroughGate } from "./gates.ts";
import {
  ATTR_ACCESSED,
  ATTR_L,
  ATTR_P,
  ATTR_TYPE,
  attributesDpl,
  inLongMode,
  inRealAddressing,
  updateMode,
} from "./mode.ts";
import { checkStack, currentLevel, dropPrivilegedData } from "./segments.ts";
import { SWITCH_CALL, SWITCH_JUMP, switchTask, taskOfGate } from "./tasks.ts";

/** JMP to selector:offset; `operandSize` is 2, 4 or 8 bytes. */
export function farJump(s: u32, selector: u32, offset: u64, operandSize: u32): void {
  offset = cutOffset(offset, operandSize);
  if (inRealAddressing(s)) return enterParagraph(s, selector, offset);
  const descriptor = readTarget(s, selector);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  if (!isCode(attributes)) return transferToSystem(s, selector, descriptor, false);
  checkDirect(s, selector, attributes);
  if (!faulted(s)) checkTarget(s, descriptor, offset);
  markCode(s, selector, descriptor);
  if (!faulted(s)) enterCode(s, selector, descriptor, offset, currentLevel(s));
}

/** CALL to selector:offset; pushes CS and the next RIP with `operandSize` bytes each. */
export function farCall(s: u32, selector: u32, offset: u64, operandSize: u32): void {
  offset = cutOffset(offset, operandSize);
  const real = inRealAddressing(s);
  const descriptor = real ? 0 : readTarget(s, selector);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  if (!real && !isCode(attributes)) return transferToSystem(s, selector, descriptor, true);
  if (!real) {
    checkDirect(s, selector, attributes);
    if (!faulted(s)) checkTarget(s, descriptor, offset);
    markCode(s, selector, descriptor);
    if (faulted(s)) return;
  }
  openCurrentFrame(s);
  pushFrame(s, operandSize, codeSelector(s));
  pushFrame(s, operandSize, load<u64>(s, S_NEXT));
  if (faulted(s)) return;
  if (real) enterParagraph(s, selector, offset);
  else enterCode(s, selector, descriptor, offset, currentLevel(s));
  if (!faulted(s)) commitFrame(s);
}

/** JMP or CALL to a gate or a TSS. */
function transferToSystem(s: u32, selector: u32, descriptor: u64, call: bool): void {
  const attributes = attributesOf(descriptor);
  const type = attributes & (ATTR_TYPE | 0x10);
  const error = selector & SELECTOR_ERROR;
  const long = inLongMode(s);
  const isCallGate = type == TYPE_CALL_32 || (!long && type == TYPE_CALL_16);
  const isTask = !long && (type == TYPE_TASK_GATE || type == TYPE_TSS_16 || type == TYPE_TSS_32);
  const dpl = attributesDpl(attributes);
  if (!isCallGate && !isTask) return raiseGp(s, error);
  if (dpl < currentLevel(s) || dpl < (selector & SELECTOR_RPL)) return raiseGp(s, error);
  if (!(attributes & ATTR_P)) return raiseException(s, VECTOR_NP, <i32>error);
  if (isCallGate) {
    if (call) callThroughGate(s, selector, descriptor);
    else jumpThroughGate(s, selector, descriptor);
    return;
  }
  const tss = type == TYPE_TASK_GATE ? taskOfGate(s, descriptor) : selector;
  if (!faulted(s)) switchTask(s, tss, call ? SWITCH_CALL : SWITCH_JUMP, false, 0);
}

/** Far RET; `pop` is the immediate's number of bytes to drop from both stacks. */
export function farReturn(s: u32, operandSize: u32, pop: u32): void {
  openCurrentFrame(s);
  const offset = popFrame(s, operandSize);
  const selector = <u32>popFrame(s, operandSize) & 0xffff;
  if (faulted(s)) return;
  if (inRealAddressing(s)) {
    enterParagraph(s, selector, offset);
    skipFrame(s, pop);
    if (!faulted(s)) commitFrame(s);
    return;
  }
  const descriptor = readTarget(s, selector);
  if (faulted(s)) return;
  checkReturn(s, selector, attributesOf(descriptor));
  if (!faulted(s)) checkTarget(s, descriptor, offset);
  markCode(s, selector, descriptor);
  if (faulted(s)) return;
  skipFrame(s, pop);
  const level = selector & SELECTOR_RPL;
  if (level == currentLevel(s)) {
    commitFrame(s);
    enterCode(s, selector, descriptor, offset, level);
    return;
  }
  const pointer = popFrame(s, operandSize);
  const stack = <u32>popFrame(s, operandSize) & 0xffff;
  if (!faulted(s)) returnOutward(s, selector, descriptor, offset, stack, pointer, pop);
}

/**
 * Goes to an outer level with that level's stack; shared by RET and IRET. The code descriptor has been checked; `pop` more
 * bytes are dropped from the new stack. Sets #GP or #SS for the stack.
 */
export function returnOutward(
  s: u32,
  selector: u32,
  descriptor: u64,
  offset: u64,
  stack: u32,
  pointer: u64,
  pop: u32,
): void {
  const level = selector & SELECTOR_RPL;
  const long = inLongMode(s) && (attributesOf(descriptor) & ATTR_L) != 0;
  let stackDescriptor: u64 = 0;
  if (isNull(stack)) {
    if (!long || level == 3 || (stack & SELECTOR_RPL) != level) return raiseGp(s, 0);
    setSegment(s, SS, stack, 0, 0, 0);
  } else {
    stackDescriptor = readDescriptor(s, stack, VECTOR_GP);
    if (!faulted(s)) checkStack(s, stack, attributesOf(stackDescriptor), level, VECTOR_GP);
    if (!faulted(s)) markDescriptor(s, stack, stackDescriptor, ATTR_ACCESSED);
    if (faulted(s)) return;
    cacheDescriptor(s, SS, stack, stackDescriptor);
  }
  enterCode(s, selector, descriptor, offset, level);
  setStackPointer(s, pointer + pop);
  dropPrivilegedData(s);
  updateMode(s);
}

/** Writes RSP, ESP or SP, by the width of the present stack. */
export function setStackPointer(s: u32, pointer: u64): void {
  openCurrentFrame(s);
  store<u64>(s, pointer & load<u64>(s, S_FRAME_MASK), S_FRAME_POINTER);
  commitFrame(s);
}
