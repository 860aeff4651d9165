// SPDX-License-Identifier: GPL-2.0
/*
 * What is tried: a configuration that the hypervisor refuses; what it grants, and the way back; what it denies, for which it
 * parks the CPU. Says on the console how each step ended. Linux cannot go on afterwards: the module does not return.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include "probe.h"
#include "numbers.h"

/* QEMU's virt: the clock, of which the configuration has some registers, to be read; the firmware's page, to be read; nothing. */
#define CLOCK		0x09010000
#define CLOCK_DATA	0x00
#define CLOCK_MATCH	0x04
#define FIRMWARE	0x09020000
#define FIRMWARE_KEY	0x08
#define HOLE		0x0b000000

/* Seconds that the clock may count while it is read twice, on a slow computer. */
#define CLOCK_TOLERANCE	600
#define NOBODYS_CALL	99

static struct image image;
static long results[NR_CPUS];
static void __iomem *clock, *firmware, *hole;

static void enter(void *unused)
{
	unsigned int cpu = smp_processor_id();

	results[cpu] = el2_enter(&image, cpu);
}

static void leave(void *unused)
{
	results[smp_processor_id()] = hypercall(HC_DISABLE, 0, 0);
}

/* Calls `step` on all CPUs at once and says how it ended on each. */
static bool on_all(const char *what, void (*step)(void *))
{
	bool is_good = true;
	unsigned int cpu;

	on_each_cpu(step, NULL, 1);
	for_each_online_cpu(cpu) {
		pr_info("probe: CPU %u %s: %ld\n", cpu, what, results[cpu]);
		is_good &= !results[cpu];
	}
	return is_good;
}

static bool enable(const char *system)
{
	return !image_load(&image, system) && on_all("entered", enter);
}

static void try_granted(u32 before)
{
	u32 after = readl(clock + CLOCK_DATA);

	pr_info("probe: cells: %ld\n", hypercall(HC_HYPERVISOR_GET_INFO, INFO_NUM_CELLS, 0));
	pr_info("probe: pages: %ld\n", hypercall(HC_HYPERVISOR_GET_INFO, INFO_MEM_POOL_SIZE, 0));
	pr_info("probe: nobody's call: %ld\n", hypercall(NOBODYS_CALL, 0, 0));
	pr_info("probe: the clock goes on: %d\n", after - before < CLOCK_TOLERANCE);
}

static void write_registers(void *unused)
{
	writel(0, clock + CLOCK_MATCH);
}

static void write_page(void *unused)
{
	writew(0, firmware + FIRMWARE_KEY);
}

static void read_hole(void *unused)
{
	readq(hole);
}

/* The processor does not describe an access of two registers. */
static void read_pair(void *unused)
{
	u64 first, second;

	asm volatile("ldp %0, %1, [%2]" : "=r"(first), "=r"(second) : "r"(hole));
}

/* A call of nobody's. */
static void call_other(void *unused)
{
	asm volatile("hvc #1" : : : "x0", "x1", "x2", "x3", "memory");
}

/* What other CPUs do, one each from CPU 1 on: each is parked. */
static void (*const denied[])(void *) = {
	write_registers, read_hole, write_page, read_pair, call_other,
};

/* The hypervisor has sent its report when the last call returns. */
static void try_denied(unsigned int cpu, void (*step)(void *))
{
	smp_call_function_single(cpu, step, NULL, 0);
	while (hypercall(HC_CPU_GET_INFO, cpu, CPU_INFO_STATE) != CPU_FAILED)
		mdelay(1);
	pr_info("probe: CPU %u has failed after %ld accesses\n", cpu,
		hypercall(HC_CPU_GET_INFO, cpu, CPU_INFO_STAT_BASE + STAT_MMIO));
}

static int __init probe(void)
{
	unsigned int step;
	u32 before;

	if (el2_check())
		return -ENODEV;
	/* Where nobody is parked. */
	set_cpus_allowed_ptr(current, cpumask_of(0));
	clock = ioremap(CLOCK, PAGE_SIZE);
	firmware = ioremap(FIRMWARE, PAGE_SIZE);
	hole = ioremap(HOLE, PAGE_SIZE);
	if (!clock || !firmware || !hole)
		return -ENOMEM;
	before = readl(clock + CLOCK_DATA);
	/* One that the core refuses: everything is as it was. */
	if (enable("/refused"))
		return -EIO;
	pr_info("probe: EL2 is free: %d\n", el2_is_free());
	image_unload(&image);
	if (!enable("/system"))
		return -EIO;
	try_granted(before);
	if (!on_all("left", leave))
		return -EIO;
	pr_info("probe: EL2 is free: %d\n", el2_is_free());
	image_unload(&image);
	if (!enable("/system"))
		return -EIO;
	for (step = 0; step < ARRAY_SIZE(denied); step++)
		try_denied(step + 1, denied[step]);
	pr_info("probe: CPU 0 state: %ld\n", hypercall(HC_CPU_GET_INFO, 0, CPU_INFO_STATE));
	pr_info("probe: done\n");
	for (;;)
		cpu_relax();
}

module_init(probe);
MODULE_DESCRIPTION("Tries what the hypervisor does at EL2");
MODULE_LICENSE("GPL");
