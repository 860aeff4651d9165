// Every limit of the core, with its reason.

/** Bytes of a page, the unit of the waist's memory members. */
export const PAGE_SIZE: u32 = 4096;
/** Mask of an offset in a page. */
export const PAGE_MASK: u64 = 0xfff;
/** CPU numbers are below this: the interrupt controllers that we mediate address no more. */
export const MAX_CPUS: u32 = 256;
/** Physical and guest-physical addresses end here: no supported processor has more than 52 bits. */
export const ADDRESS_LIMIT: u64 = 1 << 52;
/** Nanoseconds that a cell has for its reply if its configuration names no number of polls. */
export const REPLY_TIMEOUT: u64 = 1_000_000_000;
/** Nanoseconds after which no number of polls, however large, is waited for any longer. */
export const REPLY_TIMEOUT_MAX: u64 = 60_000_000_000;
/** Bytes that are filled with zeros at most before a CPU looks at what else there is to do: a large page. */
export const SCRUB_MAX: u64 = 1 << 21;
/** Warnings about one CPU that are printed until it is reset or changes hands: a cell cannot flood the console. */
export const WARNINGS_MAX: u32 = 16;
/** Bytes of the configuration space of a PCI device, the extended part included. */
export const CONFIG_SPACE_SIZE: u32 = 4096;
