// EFER (AMD64 Architecture Programmer's Manual, volume 2, section 3.1.7). Linux writes it at each CPU's bring-up, before that has an
// IDT: what the processor takes must not raise #GP.

import { REG_CR0, REG_EFER } from "../../../abi/platform.ts";
import {
  CR0_PG,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SCE,
  EFER_SVME,
} from "../../../abi/x86/registers.ts";
import { readRegister, writeRegister } from "../../platform.ts";
import { announcedBits, PART_EBX, PART_ECX, PART_EDX } from "../features.ts";
import { machine } from "../state.ts";

const LEAF_EXTENDED: u32 = 0x80000001;
const LEAF_SIZES: u32 = 0x80000008;
const LEAF_EXTENDED_2: u32 = 0x80000021;

const EFER_FFXSR: u32 = 0x4000;
const EFER_TCE: u32 = 0x8000;
const EFER_MCOMMIT: u32 = 0x20000;
const EFER_INTWB: u32 = 0x40000;
const EFER_UAIE: u32 = 0x100000;
const EFER_AIBRSE: u32 = 0x200000;

/** Of both vendors (features.ts). */
// biome-ignore format: a table
const COMMON: usize = memory.data<u32>([
  LEAF_EXTENDED, PART_EDX, 0x800, EFER_SCE,
  LEAF_EXTENDED, PART_EDX, 0x20000000, EFER_LME | EFER_LMA,
  LEAF_EXTENDED, PART_EDX, 0x100000, EFER_NXE,
  0, 0, 0, 0,
]);
/** Of AMD only. */
// biome-ignore format: a table
const AMD: usize = memory.data<u32>([
  LEAF_EXTENDED, PART_EDX, 0x2000000, EFER_FFXSR,
  LEAF_EXTENDED, PART_ECX, 0x20000, EFER_TCE,
  LEAF_SIZES, PART_EBX, 0x100, EFER_MCOMMIT,
  LEAF_SIZES, PART_EBX, 0x2000, EFER_INTWB,
  LEAF_EXTENDED_2, 0, 0x80, EFER_UAIE,
  LEAF_EXTENDED_2, 0, 0x100, EFER_AIBRSE,
  0, 0, 0, 0,
]);

/**
 * What the calling CPU takes. SVME is ignored: on AMD it is the hypervisor's, elsewhere there is none. LMSLE is refused, because
 * nothing announces it (leaf 0x80000008 denies it where it is gone), Linux does without, and where a processor does not have it the
 * guest could not be entered any more (volume 2, section 15.5.1).
 */
function allowedBits(cpu: u32): u64 {
  const bits = announcedBits(cpu, COMMON) | EFER_SVME;
  return machine().isAmd ? bits | announcedBits(cpu, AMD) : bits;
}

/**
 * A trapped write: LMA follows CR0.PG, LME cannot change under paging, SVME stays as it is shown. Returns false for a value that
 * raises #GP.
 */
export function writeEfer(cpu: u32, value: u64): bool {
  const current = readRegister(cpu, REG_EFER);
  if (value & ~allowedBits(cpu)) return false;
  if ((value ^ current) & EFER_LME && readRegister(cpu, REG_CR0) & CR0_PG) return false;
  const kept: u64 = EFER_LMA | EFER_SVME;
  let next = (value & ~kept) | (current & EFER_LMA);
  if (machine().isAmd) next |= EFER_SVME;
  writeRegister(cpu, REG_EFER, next);
  return true;
}
