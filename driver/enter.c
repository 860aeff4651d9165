// SPDX-License-Identifier: GPL-2.0
/*
 * Into the hypervisor and out of it, on all CPUs at once, and calls of it. All CPUs meet in Linux first, so that one that
 * does not come costs nothing; each then goes its way (trampoline.c) with interrupts off.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>

#include "driver.h"
#include "registers.h"

/* How long all CPUs wait for one another before anything happens, and how long the hypervisor may take. */
#define MEET_NS		(1 * NSEC_PER_SEC)
#define RETURN_MS	20000
/* MSR_IA32_S_CET: indirect branches must end at marks. */
#define ENDBR_REQUIRED	BIT_ULL(2)

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
	atomic_t result;
	atomic_t done;
	struct cpumask back;
	/* CPUs that entered or left. */
	atomic_t passed;
	/* Whether a CPU found that a hypervisor is at work. */
	atomic_t in_use;
} meeting;

static long raw_hypercall(u32 code, unsigned long argument1, unsigned long argument2)
{
	long result;

	if (!jh_is_amd())
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
	u64 control = tracked ? jh_read_msr(MSR_IA32_S_CET) : 0;
	int result;

	if (tracked)
		jh_write_msr(MSR_IA32_S_CET, control & ~ENDBR_REQUIRED);
	result = entry(cpu);
	if (tracked)
		jh_write_msr(MSR_IA32_S_CET, control);
	return result;
}

/* Enters, or leaves, under the page table @cr3. */
static int cross(unsigned long cr3)
{
	unsigned long previous = jh_read_cr3();
	int result;

	jh_write_cr3(cr3);
	if (meeting.entry)
		result = call_entry(meeting.entry, smp_processor_id());
	else
		result = (int)raw_hypercall(JH_HC_DISABLE, 0, 0);
	jh_write_cr3(previous);
	return result;
}

static void give_up(int err)
{
	if (atomic_cmpxchg(&meeting.decision, UNDECIDED, GIVE_UP) == UNDECIDED)
		atomic_set(&meeting.result, err);
}

/* Waits until all have come, or one has given up: false. */
static bool meet(void)
{
	u64 start = local_clock();

	if (atomic_inc_return(&meeting.arrived) == meeting.count)
		atomic_cmpxchg(&meeting.decision, UNDECIDED, GO);
	while (atomic_read(&meeting.decision) == UNDECIDED) {
		if (local_clock() - start > MEET_NS)
			give_up(-ETIMEDOUT);
		cpu_relax();
	}
	return atomic_read(&meeting.decision) == GO;
}

/*
 * What each CPU does, interrupts off. All go at once, in and out: hypervisors may hold each CPU until the last one has come, and
 * the first that asks decides for all.
 */
static void cross_together(void *unused)
{
	unsigned int cpu = smp_processor_id();
	unsigned long cr3 = 0;
	int result;

	if (meeting.entry && jh_virtualisation_in_use()) {
		atomic_set(&meeting.in_use, 1);
		result = -EBUSY;
	} else {
		result = jh_trampoline_build(cpu, &cr3);
	}
	if (result)
		give_up(result);
	if (meet()) {
		result = cross(cr3);
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
		pr_err("jailhouse: Not all CPUs came in time\n");
	else if (atomic_read(&meeting.in_use))
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
