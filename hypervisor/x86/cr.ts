// Control registers that cells may not write alone: CR0 (and CR4 where the platform traps it), XCR0. AMD64 Architecture
// Programmer's Manual, volume 2, sections 3.1 and 11.5.

import { DENIAL_FLAG_WRITE, DENIAL_KIND_CONTROL } from "../../abi/denials.ts";
import {
  REG_CR0,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_EFER,
  REG_RAX,
  REG_RCX,
  REG_RDX,
  REG_XCR0,
} from "../../abi/platform.ts";
import {
  CR0_CD,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_CET,
  CR4_DE,
  CR4_FSGSBASE,
  CR4_LA57,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_OSXSAVE,
  CR4_PAE,
  CR4_PCE,
  CR4_PCIDE,
  CR4_PGE,
  CR4_PKE,
  CR4_PSE,
  CR4_PVI,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  CR4_VME,
  EFER_LMA,
  EFER_LME,
} from "../../abi/x86/registers.ts";
import { print, printHex } from "../core/console.ts";
import { recordDenial } from "../core/denials.ts";
import { fatal, violation } from "../core/panic.ts";
import { readRegister, writeRegister } from "../platform.ts";
import { announcedBits, PART_EBX, PART_ECX, PART_EDX } from "./features.ts";
import {
  advance,
  isKernel,
  raiseGeneralProtection,
  raiseInvalidOpcode,
  read32,
  readPair,
} from "./guest.ts";
import { cpuid } from "./platform.ts";

const CS_LONG: u64 = 0x200;
const UPPER_HALF: u64 = 0xffffffff00000000;
const LEAF_FEATURES: u32 = 1;
const LEAF_STRUCTURED: u32 = 7;
const LEAF_XSAVE: u32 = 0xd;

/** CR4's bits that CPUID announces (features.ts); PCE is there without. VMXE is the hypervisor's. */
// biome-ignore format: a table
const CR4_FEATURES: usize = memory.data<u32>([
  LEAF_FEATURES, PART_EDX, 0x2, CR4_VME | CR4_PVI,
  LEAF_FEATURES, PART_EDX, 0x4, CR4_DE,
  LEAF_FEATURES, PART_EDX, 0x8, CR4_PSE,
  LEAF_FEATURES, PART_EDX, 0x10, CR4_TSD,
  LEAF_FEATURES, PART_EDX, 0x40, CR4_PAE,
  LEAF_FEATURES, PART_EDX, 0x80, CR4_MCE,
  LEAF_FEATURES, PART_EDX, 0x2000, CR4_PGE,
  LEAF_FEATURES, PART_EDX, 0x1000000, CR4_OSFXSR,
  LEAF_FEATURES, PART_EDX, 0x2000000, CR4_OSXMMEXCPT,
  LEAF_FEATURES, PART_ECX, 0x20000, CR4_PCIDE,
  LEAF_FEATURES, PART_ECX, 0x4000000, CR4_OSXSAVE,
  LEAF_STRUCTURED, PART_EBX, 0x1, CR4_FSGSBASE,
  LEAF_STRUCTURED, PART_EBX, 0x80, CR4_SMEP,
  LEAF_STRUCTURED, PART_EBX, 0x100000, CR4_SMAP,
  LEAF_STRUCTURED, PART_ECX, 0x4, CR4_UMIP,
  LEAF_STRUCTURED, PART_ECX, 0x8, CR4_PKE,
  LEAF_STRUCTURED, PART_ECX, 0x80, CR4_CET,
  LEAF_STRUCTURED, PART_ECX, 0x10000, CR4_LA57,
  0, 0, 0, 0,
]);
/** XCR0: x87, SSE, AVX. */
const XCR0_X87: u64 = 0x1;
const XCR0_SSE: u64 = 0x2;
const XCR0_AVX: u64 = 0x4;
/** XCR0: AVX-512's three parts, and MPX's two: each all or none. */
const XCR0_AVX512: u64 = 0xe0;
const XCR0_MPX: u64 = 0x18;
/** XCR0: AMX's two parts, all or none. */
const XCR0_AMX: u64 = 0x60000;

/** Whether the architecture allows this CR0 in the CPU's present mode. */
function isCr0Valid(cpu: u32, value: u64): bool {
  if (value & UPPER_HALF) return false;
  if (value & CR0_PG && !(value & CR0_PE)) return false;
  if (value & CR0_NW && !(value & CR0_CD)) return false;
  const cr4 = readRegister(cpu, REG_CR4);
  if (cr4 & CR4_CET && !(value & CR0_WP)) return false;
  if (cr4 & CR4_PCIDE && !(value & CR0_PG)) return false;
  const isPaging = (readRegister(cpu, REG_CR0) & CR0_PG) !== 0;
  const isLong = (readRegister(cpu, REG_CS_ATTRIBUTES) & CS_LONG) !== 0;
  const efer = readRegister(cpu, REG_EFER);
  if (value & CR0_PG && !isPaging && efer & EFER_LME) return (cr4 & CR4_PAE) !== 0 && !isLong;
  return !(isPaging && !(value & CR0_PG) && efer & EFER_LMA && isLong);
}

/** Whether the processor has these bits of CR4, and its present mode takes them (sections 3.1.3 and 18.6). */
function isCr4Valid(cpu: u32, value: u64): bool {
  if (value & ~(announcedBits(cpu, CR4_FEATURES) | CR4_PCE)) return false;
  const changed = value ^ readRegister(cpu, REG_CR4);
  const isLong = (readRegister(cpu, REG_EFER) & EFER_LMA) !== 0;
  if (isLong && (!(value & CR4_PAE) || changed & CR4_LA57)) return false;
  if (!isLong && value & CR4_PCIDE) return false;
  return !(value & CR4_CET) || (readRegister(cpu, REG_CR0) & CR0_WP) !== 0;
}

/** Writes CR0 without NW; EFER.LMA follows CR0.PG. */
function writeCr0(cpu: u32, value: u64): void {
  const efer = readRegister(cpu, REG_EFER);
  const isLong = value & CR0_PG && efer & EFER_LME;
  const next = isLong ? efer | EFER_LMA : efer & ~(<u64>EFER_LMA);
  writeRegister(cpu, REG_CR0, value & ~(<u64>CR0_NW));
  if (next !== efer) writeRegister(cpu, REG_EFER, next);
}

/** A trapped write of a control register (REG_*). */
export function writeControlRegister(cpu: u32, register: u32, value: u64, length: u32): void {
  if (register === REG_CR0) {
    if (!isCr0Valid(cpu, value)) return raiseGeneralProtection(cpu);
    writeCr0(cpu, value);
  } else if (register === REG_CR4) {
    if (!isCr4Valid(cpu, value)) return raiseGeneralProtection(cpu);
    writeRegister(cpu, REG_CR4, value);
  } else {
    fatal();
    const record = recordDenial(cpu, DENIAL_KIND_CONTROL, DENIAL_FLAG_WRITE, 0, register, value);
    print("Unhandled CR access, register: ");
    printHex(register, 1);
    return violation(cpu, record);
  }
  advance(cpu, length);
}

/** Whether the processor accepts this XCR0. */
function isXcr0Valid(cpu: u32, value: u64): bool {
  const high = (<u64>cpuid(cpu, LEAF_XSAVE, 0, PART_EDX)) << 32;
  const supported = high | cpuid(cpu, LEAF_XSAVE, 0, 0);
  if (!(value & XCR0_X87) || value & ~supported) return false;
  if (value & XCR0_AVX && !(value & XCR0_SSE)) return false;
  const mpx = value & XCR0_MPX;
  if (mpx && mpx !== XCR0_MPX) return false;
  const amx = value & XCR0_AMX;
  if (amx && amx !== XCR0_AMX) return false;
  const avx512 = value & XCR0_AVX512;
  return !avx512 || (avx512 === XCR0_AVX512 && (value & XCR0_AVX) !== 0);
}

/** XSETBV. */
export function executeXsetbv(cpu: u32, length: u32): void {
  if (!(readRegister(cpu, REG_CR4) & CR4_OSXSAVE)) return raiseInvalidOpcode(cpu);
  if (!isKernel(cpu)) return raiseGeneralProtection(cpu);
  const value = readPair(cpu);
  const index = read32(cpu, REG_RCX);
  if (index === 0 && isXcr0Valid(cpu, value)) {
    writeRegister(cpu, REG_XCR0, value);
    advance(cpu, length);
    return;
  }
  fatal();
  const record = recordDenial(cpu, DENIAL_KIND_CONTROL, DENIAL_FLAG_WRITE, 8, REG_XCR0, value);
  print("Invalid xsetbv parameters: xcr[");
  printHex(index, 1);
  print("] = ");
  printHex(read32(cpu, REG_RDX), 8);
  print(":");
  printHex(read32(cpu, REG_RAX), 8);
  return violation(cpu, record);
}
