// SPDX-License-Identifier: GPL-2.0
/*
 * The frequency of the local APIC's timer, which Linux keeps to itself: measured on one CPU, interrupts off, by borrowing
 * its timer for some milliseconds. What the timer was about to do it does afterwards, a little late.
 */
#include <linux/io.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <asm/apicdef.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/tsc.h>

#include "driver.h"
#include "registers.h"

#define APIC_PAGE_MASK		0xffffff000ull
#define APIC_X2_MSR(reg)	(0x800 + ((reg) >> 4))
#define LVT_MODE_DEADLINE	(2u << 17)
#define LVT_MODE_MASK		(3u << 17)
#define DIVIDE_BY_1		0xbu
#define ATTEMPTS		3
#define MEASURE_MS		5

/* NULL in x2APIC mode. */
static void __iomem *registers;

static u32 get(u32 reg)
{
	return registers ? readl(registers + reg) : (u32)jh_read_msr(APIC_X2_MSR(reg));
}

static void put(u32 reg, u32 value)
{
	if (registers)
		writel(value, registers + reg);
	else
		jh_write_msr(APIC_X2_MSR(reg), value);
}

struct sample {
	u64 cycles;
	u32 count;
	/* Cycles during which it may have been taken. */
	u64 doubt;
};

static struct sample take_sample(void)
{
	u64 before = rdtsc_ordered();
	u32 count = get(APIC_TMCCT);
	u64 after = rdtsc_ordered();

	return (struct sample){ before + (after - before) / 2, count, after - before };
}

/* Timer ticks in kHz, and how doubtful that is. */
static u32 measure(u64 *doubt)
{
	u64 wait = (u64)tsc_khz * MEASURE_MS;
	struct sample first, last;

	put(APIC_TMICT, ~0u);
	first = take_sample();
	do {
		last = take_sample();
	} while (last.cycles - first.cycles < wait);
	*doubt = first.doubt + last.doubt;
	return mul_u64_u64_div_u64(first.count - last.count, tsc_khz, last.cycles - first.cycles);
}

/* The least doubtful of some attempts: the machine may be a guest whose CPUs are taken away at times. */
static u32 measure_well(void)
{
	u64 least = ~0ull;
	u32 result = 0;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		u64 doubt;
		u32 khz = measure(&doubt);

		if (doubt < least) {
			least = doubt;
			result = khz;
		}
	}
	return result;
}

static u32 borrow_timer(void)
{
	u32 lvt = get(APIC_LVTT);
	u32 divide = get(APIC_TDCR);
	u32 initial = get(APIC_TMICT);
	u32 left = get(APIC_TMCCT);
	bool deadline = (lvt & LVT_MODE_MASK) == LVT_MODE_DEADLINE;
	bool periodic = lvt & APIC_LVT_TIMER_PERIODIC;
	u64 due = deadline ? jh_read_msr(MSR_IA32_TSC_DEADLINE) : 0;
	u32 khz;

	put(APIC_LVTT, (lvt & ~LVT_MODE_MASK) | APIC_LVT_MASKED);
	put(APIC_TDCR, DIVIDE_BY_1);
	khz = measure_well();
	put(APIC_TMICT, 0);
	put(APIC_TDCR, divide);
	put(APIC_LVTT, lvt);
	if (deadline) {
		/* The MSR is written after the mode, which is memory. */
		mb();
		jh_write_msr(MSR_IA32_TSC_DEADLINE, due);
	} else {
		/*
		 * A timer that was armed and stood at 0 may have been about to raise its interrupt when it was masked: an
		 * interrupt too many does no harm, one too few stops an idle CPU's time for good.
		 */
		put(APIC_TMICT, periodic || !initial ? initial : max(left, 1u));
	}
	return khz;
}

/* Frequency of the APIC timer's clock in kHz, undivided; 0 if it cannot be told. Measured once. */
u32 jh_apic_khz(void)
{
	static u32 khz;
	unsigned long flags;
	u64 base;

	if (khz || !tsc_khz || !boot_cpu_has(X86_FEATURE_APIC))
		return khz;
	base = jh_read_msr(MSR_IA32_APICBASE);
	registers = NULL;
	if (!(base & MSR_IA32_APICBASE_ENABLE))
		return 0;
	if (!(base & X2APIC_ENABLE)) {
		registers = ioremap(base & APIC_PAGE_MASK, PAGE_SIZE);
		if (!registers)
			return 0;
	}
	local_irq_save(flags);
	khz = borrow_timer();
	local_irq_restore(flags);
	if (registers)
		iounmap(registers);
	return khz;
}
