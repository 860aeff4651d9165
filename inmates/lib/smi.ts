// System management interrupts: time that the firmware takes away unseen. Intel counts them.
import { MSR_SMI_COUNT } from "../../abi/x86/msr.ts";
import { cpuSignature, isIntel } from "./cpu.ts";
import { readMsr } from "./hardware.ts";

const FAMILY_MASK: u32 = 0xf00;
const FAMILY_6: u32 = 0x600;
const MODEL_SHIFT: u32 = 4;
const EXTENDED_MODEL_SHIFT: u32 = 12;
/** Nehalem, the first model with the counter (Intel manual, volume 4, table 2-15). */
const FIRST_MODEL: u32 = 0x1a;
/** Older Atoms have higher numbers, and none. */
const BONNELL: u32 = 0x1c;
const LINCROFT: u32 = 0x26;
const PENWELL: u32 = 0x27;
const CLOVERVIEW: u32 = 0x35;
const CEDARVIEW: u32 = 0x36;

/** Does this CPU count system management interrupts? */
export function hasSmiCounter(): bool {
  if (!isIntel()) return false;
  const signature = cpuSignature();
  if ((signature & FAMILY_MASK) != FAMILY_6) return false;
  const model = ((signature >> MODEL_SHIFT) & 0xf) | ((signature >> EXTENDED_MODEL_SHIFT) & 0xf0);
  const isOldAtom =
    model == BONNELL ||
    model == LINCROFT ||
    model == PENWELL ||
    model == CLOVERVIEW ||
    model == CEDARVIEW;
  return model >= FIRST_MODEL && !isOldAtom;
}

/** How many there have been since reset. */
export function readSmiCount(): u32 {
  return <u32>readMsr(MSR_SMI_COUNT);
}
