// The session that the demo plays, as data: what is typed, and every answer that must come.

import type { Step } from "./step.ts";

const COM2_FILE = "com2.txt";
export const COM2 = COM2_FILE;

const HEADING = "ID Name State Assigned CPUs Failed CPUs";
const TICK = "Timer fired, jitter: … ns, min: … ns, max: … ns";
const OPENING = "The Jailhouse is opening.";
const CLOSED = "The Jailhouse was closed.";
const DENIED = "Rejecting first shutdown request - try again!";
const TICKING = { line: TICK, perSecond: 10 };

const START: readonly Step[] = [
  {
    remark: "A machine: 4 CPUs, 1 GiB. In the article this is QEMU.",
    command: `jailhouse machine start --cpus 4 --memory 1G --pace PACE --serial 1=file:${COM2_FILE}`,
    out: ['Machine "default" runs.'],
  },
  {
    remark: "The hypervisor takes it over.",
    command: "jailhouse enable configs/qemu-x86.cell",
    out: [OPENING],
  },
];

const PUNCTUAL: readonly Step[] = [
  {
    remark: "A cell of its own for a program that needs to be punctual.",
    command: "jailhouse cell create configs/apic-demo.cell",
  },
  { command: "jailhouse cell load apic-demo inmates/demos/x86/apic-demo.bin -a 0xf0000" },
  {
    command: "jailhouse cell start apic-demo",
    com1: [
      "Calibrated TSC frequency: ≈1000000 kHz",
      "Calibrated APIC frequency: ≈1000000 kHz",
      TICK,
    ],
    beat: { seconds: 1, ...TICKING },
  },
  {
    remark: "CPU 3 is the cell's now.",
    command: "jailhouse cell list",
    out: [HEADING, "0 QEMU-VM running 0-2", "1 apic-demo running/locked 3"],
  },
  {
    command: "jailhouse cell stat apic-demo --count 3",
    contains: [
      "Statistics for apic-demo cell",
      "COUNTER (All CPUs) SUM PER SEC",
      "vmexits_total …",
      "Statistics for apic-demo cell",
      "vmexits_total … …",
      "Statistics for apic-demo cell",
      "vmexits_total … …",
    ],
  },
];

const REFUSED: readonly Step[] = [
  {
    remark: "It is locked, and refuses to go at the first request.",
    command: "jailhouse cell destroy apic-demo",
    status: 1,
    err: ["JAILHOUSE_CELL_DESTROY: Operation not permitted"],
    com1: [DENIED],
  },
  {
    command: "jailhouse cell list",
    out: [HEADING, "0 QEMU-VM running 0-2", "1 apic-demo running/locked 3"],
  },
  { command: "jailhouse cell destroy apic-demo", com1: ["Stopped APIC demo"] },
  {
    remark: "The CPU is back in the root cell.",
    command: "jailhouse cell list",
    out: [HEADING, "0 QEMU-VM running 0-3"],
  },
];

const SMALL: readonly Step[] = [
  {
    remark: "Another cell, another program: 32-bit code, on COM2.",
    command: "jailhouse cell create configs/tiny-demo.cell",
  },
  { command: "jailhouse cell load tiny-demo inmates/demos/x86/32-bit-demo.bin -a 0xf0000" },
  {
    command: "jailhouse cell start tiny-demo",
    com2: ["This runs in 32-bit mode (EFER: …)"],
  },
  { command: `cat ${COM2_FILE}`, out: ["This runs in 32-bit mode (EFER: …)"] },
  { command: "jailhouse cell destroy tiny-demo" },
];

const ROGUE: readonly Step[] = [
  {
    remark: "A cell that will break out, beside one that must not notice.",
    command: "jailhouse cell create configs/rogue-demo.cell",
  },
  {
    command:
      'jailhouse cell load rogue-demo inmates/demos/x86/rogue-demo.bin -a 0xf0000 -s "violation=ram delay=500" -a 0x1000',
  },
  { command: "jailhouse cell create configs/apic-demo.cell" },
  { command: "jailhouse cell load apic-demo inmates/demos/x86/apic-demo.bin -a 0xf0000" },
  { command: "jailhouse cell start apic-demo", com1: [TICK] },
  {
    command: "jailhouse cell start rogue-demo",
    com2: ["Rogue: about to write to RAM that is not mine: 0x3a000000"],
    beat: { seconds: 2, ...TICKING },
  },
  {
    remark: "The hypervisor's report.",
    command: "jailhouse console",
    contains: [
      "FATAL: Invalid MMIO/RAM write, addr: 0x000000003a000000 size: 4",
      "RIP: … RSP: … FLAGS: …",
      'Parking CPU 2 (Cell: "rogue-demo")',
    ],
  },
  {
    command: "jailhouse cell list",
    out: [
      HEADING,
      "0 QEMU-VM running 0-1",
      "1 rogue-demo failed 2 2",
      "2 apic-demo running/locked 3",
    ],
    beat: { seconds: 1, ...TICKING },
  },
];

const END: readonly Step[] = [
  {
    remark: "The locked cell refuses once more, and goes on.",
    command: "jailhouse disable",
    status: 1,
    err: ["JAILHOUSE_DISABLE: Operation not permitted"],
    com1: [DENIED],
    beat: { seconds: 1, ...TICKING },
  },
  { command: "jailhouse disable", out: [CLOSED], com1: ["Stopped APIC demo"] },
  { command: "jailhouse machine stop" },
];

export const SESSION: readonly Step[] = [
  ...START,
  ...PUNCTUAL,
  ...REFUSED,
  ...SMALL,
  ...ROGUE,
  ...END,
];
