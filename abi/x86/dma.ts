// Ports of a PC through which devices that are no PCI devices are told to read and write memory. Each range has its first port
// and the one behind its last (Intel ICH9 datasheet, section 9.2; QEMU, docs/specs/fw_cfg).

/** DMA controller (8237) for 8-bit channels. */
export const DMA_FIRST: u32 = 0x00;
export const DMA_END: u32 = 0x20;
/** Page registers of the DMA controllers; 0x80 is of no channel. */
export const DMA_PAGES_FIRST: u32 = 0x81;
export const DMA_PAGES_END: u32 = 0x92;
/** The same again, behind system control port A. */
export const DMA_PAGES_AGAIN_FIRST: u32 = 0x93;
export const DMA_PAGES_AGAIN_END: u32 = 0xa0;
/** DMA controller for 16-bit channels. */
export const DMA_WIDE_FIRST: u32 = 0xc0;
export const DMA_WIDE_END: u32 = 0xe0;
/** Upper halves of the page registers: DMA above 16 MiB. */
export const DMA_HIGH_PAGES_FIRST: u32 = 0x480;
export const DMA_HIGH_PAGES_END: u32 = 0x490;
/** QEMU's firmware configuration: selector, data, and from 0x514 on the address of a request for DMA. */
export const FIRMWARE_CONFIG_FIRST: u32 = 0x510;
export const FIRMWARE_CONFIG_END: u32 = 0x51c;
