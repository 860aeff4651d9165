/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Requests to the driver, and what it and the hypervisor say meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

/* Most that is told of each. */
#define WORDS_MOST	65536

/*
 * What can be asked for, and where in its argument are pointers: none, or from @pointers on one every @stride bytes. Behind
 * each is the number of bytes that it points to.
 */
static const struct ioctl {
	uint32_t number;
	uint32_t size;
	bool longer;
	uint32_t pointers;
	uint32_t stride;
} ioctls[] = {
	{ JAILHOUSE_ENABLE, 0, .longer = true },
	{ JAILHOUSE_ENABLE_TRIAL, IOC_TRIAL_SIZE, .pointers = IOC_TRIAL_CONFIG, .stride = IOC_TRIAL_SIZE },
	{ JAILHOUSE_CONFIRM, 0 },
	{ JAILHOUSE_DISABLE, 0 },
	{ JAILHOUSE_CELL_CREATE, IOC_CREATE_SIZE, .pointers = IOC_CREATE_CONFIG, .stride = IOC_CREATE_SIZE },
	{ JAILHOUSE_CELL_LOAD, IOC_LOAD_IMAGES, .longer = true, .pointers = IOC_LOAD_IMAGES, .stride = IOC_IMAGE_SIZE },
	{ JAILHOUSE_CELL_START, IOC_CELL_SIZE },
	{ JAILHOUSE_CELL_DESTROY, IOC_CELL_SIZE },
	{ JAILHOUSE_CELL_DESTROY_FORCED, IOC_CELL_SIZE },
};

_Static_assert(IOC_CREATE_CONFIG_SIZE == IOC_CREATE_CONFIG + 8, "the size is behind the pointer");
_Static_assert(IOC_TRIAL_CONFIG_SIZE == IOC_TRIAL_CONFIG + 8, "the size is behind the pointer");
_Static_assert(IOC_IMAGE_BYTES == IOC_IMAGE_SOURCE + 8, "the size is behind the pointer");

int device_open(int flags)
{
	char path[PATH_SIZE];
	int device = open(path_below_root(path, "/dev/jailhouse"), flags | O_NONBLOCK | O_CLOEXEC);

	return device < 0 ? -errno : device;
}

static const struct ioctl *find(uint32_t number, uint32_t size)
{
	size_t i;

	for (i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		if (ioctls[i].number == number && (size == ioctls[i].size || (ioctls[i].longer && size > ioctls[i].size)))
			return &ioctls[i];
	return NULL;
}

/* Whether the number of images is that of the entries that are there. */
static bool has_all_images(const struct ioctl *ioctl, const uint8_t *argument, uint32_t size)
{
	if (ioctl->number != JAILHOUSE_CELL_LOAD)
		return true;
	return (size - IOC_LOAD_IMAGES) % IOC_IMAGE_SIZE == 0 &&
	       (size - IOC_LOAD_IMAGES) / IOC_IMAGE_SIZE == get32(argument + IOC_LOAD_NUM_IMAGES);
}

/* Whether a pointer may be at @at, for @length bytes. */
static bool is_pointer(const struct ioctl *ioctl, const uint8_t *argument, uint32_t size, uint32_t at, uint32_t length)
{
	if (!ioctl->stride || at < ioctl->pointers || (at - ioctl->pointers) % ioctl->stride)
		return false;
	if (size < 16 || at > size - 16 || get32(argument + at + 8) != length)
		return false;
	/* The size of an image has 64 bits. */
	return ioctl->number != JAILHOUSE_CELL_LOAD || !get32(argument + at + 12);
}

/*
 * Writes addresses into the argument, all of whose pointers come as zero. False if something is not as it must be. A
 * pointer that is left out stays zero, which the driver refuses unless nothing is read there.
 */
static bool point(const struct ioctl *ioctl, uint8_t *argument, uint32_t size, const uint8_t *pointers, uint32_t count,
		  const uint8_t *end)
{
	const uint8_t *bytes = argument + size;
	uint32_t i;

	for (i = 0; i < count; i++, pointers += AGENT_POINTER_SIZE) {
		uint32_t at = get32(pointers + AGENT_POINTER_AT), length = get32(pointers + AGENT_POINTER_LENGTH);
		uint64_t address = (uintptr_t)bytes;

		if (!is_pointer(ioctl, argument, size, at, length) || length > (size_t)(end - bytes))
			return false;
		put32(argument + at, address);
		put32(argument + at + 4, address >> 32);
		bytes += length;
	}
	return bytes == end;
}

/* Makes the request and collects the words. */
static int ask(int device, uint32_t number, void *argument, struct result *result)
{
	char path[PATH_SIZE];
	struct result nothing = { .data = result->data, .size = result->size };
	int log = open(path_below_root(path, "/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	uint8_t head[AGENT_WORDS_TEXT] = { 1 };
	size_t start = result->length;
	int status;

	read_available(device, &nothing, WORDS_MOST);
	if (log >= 0)
		lseek(log, 0, SEEK_END);
	status = driver_ioctl(device, number, argument);
	result_add(result, head, sizeof(head));
	if (log >= 0)
		read_available(log, result, WORDS_MOST);
	put32(result->data + start + AGENT_WORDS_LOG, result->length - start - sizeof(head));
	read_available(device, result, WORDS_MOST);
	return status;
}

/* The kind AGENT_KIND_IOCTL. */
int device_request(uint8_t *request, size_t length, struct result *result)
{
	static const uint8_t unopened[AGENT_WORDS_TEXT];
	uint32_t number, size, count;
	const struct ioctl *ioctl;
	uint8_t *argument;
	int device;

	if (length < AGENT_IOCTL_HEAD)
		return -EINVAL;
	number = get32(request + AGENT_IOCTL_NUMBER);
	size = get32(request + AGENT_IOCTL_SIZE);
	count = get32(request + AGENT_IOCTL_POINTERS);
	length -= AGENT_IOCTL_HEAD;
	if (count > length / AGENT_POINTER_SIZE || size > length - count * AGENT_POINTER_SIZE)
		return -EINVAL;
	argument = request + AGENT_IOCTL_HEAD + count * AGENT_POINTER_SIZE;
	ioctl = find(number, size);
	if (!ioctl || !has_all_images(ioctl, argument, size) ||
	    !point(ioctl, argument, size, request + AGENT_IOCTL_HEAD, count, request + AGENT_IOCTL_HEAD + length))
		return -EINVAL;
	device = device_open(O_RDWR);
	if (device < 0) {
		result_add(result, unopened, sizeof(unopened));
		return device;
	}
	return ask(device, number, size ? argument : NULL, result);
}
