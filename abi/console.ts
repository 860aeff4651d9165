// The console page: a ring of the hypervisor's output that the root cell may read (ABI section 7), and behind it, where
// the original has nothing, who printed each byte.

/** 1 while a byte is being written, u32. */
export const RING_BUSY: u32 = 0;
/** Bytes written so far, modulo 2^32, u32. */
export const RING_TAIL: u32 = 4;
/** The last RING_SIZE bytes. */
export const RING_CONTENT: u32 = 8;
/** Size of the ring in bytes. */
export const RING_SIZE: u32 = 2048;
/** A bit for each byte of the ring, bit 0 of the first byte first: 1 if a cell printed it, not the hypervisor. */
export const RING_CELLS: u32 = 2056;
