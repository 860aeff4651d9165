// What the fake platform's processors answer: a long-mode operating system on an AMD processor with an xAPIC.
import {
  REG_CPL,
  REG_CR0,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_CS_SELECTOR,
  REG_EFER,
  REG_PAT,
  REG_RFLAGS,
  REG_RIP,
  REG_RSP,
} from "../../abi/platform.ts";
import { APIC_DFR, APIC_PAGE } from "../../abi/x86/apic.ts";
import { APIC_BASE_ENABLE, MSR_APIC_BASE } from "../../abi/x86/msr.ts";

/** Registers of a CPU in 64-bit mode at privilege level 0. */
export function machineRegisters(): Map<number, bigint> {
  return new Map([
    [REG_CPL, 0n],
    [REG_RIP, 0x1000n],
    [REG_RSP, 0x8000n],
    [REG_RFLAGS, 0x2n],
    [REG_CR0, 0x80050033n],
    [REG_CR4, 0x20n],
    [REG_EFER, 0xd01n],
    [REG_CS_SELECTOR, 0x10n],
    [REG_CS_ATTRIBUTES, 0xa9bn],
    [REG_PAT, 0x0007040600070406n],
  ]);
}

/** CPUID leaf 1, ECX. */
const FEATURE_X2APIC = 1 << 21;

const MSRS = new Map<number, bigint>([
  [MSR_APIC_BASE, BigInt(APIC_PAGE) | BigInt(APIC_BASE_ENABLE)],
]);

/** Value of an MSR. */
export function readMsr(msr: number): bigint {
  return MSRS.get(msr) ?? 0n;
}

/** EAX, EBX, ECX, EDX of the leaves that matter; all others are zero. */
const CPUID = new Map<number, readonly number[]>([
  [0, [0xd, 0x68747541, 0x444d4163, 0x69746e65]],
  [0x80000000, [0x80000021, 0, 0, 0]],
  // SYSCALL, NX, long mode.
  [0x80000001, [0, 0, 0, 0x20100800]],
]);

/** CPUID of a processor that has x2APIC mode, too. */
export function x2apicCpuid(leaf: number, part: number): number {
  return leaf === 1 && part === 2 ? FEATURE_X2APIC : cpuid(leaf, part);
}

/** Part `part` of CPUID leaf `leaf`. */
export function cpuid(leaf: number, part: number): number {
  return CPUID.get(leaf)?.[part] ?? 0;
}

/** Device memory after reset: all zero, but for the xAPIC's destination format. */
export function readMmio(address: bigint): bigint {
  return address === BigInt(APIC_PAGE + (APIC_DFR << 4)) ? 0xffffffffn : 0n;
}
