// SPDX-License-Identifier: GPL-2.0
/* Taking over the machine, and handing it back. The caller holds jh.lock. */
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "driver.h"

/* Longer than any machine needs. */
#define MAX_CONFIG	SZ_1M

/* A checked copy of a system configuration of at most @most bytes, to be freed with kvfree(), and its size. */
static struct jh_system_desc *copy_config(const void __user *user, size_t most, size_t *size)
{
	struct jh_system_desc *config;
	int err;

	config = kmalloc(sizeof(*config), GFP_KERNEL);
	if (!config)
		return ERR_PTR(-ENOMEM);
	err = copy_from_user(config, user, sizeof(*config)) ? -EFAULT : jh_check_system(config, SIZE_MAX);
	*size = err ? 0 : min_t(u64, jh_system_size(config), MAX_CONFIG + 1);
	kfree(config);
	if (err)
		return ERR_PTR(err);
	if (*size > most) {
		pr_err("jailhouse: The system configuration is incomplete\n");
		return ERR_PTR(-EINVAL);
	}
	if (*size > MAX_CONFIG) {
		pr_err("jailhouse: The system configuration is longer than 0x%x bytes\n", MAX_CONFIG);
		return ERR_PTR(-E2BIG);
	}
	config = vmemdup_user(user, *size);
	/* Again: its owner may have changed it between the two copies. */
	err = IS_ERR(config) ? 0 : jh_check_system(config, *size);
	if (!err)
		return config;
	kvfree(config);
	return ERR_PTR(err);
}

/* The hypervisor takes all CPUs that are online, and needs all that the configuration names. */
static int check_cpus(const struct cpumask *cpus)
{
	if (cpumask_equal(cpus, cpu_online_mask) && cpumask_test_cpu(0, cpus))
		return 0;
	pr_err("jailhouse: The configuration has CPUs %*pbl, but those online are %*pbl\n", cpumask_pr_args(cpus),
	       cpumask_pr_args(cpu_online_mask));
	return -EINVAL;
}

static struct jh_cell *new_root(const struct jh_system_desc *config)
{
	struct jh_cell *root = jh_cell_new(&config->root_cell);

	if (!root)
		return ERR_PTR(-ENOMEM);
	if (jh_cell_cpus(&config->root_cell, &root->cpus)) {
		if (!check_cpus(&root->cpus))
			return root;
	} else {
		pr_err("jailhouse: The configuration has CPUs from number %u on, which this machine has not\n", nr_cpu_ids);
	}
	kobject_put(&root->kobj);
	return ERR_PTR(-EINVAL);
}

/* All CPUs enter; they are recorded as the root cell's. */
static int enter(struct jh_cell *root, unsigned long entry)
{
	int err;

	cpus_read_lock();
	down_write(&jh.state);
	err = check_cpus(&root->cpus) ?: jh_enter(entry);
	if (!err) {
		cpumask_andnot(&jh.barred, cpu_possible_mask, &root->cpus);
		jh.root = root;
		list_add(&root->entry, &jh.cells);
		jh.enabled = true;
	}
	up_write(&jh.state);
	cpus_read_unlock();
	return err;
}

static int leave(void)
{
	int err;

	cpus_read_lock();
	down_write(&jh.state);
	err = cpumask_equal(&jh.root->cpus, cpu_online_mask) ? jh_leave() : -EBUSY;
	if (!err) {
		jh.enabled = false;
		list_del_init(&jh.root->entry);
		cpumask_clear(&jh.barred);
	}
	up_write(&jh.state);
	cpus_read_unlock();
	return err;
}

/* Everything between the reservation of the memory and success. */
static int place_and_enter(struct jh_system_desc *config, size_t size, struct jh_cell *root)
{
	unsigned int max_cpus = cpumask_last(&root->cpus) + 1;
	unsigned long entry;
	int err;

	err = jh_image_place(config, size, max_cpus, cpumask_weight(&root->cpus), &entry);
	if (err)
		return err;
	err = jh_trampoline_prepare(&root->cpus) ?: jh_sysfs_add_core();
	if (!err) {
		err = enter(root, entry);
		if (err)
			jh_console_explain();
	}
	if (err && !jh.wedged) {
		jh_trampoline_free();
		jh_image_forget();
	}
	return err;
}

/* After the way back, or where it is not known what became of it: then nothing that CPUs may still use goes. */
static void release_all(struct jh_cell *root)
{
	if (jh.wedged)
		return;
	jh_trampoline_free();
	jh_image_forget();
	jh_memory_release();
	kobject_put(&root->kobj);
	module_put(THIS_MODULE);
}

static int enable(struct jh_system_desc *config, size_t size)
{
	struct jh_cell *root;
	int err;

	root = new_root(config);
	if (IS_ERR(root))
		return PTR_ERR(root);
	err = jh_denials_keep(root, config, size) ?: jh_memory_reserve(config);
	if (err)
		goto no_memory;
	err = place_and_enter(config, size, root);
	if (err)
		goto not_entered;
	__module_get(THIS_MODULE);
	err = jh_sysfs_add_cell(root);
	if (err) {
		jh_disable(true);
		return err;
	}
	jh_pci_add_virtual(root);
	pr_info("The Jailhouse is opening.\n");
	return 0;

not_entered:
	if (jh.wedged)
		return err;
	jh_memory_release();
no_memory:
	kobject_put(&root->kobj);
	return err;
}

/*
 * Takes over the machine with the system configuration at @user, which has at most @most bytes. 0 or -errno, and then
 * nothing has changed.
 */
int jh_enable(const void __user *user, size_t most)
{
	struct jh_system_desc *config;
	size_t size;
	int err;

	if (jh.enabled)
		return -EBUSY;
	err = jh_check_processor();
	if (err)
		return err;
	config = copy_config(user, most, &size);
	if (IS_ERR(config))
		return PTR_ERR(config);
	err = jh_check_iommus(config) ?: jh_check_hpets() ?: enable(config, size);
	kvfree(config);
	return err;
}

/* CPUs that the root cell should have but that are offline: they could not be handed back. */
static int check_offline(void)
{
	cpumask_var_t missing;
	int err = 0;

	if (!alloc_cpumask_var(&missing, GFP_KERNEL))
		return -ENOMEM;
	if (cpumask_andnot(missing, &jh.root->assigned, cpu_online_mask)) {
		pr_err("jailhouse: CPUs %*pbl of the root cell are offline; bring them online first\n",
		       cpumask_pr_args(missing));
		err = -EBUSY;
	}
	free_cpumask_var(missing);
	return err;
}

/* Hands the machine back. 0 or -errno: before cells go everything is checked. @force does not ask cells. */
int jh_disable(bool force)
{
	struct jh_cell *root = jh.root;
	int err;

	if (!jh.enabled)
		return -EINVAL;
	err = check_offline() ?: jh_cells_destroy_all(force);
	if (err)
		return err;
	jh_pci_remove_virtual(root);
	jh_console_mark();
	err = leave();
	if (err) {
		jh_console_explain();
		jh_pci_add_virtual(root);
		return err;
	}
	jh_sysfs_remove_cell(root);
	jh.root = NULL;
	jh_trial_over();
	release_all(root);
	pr_info("The Jailhouse was closed.\n");
	return 0;
}
