/* A PC's cell: two lists of memory, and shared memory for a network by the macro of the format's header. */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

#ifndef CPU
#define CPU 2
#endif

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory net_regions[4];
	struct jailhouse_memory own_regions[2];
	struct jailhouse_pio pio_regions[1];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_X86,
		.revision = JAILHOUSE_CONFIG_REVISION,
		/* what `cell list` shows */
		.name = "networked",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG | JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE,
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.net_regions) + ARRAY_SIZE(config.own_regions),
		.num_pio_regions = ARRAY_SIZE(config.pio_regions),
		.num_pci_devices = ARRAY_SIZE(config.pci_devices),
		.console = { .type = JAILHOUSE_CON_TYPE_8250, .address = 0x2f8 },
	},
	.cpus = { 1 << CPU },
	.net_regions = {
		/* between the cells */
		JAILHOUSE_SHMEM_NET_REGIONS(0x3f100000, 1),
	},
	.own_regions = {
		/* low RAM */ {
			.phys_start = 0x3ee00000, .virt_start = 0, .size = 0x100000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE |
				JAILHOUSE_MEM_LOADABLE,
		},
		/* communication region */ {
			.virt_start = 0x100000, .size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_COMM_REGION,
		},
	},
	.pio_regions = {
		PIO_RANGE(0x2f8, 8) /* its console */
	},
	.pci_devices = {
		{
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x1 << 8 | 0xf << 3, /* a bus that the PC lacks */
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 2,
			.shmem_regions_start = 0,
			.shmem_dev_id = 1,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
