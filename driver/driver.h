/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the driver offer one another.
 *
 * Locks: jh.lock serialises all that changes anything. jh.state is held for writing while CPUs enter or leave the
 * hypervisor and while records of CPUs change, and for reading by who only asks, so that nobody issues a hypercall
 * where no hypervisor is. Order: jh.lock, jh.state. Objects of sysfs are removed with jh.state free, since their readers
 * take it.
 */
#ifndef JAILHOUSE_DRIVER_H
#define JAILHOUSE_DRIVER_H

#include <linux/cpumask.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>

#include "format.h"

struct file;
struct device;

/* Where the hypervisor lives: fixed by the image's linking. */
#define JH_BASE		0xfffffffff0000000ul
/* The last address that may be used there; above it is what the kernel keeps for itself. */
#define JH_LIMIT	0xffffffffff000000ul

struct jh_cell {
	struct kobject kobj;
	struct list_head entry;
	/* Directories of its counters: the sum, and one for each CPU. */
	struct jh_counters *total;
	struct list_head counters;
	u32 id;
	char name[JH_CELL_NAME_SIZE];
	/* CPUs of its configuration, and those that it has at present: the root cell's can be away. */
	struct cpumask cpus;
	struct cpumask assigned;
	u32 num_memory;
	struct jh_memory *memory;
	u32 num_pci;
	struct jh_pci_device *pci;
	/* Its configuration as it was given, for the root cell the system's, and the file that shows it. */
	void *config;
	size_t config_size;
	struct bin_attribute config_file;
};

struct jh_counters;

/* The driver's one instance. */
struct jailhouse {
	struct mutex lock;
	struct rw_semaphore state;
	bool enabled;
	/* A CPU got lost on the way in or out: nothing is known any more. */
	bool wedged;
	/* Valid while enabled: all cells, the root cell first. */
	struct list_head cells;
	struct jh_cell *root;
	/* CPUs that Linux must not bring up: other cells', on their way there, or not the hypervisor's at all. */
	struct cpumask barred;
	/* The hypervisor's memory, and size of the image in it. */
	phys_addr_t memory;
	size_t memory_size;
	size_t core_size;
	struct device *device;
};

extern struct jailhouse jh;

/* config.c: what can be told without knowing the machine */
int jh_check_system(const struct jh_system_desc *config, size_t size);
int jh_check_cell(const struct jh_cell_desc *config, size_t size);
u64 jh_system_size(const struct jh_system_desc *config);
bool jh_cell_cpus(const struct jh_cell_desc *config, struct cpumask *cpus);
struct jh_cell *jh_cell_new(const struct jh_cell_desc *config);

/* enable.c */
int jh_enable(const void __user *user, size_t most);
int jh_disable(bool force);

/* trial.c: enabling that ends by itself */
int jh_trial_enable(const void __user *user);
int jh_trial_confirm(void);
void jh_trial_over(void);
unsigned int jh_trial_seconds(void);
int jh_trial_init(void);
void jh_trial_exit(void);

/* image.c: the hypervisor's memory and what is in it before it runs */
int jh_memory_reserve(const struct jh_system_desc *config);
void jh_memory_release(void);
int jh_image_place(struct jh_system_desc *config, size_t size, unsigned int max_cpus, unsigned int online_cpus,
		   unsigned long *entry);
void jh_image_forget(void);

/* iommu.c */
int jh_check_iommus(const struct jh_system_desc *config);

/* hpet.c */
int jh_check_hpets(void);

/* processor.c */
bool jh_is_amd(void);
int jh_check_processor(void);
const char *jh_image_name(void);
bool jh_virtualisation_in_use(void);

/* amd.c, intel.c: the same for one vendor's processors */
int jh_amd_check(void);
bool jh_amd_in_use(void);
int jh_intel_check(void);
bool jh_intel_in_use(void);

/* trampoline.c: the page tables for the way in and out */
int jh_trampoline_prepare(const struct cpumask *cpus);
void jh_trampoline_free(void);
int jh_trampoline_build(unsigned int cpu, unsigned long *cr3);

/* enter.c: into the hypervisor, out of it, and calling it */
int jh_enter(unsigned long entry);
int jh_leave(void);
int jh_hypercall(u32 code, unsigned long argument1, unsigned long argument2);

/* apic.c */
u32 jh_apic_khz(void);

/* cell.c */
int jh_cell_create(const void __user *user);
int jh_cell_start(const void __user *user);
int jh_cell_destroy(const void __user *user, bool force);
int jh_cells_destroy_all(bool force);
struct jh_cell *jh_cell_find(const struct jh_ioc_cell *which);

/* load.c */
int jh_cell_load(const void __user *user);

/* pci.c */
int jh_pci_init(void);
void jh_pci_exit(void);
int jh_pci_claim(const struct jh_cell *cell);
void jh_pci_release(const struct jh_cell *cell);
void jh_pci_add_virtual(const struct jh_cell *root);
void jh_pci_remove_virtual(const struct jh_cell *root);

/* counters.c: directories of counters in sysfs */
struct jh_counters *jh_counters_add(struct jh_cell *cell, struct kobject *parent, int cpu);
void jh_counters_remove(struct jh_counters *counters);
int jh_counters_add_cpus(struct jh_cell *cell, const struct cpumask *cpus);
void jh_counters_remove_cpus(struct jh_cell *cell, const struct cpumask *cpus);

/*
 * A file of bytes that root alone reads, as a static bin_attribute's value: JH_FILE_READ(NAME) has made the read member of
 * read_NAME(kobj, buffer, offset, size), which newer kernels want with a const attribute.
 */
#define JH_FILE(title)                                                                                                 \
	{                                                                                                              \
		.attr = { .name = #title, .mode = 0400 },                                                              \
		.read = __builtin_choose_expr(                                                                         \
			__builtin_types_compatible_p(typeof(((struct bin_attribute *)0)->read), typeof(&title##_read)), \
			title##_read, title##_read_const),                                                             \
	}
#define JH_FILE_READ(title)                                                                                            \
	static ssize_t title##_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr, char *buffer, \
				    loff_t offset, size_t size)                                                        \
	{                                                                                                              \
		return read_##title(kobj, buffer, offset, size);                                                       \
	}                                                                                                              \
	static ssize_t title##_read_const(struct file *file, struct kobject *kobj, const struct bin_attribute *attr,   \
					  char *buffer, loff_t offset, size_t size)                                    \
	{                                                                                                              \
		return read_##title(kobj, buffer, offset, size);                                                       \
	}

/* denials.c: what an explanation of denied accesses is made of */
int jh_denials_keep(struct jh_cell *cell, const void *config, size_t size);
int jh_denials_add_cell(struct jh_cell *cell);
void jh_denials_remove_cell(struct jh_cell *cell);
int jh_denials_init(void);
void jh_denials_exit(void);

/* sysfs.c */
int jh_ask_locked(u32 code, unsigned long argument1, unsigned long argument2);
int jh_sysfs_init(void);
void jh_sysfs_exit(void);
int jh_sysfs_add_core(void);
int jh_sysfs_add_file(struct kobject *kobj, struct bin_attribute *file, size_t size);
int jh_sysfs_add_cell(struct jh_cell *cell);
void jh_sysfs_remove_cell(struct jh_cell *cell);
void jh_sysfs_init_cell(struct jh_cell *cell);
void jh_sysfs_take_cpus(const struct jh_cell *cell);
void jh_sysfs_return_cpus(const struct jh_cell *cell);

/* console.c */
int jh_console_open(struct file *file);
void jh_console_close(struct file *file);
ssize_t jh_console_read(struct file *file, char __user *buffer, size_t size);
ssize_t jh_console_text(char *buffer);
int jh_console_map(phys_addr_t address, bool readable);
void jh_console_unmap(void);
void jh_console_mark(void);
void jh_console_explain(void);

/* notifiers.c: what else goes on in Linux and must not meet an enabled hypervisor */
int jh_notifiers_init(void);
void jh_notifiers_exit(void);
void jh_notifiers_warn_siblings(const struct cpumask *cpus, const char *name);

#endif
