// SPDX-License-Identifier: GPL-2.0
/*
 * Does in a Linux on an emulated processor what Linux does on a real one. While it is loaded each CPU that goes down or comes
 * up masks the extended local vectors of its APIC, as with IBS and machine-check thresholds; and before one goes down, a
 * secret is put into its registers that nobody after it may find.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>
#include <asm/msr.h>

#define SECRET 0x11a7e711a7e7ull
#define FIRST_VECTOR 0x500
#define LAST_VECTOR 0x530
#define STEP 0x10

static int state;

static void mask_vectors(void)
{
	unsigned int at;

	for (at = FIRST_VECTOR; at <= LAST_VECTOR; at += STEP)
		apic_write(at, APIC_LVT_MASKED);
}

static void plant(void)
{
	static const u64 secrets[2] = { SECRET, SECRET };

	kernel_fpu_begin();
	asm volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm15" : : "m"(secrets));
	asm volatile("fildll %0; fildll %0" : : "m"(secrets[0]));
	kernel_fpu_end();
	wrmsrl_safe(MSR_TSC_AUX, (u32)SECRET);
	wrmsrl_safe(MSR_KERNEL_GS_BASE, SECRET);
}

static int come(unsigned int cpu)
{
	mask_vectors();
	return 0;
}

static int go(unsigned int cpu)
{
	mask_vectors();
	plant();
	return 0;
}

static int __init begin(void)
{
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "test/silicon", come, go);
	return state < 0 ? state : 0;
}

static void __exit end(void)
{
	cpuhp_remove_state_nocalls(state);
}

module_init(begin);
module_exit(end);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What Linux does on real processors");
