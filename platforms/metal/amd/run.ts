// The life of a CPU under the hypervisor: its guest, the handlers of its exits, what others want of it, until it leaves.

import { MSR_PAT } from "../../../abi/x86/msr.ts";
import { CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, VECTOR_NMI } from "../../../abi/x86/registers.ts";
import * as svm from "../../../abi/x86/svm.ts";
import { flushConsole, publish, serveConsole } from "../console.ts";
import { Cpu, cpuOf, STATE_GUEST, STATE_HOST, TASK_APIC, TASK_LOAD, TASK_XCR0 } from "../cpu.ts";
import * as hw from "../hw.ts";
import { awaitKick, finishStop, followBetween, isRequested } from "../stop.ts";
import { dispatch } from "./exits.ts";
import { cleanApic, halt } from "./idle.ts";
import { blockNmis, setEvent } from "./registers.ts";

/** Debug registers with addresses. */
const BREAKPOINTS: u32 = 4;
const FREE_CR4: u64 = CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP;

/** Does what others have left to this CPU, because it is about its processor. */
function doTasks(cpu: Cpu, number: u32): void {
  const tasks = cpu.tasks;
  cpu.tasks = 0;
  if (tasks & TASK_APIC) cleanApic(cpu, number);
  if (tasks & TASK_XCR0) hw.writeExtendedControl(cpu.xcr0);
  if (!(tasks & TASK_LOAD)) return;
  hw.loadGuest(hw.physicalOf(cpu.control));
  for (let register: u32 = 0; register < BREAKPOINTS; register++) hw.writeDebug(register, 0);
}

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
  if (cpu.tasks) doTasks(cpu, number);
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
