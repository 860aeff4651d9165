// SPDX-License-Identifier: GPL-2.0
/* Puts the hypervisor into its memory. EL2 begins without caches: what it finds there has to have left them. */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kernel_read_file.h>
#include <linux/limits.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/unaligned.h>
#include "probe.h"
#include "numbers.h"

#define IMAGE_PATH	"/image"

/* The image's header. */
#define HEADER_CORE_SIZE	8
#define HEADER_PERCPU_SIZE	16
#define HEADER_ENTRY		24
#define HEADER_MAX_CPUS		48
#define HEADER_ONLINE_CPUS	52
#define HEADER_SIZE		80
/* The smallest line of a cache that there can be. */
#define LINE			16

static ssize_t read_file(const char *path, void **data)
{
	ssize_t size;

	*data = NULL;
	size = kernel_read_file_from_path(path, 0, data, INT_MAX, NULL, READING_UNKNOWN);
	if (size < 0)
		pr_err("probe: %s cannot be read (%zd)\n", path, size);
	return size;
}

static void clean(const void *memory, size_t size)
{
	const char *line = memory;

	for (; size; size -= LINE, line += LINE)
		asm volatile("dc civac, %0" : : "r"(line) : "memory");
	asm volatile("dsb sy; ic ialluis; dsb ish; isb" : : : "memory");
}

static int place(struct image *image, const void *code, size_t code_size, const void *system, size_t system_size)
{
	u64 size = get_unaligned_le64(system + SYS_HYPERVISOR_MEMORY + MEM_REGION_SIZE);
	u64 config;
	void *memory;

	config = get_unaligned_le64(code + HEADER_CORE_SIZE) +
		 nr_cpu_ids * get_unaligned_le64(code + HEADER_PERCPU_SIZE);
	if (code_size > config || config + system_size > size) {
		pr_err("probe: the hypervisor's memory is too small\n");
		return -ENOMEM;
	}
	image->start = get_unaligned_le64(system + SYS_HYPERVISOR_MEMORY + MEM_PHYS_START);
	memory = memremap(image->start, size, MEMREMAP_WB);
	if (!memory) {
		pr_err("probe: no access to the hypervisor's memory: is there mem= for Linux?\n");
		return -ENOMEM;
	}
	memset(memory, 0, size);
	memcpy(memory, code, code_size);
	put_unaligned_le32(nr_cpu_ids, memory + HEADER_MAX_CPUS);
	put_unaligned_le32(num_online_cpus(), memory + HEADER_ONLINE_CPUS);
	memcpy(memory + config, system, system_size);
	clean(memory, size);
	image->memory = memory;
	image->entry = image->start + get_unaligned_le64(code + HEADER_ENTRY);
	return 0;
}

int image_load(struct image *image, const char *configuration)
{
	void *code, *system;
	ssize_t code_size = read_file(IMAGE_PATH, &code);
	ssize_t system_size = read_file(configuration, &system);
	int result = -EINVAL;

	if (code_size >= HEADER_SIZE && system_size >= SYS_HEADER_SIZE)
		result = place(image, code, code_size, system, system_size);
	vfree(code);
	vfree(system);
	return result;
}

void image_unload(struct image *image)
{
	memunmap(image->memory);
}
