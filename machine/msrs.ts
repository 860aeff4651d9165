// The MSRs that a CPU holds in its state block (AMD64 APM volume 2, appendix A), for accesses on a cell's behalf. Those of
// the local APIC are devices/lapic's.
import * as M from "../abi/x86/msr.ts";
import * as S from "./cpu/interface.ts";
import type { Processor } from "./processor.ts";

const SEGMENT_BASE = S.SEG_BASE;
const OFFSETS = new Map<number, number>([
  [M.MSR_SYSENTER_CS, S.S_SYSENTER_CS],
  [M.MSR_SYSENTER_ESP, S.S_SYSENTER_ESP],
  [M.MSR_SYSENTER_EIP, S.S_SYSENTER_EIP],
  [M.MSR_PAT, S.S_PAT],
  [M.MSR_MTRR_DEF_TYPE, S.S_MTRR_DEF_TYPE],
  [M.MSR_EFER, S.S_EFER],
  [M.MSR_STAR, S.S_STAR],
  [M.MSR_LSTAR, S.S_LSTAR],
  [M.MSR_CSTAR, S.S_CSTAR],
  [M.MSR_SFMASK, S.S_SFMASK],
  [M.MSR_FS_BASE, S.S_SEGMENT + S.FS * S.SEGMENT_SIZE + SEGMENT_BASE],
  [M.MSR_GS_BASE, S.S_SEGMENT + S.GS * S.SEGMENT_SIZE + SEGMENT_BASE],
  [M.MSR_KERNEL_GS_BASE, S.S_KERNEL_GS_BASE],
  [M.MSR_TSC_AUX, S.S_TSC_AUX],
]);
const MTRR_LAST = 0x27f;
const BYTES = 8;
const SYNCED = new Set<number>([M.MSR_EFER, M.MSR_FS_BASE, M.MSR_GS_BASE]);

function offsetOf(msr: number): number | undefined {
  const offset = OFFSETS.get(msr);
  if (offset !== undefined) return offset;
  if (msr >= M.MSR_MTRR_FIRST && msr <= MTRR_LAST)
    return S.S_MTRR + (msr - M.MSR_MTRR_FIRST) * BYTES;
  return undefined;
}

/** Reads an MSR that the CPU holds; undefined if it holds no such MSR. */
export function readHeldMsr(processor: Processor, msr: number): bigint | undefined {
  if (msr === M.MSR_TSC)
    return BigInt.asUintN(64, processor.wide(S.S_TIME) + processor.wide(S.S_TSC_OFFSET));
  const offset = offsetOf(msr);
  return offset === undefined ? undefined : processor.wide(offset);
}

/** Writes an MSR that the CPU holds; false if it holds no such MSR. */
export function writeHeldMsr(processor: Processor, msr: number, value: bigint): boolean {
  if (msr === M.MSR_TSC) {
    processor.setWide(S.S_TSC_OFFSET, BigInt.asUintN(64, value - processor.wide(S.S_TIME)));
    return true;
  }
  const offset = offsetOf(msr);
  if (offset === undefined) return false;
  processor.setWide(offset, value);
  if (SYNCED.has(msr)) processor.exports.sync(processor.index);
  return true;
}
