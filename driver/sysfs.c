// SPDX-License-Identifier: GPL-2.0
/*
 * The tree below /sys/devices/jailhouse. Whoever reads only asks: jh.state keeps the hypervisor where it is meanwhile.
 * Objects are added and removed under jh.lock alone.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "driver.h"

static struct kobject *cells;
static bool core_shown;

/* Asks the hypervisor with jh.state held: -ENODEV where there is none. */
int jh_ask_locked(u32 code, unsigned long argument1, unsigned long argument2)
{
	return jh.enabled && !jh.wedged ? jh_hypercall(code, argument1, argument2) : -ENODEV;
}

static int ask(u32 code, unsigned long argument1, unsigned long argument2)
{
	int result;

	down_read(&jh.state);
	result = jh_ask_locked(code, argument1, argument2);
	up_read(&jh.state);
	return result;
}

/* --- Cells -------------------------------------------------------------------------------------------------------- */

static struct jh_cell *cell_of(struct kobject *kobj)
{
	return container_of(kobj, struct jh_cell, kobj);
}

static ssize_t name_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%s\n", cell_of(kobj)->name);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	static const char *const names[] = {
		"running", "running/locked", "shut down", "failed", "Comm ABI mismatch",
	};
	int state = ask(JH_HC_CELL_GET_STATE, cell_of(kobj)->id, 0);

	if (state < 0 && state != -EINVAL)
		return state;
	return sysfs_emit(buffer, "%s\n", state >= 0 && state < ARRAY_SIZE(names) ? names[state] : "invalid");
}

/* Prints the cell's CPUs, or those of them that have failed. */
static ssize_t print_cpus(struct kobject *kobj, char *buffer, bool failed, bool list)
{
	struct jh_cell *cell = cell_of(kobj);
	cpumask_var_t cpus;
	ssize_t length;
	int cpu;

	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	down_read(&jh.state);
	for_each_cpu(cpu, &cell->assigned)
		if (!failed || jh_ask_locked(JH_HC_CPU_GET_INFO, cpu, JH_CPU_INFO_STATE) == JH_CPU_FAILED)
			cpumask_set_cpu(cpu, cpus);
	up_read(&jh.state);
	if (list)
		length = sysfs_emit(buffer, "%*pbl\n", cpumask_pr_args(cpus));
	else
		length = sysfs_emit(buffer, "%*pb\n", cpumask_pr_args(cpus));
	free_cpumask_var(cpus);
	return length;
}

static ssize_t cpus_assigned_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	return print_cpus(kobj, buffer, false, false);
}

static ssize_t cpus_assigned_list_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	return print_cpus(kobj, buffer, false, true);
}

static ssize_t cpus_failed_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	return print_cpus(kobj, buffer, true, false);
}

static ssize_t cpus_failed_list_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	return print_cpus(kobj, buffer, true, true);
}

static struct kobj_attribute name_attr = __ATTR_RO(name);
static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute cpus_assigned_attr = __ATTR_RO(cpus_assigned);
static struct kobj_attribute cpus_assigned_list_attr = __ATTR_RO(cpus_assigned_list);
static struct kobj_attribute cpus_failed_attr = __ATTR_RO(cpus_failed);
static struct kobj_attribute cpus_failed_list_attr = __ATTR_RO(cpus_failed_list);

static struct attribute *cell_attrs[] = {
	&name_attr.attr, &state_attr.attr, &cpus_assigned_attr.attr,
	&cpus_assigned_list_attr.attr, &cpus_failed_attr.attr, &cpus_failed_list_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(cell);

static void cell_free(struct kobject *kobj)
{
	struct jh_cell *cell = cell_of(kobj);

	kfree(cell->memory);
	kfree(cell->pci);
	kvfree(cell->config);
	kfree(cell);
}

static struct kobj_type cell_type = {
	.release = cell_free,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = cell_groups,
};

/* Makes a cell's kobject usable, which frees the cell with its last reference. */
void jh_sysfs_init_cell(struct jh_cell *cell)
{
	INIT_LIST_HEAD(&cell->entry);
	INIT_LIST_HEAD(&cell->counters);
	kobject_init(&cell->kobj, &cell_type);
}

/* Shows a cell and the counters of its CPUs. On an error, jh_sysfs_remove_cell() is still due. */
int jh_sysfs_add_cell(struct jh_cell *cell)
{
	int err = kobject_add(&cell->kobj, cells, "%u", cell->id);

	if (err)
		return err;
	err = jh_denials_add_cell(cell);
	if (err)
		return err;
	cell->total = jh_counters_add(cell, &cell->kobj, -1);
	return cell->total ? jh_counters_add_cpus(cell, &cell->assigned) : -ENOMEM;
}

/* Waits for readers: to be called with jh.state free. */
void jh_sysfs_remove_cell(struct jh_cell *cell)
{
	jh_counters_remove_cpus(cell, cpu_possible_mask);
	if (cell->total)
		jh_counters_remove(cell->total);
	cell->total = NULL;
	jh_denials_remove_cell(cell);
	kobject_del(&cell->kobj);
}

/* The directories of @cell's CPUs leave the root cell. */
void jh_sysfs_take_cpus(const struct jh_cell *cell)
{
	jh_counters_remove_cpus(jh.root, &cell->cpus);
}

/* ... and come back. One for which there is no memory stays away. */
void jh_sysfs_return_cpus(const struct jh_cell *cell)
{
	if (jh_counters_add_cpus(jh.root, &cell->cpus))
		pr_warn("jailhouse: No memory to show counters of CPUs %*pbl\n", cpumask_pr_args(&cell->cpus));
}

/* --- The hypervisor ----------------------------------------------------------------------------------------------- */

static ssize_t enabled_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%d\n", jh.enabled);
}

static ssize_t print_info(char *buffer, u32 info)
{
	int value = ask(JH_HC_HYPERVISOR_GET_INFO, info, 0);

	if (value < 0 && value != -ENODEV)
		return value;
	return sysfs_emit(buffer, "%d\n", max(value, 0));
}

static ssize_t mem_pool_size_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return print_info(buffer, JH_INFO_MEM_POOL_SIZE);
}

static ssize_t mem_pool_used_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return print_info(buffer, JH_INFO_MEM_POOL_USED);
}

static ssize_t remap_pool_size_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return print_info(buffer, JH_INFO_REMAP_POOL_SIZE);
}

static ssize_t remap_pool_used_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return print_info(buffer, JH_INFO_REMAP_POOL_USED);
}

/* An addition: KiB of memory that changes hands and are still to be scrubbed, for who waits for a large cell. */
static ssize_t scrub_left_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return print_info(buffer, JH_INFO_SCRUB_LEFT);
}

/* An addition: the release, which the command's and the image's have to be. */
static ssize_t version_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%s\n", JH_VERSION);
}

/* An addition: seconds until a machine on trial is handed back, 0 otherwise. */
static ssize_t trial_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", jh_trial_seconds());
}

static ssize_t console_show(struct device *dev, struct device_attribute *attr, char *buffer)
{
	return jh_console_text(buffer);
}

static DEVICE_ATTR_RO(enabled);
static DEVICE_ATTR_RO(mem_pool_size);
static DEVICE_ATTR_RO(mem_pool_used);
static DEVICE_ATTR_RO(remap_pool_size);
static DEVICE_ATTR_RO(remap_pool_used);
/* What cells print may be in it: for root, as core, config and denials are. */
static DEVICE_ATTR(console, 0400, console_show, NULL);
static DEVICE_ATTR_RO(scrub_left);
static DEVICE_ATTR_RO(trial);
static DEVICE_ATTR_RO(version);

static struct attribute *jailhouse_attrs[] = {
	&dev_attr_enabled.attr, &dev_attr_mem_pool_size.attr, &dev_attr_mem_pool_used.attr,
	&dev_attr_remap_pool_size.attr, &dev_attr_remap_pool_used.attr, &dev_attr_console.attr,
	&dev_attr_scrub_left.attr, &dev_attr_trial.attr, &dev_attr_version.attr,
	NULL
};

static const struct attribute_group jailhouse_group = { .attrs = jailhouse_attrs };

/* The image's memory as Linux sees it: what the last run left or, while enabled, what the hypervisor shows. */
static ssize_t read_core(struct kobject *kobj, char *buffer, loff_t offset, size_t size)
{
	void *memory;

	memory = memremap(jh.memory + offset, size, MEMREMAP_WB);
	if (!memory)
		return -ENOMEM;
	memcpy(buffer, memory, size);
	memunmap(memory);
	return size;
}

JH_FILE_READ(core)

static struct bin_attribute core_file = JH_FILE(core);

/* Shows a file of @size bytes in the directory of @kobj. */
int jh_sysfs_add_file(struct kobject *kobj, struct bin_attribute *file, size_t size)
{
	sysfs_bin_attr_init(file);
	file->size = size;
	return sysfs_create_bin_file(kobj, file);
}

/* Shows the image, or the new one's size. */
int jh_sysfs_add_core(void)
{
	int err;

	if (core_shown)
		sysfs_remove_bin_file(&jh.device->kobj, &core_file);
	err = jh_sysfs_add_file(&jh.device->kobj, &core_file, jh.core_size);
	core_shown = !err;
	return err;
}

int jh_sysfs_init(void)
{
	int err;

	jh.device = root_device_register("jailhouse");
	if (IS_ERR(jh.device))
		return PTR_ERR(jh.device);
	err = sysfs_create_group(&jh.device->kobj, &jailhouse_group);
	if (!err) {
		cells = kobject_create_and_add("cells", &jh.device->kobj);
		err = cells ? jh_denials_init() : -ENOMEM;
		if (!err)
			return 0;
		kobject_put(cells);
		sysfs_remove_group(&jh.device->kobj, &jailhouse_group);
	}
	root_device_unregister(jh.device);
	return err;
}

void jh_sysfs_exit(void)
{
	if (core_shown)
		sysfs_remove_bin_file(&jh.device->kobj, &core_file);
	jh_denials_exit();
	kobject_put(cells);
	sysfs_remove_group(&jh.device->kobj, &jailhouse_group);
	root_device_unregister(jh.device);
}
