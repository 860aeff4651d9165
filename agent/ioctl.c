/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The driver itself. */
#include <errno.h>
#include <sys/ioctl.h>

#include "agent.h"

int driver_ioctl(int device, unsigned long number, void *argument)
{
	int result = ioctl(device, number, argument);

	return result < 0 ? -errno : result;
}
