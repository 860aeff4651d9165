// Call gates (AMD64 APM volume 2, section 4.11.2).

import { VECTOR_GP } from "../../../abi/x86/registers.ts";
import { SEG_SELECTOR, SS } from "../interface.ts";
import { read } from "../memory/access.ts";
import { S_MODE, S_NEXT } from "../memory/layout.ts";
import { linearAddress } from "../memory/segmentation.ts";
import {
  checkCodeKind,
  checkTarget,
  codeSelector,
  enterCode,
  isCode,
  isLongCode,
  markCode,
  readTarget,
} from "./code.ts";
import { attributesOf, readUpperHalf, SELECTOR_ERROR, TYPE_CALL_32 } from "./descriptors.ts";
import { faulted, raiseGp } from "./fault.ts";
import { commitFrame, openCurrentFrame, pushFrame, S_RSP } from "./frame.ts";
import { ATTR_CE, ATTR_TYPE, attributesDpl, inLongMode, MODE_STACK_32, segmentAt } from "./mode.ts";
import { currentLevel } from "./segments.ts";
import { commitInnerFrame, openInnerFrame, openInnerLongFrame } from "./stack-switch.ts";

/** Gate: shift of the target's selector. */
const GATE_SELECTOR_SHIFT: u64 = 16;
/** Gate: number of parameters to copy, bits 36 to 32. */
const GATE_COUNT_SHIFT: u64 = 32;
/** Gate: number of parameters. */
const GATE_COUNT_MASK: u32 = 0x1f;

/** Second half of a 64-bit gate: where the type field is, which must be zero. */
const UPPER_TYPE_SHIFT: u64 = 40;
/** Second half of a 64-bit gate: the type field. */
const UPPER_TYPE_MASK: u64 = 0x1f;

/** Selector that a gate names. */
export function gateSelector(gate: u64): u32 {
  return <u32>(gate >> GATE_SELECTOR_SHIFT) & 0xffff;
}

/** Offset that a gate names; 16-bit gates (`wide` false) have 16 bits. */
export function gateOffset(gate: u64, wide: bool): u64 {
  return (gate & 0xffff) | (wide ? (gate >> 32) & 0xffff0000 : 0);
}

/** Width of what a call gate pushes, in bytes. */
function gateSize(s: u32, gate: u64): u32 {
  if (inLongMode(s)) return 8;
  return (attributesOf(gate) & ATTR_TYPE) == TYPE_CALL_32 ? 4 : 2;
}

/** Offset of a call gate, the second half included in long mode; #GP with the gate's selector if that is malformed. */
function callOffset(s: u32, selector: u32, gate: u64): u64 {
  const offset = gateOffset(gate, (attributesOf(gate) & ATTR_TYPE) == TYPE_CALL_32);
  if (!inLongMode(s)) return offset;
  const upper = readUpperHalf(s, selector, VECTOR_GP);
  if (!faulted(s) && (upper >> UPPER_TYPE_SHIFT) & UPPER_TYPE_MASK)
    raiseGp(s, selector & SELECTOR_ERROR);
  return offset | (upper << 32);
}

/** Descriptor of the code that a call gate names; `jump` cannot go inward. */
function gateTarget(s: u32, gate: u64, jump: bool): u64 {
  const selector = gateSelector(gate);
  const descriptor = readTarget(s, selector);
  if (faulted(s)) return 0;
  const attributes = attributesOf(descriptor);
  const dpl = attributesDpl(attributes);
  const cpl = currentLevel(s);
  const outward = jump && !(attributes & ATTR_CE) ? dpl != cpl : dpl > cpl;
  const wrongKind = inLongMode(s) && !isLongCode(s, attributes);
  if (!isCode(attributes) || outward || wrongKind) raiseGp(s, selector & SELECTOR_ERROR);
  else checkCodeKind(s, selector, attributes, VECTOR_GP);
  return descriptor;
}

/** JMP through a call gate that has been checked for privilege and presence. */
export function jumpThroughGate(s: u32, selector: u32, gate: u64): void {
  const offset = callOffset(s, selector, gate);
  if (faulted(s)) return;
  const descriptor = gateTarget(s, gate, true);
  if (!faulted(s)) checkTarget(s, descriptor, offset);
  if (faulted(s)) return;
  markCode(s, gateSelector(gate), descriptor);
  if (!faulted(s)) enterCode(s, gateSelector(gate), descriptor, offset, currentLevel(s));
}

/** Parameter number `index` on the caller's stack. */
function readParameter(s: u32, index: u32, size: u32): u64 {
  const mask: u64 = load<u32>(s, S_MODE) & MODE_STACK_32 ? 0xffffffff : 0xffff;
  const offset = (load<u64>(s, S_RSP) + index * size) & mask;
  const linear = linearAddress(s, SS, offset, size, false);
  if (faulted(s)) return 0;
  return size == 4 ? <u64>read<u32>(s, linear) : <u64>read<u16>(s, linear);
}

/** Opens the inner stack and pushes the caller's stack pointer and parameters. */
function pushInward(s: u32, gate: u64, level: u32, size: u32): void {
  const long = inLongMode(s);
  if (long) openInnerLongFrame(s, level, 0);
  else openInnerFrame(s, level);
  pushFrame(s, size, load<u32>(segmentAt(s, SS), SEG_SELECTOR));
  pushFrame(s, size, load<u64>(s, S_RSP));
  const count = long ? 0 : <u32>(gate >> GATE_COUNT_SHIFT) & GATE_COUNT_MASK;
  for (let i = count; i > 0 && !faulted(s); i--) pushFrame(s, size, readParameter(s, i - 1, size));
}

/** CALL through a call gate that has been checked for privilege and presence. */
export function callThroughGate(s: u32, selector: u32, gate: u64): void {
  const offset = callOffset(s, selector, gate);
  if (faulted(s)) return;
  const descriptor = gateTarget(s, gate, false);
  if (!faulted(s)) checkTarget(s, descriptor, offset);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  const dpl = attributesDpl(attributes);
  const inward = !(attributes & ATTR_CE) && dpl < currentLevel(s);
  const size = gateSize(s, gate);
  if (inward) pushInward(s, gate, dpl, size);
  else openCurrentFrame(s);
  pushFrame(s, size, codeSelector(s));
  pushFrame(s, size, load<u64>(s, S_NEXT));
  markCode(s, gateSelector(gate), descriptor);
  if (faulted(s)) return;
  if (inward) commitInnerFrame(s);
  else commitFrame(s);
  enterCode(s, gateSelector(gate), descriptor, offset, inward ? dpl : currentLevel(s));
}
