// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables by which CPUs go into the hypervisor and out of it.
 *
 * The image is linked for JH_BASE, where Linux has nothing mapped, and nothing that a module may use maps executable
 * memory there. So each CPU goes in under a page table of its own: a copy of the kernel's half of the table in force, with
 * the tables on the way to JH_BASE copied too (with 5-level paging one more) and the hypervisor's memory added to the last
 * copy. The way out needs the same table, as the hypervisor's last instructions run under the table that it was entered or
 * called with. Between the two the table is not in use.
 *
 * - The top-level table is aligned to two pages: with page table isolation, the kernel's entry code (that of NMIs, here)
 *   takes bit 12 of CR3 for "user".
 * - The PCID in CR3 is 0, which Linux gives to no process: nothing stale is used, and CR4.PCIDE may be switched while the
 *   hypervisor restores CR4. Linux' own CR3 is written without the no-flush bit.
 * - Entries for JH_BASE are not global, so they do not outlive the switch.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/pgtable.h>
#include <asm/processor-flags.h>

#include "driver.h"
#include "registers.h"

#define ENTRIES		512
#define TOP_ORDER	1

/* The tables of one CPU; p4d only with 5-level paging. */
struct way {
	u64 *top, *p4d, *pud, *pmd;
};

static struct way *ways;
/* The last level, the same for all CPUs: 4 KiB pages, so that the memory's alignment and size do not matter. */
static u64 **leaves;
static size_t leaf_count;

static void free_way(struct way *way)
{
	free_pages((unsigned long)way->top, TOP_ORDER);
	free_page((unsigned long)way->p4d);
	free_page((unsigned long)way->pud);
	free_page((unsigned long)way->pmd);
}

void jh_trampoline_free(void)
{
	unsigned int cpu;
	size_t i;

	for (cpu = 0; ways && cpu < nr_cpu_ids; cpu++)
		free_way(&ways[cpu]);
	kfree(ways);
	ways = NULL;
	for (i = 0; leaves && i < leaf_count; i++)
		free_page((unsigned long)leaves[i]);
	kfree(leaves);
	leaves = NULL;
}

static int fill_leaves(void)
{
	size_t pages = jh.memory_size >> PAGE_SHIFT;
	size_t i;

	leaf_count = DIV_ROUND_UP(pages, ENTRIES);
	leaves = kcalloc(leaf_count, sizeof(*leaves), GFP_KERNEL);
	if (!leaves)
		return -ENOMEM;
	for (i = 0; i < leaf_count; i++) {
		leaves[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!leaves[i])
			return -ENOMEM;
	}
	for (i = 0; i < pages; i++)
		leaves[i / ENTRIES][i % ENTRIES] = (jh.memory + (i << PAGE_SHIFT)) | _PAGE_PRESENT | _PAGE_RW |
						   _PAGE_ACCESSED | _PAGE_DIRTY;
	return 0;
}

static int allocate_way(struct way *way)
{
	way->top = (u64 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, TOP_ORDER);
	way->pud = (u64 *)get_zeroed_page(GFP_KERNEL);
	way->pmd = (u64 *)get_zeroed_page(GFP_KERNEL);
	way->p4d = (u64 *)get_zeroed_page(GFP_KERNEL);
	return way->top && way->pud && way->pmd && way->p4d ? 0 : -ENOMEM;
}

/* Memory for the tables that @cpus go in and out by: kept while enabled, so that disabling needs none. */
int jh_trampoline_prepare(const struct cpumask *cpus)
{
	unsigned int cpu;
	int err;

	ways = kcalloc(nr_cpu_ids, sizeof(*ways), GFP_KERNEL);
	err = ways ? fill_leaves() : -ENOMEM;
	for_each_cpu(cpu, cpus)
		err = err ?: allocate_way(&ways[cpu]);
	if (err)
		jh_trampoline_free();
	return err;
}

static unsigned int index_of(unsigned long address, unsigned int shift)
{
	return (address >> shift) % ENTRIES;
}

/* The table that an entry points to; NULL if there is none. */
static const u64 *table_of(u64 entry)
{
	return (entry & _PAGE_PRESENT) && !(entry & _PAGE_PSE) ? __va(entry & PTE_PFN_MASK) : NULL;
}

/* Replaces the table below entry @index of @parent by @copy, with the same contents. */
static int copy_table(u64 *parent, unsigned int index, u64 *copy)
{
	const u64 *original = table_of(parent[index]);

	if (!original)
		return -EIO;
	memcpy(copy, original, PAGE_SIZE);
	parent[index] = (parent[index] & ~(PTE_PFN_MASK | _PAGE_NX)) | __pa(copy);
	return 0;
}

/* Makes this CPU's tables those in force and the hypervisor's memory; interrupts are off. 0 and the new CR3, or -errno. */
int jh_trampoline_build(unsigned int cpu, unsigned long *cr3)
{
	const u64 *current_top = __va(jh_read_cr3() & PTE_PFN_MASK);
	struct way *way = &ways[cpu];
	unsigned int first = index_of(JH_BASE, PMD_SHIFT);
	u64 *parent = way->top;
	int err = 0;
	size_t i;

	memcpy(way->top + ENTRIES / 2, current_top + ENTRIES / 2, PAGE_SIZE / 2);
	if (jh_read_cr4() & X86_CR4_LA57) {
		err = copy_table(parent, index_of(JH_BASE, 48), way->p4d);
		parent = way->p4d;
	}
	err = err ?: copy_table(parent, index_of(JH_BASE, 39), way->pud);
	err = err ?: copy_table(way->pud, index_of(JH_BASE, PUD_SHIFT), way->pmd);
	if (err)
		return err;
	for (i = 0; i < leaf_count; i++) {
		if (way->pmd[first + i])
			return -EBUSY;
		way->pmd[first + i] = __pa(leaves[i]) | _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED;
	}
	*cr3 = __pa(way->top);
	return 0;
}
