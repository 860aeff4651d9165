// SPDX-License-Identifier: GPL-2.0
/*
 * What the command needs to explain denied accesses: configurations as they were given, and the hypervisor's table of
 * denied accesses, both binary and for root alone.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "driver.h"

/* Keeps a copy of the configuration. */
int jh_denials_keep(struct jh_cell *cell, const void *config, size_t size)
{
	cell->config = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!cell->config)
		return -ENOMEM;
	memcpy(cell->config, config, size);
	cell->config_size = size;
	return 0;
}

static ssize_t read_config(struct kobject *kobj, char *buffer, loff_t offset, size_t size)
{
	memcpy(buffer, container_of(kobj, struct jh_cell, kobj)->config + offset, size);
	return size;
}

JH_FILE_READ(config)

/* Shows a cell's configuration in its directory, which exists. */
int jh_denials_add_cell(struct jh_cell *cell)
{
	static const struct bin_attribute config_file = JH_FILE(config);

	cell->config_file = config_file;
	return jh_sysfs_add_file(&cell->kobj, &cell->config_file, cell->config_size);
}

void jh_denials_remove_cell(struct jh_cell *cell)
{
	if (cell->kobj.state_in_sysfs)
		sysfs_remove_bin_file(&cell->kobj, &cell->config_file);
}

/* Whole words of the table, asked for one by one; sysfs has cut the range to the file's size. */
static ssize_t read_denials(struct kobject *kobj, char *buffer, loff_t offset, size_t size)
{
	ssize_t result = size;
	size_t done;
	int magic;
	u32 word;

	if ((offset | size) % sizeof(word))
		return -EINVAL;
	down_read(&jh.state);
	magic = jh_ask_locked(JH_HC_DENIAL_WORD, 0, 0);
	if (magic != JH_DENIALS_MAGIC)
		result = magic == -ENODEV ? -ENODEV : -EOPNOTSUPP;
	for (done = 0; result > 0 && done < size; done += sizeof(word)) {
		word = jh_hypercall(JH_HC_DENIAL_WORD, (offset + done) / sizeof(word), 0);
		memcpy(buffer + done, &word, sizeof(word));
	}
	up_read(&jh.state);
	return result;
}

JH_FILE_READ(denials)

static struct bin_attribute denials_file = JH_FILE(denials);

int jh_denials_init(void)
{
	return jh_sysfs_add_file(&jh.device->kobj, &denials_file, JH_DENIALS_SIZE);
}

void jh_denials_exit(void)
{
	sysfs_remove_bin_file(&jh.device->kobj, &denials_file);
}
