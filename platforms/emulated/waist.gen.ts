// Made by `npm run reference` from the waist's contracts in hypervisor/: change those, not this file.

/** What hypervisor.wasm exports. */
export interface CoreExports {
  /** First byte after the core's own static data in its memory; callable before `init`. */
  heapBase(): number;
  /** Checks and keeps the system configuration, `size` bytes at `config` in the core's memory, and sets up the root cell. Once, on the first CPU. The platform has put it at `heapBase()` rounded up to a page; what follows in the memory, up to its end, is the core's pool of pages. Returns 0 or -errno; after an error the instance is thrown away. */
  init(cpu: number, config: number, size: number): number;
  /** Prepares a CPU of the root cell; on each of them, the first one included, after `init`. Returns 0 or -errno. */
  initCpu(cpu: number): number;
  /** Takes effect, once all CPUs are prepared: units are initialised, the root cell's map is committed. On 0 the platform lets the CPUs go on as guests of cell 0, with the state they had; else -errno. */
  activate(): number;
  /** Address of the console page (ABI section 7) in the core's memory; 0 before `init`. */
  consolePage(): number;
  /** Address of the table of denied accesses (abi/denials.ts) in the core's memory; 0 before `init`. */
  denialTable(): number;
  /** The CPU came out because another one stopped it (the waist's `stopCpu`). Called once per stop, when the CPU is about to go on: after `resumeCpu`, with whatever state and cell it has been given meanwhile. */
  exitManagement(cpu: number): void;
  /** Exceptions to intercept, a bit each; the same at any time. */
  exceptions(): number;
  /** VMCALL or VMMCALL; number, arguments and result are registers of the guest (ABI section 2). */
  hypercall(cpu: number, length: number): void;
  /** An access that the cell's map does not grant: guest-physical `address`, ACCESS_* `flags`. The core decodes the instruction. */
  exitMmio(cpu: number, address: bigint, flags: number): void;
  /** A port that is not granted; `size` 1, 2 or 4 bytes, PIO_* `flags`. The length is always known. */
  exitPio(cpu: number, port: number, size: number, flags: number, length: number): void;
  /** CPUID. */
  exitCpuid(cpu: number, length: number): void;
  /** RDMSR that is not granted. */
  exitMsrRead(cpu: number, length: number): void;
  /** WRMSR that is not granted. */
  exitMsrWrite(cpu: number, length: number): void;
  /** XSETBV. */
  exitXsetbv(cpu: number, length: number): void;
  /** A write of control register REG_* `register`; of length 0, `value` says nothing either. */
  exitCr(cpu: number, register: number, value: bigint, length: number): void;
  /** An intercepted exception; `errorCode` NO_ERROR_CODE where the vector has none. */
  exitException(cpu: number, vector: number, errorCode: number): void;
  /** Anything else: `kind` EXIT_*. `code`, `info1` and `info2` are the processor's own words for it, which a report prints and nothing depends on: of AMD's, EXITCODE, EXITINFO1 and EXITINFO2; of Intel's, exit reason, qualification, and vectoring information with the interruption information above it. */
  exitUnhandled(cpu: number, kind: number, code: bigint, info1: bigint, info2: bigint): void;
}

/** What hypervisor.wasm imports. */
export interface PlatformMembers {
  /** Makes the (empty) address space of `cell` if it has none, and sets aside all that later map and unmap calls can need that begin and end at bounds of the given ranges. `ranges` is the address of `count` RANGE_* records. May be called again with other ranges. Returns 0, or -ENOMEM: an address space that was made is then gone again, the map of one that existed is as it was. What is set aside in the root cell's map for a new cell goes with that cell. Called while decoding, before anything changes. */
  reserve(cell: number, ranges: number, count: number): number;
  /** Frees the address space of `cell` and all that `reserve` set aside. No CPU may be assigned to it any more. */
  release(cell: number): void;
  /** Maps [virt, virt+size) of `cell` to [phys, phys+size) with MAP_* flags, replacing what was there. Needs `commit`. */
  map(cell: number, virt: bigint, phys: bigint, size: bigint, flags: number): void;
  /** Takes [virt, virt+size) from `cell`; accesses exit from then on. Needs `commit`. */
  unmap(cell: number, virt: bigint, size: bigint): void;
  /** Flushes translations, so that all CPUs of `cell` follow the map as it is now. Its CPUs are stopped or the calling one. */
  commit(cell: number): void;
  /** Fills physical memory with zeros. Ignores what is not RAM; refuses (panics at) hypervisor memory. */
  scrub(phys: bigint, size: bigint): void;
  /** Copies `size` bytes at guest-physical `address` of `cell` into the core's memory, through the cell's map, which must grant reads of RAM there. Returns 0 or -EFAULT (the destination is then undefined). */
  readGuest(cell: number, address: bigint, destination: number, size: number): number;
  /** Reads u32 number `offset`/4 of the communication page of `cell`. Each cell has one page, zeroed by `reserve`. */
  readComm(cell: number, offset: number): number;
  /** Writes u32 number `offset`/4 of the communication page of `cell`; ordered before anything that follows. */
  writeComm(cell: number, offset: number, value: number): void;
  /** Pages of the platform's own pool, from which maps and grants are made: POOL_SIZE all, POOL_USED those in use. */
  poolPages(kind: number): number;
  /** Points device `bdf` on `iommu` at the memory of `cell` (DMA and interrupts). Without an IOMMU: does nothing. */
  attachDevice(cell: number, iommu: number, bdf: number): void;
  /** Cuts device `bdf` on `iommu` off all memory. */
  detachDevice(iommu: number, bdf: number): void;
  /** Reads device memory on the calling CPU; `size` 1, 2, 4 or 8, naturally aligned unless the device allows more. */
  mmioRead(address: bigint, size: number): bigint;
  /** Writes device memory; as mmioRead. */
  mmioWrite(address: bigint, size: number, value: bigint): void;
  /** Reads PCI configuration space; `size` 1, 2 or 4, within a dword. With the lock, as pciWrite. */
  pciRead(bdf: number, register: number, size: number): number;
  /** Writes PCI configuration space. */
  pciWrite(bdf: number, register: number, size: number, value: number): void;
  /** Stops any other CPU: returns when it is out of its guest and waits in the platform, or is blocked in `lock`. By one CPU at a time, so with the lock. A halted, parked or waiting CPU counts as stopped. Idempotent until `resumeCpu`. A stopped CPU does not get the lock; one that was blocked there and is then reset, parked or assigned does not come back: its handler is abandoned. */
  stopCpu(cpu: number): void;
  /** Lets any stopped CPU go on where it was (or as resetCpu, parkCpu and assignCpu have left it), at once or soon. As stopCpu. */
  resumeCpu(cpu: number): void;
  /** Gives any stopped (or the calling) CPU to the address space and grants of `cell`, as after resetCpu without an entry: the next owner finds no register of the last one's. The time that it reads is the processor's again. */
  assignCpu(cpu: number, cell: number): void;
  /** Puts any stopped (or the calling) CPU into the start state of ABI section 4, entered at `entry`; it runs once resumed. Nothing is left that software had in it: also its part of the interrupt controller, its floating-point and vector state and every register of the CPU's own are as after power-on. */
  resetCpu(cpu: number, entry: bigint): void;
  /** Halts any stopped (or the calling) CPU until it is reset (`wake` 0), or until its cell starts it as the architecture has it (`wake` 1). */
  parkCpu(cpu: number, wake: number): void;
  /** The calling CPU leaves the hypervisor, with its guest state, once the present handler has returned. */
  releaseCpu(cpu: number): void;
  /** Reads REG_* of the calling (or any stopped) CPU. */
  readRegister(cpu: number, register: number): bigint;
  /** Writes REG_* of the calling (or any stopped) CPU. */
  writeRegister(cpu: number, register: number, value: bigint): void;
  /** Takes one byte for the hypervisor's debug console; `console` is the address of its description (CONSOLE_*). Or CONSOLE_FRESH_LINE: what follows begins at the start of a line, whatever cells that share the line have put there. Called with the lock, so it never waits for the line: the platform keeps the bytes and sends them, all and in this order, with registers of its own (a cell may have left others), outside of the lock and without holding any CPU up for long. */
  putConsole(console: number, byte: number): void;
  /** Nanoseconds since an arbitrary start; never goes back. */
  now(): bigint;
  /** Called while polling for a cell's reply: lets the other CPUs make progress. */
  relax(cpu: number): void;
  /** Takes the one lock of the core. Not recursive. */
  lock(): void;
  /** Gives the lock back. */
  unlock(): void;
  /** Lets `cell` use ports [base, base+count) without an exit. A new cell has none. */
  grantPorts(cell: number, base: number, count: number): void;
  /** Makes every access of `cell` to ports [base, base+count) exit. */
  revokePorts(cell: number, base: number, count: number): void;
  /** Lets `cell` use MSRs [first, first+count) without an exit, for the MSR_ACCESS_* given. A new cell has none. */
  grantMsrs(cell: number, first: number, count: number, access: number): void;
  /** Makes accesses of `cell` to MSRs [first, first+count), of the MSR_ACCESS_* kinds given, exit. */
  revokeMsrs(cell: number, first: number, count: number, access: number): void;
  /** From now on every CPU of `cell` has its local APIC in x2APIC mode, clean, before it enters the cell's guest; one that is given to another cell has it in that one's mode again. Called for a new cell other than the root cell, whose CPUs are assigned and stopped, where CPUs have x2APIC and those of the root cell are in xAPIC mode. */
  useX2apic(cell: number): void;
  /** Sends an interrupt to any CPU, running or not: mode IPI_FIXED or IPI_LOWEST_PRIORITY with `vector`, or IPI_NMI. */
  sendIpi(cpu: number, mode: number, vector: number): void;
  /** Raises exception `vector` on the calling CPU at its present RIP; `errorCode` NO_ERROR_CODE for none. */
  injectException(cpu: number, vector: number, errorCode: number): void;
  /** The local APIC id of any CPU. */
  apicId(cpu: number): number;
  /** Reads a port; `size` 1, 2 or 4. */
  portIn(port: number, size: number): number;
  /** Writes a port; `size` 1, 2 or 4. */
  portOut(port: number, size: number, value: number): void;
  /** Reads an MSR of the calling CPU into the u64 at `destination` in the core's memory. Returns 1, or 0 if there is none: nothing is stored then. Neither this nor writeMsr raises anything in the guest; that is for the core to do. */
  readMsr(cpu: number, msr: number, destination: number): number;
  /** Writes an MSR of the calling CPU. Returns 1, or 0 if there is none or it does not take the value. */
  writeMsr(cpu: number, msr: number, value: bigint): number;
  /** Executes CPUID on the calling CPU; `part` 0 to 3 selects EAX, EBX, ECX or EDX. */
  cpuid(cpu: number, leaf: number, subleaf: number, part: number): number;
}
