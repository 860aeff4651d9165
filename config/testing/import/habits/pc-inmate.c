#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

/* Ports, by a table that other files have, too. */
#define LINES(PORT) PORT(0x2f8, 8) PORT(0xe010, 8) /* the card's */ PORT(0x80, 1)
#define ONE_PORT(first, count) PIO_RANGE(first, count),

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[3];
	struct jailhouse_cache cache_regions[1];
	struct jailhouse_pio pio_regions[3];
} __attribute__((packed)) config = {
	.cpus = { 1 << 2 | 1 << 3 },

	.pio_regions = { LINES(ONE_PORT) },

	/* cell stays behind its lists here */
	.mem_regions = {
		[2] = { // communication
			.virt_start = 0x00100000, .size = 0x00001000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_COMM_REGION,
		},
		[0] = {
			/* low RAM */ .phys_start = 0x3f000000,
			.virt_start = 0,
			.size = /* one MiB */ 0x00100000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE,
		},
		[1] = { 0x3f100000, 0x200000, 0x400000, 0xf },
	},
	.cache_regions = { { .start = 0, .size = 2, .type = JAILHOUSE_CACHE_L3, .flags = JAILHOUSE_CACHE_ROOTSHARED, }, },
	.cell = {
		.name = "positions" " and " "ranges",
		.num_pio_regions = sizeof(config.pio_regions) / sizeof(config.pio_regions[0]),
		.num_memory_regions = sizeof(config.mem_regions) / sizeof(struct jailhouse_memory),
		.num_cache_regions = ARRAY_SIZE(config.cache_regions),
		.revision = JAILHOUSE_CONFIG_REVISION,
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_X86,
		.cpu_set_size = sizeof(config.cpus),
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG
			| JAILHOUSE_CELL_TEST_DEVICE
			| JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE,
		.console = { .type = JAILHOUSE_CON_TYPE_8250, .address = 0x2f8, .flags = JAILHOUSE_CON_ACCESS_PIO, },
	},
};
