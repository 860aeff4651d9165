#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

#include "board.h"

#define BIT(n) (1UL << (n))
enum { REGIONS = 3, SPI_UART = 193 };

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[(4 + 63) / 64];
	struct jailhouse_memory mem_regions[REGIONS];
	struct jailhouse_irqchip irqchips[1];
	union jailhouse_stream_id stream_ids[2];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "inmate",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG | JAILHOUSE_CELL_AARCH32,
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = REGIONS,
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_stream_ids = sizeof config.stream_ids / sizeof(union jailhouse_stream_id),
		.msg_reply_timeout = 5ull * 1000 * 1000 * 1000, /* ns */
		.console = {
			.address = BOARD_UART(1),
			.type = JAILHOUSE_CON_TYPE_XUARTPS,
			.flags = JAILHOUSE_CON_ACCESS_MMIO,
		},
	},
	.cpus = { BIT(3) },
	.mem_regions = {
		/* RAM */ {
			.phys_start = BOARD_RAM + 0x10000 * sizeof(__u64),
			.virt_start = 0,
			.size = 1 << 16,
			.flags = 0x40 | 0x7,
		},
		REGISTERS(BOARD_UART(1), 0x1000),
		/* communication region */ {
			.virt_start = 0x80000000,
			.size = 0x00001000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				JAILHOUSE_MEM_COMM_REGION,
		},
	},
	.irqchips = {
		{
			.address = 0x01800000,
			.pin_base = 160,
			/*
			 * offset = (SPI_NR + 32 - base) / 32
			 * bit = (SPI_NR + 32 - base) % 32
			 */
			.pin_bitmap = {
				[(SPI_UART + 32 - 160) / 32] = BIT((SPI_UART + 32 - 160) % 32),
			},
		},
	},
	.stream_ids = {
		{ 0x3 }, { JAILHOUSE_INVALID_STREAMID },
	},
};
