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
	cell->config_file.size = size;
	return 0;
}

static ssize_t read_config(struct kobject *kobj, char *buffer, loff_t offset, size_t size)
{
	memcpy(buffer, container_of(kobj, struct jh_cell, kobj)->config + offset, size);
	return size;
}

static ssize_t config_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr, char *buffer,
			   loff_t offset, size_t size)
{
	return read_config(kobj, buffer, offset, size);
}

static ssize_t config_read_const(struct file *file, struct kobject *kobj, const struct bin_attribute *attr,
				 char *buffer, loff_t offset, size_t size)
{
	return read_config(kobj, buffer, offset, size);
}

/* Shows a cell's configuration in its directory, which exists. */
int jh_denials_add_cell(struct jh_cell *cell)
{
	struct bin_attribute *file = &cell->config_file;

	sysfs_bin_attr_init(file);
	file->attr.name = "config";
	file->attr.mode = 0400;
	file->read = JH_BIN_READ(config_read);
	return sysfs_create_bin_file(&cell->kobj, file);
}

void jh_denials_remove_cell(struct jh_cell *cell)
{
	if (cell->kobj.state_in_sysfs)
		sysfs_remove_bin_file(&cell->kobj, &cell->config_file);
}

/* Whole words of the table, asked for one by one; sysfs has cut the range to the file's size. */
static ssize_t read_denials(char *buffer, loff_t offset, size_t size)
{
	ssize_t result = size;
	size_t done;
	u32 word;

	if ((offset | size) % sizeof(word))
		return -EINVAL;
	down_read(&jh.state);
	if (!jh.enabled || jh.wedged)
		result = -ENODEV;
	else if (jh_hypercall(JH_HC_DENIAL_WORD, 0, 0) != JH_DENIALS_MAGIC)
		result = -EOPNOTSUPP;
	for (done = 0; result > 0 && done < size; done += sizeof(word)) {
		word = jh_hypercall(JH_HC_DENIAL_WORD, (offset + done) / sizeof(word), 0);
		memcpy(buffer + done, &word, sizeof(word));
	}
	up_read(&jh.state);
	return result;
}

static ssize_t denials_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr, char *buffer,
			    loff_t offset, size_t size)
{
	return read_denials(buffer, offset, size);
}

static ssize_t denials_read_const(struct file *file, struct kobject *kobj, const struct bin_attribute *attr,
				  char *buffer, loff_t offset, size_t size)
{
	return read_denials(buffer, offset, size);
}

static struct bin_attribute denials_attr = {
	.attr = { .name = "denials", .mode = 0400 },
	.size = JH_DENIALS_SIZE,
	.read = JH_BIN_READ(denials_read),
};

int jh_denials_init(void)
{
	sysfs_bin_attr_init(&denials_attr);
	return sysfs_create_bin_file(&jh.device->kobj, &denials_attr);
}

void jh_denials_exit(void)
{
	sysfs_remove_bin_file(&jh.device->kobj, &denials_attr);
}
