// SPDX-License-Identifier: GPL-2.0
/*
 * The way into EL2 for a Linux that runs at EL1, with exported symbols only: the stub that Linux left there at boot
 * (Documentation/virt/kvm/arm/hyp-abi.rst).
 */
#include <linux/errno.h>
#include <linux/printk.h>
#include <asm/sysreg.h>
#include "probe.h"

#define HVC_SOFT_RESTART	1
#define HVC_RESET_VECTORS	2
/* Nobody's number, and what the stub says to it. */
#define HVC_NOBODYS		77
#define HVC_STUB_ERROR		0xbadca11

#define CURRENT_EL_SHIFT	2
#define EL1			1
#define PFR0_EL2_SHIFT		8
#define PFR0_FIELD		0xf

static u64 stub_call(u64 code, u64 argument1, u64 argument2)
{
	register u64 x0 asm("x0") = code;
	register u64 x1 asm("x1") = argument1;
	register u64 x2 asm("x2") = argument2;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2)
		     :
		     : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
		       "x13", "x14", "x15", "x16", "x17", "memory", "cc");
	return x0;
}

bool el2_is_free(void)
{
	return stub_call(HVC_NOBODYS, 0, 0) == HVC_STUB_ERROR;
}

int el2_check(void)
{
	u64 level = read_sysreg(CurrentEL) >> CURRENT_EL_SHIFT;
	u64 features = read_sysreg_s(SYS_ID_AA64PFR0_EL1);

	if (level != EL1) {
		pr_err("probe: Linux runs at EL%llu: boot it with kvm-arm.mode=nvhe\n", level);
		return -ENODEV;
	}
	if (!(features >> PFR0_EL2_SHIFT & PFR0_FIELD)) {
		pr_err("probe: the processor has no EL2\n");
		return -ENODEV;
	}
	/* Where KVM holds EL2, this gives it back to the stub. */
	stub_call(HVC_RESET_VECTORS, 0, 0);
	if (el2_is_free())
		return 0;
	pr_err("probe: somebody else holds EL2: boot with kvm-arm.mode=none\n");
	return -ENODEV;
}

long el2_enter(const struct image *image, unsigned int cpu)
{
	return stub_call(HVC_SOFT_RESTART, image->entry, cpu);
}

long hypercall(u64 code, u64 argument1, u64 argument2)
{
	register u64 x0 asm("x0") = code;
	register u64 x1 asm("x1") = argument1;
	register u64 x2 asm("x2") = argument2;

	asm volatile("hvc #0x4a48" : "+r"(x0) : "r"(x1), "r"(x2) : "memory");
	return x0;
}
