// IRET (AMD64 APM volume 3) in real, virtual-8086, protected and long mode.

import {
  FLAG_AC,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
} from "../../../abi/x86/registers.ts";
import { CS, DS, ES, FS, GS, S_FLAGS, S_NMI_BLOCKED, SS } from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";
import { EXIT_IRET, intercept } from "../svm/intercepts.ts";
import {
  checkReturn,
  checkTarget,
  enterCode,
  enterParagraph,
  markCode,
  readTarget,
} from "./code.ts";
import { attributesOf, SELECTOR_RPL } from "./descriptors.ts";
import { faulted, raiseGp } from "./fault.ts";
import { assignFlags, inVirtualMode, ioLevel } from "./flags.ts";
import { commitFrame, openCurrentFrame, popFrame } from "./frame.ts";
import { inLongCode, inLongMode, inRealAddressing, updateMode } from "./mode.ts";
import { currentLevel, loadVirtual, setLevel, VIRTUAL_LIMIT } from "./segments.ts";
import { returnFromTask } from "./tasks.ts";
import { returnOutward, setStackPointer } from "./transfer.ts";

/** IRET with `operandSize` 2, 4 or 8 bytes; sets S_NEXT to where execution goes on. Ends the blocking of NMIs. */
export function interruptReturn(s: u32, operandSize: u32): void {
  if (intercept(s, EXIT_IRET)) return;
  if (inRealAddressing(s)) returnReal(s, operandSize);
  else if (load<u32>(s, S_FLAGS) & FLAG_NT) {
    if (inLongMode(s)) raiseGp(s, 0);
    else returnFromTask(s);
  } else returnProtected(s, operandSize);
  if (!faulted(s)) store<u32>(s, 0, S_NMI_BLOCKED);
}

function returnReal(s: u32, size: u32): void {
  const virtual = inVirtualMode(s);
  if (virtual && ioLevel(s) != 3) return raiseGp(s, 0);
  openCurrentFrame(s);
  const offset = popFrame(s, size);
  const selector = <u32>popFrame(s, size) & 0xffff;
  const flags = <u32>popFrame(s, size);
  if (!faulted(s)) enterParagraph(s, selector, offset);
  if (faulted(s)) return;
  commitFrame(s);
  assignFlags(s, flags, size, virtual ? 3 : 0, FLAG_RF);
  updateMode(s);
}

function returnProtected(s: u32, size: u32): void {
  openCurrentFrame(s);
  const offset = popFrame(s, size);
  const selector = <u32>popFrame(s, size) & 0xffff;
  const flags = <u32>popFrame(s, size);
  if (faulted(s)) return;
  const cpl = currentLevel(s);
  if (size == 4 && flags & FLAG_VM && cpl == 0 && !inLongMode(s))
    return returnVirtual(s, selector, offset, flags);
  const descriptor = readTarget(s, selector);
  if (faulted(s)) return;
  checkReturn(s, selector, attributesOf(descriptor));
  if (!faulted(s)) checkTarget(s, descriptor, offset);
  markCode(s, selector, descriptor);
  if (faulted(s)) return;
  const level = selector & SELECTOR_RPL;
  if (level == cpl && !inLongCode(s)) {
    commitFrame(s);
    enterCode(s, selector, descriptor, offset, level);
  } else {
    const pointer = popFrame(s, size);
    const stack = <u32>popFrame(s, size) & 0xffff;
    if (!faulted(s)) returnOutward(s, selector, descriptor, offset, stack, pointer, 0);
  }
  if (!faulted(s))
    assignFlags(s, flags, size, cpl, FLAG_RF | (cpl == 0 && size != 2 ? FLAG_VIF | FLAG_VIP : 0));
}

/** Enters virtual-8086 mode from level 0 with the nine values of its frame. */
function returnVirtual(s: u32, selector: u32, offset: u64, flags: u32): void {
  const pointer = popFrame(s, 4);
  const stack = <u32>popFrame(s, 4);
  const es = <u32>popFrame(s, 4);
  const ds = <u32>popFrame(s, 4);
  const fs = <u32>popFrame(s, 4);
  const gs = <u32>popFrame(s, 4);
  if (faulted(s)) return;
  if (offset > VIRTUAL_LIMIT) return raiseGp(s, 0);
  const extra = FLAG_VIF | FLAG_VIP | FLAG_IOPL | FLAG_IF | FLAG_AC | FLAG_ID | FLAG_RF;
  assignFlags(s, flags, 4, 0, extra);
  store<u64>(s, load<u64>(s, S_FLAGS) | FLAG_VM, S_FLAGS);
  loadVirtual(s, CS, selector);
  loadVirtual(s, SS, stack);
  loadVirtual(s, ES, es);
  loadVirtual(s, DS, ds);
  loadVirtual(s, FS, fs);
  loadVirtual(s, GS, gs);
  setLevel(s, 3);
  updateMode(s);
  setStackPointer(s, pointer);
  store<u64>(s, offset, S_NEXT);
}
