// The session that metal:demo plays in a guest: the article's, under a real Linux that is at work all the time.

import { CLOSED, DISABLE, HEADING, OPENING, punctual, ROGUE, small } from "../demo/scenes.ts";
import type { Step } from "../demo/step.ts";
import type { Bed, GuestSystem } from "./beds/bed.ts";
import { SYSTEM } from "./beds/qemu.ts";

/** What `workload` says as long as nothing has gone wrong. */
const WORKED = "Linux worked: … rounds of files, processes and timers.";
/** Nobody knows how fast an emulator's clocks seem. */
const FREQUENCY = "…";
/** What a cell says of its clocks before anything else. */
const CALIBRATED = "Calibrated ";

const LOAD: Step = {
  remark: "The driver, and the hypervisor takes over under Linux' feet.",
  command: "insmod driver/jailhouse.ko",
};

/** No bed's machine has an IOMMU, as configured. */
const ENABLE: Step = {
  command: `jailhouse enable ${SYSTEM.file}`,
  out: [OPENING],
  err: ["Warning: No IOMMU is used: the DMA of devices is not isolated"],
};

/** What cells do, from the first to the end of the hypervisor. */
const CELLS: readonly Step[] = [...punctual(FREQUENCY), ...small(), ...ROGUE, ...DISABLE];

const START: readonly Step[] = [
  {
    remark:
      "A real Linux, in an emulator. From now on it writes files, starts processes and waits for timers.",
    command: "uname -sr",
    out: ["Linux …"],
  },
  { command: "workload start" },
  LOAD,
  ENABLE,
  { command: "jailhouse cell list", out: [HEADING, `0 ${SYSTEM.name} running 0-3`] },
  { command: "workload check", out: [WORKED] },
];

const AGAIN: readonly Step[] = [
  {
    remark: "The machine is Linux' own again. Once more:",
    command: "workload check",
    out: [WORKED],
  },
  ENABLE,
  { command: "jailhouse cell list", out: [HEADING, `0 ${SYSTEM.name} running 0-3`] },
  { command: "workload check", out: [WORKED] },
  { command: "jailhouse disable", out: [CLOSED] },
  { command: "rmmod jailhouse" },
  { command: "workload stop", out: [WORKED] },
];

/** The same steps on another configuration: only its file and the root cell's name are different. */
export function onSystem(steps: readonly Step[], { file, name }: GuestSystem): Step[] {
  const renamed = (line: string) => line.replaceAll(SYSTEM.name, name);
  return steps.map(({ command, ...step }) => ({
    ...step,
    command: command.replaceAll(SYSTEM.file, file),
    ...(step.out ? { out: step.out.map(renamed) } : {}),
  }));
}

/**
 * The same steps on a bed. A slow one's UART takes its time: a cell that shares COM1 with the hypervisor begins to speak while that
 * tells that it has started, so that the cell's first lines are in pieces.
 */
export function onBed(steps: readonly Step[], bed: Bed, system = bed.system): Step[] {
  const own = onSystem(steps, system);
  if (!bed.isSlow) return own;
  return own.map(({ com1, ...step }) =>
    com1 ? { ...step, com1: com1.filter((line) => !line.startsWith(CALIBRATED)) } : step,
  );
}

export const SESSION: readonly Step[] = [...START, ...CELLS, ...AGAIN];

/** What a slow bed plays in CI: one cell after Linux' work, beside it one that breaks out, and the end. */
export const BRIEF_SESSION: readonly Step[] = [
  LOAD,
  ENABLE,
  { command: "workload start" },
  { command: "workload check", out: [WORKED] },
  { command: "workload stop", out: [WORKED] },
  ...punctual(FREQUENCY),
  ...ROGUE,
  ...DISABLE,
  { command: "rmmod jailhouse" },
];

/** All of the cells, without Linux' work and the second round. */
export const SHORT_SESSION: readonly Step[] = [
  LOAD,
  ENABLE,
  ...CELLS,
  { command: "rmmod jailhouse" },
];
