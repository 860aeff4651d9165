// Exceptions of floating point, as the x87 status word and MXCSR number them, and the control word that all arithmetic here takes:
// MXCSR's own layout (Intel SDM, volume 1, 10.2.3; the x87 unit makes one of its control word).

/** Invalid operation. */
export const IE: u32 = 0x1;
/** Denormal operand. */
export const DE: u32 = 0x2;
/** Division by zero. */
export const ZE: u32 = 0x4;
/** Overflow. */
export const OE: u32 = 0x8;
/** Underflow. */
export const UE: u32 = 0x10;
/** Precision: the result is inexact. */
export const PE: u32 = 0x20;
/** Those found before anything is computed; an unmasked one leaves the others unseen (SDM, volume 1, 4.9.2). */
export const BEFORE_COMPUTATION: u32 = IE | DE | ZE;
/** All of them. */
export const ALL_EXCEPTIONS: u32 = 0x3f;
/** Control: denormal operands count as zeros. */
export const CONTROL_DAZ: u32 = 0x40;
/** Control: exceptions shifted by this are their masks. */
export const MASK_SHIFT: u32 = 7;
/** Control: where the rounding mode is, two bits. */
export const ROUNDING_SHIFT: u32 = 13;
/** Control: tiny results become zeros, if underflow is masked. */
export const CONTROL_FTZ: u32 = 0x8000;
/** To nearest, even if halfway. */
export const ROUND_NEAREST: u32 = 0;
/** Towards minus infinity. */
export const ROUND_DOWN: u32 = 1;
/** Towards plus infinity. */
export const ROUND_UP: u32 = 2;
/** Towards zero. */
export const ROUND_ZERO: u32 = 3;
/** Control: with both bits set, inexactness is on record and masked, and need not be found again. */
export const CONTROL_INEXACT: u32 = PE | (PE << MASK_SHIFT);

/** Control: bits that must be clear for WebAssembly's own result to be right. */
export const CONTROL_SPECIAL: u32 = CONTROL_DAZ | CONTROL_FTZ | (ROUND_ZERO << ROUNDING_SHIFT);

/** Whether nobody would notice that a result is inexact. */
export function isInexactKnown(control: u32): bool {
  return (control & CONTROL_INEXACT) == CONTROL_INEXACT;
}

/** Exceptions since `takeFlags`, u32. */
const FLAGS: usize = memory.data(4, 4);

/** Notes exceptions. */
export function raiseFlags(flags: u32): void {
  store<u32>(FLAGS, load<u32>(FLAGS) | flags);
}

/** The exceptions noted since the last call. */
export function takeFlags(): u32 {
  const flags = load<u32>(FLAGS);
  store<u32>(FLAGS, 0);
  return flags;
}

/** Rounding mode of a control word. */
export function roundingOf(control: u32): u32 {
  return (control >> ROUNDING_SHIFT) & 3;
}

/** Whether an exception (one of the flags) is unmasked. */
export function isUnmasked(control: u32, flag: u32): bool {
  return (control & (flag << MASK_SHIFT)) == 0;
}

/** Those of `flags` that are unmasked. */
export function unmasked(control: u32, flags: u32): u32 {
  return flags & ~(control >> MASK_SHIFT) & ALL_EXCEPTIONS;
}

/**
 * The exceptions that an instruction reports, of all that its operations noted: after an unmasked one that is found before the
 * computation there are no overflow, underflow or inexact result.
 */
export function reported(control: u32, flags: u32): u32 {
  const isEarly = (unmasked(control, flags) & BEFORE_COMPUTATION) != 0;
  return isEarly ? flags & BEFORE_COMPUTATION : flags;
}
