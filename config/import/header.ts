// The headers that configurations in C include, of our own making: the format's structures under the names that people's files
// use, and its numbers out of abi/. Written for a compiler's eyes, anew for each import.
import * as abi from "../../abi/config.ts";
import { PROTOCOLS } from "../names.ts";

type Numbers = Readonly<Record<string, number>>;

/** Values behind `JAILHOUSE_`. */
const JAILHOUSE: Numbers = {
  X86: abi.ARCH_X86,
  ARM: abi.ARCH_ARM,
  ARM64: abi.ARCH_ARM64,
  CONFIG_REVISION: abi.CONFIG_REVISION,
  CELL_NAME_MAXLEN: abi.CELL_NAME_SIZE - 1,
  MAX_IOMMU_UNITS: abi.SYS_IOMMU_COUNT,
  CELL_PASSIVE_COMMREG: abi.CELL_FLAG_PASSIVE_COMMREG,
  CELL_TEST_DEVICE: abi.CELL_FLAG_TEST_DEVICE,
  CELL_AARCH32: abi.CELL_FLAG_AARCH32,
  CELL_VIRTUAL_CONSOLE_PERMITTED: abi.CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED,
  CELL_VIRTUAL_CONSOLE_ACTIVE: abi.CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE,
  SYS_VIRTUAL_DEBUG_CONSOLE: abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE,
  MEM_READ: abi.MEM_READ,
  MEM_WRITE: abi.MEM_WRITE,
  MEM_EXECUTE: abi.MEM_EXECUTE,
  MEM_DMA: abi.MEM_DMA,
  MEM_IO: abi.MEM_IO,
  MEM_COMM_REGION: abi.MEM_COMM_REGION,
  MEM_LOADABLE: abi.MEM_LOADABLE,
  MEM_ROOTSHARED: abi.MEM_ROOTSHARED,
  MEM_NO_HUGEPAGES: abi.MEM_NO_HUGEPAGES,
  MEM_IO_UNALIGNED: abi.MEM_IO_UNALIGNED,
  /** Shifts widths, as sources write them that do without the names. */
  MEM_IO_WIDTH_SHIFT: Math.log2(abi.MEM_IO_8),
  MEM_IO_8: abi.MEM_IO_8,
  MEM_IO_16: abi.MEM_IO_16,
  MEM_IO_32: abi.MEM_IO_32,
  MEM_IO_64: abi.MEM_IO_64,
  /** No stream at all. */
  INVALID_STREAMID: 0xffffffff,
  CACHE_L3_CODE: abi.CACHE_TYPE_L3_CODE,
  CACHE_L3_DATA: abi.CACHE_TYPE_L3_DATA,
  CACHE_L3: abi.CACHE_TYPE_L3,
  CACHE_ROOTSHARED: abi.CACHE_FLAG_ROOTSHARED,
  PCI_TYPE_DEVICE: abi.PCI_TYPE_DEVICE,
  PCI_TYPE_BRIDGE: abi.PCI_TYPE_BRIDGE,
  PCI_TYPE_IVSHMEM: abi.PCI_TYPE_IVSHMEM,
  PCI_EXT_CAP: abi.CAP_EXTENDED,
  PCICAPS_WRITE: abi.CAP_FLAG_WRITE,
  SHMEM_PROTO_UNDEFINED: PROTOCOLS.undefined,
  SHMEM_PROTO_VETH: PROTOCOLS.veth,
  SHMEM_PROTO_CUSTOM: PROTOCOLS.custom,
  SHMEM_PROTO_VIRTIO_FRONT: PROTOCOLS["virtio-front"],
  SHMEM_PROTO_VIRTIO_BACK: PROTOCOLS["virtio-back"],
  APIC_MODE_AUTO: abi.APIC_MODE_AUTO,
  APIC_MODE_XAPIC: abi.APIC_MODE_XAPIC,
  APIC_MODE_X2APIC: abi.APIC_MODE_X2APIC,
  IOMMU_AMD: abi.IOMMU_TYPE_AMD,
  IOMMU_INTEL: abi.IOMMU_TYPE_INTEL,
  IOMMU_SMMUV3: abi.IOMMU_TYPE_SMMUV3,
  IOMMU_PVU: abi.IOMMU_TYPE_PVU,
  IOMMU_ARM_MMU500: abi.IOMMU_TYPE_MMU500,
  CON_TYPE_NONE: abi.CONSOLE_TYPE_NONE,
  CON_TYPE_EFIFB: abi.CONSOLE_TYPE_EFIFB,
  CON_TYPE_8250: abi.CONSOLE_TYPE_8250,
  CON_TYPE_PL011: abi.CONSOLE_TYPE_PL011,
  CON_TYPE_XUARTPS: abi.CONSOLE_TYPE_XUARTPS,
  CON_TYPE_MVEBU: abi.CONSOLE_TYPE_MVEBU,
  CON_TYPE_HSCIF: abi.CONSOLE_TYPE_HSCIF,
  CON_TYPE_SCIFA: abi.CONSOLE_TYPE_SCIFA,
  CON_TYPE_IMX: abi.CONSOLE_TYPE_IMX,
  CON_TYPE_IMX_LPUART: abi.CONSOLE_TYPE_IMX_LPUART,
  CON_TYPE_SCIF: abi.CONSOLE_TYPE_SCIF,
  CON_ACCESS_PIO: 0,
  CON_ACCESS_MMIO: abi.CONSOLE_FLAG_MMIO,
  CON_REGDIST_1: 0,
  CON_REGDIST_4: abi.CONSOLE_FLAG_REGDIST_4,
  CON_FB_1024x768: 0,
  CON_FB_1920x1080: abi.CONSOLE_FLAG_FB_1920X1080,
  CON_INVERTED_GATE: abi.CONSOLE_FLAG_INVERTED_GATE,
  CON_MDR_QUIRK: abi.CONSOLE_FLAG_MDR_QUIRK,
};

/** What virtio calls kinds of devices, for shared memory. */
const VIRTIO: Numbers = { NET: 1, BLOCK: 2, CONSOLE: 3 };

/** PCI Code and ID Assignment Specification, by the names of Linux' headers: from id 1 on; blanks have none. */
const CAPABILITIES =
  "PM AGP VPD SLOTID MSI CHSWP PCIX HT VNDR DBG CCRC SHPC SSVID AGP3 SECDEV EXP MSIX SATA AF EA";
const EXTENDED =
  "ERR VC DSN PWR RCLD RCILC RCEC MFVC VC9 RCRB VNDR CAC ACS ARI ATS SRIOV MRIOV MCAST PRI AMD_XXX REBAR DPA TPH LTR " +
  "SECPCI PMUX PASID LNR DPC L1PM PTM M_PCIE FRS RTR DVSEC VF_REBAR DLNK 16GT";

/** The same capabilities by the names that Linux has for them today. */
const RENAMED: Numbers = { L1SS: 0x1e, DLF: 0x25, PL_16GT: 0x26, DOE: 0x2e };

const numbered = (prefix: string, names: string): string[] =>
  names.split(" ").map((name, index) => `#define ${prefix}${name} ${index + 1}`);
const defined = (prefix: string, numbers: Numbers): string[] =>
  Object.entries(numbers).map(
    ([name, value]) => `#define ${prefix}${name} 0x${value.toString(16)}`,
  );

const TYPES = `#pragma once
#define __packed_struct __attribute__((packed))
typedef signed char __s8, s8;
typedef unsigned char __u8, u8;
typedef signed short __s16, s16;
typedef unsigned short __u16, u16;
typedef signed int __s32, s32;
typedef unsigned int __u32, u32;
typedef signed long long __s64, s64;
typedef unsigned long long __u64, u64;
`;

/** Sections of the format, in the order of the tables in config/. */
const STRUCTURES = `
struct jailhouse_console {
  __u64 address; __u32 size; __u16 type, flags; __u32 divider, gate_nr; __u64 clock_reg;
} __packed_struct;
struct jailhouse_memory { __u64 phys_start, virt_start, size, flags; } __packed_struct;
struct jailhouse_cache { __u32 start, size; __u8 type, padding; __u16 flags; } __packed_struct;
struct jailhouse_irqchip { __u64 address; __u32 id, pin_base, pin_bitmap[4]; } __packed_struct;
struct jailhouse_pio { __u16 base, length; } __packed_struct;
struct jailhouse_pci_device {
  __u8 type, iommu; __u16 domain, bdf; __u32 bar_mask[6]; __u16 caps_start, num_caps;
  __u8 num_msi_vectors, msi_64bits : 1, msi_maskable : 1;
  __u16 num_msix_vectors, msix_region_size; __u64 msix_address;
  __u32 shmem_regions_start; __u8 shmem_dev_id, shmem_peers; __u16 shmem_protocol;
} __packed_struct;
struct jailhouse_pci_capability { __u16 id, start, len, flags; } __packed_struct;
union jailhouse_stream_id {
  __u32 id;
  struct { __u16 id, mask_out; } __packed_struct mmu500;
} __packed_struct;
struct jailhouse_iommu {
  __u32 type; __u64 base; __u32 size;
  union {
    struct { __u16 bdf; __u8 base_cap, msi_cap; __u32 features; } __packed_struct amd;
    struct { __u64 tlb_base; __u32 tlb_size; } __packed_struct tipvu;
  };
} __packed_struct;
struct jailhouse_cell_desc {
  char signature[${abi.SIGNATURE_SIZE}]; __u8 architecture; __u16 revision;
  char name[${abi.CELL_NAME_SIZE}]; __u32 id, flags, cpu_set_size;
  __u32 num_memory_regions, num_cache_regions, num_irqchips, num_pio_regions;
  __u32 num_pci_devices, num_pci_caps, num_stream_ids, vpci_irq_base;
  __u64 cpu_reset_address, msg_reply_timeout;
  struct jailhouse_console console;
} __packed_struct;
struct jailhouse_system {
  char signature[${abi.SIGNATURE_SIZE}]; __u8 architecture; __u16 revision; __u32 flags;
  struct jailhouse_memory hypervisor_memory;
  struct jailhouse_console debug_console;
  struct {
    __u64 pci_mmconfig_base; __u8 pci_mmconfig_end_bus, pci_is_virtual; __u16 pci_domain;
    struct jailhouse_iommu iommu_units[${abi.SYS_IOMMU_COUNT}];
    union {
      struct {
        __u16 pm_timer_address; __u8 apic_mode, padding;
        __u32 vtd_interrupt_limit, tsc_khz, apic_khz;
      } __packed_struct x86;
      struct {
        __u8 maintenance_irq, gic_version, padding[2];
        __u64 gicd_base, gicc_base, gich_base, gicv_base, gicr_base;
      } __packed_struct arm;
    } __packed_struct;
  } __packed_struct platform_info;
  struct jailhouse_cell_desc root_cell;
} __packed_struct;
_Static_assert(sizeof(struct jailhouse_cell_desc) == ${abi.CELL_HEADER_SIZE}, "cell descriptor");
_Static_assert(sizeof(struct jailhouse_system) == ${abi.SYS_HEADER_SIZE + abi.CELL_HEADER_SIZE}, "system");
_Static_assert(sizeof(struct jailhouse_pci_device) == ${abi.PCI_SIZE}, "PCI device");
_Static_assert(sizeof(struct jailhouse_iommu) == ${abi.IOMMU_SIZE}, "IOMMU");
`;

const BAR_MASKS = [
  ["INTX", "0xfffff000, 0, 0, 0, 0, 0"],
  ["MSIX", "0xfffff000, 0xfffff000, 0, 0, 0, 0"],
  ["INTX_64K", "0xffff0000, 0, 0, 0, 0, 0"],
  ["MSIX_64K", "0xffff0000, 0xffff0000, 0, 0, 0, 0"],
].map(([name, masks]) => `#define JAILHOUSE_IVSHMEM_BAR_MASK_${name} { ${masks} }`);

/** State table, common section and one output section for each of two ends, of which an end may write its own. */
const NET_REGIONS = [
  [0, 0x1000, undefined],
  [0, 0, undefined],
  [0x1000, 0x7f000, 0],
  [0x80000, 0x7f000, 1],
]
  .map(([offset = 0, size = 0, owner]) => {
    if (size === 0) return "{ 0 }";
    const write = owner === undefined ? "" : ` | (((id) == ${owner}) ? JAILHOUSE_MEM_WRITE : 0)`;
    return `{ .phys_start = (start) + ${offset}, .virt_start = (start) + ${offset}, .size = ${size}, .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED${write} }`;
  })
  .join(", ");

const MACROS = [
  "#ifndef ARRAY_SIZE",
  "#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))",
  "#endif",
  '#define JAILHOUSE_CELL_DESC_SIGNATURE "JHCLL"',
  '#define JAILHOUSE_SYSTEM_SIGNATURE "JHSYS"',
  "#define PIO_RANGE(first, count) { .base = (first), .length = (count) }",
  `#define JAILHOUSE_SHMEM_NET_REGIONS(start, id) ${NET_REGIONS}`,
  ...BAR_MASKS,
];

/** The headers by the names under which they are included. */
export function headers(): ReadonlyMap<string, string> {
  const definitions = [
    ...defined("JAILHOUSE_", JAILHOUSE),
    ...defined("VIRTIO_DEV_", VIRTIO),
    ...numbered("PCI_CAP_ID_", CAPABILITIES),
    ...numbered("PCI_EXT_CAP_ID_", EXTENDED),
    ...defined("PCI_EXT_CAP_ID_", RENAMED),
    ...MACROS,
  ];
  const config = `#pragma once\n#include "types.h"\n${definitions.join("\n")}\n${STRUCTURES}`;
  const again = '#pragma once\n#include "cell-config.h"\n';
  return new Map([
    ["jailhouse/types.h", TYPES],
    ["jailhouse/cell-config.h", config],
    ["jailhouse/console.h", again],
    ["jailhouse/pci_defs.h", again],
  ]);
}
