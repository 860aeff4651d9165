// Numbers that native code on x86 (native/numbers.h is made from this file, too) and the platform's module share.

/** Linear address of the windows to physical memory in the hypervisor's own page table: two pages for each CPU. */
export const WINDOWS: u64 = 0xffff800000000000;
/** The page of the local APIC. */
export const APIC_WINDOW: u64 = 0xffff800000200000;
/** A window of 2 MiB for each CPU, and the end of them all. */
export const LARGE_WINDOWS: u64 = 0xffff800040000000;
export const WINDOWS_END: u64 = 0xffff800080000000;

/** linuxState: the general registers that a function must keep, and where it returns to. */
export const LINUX_RBX: u32 = 0;
export const LINUX_RBP: u32 = 1;
export const LINUX_R12: u32 = 2;
export const LINUX_R13: u32 = 3;
export const LINUX_R14: u32 = 4;
export const LINUX_R15: u32 = 5;
/** RSP after the return. */
export const LINUX_RSP: u32 = 6;
export const LINUX_RIP: u32 = 7;
export const LINUX_RFLAGS: u32 = 8;
export const LINUX_CR0: u32 = 9;
export const LINUX_CR3: u32 = 10;
export const LINUX_CR4: u32 = 11;
export const LINUX_EFER: u32 = 12;
export const LINUX_GDT_BASE: u32 = 13;
export const LINUX_GDT_LIMIT: u32 = 14;
export const LINUX_IDT_BASE: u32 = 15;
export const LINUX_IDT_LIMIT: u32 = 16;
export const LINUX_CS: u32 = 17;
export const LINUX_SS: u32 = 18;
export const LINUX_DS: u32 = 19;
export const LINUX_ES: u32 = 20;
/** How many there are. */
export const LINUX_FIELDS: u32 = 21;
