// The headings of the metal bench's tables, and words that their rows share.

export const SIZE = "memory";
export const EXITS = "exits per second";
export const ROUND_TRIP = "one exit and back";
export const JITTER = "jitter of apic-demo";
export const CALLS = "requests to the driver";
/** The root cell does nothing. */
export const IDLE = "root idle";
/** All of the root cell's CPUs fork, copy and write. */
export const BUSY = "root busy";
