// The life of a CPU under the hypervisor: its guest, the handlers of its exits, what others want of it, until it leaves.

import { MSR_PAT, MSR_SPEC_CTRL } from "../../../abi/x86/msr.ts";
import { CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, VECTOR_NMI } from "../../../abi/x86/registers.ts";
import * as svm from "../../../abi/x86/svm.ts";
import * as hw from "../hw.ts";
import { dispatch } from "./amd/exits.ts";
import { blockNmis, setEvent } from "./amd/registers.ts";
import { flushConsole, publish, serveConsole } from "./console.ts";
import { Cpu, cpuOf, STATE_GUEST, STATE_HOST } from "./cpu.ts";
import { handOver } from "./hand-over.ts";
import { halt } from "./idle.ts";
import { awaitKick, finishStop, followBetween, isRequested } from "./stop.ts";

const EDX: u32 = 3;
const FREE_CR4: u64 = CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP;

/**
 * Lets the guest have an NMI that came for it, unless something else is to be delivered or its handler of the last one has
 * not ended: as a processor does, which cannot know of an injected one (section 15.20).
 */
function deliverNmi(cpu: Cpu): void {
  if (cpu.nmiBlocked || <u32>load<u64>(cpu.control, svm.VMCB_EVENT) & svm.EVENT_VALID) return;
  cpu.guestNmi = 0;
  blockNmis(cpu, true);
  setEvent(cpu, svm.EVENT_VALID | svm.EVENT_NMI | VECTOR_NMI);
}

/** Announces that the CPU enters a guest. Returns false if it must not, because it has been asked to stop. */
function announce(cpu: Cpu): bool {
  hw.compareExchange(changetype<usize>(cpu) + offsetof<Cpu>("state"), STATE_HOST, STATE_GUEST);
  if (!isRequested(cpu)) return true;
  cpu.state = STATE_HOST;
  return false;
}

/**
 * Gives the host the bits of CR4 that its guest has, where they are the same to it: it has neither global pages nor pages of
 * user code. Each exit costs less where CR4 does not change; an emulated processor then keeps translations.
 */
function matchHost(control: usize): void {
  const host = hw.readControl(4);
  const wanted = (host & ~FREE_CR4) | (load<u64>(control, svm.VMCB_CR4) & FREE_CR4);
  if (wanted !== host) hw.writeCr4(wanted);
}

/** Whether the guest comes out when it would halt, so that the console's line is served meanwhile. */
function watchHalts(control: usize, isWatched: bool): void {
  const first = load<u32>(control, svm.VMCB_INTERCEPT_1);
  const wanted = isWatched ? first | svm.INTERCEPT_1_HLT : first & ~svm.INTERCEPT_1_HLT;
  if (wanted === first) return;
  const second = load<u32>(control, svm.VMCB_INTERCEPT_2) & ~svm.INTERCEPT_2_MWAIT;
  store<u32>(control, wanted, svm.VMCB_INTERCEPT_1);
  store<u32>(control, isWatched ? second | svm.INTERCEPT_2_MWAIT : second, svm.VMCB_INTERCEPT_2);
  const clean = load<u32>(control, svm.VMCB_CLEAN);
  store<u32>(control, clean & ~svm.CLEAN_INTERCEPTS, svm.VMCB_CLEAN);
}

/** Runs the guest until an exit, and handles that. */
function runGuest(cpu: Cpu, number: u32): void {
  const control = cpu.control;
  if (cpu.soiled) {
    cpu.soiled = 0;
    handOver(cpu, number);
  }
  if (cpu.guestNmi && !cpu.parked) deliverNmi(cpu);
  publish();
  watchHalts(control, serveConsole(cpu));
  if (!announce(cpu)) {
    followBetween(number);
    return;
  }
  if (cpu.parked) {
    halt(cpu, number);
    cpu.state = STATE_HOST;
    return;
  }
  hw.runGuest(hw.physicalOf(control), cpu.registers);
  cpu.state = STATE_HOST;
  matchHost(control);
  store<u8>(control, 0, svm.VMCB_TLB_CONTROL);
  store<u32>(control, ~0, svm.VMCB_CLEAN);
  dispatch(cpu, number);
}

/** Gives the processor back with the guest's state. Never returns. */
function leave(cpu: Cpu): void {
  awaitKick(cpu);
  hw.writeMsr(MSR_PAT, load<u64>(cpu.control, svm.VMCB_PAT));
  if (hw.cpuid(svm.CPUID_SVM, 0, EDX) & svm.SVM_SPEC_CTRL)
    hw.tryWriteMsr(MSR_SPEC_CTRL, load<u64>(cpu.control, svm.VMCB_SPEC_CTRL));
  hw.writeMsr(svm.MSR_HOST_SAVE, 0);
  hw.leave(cpu.control, cpu.registers);
}

/** Never returns. After a restart the CPU's handler has been abandoned. */
export function run(): void {
  const number = hw.cpuIndex();
  const cpu = cpuOf(number);
  finishStop(number);
  while (!cpu.released) runGuest(cpu, number);
  publish();
  flushConsole();
  leave(cpu);
}
