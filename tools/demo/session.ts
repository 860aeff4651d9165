// The session that the demo plays, as data: what is typed, and every answer that must come.

import { DISABLE, OPENING, punctual, ROGUE, small } from "./scenes.ts";
import type { Step } from "./step.ts";

/** The file to which COM2 goes. */
export const COM2 = "com2.txt";
/** A tick of the emulated machine's clocks is a nanosecond. */
const FREQUENCY = "≈1000000";

const START: readonly Step[] = [
  {
    remark: "A machine: 4 CPUs, 1 GiB. In the article this is QEMU.",
    command: `jailhouse machine start --cpus 4 --memory 1G --pace PACE --serial 1=file:${COM2}`,
    out: ['Machine "default" runs.'],
  },
  {
    remark: "The hypervisor takes it over.",
    command: "jailhouse enable configs/qemu-x86.cell",
    out: [OPENING],
  },
];

export const SESSION: readonly Step[] = [
  ...START,
  ...punctual(FREQUENCY),
  ...small([{ command: `cat ${COM2}`, out: ["This runs in 32-bit mode (EFER: …)"] }]),
  ...ROGUE,
  ...DISABLE,
  { command: "jailhouse machine stop" },
];
