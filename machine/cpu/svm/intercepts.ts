// Whether a guest may do what it is about to do (AMD64 APM volume 2, sections 15.9 to 15.13): intercepts by exit code, and the
// permission maps of ports and MSRs.

import { FAULT_VMEXIT, S_EXIT_CODE, S_EXIT_INFO1, S_EXIT_INFO2, S_FAULT } from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";
import { physicalRead } from "../memory/physical.ts";
import { isWanted, S_EXIT_NEXT, S_IO_MAP, S_MSR_MAP } from "./state.ts";

/** First exit code of reads of control registers; those of CR15 follow. */
export const EXIT_CR_READ: u32 = 0x00;
/** Of writes of control registers. */
export const EXIT_CR_WRITE: u32 = 0x10;
/** Of reads of debug registers. */
export const EXIT_DR_READ: u32 = 0x20;
/** Of writes of debug registers. */
export const EXIT_DR_WRITE: u32 = 0x30;
/** Of exceptions. */
export const EXIT_EXCP: u32 = 0x40;
export const EXIT_INTR: u32 = 0x60;
export const EXIT_NMI: u32 = 0x61;
export const EXIT_INIT_SIGNAL: u32 = 0x63;
export const EXIT_VINTR: u32 = 0x64;
/** A write of CR0 that changes more than TS and MP. */
export const EXIT_CR0_SELECTIVE: u32 = 0x65;
export const EXIT_IDTR_READ: u32 = 0x66;
export const EXIT_GDTR_READ: u32 = 0x67;
export const EXIT_LDTR_READ: u32 = 0x68;
export const EXIT_TR_READ: u32 = 0x69;
export const EXIT_IDTR_WRITE: u32 = 0x6a;
export const EXIT_GDTR_WRITE: u32 = 0x6b;
export const EXIT_LDTR_WRITE: u32 = 0x6c;
export const EXIT_TR_WRITE: u32 = 0x6d;
export const EXIT_RDTSC: u32 = 0x6e;
export const EXIT_RDPMC: u32 = 0x6f;
export const EXIT_PUSHF: u32 = 0x70;
export const EXIT_POPF: u32 = 0x71;
export const EXIT_CPUID_SVM: u32 = 0x72;
export const EXIT_RSM: u32 = 0x73;
export const EXIT_IRET: u32 = 0x74;
export const EXIT_SWINT: u32 = 0x75;
export const EXIT_INVD: u32 = 0x76;
export const EXIT_HLT: u32 = 0x78;
export const EXIT_INVLPG: u32 = 0x79;
export const EXIT_INVLPGA: u32 = 0x7a;
export const EXIT_IOIO: u32 = 0x7b;
export const EXIT_MSR: u32 = 0x7c;
export const EXIT_TASK_SWITCH: u32 = 0x7d;
export const EXIT_SHUTDOWN_SVM: u32 = 0x7f;
export const EXIT_VMRUN: u32 = 0x80;
export const EXIT_VMMCALL: u32 = 0x81;
export const EXIT_VMLOAD: u32 = 0x82;
export const EXIT_VMSAVE: u32 = 0x83;
export const EXIT_STGI: u32 = 0x84;
export const EXIT_CLGI: u32 = 0x85;
export const EXIT_RDTSCP: u32 = 0x87;
export const EXIT_ICEBP: u32 = 0x88;
export const EXIT_WBINVD: u32 = 0x89;
export const EXIT_XSETBV_SVM: u32 = 0x8d;
export const EXIT_INVLPGB: u32 = 0xa0;
/** INVLPGB whose operands are none, where only that is intercepted. */
export const EXIT_INVLPGB_ILLEGAL: u32 = 0xa1;
export const EXIT_TLBSYNC: u32 = 0xa4;
/** A nested page fault. */
export const EXIT_NPF: u32 = 0x400;
/** VMRUN refuses the guest's state: -1 in 64 bits. */
export const EXIT_INVALID: u32 = 0xffffffff;

/** First MSRs of the ranges that the permission map covers, 0x2000 each, and the offset of each range's part of the map. */
const MSR_RANGE: u32 = 0x2000;
const MSRS_LOW: u32 = 0;
const MSRS_HIGH: u32 = 0xc0000000;
const MSRS_AMD: u32 = 0xc0010000;
const MSR_PART: u32 = 0x800;
/** The bit of a port in its byte of the I/O permission map. */
const PORT_BITS: u32 = 7;

/** Sets an exit with its facts; `next` is the RIP after the instruction where it is one that exits, else 0. */
export function raiseVmexit(s: u32, code: u32, info1: u64, info2: u64, next: u64): void {
  store<u32>(s, FAULT_VMEXIT, S_FAULT);
  store<u32>(s, code, S_EXIT_CODE);
  store<u64>(s, info1, S_EXIT_INFO1);
  store<u64>(s, info2, S_EXIT_INFO2);
  store<u64>(s, next, S_EXIT_NEXT);
}

/** Sets the exit of an instruction if it is wanted; returns whether it is. Nothing of the instruction may have been done. */
export function interceptWith(s: u32, code: u32, info1: u64, info2: u64): bool {
  if (!isWanted(s, code)) return false;
  raiseVmexit(s, code, info1, info2, load<u64>(s, S_NEXT));
  return true;
}

/** The same for an exit without facts. */
export function intercept(s: u32, code: u32): bool {
  return interceptWith(s, code, 0, 0);
}

/** Whether the map lets the guest use all `size` ports from `port` on. */
export function isPortFree(s: u32, port: u32, size: u32): bool {
  if (!isWanted(s, EXIT_IOIO)) return true;
  // The map has three bits more than there are ports: an access that wraps is looked up there (section 15.10.1).
  const at = load<u64>(s, S_IO_MAP) + (port >> 3);
  const bits = <u32>physicalRead(s, at, 1) | ((<u32>physicalRead(s, at + 1, 1)) << 8);
  return ((bits >> (port & PORT_BITS)) & ((1 << size) - 1)) === 0;
}

/** Whether the map lets the guest read or write an MSR; those that it does not cover always exit. */
export function isMsrFree(s: u32, msr: u32, isWrite: bool): bool {
  if (!isWanted(s, EXIT_MSR)) return true;
  let part: u32 = 0;
  let index = msr - MSRS_LOW;
  if (msr - MSRS_HIGH < MSR_RANGE) {
    part = MSR_PART;
    index = msr - MSRS_HIGH;
  } else if (msr - MSRS_AMD < MSR_RANGE) {
    part = 2 * MSR_PART;
    index = msr - MSRS_AMD;
  }
  if (index >= MSR_RANGE) return false;
  const bit = index * 2 + u32(isWrite);
  const bits = <u32>physicalRead(s, load<u64>(s, S_MSR_MAP) + part + (bit >> 3), 1);
  return ((bits >> (bit & 7)) & 1) === 0;
}
