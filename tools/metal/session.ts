// The session that metal:demo plays in a guest: the article's, under a real Linux that is at work all the time.

import { CLOSED, DISABLE, HEADING, OPENING, punctual, ROGUE, small } from "../demo/scenes.ts";
import type { Step } from "../demo/step.ts";

/** What `workload` says as long as nothing has gone wrong. */
const WORKED = "Linux worked: … rounds of files, processes and timers.";
/** Nobody knows how fast QEMU's clocks seem. */
const FREQUENCY = "…";

/** QEMU's machine has no IOMMU, as configured. */
const ENABLE: Step = {
  command: "jailhouse enable configs/qemu-x86.cell",
  out: [OPENING],
  err: ["Warning: No IOMMU is used: the DMA of devices is not isolated"],
};

const START: readonly Step[] = [
  {
    remark:
      "A real Linux, in QEMU. From now on it writes files, starts processes and waits for timers.",
    command: "uname -sr",
    out: ["Linux …"],
  },
  { command: "workload start" },
  {
    remark: "The driver, and the hypervisor takes over under Linux' feet.",
    command: "insmod driver/jailhouse.ko",
  },
  ENABLE,
  { command: "jailhouse cell list", out: [HEADING, "0 QEMU-VM running 0-3"] },
  { command: "workload check", out: [WORKED] },
];

const AGAIN: readonly Step[] = [
  {
    remark: "The machine is Linux' own again. Once more:",
    command: "workload check",
    out: [WORKED],
  },
  ENABLE,
  { command: "jailhouse cell list", out: [HEADING, "0 QEMU-VM running 0-3"] },
  { command: "workload check", out: [WORKED] },
  { command: "jailhouse disable", out: [CLOSED] },
  { command: "rmmod jailhouse" },
  { command: "workload stop", out: [WORKED] },
];

export const SESSION: readonly Step[] = [
  ...START,
  ...punctual(FREQUENCY),
  ...small(),
  ...ROGUE,
  ...DISABLE,
  ...AGAIN,
];
