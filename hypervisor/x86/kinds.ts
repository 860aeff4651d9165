// Kinds of ranges that the architecture traps (core/memory/ranges.ts).

/** The xAPIC page. */
export const MMIO_XAPIC: u32 = 1;
/** An IOAPIC's page; the argument is its number. */
export const MMIO_IOAPIC: u32 = 2;
/** The HPET's pages. */
export const MMIO_HPET: u32 = 3;
/** The page of the MMIO test device. */
export const MMIO_TEST_DEVICE: u32 = 4;
