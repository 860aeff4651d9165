/* The 64-bit Arm system of ../golden.c. */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
#include "arm64-base.h"

#define GIB(count) ((count) * 0x40000000ULL)

struct {
	struct jailhouse_system header;
	__u64 cpus[2];
	struct jailhouse_memory mem_regions[1];
	struct jailhouse_irqchip irqchips[2];
	union jailhouse_stream_id stream_ids[2];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.hypervisor_memory = { .phys_start = 0x8fc000000, .size = 0x400000 },
		.debug_console = {
			.address = 0x9000000, .size = 0x1000, .type = JAILHOUSE_CON_TYPE_PL011,
			.flags = JAILHOUSE_CON_ACCESS_MMIO | JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.pci_mmconfig_base = 0x7bf00000,
			.pci_is_virtual = 1, /* there is no bus */
			.pci_domain = 1,
			.iommu_units[0] = { .type = JAILHOUSE_IOMMU_SMMUV3, .base = 0x36600000, .size = 0x100000 },
			/* the older one */
			.iommu_units[1] = { .type = JAILHOUSE_IOMMU_ARM_MMU500, .base = 0xfd800000, .size = 0x20000 },
			.iommu_units[2] = {
				.type = JAILHOUSE_IOMMU_PVU, .base = 0x30f80000, .size = 0x1000,
				.tipvu = { .tlb_base = 0x36000000000, .tlb_size = 0x100000 },
			},
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 3,
				.gicd_base = 0x8000000,
				.gicc_base = 0x8010000,
				.gich_base = 0x8030000,
				.gicv_base = 0x8040000,
				.gicr_base = 0x80a0000, /* redistributors */
			},
		},
		.root_cell = {
			.name = "arm64-root",
			.flags = JAILHOUSE_CELL_AARCH32,
			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_stream_ids = ARRAY_SIZE(config.stream_ids),
			.vpci_irq_base = 108,
		},
	},
	.cpus = { 1, 1 /* the second cluster */ },
	.mem_regions = {
		{
			.phys_start = GIB(32), .virt_start = GIB(32), .size = 0xfc000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE |
				JAILHOUSE_MEM_DMA | JAILHOUSE_MEM_NO_HUGEPAGES,
		} /* without large pages */,
	},
	.irqchips = { GIC_REGIONS },
	.stream_ids = {
		{ .mmu500 = { .id = 0x10, .mask_out = 0x7f00 } }, /* a group */
		/* the last one */
		{ .id = 0xffff },
	},
};
