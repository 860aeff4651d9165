// The scenes of which sessions are made, the same on every platform.

import type { Step } from "./step.ts";

export const HEADING = "ID Name State Assigned CPUs Failed CPUs";
const TICK = "Timer fired, jitter: … ns, min: … ns, max: … ns";
export const OPENING = "The Jailhouse is opening.";
export const CLOSED = "The Jailhouse was closed.";
const DENIED = "Rejecting first shutdown request - try again!";
const TICKING = { line: TICK, perSecond: 10 };

/**
 * A cell with a program that needs to be punctual; `frequency` is how many kHz it must measure. It is locked, refuses to
 * go once, and goes.
 */
export const punctual = (frequency: string): readonly Step[] => [
  {
    remark: "A cell of its own for a program that needs to be punctual.",
    command: "jailhouse cell create configs/apic-demo.cell",
  },
  { command: "jailhouse cell load apic-demo inmates/demos/x86/apic-demo.bin -a 0xf0000" },
  {
    command: "jailhouse cell start apic-demo",
    com1: [
      `Calibrated TSC frequency: ${frequency} kHz`,
      `Calibrated APIC frequency: ${frequency} kHz`,
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

/** 32-bit code, on the other serial port; `look` comes while the cell runs. */
export const small = (look: readonly Step[] = []): readonly Step[] => [
  {
    remark: "Another cell, another program: 32-bit code, on COM2.",
    command: "jailhouse cell create configs/tiny-demo.cell",
  },
  { command: "jailhouse cell load tiny-demo inmates/demos/x86/32-bit-demo.bin -a 0xf0000" },
  {
    command: "jailhouse cell start tiny-demo",
    com2: ["This runs in 32-bit mode (EFER: …)"],
  },
  ...look,
  { command: "jailhouse cell destroy tiny-demo" },
];

/** A cell that breaks out, beside one that must not notice. */
export const ROGUE: readonly Step[] = [
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

/** The end, with a locked cell that refuses once. */
export const DISABLE: readonly Step[] = [
  {
    remark: "The locked cell refuses once more, and goes on.",
    command: "jailhouse disable",
    status: 1,
    err: ["JAILHOUSE_DISABLE: Operation not permitted"],
    com1: [DENIED],
    beat: { seconds: 1, ...TICKING },
  },
  { command: "jailhouse disable", out: [CLOSED], com1: ["Stopped APIC demo"] },
];
