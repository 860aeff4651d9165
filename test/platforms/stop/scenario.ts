// What the model of stopping and resuming plays: which files, what guests do, and the handlers of that.
import type { Members } from "./program.ts";

export const CPUS = 3;

/** The real functions are in these. */
export const FILES = [
  "platforms/metal/x86/cpu.ts",
  "platforms/metal/x86/stop.ts",
  "platforms/metal/x86/run.ts",
  "platforms/metal/x86/idle.ts",
  "platforms/metal/x86/hand-over.ts",
  "platforms/metal/x86/cpus.ts",
  "hypervisor/core/limits.ts",
  "hypervisor/core/cells/cpus.ts",
  "hypervisor/core/cells/lifecycle.ts",
  "hypervisor/x86/interrupts/ipi.ts",
];

/** What guests do; those of `TARGETED` to another CPU. */
const ACTIONS = [
  "manage root",
  "start cell",
  "load cell",
  "time out",
  "pause cell",
  "say",
  "poll",
  "leave",
] as const;
const TARGETED = ["init", "sipi", "nmi"] as const;
export type Action = (typeof ACTIONS)[number] | `${(typeof TARGETED)[number]} ${number}`;

/** Why a guest came out: an NMI, or its action, from `FIRST_ACTION` on. */
export const BY_NMI = 1;
const FIRST_ACTION = 2;

/** The number by which `dispatch` knows an action, and the CPU that it names. */
export function numbersOf(action: Action): [reason: number, target: number] {
  const [word, target] = action.split(" ");
  const index = ACTIONS.indexOf(action as (typeof ACTIONS)[number]);
  if (index >= 0) return [FIRST_ACTION + index, 0];
  const at = TARGETED.indexOf(word as (typeof TARGETED)[number]);
  return [FIRST_ACTION + ACTIONS.length + at, Number(target)];
}

/** The handlers, and what calls the modelled part of the core. Every call of `commit` has all CPUs of a cell stopped. */
export const OWN = `
function dispatch(cpu: Cpu, number: u32): void {
  const reason = exitReason();
  beginHandler();
  if (reason === 1) receiveNmi(cpu, number);
  if (reason === 2) manageRoot(cellAt(0), number);
  if (reason === 3) startCell(cellAt(1), number);
  if (reason === 4) loadCell(cellAt(1), number);
  if (reason === 5) stopCell(cellAt(1), number);
  if (reason === 6) pauseCell(cellAt(1), 1, number);
  if (reason === 7) say();
  if (reason === 8) poll(number);
  if (reason === 9) disable(number);
  if (reason === 10) sendInit(number, exitArgument());
  if (reason === 11) sendStartup(number, exitArgument(), 0);
  if (reason === 12) sendIpi(exitArgument(), 0, 0);
  endHandler();
}
const BUSY: usize = memory.data(4, 4);
const LEAVING: usize = memory.data(4, 4);
const MANAGED: usize = memory.data(4, 4);
function manageRoot(root: Cell, number: u32): void {
  lock();
  const leaving = load<u32>(LEAVING);
  if (!leaving) store<u32>(BUSY, 1);
  unlock();
  if (leaving) return;
  pauseCell(root, 0, number);
  store<u32>(BUSY, 0);
  store<u32>(MANAGED, 1);
}
function poll(number: u32): void {
  while (!load<u32>(MANAGED)) relax(number);
}
function pauseCell(cell: Cell, id: u32, number: u32): void {
  stopCell(cell, number);
  commit(id);
  resumeCell(cell, number);
}
function disable(number: u32): void {
  lock();
  const busy = load<u32>(BUSY);
  if (!busy) store<u32>(LEAVING, 1);
  unlock();
  if (!busy) releaseCpu(number);
}
function say(): void {
  lock();
  unlock();
}
function archCpuReset(cpu: u32, entry: u64): void {
  resetCpu(cpu, entry);
}
function archCpuPark(cpu: u32, wake: u32): void {
  parkCpu(cpu, wake);
}
`;

/** Members of hw.ts, stop.ts and the core that the model has itself. */
const words = (text: string) => new Set(text.split(" "));

export const MEMBERS: Members = {
  local: words(
    "cpuOf perCpu cpuState cellAt rootCell cpuIndex nextCpu saveState exitManagement takeMachineCheck exitException " +
      "exitReason exitArgument beginHandler endHandler injectNmi wantedMode startAt dropEvents writeRegister restart commit " +
      // Of no matter here.
      "pause sendInterrupt mayWarn print printStart fill hasEvent publish serveConsole watchHalts flushConsole finishExit maskApic " +
      "endInterrupts hasRequests disableApic resetExtendedState resetMsrs clearBreakpoints loadGuest setCell applyPat openWindow " +
      "closeWindow resetDevices fillComm setCellState beginLine printCellName endLine",
  ),
  acting: words("compareExchange sendNmi takeNmi runGuest runIdle setMode leave now"),
  shared: words("request followed kicked guestNmi replaced"),
};

export interface Scenario {
  name: string;
  /** Number of each CPU's cell. */
  cells: readonly number[];
  /** What the guests do, in this order, and what once they have been reset. */
  scripts: readonly (readonly Action[])[];
  afterReset?: readonly (readonly Action[])[];
  /** CPUs that wait for a SIPI at first. */
  waiting?: readonly number[];
  /** CPUs whose local APIC changes its mode when they are handed over. */
  changingMode?: readonly number[];
  /** CPUs that get an NMI of their guest's, or a machine check. */
  nmis?: readonly number[];
  machineChecks?: readonly number[];
  /** CPUs whose guests have got theirs in the end. */
  delivered?: readonly number[];
  /** CPUs that execute a guest in the end. */
  running?: readonly number[];
}
