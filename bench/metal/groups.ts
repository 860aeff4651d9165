// Words that the parts of the metal bench share: headings of its tables, and marks.

export const SIZE = "memory";
export const EXITS = "exits per second";
export const ROUND_TRIP = "one exit and back";
export const JITTER = "jitter of apic-demo";
export const CALLS = "requests to the driver";
/** The root cell does nothing. */
export const IDLE = "root idle";
/** All of the root cell's CPUs fork, copy and write. */
export const BUSY = "root busy";
/** As busy, and another cell is created, loaded, started, denied and destroyed all the time. */
export const CHANGING = "root busy, cells come and go";

/** What begins and ends a look, as the guest's kernel prints it on the console for whoever watches. */
export const BEGIN = "bench: begin";
export const END = "bench: end";
