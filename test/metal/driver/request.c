// SPDX-License-Identifier: Apache-2.0 OR MIT
/*
 * One request to /dev/jailhouse, right or wrong, from a shell: prints 0 or the name of the error, and always ends with 0.
 *
 *	request enable FILE			request raw NUMBER ARGUMENT
 *	request disable				request load CELL [FILE ADDRESS]...
 *	request create FILE [SIZE]		request start|destroy|force CELL
 *	request pointer NAME			the request NAME with pointers to nothing, in all its fields
 *	request read [SIZE]			what the console has at present
 *
 * CELL is a number or a name. Numbers as in C.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENABLE		0x40080000ul
#define DISABLE		0x00000001ul
#define CELL_CREATE	0x40100002ul
#define CELL_LOAD	0x40300003ul
#define CELL_START	0x40280004ul
#define CELL_DESTROY	0x40280005ul
#define CELL_FORCE	0x40280085ul
#define NOWHERE		0x1000ul

struct create {
	uint64_t config;
	uint32_t size, padding;
};

struct cell {
	int32_t id;
	uint32_t padding;
	char name[32];
};

struct image {
	uint64_t source, size, target, padding;
};

struct load {
	struct cell cell;
	uint32_t count, padding;
	struct image images[16];
};

static int device;

static const char *error_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { EIO, "EIO" }, { E2BIG, "E2BIG" }, { ENOMEM, "ENOMEM" },
		{ EFAULT, "EFAULT" }, { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" }, { ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" }, { EAGAIN, "EAGAIN" }, { EINTR, "EINTR" }, { ENOSYS, "ENOSYS" },
		{ ERANGE, "ERANGE" },
	};
	static char other[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number)
			return names[i].name;
	snprintf(other, sizeof(other), "%d", number);
	return other;
}

static void request(unsigned long number, const void *argument)
{
	int result = ioctl(device, number, argument);

	puts(result < 0 ? error_name(errno) : "0");
}

/* A file's bytes, ended by a page that is not mapped where that is possible by chance only; its size in *size. */
static void *read_file(const char *path, size_t *size)
{
	struct stat status;
	int file = open(path, O_RDONLY);
	void *bytes;

	if (file < 0 || fstat(file, &status)) {
		perror(path);
		exit(2);
	}
	*size = status.st_size;
	bytes = calloc(1, *size + 1);
	if (!bytes || read(file, bytes, *size) != (ssize_t)*size) {
		perror(path);
		exit(2);
	}
	close(file);
	return bytes;
}

static struct cell cell_of(const char *text)
{
	struct cell cell = { .id = -1 };
	char *end;
	long id = strtol(text, &end, 0);

	if (!*end)
		cell.id = id;
	else
		strncpy(cell.name, text, sizeof(cell.name));
	return cell;
}

static void load(int argc, char **argv)
{
	struct load load = { .cell = cell_of(argv[0]) };
	size_t size;

	for (int i = 1; i + 1 < argc && load.count < 16; i += 2) {
		struct image *image = &load.images[load.count++];

		image->source = (uintptr_t)read_file(argv[i], &size);
		image->size = size;
		image->target = strtoull(argv[i + 1], NULL, 0);
	}
	request(CELL_LOAD, &load);
}

/* Every pointer that a request has, one after the other. */
static void pointers(const char *name)
{
	struct create create = { NOWHERE, 4096, 0 };
	struct load many = { .cell = cell_of("1"), .count = 0xffffffff };
	struct load source = { .cell = cell_of("1"), .count = 1, .images = { { NOWHERE, 4096, 0, 0 } } };
	struct load huge = { .cell = cell_of("1"), .count = 1, .images = { { NOWHERE, ~0ull, 4096, 0 } } };

	if (!strcmp(name, "enable"))
		request(ENABLE, (void *)NOWHERE);
	if (!strcmp(name, "create")) {
		request(CELL_CREATE, (void *)NOWHERE);
		request(CELL_CREATE, &create);
		create.size = 0xffffffff;
		request(CELL_CREATE, &create);
		create.size = 0;
		request(CELL_CREATE, &create);
	}
	if (!strcmp(name, "load")) {
		request(CELL_LOAD, (void *)NOWHERE);
		request(CELL_LOAD, &many);
		request(CELL_LOAD, &source);
		request(CELL_LOAD, &huge);
	}
	if (!strcmp(name, "start"))
		request(CELL_START, (void *)NOWHERE);
	if (!strcmp(name, "destroy"))
		request(CELL_DESTROY, (void *)NOWHERE);
}

static void read_console(size_t size)
{
	char *text = malloc(size);
	ssize_t length;

	fcntl(device, F_SETFL, O_NONBLOCK);
	while ((length = read(device, text, size)) > 0)
		fwrite(text, 1, length, stdout);
	puts(length < 0 ? error_name(errno) : "0");
}

static void create_cell(const char *path, const char *size)
{
	size_t length;
	struct create create = { (uintptr_t)read_file(path, &length), 0, 0 };

	create.size = size ? strtoul(size, NULL, 0) : length;
	request(CELL_CREATE, &create);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	const char *object = argc > 2 ? argv[2] : "";
	struct cell cell = cell_of(object);
	size_t size;

	device = open("/dev/jailhouse", O_RDWR);
	if (device < 0) {
		perror("/dev/jailhouse");
		return 2;
	}
	if (!strcmp(verb, "enable"))
		request(ENABLE, read_file(object, &size));
	else if (!strcmp(verb, "disable"))
		request(DISABLE, NULL);
	else if (!strcmp(verb, "create"))
		create_cell(object, argc > 3 ? argv[3] : NULL);
	else if (!strcmp(verb, "load"))
		load(argc - 2, argv + 2);
	else if (!strcmp(verb, "start"))
		request(CELL_START, &cell);
	else if (!strcmp(verb, "destroy"))
		request(CELL_DESTROY, &cell);
	else if (!strcmp(verb, "force"))
		request(CELL_FORCE, &cell);
	else if (!strcmp(verb, "pointer"))
		pointers(object);
	else if (!strcmp(verb, "read"))
		read_console(argc > 2 ? strtoul(object, NULL, 0) : 4096);
	else if (!strcmp(verb, "raw") && argc > 3)
		request(strtoul(object, NULL, 0), (void *)strtoul(argv[3], NULL, 0));
	else
		return 2;
	return 0;
}
