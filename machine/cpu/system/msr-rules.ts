// EFER's rules, and the registers that answer with a constant: what operating systems look at on every processor of the kind.

import {
  MSR_MTRR_CAP,
  MSR_PLATFORM_INFO,
  MSR_PRED_CMD,
  MSR_SMI_COUNT,
  MSR_SPEC_CTRL,
} from "../../../abi/x86/msr.ts";
import {
  CR0_PG,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SCE,
  EFER_SVME,
} from "../../../abi/x86/registers.ts";
import {
  FEATURE_AUTOIBRS,
  FEATURE_INT_WBINVD,
  FEATURE_NX,
  FEATURE_SVM,
  FEATURE_TCE,
} from "../features.ts";
import { S_CR0, S_EFER, S_MISC_ENABLE, S_SPEC_CTRL } from "../interface.ts";
import { VENDOR_AMD } from "../memory/layout.ts";
import { hasFeature, vendor } from "../memory/machine.ts";
import { flushTranslations } from "../memory/tlb.ts";
import { isSvmDisabled } from "../svm/msrs.ts";
import { raiseGp } from "./fault.ts";
import { machineCheckCapabilities } from "./machine-check.ts";
import { updateMode } from "./mode.ts";
import { MTRR_VARIABLE } from "./mtrr.ts";

/** Platform id (Intel). */
const MSR_PLATFORM_ID: u32 = 0x17;
/** Feature control (Intel). */
const MSR_FEATURE_CONTROL: u32 = 0x3a;
/** Microcode revision. */
const MSR_PATCH_LEVEL: u32 = 0x8b;
/** What of speculation can be controlled, or does no harm (Intel). */
const MSR_ARCH_CAPABILITIES: u32 = 0x10a;
/** Machine check: capabilities. */
const MSR_MCG_CAP: u32 = 0x179;
/** System configuration (AMD). */
const MSR_SYSCFG: u32 = 0xc0010010;
/** Hardware configuration (AMD). */
const MSR_HWCR: u32 = 0xc0010015;
/** Northbridge configuration (AMD). */
const MSR_NB_CFG: u32 = 0xc001001f;
/** Interrupt pending (AMD). */
const MSR_INT_PENDING: u32 = 0xc0010055;
/** SVM features (AMD). */
const MSR_VM_CR: u32 = 0xc0010114;
/** Host save area of SVM (AMD). */
const MSR_VM_HSAVE_PA: u32 = 0xc0010117;
/** Decoder configuration (AMD). */
const MSR_DE_CFG: u32 = 0xc0011029;

/** Feature control: locked, with nothing enabled. */
const FEATURE_CONTROL_LOCKED: u64 = 1;
/** MTRR capabilities: fixed ranges and write-combining, beside the number of variable ranges. */
const MTRR_CAP_FIXED_WC: u64 = 0x500;
/** HWCR: the TSC runs at the nominal frequency. */
const HWCR_TSC_NOMINAL: u64 = 0x1000000;
/** DE_CFG: LFENCE serialises. */
const DE_CFG_LFENCE: u64 = 2;
/** SPEC_CTRL: IBRS, STIBP, SSBD. Nothing is speculated upon here; they keep what is written. */
const SPEC_CTRL_BITS: u64 = 0x7;
/** PRED_CMD: IBPB. */
const PRED_CMD_BITS: u64 = 0x1;
/**
 * ARCH_CAPABILITIES (Intel SDM volume 4, table 2-2): IBRS_ALL, and none of what speculation brings: RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO,
 * IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO.
 */
const ARCH_CAPABILITIES: u64 = 0x400000000d10e17b;
/** Patch level (Intel): the revision of the microcode is in 63:32. That of the signature in CPUID since which no errata are left that
 * operating systems work around (TSC_DEADLINE). */
const MICROCODE_REVISION: u64 = 0x0200700600000000;
/** Platform information: ten times 100 MHz. */
const PLATFORM_RATIO: u64 = 0xa00;
/** MISC_ENABLE after power-on: fast strings; no branch trace, no PEBS. */
export const MISC_ENABLE_RESET: u64 = 0x1801;
/** MISC_ENABLE: what there is (Intel SDM volume 4, table 2-2): fast strings, thermal control, performance monitoring (read-only), no branch
 * trace and no PEBS (read-only), SpeedStep, MONITOR, limited CPUID, xTPR, NX off. */
const MISC_ENABLE_BITS: u64 = 0x400c51889;
/** MISC_ENABLE: what does not change. */
const MISC_ENABLE_FIXED: u64 = 0x1880;
/** MISC_ENABLE: CPUID has leaves up to 2 only. */
const MISC_ENABLE_LIMIT_CPUID: u64 = 0x400000;
/** MISC_ENABLE: there is no NX. */
const MISC_ENABLE_NO_NX: u64 = 0x400000000;
/** Bits of EFER that software may set. */
const EFER_BITS: u64 = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;

/** EFER: automatic IBRS (AMD64 APM volume 2, section 3.1.7). It is kept, and nothing is speculated upon here. */
const EFER_AIBRSE: u64 = 0x200000;
/** EFER: INVLPG forgets fewer directories, WBINVD can be interrupted: neither can be seen here. */
const EFER_TCE: u64 = 0x8000;
const EFER_INTWB: u64 = 0x40000;

/**
 * Performance monitoring as all AMD processors since the K7 have it (APM volume 2, section 13.2): four selections and four counters of 48
 * bits. They keep what is written; what they select never occurs.
 */
export const MSR_PERFORMANCE_FIRST: u32 = 0xc0010000;
const MSR_PERFORMANCE_COUNTER: u32 = 0xc0010004;
const MSR_PERFORMANCE_LAST: u32 = 0xc0010007;
const PERFORMANCE_COUNTER_BITS: u64 = 0xffffffffffff;

/** Whether a register is one of those that control speculation. */
export function isSpeculationControl(msr: u32): bool {
  return vendor() != VENDOR_AMD && (msr == MSR_SPEC_CTRL || msr == MSR_PRED_CMD);
}

/** WRMSR to SPEC_CTRL or PRED_CMD; #GP(0) for bits that do not exist. */
export function writeSpeculationControl(s: u32, msr: u32, value: u64): void {
  if (value & ~(msr == MSR_SPEC_CTRL ? SPEC_CTRL_BITS : PRED_CMD_BITS)) raiseGp(s, 0);
  else if (msr == MSR_SPEC_CTRL) store<u64>(s, value, S_SPEC_CTRL);
}

/** Whether a register is one of performance monitoring's. */
export function isPerformance(msr: u32): bool {
  return vendor() == VENDOR_AMD && msr >= MSR_PERFORMANCE_FIRST && msr <= MSR_PERFORMANCE_LAST;
}

/** What such a register keeps of a value. */
export function performanceValue(msr: u32, value: u64): u64 {
  return msr < MSR_PERFORMANCE_COUNTER ? value : value & PERFORMANCE_COUNTER_BITS;
}

function isAmdRegister(msr: u32): bool {
  switch (msr) {
    case MSR_SYSCFG:
    case MSR_HWCR:
    case MSR_NB_CFG:
    case MSR_INT_PENDING:
    case MSR_VM_CR:
    case MSR_VM_HSAVE_PA:
    case MSR_DE_CFG:
      return true;
    default:
      return false;
  }
}

function isIntelRegister(msr: u32): bool {
  switch (msr) {
    case MSR_PLATFORM_ID:
    case MSR_ARCH_CAPABILITIES:
    case MSR_FEATURE_CONTROL:
    case MSR_PLATFORM_INFO:
    case MSR_SMI_COUNT:
      return true;
    default:
      return false;
  }
}

/** Whether a register reads as a constant and ignores writes, on a processor of this vendor. */
export function isFixedMsr(msr: u32): bool {
  switch (msr) {
    case MSR_PATCH_LEVEL:
    case MSR_MTRR_CAP:
    case MSR_MCG_CAP:
      return true;
    default:
      return vendor() == VENDOR_AMD ? isAmdRegister(msr) : isIntelRegister(msr);
  }
}

/** What a fixed register reads as. */
export function fixedMsr(msr: u32): u64 {
  switch (msr) {
    case MSR_MCG_CAP:
      return machineCheckCapabilities();
    case MSR_MTRR_CAP:
      return MTRR_CAP_FIXED_WC | MTRR_VARIABLE;
    case MSR_HWCR:
      return HWCR_TSC_NOMINAL;
    case MSR_DE_CFG:
      return DE_CFG_LFENCE;
    case MSR_PATCH_LEVEL:
      return vendor() == VENDOR_AMD ? 0 : MICROCODE_REVISION;
    case MSR_FEATURE_CONTROL:
      return FEATURE_CONTROL_LOCKED;
    case MSR_ARCH_CAPABILITIES:
      return ARCH_CAPABILITIES;
    case MSR_PLATFORM_INFO:
      return PLATFORM_RATIO;
    default:
      return 0;
  }
}

/** Bits of EFER that this CPU has. */
export function eferBits(s: u32): u64 {
  let bits = isNxOff(s) ? EFER_BITS & ~(<u64>EFER_NXE) : EFER_BITS;
  if (vendor() != VENDOR_AMD) return bits;
  if (hasFeature(FEATURE_SVM)) bits |= EFER_SVME;
  if (hasFeature(FEATURE_TCE)) bits |= EFER_TCE;
  if (hasFeature(FEATURE_INT_WBINVD)) bits |= EFER_INTWB;
  return hasFeature(FEATURE_AUTOIBRS) ? bits | EFER_AIBRSE : bits;
}

/** WRMSR to EFER: LMA follows LME and paging, LME is fixed while paging is on; #GP(0) for bits that do not exist. */
export function writeEfer(s: u32, value: u64): void {
  const old = load<u64>(s, S_EFER);
  const paging = (load<u32>(s, S_CR0) & CR0_PG) != 0;
  if ((value & ~old & EFER_SVME) !== 0 && isSvmDisabled(s)) return raiseGp(s, 0);
  if (value & ~eferBits(s) || (paging && (old ^ value) & EFER_LME)) return raiseGp(s, 0);
  store<u64>(s, (value & ~(<u64>EFER_LMA)) | (old & EFER_LMA), S_EFER);
  if ((old ^ value) & EFER_NXE) flushTranslations(s);
  updateMode(s);
}

/** Whether the processor has MISC_ENABLE. */
export function hasMiscEnable(): bool {
  return vendor() != VENDOR_AMD;
}

/** WRMSR to MISC_ENABLE; #GP(0) for bits that do not exist. */
export function writeMiscEnable(s: u32, value: u64): void {
  if (value & ~(<u64>MISC_ENABLE_BITS)) return raiseGp(s, 0);
  const fixed = load<u64>(s, S_MISC_ENABLE) & MISC_ENABLE_FIXED;
  store<u64>(s, (value & ~(<u64>MISC_ENABLE_FIXED)) | fixed, S_MISC_ENABLE);
}

/** Whether CPUID has leaves up to 2 only. */
export function isCpuidLimited(s: u32): bool {
  return hasMiscEnable() && (load<u64>(s, S_MISC_ENABLE) & MISC_ENABLE_LIMIT_CPUID) != 0;
}

/** Whether there is no NX, or it was switched off. */
export function isNxOff(s: u32): bool {
  if (!hasFeature(FEATURE_NX)) return true;
  return hasMiscEnable() && (load<u64>(s, S_MISC_ENABLE) & MISC_ENABLE_NO_NX) != 0;
}
