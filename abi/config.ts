// Configuration files, revision 14: little endian, packed. Offsets are from the start of the structure named in the prefix.
// A cell configuration is a cell descriptor and its arrays, in this order and without padding: CPU set, memory regions,
// cache regions, irqchips, port ranges, PCI devices, PCI capabilities, stream ids. A system configuration is a system
// header, the root cell's descriptor (signature and revision zero) and its arrays.

/** Revision of the format. */
export const CONFIG_REVISION: u32 = 14;
/** Length of the signatures `JHCLL` (cell) and `JHSYS` (system) in bytes. */
export const SIGNATURE_SIZE: u32 = 5;
/** First four bytes of `JHCLL`, little endian. */
export const SIGNATURE_LOW_CELL: u32 = 0x4c43484a;
/** Last byte of `JHCLL`. */
export const SIGNATURE_HIGH_CELL: u32 = 0x4c;
/** First four bytes of `JHSYS`, little endian. */
export const SIGNATURE_LOW_SYSTEM: u32 = 0x5953484a;
/** Last byte of `JHSYS`. */
export const SIGNATURE_HIGH_SYSTEM: u32 = 0x53;
/** Offset of the architecture, u8, in both kinds of file. */
export const CONFIG_ARCHITECTURE: u32 = 5;
/** Offset of the revision, u16, in both kinds of file. */
export const CONFIG_REVISION_OFFSET: u32 = 6;
/** Architecture: x86. */
export const ARCH_X86: u32 = 0;
/** Architecture: 32-bit Arm. */
export const ARCH_ARM: u32 = 1;
/** Architecture: 64-bit Arm. */
export const ARCH_ARM64: u32 = 2;
/** Largest cell configuration accepted by the hypervisor, in 4 KiB pages. */
export const CONFIG_MAX_PAGES: u32 = 16;

/** Cell: name, 32 bytes, NUL terminated. */
export const CELL_NAME: u32 = 8;
/** Size of a name, NUL included. */
export const CELL_NAME_SIZE: u32 = 32;
/** Cell: id, u32; 0 in a file, filled in by the driver. */
export const CELL_ID: u32 = 40;
/** Cell: flags, u32 (CELL_FLAG_*). */
export const CELL_FLAGS: u32 = 44;
/** Cell: size of the CPU set in bytes, u32. */
export const CELL_CPU_SET_SIZE: u32 = 48;
/** Cell: number of memory regions, u32. */
export const CELL_NUM_MEMORY: u32 = 52;
/** Cell: number of cache regions, u32. */
export const CELL_NUM_CACHE: u32 = 56;
/** Cell: number of irqchips, u32. */
export const CELL_NUM_IRQCHIPS: u32 = 60;
/** Cell: number of port ranges, u32. */
export const CELL_NUM_PIO: u32 = 64;
/** Cell: number of PCI devices, u32. */
export const CELL_NUM_PCI_DEVICES: u32 = 68;
/** Cell: number of PCI capabilities, u32. */
export const CELL_NUM_PCI_CAPS: u32 = 72;
/** Cell: number of stream ids, u32. */
export const CELL_NUM_STREAM_IDS: u32 = 76;
/** Cell: first interrupt of virtual PCI devices (Arm), u32. */
export const CELL_VPCI_IRQ_BASE: u32 = 80;
/** Cell: guest-physical address where its CPUs start, u64. */
export const CELL_CPU_RESET_ADDRESS: u32 = 84;
/** Cell: polls before a message counts as unanswered, u64; 0 = the platform's default. */
export const CELL_MSG_REPLY_TIMEOUT: u32 = 92;
/** Cell: console (CONSOLE_*). */
export const CELL_CONSOLE: u32 = 100;
/** Size of a cell descriptor. */
export const CELL_HEADER_SIZE: u32 = 132;

/** Cell flag: never asked, never told. */
export const CELL_FLAG_PASSIVE_COMMREG: u32 = 0x1;
/** Cell flag: gets the MMIO test device. */
export const CELL_FLAG_TEST_DEVICE: u32 = 0x2;
/** Cell flag: starts in AArch32. */
export const CELL_FLAG_AARCH32: u32 = 0x4;
/** Cell flag, an addition of this project: its memory is not scrubbed when it changes hands. */
export const CELL_FLAG_KEEP_MEMORY: u32 = 0x10000000;
/** Cell flag, an addition of this project: it may have devices that can do DMA although no IOMMU guards them. */
export const CELL_FLAG_UNGUARDED_DMA: u32 = 0x20000000;
/** Cell flag: may use the hypercall console. */
export const CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED: u32 = 0x40000000;
/** Cell flag: should use the hypercall console. */
export const CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE: u32 = 0x80000000;

/** Console: port or physical address, u64. */
export const CONSOLE_ADDRESS: u32 = 0;
/** Console: size of its region, u32. */
export const CONSOLE_REGION_SIZE: u32 = 8;
/** Console: type, u16 (CONSOLE_TYPE_*). */
export const CONSOLE_TYPE: u32 = 12;
/** Console: flags, u16 (CONSOLE_FLAG_*). */
export const CONSOLE_FLAGS: u32 = 14;
/** Console: baud rate divider, u32; 0 = leave as it is. */
export const CONSOLE_DIVIDER: u32 = 16;
/** Console: clock gate number, u32. */
export const CONSOLE_GATE_NR: u32 = 20;
/** Console: clock register, u64. */
export const CONSOLE_CLOCK_REG: u32 = 24;
/** Size of a console description. */
export const CONSOLE_SIZE: u32 = 32;
/** No console. */
export const CONSOLE_TYPE_NONE: u32 = 0;
/** EFI framebuffer. */
export const CONSOLE_TYPE_EFIFB: u32 = 1;
/** 8250 UART. */
export const CONSOLE_TYPE_8250: u32 = 2;
/** PL011 UART. */
export const CONSOLE_TYPE_PL011: u32 = 3;
/** Xilinx UART. */
export const CONSOLE_TYPE_XUARTPS: u32 = 4;
/** Marvell UART. */
export const CONSOLE_TYPE_MVEBU: u32 = 5;
/** Renesas HSCIF. */
export const CONSOLE_TYPE_HSCIF: u32 = 6;
/** Renesas SCIFA. */
export const CONSOLE_TYPE_SCIFA: u32 = 7;
/** i.MX UART. */
export const CONSOLE_TYPE_IMX: u32 = 8;
/** i.MX low-power UART. */
export const CONSOLE_TYPE_IMX_LPUART: u32 = 9;
/** Renesas SCIF. */
export const CONSOLE_TYPE_SCIF: u32 = 10;
/** Console flag: registers are memory mapped, not ports. */
export const CONSOLE_FLAG_MMIO: u32 = 0x1;
/** Console flag: registers are four bytes apart, not one. */
export const CONSOLE_FLAG_REGDIST_4: u32 = 0x2;
/** Console flag: framebuffer of 1920x1080, not 1024x768. */
export const CONSOLE_FLAG_FB_1920X1080: u32 = 0x4;
/** Console flag: the clock gate is inverted. */
export const CONSOLE_FLAG_INVERTED_GATE: u32 = 0x1000;
/** Console flag: the UART needs its MDR register set. */
export const CONSOLE_FLAG_MDR_QUIRK: u32 = 0x2000;

/** Memory region: physical start, u64. */
export const MEM_PHYS_START: u32 = 0;
/** Memory region: guest-physical start, u64. */
export const MEM_VIRT_START: u32 = 8;
/** Memory region: size in bytes, u64. */
export const MEM_REGION_SIZE: u32 = 16;
/** Memory region: flags, u64 (MEM_*). */
export const MEM_FLAGS: u32 = 24;
/** Size of a memory region. */
export const MEM_SIZE: u32 = 32;
/** Memory flag: readable. */
export const MEM_READ: u32 = 0x1;
/** Memory flag: writable. */
export const MEM_WRITE: u32 = 0x2;
/** Memory flag: executable. */
export const MEM_EXECUTE: u32 = 0x4;
/** Memory flag: devices of the cell may reach it. */
export const MEM_DMA: u32 = 0x8;
/** Memory flag: device memory. */
export const MEM_IO: u32 = 0x10;
/** Memory flag: the communication region; its physical start is ignored. */
export const MEM_COMM_REGION: u32 = 0x20;
/** Memory flag: the root cell may write it while the cell is loadable. */
export const MEM_LOADABLE: u32 = 0x40;
/** Memory flag: stays with the root cell too. */
export const MEM_ROOTSHARED: u32 = 0x80;
/** Memory flag: map it with small pages only. */
export const MEM_NO_HUGEPAGES: u32 = 0x100;
/** Sub-page flag: unaligned accesses are allowed. */
export const MEM_IO_UNALIGNED: u32 = 0x8000;
/** Sub-page flag: accesses of 1 byte are allowed; the wider ones follow, shifted left. */
export const MEM_IO_8: u32 = 0x10000;
/** Sub-page flag: accesses of 2 bytes are allowed. */
export const MEM_IO_16: u32 = 0x20000;
/** Sub-page flag: accesses of 4 bytes are allowed. */
export const MEM_IO_32: u32 = 0x40000;
/** Sub-page flag: accesses of 8 bytes are allowed. */
export const MEM_IO_64: u32 = 0x80000;

/** Cache region: first unit, u32. */
export const CACHE_START: u32 = 0;
/** Cache region: number of units, u32. */
export const CACHE_REGION_SIZE: u32 = 4;
/** Cache region: type, u8 (1 L3 code, 2 L3 data, 3 L3). */
export const CACHE_TYPE: u32 = 8;
/** Cache region: flags, u16. */
export const CACHE_FLAGS: u32 = 10;
/** Size of a cache region. */
export const CACHE_SIZE: u32 = 12;
/** Cache type: L3, code. */
export const CACHE_TYPE_L3_CODE: u32 = 1;
/** Cache type: L3, data. */
export const CACHE_TYPE_L3_DATA: u32 = 2;
/** Cache type: L3, both. */
export const CACHE_TYPE_L3: u32 = 3;
/** Cache flag: stays with the root cell too. */
export const CACHE_FLAG_ROOTSHARED: u32 = 1;

/** Irqchip: physical address, u64. */
export const IRQCHIP_ADDRESS: u32 = 0;
/** Irqchip: id, u32 (x86: number of the IOMMU in the upper half, bdf of the IOAPIC in the lower). */
export const IRQCHIP_ID: u32 = 8;
/** Irqchip: number of its first pin, u32 (0 on x86). */
export const IRQCHIP_PIN_BASE: u32 = 12;
/** Irqchip: pins, u32[4]. */
export const IRQCHIP_PIN_BITMAP: u32 = 16;
/** Size of an irqchip. */
export const IRQCHIP_SIZE: u32 = 32;

/** Port range: first port, u16. */
export const PIO_BASE: u32 = 0;
/** Port range: number of ports, u16. */
export const PIO_LENGTH: u32 = 2;
/** Size of a port range. */
export const PIO_SIZE: u32 = 4;

/** PCI device: type, u8 (PCI_TYPE_*). */
export const PCI_TYPE: u32 = 0;
/** PCI device: number of its IOMMU, u8. */
export const PCI_IOMMU: u32 = 1;
/** PCI device: segment, u16. */
export const PCI_DOMAIN: u32 = 2;
/** PCI device: bus << 8 | device << 3 | function, u16. */
export const PCI_BDF: u32 = 4;
/** PCI device: writable bits of its BARs, u32[6]. */
export const PCI_BAR_MASK: u32 = 6;
/** PCI device: index of its first capability, u16. */
export const PCI_CAPS_START: u32 = 30;
/** PCI device: number of its capabilities, u16. */
export const PCI_NUM_CAPS: u32 = 32;
/** PCI device: MSI vectors, u8. */
export const PCI_NUM_MSI_VECTORS: u32 = 34;
/** PCI device: u8, bit 0 MSI has 64-bit addresses, bit 1 MSI is maskable. */
export const PCI_MSI_FLAGS: u32 = 35;
/** PCI device: MSI-X vectors, u16. */
export const PCI_NUM_MSIX_VECTORS: u32 = 36;
/** PCI device: size of the MSI-X table region, u16. */
export const PCI_MSIX_REGION_SIZE: u32 = 38;
/** PCI device: physical address of the MSI-X table, u64. */
export const PCI_MSIX_ADDRESS: u32 = 40;
/** PCI device: index of the first shared memory region, u32. */
export const PCI_SHMEM_REGIONS_START: u32 = 48;
/** PCI device: id of this end, u8. */
export const PCI_SHMEM_DEV_ID: u32 = 52;
/** PCI device: number of ends, u8. */
export const PCI_SHMEM_PEERS: u32 = 53;
/** PCI device: protocol, u16. */
export const PCI_SHMEM_PROTOCOL: u32 = 54;
/** Size of a PCI device. */
export const PCI_SIZE: u32 = 56;
/** PCI type: device. */
export const PCI_TYPE_DEVICE: u32 = 1;
/** PCI type: bridge. */
export const PCI_TYPE_BRIDGE: u32 = 2;
/** PCI type: shared memory device. */
export const PCI_TYPE_IVSHMEM: u32 = 3;
/** PCI_MSI_FLAGS: 64-bit addresses. */
export const PCI_MSI_64BITS: u32 = 1;
/** PCI_MSI_FLAGS: maskable. */
export const PCI_MSI_MASKABLE: u32 = 2;

/** PCI capability: id, u16; bit 15 = extended. */
export const CAP_ID: u32 = 0;
/** PCI capability: first byte in configuration space, u16. */
export const CAP_START: u32 = 2;
/** PCI capability: length in bytes, u16. */
export const CAP_LENGTH: u32 = 4;
/** PCI capability: flags, u16. */
export const CAP_FLAGS: u32 = 6;
/** Size of a PCI capability. */
export const CAP_SIZE: u32 = 8;
/** CAP_ID: an extended capability. */
export const CAP_EXTENDED: u32 = 0x8000;
/** Capability flag: writable. */
export const CAP_FLAG_WRITE: u32 = 1;
/** Size of a stream id. */
export const STREAM_ID_SIZE: u32 = 4;

/** System: flags, u32. */
export const SYS_FLAGS: u32 = 8;
/** System: hypervisor memory, a memory region (MEM_*). */
export const SYS_HYPERVISOR_MEMORY: u32 = 12;
/** System: the hypervisor's console (CONSOLE_*). */
export const SYS_DEBUG_CONSOLE: u32 = 44;
/** System: PCI MMCONFIG base, u64. */
export const SYS_PCI_MMCONFIG_BASE: u32 = 76;
/** System: last PCI bus, u8. */
export const SYS_PCI_MMCONFIG_END_BUS: u32 = 84;
/** System: PCI host is virtual, u8. */
export const SYS_PCI_IS_VIRTUAL: u32 = 85;
/** System: PCI segment, u16. */
export const SYS_PCI_DOMAIN: u32 = 86;
/** System: eight IOMMU units (IOMMU_*). */
export const SYS_IOMMU: u32 = 88;
/** Number of IOMMU units in a system header. */
export const SYS_IOMMU_COUNT: u32 = 8;
/** System, x86: PM timer port, u16. */
export const SYS_X86_PM_TIMER_ADDRESS: u32 = 312;
/** System, x86: APIC mode, u8 (APIC_MODE_*). */
export const SYS_X86_APIC_MODE: u32 = 314;
/** System, x86: entries of VT-d's interrupt remapping table, u32. */
export const SYS_X86_VTD_INTERRUPT_LIMIT: u32 = 316;
/** System, x86: TSC frequency in kHz, u32; 0 = the driver fills it in. */
export const SYS_X86_TSC_KHZ: u32 = 320;
/** System, x86: APIC timer frequency in kHz, u32; 0 = the driver fills it in. */
export const SYS_X86_APIC_KHZ: u32 = 324;
/** System, Arm: maintenance interrupt of the GIC, u8. */
export const SYS_ARM_MAINTENANCE_IRQ: u32 = 312;
/** System, Arm: version of the GIC, u8. */
export const SYS_ARM_GIC_VERSION: u32 = 313;
/** System, Arm: GIC distributor, u64. */
export const SYS_ARM_GICD_BASE: u32 = 316;
/** System, Arm: GIC CPU interface, u64. */
export const SYS_ARM_GICC_BASE: u32 = 324;
/** System, Arm: GIC virtual interface control, u64. */
export const SYS_ARM_GICH_BASE: u32 = 332;
/** System, Arm: GIC virtual CPU interface, u64. */
export const SYS_ARM_GICV_BASE: u32 = 340;
/** System, Arm: GIC redistributors, u64. */
export const SYS_ARM_GICR_BASE: u32 = 348;
/** System: architecture-dependent part. */
export const SYS_PLATFORM: u32 = 312;
/** Size of the architecture-dependent part. */
export const SYS_PLATFORM_SIZE: u32 = 44;
/** System: descriptor of the root cell (CELL_*). */
export const SYS_ROOT_CELL: u32 = 356;
/** Size of a system header without the root cell. */
export const SYS_HEADER_SIZE: u32 = 356;
/** System flag: the hypervisor's console can be read by the root cell. */
export const SYS_FLAG_VIRTUAL_DEBUG_CONSOLE: u32 = 1;
/** System flag (ours): record and allow what the root cell's configuration forgot. */
export const SYS_FLAG_LEARN: u32 = 0x80000000;
/** APIC mode: as found. */
export const APIC_MODE_AUTO: u32 = 0;
/** APIC mode: xAPIC. */
export const APIC_MODE_XAPIC: u32 = 1;
/** APIC mode: x2APIC. */
export const APIC_MODE_X2APIC: u32 = 2;

/** IOMMU unit: type, u32 (IOMMU_TYPE_*). */
export const IOMMU_TYPE: u32 = 0;
/** IOMMU unit: physical base, u64; the list ends at the first 0. */
export const IOMMU_BASE: u32 = 4;
/** IOMMU unit: size, u32. */
export const IOMMU_REGION_SIZE: u32 = 12;
/** IOMMU unit: type-dependent part, 12 bytes. */
export const IOMMU_UNION: u32 = 16;
/** IOMMU unit, AMD: bdf, u16. */
export const IOMMU_AMD_BDF: u32 = 16;
/** IOMMU unit, AMD: offset of its base capability, u8. */
export const IOMMU_AMD_BASE_CAP: u32 = 18;
/** IOMMU unit, AMD: offset of its MSI capability, u8. */
export const IOMMU_AMD_MSI_CAP: u32 = 19;
/** IOMMU unit, AMD: features, u32. */
export const IOMMU_AMD_FEATURES: u32 = 20;
/** IOMMU unit, PVU: TLB base, u64. */
export const IOMMU_PVU_TLB_BASE: u32 = 16;
/** IOMMU unit, PVU: TLB size, u32. */
export const IOMMU_PVU_TLB_SIZE: u32 = 24;
/** Size of an IOMMU unit. */
export const IOMMU_SIZE: u32 = 28;
/** IOMMU type: AMD-Vi. */
export const IOMMU_TYPE_AMD: u32 = 1;
/** IOMMU type: VT-d. */
export const IOMMU_TYPE_INTEL: u32 = 2;
/** IOMMU type: SMMUv3. */
export const IOMMU_TYPE_SMMUV3: u32 = 3;
/** IOMMU type: PVU. */
export const IOMMU_TYPE_PVU: u32 = 4;
/** IOMMU type: MMU-500. */
export const IOMMU_TYPE_MMU500: u32 = 5;
