#pragma once
/* The board, for its system and its cells. */
#define BOARD_RAM 0x80000000
#define BOARD_UART(n) (0x02800000 + 0x10000 * (n))
#define REGISTERS(at, bytes) \
	{ .phys_start = at, .virt_start = at, .size = bytes, \
	  .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_IO }
