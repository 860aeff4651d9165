// The original's figures of another day, in the same kind of guest on another state of the host: context, no comparison.
// docs/metal.md has them with their circumstances. By keyOf(group, name).

import { CALLS, EXITS, IDLE, JITTER, BUSY as LOAD, ROUND_TRIP, SIZE } from "./groups.ts";

const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [SIZE]: {
    image: "86",
    "code and data": "2,228",
    "each CPU": "24",
    "with 4 CPUs": "2,324",
    "pool in use, enabled": "808",
    "pool in use, with apic-demo": "868",
  },
  [EXITS]: {
    [`apic-demo, ${IDLE}: total`]: "39.6 to 40.1",
    [`apic-demo, ${IDLE}: msr_other`]: "39.6 to 40.1",
    "apic-demo: each tick": "4",
    [`root cell, ${IDLE}: total`]: "105 to 123",
    [`root cell, ${IDLE}: xapic`]: "73 to 89",
    [`root cell, ${IDLE}: cpuid`]: "30",
    [`root cell, ${IDLE}: hypercall`]: "2",
  },
  [ROUND_TRIP]: {
    CPUID: "19,000 to 26,000",
    hypercall: "17,000 to 30,000",
    "x2APIC write": "17,000 to 32,000",
    "xAPIC write": "32,000 to 52,000",
  },
  [JITTER]: {
    [`${IDLE}: min`]: "138",
    [`${IDLE}: median`]: "306",
    [`${IDLE}: p99`]: "449",
    [`${IDLE}: max`]: "1,560",
    [`${LOAD}: min`]: "104",
    [`${LOAD}: median`]: "2,570",
    [`${LOAD}: p99`]: "13,100",
    [`${LOAD}: max`]: "18,800",
  },
  [CALLS]: {
    enable: "317 to 428",
    create: "99.6",
    load: "14.7",
    start: "9.9",
    "destroy, refused": "14.9",
    destroy: "109",
    disable: "14 to 51",
  },
};

/** What it was, as text. */
export const EARLIER: ReadonlyMap<string, string> = new Map(
  Object.entries(rows).flatMap(([group, figures]) =>
    Object.entries(figures).map(([name, text]) => [`${group}/${name}`, text] as const),
  ),
);
