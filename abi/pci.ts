// Registers of PCI configuration space (PCI Local Bus Specification 3.0, chapter 6; PCI-to-PCI Bridge Architecture
// Specification 1.2, chapter 3).

/** Vendor id, u16; all ones where there is no device. */
export const PCI_REG_VENDOR: u32 = 0x00;
/** Command, u16 (PCI_COMMAND_*). */
export const PCI_REG_COMMAND: u32 = 0x04;
/** Status, u16 (PCI_STATUS_*). */
export const PCI_REG_STATUS: u32 = 0x06;
/** Cache line size, latency timer, header type, BIST. */
export const PCI_REG_CACHE_LINE: u32 = 0x0c;
/** The first BAR; six in a device, two in a bridge. */
export const PCI_REG_BAR: u32 = 0x10;
/** Where a device's BARs end. */
export const PCI_REG_BAR_END: u32 = 0x28;
/** Where a bridge's BARs end. */
export const PCI_REG_BRIDGE_BAR_END: u32 = 0x18;
/** Bridge: I/O base and limit, u16; secondary status, u16. */
export const PCI_REG_BRIDGE_IO: u32 = 0x1c;
/** Bridge: the first of the memory windows and upper halves. */
export const PCI_REG_BRIDGE_WINDOWS: u32 = 0x20;
/** Bridge: where they end. */
export const PCI_REG_BRIDGE_WINDOWS_END: u32 = 0x34;
/** Device: expansion ROM. */
export const PCI_REG_ROM: u32 = 0x30;
/** Bridge: expansion ROM. */
export const PCI_REG_BRIDGE_ROM: u32 = 0x38;
/** Offset of the first capability, u8. */
export const PCI_REG_CAPABILITIES: u32 = 0x34;
/** Interrupt line, u8; interrupt pin, u8; for a bridge its control, u16. */
export const PCI_REG_INTERRUPT_LINE: u32 = 0x3c;
/** Size of the header; capabilities follow. */
export const PCI_HEADER_SIZE: u32 = 0x40;

/** BAR: what is not address, in one for memory. */
export const PCI_BAR_FLAGS: u32 = 0xf;
/** BAR: which of them say what kind it is. */
export const PCI_BAR_TYPE: u32 = 0x7;
/** BAR: memory, 64 bits; the next BAR is the upper half. */
export const PCI_BAR_TYPE_64: u32 = 0x4;

/** Command: answers memory accesses. */
export const PCI_COMMAND_MEMORY: u32 = 0x2;
/** Command: raises no INTx. */
export const PCI_COMMAND_INTX_DISABLE: u32 = 0x400;
/** Status: has capabilities. */
export const PCI_STATUS_CAPABILITIES: u32 = 0x10;

/** Capability id: MSI. */
export const PCI_CAP_MSI: u32 = 0x05;
/** Capability id: MSI-X. */
export const PCI_CAP_MSIX: u32 = 0x11;
/** Capability: offset of the next one, u8. */
export const PCI_CAP_NEXT: u32 = 1;
/** MSI and MSI-X: control, u16. */
export const MSI_CONTROL: u32 = 2;
/** MSI: lower half of the address. */
export const MSI_ADDRESS: u32 = 4;
/** MSI: upper half, or the data where addresses have 32 bits. */
export const MSI_ADDRESS_HIGH: u32 = 8;
/** MSI: data where addresses have 64 bits. */
export const MSI_DATA_64: u32 = 0xc;
/** MSI control: enabled. */
export const MSI_ENABLE: u32 = 0x1;
/** MSI control: addresses have 64 bits. */
export const MSI_IS_64: u32 = 0x80;
/** MSI-X: where the table is: number of its BAR in the lowest three bits, offset in that. */
export const MSIX_TABLE: u32 = 4;
/** Bits of the BAR's number. */
export const MSIX_TABLE_BAR: u32 = 0x7;
/** MSI-X control: enabled. */
export const MSIX_ENABLE: u32 = 0x8000;
/** Size of an entry of the MSI-X table: address, u64; data, u32; control, u32. */
export const MSIX_ENTRY: u32 = 16;
/** MSI-X table entry: upper half of the address. */
export const MSIX_ADDRESS_HIGH: u32 = 4;
/** MSI-X table entry: data. */
export const MSIX_DATA: u32 = 8;
/** MSI-X table entry: control. */
export const MSIX_CONTROL: u32 = 12;
/** MSI-X table entry's control: masked. */
export const MSIX_MASKED: u32 = 0x1;
