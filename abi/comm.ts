// The communication region: one page shared by the hypervisor and a cell, ABI revision 2.

/** ABI revision of the communication region. */
export const COMM_REVISION: u32 = 2;
/** Offset of the signature, six bytes `JHCOMM`. */
export const COMM_SIGNATURE: u32 = 0x00;
/** First four bytes of the signature, little endian ("JHCO"). */
export const COMM_SIGNATURE_LOW: u32 = 0x4f43484a;
/** Last two bytes of the signature, little endian ("MM"). */
export const COMM_SIGNATURE_HIGH: u32 = 0x4d4d;
/** Offset of the ABI revision, u16. */
export const COMM_REVISION_OFFSET: u32 = 0x06;
/** Offset of the cell state, u32, written by the cell. */
export const COMM_CELL_STATE: u32 = 0x08;
/** Offset of the message to the cell, u32. */
export const COMM_MSG_TO_CELL: u32 = 0x0c;
/** Offset of the cell's reply, u32. */
export const COMM_REPLY_FROM_CELL: u32 = 0x10;
/** Offset of the flags, u32 (COMM_FLAG_*). */
export const COMM_FLAGS: u32 = 0x14;
/** Offset of the console description, copied from the cell's configuration (32 bytes). */
export const COMM_CONSOLE: u32 = 0x18;
/** Offset of the PCI MMCONFIG base, u64. */
export const COMM_PCI_MMCONFIG_BASE: u32 = 0x38;
/** Offset of the PM timer port, u16. */
export const COMM_PM_TIMER_ADDRESS: u32 = 0x40;
/** Offset of the number of CPUs of the cell, u16. */
export const COMM_NUM_CPUS: u32 = 0x42;
/** Offset of the TSC frequency in kHz, u32. */
export const COMM_TSC_KHZ: u32 = 0x44;
/** Offset of the APIC timer frequency in kHz, u32. */
export const COMM_APIC_KHZ: u32 = 0x48;
/** Size of the defined part in bytes. */
export const COMM_SIZE: u32 = 0x4c;

/** Flag: the cell may use the hypercall console. */
export const COMM_FLAG_PUTC_PERMITTED: u32 = 1;
/** Flag: the cell should use the hypercall console. */
export const COMM_FLAG_PUTC_ACTIVE: u32 = 2;

/** Cell state: running. */
export const CELL_RUNNING: u32 = 0;
/** Cell state: running, and the system's configuration must not change. */
export const CELL_RUNNING_LOCKED: u32 = 1;
/** Cell state: shut down (terminal). */
export const CELL_SHUT_DOWN: u32 = 2;
/** Cell state: failed (terminal). */
export const CELL_FAILED: u32 = 3;
/** Cell state: the inmate does not know this revision of the region (terminal). */
export const CELL_FAILED_COMM_REV: u32 = 4;

/** Message: none. */
export const MSG_NONE: u32 = 0;
/** Message: asks the cell to shut down. */
export const MSG_SHUTDOWN_REQUEST: u32 = 1;
/** Message: a cell was created or destroyed. */
export const MSG_RECONFIG_COMPLETED: u32 = 2;

/** Reply: none yet. */
export const REPLY_NONE: u32 = 0;
/** Reply: the message is unknown to the cell. */
export const REPLY_UNKNOWN: u32 = 1;
/** Reply: request denied. */
export const REPLY_REQUEST_DENIED: u32 = 2;
/** Reply: request approved. */
export const REPLY_REQUEST_APPROVED: u32 = 3;
/** Reply: message received. */
export const REPLY_RECEIVED: u32 = 4;
