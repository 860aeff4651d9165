/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * As rounds.mjs, in a guest that is too slow for Node. Asks the driver alone; prints a line after each round: its number, and
 * what the pools have used.
 *
 *	rounds COUNT SYSTEM		enables and disables; 0: disables
 *	rounds COUNT SYSTEM CELL IMAGE	enables; creates, loads, starts and destroys a cell again and again; disables
 */
#include "requests.h"

#define LINE_MAX	64
#define ADDRESS		0xf0000
/* In which a cell says something, in milliseconds. */
#define MOMENT		50

static int ask(unsigned long number, void *argument, const char *what)
{
	if (ioctl(device, number, argument) < 0)
		fail(what);
	return 0;
}

static long used(const char *path)
{
	char line[LINE_MAX] = "";

	read_file(path, (uint8_t *)line, sizeof(line) - 1);
	return atol(line);
}

static void tell(int round)
{
	printf("%d mem %ld remap %ld\n", round, used("/sys/devices/jailhouse/mem_pool_used"),
	       used("/sys/devices/jailhouse/remap_pool_used"));
	fflush(stdout);
}

static void enable_round(int round, uint8_t *system)
{
	enable(system);
	tell(round);
	disable();
}

static void cell_round(int round, uint8_t *cell, size_t size, const struct image *image)
{
	const char *name = (const char *)cell + NAME;

	create(cell, size);
	load(name, image, 1);
	ask_cell(JAILHOUSE_CELL_START, name, "start");
	pause_ms(MOMENT);
	ask_cell(JAILHOUSE_CELL_DESTROY, name, "destroy");
	tell(round);
}

static void cell_rounds(int count, uint8_t *system, const char *cell_path, const char *image_path)
{
	static uint8_t cell[FILE_MAX], bytes[FILE_MAX];
	size_t size = read_file(cell_path, cell, sizeof(cell));
	struct image image = { bytes, read_file(image_path, bytes, sizeof(bytes)), ADDRESS };
	int round;

	enable(system);
	for (round = 1; round <= count; round++)
		cell_round(round, cell, size, &image);
	disable();
}

int main(int argc, char **argv)
{
	static uint8_t system[FILE_MAX];
	int round;

	if (argc != 3 && argc != 5)
		return EXIT_FAILURE;
	read_file(argv[2], system, sizeof(system));
	open_device();
	if (atoi(argv[1]) == 0)
		disable();
	else if (argc == 5)
		cell_rounds(atoi(argv[1]), system, argv[3], argv[4]);
	else
		for (round = 1; round <= atoi(argv[1]); round++)
			enable_round(round, system);
	return EXIT_SUCCESS;
}
