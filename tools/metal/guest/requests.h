/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Requests to the driver, ours or the original's, for small programs in a guest. `device` is /dev/jailhouse, opened by open_device;
 * `ask` is the program's: it makes the request with ioctl(2) and deals with its failure.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

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
/* In a cell's configuration: its name, behind signature and revision. */
#define NAME		8
#define NAME_SIZE	(IOC_CELL_SIZE - IOC_CELL_NAME)

static int device;

static int ask(unsigned long number, void *argument, const char *what);

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

static void open_device(void)
{
	device = open("/dev/jailhouse", O_RDWR);
	if (device < 0)
		fail("/dev/jailhouse");
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
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
	ask(JAILHOUSE_CELL_CREATE, argument, "create");
}

/* Bytes that a cell gets at an address. */
struct image {
	const void *data;
	size_t size;
	uint64_t address;
};

#define IMAGES_MAX	2

static void load(const char *name, const struct image *images, unsigned int count)
{
	uint8_t argument[IOC_LOAD_IMAGES + IMAGES_MAX * IOC_IMAGE_SIZE] = { 0 }, *image = argument + IOC_LOAD_IMAGES;
	unsigned int number;

	put_cell(argument, name);
	put(argument + IOC_LOAD_NUM_IMAGES, count, 4);
	for (number = 0; number < count; number++, image += IOC_IMAGE_SIZE) {
		put(image + IOC_IMAGE_SOURCE, (uintptr_t)images[number].data, 8);
		put(image + IOC_IMAGE_BYTES, images[number].size, 8);
		put(image + IOC_IMAGE_TARGET, images[number].address, 8);
	}
	ask(JAILHOUSE_CELL_LOAD, argument, "load");
}

static int ask_cell(unsigned long number, const char *name, const char *what)
{
	uint8_t argument[IOC_CELL_SIZE] = { 0 };

	put_cell(argument, name);
	return ask(number, argument, what);
}

static void enable(uint8_t *system)
{
	ask(JAILHOUSE_ENABLE, system, "enable");
}

static void disable(void)
{
	ask(JAILHOUSE_DISABLE, NULL, "disable");
}

static inline void pause_ms(long milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

#endif
