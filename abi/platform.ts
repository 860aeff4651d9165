// Numbers of the narrow waist: what the core and a platform say to each other (hypervisor/platform.ts).

/** Map flag: readable. */
export const MAP_READ: u32 = 0x1;
/** Map flag: writable. */
export const MAP_WRITE: u32 = 0x2;
/** Map flag: executable. */
export const MAP_EXECUTE: u32 = 0x4;
/** Map flag: devices attached to the cell may reach it. */
export const MAP_DMA: u32 = 0x8;
/** Map flag: the cell's communication page; the physical address is ignored. */
export const MAP_COMM: u32 = 0x10;
/** Map flag: reads as zero everywhere, whatever the physical address; never writable. */
export const MAP_ZERO: u32 = 0x20;
/** Map flag: the hypervisor's console page, read-only; the physical address is ignored. */
export const MAP_CONSOLE: u32 = 0x40;
/** Offset of the page mapped with MAP_CONSOLE in the hypervisor memory that the root cell sees. */
export const CONSOLE_PAGE_OFFSET: u32 = 0;
/** Range given to `reserve`: guest-physical start, u64. */
export const RANGE_VIRT: u32 = 0;
/** Range given to `reserve`: size in bytes, u64. */
export const RANGE_LENGTH: u32 = 8;
/** Range given to `reserve`: physical start of what will be mapped there, u64; how it is aligned tells the size of pages. */
export const RANGE_PHYS: u32 = 16;
/** Size of a range. */
export const RANGE_SIZE: u32 = 24;

/** `poolPages` kind: all pages of the platform's pool. */
export const POOL_SIZE: u32 = 0;
/** `poolPages` kind: those in use. */
export const POOL_USED: u32 = 1;

/** MSR grant: reads. */
export const MSR_ACCESS_READ: u32 = 1;
/** MSR grant: writes. */
export const MSR_ACCESS_WRITE: u32 = 2;
/** `sendIpi` mode: fixed (as in the ICR's delivery mode). */
export const IPI_FIXED: u32 = 0;
/** `sendIpi` mode: lowest priority. */
export const IPI_LOWEST_PRIORITY: u32 = 1;
/** `sendIpi` mode: NMI. */
export const IPI_NMI: u32 = 4;
/** `injectException`: the exception has no error code. */
export const NO_ERROR_CODE: i32 = -1;

/** `putConsole`: no byte; what follows begins at the start of a line. */
export const CONSOLE_FRESH_LINE: u32 = 0x100;

/** `exitUnhandled`: none of the others. */
export const EXIT_OTHER: u32 = 0;
/** `exitUnhandled`: a fault on the way to the double fault's handler, which shuts a processor down. */
export const EXIT_TRIPLE_FAULT: u32 = 1;
/** `exitUnhandled`: an instruction that ends the use of virtualisation (STGI, VMXOFF). */
export const EXIT_VIRTUALISATION_END: u32 = 2;
/** `exitUnhandled`: the processor cannot go on with the state that the guest has. */
export const EXIT_INVALID_STATE: u32 = 3;
/** `exitUnhandled`: the platform's processor is not a whole one and lacks the instruction at RIP, which others may have. */
export const EXIT_MISSING_INSTRUCTION: u32 = 4;

/** `exitMmio` flag: a write. */
export const ACCESS_WRITE: u32 = 0x1;
/** `exitMmio` flag: an instruction fetch. */
export const ACCESS_FETCH: u32 = 0x2;
/** `exitMmio` flag: not where the operand begins, but its part on a second page, or an entry of the guest's page tables. */
export const ACCESS_INDIRECT: u32 = 0x4;
/** `exitPio` flag: input. */
export const PIO_IN: u32 = 0x1;
/** `exitPio` flag: INS or OUTS. */
export const PIO_STRING: u32 = 0x2;
/** `exitPio` flag: repeated. */
export const PIO_REP: u32 = 0x4;

/** Register numbers of `readRegister` and `writeRegister`; 0 to 15 are the instruction encoding's. */
export const REG_RAX: u32 = 0;
/** RCX. */
export const REG_RCX: u32 = 1;
/** RDX. */
export const REG_RDX: u32 = 2;
/** RBX. */
export const REG_RBX: u32 = 3;
/** RSP. */
export const REG_RSP: u32 = 4;
/** RBP. */
export const REG_RBP: u32 = 5;
/** RSI. */
export const REG_RSI: u32 = 6;
/** RDI. */
export const REG_RDI: u32 = 7;
/** R8; R9 to R15 follow. */
export const REG_R8: u32 = 8;
/** R15. */
export const REG_R15: u32 = 15;
/** RIP. Writing it also ends an interrupt shadow. */
export const REG_RIP: u32 = 16;
/** RFLAGS. */
export const REG_RFLAGS: u32 = 17;
/** CR0. */
export const REG_CR0: u32 = 18;
/** CR2. */
export const REG_CR2: u32 = 19;
/** CR3. */
export const REG_CR3: u32 = 20;
/** CR4. */
export const REG_CR4: u32 = 21;
/** EFER as the guest sees it. */
export const REG_EFER: u32 = 22;
/** CS selector. */
export const REG_CS_SELECTOR: u32 = 23;
/** CS base. */
export const REG_CS_BASE: u32 = 24;
/** CS attributes in the compressed VMCB layout (descriptor bits 47:40 in 7:0, 55:52 in 11:8). */
export const REG_CS_ATTRIBUTES: u32 = 25;
/** Current privilege level, 0 to 3. */
export const REG_CPL: u32 = 26;
/** PAT in effect for the guest. */
export const REG_PAT: u32 = 27;
/** XCR0 of the calling CPU. */
export const REG_XCR0: u32 = 28;
/** The time-stamp counter that the guest reads; only written. The processor's own goes on as it was. */
export const REG_TSC: u32 = 29;
