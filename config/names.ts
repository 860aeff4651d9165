// The names that definitions use for the numbers of the format.
import * as abi from "../abi/config.ts";

export const CELL_FLAGS = {
  /** Never asked before it is shut down, never told of changes. */
  "passive-commreg": abi.CELL_FLAG_PASSIVE_COMMREG,
  /** Gets the MMIO test device. */
  "test-device": abi.CELL_FLAG_TEST_DEVICE,
  /** Arm: starts in AArch32. */
  aarch32: abi.CELL_FLAG_AARCH32,
  /** Its memory is not scrubbed when it changes hands. */
  "keep-memory": abi.CELL_FLAG_KEEP_MEMORY,
  /** May have devices that could reach all memory, because no IOMMU stops them. */
  "unguarded-dma": abi.CELL_FLAG_UNGUARDED_DMA,
  /** May print through the hypervisor. */
  "virtual-console-permitted": abi.CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED,
  /** Should print through the hypervisor. */
  "virtual-console-active": abi.CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE,
} as const;

export const SYSTEM_FLAGS = {
  /** The root cell can read the hypervisor's console. */
  "virtual-debug-console": abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE,
} as const;

export const MEMORY_FLAGS = {
  /** The cell may read it. */
  read: abi.MEM_READ,
  /** The cell may write it. */
  write: abi.MEM_WRITE,
  /** The cell may execute it. */
  execute: abi.MEM_EXECUTE,
  /** The cell's devices may reach it. */
  dma: abi.MEM_DMA,
  /** Device memory. */
  io: abi.MEM_IO,
  /** The communication region; its physical start is ignored. */
  "comm-region": abi.MEM_COMM_REGION,
  /** The root cell may write it while the cell is loadable. */
  loadable: abi.MEM_LOADABLE,
  /** Stays with the root cell too. */
  "root-shared": abi.MEM_ROOTSHARED,
  /** It is mapped with small pages only. */
  "no-hugepages": abi.MEM_NO_HUGEPAGES,
  /** Regions below a page: unaligned accesses are allowed. */
  "io-unaligned": abi.MEM_IO_UNALIGNED,
  /** Accesses of 8 bits are allowed. */
  "io-8": abi.MEM_IO_8,
  /** Accesses of 16 bits are allowed. */
  "io-16": abi.MEM_IO_16,
  /** Accesses of 32 bits are allowed. */
  "io-32": abi.MEM_IO_32,
  /** Accesses of 64 bits are allowed. */
  "io-64": abi.MEM_IO_64,
} as const;

export const CACHE_TYPES = {
  "l3-code": abi.CACHE_TYPE_L3_CODE,
  "l3-data": abi.CACHE_TYPE_L3_DATA,
  l3: abi.CACHE_TYPE_L3,
} as const;

export const CACHE_FLAGS = { "root-shared": abi.CACHE_FLAG_ROOTSHARED } as const;

export const CONSOLE_TYPES = {
  none: abi.CONSOLE_TYPE_NONE,
  efifb: abi.CONSOLE_TYPE_EFIFB,
  "8250": abi.CONSOLE_TYPE_8250,
  pl011: abi.CONSOLE_TYPE_PL011,
  xuartps: abi.CONSOLE_TYPE_XUARTPS,
  mvebu: abi.CONSOLE_TYPE_MVEBU,
  hscif: abi.CONSOLE_TYPE_HSCIF,
  scifa: abi.CONSOLE_TYPE_SCIFA,
  imx: abi.CONSOLE_TYPE_IMX,
  "imx-lpuart": abi.CONSOLE_TYPE_IMX_LPUART,
  scif: abi.CONSOLE_TYPE_SCIF,
} as const;

export const CONSOLE_FLAGS = {
  /** Its registers are memory, not ports. */
  mmio: abi.CONSOLE_FLAG_MMIO,
  /** Its registers are four bytes apart, not one. */
  "regdist-4": abi.CONSOLE_FLAG_REGDIST_4,
  /** The framebuffer is 1920x1080, not 1024x768. */
  "fb-1920x1080": abi.CONSOLE_FLAG_FB_1920X1080,
  "inverted-gate": abi.CONSOLE_FLAG_INVERTED_GATE,
  "mdr-quirk": abi.CONSOLE_FLAG_MDR_QUIRK,
} as const;

export const PCI_TYPES = {
  device: abi.PCI_TYPE_DEVICE,
  bridge: abi.PCI_TYPE_BRIDGE,
  ivshmem: abi.PCI_TYPE_IVSHMEM,
} as const;

/** Ids of the PCI Code and ID Assignment Specification, as far as configurations usually name them. */
export const CAPABILITIES = {
  /** Not a capability: a range of plain registers. */
  registers: 0,
  pm: 0x01,
  msi: 0x05,
  "vendor-specific": 0x09,
  "debug-port": 0x0a,
  "subsystem-vendor": 0x0d,
  pcie: 0x10,
  msix: 0x11,
  sata: 0x12,
  "advanced-features": 0x13,
  "advanced-error-reporting": abi.CAP_EXTENDED | 0x01,
  "virtual-channel": abi.CAP_EXTENDED | 0x02,
  "serial-number": abi.CAP_EXTENDED | 0x03,
} as const;

export const CAPABILITY_FLAGS = { write: abi.CAP_FLAG_WRITE } as const;

export const PROTOCOLS = {
  undefined: 0,
  veth: 1,
  custom: 0x4000,
  "virtio-front": 0x8000,
  "virtio-front-net": 0x8001,
  "virtio-front-block": 0x8002,
  "virtio-front-console": 0x8003,
  "virtio-back": 0xc000,
  "virtio-back-net": 0xc001,
  "virtio-back-block": 0xc002,
  "virtio-back-console": 0xc003,
} as const;

export const IOMMU_TYPES = {
  amd: abi.IOMMU_TYPE_AMD,
  intel: abi.IOMMU_TYPE_INTEL,
  smmuv3: abi.IOMMU_TYPE_SMMUV3,
  pvu: abi.IOMMU_TYPE_PVU,
  mmu500: abi.IOMMU_TYPE_MMU500,
} as const;

export const APIC_MODES = {
  auto: abi.APIC_MODE_AUTO,
  xapic: abi.APIC_MODE_XAPIC,
  x2apic: abi.APIC_MODE_X2APIC,
} as const;
