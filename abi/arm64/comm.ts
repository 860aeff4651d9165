// The architecture's part of the communication region on Arm, from COMM_PCI_MMCONFIG_BASE's end on.

/** Version of the interrupt controller, u8. */
export const COMM_GIC_VERSION: u32 = 0x40;
/** Physical address of the distributor, u64. */
export const COMM_GICD_BASE: u32 = 0x48;
/** … of the CPU interface, u64. */
export const COMM_GICC_BASE: u32 = 0x50;
/** … of the redistributors, u64. */
export const COMM_GICR_BASE: u32 = 0x58;
/** First interrupt of virtual PCI devices, u32. */
export const COMM_VPCI_IRQ_BASE: u32 = 0x60;
