// SPDX-License-Identifier: GPL-2.0
/* Cells: taking CPUs and devices from Linux for them, and giving them back. The caller holds jh.lock. */
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "driver.h"

/* --- Who is meant ------------------------------------------------------------------------------------------------- */

/* A cell by id, or by name where that is -1. -EINVAL: not enabled, or the root cell; -ENOENT: none. */
struct jh_cell *jh_cell_find(const struct jh_ioc_cell *which)
{
	struct jh_cell *cell;

	if (!jh.enabled)
		return ERR_PTR(-EINVAL);
	list_for_each_entry(cell, &jh.cells, entry) {
		bool same = which->id < 0 ? !strncmp(cell->name, which->name, JH_CELL_NAME_SIZE) : cell->id == which->id;

		if (same)
			return cell == jh.root ? ERR_PTR(-EINVAL) : cell;
	}
	return ERR_PTR(-ENOENT);
}

static struct jh_cell *find_asked(const void __user *user)
{
	struct jh_ioc_cell which;

	return copy_from_user(&which, user, sizeof(which)) ? ERR_PTR(-EFAULT) : jh_cell_find(&which);
}

static bool id_taken(u32 id)
{
	struct jh_cell *cell;

	list_for_each_entry(cell, &jh.cells, entry)
		if (cell->id == id)
			return true;
	return false;
}

static bool name_taken(const char *name)
{
	struct jh_cell *cell;

	list_for_each_entry(cell, &jh.cells, entry)
		if (!strcmp(cell->name, name))
			return true;
	return false;
}

/* --- CPUs --------------------------------------------------------------------------------------------------------- */

/* Back to Linux. One that does not come stays offline and is reported; it can be tried by hand. */
static void return_cpus(const struct cpumask *cpus)
{
	unsigned int cpu;

	cpumask_andnot(&jh.barred, &jh.barred, cpus);
	for_each_cpu(cpu, cpus) {
		int err = cpu_online(cpu) ? 0 : add_cpu(cpu);

		if (err)
			pr_err("jailhouse: CPU %u did not come back to Linux: error %d\n", cpu, err);
	}
}

/* Takes all @cpus from Linux, or none. From now on nobody else can bring them up. */
static int take_cpus(const struct cpumask *cpus)
{
	unsigned int cpu;

	cpumask_or(&jh.barred, &jh.barred, cpus);
	for_each_cpu(cpu, cpus) {
		int err = remove_cpu(cpu);

		if (!err)
			continue;
		pr_err("jailhouse: CPU %u cannot be taken from Linux: error %d\n", cpu, err);
		return_cpus(cpus);
		return err < 0 ? err : -EBUSY;
	}
	return 0;
}

/* Records CPUs as those of @cell, or of the root cell again. */
static void assign_cpus(struct jh_cell *cell, bool to_cell)
{
	down_write(&jh.state);
	if (to_cell) {
		cpumask_andnot(&jh.root->assigned, &jh.root->assigned, &cell->cpus);
		list_add_tail(&cell->entry, &jh.cells);
	} else {
		cpumask_or(&jh.root->assigned, &jh.root->assigned, &cell->cpus);
		list_del_init(&cell->entry);
	}
	up_write(&jh.state);
}

/* --- Create ------------------------------------------------------------------------------------------------------- */

static int check_cpus(const struct jh_cell_desc *config, struct jh_cell *cell)
{
	const struct cpumask *cpus = &cell->cpus;
	bool possible = jh_cell_cpus(config, &cell->cpus);

	if (cpumask_test_cpu(0, cpus)) {
		pr_err("jailhouse: Cannot assign CPU 0 to other cells\n");
		return -EINVAL;
	}
	if (possible && cpumask_subset(cpus, &jh.root->assigned) && cpumask_subset(cpus, cpu_online_mask))
		return 0;
	pr_err("jailhouse: Not all CPUs of cell \"%s\" (%*pbl) belong to the root cell and are online\n", cell->name,
	       cpumask_pr_args(cpus));
	return -EBUSY;
}

/* Memory of a cell must not be what Linux works with, whatever its flags call it: registers, or shared with Linux. */
static int check_memory(const struct jh_cell *cell)
{
	u32 i;

	for (i = 0; i < cell->num_memory; i++) {
		const struct jh_memory *region = &cell->memory[i];
		u64 start = le64_to_cpu(region->phys_start);
		u64 size = le64_to_cpu(region->size);

		if (!size || le64_to_cpu(region->flags) & JH_MEM_COMM_REGION)
			continue;
		if (start > U64_MAX - size)
			return -EINVAL;
		if (region_intersects(start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) == REGION_DISJOINT)
			continue;
		pr_err("jailhouse: Memory of cell \"%s\", 0x%llx bytes at 0x%llx, is in use by Linux\n", cell->name, size,
		       start);
		return -EBUSY;
	}
	return 0;
}

/* The copy that the hypervisor gets: with the cell's id; a console in use is one permitted. */
static void complete_config(struct jh_cell_desc *config, struct jh_cell *cell)
{
	u32 flags = le32_to_cpu(config->flags);

	while (id_taken(cell->id))
		cell->id++;
	if (flags & JH_CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE)
		flags |= JH_CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED;
	config->id = cpu_to_le32(cell->id);
	config->flags = cpu_to_le32(flags);
}

static int call_create(const struct jh_cell_desc *config)
{
	int err;

	jh_console_mark();
	err = jh_hypercall(JH_HC_CELL_CREATE, virt_to_phys((void *)config), 0);
	if (err)
		jh_console_explain();
	return err;
}

static int destroy(struct jh_cell *cell, bool force);

/* After the hypervisor has created it: records it, and shows it in sysfs. */
static int record_cell(struct jh_cell *cell)
{
	int err;

	assign_cpus(cell, true);
	jh_sysfs_take_cpus(cell);
	err = jh_sysfs_add_cell(cell);
	if (err) {
		/* The list's reference is gone with it; the caller drops its own. */
		kobject_get(&cell->kobj);
		destroy(cell, true);
	}
	return err;
}

static int create(struct jh_cell_desc *config, struct jh_cell *cell)
{
	int err = check_cpus(config, cell) ?: check_memory(cell) ?: jh_pci_claim(cell);

	if (err)
		return err;
	jh_notifiers_warn_siblings(&cell->cpus, cell->name);
	complete_config(config, cell);
	err = take_cpus(&cell->cpus);
	if (err) {
		jh_pci_release(cell);
		return err;
	}
	err = call_create(config);
	if (err) {
		return_cpus(&cell->cpus);
		jh_pci_release(cell);
		return err;
	}
	return record_cell(cell);
}

static int create_from(struct jh_cell_desc *config, size_t size)
{
	struct jh_cell *cell;
	int err = jh_check_cell(config, size);

	if (err)
		return err;
	if (name_taken(config->name)) {
		pr_err("jailhouse: There is already a cell \"%s\"\n", config->name);
		return -EEXIST;
	}
	cell = jh_cell_new(config);
	if (!cell)
		return -ENOMEM;
	err = jh_denials_keep(cell, config, size) ?: create(config, cell);
	if (err)
		kobject_put(&cell->kobj);
	else
		pr_info("Created Jailhouse cell \"%s\"\n", cell->name);
	return err;
}

int jh_cell_create(const void __user *user)
{
	struct jh_ioc_create request;
	struct jh_cell_desc *config;
	int err;

	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	if (!jh.enabled)
		return -EINVAL;
	if (request.config_size < sizeof(*config)) {
		pr_err("jailhouse: Not a cell configuration\n");
		return -EINVAL;
	}
	if (request.config_size > JH_CELL_MAX_SIZE)
		return -E2BIG;
	config = memdup_user(u64_to_user_ptr(request.config_address), request.config_size);
	if (IS_ERR(config))
		return PTR_ERR(config);
	err = create_from(config, request.config_size);
	kfree(config);
	return err;
}

/* --- Start and destroy -------------------------------------------------------------------------------------------- */

int jh_cell_start(const void __user *user)
{
	struct jh_cell *cell = find_asked(user);
	int err;

	if (IS_ERR(cell))
		return PTR_ERR(cell);
	jh_console_mark();
	err = jh_hypercall(JH_HC_CELL_START, cell->id, 0);
	if (err)
		jh_console_explain();
	return err;
}

/* What remains when the hypervisor has destroyed a cell. */
static void forget_cell(struct jh_cell *cell)
{
	jh_sysfs_remove_cell(cell);
	assign_cpus(cell, false);
	jh_sysfs_return_cpus(cell);
	return_cpus(&cell->cpus);
	jh_pci_release(cell);
	pr_info("Destroyed Jailhouse cell \"%s\"\n", cell->name);
	kobject_put(&cell->kobj);
}

/* Frees @cell unless it fails. An image that cannot force is asked as usual. */
static int destroy(struct jh_cell *cell, bool force)
{
	int err;

	jh_console_mark();
	err = jh_hypercall(force ? JH_HC_CELL_DESTROY_FORCED : JH_HC_CELL_DESTROY, cell->id, 0);
	if (force && err == -ENOSYS)
		err = jh_hypercall(JH_HC_CELL_DESTROY, cell->id, 0);
	if (err)
		jh_console_explain();
	else
		forget_cell(cell);
	return err;
}

int jh_cell_destroy(const void __user *user, bool force)
{
	struct jh_cell *cell = find_asked(user);

	return IS_ERR(cell) ? PTR_ERR(cell) : destroy(cell, force);
}

/* One after the other: again while it helps, as a locked cell keeps others from being destroyed. */
static int destroy_each(bool force)
{
	struct jh_cell *cell, *next, *refused;
	bool progress;
	int err = 0;

	do {
		progress = false;
		refused = NULL;
		list_for_each_entry_safe(cell, next, &jh.cells, entry) {
			int result = cell == jh.root ? 0 : destroy(cell, force);

			if (result) {
				refused = cell;
				err = result;
			} else {
				progress |= cell != jh.root;
			}
		}
	} while (refused && progress && force);
	if (!refused)
		return 0;
	pr_err("Jailhouse: failed to destroy cell \"%s\"\n", refused->name);
	return err;
}

/* Who refused is not told: those that do are locked. */
static void name_refusing(void)
{
	struct jh_cell *cell;

	list_for_each_entry(cell, &jh.cells, entry)
		if (cell != jh.root && jh_hypercall(JH_HC_CELL_GET_STATE, cell->id, 0) == JH_CELL_RUNNING_LOCKED)
			pr_err("Jailhouse: failed to destroy cell \"%s\"\n", cell->name);
}

/* All cells but the root cell, for disabling: none where one refuses, if the image can do that. */
int jh_cells_destroy_all(bool force)
{
	struct jh_cell *cell, *next;
	int err;

	if (list_is_singular(&jh.cells))
		return 0;
	jh_console_mark();
	err = force ? -ENOSYS : jh_hypercall(JH_HC_DESTROY_ALL, 0, 0);
	if (err == -ENOSYS)
		return destroy_each(force);
	if (err) {
		jh_console_explain();
		name_refusing();
		return err;
	}
	list_for_each_entry_safe(cell, next, &jh.cells, entry)
		if (cell != jh.root)
			forget_cell(cell);
	return 0;
}
