// The HPET (IA-PC HPET specification 1.0a, sections 2.3 and 2.4): offsets in its page and bits of its registers, which take
// accesses of 4 and 8 bytes.

/**
 * Physical address of the first page that can be the HPET's. Chipsets have it there or in one of the three pages behind
 * (Intel ICH9 datasheet, section 10.1.75 HPTC; AMD's have the first one), and nothing else is ever in them.
 */
export const HPET_FIRST: u32 = 0xfed00000;
/** Pages that can be the HPET's, in bytes. */
export const HPET_SIZE: u32 = 0x4000;
/** Capabilities, lower half: revision, number of the last timer, vendor. */
export const HPET_CAPABILITIES: u32 = 0x000;
/** Capabilities: shift and mask of the last timer's number. */
export const HPET_LAST_TIMER_SHIFT: u32 = 8;
export const HPET_LAST_TIMER_MASK: u32 = 0x1f;
/** Capabilities: mask of the revision, which is not 0. */
export const HPET_REVISION_MASK: u32 = 0xff;
/** Capabilities, upper half: the counter's period in femtoseconds. */
export const HPET_PERIOD_REGISTER: u32 = 0x004;
/** The longest period that there may be, in femtoseconds. */
export const HPET_PERIOD_MAX: u32 = 0x05f5e100;
/** The first timer's registers, and the distance between timers. */
export const HPET_TIMER_FIRST: u32 = 0x100;
export const HPET_TIMER_SIZE: u32 = 0x20;
/** Timer: configuration and capabilities, lower half. */
export const HPET_TIMER_CONFIGURATION: u32 = 0x00;
/** Timer: FSB interrupt route: the data that are written, and the address to which. */
export const HPET_TIMER_DATA: u32 = 0x10;
export const HPET_TIMER_ADDRESS: u32 = 0x14;
/** Timer configuration: its interrupt is enabled. */
export const HPET_TIMER_ENABLE: u32 = 0x4;
/** Timer configuration: its interrupt is a write to memory, as the route says. */
export const HPET_TIMER_FSB: u32 = 0x4000;
/** Timer configuration: it can do that. */
export const HPET_TIMER_FSB_CAPABLE: u32 = 0x8000;
