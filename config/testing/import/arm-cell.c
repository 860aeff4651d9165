// The 32-bit Arm cell of ../golden.c: built by macros, with what a board lacks left out by the preprocessor.
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

#define IDENTICAL(start, bytes, access) \
	{ .phys_start = (start), .virt_start = (start), .size = (bytes), .flags = (access) }
#define DEVICE (JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_IO)
#define UART 0x1c090000
#define REGIONS(DO) \
	/* the console's registers */ \
	DO(IDENTICAL(UART, 0x1000, DEVICE)) \
	/* the program's RAM */ \
	DO({ .phys_start = 0xbbfe0000, .virt_start = 0, .size = 0x10000, \
	     .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | \
		      JAILHOUSE_MEM_LOADABLE })
#define COMMA(...) __VA_ARGS__,
#define PIN(number) (1u << ((number) % 32))

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[2];
	struct jailhouse_irqchip irqchips[1];
	union jailhouse_stream_id stream_ids[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "arm-cell",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG, // never asked
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_stream_ids = ARRAY_SIZE(config.stream_ids),
		.vpci_irq_base = 123,
		.cpu_reset_address = 0x100000000ULL, /* above 4 GiB */
		.console = {
			.address = UART,
			.size = 0x1000,
#ifdef OTHER_UART
			.type = JAILHOUSE_CON_TYPE_SCIF,
#else
			.type = JAILHOUSE_CON_TYPE_IMX_LPUART, /* low power */
#endif
			.flags = JAILHOUSE_CON_ACCESS_MMIO | JAILHOUSE_CON_REGDIST_4 |
				JAILHOUSE_CON_INVERTED_GATE,
			.divider = 26,
			.gate_nr = 17,
			.clock_reg = 0x1c20000,
		},
	},
	.cpus = { 0x2 },
	.mem_regions = { REGIONS(COMMA) },
	.irqchips = {
		/* GIC */
		{
			.address = 0x1c81000,
			.pin_base = 32,
			.pin_bitmap = {
				PIN(32),
				[1] = PIN(95), /* mailbox */
				PIN(100),
			},
		},
	},
	.stream_ids = {
#if defined(WITH_DMA)
		{ 0x2b }, /* the DMA engine's */
#else
		{ 0x2a }, /* the card's */
#endif
	},
};
