/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A driver for tests, in the place of agent/ioctl.c. Below the root directory it notes every request in the file
 * `requests`: its number, its argument and what that points to, in hexadecimal. It does what the directory
 * `answers/NUMBER` says: `status` has its result, `log` and `console` go to the kernel's log and the console, and the
 * directory `jailhouse` becomes that of sysfs. While there is a file `hold` it does not come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define PAUSE_US	10000

static const char *answer_path(char *path, unsigned long number, const char *name)
{
	char below[64];

	snprintf(below, sizeof(below), "/answers/%08lx%s", number, name);
	return path_below_root(path, below);
}

static void hex(FILE *file, const uint8_t *bytes, size_t length)
{
	fputc(' ', file);
	while (length--)
		fprintf(file, "%02x", *bytes++);
}

static void pointed_to(FILE *file, const uint8_t *argument, size_t at)
{
	uint64_t address = get32(argument + at) | (uint64_t)get32(argument + at + 4) << 32;

	hex(file, (const uint8_t *)(uintptr_t)address, address ? get32(argument + at + 8) : 0);
}

/* One line, in one piece: two agents may be at work. */
static void note(unsigned long number, const uint8_t *argument)
{
	static char line[1 << 20];
	FILE *file = fmemopen(line, sizeof(line), "w");
	char path[PATH_SIZE];
	size_t size = number == JAILHOUSE_ENABLE ? 5 : number >> 16 & 0x3fff, i;
	int notes;

	fprintf(file, "%lx", number);
	if (number == JAILHOUSE_CELL_LOAD) {
		hex(file, argument, IOC_CELL_SIZE);
		for (i = 0; i < get32(argument + IOC_LOAD_NUM_IMAGES); i++) {
			size_t at = IOC_LOAD_IMAGES + i * IOC_IMAGE_SIZE;

			hex(file, argument + at + IOC_IMAGE_TARGET, 8);
			pointed_to(file, argument, at + IOC_IMAGE_SOURCE);
		}
	} else if (number == JAILHOUSE_CELL_CREATE || number == JAILHOUSE_ENABLE_TRIAL) {
		hex(file, argument + 8, 8);
		pointed_to(file, argument, 0);
	} else if (argument) {
		hex(file, argument, size);
	}
	fputc('\n', file);
	size = ftell(file);
	fclose(file);
	notes = open(path_below_root(path, "/requests"), O_WRONLY | O_APPEND | O_CREAT, 0600);
	if (notes < 0 || write(notes, line, size) != (ssize_t)size)
		abort();
	close(notes);
}

static void copy(unsigned long number, const char *name, const char *target)
{
	char path[PATH_SIZE];
	FILE *from = fopen(answer_path(path, number, name), "r"), *to;
	int byte;

	if (!from)
		return;
	to = fopen(path_below_root(path, target), "a");
	while ((byte = fgetc(from)) != EOF)
		fputc(byte, to);
	fclose(to);
	fclose(from);
}

int driver_ioctl(int device, unsigned long number, void *argument)
{
	char path[PATH_SIZE], other[PATH_SIZE];
	struct stat status;
	int result = 0;
	FILE *file;

	(void)device;
	note(number, argument);
	while (!stat(path_below_root(path, "/hold"), &status))
		usleep(PAUSE_US);
	copy(number, "/log", "/dev/kmsg");
	copy(number, "/console", "/dev/jailhouse");
	answer_path(path, number, "/jailhouse");
	if (!stat(path, &status)) {
		/* Out of the way, for good. */
		char old[PATH_SIZE], below[64];

		snprintf(below, sizeof(below), "/before-%d", getpid());
		rename(path_below_root(other, "/sys/devices/jailhouse"), path_below_root(old, below));
		rename(path, other);
	}
	file = fopen(answer_path(path, number, "/status"), "r");
	if (file) {
		if (fscanf(file, "%d", &result) != 1)
			result = -EIO;
		fclose(file);
	}
	return result;
}
