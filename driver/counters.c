// SPDX-License-Identifier: GPL-2.0
/* Counters of VM exits in sysfs: a directory for each CPU in that of its cell, which has the sums. */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "driver.h"

/* A directory of counters: of one CPU, or of all of a cell. */
struct jh_counters {
	struct kobject kobj;
	struct jh_cell *cell;
	/* -1: all */
	int cpu;
	struct list_head entry;
};

struct counter {
	struct kobj_attribute attr;
	u32 number;
};

static ssize_t counter_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	struct jh_counters *counters = container_of(kobj, struct jh_counters, kobj);
	u32 number = container_of(attr, struct counter, attr)->number;
	u64 sum = 0;
	int cpu;

	down_read(&jh.state);
	for_each_cpu(cpu, &counters->cell->assigned) {
		int value = 0;

		if (counters->cpu < 0 || counters->cpu == cpu)
			value = jh_ask_locked(JH_HC_CPU_GET_INFO, cpu, JH_CPU_INFO_STAT_BASE + number);
		if (value > 0)
			sum += value;
	}
	up_read(&jh.state);
	return sysfs_emit(buffer, "%llu\n", sum);
}

/* All that abi/hypercall.ts has (STAT_*). */
#define COUNTER(name, number) \
	static struct counter counter_##name = { __ATTR(vmexits_##name, 0444, counter_show, NULL), number };
JH_COUNTERS(COUNTER)

#define COUNTER_ATTR(name, number) &counter_##name.attr.attr,
static struct attribute *counters_attrs[] = { JH_COUNTERS(COUNTER_ATTR) NULL };
ATTRIBUTE_GROUPS(counters);

static void counters_free(struct kobject *kobj)
{
	kfree(container_of(kobj, struct jh_counters, kobj));
}

static struct kobj_type counters_type = {
	.release = counters_free,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = counters_groups,
};

/* A directory below @parent; NULL without memory. */
struct jh_counters *jh_counters_add(struct jh_cell *cell, struct kobject *parent, int cpu)
{
	struct jh_counters *counters = kzalloc(sizeof(*counters), GFP_KERNEL);
	int err;

	if (!counters)
		return NULL;
	counters->cell = cell;
	counters->cpu = cpu;
	INIT_LIST_HEAD(&counters->entry);
	if (cpu < 0)
		err = kobject_init_and_add(&counters->kobj, &counters_type, parent, "statistics");
	else
		err = kobject_init_and_add(&counters->kobj, &counters_type, parent, "cpu%d", cpu);
	if (!err)
		return counters;
	kobject_put(&counters->kobj);
	return NULL;
}

void jh_counters_remove(struct jh_counters *counters)
{
	list_del(&counters->entry);
	kobject_del(&counters->kobj);
	kobject_put(&counters->kobj);
}

int jh_counters_add_cpus(struct jh_cell *cell, const struct cpumask *cpus)
{
	int cpu;

	for_each_cpu(cpu, cpus) {
		struct jh_counters *counters = jh_counters_add(cell, &cell->total->kobj, cpu);

		if (!counters)
			return -ENOMEM;
		list_add_tail(&counters->entry, &cell->counters);
	}
	return 0;
}

/* The directories of those of @cpus that have one in @cell. */
void jh_counters_remove_cpus(struct jh_cell *cell, const struct cpumask *cpus)
{
	struct jh_counters *counters, *next;

	list_for_each_entry_safe(counters, next, &cell->counters, entry)
		if (cpumask_test_cpu(counters->cpu, cpus))
			jh_counters_remove(counters);
}
