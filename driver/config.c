// SPDX-License-Identifier: GPL-2.0
/*
 * The little that the driver itself reads of configurations: who they are for, how long they are, CPUs, memory regions
 * and PCI devices. All else is the hypervisor's to check.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "driver.h"

static int check_identity(const void *config, const char *signature, const char *kind)
{
	/* Both kinds begin alike. */
	const struct jh_cell_desc *start = config;

	if (memcmp(start->signature, signature, JH_SIGNATURE_SIZE)) {
		pr_err("jailhouse: Not a %s configuration\n", kind);
		return -EINVAL;
	}
	if (le16_to_cpu(start->revision) != JH_CONFIG_REVISION) {
		pr_err("jailhouse: Configuration revision mismatch: %u, needed %u\n", le16_to_cpu(start->revision),
		       JH_CONFIG_REVISION);
		return -EINVAL;
	}
	if (start->architecture != JH_ARCH_X86) {
		pr_err("jailhouse: Configuration architecture mismatch\n");
		return -EINVAL;
	}
	return 0;
}

/* Bytes of a descriptor and its arrays: no sum of these products can overflow. */
static u64 cell_size(const struct jh_cell_desc *cell)
{
	u64 size = sizeof(*cell) + le32_to_cpu(cell->cpu_set_size);

	size += (u64)le32_to_cpu(cell->num_memory_regions) * sizeof(struct jh_memory);
	size += (u64)le32_to_cpu(cell->num_cache_regions) * JH_CACHE_SIZE;
	size += (u64)le32_to_cpu(cell->num_irqchips) * JH_IRQCHIP_SIZE;
	size += (u64)le32_to_cpu(cell->num_pio_regions) * JH_PIO_SIZE;
	size += (u64)le32_to_cpu(cell->num_pci_devices) * sizeof(struct jh_pci_device);
	size += (u64)le32_to_cpu(cell->num_pci_caps) * JH_CAP_SIZE;
	size += (u64)le32_to_cpu(cell->num_stream_ids) * JH_STREAM_ID_SIZE;
	return size;
}

u64 jh_system_size(const struct jh_system_desc *config)
{
	return offsetof(struct jh_system_desc, root_cell) + cell_size(&config->root_cell);
}

static int check_name(const struct jh_cell_desc *cell)
{
	if (cell->name[0] && strnlen(cell->name, JH_CELL_NAME_SIZE) < JH_CELL_NAME_SIZE)
		return 0;
	pr_err("jailhouse: The cell's name is empty or has no end\n");
	return -EINVAL;
}

/* @size bytes of a system configuration, at least its descriptors: -EINVAL with a message for what it is not. */
int jh_check_system(const struct jh_system_desc *config, size_t size)
{
	int err = check_identity(config, JH_SYSTEM_SIGNATURE, "system");

	if (err)
		return err;
	if (jh_system_size(config) > size) {
		pr_err("jailhouse: The system configuration is truncated\n");
		return -EINVAL;
	}
	return check_name(&config->root_cell);
}

/* As jh_check_system(), for a cell. */
int jh_check_cell(const struct jh_cell_desc *config, size_t size)
{
	int err = check_identity(config, JH_CELL_SIGNATURE, "cell");

	if (err)
		return err;
	if (cell_size(config) > size) {
		pr_err("jailhouse: The cell configuration is truncated\n");
		return -EINVAL;
	}
	return check_name(config);
}

/* Sets @cpus to the CPUs of a checked configuration; false if it names some that cannot exist here. */
bool jh_cell_cpus(const struct jh_cell_desc *config, struct cpumask *cpus)
{
	const u8 *set = (const u8 *)(config + 1);
	u32 bytes = le32_to_cpu(config->cpu_set_size);
	bool possible = true;
	u32 byte;
	int bit;

	cpumask_clear(cpus);
	for (byte = 0; byte < bytes; byte++) {
		for (bit = 0; bit < 8; bit++) {
			u64 cpu = (u64)byte * 8 + bit;

			if (!(set[byte] & (1 << bit)))
				continue;
			if (cpu < nr_cpu_ids)
				cpumask_set_cpu(cpu, cpus);
			else
				possible = false;
		}
	}
	return possible;
}

static const struct jh_pci_device *pci_devices(const struct jh_cell_desc *config)
{
	const void *at = config + 1;

	at += le32_to_cpu(config->cpu_set_size);
	at += (size_t)le32_to_cpu(config->num_memory_regions) * sizeof(struct jh_memory);
	at += (size_t)le32_to_cpu(config->num_cache_regions) * JH_CACHE_SIZE;
	at += (size_t)le32_to_cpu(config->num_irqchips) * JH_IRQCHIP_SIZE;
	at += (size_t)le32_to_cpu(config->num_pio_regions) * JH_PIO_SIZE;
	return at;
}

/* The driver's record of the cell of a checked configuration; NULL without memory. Freed through its kobject. */
struct jh_cell *jh_cell_new(const struct jh_cell_desc *config)
{
	const void *memory = (const void *)(config + 1) + le32_to_cpu(config->cpu_set_size);
	struct jh_cell *cell = kzalloc(sizeof(*cell), GFP_KERNEL);

	if (!cell)
		return NULL;
	jh_sysfs_init_cell(cell);
	strscpy(cell->name, config->name, sizeof(cell->name));
	jh_cell_cpus(config, &cell->cpus);
	cpumask_copy(&cell->assigned, &cell->cpus);
	cell->num_memory = le32_to_cpu(config->num_memory_regions);
	cell->memory = kmemdup(memory, cell->num_memory * sizeof(*cell->memory), GFP_KERNEL);
	cell->num_pci = le32_to_cpu(config->num_pci_devices);
	cell->pci = kmemdup(pci_devices(config), cell->num_pci * sizeof(*cell->pci), GFP_KERNEL);
	if (cell->memory && cell->pci)
		return cell;
	kobject_put(&cell->kobj);
	return NULL;
}
