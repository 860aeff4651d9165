// The narrow waist: everything that the core asks of a platform on every architecture. What an architecture adds is in its own
// platform.ts; the import section of hypervisor.wasm is the two lists. Contracts shared by all members:
// - `cell` is the core's cell number (root = 0, the lowest free one for a new cell), `cpu` the physical CPU number.
// - A member without a result cannot fail; where it says so, the core has reserved or checked before.
// - "The calling CPU" is the one whose exit or entry is being handled. A CPU other than it may be named only where
//   the contract says "any", and must then have been stopped.
// - Guest-physical and physical addresses and lengths are bytes; map, unmap and reserve take whole 4 KiB pages.

// --- Memory -------------------------------------------------------------------------------------------------------

/**
 * Makes the (empty) address space of `cell` if it has none, and sets aside all that later map and unmap calls can need that
 * begin and end at bounds of the given ranges. `ranges` is the address of `count` RANGE_* records. May be called again with
 * other ranges. Returns 0, or -ENOMEM: an address space that was made is then gone again, the map of one that existed is
 * as it was. What is set aside in the root cell's map for a new cell goes with that cell. Called while decoding, before anything changes.
 */
export declare function reserve(cell: u32, ranges: usize, count: u32): i32;
/** Frees the address space of `cell` and all that `reserve` set aside. No CPU may be assigned to it any more. */
export declare function release(cell: u32): void;
/** Maps [virt, virt+size) of `cell` to [phys, phys+size) with MAP_* flags, replacing what was there. Needs `commit`. */
export declare function map(cell: u32, virt: u64, phys: u64, size: u64, flags: u32): void;
/** Takes [virt, virt+size) from `cell`; accesses exit from then on. Needs `commit`. */
export declare function unmap(cell: u32, virt: u64, size: u64): void;
/** Flushes translations, so that all CPUs of `cell` follow the map as it is now. Its CPUs are stopped or the calling one. */
export declare function commit(cell: u32): void;
/** Fills physical memory with zeros. Ignores what is not RAM; refuses (panics at) hypervisor memory. */
export declare function scrub(phys: u64, size: u64): void;
/**
 * Copies `size` bytes at guest-physical `address` of `cell` into the core's memory, through the cell's map, which must
 * grant reads of RAM there. Returns 0 or -EFAULT (the destination is then undefined).
 */
export declare function readGuest(cell: u32, address: u64, destination: usize, size: u32): i32;
/** Reads u32 number `offset`/4 of the communication page of `cell`. Each cell has one page, zeroed by `reserve`. */
export declare function readComm(cell: u32, offset: u32): u32;
/** Writes u32 number `offset`/4 of the communication page of `cell`; ordered before anything that follows. */
export declare function writeComm(cell: u32, offset: u32, value: u32): void;
/** Pages of the platform's own pool, from which maps and grants are made: POOL_SIZE all, POOL_USED those in use. */
export declare function poolPages(kind: u32): u32;

// --- Devices ------------------------------------------------------------------------------------------------------

/** Points device `bdf` on `iommu` at the memory of `cell` (DMA and interrupts). Without an IOMMU: does nothing. */
export declare function attachDevice(cell: u32, iommu: u32, bdf: u32): void;
/** Cuts device `bdf` on `iommu` off all memory. */
export declare function detachDevice(iommu: u32, bdf: u32): void;
/** Reads device memory on the calling CPU; `size` 1, 2, 4 or 8, naturally aligned unless the device allows more. */
export declare function mmioRead(address: u64, size: u32): u64;
/** Writes device memory; as mmioRead. */
export declare function mmioWrite(address: u64, size: u32, value: u64): void;
/** Reads PCI configuration space; `size` 1, 2 or 4, within a dword. With the lock, as pciWrite. */
export declare function pciRead(bdf: u32, register: u32, size: u32): u32;
/** Writes PCI configuration space. */
export declare function pciWrite(bdf: u32, register: u32, size: u32, value: u32): void;

// --- CPUs ---------------------------------------------------------------------------------------------------------

/**
 * Stops any other CPU: returns when it is out of its guest and waits in the platform, or is blocked in `lock`. By one CPU
 * at a time, so with the lock. A halted,
 * parked or waiting CPU counts as stopped. Idempotent until `resumeCpu`. A stopped CPU does not get the lock; one that was
 * blocked there and is then reset, parked or assigned does not come back: its handler is abandoned.
 */
export declare function stopCpu(cpu: u32): void;
/** Lets any stopped CPU go on where it was (or as resetCpu, parkCpu and assignCpu have left it), at once or soon. As stopCpu. */
export declare function resumeCpu(cpu: u32): void;
/**
 * Gives any stopped (or the calling) CPU to the address space and grants of `cell`, as after resetCpu without an entry: the
 * next owner finds no register of the last one's. The time that it reads is the processor's again.
 */
export declare function assignCpu(cpu: u32, cell: u32): void;
/**
 * Puts any stopped (or the calling) CPU into the start state of ABI section 4, entered at `entry`; it runs once resumed.
 * Nothing is left that software had in it: also its part of the interrupt controller, its floating-point and vector state and every
 * register of the CPU's own are as after power-on.
 */
export declare function resetCpu(cpu: u32, entry: u64): void;
/**
 * Halts any stopped (or the calling) CPU until it is reset (`wake` 0), or until its cell starts it as the architecture has it
 * (`wake` 1).
 */
export declare function parkCpu(cpu: u32, wake: u32): void;
/** The calling CPU leaves the hypervisor, with its guest state, once the present handler has returned. */
export declare function releaseCpu(cpu: u32): void;
/** Reads REG_* of the calling (or any stopped) CPU. */
export declare function readRegister(cpu: u32, register: u32): u64;
/** Writes REG_* of the calling (or any stopped) CPU. */
export declare function writeRegister(cpu: u32, register: u32, value: u64): void;

// --- Console, time, lock ------------------------------------------------------------------------------------------

/**
 * Takes one byte for the hypervisor's debug console; `console` is the address of its description (CONSOLE_*). Or
 * CONSOLE_FRESH_LINE: what follows begins at the start of a line, whatever cells that share the line have put there. Called
 * with the lock, so it never waits for the line: the platform keeps the bytes and sends them, all and in this order, with
 * registers of its own (a cell may have left others), outside of the lock and without holding any CPU up for long.
 */
export declare function putConsole(console: usize, byte: u32): void;
/** Nanoseconds since an arbitrary start; never goes back. */
export declare function now(): u64;
/** Called while polling for a cell's reply: lets the other CPUs make progress. */
export declare function relax(cpu: u32): void;
/** Takes the one lock of the core. Not recursive. */
export declare function lock(): void;
/** Gives the lock back. */
export declare function unlock(): void;
