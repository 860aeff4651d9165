// RFLAGS as software may change it: POPF, PUSHF, CLI, STI and the flags part of IRET (AMD64 APM volume 3). The interpreter
// has stored exact flags in S_FLAGS before it calls.

import {
  FLAG_AC,
  FLAG_AF,
  FLAG_CF,
  FLAG_DF,
  FLAG_FIXED,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_OF,
  FLAG_PF,
  FLAG_RF,
  FLAG_SF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
  FLAG_ZF,
} from "../../../abi/x86/registers.ts";
import { S_FLAGS, S_SHADOW, SHADOW_STI } from "../interface.ts";
import { S_MODE } from "../memory/layout.ts";
import { raiseGp } from "./fault.ts";
import { MODE_VM86 } from "./mode.ts";
import { currentLevel } from "./segments.ts";

/** Shift of the I/O privilege level. */
const IOPL_SHIFT: u32 = 12;
/** What any privilege may change. */
const FLAGS_ANYONE: u32 =
  FLAG_CF |
  FLAG_PF |
  FLAG_AF |
  FLAG_ZF |
  FLAG_SF |
  FLAG_TF |
  FLAG_DF |
  FLAG_OF |
  FLAG_NT |
  FLAG_AC |
  FLAG_ID;
/** The part of RFLAGS that 16-bit operations touch. */
const FLAGS_LOW: u32 = 0xffff;

/** I/O privilege level. */
export function ioLevel(s: u32): u32 {
  return (load<u32>(s, S_FLAGS) & FLAG_IOPL) >> IOPL_SHIFT;
}

/** Whether the CPU is in virtual-8086 mode. */
export function inVirtualMode(s: u32): bool {
  return (load<u32>(s, S_MODE) & MODE_VM86) != 0;
}

/** Sets #GP(0) in virtual-8086 mode with IOPL below 3; returns whether it did. */
function refusedByIopl(s: u32): bool {
  if (!inVirtualMode(s) || ioLevel(s) == 3) return false;
  raiseGp(s, 0);
  return true;
}

/**
 * Writes RFLAGS from an image of `size` bytes, as far as privilege level `level` may: IF at or below IOPL, IOPL and the
 * virtual interrupt flags at level 0 only. `extra` are further flags taken from the image. Never changes VM.
 */
export function assignFlags(s: u32, image: u32, size: u32, level: u32, extra: u32): void {
  const old = load<u32>(s, S_FLAGS);
  let mask = FLAGS_ANYONE | extra;
  if (level <= ioLevel(s)) mask |= FLAG_IF;
  if (level == 0) mask |= FLAG_IOPL;
  if (size == 2) mask &= FLAGS_LOW;
  store<u64>(s, (old & ~mask) | (image & mask) | FLAG_FIXED, S_FLAGS);
}

/** POPF: sets RFLAGS from an image popped with `size` bytes. #GP(0) in virtual-8086 mode with IOPL below 3. */
export function popFlags(s: u32, image: u64, size: u32): void {
  if (refusedByIopl(s)) return;
  assignFlags(s, <u32>image, size, currentLevel(s), 0);
  const cleared = FLAG_RF | (size == 2 || currentLevel(s) != 0 ? 0 : FLAG_VIF | FLAG_VIP);
  store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>cleared), S_FLAGS);
}

/** PUSHF: the image to push, RF and VM clear. #GP(0) in virtual-8086 mode with IOPL below 3. */
export function pushedFlags(s: u32): u64 {
  if (refusedByIopl(s)) return 0;
  return load<u64>(s, S_FLAGS) & ~(<u64>(FLAG_RF | FLAG_VM));
}

/** Sets #GP(0) unless CLI and STI are permitted; returns whether they are. */
function mayChangeInterrupts(s: u32): bool {
  if (currentLevel(s) <= ioLevel(s)) return true;
  raiseGp(s, 0);
  return false;
}

/** CLI. */
export function cli(s: u32): void {
  if (mayChangeInterrupts(s)) store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>FLAG_IF), S_FLAGS);
}

/** STI: interrupts stay blocked for one more instruction if they were off. */
export function sti(s: u32): void {
  if (!mayChangeInterrupts(s)) return;
  const flags = load<u64>(s, S_FLAGS);
  if (!(flags & FLAG_IF)) store<u32>(s, SHADOW_STI, S_SHADOW);
  store<u64>(s, flags | FLAG_IF, S_FLAGS);
}
