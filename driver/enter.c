// SPDX-License-Identifier: GPL-2.0
/*
 * Into the hypervisor, out of it, and calls of it.
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
#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/pgtable.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>

#include "driver.h"

#define ENTRIES		512
#define TOP_ORDER	1
/* How long all CPUs wait for one another before anything happens, and how long the hypervisor may take. */
#define MEET_NS		(1 * NSEC_PER_SEC)
#define RETURN_MS	20000

/* The tables of one CPU; p4d only with 5-level paging. */
struct way {
	u64 *top, *p4d, *pud, *pmd;
};

static struct way *ways;
/* The last level, the same for all CPUs: 4 KiB pages, so that the memory's alignment and size do not matter. */
static u64 **leaves;
static size_t leaf_count;

static u64 read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return (u64)high << 32 | low;
}

static void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)value), "d" ((u32)(value >> 32)) : "memory");
}

static unsigned long read_cr3(void)
{
	unsigned long value;

	asm volatile("mov %%cr3, %0" : "=r" (value) : : "memory");
	return value;
}

static void set_cr3(unsigned long value)
{
	asm volatile("mov %0, %%cr3" : : "r" (value) : "memory");
}

static bool five_levels(void)
{
	unsigned long cr4;

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	return cr4 & X86_CR4_LA57;
}

/* --- What the machine must have ----------------------------------------------------------------------------------- */

const char *jh_image_name(void)
{
	return boot_cpu_has(X86_FEATURE_VMX) ? "jailhouse-intel.bin" : "jailhouse-amd.bin";
}

static int check_svm(void)
{
	if (!boot_cpu_has(X86_FEATURE_SVM)) {
		pr_err("jailhouse: This processor has no virtualisation (AMD SVM)\n");
		return -ENODEV;
	}
	if (read_msr(MSR_VM_CR) & BIT_ULL(SVM_VM_CR_SVM_DISABLE)) {
		pr_err("jailhouse: AMD SVM is switched off in the firmware's setup\n");
		return -ENODEV;
	}
	if (!boot_cpu_has(X86_FEATURE_NPT)) {
		pr_err("jailhouse: This processor has no nested paging\n");
		return -ENODEV;
	}
	return 0;
}

/* -ENODEV with a message where the hypervisor cannot run. */
int jh_check_processor(void)
{
	if (boot_cpu_has(X86_FEATURE_XENPV) || cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_err("jailhouse: Not possible in a Xen guest or with memory encryption (mem_encrypt=off)\n");
		return -ENODEV;
	}
	return boot_cpu_has(X86_FEATURE_VMX) ? 0 : check_svm();
}

/* Whether KVM or another hypervisor is at work on this CPU. */
static bool virtualisation_in_use(void)
{
	if (boot_cpu_has(X86_FEATURE_VMX))
		return __read_cr4() & X86_CR4_VMXE;
	return read_msr(MSR_EFER) & EFER_SVME;
}

/* --- The page tables ---------------------------------------------------------------------------------------------- */

static void free_way(struct way *way)
{
	free_pages((unsigned long)way->top, TOP_ORDER);
	free_page((unsigned long)way->p4d);
	free_page((unsigned long)way->pud);
	free_page((unsigned long)way->pmd);
}

void jh_way_free(void)
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
int jh_way_prepare(const struct cpumask *cpus)
{
	unsigned int cpu;
	int err;

	ways = kcalloc(nr_cpu_ids, sizeof(*ways), GFP_KERNEL);
	err = ways ? fill_leaves() : -ENOMEM;
	for_each_cpu(cpu, cpus)
		err = err ?: allocate_way(&ways[cpu]);
	if (err)
		jh_way_free();
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

/* Makes @way the tables in force on this CPU and the hypervisor's memory. Returns 0 and the new CR3, or -errno. */
static int build_way(struct way *way, unsigned long *cr3)
{
	const u64 *current_top = __va(read_cr3() & PTE_PFN_MASK);
	unsigned int first = index_of(JH_BASE, PMD_SHIFT);
	u64 *parent = way->top;
	int err = 0;
	size_t i;

	memcpy(way->top + ENTRIES / 2, current_top + ENTRIES / 2, PAGE_SIZE / 2);
	if (five_levels()) {
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

/* --- All CPUs at once --------------------------------------------------------------------------------------------- */

enum decision { UNDECIDED, GO, GIVE_UP };

/*
 * One meeting of all CPUs. It stays when a CPU never came, since it may still come. All members but the first three are
 * written by all.
 */
static struct {
	/* Where to enter; 0 to leave. */
	unsigned long entry;
	int count;
	atomic_t decision;
	atomic_t arrived;
	/* The CPU, by order of arrival, whose turn it is to leave. */
	atomic_t turn;
	atomic_t result;
	atomic_t done;
	struct cpumask back;
	/* CPUs that entered or left. */
	atomic_t passed;
} meeting;

static long raw_hypercall(u32 code, unsigned long argument1, unsigned long argument2)
{
	long result;

	if (boot_cpu_has(X86_FEATURE_VMX))
		asm volatile("vmcall" : "=a" (result) : "a" (code), "D" (argument1), "S" (argument2) : "memory");
	else
		asm volatile("vmmcall" : "=a" (result) : "a" (code), "D" (argument1), "S" (argument2) : "memory");
	return result;
}

/* The image's entry has no mark for indirect branch tracking or control flow integrity: both look away for a moment. */
static __nocfi int call_entry(unsigned long address, unsigned int cpu)
{
	int (*entry)(unsigned int cpu) = (void *)address;
	bool tracked = boot_cpu_has(X86_FEATURE_IBT);
	u64 control = tracked ? read_msr(MSR_IA32_S_CET) : 0;
	int result;

	if (tracked)
		write_msr(MSR_IA32_S_CET, control & ~BIT_ULL(2));
	result = entry(cpu);
	if (tracked)
		write_msr(MSR_IA32_S_CET, control);
	return result;
}

/* Enters, or leaves, under the page table @cr3. */
static int cross(unsigned long cr3)
{
	unsigned long previous = read_cr3();
	int result;

	set_cr3(cr3);
	if (meeting.entry)
		result = call_entry(meeting.entry, smp_processor_id());
	else
		result = (int)raw_hypercall(JH_HC_DISABLE, 0, 0);
	set_cr3(previous);
	return result;
}

/* CPUs leave one after the other: the hypervisor answers -EBUSY to the second of two requests, and the first decides. */
static int cross_in_turn(unsigned long cr3, int place)
{
	int result;

	while (atomic_read(&meeting.turn) != place)
		cpu_relax();
	result = atomic_read(&meeting.result) ?: cross(cr3);
	if (result)
		atomic_cmpxchg(&meeting.result, 0, result);
	atomic_inc(&meeting.turn);
	return result;
}

static void give_up(int err)
{
	if (atomic_cmpxchg(&meeting.decision, UNDECIDED, GIVE_UP) == UNDECIDED)
		atomic_set(&meeting.result, err);
}

/* Waits until all have come, or one has given up. Returns the place in the order of arrival, -1 for giving up. */
static int meet(void)
{
	u64 start = local_clock();
	int place = atomic_inc_return(&meeting.arrived) - 1;

	if (place + 1 == meeting.count)
		atomic_cmpxchg(&meeting.decision, UNDECIDED, GO);
	while (atomic_read(&meeting.decision) == UNDECIDED) {
		if (local_clock() - start > MEET_NS)
			give_up(-ETIMEDOUT);
		cpu_relax();
	}
	return atomic_read(&meeting.decision) == GO ? place : -1;
}

/* What each CPU does, interrupts off. */
static void cross_together(void *unused)
{
	unsigned int cpu = smp_processor_id();
	unsigned long cr3 = 0;
	int place, result;

	result = meeting.entry && virtualisation_in_use() ? -EBUSY : build_way(&ways[cpu], &cr3);
	if (result)
		give_up(result);
	place = meet();
	if (place >= 0) {
		result = meeting.entry ? cross(cr3) : cross_in_turn(cr3, place);
		if (result)
			atomic_cmpxchg(&meeting.result, 0, result);
		else
			atomic_inc(&meeting.passed);
	}
	cpumask_set_cpu(cpu, &meeting.back);
	/* Orders all of the above before what the waiting CPU does. */
	smp_mb__before_atomic();
	atomic_inc(&meeting.done);
}

static bool all_back(void)
{
	unsigned int waited;

	for (waited = 0; waited < RETURN_MS && atomic_read(&meeting.done) < meeting.count; waited++)
		usleep_range(1000, 1500);
	return atomic_read(&meeting.done) >= meeting.count;
}

/* Nothing is known any more about the machine: all further requests are refused, and the module stays. */
static int wedge(const char *what)
{
	static struct cpumask lost;

	cpumask_andnot(&lost, cpu_online_mask, &meeting.back);
	pr_emerg("jailhouse: CPUs %*pbl did not %s the hypervisor; the machine should be restarted\n",
		 cpumask_pr_args(&lost), what);
	jh.wedged = true;
	__module_get(THIS_MODULE);
	return -EIO;
}

/* All online CPUs enter at @entry, or leave where that is 0; the caller holds the CPU hotplug lock. 0 or -errno. */
static int cross_all(unsigned long entry, const char *what)
{
	unsigned long flags;
	int result;

	memset(&meeting, 0, sizeof(meeting));
	meeting.entry = entry;
	meeting.count = num_online_cpus();
	get_cpu();
	smp_call_function_many(cpu_online_mask, cross_together, NULL, false);
	local_irq_save(flags);
	cross_together(NULL);
	local_irq_restore(flags);
	put_cpu();
	if (!all_back())
		return wedge(what);
	result = atomic_read(&meeting.result);
	if (result && atomic_read(&meeting.passed)) {
		pr_emerg("jailhouse: Only %d of %d CPUs did %s the hypervisor\n", atomic_read(&meeting.passed),
			 meeting.count, what);
		return wedge(what);
	}
	return result;
}

static void explain(int err)
{
	if (atomic_read(&meeting.decision) == GO)
		pr_err("jailhouse: The hypervisor refused: error %d\n", err);
	else if (err == -ETIMEDOUT)
		pr_err("jailhouse: Not all CPUs came in time, %d of %d\n", atomic_read(&meeting.arrived), meeting.count);
	else if (err == -EBUSY && virtualisation_in_use())
		pr_err("jailhouse: Virtualisation is in use; unload KVM first\n");
	else
		pr_err("jailhouse: The kernel's page tables have no room for the hypervisor: error %d\n", err);
}

int jh_enter(unsigned long entry)
{
	int err = cross_all(entry, "enter");

	if (err && !jh.wedged)
		explain(err);
	return err;
}

int jh_leave(void)
{
	int err = cross_all(0, "leave");

	if (err && !jh.wedged)
		explain(err);
	return err;
}

/* Calls the hypervisor, which must be enabled: the caller holds jh.lock or jh.state. */
int jh_hypercall(u32 code, unsigned long argument1, unsigned long argument2)
{
	return (int)raw_hypercall(code, argument1, argument2);
}
