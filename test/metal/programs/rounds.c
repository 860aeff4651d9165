/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * As rounds.mjs, in a guest that is too slow for Node. Asks the driver alone; prints a line after each round: its number, and
 * what the pools have used.
 *
 *	rounds COUNT SYSTEM		enables and disables
 *	rounds COUNT SYSTEM CELL IMAGE	enables; creates, loads, starts and destroys a cell again and again; disables
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define FILE_MAX	(1 << 20)
#define LINE_MAX	64
#define ADDRESS		0xf0000
/* In which a cell says something. */
#define MOMENT_NS	50000000
/* In a cell's configuration: its name, behind signature and revision. */
#define NAME		8
#define NAME_SIZE	(IOC_CELL_SIZE - IOC_CELL_NAME)

static int device;

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static size_t read_file(const char *path, uint8_t *into, size_t size)
{
	int file = open(path, O_RDONLY);
	ssize_t length = file < 0 ? -1 : read(file, into, size);

	if (length < 0)
		fail(path);
	close(file);
	return length;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void ask(unsigned long number, void *argument, const char *what)
{
	if (ioctl(device, number, argument) < 0)
		fail(what);
}

/* How a cell is named: by its name, whatever its id. */
static void put_cell(uint8_t *argument, const char *name)
{
	put(argument + IOC_CELL_ID, -1, 4);
	strncpy((char *)argument + IOC_CELL_NAME, name, NAME_SIZE);
}

static void create(uint8_t *config, size_t size)
{
	uint8_t argument[IOC_CREATE_SIZE] = { 0 };

	put(argument + IOC_CREATE_CONFIG, (uintptr_t)config, 8);
	put(argument + IOC_CREATE_CONFIG_SIZE, size, 4);
	ask(JAILHOUSE_CELL_CREATE, argument, "cell create");
}

static void load(const char *name, uint8_t *image, size_t size)
{
	uint8_t argument[IOC_LOAD_IMAGES + IOC_IMAGE_SIZE] = { 0 };

	put_cell(argument, name);
	put(argument + IOC_LOAD_NUM_IMAGES, 1, 4);
	put(argument + IOC_LOAD_IMAGES + IOC_IMAGE_SOURCE, (uintptr_t)image, 8);
	put(argument + IOC_LOAD_IMAGES + IOC_IMAGE_BYTES, size, 8);
	put(argument + IOC_LOAD_IMAGES + IOC_IMAGE_TARGET, ADDRESS, 8);
	ask(JAILHOUSE_CELL_LOAD, argument, "cell load");
}

static void ask_cell(unsigned long number, const char *name, const char *what)
{
	uint8_t argument[IOC_CELL_SIZE] = { 0 };

	put_cell(argument, name);
	ask(number, argument, what);
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

static void enable(uint8_t *system)
{
	ask(JAILHOUSE_ENABLE, system, "enable");
}

static void disable(void)
{
	ask(JAILHOUSE_DISABLE, NULL, "disable");
}

static void enable_round(int round, uint8_t *system)
{
	enable(system);
	tell(round);
	disable();
}

static void cell_round(int round, uint8_t *cell, size_t size, uint8_t *image, size_t length)
{
	static const struct timespec moment = { .tv_nsec = MOMENT_NS };
	const char *name = (const char *)cell + NAME;

	create(cell, size);
	load(name, image, length);
	ask_cell(JAILHOUSE_CELL_START, name, "cell start");
	nanosleep(&moment, NULL);
	ask_cell(JAILHOUSE_CELL_DESTROY, name, "cell destroy");
	tell(round);
}

static void cell_rounds(int count, uint8_t *system, const char *cell_path, const char *image_path)
{
	static uint8_t cell[FILE_MAX], image[FILE_MAX];
	size_t size = read_file(cell_path, cell, sizeof(cell)), length = read_file(image_path, image, sizeof(image));
	int round;

	enable(system);
	for (round = 1; round <= count; round++)
		cell_round(round, cell, size, image, length);
	disable();
}

int main(int argc, char **argv)
{
	static uint8_t system[FILE_MAX];
	int round;

	if (argc != 3 && argc != 5)
		return EXIT_FAILURE;
	read_file(argv[2], system, sizeof(system));
	device = open("/dev/jailhouse", O_RDWR);
	if (device < 0)
		fail("/dev/jailhouse");
	if (argc == 5)
		cell_rounds(atoi(argv[1]), system, argv[3], argv[4]);
	else
		for (round = 1; round <= atoi(argv[1]); round++)
			enable_round(round, system);
	return EXIT_SUCCESS;
}
