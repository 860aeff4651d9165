// What the CPU says about itself (CPUID).
import { cpuid } from "./hardware.ts";

const LEAF_VENDOR: u32 = 0;
const LEAF_FEATURES: u32 = 1;
const LEAF_HYPERVISOR: u32 = 0x40000000;
const ECX_X2APIC: u32 = 1 << 21;
const ECX_TSC_DEADLINE: u32 = 1 << 24;
const EAX: u32 = 0;
const EBX: u32 = 4;
const ECX: u32 = 8;
const EDX: u32 = 12;
const RESULT_SIZE: i32 = 16;

const result = memory.data(RESULT_SIZE);

function leafHasText(leaf: u32, ebx: u32, ecx: u32, edx: u32): bool {
  cpuid(leaf, 0, <u32>result);
  return (
    load<u32>(result + EBX) == ebx &&
    load<u32>(result + ECX) == ecx &&
    load<u32>(result + EDX) == edx
  );
}

/** Has it AMD's way of virtualisation? Hygon's have. Decides between VMMCALL and VMCALL. */
export function isAmd(): bool {
  // "Auth" "enti" "cAMD", or "Hygo" "nGen" "uine", in EBX, EDX, ECX
  return (
    leafHasText(LEAF_VENDOR, 0x68747541, 0x444d4163, 0x69746e65) ||
    leafHasText(LEAF_VENDOR, 0x6f677948, 0x656e6975, 0x6e65476e)
  );
}

/** Is it one of Intel's? */
export function isIntel(): bool {
  // "Genu" "ineI" "ntel" in EBX, EDX, ECX
  return leafHasText(LEAF_VENDOR, 0x756e6547, 0x6c65746e, 0x49656e69);
}

/** Does Jailhouse run below this inmate? Its signature is "Jailhouse", padded with NULs. */
export function isJailhouse(): bool {
  // "Jail" "hous" "e" in EBX, ECX, EDX
  return leafHasText(LEAF_HYPERVISOR, 0x6c69614a, 0x73756f68, 0x65);
}

/** Does the APIC timer fire at a value of the time stamp counter? */
export function hasTscDeadline(): bool {
  cpuid(LEAF_FEATURES, 0, <u32>result);
  return (load<u32>(result + ECX) & ECX_TSC_DEADLINE) != 0;
}

/** Does the CPU have an x2APIC (it may not be enabled)? */
export function hasX2Apic(): bool {
  cpuid(LEAF_FEATURES, 0, <u32>result);
  return (load<u32>(result + ECX) & ECX_X2APIC) != 0;
}

/** CPUID leaf 1, EAX: family, model and stepping (AMD64 manual, volume 3, appendix E.3.2). */
export function cpuSignature(): u32 {
  cpuid(LEAF_FEATURES, 0, <u32>result);
  return load<u32>(result + EAX);
}
