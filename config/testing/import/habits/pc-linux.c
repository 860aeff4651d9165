#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

/* One source for two cells: -DSECOND is the other. */
#ifdef SECOND
# define WHICH 1
# define NAME "linux-2"
#else
# define WHICH 0
# define NAME "linux-1"
#endif
#define MB(x) ((x) * 1024ULL * 1024)
#define JOIN(a, b) a ## b
#define FLAG(x) JOIN(JAILHOUSE_MEM_, x)
#define RAM_FLAGS FLAG(READ) | FLAG(WRITE) | FLAG(EXECUTE) | FLAG(DMA) | FLAG(LOADABLE)

typedef struct jailhouse_memory region_t;

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	region_t mem_regions[7];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pio pio_regions[2];
	struct jailhouse_pci_device pci_devices[2];
	struct jailhouse_pci_capability pci_caps[2];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = NAME,
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_pio_regions = ARRAY_SIZE(config.pio_regions),
		.num_pci_devices = ARRAY_SIZE(config.pci_devices),
		.num_pci_caps = ARRAY_SIZE(config.pci_caps),
	},

	.cpus = {
		WHICH ? 0b1000 : 0b0100,
	},

	.mem_regions = {
		/* IVSHMEM shared memory regions (networking) */
		JAILHOUSE_SHMEM_NET_REGIONS(0x3f100000, WHICH),
		/* low RAM */ {
			.phys_start = 0x3a600000 + WHICH * MB(32),
			.virt_start = 0,
			.size = MB(1),
			.flags = RAM_FLAGS,
		},
		/* communication region */ {
			.virt_start = MB(1),
			.size = 0x1000,
			.flags = FLAG(READ) | FLAG(WRITE) | FLAG(COMM_REGION),
		},
		/* high RAM */ {
			.phys_start = 0x3a700000 + WHICH * MB(32),
			.virt_start = MB(2),
			.size = MB(31),
			.flags = RAM_FLAGS,
		},
	},

	.irqchips = {
		/* IOAPIC */ {
			.address = 0xfec00000,
			.id = 0xff00,
			.pin_bitmap = {
				(1 << 3) | (1 << 4),
			},
		},
	},

	.pio_regions = {
		PIO_RANGE(0x2f8, 8), /* serial 2 */
		/* serial 1, or nothing */
		{ .base = 0x3f8, .length = 8 },
	},

	.pci_devices = {
		{ /* Intel HDA @00:1b.0 */
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xd8,
			.bar_mask = {
				0xffffc000, 0xffffffff, 0x00000000,
				0x00000000, 0x00000000, 0x00000000,
			},
			.caps_start = 0,
			.num_caps = 2,
			.num_msi_vectors = 1,
			.msi_64bits = 1,
		},
		{ /* IVSHMEM (networking) */
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0x0,
			.bdf = (0x0f << 3) | 0x100,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 2,
			.shmem_regions_start = 0,
			.shmem_dev_id = WHICH,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},

	.pci_caps = {
		{ /* Intel HDA @00:1b.0 */
			.id = PCI_CAP_ID_MSI,
			.start = 0x60,
			.len = 14,
			.flags = JAILHOUSE_PCICAPS_WRITE,
		},
		{
			.id = PCI_CAP_ID_VNDR,
			.start = 0x50,
			.len = 2,
			.flags = 0,
		},
	},
};
