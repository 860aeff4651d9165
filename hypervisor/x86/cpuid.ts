// CPUID as cells see it (ABI section 8).

import { REG_CR4, REG_RAX, REG_RBX, REG_RCX, REG_RDX } from "../../abi/platform.ts";
import { CPUID_ADDRESS_SIZES, CR4_OSXSAVE } from "../../abi/x86/registers.ts";
import { CPUID_SVM, FEATURE_INVLPGB, SVM_INVLPGB } from "../../abi/x86/svm.ts";
import { isRoot } from "../core/cells/cell.ts";
import { cellOfCpu } from "../core/cells/percpu.ts";
import { readRegister, writeRegister } from "../platform.ts";
import { featurePart, PART_EBX, PART_ECX, PART_EDX } from "./features.ts";
import { read32 } from "./guest.ts";
import { cpuid } from "./platform.ts";
import { machine } from "./state.ts";

const LEAF_VENDOR: u32 = 0;
const LEAF_FEATURES: u32 = 1;
const LEAF_STRUCTURED: u32 = 7;
const LEAF_HYPERVISOR: u32 = 0x40000000;
const LEAF_HYPERVISOR_FEATURES: u32 = 0x40000001;
const LEAF_EXTENDED_FEATURES: u32 = 0x80000001;

/** Leaf 1, ECX. */
const FEATURE_VMX: u32 = 0x20;
const FEATURE_OSXSAVE: u32 = 0x8000000;
const FEATURE_HYPERVISOR: u32 = 0x80000000;
/** Leaf 7, EBX: processor trace, whose output bypasses all address translation (msr.ts). */
const FEATURE_TRACE: u32 = 0x2000000;
/** Leaf 0x80000001, ECX. */
const FEATURE_SVM: u32 = 0x4;
/** "Jailhouse" as EBX, ECX, EDX. */
const SIGNATURE_EBX: u32 = 0x6c69614a;
const SIGNATURE_ECX: u32 = 0x73756f68;
const SIGNATURE_EDX: u32 = 0x65;
/** "Auth" and "Hygo", the beginnings of AMD's and Hygon's vendor strings. */
const VENDOR_AMD_EBX: u32 = 0x68747541;
const VENDOR_HYGON_EBX: u32 = 0x6f677948;

/** Whether the processor has AMD's virtualisation. */
export function isAmd(cpu: u32): bool {
  const vendor = cpuid(cpu, LEAF_VENDOR, 0, PART_EBX);
  return vendor === VENDOR_AMD_EBX || vendor === VENDOR_HYGON_EBX;
}

function write(cpu: u32, eax: u32, ebx: u32, ecx: u32, edx: u32): void {
  writeRegister(cpu, REG_RAX, eax);
  writeRegister(cpu, REG_RBX, ebx);
  writeRegister(cpu, REG_RCX, ecx);
  writeRegister(cpu, REG_RDX, edx);
}

/** ECX of leaf 1 for this CPU's guest. */
function features(cpu: u32): u32 {
  let ecx = cpuid(cpu, LEAF_FEATURES, 0, PART_ECX) & ~FEATURE_OSXSAVE;
  if (readRegister(cpu, REG_CR4) & CR4_OSXSAVE) ecx |= FEATURE_OSXSAVE;
  if (!isRoot(cellOfCpu(cpu))) ecx = (ecx & ~FEATURE_VMX) | FEATURE_HYPERVISOR;
  return ecx;
}

/** Executes CPUID for the guest of the calling CPU, without advancing RIP. */
export function executeCpuid(cpu: u32): void {
  const leaf = read32(cpu, REG_RAX);
  const subleaf = read32(cpu, REG_RCX);
  if (leaf === LEAF_HYPERVISOR)
    write(cpu, LEAF_HYPERVISOR_FEATURES, SIGNATURE_EBX, SIGNATURE_ECX, SIGNATURE_EDX);
  else if (leaf === LEAF_HYPERVISOR_FEATURES) write(cpu, 0, 0, 0, 0);
  else executeNative(cpu, leaf, subleaf);
}

/** Whether this CPU's guest may execute INVLPGB (the platform's affair): the root cell, where the processor can let guests. */
function hasInvlpgb(cpu: u32): bool {
  return isRoot(cellOfCpu(cpu)) && (featurePart(cpu, CPUID_SVM, PART_EDX) & SVM_INVLPGB) !== 0;
}

/** What the processor says, with a few bits changed. */
function executeNative(cpu: u32, leaf: u32, subleaf: u32): void {
  let ecx = cpuid(cpu, leaf, subleaf, PART_ECX);
  let ebx = cpuid(cpu, leaf, subleaf, PART_EBX);
  if (leaf === LEAF_STRUCTURED && !subleaf) ebx &= ~FEATURE_TRACE;
  if (leaf === CPUID_ADDRESS_SIZES && machine().isAmd && !hasInvlpgb(cpu)) ebx &= ~FEATURE_INVLPGB;
  if (leaf === LEAF_FEATURES) ecx = features(cpu);
  else if (leaf === LEAF_EXTENDED_FEATURES && !isRoot(cellOfCpu(cpu))) ecx &= ~FEATURE_SVM;
  write(cpu, cpuid(cpu, leaf, subleaf, 0), ebx, ecx, cpuid(cpu, leaf, subleaf, PART_EDX));
}
