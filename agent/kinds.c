/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What can be asked for, by its kind. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent.h"

/* Most of the console that is read at once: more than its ring holds. */
#define CONSOLE_MOST	65536

/* --- A register --------------------------------------------------------------------------------------------------- */

/* Only what `hardware check` looks at: reading others can have effects. */
static int read_msr(const uint8_t *request, size_t length, struct result *result)
{
	char path[PATH_SIZE];
	uint8_t value[8];
	int file;

	if (length != 4)
		return -EINVAL;
	if (get32(request) != MSR_VM_CR)
		return -EACCES;
	file = open(path_below_root(path, "/dev/cpu/0/msr"), O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (pread(file, value, sizeof(value), MSR_VM_CR) != sizeof(value))
		return -EIO;
	result_add(result, value, sizeof(value));
	return 0;
}

/* --- In a process of its own -------------------------------------------------------------------------------------- */

/* Carries out a request of any kind but the console's. @request has zeros behind its end. */
int kind_in_child(uint8_t kind, uint8_t *request, size_t length, struct result *result)
{
	switch (kind) {
	case AGENT_KIND_FILES:
		return files_gather((const char *)request, length, result);
	case AGENT_KIND_IOCTL:
		return device_request(request, length, result);
	case AGENT_KIND_MSR:
		return read_msr(request, length, result);
	default:
		return -EOPNOTSUPP;
	}
}

/* --- The console -------------------------------------------------------------------------------------------------- */

/* The open device of each reader, which knows how far it has read; 0 for none. */
static int readers[AGENT_CONSOLE_READERS];

static void close_reader(int *reader)
{
	if (*reader)
		close(*reader);
	*reader = 0;
}

/* To be called when the session ends. */
void kind_console_close(void)
{
	int i;

	for (i = 0; i < (int)AGENT_CONSOLE_READERS; i++)
		close_reader(&readers[i]);
}

static int read_console(int reader, struct result *result)
{
	size_t before = result->length;

	read_available(reader, result, CONSOLE_MOST);
	/* Nothing, and not because there is nothing. */
	return result->length == before && errno && errno != EAGAIN ? -errno : 0;
}

/* Opens, reads or closes a reader. It stays with the agent from one request to the next, and never waits. */
int kind_console(const uint8_t *request, size_t length, struct result *result)
{
	int *reader;

	if (length != AGENT_CONSOLE_SIZE || request[AGENT_CONSOLE_READER] >= AGENT_CONSOLE_READERS)
		return -EINVAL;
	reader = &readers[request[AGENT_CONSOLE_READER]];
	switch (request[AGENT_CONSOLE_ACTION]) {
	case AGENT_CONSOLE_OPEN: {
		int device = device_open(O_RDONLY);

		if (device < 0)
			return device;
		close_reader(reader);
		*reader = device;
		return 0;
	}
	case AGENT_CONSOLE_READ:
		return *reader ? read_console(*reader, result) : -EBADF;
	case AGENT_CONSOLE_CLOSE:
		close_reader(reader);
		return 0;
	default:
		return -EINVAL;
	}
}
