// CPUID (AMD64 APM volume 3, appendix E): an EPYC-like AMD or a Xeon-like Intel processor, with what the interpreter has and
// nothing else.

import { MSR_APIC_BASE } from "../../../abi/x86/msr.ts";
import { CR4_OSXSAVE } from "../../../abi/x86/registers.ts";
import { call } from "../bus.ts";
import {
  FEATURE_INVLPGB,
  FEATURE_SVM,
  FEATURE_XSAVE,
  WORD_1_ECX,
  WORD_7_EBX,
  WORD_7_ECX,
  WORD_EXTENDED_7_EBX,
  WORD_EXTENDED_8_EBX,
  WORD_EXTENDED_21_EAX,
  WORD_EXTENDED_ECX,
  WORD_EXTENDED_EDX,
  WORD_SVM_EDX,
} from "../features.ts";
import {
  BUS_HANDLED,
  BUS_MSR_READ,
  EXIT_CPUID,
  G_INTERCEPTS,
  INTERCEPT_CPUID,
  S_BUS_ADDRESS,
  S_BUS_VALUE,
  S_CR4,
  S_GPR,
  S_GUEST,
  S_INDEX,
} from "../interface.ts";
import { VENDOR_AMD } from "../memory/layout.ts";
import { cpuCount, hasFeature, missingFeatures, stateOf, vendor } from "../memory/machine.ts";
import { PHYSICAL_BITS } from "../memory/paging.ts";
import { EXIT_CPUID_SVM, intercept } from "../svm/intercepts.ts";
import { raiseInstructionExit } from "./fault.ts";
import { isCpuidLimited, isNxOff } from "./msr-rules.ts";

/** IA32_APIC_BASE: enabled. */
const APIC_BASE_ENABLED: u32 = 0x800;
/** Parts of a result. */
const EAX: u32 = 0;
const EBX: u32 = 1;
const ECX: u32 = 2;
const EDX: u32 = 3;
/** First extended leaf. */
const EXTENDED: u32 = 0x80000000;
/** Highest leaf of an AMD processor (0xd: extended state). */
const AMD_MAX: u32 = 0xd;
/** Highest leaf of an Intel processor (0x16: frequencies). */
const INTEL_MAX: u32 = 0x16;
/** Highest leaf where MISC_ENABLE limits them. */
const LIMITED_MAX: u32 = 2;
/** Highest extended leaf (AMD: what later processors have). */
const AMD_EXTENDED_MAX: u32 = 0x80000021;
/** Highest extended leaf (Intel). */
const INTEL_EXTENDED_MAX: u32 = 0x80000008;
/** Family 0x17, model 1, stepping 2. */
const AMD_SIGNATURE: u32 = 0x00800f12;
/** Family 6, model 0x55, stepping 4. */
const INTEL_SIGNATURE: u32 = 0x00050654;
/** Cache line of 64 bytes, in units of eight, in its place in leaf 1. */
const LINE_SIZE: u32 = 0x800;
/** Leaf 1 EDX: FPU DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2, and HTT with several CPUs. */
const FEATURES_EDX: u32 = 0x078bfbfd;
const FEATURES_APIC: u32 = 0x200;
const FEATURES_HTT: u32 = 0x10000000;
/** Leaf 1 ECX: SSE3, PCLMULQDQ, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, XSAVE, RDRAND. */
const FEATURES_ECX: u32 = 0x46d82203;
const FEATURES_ECX_X2APIC: u32 = 0x200000;
const FEATURES_ECX_DEADLINE: u32 = 0x1000000;
const FEATURES_ECX_OSXSAVE: u32 = 0x8000000;
/** Leaf 0xd: components that XCR0 can have, and the size of the area. */
const XCR0_COMPONENTS: u32 = 3;
const XSAVE_SIZE: u32 = 576;
/** Leaf 6 EAX: the APIC timer never stops. */
const POWER_ARAT: u32 = 4;
/** Leaf 7 EBX: FSGSBASE, BMI1, SMEP, BMI2, RDSEED, ADX, CLFLUSHOPT, SHA. */
const FEATURES7_EBX: u32 = 0x208c0189;
/** The same: CLWB. */
const FEATURES7_EBX_CLWB: u32 = 0x1000000;
/** Leaf 7 ECX: UMIP, RDPID. */
const FEATURES7_ECX: u32 = 0x400004;
/** Leaf 7 EDX (Intel): IBRS and IBPB, STIBP, ARCH_CAPABILITIES, SSBD. */
const FEATURES7_EDX: u32 = 0xac000000;
/** Leaf 0x80000001 ECX: LAHF in 64-bit code, LZCNT, PREFETCHW. */
const EXTENDED_ECX: u32 = 0x121;
/** The same, AMD only: legacy core count, SVM, the local APIC's extended registers, TCE. */
const EXTENDED_ECX_AMD: u32 = 0x2000e;
/** Leaf 0x80000001 EDX: SYSCALL, NX, 1 GiB pages, RDTSCP, long mode. */
const EXTENDED_EDX: u32 = 0x2c100800;
/** NX, in it. */
const EXTENDED_NX: u32 = 0x100000;
/** What AMD repeats of leaf 1's EDX there. */
const EXTENDED_EDX_REPEATED: u32 = 0x0183f3ff;
/** AMD only: what SSE added to MMX. */
const EXTENDED_EDX_MMX: u32 = 0x400000;
/** Leaf 0x80000008 EBX (AMD): the last x87 instruction and operand are always saved. */
const ERROR_POINTERS: u32 = 4;
/** The same: INVLPGB, interruptible WBINVD; EDX: pages that one INVLPGB takes beyond the first. */
const EXTENDED_8_EBX: u32 = 0x2008;
export const INVLPGB_COUNT: u32 = 7;
/** Leaf 0x80000007 EBX (AMD): scalable machine checks. */
const EXTENDED_7_EBX: u32 = 0x8;
/** Leaf 0x80000007 EDX: invariant TSC. */
const INVARIANT_TSC: u32 = 0x100;
/** Leaf 0x80000021 EAX: no speculative return stack overflow (nothing is speculated upon here), automatic IBRS. */
const SRSO_NO: u32 = 0x20000000;
const AUTOMATIC_IBRS: u32 = 0x100;
/** Linear address bits, in their place in leaf 0x80000008. */
const LINEAR_BITS: u32 = 48 << 8;
/** Leaf 0x8000000a: revision, ASIDs; nested paging, next RIP, flushes by ASID, decode assists. */
const SVM_REVISION: u32 = 1;
export const SVM_ASIDS: u32 = 16;
const SVM_FEATURES: u32 = 0xc9;
/** The same: guests can be let execute INVLPGB. */
const SVM_INVLPGB: u32 = 0x1000000;
/** Leaf 0x15: the TSC runs at the crystal's rate, as does the local APIC's timer, of which software concludes it from here. */
const CRYSTAL_HZ: u32 = 1000000000;
const CRYSTAL_FACTOR: u32 = 1;
/** Leaf 0x16: core and bus frequency in MHz. */
const CORE_MHZ: u32 = 1000;
const BUS_MHZ: u32 = 100;
/** Size of a brand string's leaf. */
const BRAND_PART: u32 = 16;

/** "AuthenticAMD", then "GenuineIntel", as EBX, EDX, ECX. */
const VENDORS: usize = memory.data<u32>([
  0x68747541, 0x69746e65, 0x444d4163, 0x756e6547, 0x49656e69, 0x6c65746e,
]);
/** "Jailhouse emulated x86-64 processor", padded to 48 bytes. */
const BRAND: usize = memory.data<u32>([
  0x6c69614a, 0x73756f68, 0x6d652065, 0x74616c75, 0x78206465, 0x362d3638, 0x72702034, 0x7365636f,
  0x00726f73, 0, 0, 0,
]);
/** Leaf 4 (Intel), EAX EBX ECX for subleaves 0 to 3: L1 data, L1 code 32 KiB, L2 1 MiB, L3 16 MiB. */
const CACHES: usize = memory.data<u32>([
  0x0121, 0x01c0003f, 63, 0x0122, 0x01c0003f, 63, 0x0143, 0x03c0003f, 1023, 0x0163, 0x03c0003f,
  16383,
]);
/** Caches of leaf 4. */
const CACHE_COUNT: u32 = 4;
/** Leaves 0x80000005 and 0x80000006 (AMD), all four parts. */
const AMD_CACHES: usize = memory.data<u32>([
  0xff40ff40, 0xff40ff40, 0x20080140, 0x40040140, 0, 0x42004200, 0x02006140, 0x00808140,
]);

function isAmd(): bool {
  return vendor() == VENDOR_AMD;
}

/** Bits that an APIC id needs. */
function idBits(): u32 {
  return 32 - <u32>clz<u32>(cpuCount() - 1);
}

/** Whether the local APIC is enabled in its base register. */
function isApicEnabled(s: u32): bool {
  store<u64>(s, MSR_APIC_BASE, S_BUS_ADDRESS);
  const result = <u32>call(load<u32>(s, S_INDEX), BUS_MSR_READ, 8);
  return result !== BUS_HANDLED || (load<u32>(s, S_BUS_VALUE) & APIC_BASE_ENABLED) !== 0;
}

/** Leaf 1 EDX, and what AMD repeats of it: without the local APIC where that is switched off. */
function basicFeatures(s: u32): u32 {
  return isApicEnabled(s) ? FEATURES_EDX : FEATURES_EDX & ~FEATURES_APIC;
}

function features(s: u32, part: u32): u32 {
  if (part == EAX) return isAmd() ? AMD_SIGNATURE : INTEL_SIGNATURE;
  if (part == EBX) return LINE_SIZE | (cpuCount() << 16) | (load<u32>(s, S_INDEX) << 24);
  if (part == EDX) return basicFeatures(s) | (cpuCount() > 1 ? FEATURES_HTT : 0);
  let result = FEATURES_ECX | FEATURES_ECX_X2APIC | FEATURES_ECX_DEADLINE;
  result &= ~missingFeatures(WORD_1_ECX);
  if (load<u32>(s, S_CR4) & CR4_OSXSAVE) result |= FEATURES_ECX_OSXSAVE;
  return result;
}

/** Leaf 0xb: one thread a core, all cores in one package. */
function topology(s: u32, subleaf: u32, part: u32): u32 {
  if (part == EDX) return load<u32>(s, S_INDEX);
  if (part == ECX) return subleaf < 2 ? ((subleaf + 1) << 8) | subleaf : subleaf;
  if (subleaf == 0) return part == EBX ? 1 : 0;
  if (subleaf == 1) return part == EBX ? cpuCount() : idBits();
  return 0;
}

/** Leaf 0xd: x87 and SSE, in an area that is always of one size; no other form of XSAVE. */
function extendedState(subleaf: u32, part: u32): u32 {
  if (subleaf != 0 || part == EDX || !hasFeature(FEATURE_XSAVE)) return 0;
  return part == EAX ? XCR0_COMPONENTS : XSAVE_SIZE;
}

function frequency(leaf: u32, part: u32): u32 {
  if (leaf == 0x15)
    return part == EAX ? 1 : part == EBX ? CRYSTAL_FACTOR : part == ECX ? CRYSTAL_HZ : 0;
  return part == EDX ? 0 : part == ECX ? BUS_MHZ : CORE_MHZ;
}

function basicLeaf(s: u32, leaf: u32, subleaf: u32, part: u32): u32 {
  switch (leaf) {
    case 0: {
      if (part == EAX) return isAmd() ? AMD_MAX : isCpuidLimited(s) ? LIMITED_MAX : INTEL_MAX;
      const word = part == EBX ? 0 : part == EDX ? 1 : 2;
      return load<u32>(VENDORS + (isAmd() ? 0 : 12) + word * 4);
    }
    case 1:
      return features(s, part);
    case 2:
      // One descriptor byte: see leaf 4.
      return isAmd() || part != EAX ? 0 : 0xff01;
    case 4:
      if (isAmd() || part == EDX || subleaf >= CACHE_COUNT) return 0;
      return load<u32>(CACHES + (subleaf * 3 + part) * 4);
    case 6:
      return part == EAX ? POWER_ARAT : 0;
    case 7:
      if (subleaf != 0 || part == EAX) return 0;
      if (part == EDX) return isAmd() ? 0 : FEATURES7_EDX;
      return part == EBX
        ? (FEATURES7_EBX | FEATURES7_EBX_CLWB) & ~missingFeatures(WORD_7_EBX)
        : FEATURES7_ECX & ~missingFeatures(WORD_7_ECX);
    case 0xd:
      return extendedState(subleaf, part);
    case 0xb:
      return topology(s, subleaf, part);
    case 0x15:
    case 0x16:
      return isAmd() ? 0 : frequency(leaf, part);
    default:
      return 0;
  }
}

function extendedFeatures(s: u32, part: u32): u32 {
  if (part == ECX)
    return (EXTENDED_ECX | (isAmd() ? EXTENDED_ECX_AMD : 0)) & ~missingFeatures(WORD_EXTENDED_ECX);
  if (part == EDX) {
    const all = EXTENDED_EDX & ~missingFeatures(WORD_EXTENDED_EDX);
    const own = isNxOff(s) ? all & ~EXTENDED_NX : all;
    return own | (isAmd() ? (basicFeatures(s) & EXTENDED_EDX_REPEATED) | EXTENDED_EDX_MMX : 0);
  }
  return part == EAX && isAmd() ? AMD_SIGNATURE : 0;
}

function svmFeatures(part: u32): u32 {
  if (!hasFeature(FEATURE_SVM) || !isAmd() || part == ECX) return 0;
  return part == EAX
    ? SVM_REVISION
    : part == EBX
      ? SVM_ASIDS
      : (SVM_FEATURES & ~missingFeatures(WORD_SVM_EDX)) |
        (hasFeature(FEATURE_INVLPGB) ? SVM_INVLPGB : 0);
}

function extendedLeaf(s: u32, leaf: u32, part: u32): u32 {
  switch (leaf - EXTENDED) {
    case 0:
      if (part != EAX) return isAmd() ? basicLeaf(s, 0, 0, part) : 0;
      return isAmd() ? AMD_EXTENDED_MAX : INTEL_EXTENDED_MAX;
    case 1:
      return extendedFeatures(s, part);
    case 2:
    case 3:
    case 4:
      return load<u32>(BRAND + (leaf - EXTENDED - 2) * BRAND_PART + part * 4);
    case 5:
    case 6:
      return isAmd() ? load<u32>(AMD_CACHES + (leaf - EXTENDED - 5) * 16 + part * 4) : 0;
    case 7:
      if (part == EBX && isAmd()) return EXTENDED_7_EBX & ~missingFeatures(WORD_EXTENDED_7_EBX);
      return part == EDX ? INVARIANT_TSC : 0;
    case 8:
      if (part == EAX) return PHYSICAL_BITS | LINEAR_BITS;
      if (!isAmd()) return 0;
      if (part == EBX)
        return ERROR_POINTERS | (EXTENDED_8_EBX & ~missingFeatures(WORD_EXTENDED_8_EBX));
      if (part == EDX) return hasFeature(FEATURE_INVLPGB) ? INVLPGB_COUNT : 0;
      return (cpuCount() - 1) | (idBits() << 12);
    case 10:
      return svmFeatures(part);
    case 0x21:
      if (part != EAX || !isAmd()) return 0;
      return SRSO_NO | (AUTOMATIC_IBRS & ~missingFeatures(WORD_EXTENDED_21_EAX));
    default:
      return 0;
  }
}

/** One part (0 to 3: EAX, EBX, ECX, EDX) of a leaf as a CPU answers it. */
export function cpuidPart(cpu: u32, leaf: u32, subleaf: u32, part: u32): u32 {
  return leaf >= EXTENDED
    ? extendedLeaf(stateOf(cpu), leaf, part)
    : basicLeaf(stateOf(cpu), leaf, subleaf, part);
}

/** CPUID: EAX, EBX, ECX, EDX from the leaf in EAX and the subleaf in ECX, or EXIT_CPUID. */
export function cpuid(s: u32): void {
  if (intercept(s, EXIT_CPUID_SVM)) return;
  const guest = load<u32>(s, S_GUEST);
  if (guest != 0 && load<u32>(guest, G_INTERCEPTS) & INTERCEPT_CPUID)
    return raiseInstructionExit(s, EXIT_CPUID, 0, 0);
  const cpu = load<u32>(s, S_INDEX);
  const leaf = load<u32>(s, S_GPR);
  const subleaf = load<u32>(s, S_GPR + 8);
  store<u64>(s, cpuidPart(cpu, leaf, subleaf, EAX), S_GPR);
  store<u64>(s, cpuidPart(cpu, leaf, subleaf, EBX), S_GPR + 24);
  store<u64>(s, cpuidPart(cpu, leaf, subleaf, ECX), S_GPR + 8);
  store<u64>(s, cpuidPart(cpu, leaf, subleaf, EDX), S_GPR + 16);
}
