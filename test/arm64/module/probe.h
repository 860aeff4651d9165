/* SPDX-License-Identifier: GPL-2.0 */
/* A module that puts Linux under the hypervisor at EL2 and tries what it may do there. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/types.h>

/* The hypervisor in its memory, which Linux leaves alone (mem=). */
struct image {
	void *memory;
	phys_addr_t start;
	/* Where HVC_SOFT_RESTART is to go. */
	phys_addr_t entry;
};

/* el2.c: 0, or -ENODEV with the reason in the log if there is no way into EL2 on this CPU. */
int el2_check(void);
/* Enters the image on the calling CPU, interrupts off. 0: Linux is a guest now; -errno: all is as it was. */
long el2_enter(const struct image *image, unsigned int cpu);
/* Whether Linux' own stub answers at EL2. */
bool el2_is_free(void);
/* A call of the hypervisor's. */
long hypercall(u64 code, u64 argument1, u64 argument2);

/* image.c: puts the image and the system configuration in a file into the hypervisor's memory, afresh. 0 or -errno. */
int image_load(struct image *image, const char *configuration);
void image_unload(struct image *image);

#endif
