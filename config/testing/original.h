/*
 * The structures that configurations in C are made of, with their names (docs/abi.md, section 1), written independently of the
 * tables in config/: what config/decompile/c.test.ts compiles its sources with.
 */
#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef unsigned long long __u64;

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define PACKED __attribute__((packed))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PIO_RANGE(first, count) { .base = first, .length = count }

#define JAILHOUSE_CELL_DESC_SIGNATURE "JHCLL"
#define JAILHOUSE_SYSTEM_SIGNATURE "JHSYS"
#define JAILHOUSE_CONFIG_REVISION 14
enum { JAILHOUSE_X86, JAILHOUSE_ARM, JAILHOUSE_ARM64 };
enum { JAILHOUSE_PCI_TYPE_DEVICE = 1, JAILHOUSE_PCI_TYPE_BRIDGE, JAILHOUSE_PCI_TYPE_IVSHMEM };
#define JAILHOUSE_PCICAPS_WRITE 1
#define JAILHOUSE_MEM_READ 0x0001
#define JAILHOUSE_MEM_WRITE 0x0002
#define JAILHOUSE_MEM_EXECUTE 0x0004
#define JAILHOUSE_MEM_DMA 0x0008
#define JAILHOUSE_MEM_IO 0x0010
#define JAILHOUSE_MEM_COMM_REGION 0x0020
#define JAILHOUSE_MEM_LOADABLE 0x0040
#define JAILHOUSE_MEM_ROOTSHARED 0x0080
#define JAILHOUSE_MEM_NO_HUGEPAGES 0x0100
#define JAILHOUSE_MEM_IO_UNALIGNED 0x8000
#define JAILHOUSE_MEM_IO_8 0x10000
#define JAILHOUSE_MEM_IO_16 0x20000
#define JAILHOUSE_MEM_IO_32 0x40000
#define JAILHOUSE_MEM_IO_64 0x80000

#define JAILHOUSE_CELL_PASSIVE_COMMREG 0x00000001
#define JAILHOUSE_CELL_TEST_DEVICE 0x00000002
#define JAILHOUSE_CELL_AARCH32 0x00000004
#define JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED 0x40000000
#define JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE 0x80000000
#define JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE 1
#define JAILHOUSE_MEM_IO_WIDTH_SHIFT 16
#define JAILHOUSE_INVALID_STREAMID 0xffffffff
enum { JAILHOUSE_CACHE_L3_CODE = 1, JAILHOUSE_CACHE_L3_DATA, JAILHOUSE_CACHE_L3 };
#define JAILHOUSE_CACHE_ROOTSHARED 1
enum { JAILHOUSE_APIC_MODE_AUTO, JAILHOUSE_APIC_MODE_XAPIC, JAILHOUSE_APIC_MODE_X2APIC };
#define JAILHOUSE_MAX_IOMMU_UNITS 8
enum { JAILHOUSE_IOMMU_AMD = 1, JAILHOUSE_IOMMU_INTEL, JAILHOUSE_IOMMU_SMMUV3, JAILHOUSE_IOMMU_PVU, JAILHOUSE_IOMMU_ARM_MMU500 };
enum { JAILHOUSE_SHMEM_PROTO_UNDEFINED, JAILHOUSE_SHMEM_PROTO_VETH };
#define JAILHOUSE_SHMEM_PROTO_CUSTOM 0x4000
#define JAILHOUSE_SHMEM_PROTO_VIRTIO_FRONT 0x8000
#define JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK 0xc000
enum { VIRTIO_DEV_NET = 1, VIRTIO_DEV_BLOCK, VIRTIO_DEV_CONSOLE };
#define JAILHOUSE_IVSHMEM_BAR_MASK_INTX { 0xfffff000 }
#define JAILHOUSE_IVSHMEM_BAR_MASK_MSIX { 0xfffff000, 0xfffff000 }
#define JAILHOUSE_IVSHMEM_BAR_MASK_INTX_64K { 0xffff0000 }
#define JAILHOUSE_IVSHMEM_BAR_MASK_MSIX_64K { 0xffff0000, 0xffff0000 }
#define JAILHOUSE_PCI_EXT_CAP 0x8000
/* PCI Code and ID Assignment Specification. */
enum { PCI_CAP_ID_PM = 0x01, PCI_CAP_ID_MSI = 0x05, PCI_CAP_ID_VNDR = 0x09, PCI_CAP_ID_EXP = 0x10, PCI_CAP_ID_MSIX = 0x11 };
enum { PCI_EXT_CAP_ID_ERR = 0x01, PCI_EXT_CAP_ID_DSN = 0x03, PCI_EXT_CAP_ID_L1SS = 0x1e };
enum {
	JAILHOUSE_CON_TYPE_NONE, JAILHOUSE_CON_TYPE_EFIFB, JAILHOUSE_CON_TYPE_8250, JAILHOUSE_CON_TYPE_PL011,
	JAILHOUSE_CON_TYPE_XUARTPS, JAILHOUSE_CON_TYPE_MVEBU, JAILHOUSE_CON_TYPE_HSCIF, JAILHOUSE_CON_TYPE_SCIFA,
	JAILHOUSE_CON_TYPE_IMX, JAILHOUSE_CON_TYPE_IMX_LPUART, JAILHOUSE_CON_TYPE_SCIF
};
#define JAILHOUSE_CON_ACCESS_PIO 0
#define JAILHOUSE_CON_ACCESS_MMIO 1
#define JAILHOUSE_CON_REGDIST_1 0
#define JAILHOUSE_CON_REGDIST_4 2
#define JAILHOUSE_CON_FB_1920x1080 4
#define JAILHOUSE_CON_INVERTED_GATE 0x1000
#define JAILHOUSE_CON_MDR_QUIRK 0x2000
/* State table, a section that both may write (none here), and a section of each of two ends. */
#define NET_REGION(at, offset, bytes, access) \
	{ (at) + (offset), (at) + (offset), bytes, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED | (access) }
#define JAILHOUSE_SHMEM_NET_REGIONS(at, end) \
	NET_REGION(at, 0, 0x1000, 0), { 0, 0, 0, 0 }, \
	NET_REGION(at, 0x1000, 0x7f000, (end) == 0 ? JAILHOUSE_MEM_WRITE : 0), \
	NET_REGION(at, 0x80000, 0x7f000, (end) == 1 ? JAILHOUSE_MEM_WRITE : 0)

struct jailhouse_console {
	__u64 address;
	__u32 size;
	__u16 type, flags;
	__u32 divider, gate_nr;
	__u64 clock_reg;
} PACKED;

struct jailhouse_cell_desc {
	char signature[5];
	__u8 architecture;
	__u16 revision;
	char name[32];
	__u32 id, flags, cpu_set_size;
	__u32 num_memory_regions, num_cache_regions, num_irqchips, num_pio_regions;
	__u32 num_pci_devices, num_pci_caps, num_stream_ids;
	__u32 vpci_irq_base;
	__u64 cpu_reset_address, msg_reply_timeout;
	struct jailhouse_console console;
} PACKED;

struct jailhouse_memory {
	__u64 phys_start, virt_start, size, flags;
} PACKED;

struct jailhouse_cache {
	__u32 start, size;
	__u8 type, padding;
	__u16 flags;
} PACKED;

struct jailhouse_irqchip {
	__u64 address;
	__u32 id, pin_base, pin_bitmap[4];
} PACKED;

struct jailhouse_pio {
	__u16 base, length;
} PACKED;

struct jailhouse_pci_device {
	__u8 type, iommu;
	__u16 domain, bdf;
	__u32 bar_mask[6];
	__u16 caps_start, num_caps;
	__u8 num_msi_vectors;
	__u8 msi_64bits : 1, msi_maskable : 1;
	__u16 num_msix_vectors, msix_region_size;
	__u64 msix_address;
	__u32 shmem_regions_start;
	__u8 shmem_dev_id, shmem_peers;
	__u16 shmem_protocol;
} PACKED;

struct jailhouse_pci_capability {
	__u16 id, start, len, flags;
} PACKED;

union jailhouse_stream_id {
	__u32 id;
	struct {
		__u16 id, mask_out;
	} PACKED mmu500;
} PACKED;

struct jailhouse_iommu {
	__u32 type;
	__u64 base;
	__u32 size;
	union {
		struct {
			__u16 bdf;
			__u8 base_cap, msi_cap;
			__u32 features, padding;
		} PACKED amd;
		struct {
			__u64 tlb_base;
			__u32 tlb_size;
		} PACKED tipvu;
	};
} PACKED;

struct jailhouse_system {
	char signature[5];
	__u8 architecture;
	__u16 revision;
	__u32 flags;
	struct jailhouse_memory hypervisor_memory;
	struct jailhouse_console debug_console;
	struct {
		__u64 pci_mmconfig_base;
		__u8 pci_mmconfig_end_bus, pci_is_virtual;
		__u16 pci_domain;
		struct jailhouse_iommu iommu_units[8];
		union {
			struct {
				__u16 pm_timer_address;
				__u8 apic_mode, padding;
				__u32 vtd_interrupt_limit, tsc_khz, apic_khz;
			} PACKED x86;
			struct {
				__u8 maintenance_irq, gic_version, padding[2];
				__u64 gicd_base, gicc_base, gich_base, gicv_base, gicr_base;
			} PACKED arm;
		};
	} PACKED platform_info;
	struct jailhouse_cell_desc root_cell;
} PACKED;
