/*
 * The 64-bit PC of ../golden.c, as people write configurations in C.
 * What it is made of: designated initialisers, in an order of its own.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[6];
	struct jailhouse_cache cache_regions[1];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pio pio_regions[2];
	struct jailhouse_pci_device pci_devices[2];
	struct jailhouse_pci_capability pci_caps[2];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_X86,
		.revision = JAILHOUSE_CONFIG_REVISION,
		/* root may read the messages */
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		/* kept by memmap= */
		.hypervisor_memory = { .phys_start = 0x3a000000, .size = 0x600000 },
		.debug_console = {
			.address = 0x3f8, /* the line on the back */
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_PIO | JAILHOUSE_CON_REGDIST_1,
		},
		.platform_info = {
			/* from MCFG */
			.pci_mmconfig_base = 0xb0000000,
			.pci_mmconfig_end_bus = 0xff,
			.iommu_units = {
				{
					/* AMD's */
					.type = JAILHOUSE_IOMMU_AMD,
					.base = 0xfed80000,
					.size = 0x4000,
					.amd.bdf = 0x2,
					.amd.base_cap = 0x40,
					.amd.msi_cap = 0x64,
					.amd.features = 0x80048824,
				},
				{ JAILHOUSE_IOMMU_INTEL, 0xfed90000, 0x1000 }, /* Intel's */
			},
			.x86 = {
				.pm_timer_address = 0x608, /* ACPI PM_TMR */
				.apic_mode = JAILHOUSE_APIC_MODE_X2APIC,
				.vtd_interrupt_limit = 256,
				.tsc_khz = 2400000,
				.apic_khz = 1000000,
			},
		},
		.root_cell = {
			.name = "golden",
			.flags = JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED,
			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_cache_regions = ARRAY_SIZE(config.cache_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pio_regions = ARRAY_SIZE(config.pio_regions),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),
			.num_pci_caps = ARRAY_SIZE(config.pci_caps),
			.msg_reply_timeout = 0x123456789a, // long enough
		},
	},

	/* cores 0 to 3 */
	.cpus = { 0xf },

	.pio_regions = {
		PIO_RANGE(0x3f8, 8), /* serial */
		PIO_RANGE(0xc000, 0x4000), /* windows of the bus */
	},

	.mem_regions = {
		/* block device for a guest */
		{
			.phys_start = 0x3f000000, .virt_start = 0x3f000000, .size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		{ 0x3f001000, 0x3f001000, 0x9000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE },
		{ 0x3f00a000, 0x3f00a000, 0x2000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE },
		{ 0x3f00c000, 0x3f00c000, 0x2000, JAILHOUSE_MEM_READ },
		/* all of Linux' RAM */ {
			.phys_start = 0, .virt_start = 0, .size = 0x3a000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE |
				JAILHOUSE_MEM_DMA,
		},
		/* timer */
		{
			.phys_start = 0xfed00000, .virt_start = 0xfed00000, .size = 0x400,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_IO_8 |
				JAILHOUSE_MEM_IO_16 | JAILHOUSE_MEM_IO_32,
		},
	},

	.cache_regions = {
		/* a quarter of it */
		{ .start = 0, .size = 4, .type = JAILHOUSE_CACHE_L3, .flags = JAILHOUSE_CACHE_ROOTSHARED },
	},

	.irqchips = {
		{ /* 24 pins, and one of a table */
			.address = 0xfec00000,
			.id = 0xff00,
			.pin_bitmap = { 0xffffff, 0, 0, 1u << 31 },
		},
	},

	.pci_devices = {
		{
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x1 << 8 | 0xe << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 16,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK + VIRTIO_DEV_BLOCK,
		},
		/* network card behind the second unit */
		{
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.iommu = 1,
			.domain = 3,
			.bdf = 0x10,
			.bar_mask = { 0xfffe0000, 0x00000000, 0xffffffe0 },
			.caps_start = 0,
			.num_caps = 2,
			.num_msi_vectors = 4,
			.msi_64bits = 1,
			.msi_maskable = 1,
			.num_msix_vectors = 5,
			.msix_region_size = 0x1000,
			.msix_address = 0xfebd0000,
		},
	},

	.pci_caps = {
		{ PCI_CAP_ID_MSI, 0xd0, 14, JAILHOUSE_PCICAPS_WRITE }, /* written by its driver */
		/* says who it is */
		{ PCI_EXT_CAP_ID_DSN | JAILHOUSE_PCI_EXT_CAP, 0x140, 12, 0 },
	},
};
