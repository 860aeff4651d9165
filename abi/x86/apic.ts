// Local APIC (AMD64 Architecture Programmer's Manual, volume 2, chapter 16). Register numbers are the x2APIC's:
// MSR - 0x800, and xAPIC offset >> 4.

/** Physical address of the xAPIC page. */
export const APIC_PAGE: u32 = 0xfee00000;
/** APIC id. */
export const APIC_ID: u32 = 0x02;
/** Version. */
export const APIC_VERSION: u32 = 0x03;
/** Task priority. */
export const APIC_TPR: u32 = 0x08;
/** Arbitration priority. */
export const APIC_APR: u32 = 0x09;
/** Processor priority. */
export const APIC_PPR: u32 = 0x0a;
/** End of interrupt. */
export const APIC_EOI: u32 = 0x0b;
/** Remote read. */
export const APIC_RRR: u32 = 0x0c;
/** Logical destination. */
export const APIC_LDR: u32 = 0x0d;
/** Destination format (xAPIC). */
export const APIC_DFR: u32 = 0x0e;
/** Spurious interrupt vector. */
export const APIC_SVR: u32 = 0x0f;
/** First in-service register; seven more follow. */
export const APIC_ISR: u32 = 0x10;
/** First trigger mode register; seven more follow. */
export const APIC_TMR: u32 = 0x18;
/** First interrupt request register; seven more follow. */
export const APIC_IRR: u32 = 0x20;
/** Error status. */
export const APIC_ESR: u32 = 0x28;
/** LVT: corrected machine check. */
export const APIC_LVT_CMCI: u32 = 0x2f;
/** Interrupt command (xAPIC: its low half). */
export const APIC_ICR: u32 = 0x30;
/** Interrupt command, high half (xAPIC). */
export const APIC_ICR_HIGH: u32 = 0x31;
/** LVT: timer. */
export const APIC_LVT_TIMER: u32 = 0x32;
/** LVT: thermal. */
export const APIC_LVT_THERMAL: u32 = 0x33;
/** LVT: performance counters. */
export const APIC_LVT_PERF: u32 = 0x34;
/** LVT: LINT0. */
export const APIC_LVT_LINT0: u32 = 0x35;
/** LVT: LINT1. */
export const APIC_LVT_LINT1: u32 = 0x36;
/** LVT: error. */
export const APIC_LVT_ERROR: u32 = 0x37;
/** Timer: initial count. */
export const APIC_TIMER_INITIAL: u32 = 0x38;
/** Timer: current count. */
export const APIC_TIMER_CURRENT: u32 = 0x39;
/** Timer: divide configuration. */
export const APIC_TIMER_DIVIDE: u32 = 0x3e;
/** Timer: divide by 16. Linux leaves it so, and inmates rely on that. */
export const APIC_DIVIDE_BY_16: u32 = 0x3;
/** Self IPI (x2APIC). */
export const APIC_SELF_IPI: u32 = 0x3f;

/** Extended (AMD): feature register. */
export const APIC_EXT_FEATURE: u32 = 0x40;
/** Extended: control. */
export const APIC_EXT_CONTROL: u32 = 0x41;
/** Extended: end of a chosen interrupt. */
export const APIC_EXT_SEOI: u32 = 0x42;
/** Extended: first interrupt enable register; seven more follow. */
export const APIC_EXT_IER: u32 = 0x48;
/** Extended: first of four entries of the local vector table. */
export const APIC_EXT_LVT: u32 = 0x50;
/** Extended: the last one. */
export const APIC_EXT_LVT_LAST: u32 = 0x53;

/** Version: there are extended registers. */
export const APIC_VERSION_EXTENDED: u32 = 0x80000000;
/** Extended feature: there are interrupt enable registers. */
export const APIC_EXT_FEATURE_IER: u32 = 0x1;
/** Extended feature: shift of the number of entries of the local vector table. */
export const APIC_EXT_COUNT_SHIFT: u32 = 16;
/** Extended feature: that number. */
export const APIC_EXT_COUNT_MASK: u32 = 0xff;
/** Extended control: the interrupt enable registers can be written. */
export const APIC_EXT_CONTROL_IER: u32 = 0x1;
/** Extended control: the id has 8 bits; the firmware's to choose. */
export const APIC_EXT_CONTROL_ID: u32 = 0x4;
/** SVR: APIC software enabled. */
export const APIC_SVR_ENABLE: u32 = 0x100;
/** LVT: masked. */
export const APIC_LVT_MASKED: u32 = 0x10000;
/** LVT timer: periodic. */
export const APIC_LVT_PERIODIC: u32 = 0x20000;
/** LVT timer: TSC deadline. */
export const APIC_LVT_TSC_DEADLINE: u32 = 0x40000;
/** ICR: vector. */
export const ICR_VECTOR_MASK: u32 = 0xff;
/** ICR: shift of the delivery mode. */
export const ICR_MODE_SHIFT: u32 = 8;
/** ICR: delivery mode. */
export const ICR_MODE_MASK: u32 = 0x700;
/** Delivery mode: fixed. */
export const ICR_MODE_FIXED: u32 = 0;
/** Delivery mode: lowest priority. */
export const ICR_MODE_LOWEST: u32 = 1;
/** Delivery mode: SMI. */
export const ICR_MODE_SMI: u32 = 2;
/** Delivery mode: NMI. */
export const ICR_MODE_NMI: u32 = 4;
/** Delivery mode: INIT. */
export const ICR_MODE_INIT: u32 = 5;
/** Delivery mode: start-up. */
export const ICR_MODE_SIPI: u32 = 6;
/** Delivery mode: external interrupt (LVT only). */
export const ICR_MODE_EXTINT: u32 = 7;
/** ICR: logical destination. */
export const ICR_LOGICAL: u32 = 0x800;
/** ICR: delivery pending (xAPIC). */
export const ICR_PENDING: u32 = 0x1000;
/** ICR: level assert. */
export const ICR_ASSERT: u32 = 0x4000;
/** ICR: level triggered. */
export const ICR_LEVEL: u32 = 0x8000;
/** ICR: shift of the shorthand. */
export const ICR_SHORTHAND_SHIFT: u32 = 18;
/** ICR: shorthand. */
export const ICR_SHORTHAND_MASK: u32 = 0xc0000;
/** Shorthand: none. */
export const SHORTHAND_NONE: u32 = 0;
/** Shorthand: self. */
export const SHORTHAND_SELF: u32 = 1;
/** Shorthand: all including self. */
export const SHORTHAND_ALL: u32 = 2;
/** Shorthand: all excluding self. */
export const SHORTHAND_OTHERS: u32 = 3;

/** Physical address of the first IOAPIC. */
export const IOAPIC_PAGE: u32 = 0xfec00000;
/** IOAPIC: index register. */
export const IOAPIC_INDEX: u32 = 0x00;
/** IOAPIC: data register. */
export const IOAPIC_DATA: u32 = 0x10;
/** IOAPIC: EOI register. */
export const IOAPIC_EOI: u32 = 0x40;
/** IOAPIC register: id. */
export const IOAPIC_REG_ID: u32 = 0x00;
/** IOAPIC register: version and highest pin. */
export const IOAPIC_REG_VERSION: u32 = 0x01;
/** IOAPIC register: arbitration id. */
export const IOAPIC_REG_ARBITRATION: u32 = 0x02;
/** IOAPIC register: first redirection entry, two registers each. */
export const IOAPIC_REG_REDIRECTION: u32 = 0x10;
/** Redirection entry: masked. */
export const IOAPIC_MASKED: u32 = 0x10000;
/** Redirection entry: level triggered. */
export const IOAPIC_LEVEL: u32 = 0x8000;
/** Redirection entry: remote IRR. */
export const IOAPIC_REMOTE_IRR: u32 = 0x4000;
/** Redirection entry: active low. */
export const IOAPIC_ACTIVE_LOW: u32 = 0x2000;
/** IOAPICs of a machine: two are common, servers have one for each socket and root bridge. */
export const IOAPIC_UNITS_MAX: u32 = 64;
/** Pins of the IOAPIC of a PC. */
export const IOAPIC_PINS: u32 = 24;
/** Bytes from APIC_PAGE on in which a write is an interrupt message, whoever writes (SDM volume 3A, section 10.11.1). */
export const MESSAGE_WINDOW_SIZE: u32 = 0x100000;
