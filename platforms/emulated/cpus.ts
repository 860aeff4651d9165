// The waist's CPU members on the emulated PC. Only one CPU executes at any moment, so a stopped CPU is one that gets no
// more time; what a stop would interrupt on the metal is reported when it resumes.

import { REG_EFER, REG_RDX, REG_RIP, REG_TSC } from "../../abi/platform.ts";
import { MSR_TSC } from "../../abi/x86/msr.ts";
import { EFER_SVME } from "../../abi/x86/registers.ts";
import {
  ACTIVITY_RUNNING,
  ACTIVITY_STOPPED,
  ACTIVITY_WAIT_FOR_SIPI,
  CS,
  S_CPL,
  S_PAT,
  S_PERFORMANCE,
  S_STAR,
  S_TIME_SEEN,
  S_TSC_OFFSET,
  S_XCR0,
} from "../../machine/cpu/interface.ts";
import { initProcessor } from "../../machine/start.ts";
import type { Context } from "./context.ts";

const WORD = 4;
/** XCR0 of a CPU that was never used: x87 only. */
const XCR0_RESET = 1n;
/** Segment bases of a start address: real-mode segments reach 64 KiB. */
const SEGMENT_MASK = 0xffffn;
/** CS selector of a start address (ABI section 4). */
const SELECTOR_MASK = 0xf000n;

export function cpuMembers(context: Context) {
  const { pc } = context;
  const cpu = (number: number) => pc.processors[number]!;

  /**
   * A CPU changes hands or is reset: everything that INIT leaves alone and no control block holds is as after power-on, or in its
   * initial configuration (x87, SSE), so that the next owner sees nothing of the last one.
   */
  const handOver = (number: number): void => {
    const target = cpu(number);
    for (let at = S_STAR; at < S_PAT; at += WORD) target.setWord(at, 0);
    for (let at = S_PERFORMANCE; at < S_CPL; at += WORD) target.setWord(at, 0);
    target.setWide(S_XCR0, XCR0_RESET);
    target.setWide(S_TIME_SEEN, 0n);
    target.initUnits();
    target.renewRandom();
    pc.resetLapic(number);
  };

  return {
    stopCpu(number: number): void {
      if (context.stopped.has(number)) return;
      context.stopped.add(number);
      pc.stop(number);
    },
    resumeCpu(number: number): void {
      if (!context.stopped.delete(number)) return;
      pc.resume(number);
      context.core.exitManagement(number);
    },
    assignCpu(number: number, cell: number): void {
      const target = cpu(number);
      context.cellOf.set(number, cell);
      target.setWide(S_TSC_OFFSET, 0n);
      target.guest = context.guest(cell).block;
      handOver(number);
    },
    useX2apic(cell: number): void {
      throw new Error(
        `hypervisor.wasm wanted cell ${cell} in x2APIC mode; here all CPUs are, where they have it`,
      );
    },
    resetCpu(number: number, entry: bigint): void {
      const target = cpu(number);
      const address = BigInt.asUintN(64, entry);
      initProcessor(target);
      // The processor leaves its signature in EDX; a cell starts without it.
      target.set(REG_RDX, 0n);
      target.setSegment(CS, {
        ...target.segment(CS),
        selector: Number((address >> 4n) & SELECTOR_MASK),
        base: address & ~SEGMENT_MASK,
      });
      target.set(REG_RIP, address & SEGMENT_MASK);
      // AMD-V does not run a guest without EFER.SVME, and the guest sees it.
      if (pc.options.vendor === "amd") target.set(REG_EFER, BigInt(EFER_SVME));
      target.activity = ACTIVITY_RUNNING;
      handOver(number);
    },
    parkCpu(number: number, wake: number): void {
      cpu(number).activity = wake ? ACTIVITY_WAIT_FOR_SIPI : ACTIVITY_STOPPED;
    },
    releaseCpu(number: number): void {
      context.released.add(number);
    },
    sendIpi: (number: number, mode: number, vector: number) => pc.sendIpi(number, mode, vector),
    injectException: (number: number, vector: number, errorCode: number) =>
      pc.exports.raise(number, vector, errorCode),
    readRegister: (number: number, register: number) => cpu(number).get(register),
    writeRegister(number: number, register: number, value: bigint): void {
      const word = BigInt.asUintN(64, value);
      if (register === REG_TSC) pc.writeMsr(number, MSR_TSC, word);
      else cpu(number).set(register, word);
    },
    apicId: (number: number) => pc.lapic(number).options.id,
  };
}
